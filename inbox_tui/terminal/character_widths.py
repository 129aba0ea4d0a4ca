"""Keeping columns aligned in terminals that disagree with Rich about the width of a character.

Terminals differ in the width of emoji, of the combining marks of many scripts, and of characters
that are newer than the terminal.
"""

from __future__ import annotations

import re
from typing import Final

from rich.cells import cell_len

# All but the characters whose width is the same everywhere: Latin, Greek and Cyrillic letters,
# punctuation, symbols and box drawing.
_AMBIGUOUS: Final = (
    "[^\x00-\x7f\xa0-\xac\xae-\u02ff\u0370-\u0482\u048a-\u052f\u2010-\u2027\u2030-\u205e\u20a0-\u20bf"
    "\u2100-\u214f\u2190-\u2193\u2400-\u2426\u2500-\u25ff\ufffd]"
)
_ANY_AMBIGUOUS: Final = re.compile(_AMBIGUOUS)
# Includes the character before it, which a combining mark belongs to.
_RUN: Final = re.compile(f".?{_AMBIGUOUS}(?:.*{_AMBIGUOUS})?")
_PART: Final = re.compile(
    r"\x1b\[(?P<line>[0-9]+);(?P<column>[0-9]+)H|(?P<style>\x1b\[[0-9;]*m)"
    r"|(?P<other>\x1b|\r)|(?P<text>[^\x1b\r\n]+)|\n"
)


def pin_columns(frame: str) -> str:
    """Return a frame in which text of ambiguous width does not shift the text after it.

    Before each run of such text its cells are erased, as the terminal may draw it narrower; after
    it the cursor is moved to the column of the next character. A frame is what Textual writes:
    text, styles, line breaks, and moves to a line and column.
    """
    if _ANY_AMBIGUOUS.search(frame) is None:
        return frame
    parts: list[str] = []
    column = 0  # the column of the cursor, counted from 1; 0 while unknown

    def pin(run: re.Match[str]) -> str:
        start = column + cell_len(run.string[: run.start()])
        width = cell_len(run[0])
        return f"\x1b[{width}X{run[0]}\x1b[{start + width}G" if width else run[0]

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
                    parts.append(_RUN.sub(pin, part[0]))
                    column += cell_len(part[0])
                    continue
            case _:
                column = 1
        parts.append(part[0])
    return "".join(parts)
