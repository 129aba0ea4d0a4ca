"""Phone numbers as people read them."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

_NUMBER: Final = re.compile(r"\+?[0-9]{7,15}")
_RUSSIAN_MOBILE: Final = re.compile(r"\+?7(9[0-9]{2})([0-9]{3})([0-9]{2})([0-9]{2})")


def needs_metadata(phone: str) -> bool:
    """Return whether `international` needs the tables of all countries, which take long to load."""
    return not _RUSSIAN_MOBILE.fullmatch(phone) and _NUMBER.fullmatch(phone) is not None


def load_metadata() -> None:
    """Load the tables of all countries: some 50 ms, once."""
    import phonenumbers.data  # noqa: F401


@lru_cache(maxsize=4096)
def format_phone(phone: str, region: str = "RU") -> str:
    """Return a phone number in international form: `79991234567` is `+7 999 123-45-67`.

    The digits are read as an international number of a country that has numbers of this length,
    and where there is none such, as a number dialled within the region. A name, a short number and
    anything else are returned as they are. The result is not made safe to draw.

    Args:
        phone: The sender, as the service names it: digits without a plus, or a name.
        region: The country, in two letters, whose own way of dialling is understood.

    """
    if russian := _RUSSIAN_MOBILE.fullmatch(phone):
        return "+7 {} {}-{}-{}".format(*russian.groups())
    if not _NUMBER.fullmatch(phone):
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
        (phone, region, is_valid_number),
    ):
        try:
            number = parse(digits, within)
        except NumberParseException:
            continue
        if fits(number):
            return format_number(number, PhoneNumberFormat.INTERNATIONAL)
    return phone
