"""Phone numbers: how people write them, how the service does, and how they are shown.

The service writes a number as its international digits without a plus: `79991234567`. What a
person writes goes through `parse_phone` or `parse_sender` once, where it comes in, and is then
compared as it is; search, which knows parts of numbers too, takes `phone_spellings`.
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
# As it is dialled within Russia and Kazakhstan: with an 8 before it, or without.
_DIALLED: Final = re.compile("(?:8(?=[3-9])|(?=[3489]))([0-9]{10})")
_SHORT_NUMBER: Final = re.compile("[0-9]{3,6}")
_TRUNK_ZERO: Final = re.compile(r"^(\+(?!7)[0-9]{1,3})[\s-]*\(0\)")
_SEPARATORS: Final = re.compile(r"[\s()./\u2010-\u2015\u2212-]+")
_SENDER_NAME: Final = re.compile(r"(?=.*[^\W\d_])\w[\w .,&'!*@#+-]{0,29}")
_MOST_DIGITS_IN_NAME: Final = 6
# What is dialled in Russia before a number abroad.
_ABROAD: Final = "810"
_FEWEST_DIGITS_AFTER_8: Final = 7


class NotAPhoneNumber(ValueError):  # noqa: N818
    """What was written can't be a phone number; `str(error)` says why, to follow a colon."""


def parse_phone(written: str) -> str:
    """Return a number that a person wrote, as the service writes it.

    `8 999 123-45-67`, `+7 (999) 123-45-67` and `999 123-45-67` are all `79991234567`: without a
    plus, what can be a number in Russia is one. Short numbers, of 3 to 6 digits, stay.

    Raises NotAPhoneNumber with the reason, also where the area code is missing.
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
    """Return a sender that a person wrote, as the service writes it: a number, or a name.

    A name, such as `OZON.ru`, has a letter, at most 30 characters, and not as many digits as a
    number.

    Raises NotAPhoneNumber with the reason where it can be neither.
    """
    name = written.strip()
    digits = sum(map(str.isdigit, name))
    if _SENDER_NAME.fullmatch(name) and digits <= _MOST_DIGITS_IN_NAME:
        return name
    return parse_phone(written)


def phone_key(phone: str) -> str:
    """Return what the service's ways of writing one number or one sender's name have in common."""
    digits = phone.removeprefix("+")
    if digits.isascii() and digits.isdigit():
        mobile = _MOBILE_AFTER_8.fullmatch(digits)
        return f"7{mobile[1]}" if mobile else digits
    return phone.strip().casefold()


def name_finder(names: Mapping[str, str]) -> Callable[[str], str | None]:
    """Return a function from a number or sender, as the service writes it, to its name or None.

    Args:
        names: From numbers and senders, as `parse_sender` returns them, to names.

    """
    by_key = {phone_key(phone): name for phone, name in names.items()}
    return (lambda phone: by_key.get(phone_key(phone))) if by_key else lambda _: None


def phone_spellings(written: str) -> tuple[str, ...]:
    """Return the digits of which one is in the digits of a number that a person wrote or began.

    A Russian number is found by its ten digits, whether 7 or 8 is before them; the beginning of
    one, such as `8 999 1`, with either. Nothing is returned for what is no number.
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
    """Return a number without what people put between its digits.

    That is also what can't be seen, as it is copied with a number, and the 0 of `+49 (0)30`.
    """
    text = "".join(
        character
        for character in unicodedata.normalize("NFKC", written)
        if unicodedata.category(character) != "Cf"
    )
    return _SEPARATORS.sub("", _TRUNK_ZERO.sub(r"\1", text.strip()))


def _parse_foreign(number: str) -> str:
    """Return the digits of a number of any country; raises NotAPhoneNumber."""
    from phonenumbers import (  # some 80 ms, which Russian numbers do not cost
        NumberParseException,
        ValidationResult,
        is_possible_number_with_reason,
        national_significant_number,
        parse,
    )

    reasons = {
        ValidationResult.TOO_SHORT: _("it has too few digits, or its area code is missing"),
        ValidationResult.TOO_LONG: _("it has too many digits"),
        ValidationResult.INVALID_LENGTH: _("no number of its country has so many digits"),
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
    raise NotAPhoneNumber(reasons.get(reason, _("no country has numbers such as this")))


def needs_metadata(phone: str) -> bool:
    """Return whether `format_phone` needs the data of all countries, which takes long to load."""
    return not _RUSSIAN_MOBILE.fullmatch(phone) and _FOREIGN.fullmatch(phone) is not None


def load_metadata() -> None:
    """Load the data of all countries: some 50 ms, once."""
    import phonenumbers.data  # noqa: F401


@lru_cache(maxsize=4096)
def format_phone(phone: str) -> str:
    """Return a number in international form: `79991234567` is `+7 999 123-45-67`.

    The digits are read as an international number of a country that has numbers of this length,
    and where there is none such, as a number dialled within Russia. A name, a short number and
    anything else are returned as they are. The result is not made safe to draw.

    Args:
        phone: The sender, as the service writes it: digits without a plus, or a name.

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
