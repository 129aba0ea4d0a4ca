"""Phone numbers are written the way people read them."""

from __future__ import annotations

import subprocess
import sys

import pytest

from inbox_tui.text import format_phone


@pytest.mark.parametrize(
    ("phone", "shown"),
    [
        ("79991234567", "+7 999 123-45-67"),
        ("+79991234567", "+7 999 123-45-67"),
        ("89991234567", "+7 999 123-45-67"),
        ("9991234567", "+7 999 123-45-67"),
        ("74951234567", "+7 495 123-45-67"),
        ("77011234567", "+7 701 123 4567"),
        ("380501234567", "+380 50 123 4567"),
        ("375291234567", "+375 29 123-45-67"),
        ("14155552671", "+1 415-555-2671"),
        ("4915112345678", "+49 1511 2345678"),
    ],
)
def test_a_number_is_written_in_international_form(phone: str, shown: str) -> None:
    assert format_phone(phone) == shown


@pytest.mark.parametrize(
    "phone",
    [
        *("", "900", "8464", "111222", "MTS", "OZON.ru", "Госуслуги", "12345678901234", "7" * 400),
        *("7999123456x", "+", "79990000000\n", "٧٩٩٩١٢٣٤٥٦٧", "\x1b[2J", "000000000"),
    ],
)
def test_a_name_a_short_number_and_anything_else_stay_as_they_are(phone: str) -> None:
    assert format_phone(phone) == phone


def test_a_number_dialled_within_another_country_is_understood() -> None:
    assert format_phone("0501234567", "UA") == "+380 50 123 4567"


def test_the_numbering_plans_are_not_read_before_they_are_needed() -> None:
    asks = "import sys, inbox_tui.text; sys.exit('phonenumbers' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", asks], check=False).returncode == 0
