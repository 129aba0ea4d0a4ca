"""A spreadsheet that opens an export does not run what a sender wrote as a formula."""

from __future__ import annotations

import unicodedata

import pytest
from support.growth import assert_linear

from inbox_tui.text.spreadsheet import csv_cell


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        *(
            (text, f"'{text}")
            for text in (
                "=1+1",
                '=HYPERLINK("http://evil.com";"x")',
                "+cmd|' /C calc'!A0",
                "-2+3",
                "@SUM(A1)",
                "+79991234567",
                " =1",
                "\xa0=1",
                "\ufeff=1",
                "\u200b=1",
                "\x00=1",
                "＝1",
                "＋1",
                "－1",
                "＠a",
                "﹦1",
                "\ttext",
                "\rtext",
            )
        ),
        ("\n=1", "'\n'=1"),
        ("a;=1+1;b", "a;'=1+1;b"),
        ('a; "=1+1"', 'a;\' "=1+1"'),
        ("a\t@SUM(A1)", "a\t'@SUM(A1)"),
        ("a\r\n\u200b=1", "a\r\n'\u200b=1"),
        ("=1;＝2\n-3", "'=1;'＝2\n'-3"),
    ],
)
def test_formulas_are_escaped_wherever_a_cell_may_begin(text: str, cell: str) -> None:
    assert csv_cell(text) == cell


def test_every_character_that_can_begin_a_formula_is_escaped() -> None:
    for code in range(0x110000):
        character = chr(code)
        if unicodedata.normalize("NFKC", character)[:1] in tuple("=+-@"):
            assert csv_cell(character) == f"'{character}"
            assert csv_cell(f"a;{character}") == f"a;'{character}"


@pytest.mark.parametrize("part", [";", "; ", "\n", ";=", " ", "\t"])
def test_escaping_formulas_takes_linear_time(part: str) -> None:
    assert_linear(csv_cell, lambda times: part * times, 3_000)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "a; b",
        "a;'=1",
        "раз;два\nтри",
        "a - b; 5 = 5",
        "\n",
        "79991234567",
        "Ваш код: 481516",
        "a=b",
        "'=1",
        "— да",
        "5 - 3",
        "\nпривет",
        "Ѐ",
    ],
)
def test_other_text_is_unchanged(text: str) -> None:
    assert csv_cell(text) == text
