"""Search ignores case, the form of letters and separators between digits."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.growth import assert_linear

from inbox_tui.text import fold_text, strip_separators


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ПРИВЕТ", "привет"),
        ("Ёлка", "елка"),
        ("ЕЩЁ", "еще"),
        ("Straße", "STRASSE"),
        ("ΣΊΣΥΦΟΣ", "σίσυφος"),
        ("Й", unicodedata.normalize("NFD", "й")),
        ("Ё", unicodedata.normalize("NFD", "ё")),
        ("ÉCOLE", "e\u0301cole"),
        ("ԲԱՐԵՒ", "բարեւ"),
    ],
)
def test_letters_match_in_any_case_and_unicode_form(one: str, other: str) -> None:
    assert fold_text(one) == fold_text(other)


def test_й_and_и_differ() -> None:
    assert fold_text("мой") != fold_text("мои")


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("Ваш код: 481 516", "481516"),
        ("Ваш код: 481-516", "481516"),
        ("Ваш код: 481\xa0516", "481 516"),
        ("Ваш код: 481516", "481-516"),
        ("+7 999 123-45-67", "79991234567"),
        ("+7 (999) 123-45-67", "79991234567"),
        ("8(800)5553535", "88005553535"),
        ("79991234567", "999 123-45-67"),
        ("тел. 79991234567", "7 (999) 123"),
        ("Счёт 12–34", "1234"),
    ],
)
def test_digits_are_found_across_separators(text: str, word: str) -> None:
    assert strip_separators(word) in strip_separators(text)


@pytest.mark.parametrize(
    ("text", "joined"),
    [
        ("Код 4821. 12 мая", "код 4821. 12 мая"),
        ("23.11.2026 в 10:30", "23.11.2026 в 10:30"),
        ("1\n2", "1\n2"),
        ("1    2", "1    2"),
        ("5-й этаж, А-5", "5-й этаж, а-5"),
        ("(5) - [6]", "(5) - [6]"),
        ("1 2 3 4", "1234"),
    ],
)
def test_only_the_digits_of_one_number_are_joined(text: str, joined: str) -> None:
    assert strip_separators(text) == joined


@given(st.text(st.sampled_from("ё1 2-3()ЁßİΣ\xa0й\ud800a\n"), max_size=30))
@settings(max_examples=200, deadline=None)
def test_folding_and_stripping_text_twice_changes_nothing_more(text: str) -> None:
    assert fold_text(fold_text(text)) == fold_text(text)
    assert strip_separators(fold_text(text)) == strip_separators(text)
    assert strip_separators(strip_separators(text)) == strip_separators(text)


@pytest.mark.parametrize("part", ["1 ", "1   1", "1-", "( ", "ё", "e\u0301", "İ"])
def test_stripping_separators_from_hostile_text_takes_linear_time(part: str) -> None:
    assert_linear(strip_separators, lambda times: part * times, 1_250)
