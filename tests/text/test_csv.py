"""A spreadsheet that opens an export runs nothing of what a sender wrote."""

from __future__ import annotations

import pytest

from inbox_tui.text.spreadsheet import csv_cell


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        '=HYPERLINK("http://evil.com";"x")',
        "+cmd|' /C calc'!A0",
        "-2+3",
        "@SUM(A1)",
        "+79991234567",
        " =1",
        "\n=1",
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
    ],
)
def test_a_formula_is_made_text(text: str) -> None:
    assert csv_cell(text) == f"'{text}"


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
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
def test_any_other_text_is_left_exact(text: str) -> None:
    assert csv_cell(text) == text
