"""Phone numbers: how people write them, how the service does, and how they are shown.

The service writes a number as its international digits without a plus: `79991234567`. What a
person writes is converted to this form once, on input, by `parse_phone` or `parse_sender`. Search,
which also finds parts of numbers, uses `phone_spellings`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final

from inbox_tui.locale import _

_FOREIGN: Final = re.compile(r"\+?[0-9]{7,15}")
_RUSSIAN_MOBILE: Final = re.compile(r"\+?7(9[0-9]{2})([0-9]{3})([0-9]{2})([0-9]{2})")
_MOBILE_AFTER_8: Final = re.compile(r"\+?8(9[0-9]{9})")
# A number as dialled within Russia and Kazakhstan, with or without a leading 8.
_DIALLED: Final = re.compile("(?:8(?=[3-9])|(?=[3489]))([0-9]{10})")
_SHORT_NUMBER: Final = re.compile("[0-9]{3,6}")
_TRUNK_ZERO: Final = re.compile(r"^(\+(?!7)[0-9]{1,3})[\s-]*\(0\)")
_SEPARATORS: Final = re.compile(r"[\s()./\u2010-\u2015\u2212-]+")
_SENDER_NAME: Final = re.compile(r"(?=.*[^\W\d_])\w[\w .,&'!*@#+-]{0,29}")
_MOST_DIGITS_IN_NAME: Final = 6
# The prefix for calls abroad from Russia.
_ABROAD: Final = "810"
_FEWEST_DIGITS_AFTER_8: Final = 7


class NotAPhoneNumber(ValueError):  # noqa: N818
    """The text can't be a phone number; `str(error)` is the reason, worded to follow a colon."""


def parse_phone(written: str) -> str:
    """Return a number that a person wrote, in the form in which the service writes it.

    `8 999 123-45-67`, `+7 (999) 123-45-67` and `999 123-45-67` are all `79991234567`: without a
    plus, a number that can be Russian is taken as Russian. Short numbers of 3 to 6 digits are
    returned as they are.

    Raises NotAPhoneNumber with the reason, also if the area code is missing.
    """
    digits = _without_separators(written)
    number = digits.removeprefix("+")
    if not number:
        raise NotAPhoneNumber(_("it has no digits"))
    if not (number.isascii() and number.isdigit()):
        raise NotAPhoneNumber(
            _("a number has digits, spaces, dashes, brackets, and a plus before it")
        )
    if russian := _MOBILE_AFTER_8.fullmatch(digits) or _DIALLED.fullmatch(digits):
        return f"7{russian[1]}"
    if _RUSSIAN_MOBILE.fullmatch(digits) or _SHORT_NUMBER.fullmatch(digits):
        return number
    return _parse_foreign(number)


def parse_sender(written: str) -> str:
    """Return a sender that a person wrote, a number or a name, as the service writes it.

    A name, such as `OZON.ru`, has at least one letter, at most 30 characters and at most 6 digits.

    Raises NotAPhoneNumber with the reason if it can be neither.
    """
    name = written.strip()
    digits = sum(map(str.isdigit, name))
    if _SENDER_NAME.fullmatch(name) and digits <= _MOST_DIGITS_IN_NAME:
        return name
    return parse_phone(written)


def phone_key(phone: str) -> str:
    """Return a key that is the same for all the service's spellings of a number or sender."""
    digits = phone.removeprefix("+")
    if digits.isascii() and digits.isdigit():
        mobile = _MOBILE_AFTER_8.fullmatch(digits)
        return f"7{mobile[1]}" if mobile else digits
    return phone.strip().casefold()


def name_finder(names: Mapping[str, str]) -> Callable[[str], str | None]:
    """Return a function that looks up the name of a number or sender, or returns None.

    It takes the number or sender as the service writes it.

    Args:
        names: The names by number or sender, as `parse_sender` returns them.

    """
    by_key = {phone_key(phone): name for phone, name in names.items()}
    return (lambda phone: by_key.get(phone_key(phone))) if by_key else lambda _: None


def phone_spellings(written: str) -> tuple[str, ...]:
    """Return the strings of digits by which search finds a number, or a part of one.

    A number matches if its digits contain one of them. A Russian number is found by its ten
    digits, whether 7 or 8 is before them; the beginning of one, such as `8 999 1`, is found with
    either. Text that is not a number gives an empty tuple.
    """
    digits = _without_separators(written)
    number = digits.removeprefix("+")
    if not (number.isascii() and number.isdigit()):
        return ()
    if len(number) == 11 and number[0] in "78" and number[1] in "3456789":
        return (number[1:],)
    if number.startswith(_ABROAD) and len(number) >= _FEWEST_DIGITS_AFTER_8:
        return (number, number.removeprefix(_ABROAD))
    is_begun = number != written.strip() or len(number) >= _FEWEST_DIGITS_AFTER_8
    if is_begun and number[0] in "78" and 4 <= len(number) <= 10 and number[1] in "3456789":
        return (f"7{number[1:]}", f"8{number[1:]}")
    return (number,)


def _without_separators(written: str) -> str:
    """Return a number without the separators between its digits.

    Also removes invisible characters, which are copied along with a number, and the 0 of
    `+49 (0)30`.
    """
    text = "".join(
        character
        for character in unicodedata.normalize("NFKC", written)
        if unicodedata.category(character) != "Cf"
    )
    return _SEPARATORS.sub("", _TRUNK_ZERO.sub(r"\1", text.strip()))


def _parse_foreign(number: str) -> str:
    """Return the digits of a number of any country; raises NotAPhoneNumber."""
    from phonenumbers import (  # takes some 80 ms, and Russian numbers do not need it
        NumberParseException,
        ValidationResult,
        is_possible_number_with_reason,
        national_significant_number,
        parse,
    )

    reasons = {
        ValidationResult.TOO_SHORT: _("it has too few digits, or its area code is missing"),
        ValidationResult.TOO_LONG: _("it has too many digits"),
        ValidationResult.INVALID_LENGTH: _("no number in its country has that many digits"),
    }
    abroad = number.startswith(_ABROAD) and len(number) > 11
    try:
        parsed = parse(f"+{number.removeprefix(_ABROAD) if abroad else number}")
    except NumberParseException:
        reason = ValidationResult.INVALID_COUNTRY_CODE
        if not _FOREIGN.fullmatch(number):
            is_short = len(number) < _FEWEST_DIGITS_AFTER_8
            reason = ValidationResult.TOO_SHORT if is_short else ValidationResult.TOO_LONG
    else:
        reason = is_possible_number_with_reason(parsed)
        if reason == ValidationResult.IS_POSSIBLE:
            return f"{parsed.country_code}{national_significant_number(parsed)}"
    raise NotAPhoneNumber(reasons.get(reason, _("no country has numbers like this")))


def needs_metadata(phone: str) -> bool:
    """Return whether `format_phone` needs the metadata of all countries, which is slow to load."""
    return not _RUSSIAN_MOBILE.fullmatch(phone) and _FOREIGN.fullmatch(phone) is not None


def load_metadata() -> None:
    """Load the metadata of all countries, which takes some 50 ms the first time."""
    import phonenumbers.data  # noqa: F401


@lru_cache(maxsize=4096)
def format_phone(phone: str) -> str:
    """Return a number in international form: `79991234567` is `+7 999 123-45-67`.

    The digits are read as an international number if its country has numbers of this length,
    and otherwise as a number dialled within Russia. A name, a short number and anything else are
    returned as they are. The result is not sanitized.

    Args:
        phone: The sender as the service writes it: digits without a plus, or a name.

    """
    if russian := _RUSSIAN_MOBILE.fullmatch(phone):
        return "+7 {} {}-{}-{}".format(*russian.groups())
    if not _FOREIGN.fullmatch(phone):
        return phone
    from phonenumbers import (
        NumberParseException,
        PhoneNumberFormat,
        format_number,
        is_possible_number,
        is_valid_number,
        parse,
    )

    for digits, within, fits in (
        (f"+{phone.removeprefix('+')}", None, is_possible_number),
        (phone, "RU", is_valid_number),
    ):
        try:
            number = parse(digits, within)
        except NumberParseException:
            continue
        if fits(number):
            return format_number(number, PhoneNumberFormat.INTERNATIONAL)
    return phone
