"""A phone number is recognised however it is written."""

from __future__ import annotations

import subprocess
import sys
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox_tui.text import format_phone
from inbox_tui.text.phones import (
    NotAPhoneNumber,
    name_finder,
    parse_phone,
    parse_sender,
    phone_key,
    phone_spellings,
)

SEPARATORS = st.sampled_from(["", " ", "-", "\xa0", "(", ")", "\u2011", ".", "\u202a"])


@pytest.mark.parametrize(
    ("written", "phone"),
    [
        ("+7 (999) 226-44-58", "79992264458"),
        ("8 999 226-44-58", "79992264458"),
        ("+8 999 226 44 58", "79992264458"),
        ("999 226-44-58", "79992264458"),
        ("8.495.123.45.67", "74951234567"),
        ("8 800 100-20-30", "78001002030"),
        ("\u202a+7 999 226‑44‑58\u202c", "79992264458"),
        ("８ ９９９ ２２６ ４４ ５８", "79992264458"),
        ("+84 95 123 45 67", "84951234567"),
        ("8 701 123 45 67", "77011234567"),
        ("+380 50 123-45-67", "380501234567"),
        ("8 10 380 50 123-45-67", "380501234567"),
        ("+49 (0)30 1234567", "49301234567"),
        ("+7 99(0) 123-45-67", "79901234567"),
        ("14155552671", "14155552671"),
        ("900", "900"),
        ("111-222", "111222"),
    ],
)
def test_phone_numbers_are_read_as_people_write_them(written: str, phone: str) -> None:
    assert parse_phone(written) == phone


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("", "no digits"),
        ("+", "no digits"),
        ("12", "too few digits"),
        ("226-44-58", "area code"),
        ("+7 999 123-45-6", "too few digits"),
        ("7911000000", "too few digits"),
        ("+7 999 123-45-678", "has that many digits"),
        ("7" * 400, "too many digits"),
        ("000000000", "no country"),
        ("office", "a number has digits"),
        ("++79110000001", "a number has digits"),
        ("8 999 226-44-58 доб. 12", "a number has digits"),
        ("٧٩١١", "a number has digits"),
    ],
)
def test_an_invalid_phone_number_is_refused_with_a_reason(written: str, reason: str) -> None:
    with pytest.raises(NotAPhoneNumber, match=reason):
        parse_phone(written)


@pytest.mark.parametrize("name", ["OZON.ru", "Госуслуги", "4Lapy", "H&M", "Sber 900", "a@b.ru"])
def test_a_sender_may_be_a_name(name: str) -> None:
    assert parse_sender(f" {name} ") == name


@pytest.mark.parametrize("written", ["", "--", "8911000000a", "a" * 31, "a\nb", "a\x1b"])
def test_text_that_is_neither_a_number_nor_a_name_is_refused_as_a_sender(written: str) -> None:
    with pytest.raises(NotAPhoneNumber):
        parse_sender(written)


def test_a_name_is_found_however_the_service_spells_the_sender() -> None:
    name_of = name_finder({"79992264458": "Anna", "OZON.ru": "Shop"})
    assert [name_of(phone) for phone in ("79992264458", "+79992264458", "89992264458")] == [
        "Anna"
    ] * 3
    assert name_of("ozon.RU") == "Shop"
    assert name_of("79992264459") is None


@pytest.mark.parametrize(
    ("written", "found", "not_found"),
    [
        ("8 999 226-44-58", ["79992264458", "89992264458", "9992264458"], ["79992264459"]),
        ("+7 (999) 226-44-58", ["79992264458", "89992264458"], ["79992264459"]),
        ("999 226-44-58", ["79992264458"], ["79992264459"]),
        ("226-44-58", ["79992264458", "74952264458"], ["79992264459"]),
        ("8 999 2", ["79992264458", "89992264458"], ["79993264458"]),
        ("8999226", ["79992264458"], ["79993264458"]),
        ("8999", ["48999"], ["79992264458"]),
        ("8 10 380 50 123", ["380501234567"], ["79992264458"]),
    ],
)
def test_phone_numbers_are_found_by_all_or_some_of_their_digits(
    written: str, found: list[str], not_found: list[str]
) -> None:
    spellings = phone_spellings(written)
    assert [any(map(digits.__contains__, spellings)) for digits in found] == [True] * len(found)
    assert not any(spelling in digits for digits in not_found for spelling in spellings)


def test_words_are_not_searched_as_parts_of_phone_numbers() -> None:
    assert phone_spellings("office") == phone_spellings("") == phone_spellings("4a") == ()


@given(
    st.from_regex("[3489][0-9]{9}", fullmatch=True),
    st.sampled_from(["7", "+7", "8", ""]),
    st.data(),
)
def test_all_spellings_of_a_russian_number_are_the_same_number(
    national: str, prefix: str, data: st.DataObject
) -> None:
    written = prefix + "".join(data.draw(SEPARATORS) + digit for digit in national)
    assert parse_phone(written) == phone_key("7" + national) == "7" + national
    assert national in phone_spellings(written)


@given(st.text() | st.text("+0123456789 -()8", max_size=20))
def test_any_text_is_read_as_a_number_or_sender_or_is_refused(written: str) -> None:
    for parse in (parse_phone, parse_sender):
        with suppress(NotAPhoneNumber):
            phone = parse(written)
            assert parse(phone) == phone
            assert parse is parse_sender or (phone.isascii() and phone.isdigit())
    assert all(spelling.isdigit() for spelling in phone_spellings(written))
    assert phone_key(phone_key(written)) == phone_key(written)


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
def test_phone_numbers_are_shown_in_international_format(phone: str, shown: str) -> None:
    assert format_phone(phone) == shown


@pytest.mark.parametrize(
    "phone",
    [
        *("", "900", "8464", "111222", "MTS", "OZON.ru", "Госуслуги", "12345678901234", "7" * 400),
        *("7999123456x", "+", "79990000000\n", "٧٩٩٩١٢٣٤٥٦٧", "\x1b[2J", "000000000"),
    ],
)
def test_names_short_numbers_and_invalid_numbers_are_shown_unchanged(phone: str) -> None:
    assert format_phone(phone) == phone


@pytest.mark.parametrize("asks", ["parse_phone('8 999 226-44-58')", "parse_sender('OZON')"])
def test_russian_numbers_and_names_do_not_load_phonenumbers(asks: str) -> None:
    program = f"""if True:
        import sys
        from inbox_tui.text.phones import parse_phone, parse_sender
        {asks}
        sys.exit('phonenumbers' in sys.modules)"""
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
