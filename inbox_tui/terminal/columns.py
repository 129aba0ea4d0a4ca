"""Columns that stay in place, whatever the terminal takes the width of a character for.

Terminals do not agree on emoji, on the marks of many scripts, and on what is newer than they are.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len

if TYPE_CHECKING:
    pass

# Nobody doubts the width of Latin, Greek and Cyrillic letters, punctuation, signs and frames.
_DOUBTFUL: Final = (
    "[^\x00-\x7f\xa0-\xac\xae-\u02ff\u0370-\u0482\u048a-\u052f\u2010-\u2027\u2030-\u205e\u20a0-\u20bf"
    "\u2100-\u214f\u2190-\u2193\u2400-\u2426\u2500-\u25ff\ufffd]"
)
_ANY_DOUBTFUL: Final = re.compile(_DOUBTFUL)
_STRETCH: Final = re.compile(
    f".?{_DOUBTFUL}(?:.*{_DOUBTFUL})?"
)  # a mark belongs to what it follows
_PART: Final = re.compile(
    r"\x1b\[(?P<line>[0-9]+);(?P<column>[0-9]+)H|(?P<style>\x1b\[[0-9;]*m)"
    r"|(?P<other>\x1b|\r)|(?P<text>[^\x1b\r\n]+)|\n"
)


def pin_columns(frame: str) -> str:
    """Return what paints a frame, each doubtful stretch of it in just the cells that it has.

    The cells are erased before it, as it may take fewer. After it the cursor is put to where the
    next character belongs.
    """
    if _ANY_DOUBTFUL.search(frame) is None:
        return frame
    parts: list[str] = []
    column = 0  # from 1; 0 where it is not known

    def in_its_cells(stretch: re.Match[str]) -> str:
        begins = column + cell_len(stretch.string[: stretch.start()])
        width = cell_len(stretch[0])
        return f"\x1b[{width}X{stretch[0]}\x1b[{begins + width}G" if width else stretch[0]

    for part in _PART.finditer(frame):
        match part.lastgroup:
            case "column":
                column = int(part["column"])
            case "style":
                pass
            case "other":
                column = 0
            case "text":
                if column:
                    parts.append(_STRETCH.sub(in_its_cells, part[0]))
                    column += cell_len(part[0])
                    continue
            case _:
                column = 1
        parts.append(part[0])
    return "".join(parts)
