"""Cells of a CSV file that a spreadsheet may open."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_FIRST: Final = re.compile(r"[^\s\x00-\x20\xad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]")


def csv_cell(text: str) -> str:
    """Return the text with an apostrophe before it where a spreadsheet would run it as a formula.

    That is where it begins with a tab or a carriage return, or where the first character that
    shows is `=`, `+`, `-` or `@`, fullwidth forms included. There is no exception for numbers such
    as `+79991234567`: senders are written as the service names them, in digits without a plus,
    and need none.
    """
    first = _FIRST.search(text)
    if text.startswith(("\t", "\r")):
        return f"'{text}"
    if first and unicodedata.normalize("NFKC", first[0])[0] in "=+-@":
        return f"'{text}"
    return text
