"""What is kept of a refused password: enough to know it again, too little to find it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inbox_tui.credentials import Secret, mark_matches, new_mark

PASSWORD = Secret("hunter2-пароль")


@settings(max_examples=5)
@given(st.text(st.characters(exclude_categories=())))
def test_a_mark_knows_its_password_again(text: str) -> None:
    assert mark_matches(Secret(text), new_mark(Secret(text)))


@pytest.mark.parametrize("other", ["hunter2", "hunter2-Пароль", "hunter2-пароль ", ""])
def test_a_mark_matches_no_other_password(other: str) -> None:
    # two marks of one password: that both match another one by chance is 1 in 2**32
    marks = [new_mark(PASSWORD), new_mark(PASSWORD)]
    assert not all(mark_matches(Secret(other), mark) for mark in marks)


def test_a_mark_is_a_salt_of_its_own_and_two_bytes() -> None:
    marks = [new_mark(PASSWORD) for _ in range(4)]
    assert {len(mark) for mark in marks} == {18}
    assert len({mark[:16] for mark in marks}) == 4


@pytest.mark.parametrize("length", [0, 1, 16, 17, 19, 36])
def test_a_mark_of_another_length_matches_nothing(length: int) -> None:
    mark = (new_mark(PASSWORD) * 2)[:length]
    assert not mark_matches(PASSWORD, mark)


@pytest.mark.parametrize("place", [16, 17])
def test_a_mark_with_another_digest_matches_no_more(place: int) -> None:
    mark = bytearray(new_mark(PASSWORD))
    mark[place] ^= 1
    assert not mark_matches(PASSWORD, bytes(mark))
