"""The digest of a refused password: it identifies the password, but does not reveal it."""

from __future__ import annotations

from hashlib import scrypt
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inbox_tui.credentials import Secret, new_digest, why_refused

PASSWORD = Secret("hunter2-пароль")


def digest_matches(secret: Secret, digest: bytes) -> bool:
    return why_refused(secret, [(digest, "no")]) is not None


@settings(max_examples=5)
@given(st.text(st.characters(exclude_categories=())))
def test_a_digest_matches_its_password(text: str) -> None:
    assert digest_matches(Secret(text), new_digest(Secret(text)))


@pytest.mark.parametrize("other", ["hunter2", "hunter2-Пароль", "hunter2-пароль ", ""])
def test_a_digest_matches_no_other_password(other: str) -> None:
    # Two digests, as one matches another password by chance once in 65,536, both once in 2**32.
    digests = [new_digest(PASSWORD), new_digest(PASSWORD)]
    assert not all(digest_matches(Secret(other), digest) for digest in digests)


def test_a_digest_consists_of_a_fresh_salt_and_two_bytes() -> None:
    digests = [new_digest(PASSWORD) for _ in range(4)]
    assert {len(digest) for digest in digests} == {18}
    assert len({digest[:16] for digest in digests}) == 4


@pytest.mark.parametrize("length", [0, 1, 16, 17, 19, 36])
def test_a_digest_of_the_wrong_length_matches_nothing(length: int) -> None:
    digest = (new_digest(PASSWORD) * 2)[:length]
    assert not digest_matches(PASSWORD, digest)


@pytest.mark.parametrize("place", [16, 17])
def test_a_changed_digest_no_longer_matches(place: int) -> None:
    digest = bytearray(new_digest(PASSWORD))
    digest[place] ^= 1
    assert not digest_matches(PASSWORD, bytes(digest))


def test_a_password_is_hashed_once_for_all_digests_with_the_same_salt() -> None:
    first = new_digest(PASSWORD)
    others = [(first[:16] + number.to_bytes(2), f"no {number}") for number in range(1000)]
    found = first[:16] + new_digest(Secret("typo"), like=first)[16:]
    with patch("hashlib.scrypt", wraps=scrypt) as derive:
        refusals = [one for one in others if one[0] != found] + [(found, "a typo")]
        assert why_refused(Secret("typo"), refusals) == "a typo"
    assert derive.call_count == 1
