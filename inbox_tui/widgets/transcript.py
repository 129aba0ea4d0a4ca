"""The layout of a conversation, whose messages differ in height."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from textual.cache import LRUCache

from inbox_tui.archive import Day, Gap, Row
from inbox_tui.text import find_code, find_links
from inbox_tui.text.search_query import text_spans
from inbox_tui.widgets.message_source import SourceItems
from inbox_tui.widgets.message_view import MOST_SHOWN
from inbox_tui.widgets.paragraphs import (
    Paragraph,
    TextLine,
    mark_found,
    message_paragraphs,
    wrapped_lines,
)
from inbox_tui.widgets.presentation import not_shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from inbox_tui.widgets.message_source import MessageSource

_READ_AT_ONCE: Final = 32
_BLOCKS_KEPT: Final = 16
_TEXTS_KEPT: Final = 256


class Text(NamedTuple):
    """A message wrapped to a width."""

    paragraphs: list[Paragraph]
    lines: list[TextLine]


class Transcript(SourceItems):
    """Messages one below the other, of which only those near the ones in sight are wrapped.

    `width` is the width of the texts in cells, `room` the number of lines available. Both may be
    set at any time.
    """

    def __init__(self, copies_all: str) -> None:
        """Create an empty transcript; `copies_all` is the key that copies a whole message."""
        super().__init__()
        self._copies_all = copies_all
        self.width = 0
        self.room = 1
        self.lines: list[tuple[int, int]] = []
        """For each line on screen, the position of an item and the number of the item's line."""
        self._blocks: LRUCache[int, Sequence[Row | Gap | Day]] = LRUCache(_BLOCKS_KEPT)
        self.texts: LRUCache[tuple[int, int], Text] = LRUCache(_TEXTS_KEPT)
        """The messages wrapped most recently, by row and width."""

    def show(self, source: MessageSource) -> None:
        """Use the messages of another source."""
        if source.search != self.source.search:
            self.texts.clear()
        self.source = source
        self._blocks.clear()

    # -- reading and measuring

    def item(self, position: int) -> Row | Gap | Day | None:
        """Return the item at this position, or None; those around it are read with it."""
        if not 0 <= position < len(self):
            return None
        block, at = divmod(position, _READ_AT_ONCE)
        items = self._blocks.get(block)
        if items is None:
            start = block * _READ_AT_ONCE
            items = self.source.window(start, min(start + _READ_AT_ONCE, len(self)))
            self._blocks[block] = items
        return items[at] if at < len(items) else None

    def row(self, position: int) -> Row | None:
        """Return the message at this position, or None if there is none."""
        item = self.item(position)
        return item if isinstance(item, Row) else None

    def text(self, row: Row) -> Text:
        """Return a message wrapped to the current width."""
        text = self.texts.get((row.row, self.width))
        if text is None:
            message = row.message[:MOST_SHOWN]
            paragraphs = message_paragraphs(message, find_code(message), find_links(message))
            mark_found(paragraphs, self.source.search, text_spans)
            if (left := len(row.message) - MOST_SHOWN) > 0:
                more = Paragraph()
                more.add(not_shown(left, self._copies_all))
                paragraphs.append(more)
            text = Text(paragraphs, list(wrapped_lines(paragraphs, self.width)))
            self.texts[(row.row, self.width)] = text
        return text

    def height(self, position: int) -> int:
        """Return how many lines an item takes."""
        item = self.item(position)
        if isinstance(item, Row):
            return len(self.text(item).lines)
        return int(item is not None)

    # -- placing

    def line_of(self, position: int) -> int | None:
        """Return the line an item begins on, negative above the top; None if it is out of sight."""
        for y, (at, line) in enumerate(self.lines):
            if at == position:
                return y - line
        return None

    def lay_out(self, position: int, y: int) -> None:
        """Put the first line of an item on line `y`, as far as the ends of the list allow."""
        first, y = self.up(position, y)
        while y < 0 and first < len(self) - 1 and y + self.height(first) <= 0:
            y += self.height(first)
            first += 1
        lines = list(self._lines_from(first, -min(y, 0)))
        if len(lines) < self.room:
            first, y = self.up(len(self), self.room)
            lines = list(self._lines_from(first, -min(y, 0)))
        self.lines = lines

    def up(self, position: int, y: int) -> tuple[int, int]:
        """Return the topmost item and the line it begins on, if this item begins on line `y`."""
        while y > 0 and position > 0:
            position -= 1
            y -= self.height(position)
        return position, y

    def _lines_from(self, position: int, line: int) -> Iterator[tuple[int, int]]:
        """Yield the lines on screen, from this line of an item on."""
        left = self.room
        while left > 0 and position < len(self):
            height = self.height(position)
            for number in range(line, min(height, line + left)):
                yield position, number
            left -= max(0, height - line)
            line = 0
            position += 1
