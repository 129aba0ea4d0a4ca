"""Making the cells of a CSV file safe to open in a spreadsheet."""

from __future__ import annotations

import re
from typing import Final

_FORMULA: Final = "[=+\\-@⁺⁼₊₌⩵⩶﬩﹢﹣﹦﹫＋－＝＠]"
"""The characters a formula begins with, and similar ones that a spreadsheet may take for them."""
_UNSEEN: Final = (
    r"\x00-\x08\x0b\x0c\x0e-\x20\x7f-\xa0\xad\u1680\u180e\u2000-\u200f\u2028-\u202f"
    r"\u205f-\u206f\u3000\ufeff"
)
_AT_FIRST: Final = re.compile(rf"[\t\r]|[{_UNSEEN}\s]*{_FORMULA}")
_WITHIN: Final = re.compile(rf'(?<=[;\t\r\n])(?=[{_UNSEEN}"]*{_FORMULA})')


def csv_cell(text: str) -> str:
    """Return the text with an apostrophe wherever a spreadsheet would run it as a formula.

    That is before a text that begins with a tab or a carriage return, or whose first visible
    character is `=`, `+`, `-` or `@`, including fullwidth forms. Within a text it is where one of
    these comes first after a semicolon, a tab or a line break: in many countries a spreadsheet
    separates cells by semicolons, even within quotes. Numbers such as `+79991234567` are no
    exception, and need not be: senders are exported as the service writes them, in digits
    without a plus.
    """
    guard = "'" if _AT_FIRST.match(text) else ""
    return guard + _WITHIN.sub("'", text)
