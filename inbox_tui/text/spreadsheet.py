"""Cells of a CSV file that a spreadsheet may open."""

from __future__ import annotations

import re
from typing import Final

_FORMULA: Final = "[=+\\-@⁺⁼₊₌⩵⩶﬩﹢﹣﹦﹫＋－＝＠]"
"""What a formula begins with; a spreadsheet may take what looks like it for it."""
_UNSEEN: Final = (
    r"\x00-\x08\x0b\x0c\x0e-\x20\x7f-\xa0\xad\u1680\u180e\u2000-\u200f\u2028-\u202f"
    r"\u205f-\u206f\u3000\ufeff"
)
_AT_FIRST: Final = re.compile(rf"[\t\r]|[{_UNSEEN}\s]*{_FORMULA}")
_WITHIN: Final = re.compile(rf'(?<=[;\t\r\n])(?=[{_UNSEEN}"]*{_FORMULA})')


def csv_cell(text: str) -> str:
    """Return the text with an apostrophe wherever a spreadsheet would run it as a formula.

    That is before a text that begins with a tab or a carriage return, or whose first character
    that shows is `=`, `+`, `-` or `@`, fullwidth forms included. Within a text it is where one of
    these comes first after a semicolon, a tab or a line break: in many countries a spreadsheet
    parts cells by semicolons, whatever is between quotes. There is no exception for numbers such
    as `+79991234567`: senders are written as the service names them, in digits without a plus,
    and need none.
    """
    guard = "'" if _AT_FIRST.match(text) else ""
    return guard + _WITHIN.sub("'", text)
