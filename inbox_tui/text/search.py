"""Text as search compares it."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

# What people put between the digits of one number. No dot: it ends a sentence or parts a date.
_BETWEEN_DIGITS: Final = re.compile(
    "(?<=[0-9])[ \t\xa0\u2007\u2009\u202f()\u2010-\u2015\u2212-]{1,3}(?=[0-9])"
)


def fold_text(text: str) -> str:
    """Return text in which letters that search takes for the same are the same.

    Upper and lower case of every script, composed and decomposed letters, and `ё` and `е`. What is
    stored and what is looked for both go through here, once.
    """
    text = text.casefold()
    if not text.isascii():
        text = unicodedata.normalize("NFC", text).replace("ё", "е")
    return text


def strip_separators(text: str) -> str:
    """Return the text folded, and the digits of a number brought together.

    Up to three spaces, tabs, dashes and round brackets between two digits are taken out, so that
    `+7 (999) 123-45-67` becomes `+79991234567`. A word looked for goes through here as well:
    `481516` and `481 516` then find each other, both ways.
    """
    return _BETWEEN_DIGITS.sub("", fold_text(text))
