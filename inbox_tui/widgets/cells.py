"""Cutting and wrapping text to terminal cells, and composing lines of pieces."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len
from textual.content import Content

from inbox_tui.text import graphemes, is_single_width
from inbox_tui.widgets.symbols import symbols

if TYPE_CHECKING:
    from collections.abc import Iterator

_WORD: Final = re.compile("([^ ]*) *")
_WIDEST_CHARACTER: Final = 2


def cells(text: str) -> int:
    """Return the width of the text in cells, for common text in a fraction of Rich's time."""
    return len(text) if is_single_width(text) else cell_len(text)


def cut(text: str, width: int) -> str:
    """Return the text in at most `width` cells, ending in an ellipsis if it was cut.

    The text must be sanitized already (`inbox_tui.text.sanitize`).
    """
    plain = is_single_width(text)
    if (len(text) if plain else cell_len(text)) <= width:
        return text
    if width <= 0:
        return ""
    start = text[: width - 1] if plain else text[: next(_line_ends(text, width - 1), len(text))]
    return start.rstrip() + symbols().ellipsis


def cut_before(text: str, width: int) -> str:
    """Return the end of a text in at most `width` cells, after an ellipsis if it was cut.

    With `width` <= 0 the text is not cut.
    """
    if cells(text) <= width or width <= 0:
        return text
    kept, room = len(text), width - 1
    if is_single_width(text):
        return symbols().ellipsis + text[kept - room :].lstrip()
    for start, end in reversed(list(graphemes(text))):
        room -= cells(text[start:end])
        if room < 0:
            break
        kept = start
    return symbols().ellipsis + text[kept:].lstrip()


def _line_ends(text: str, width: int) -> Iterator[int]:
    """Yield the end of every line but the last, if a text is split every `width` cells."""
    if is_single_width(text):
        yield from range(width, len(text), width)
        return
    filled = 0
    for start, end in graphemes(text):
        size = cells(text[start:end])
        if filled + size > width:
            yield start
            filled = 0
        filled += size


def padded(text: str, width: int) -> str:
    """Return the text in exactly `width` cells, cut or filled with spaces."""
    text = cut(text, width)
    return text.ljust(width) if is_single_width(text) else text + " " * (width - cell_len(text))


def wrapped(text: str, width: int) -> Iterator[tuple[int, int]]:
    """Yield the start and end of the lines of one paragraph, each at most `width` cells wide.

    Lines break at spaces; a word longer than a line is broken where the line is full. The spaces
    at a break are left out. An empty text is one empty line. A width below 2 counts as 2.
    """
    width = max(_WIDEST_CHARACTER, width)
    if len(text) * _WIDEST_CHARACTER <= width:
        yield 0, len(text)
        return
    start = end = filled = 0
    for word in _WORD.finditer(text):
        if word[1] and filled + cells(word[1]) > width:
            if filled:
                yield start, end
            start = word.start()
            for line_end in _line_ends(word[1], width):
                yield start, word.start() + line_end
                start = word.start() + line_end
            filled = cells(text[start : word.end(1)]) + len(word[0]) - len(word[1])
        else:
            filled += cells(word[0])
        end = word.end(1) if word[1] else end
    yield start, end


class Line:
    """A line being composed of styled pieces, never wider than its room."""

    def __init__(self, room: int | None = None) -> None:
        """Create an empty line of at most `room` cells, or of any length."""
        self._room = room
        self._pieces: list[tuple[str, str]] = []
        self.width = 0
        """The number of cells filled so far."""

    def add(self, text: str, style: str = "") -> Line:
        """Add a piece, cut to the remaining room; return the line."""
        if self._room is not None:
            text = cut(text, self._room - self.width)
        if text:
            self._pieces.append((text, style))
            self.width += cells(text)
        return self

    def beside(self, right: Line, width: int) -> Content:
        """Return this line with another one at the right edge, in `width` cells."""
        space = " " * max(0, width - self.width - right.width)
        return Content.assemble(*self._pieces, space, *right._pieces)
