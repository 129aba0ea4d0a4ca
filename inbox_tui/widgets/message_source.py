"""The source that a list of messages reads from, and the items it has read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from textual.geometry import clamp

from inbox_tui.archive import Day, Gap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inbox_tui.archive import Item, Row
    from inbox_tui.text.search_query import SearchQuery


class MessageSource(Protocol):
    """A fixed sequence of items: newest first, or oldest first for a conversation."""

    @property
    def search(self) -> SearchQuery | None:
        """The search that found them, whose matches are marked."""
        ...

    @property
    def receivers(self) -> Sequence[str]:
        """The receiving numbers of the messages, which are shown if there are several."""
        ...

    def __len__(self) -> int: ...

    def window(self, start: int, stop: int) -> Sequence[Item]:
        """Return the items at these positions."""
        ...

    def position(self, row: int) -> int:
        """Return the position of the message with this row, or where it would be."""
        ...

    def newer(self, row: int) -> int:
        """Return how many messages are newer than the one with this row."""
        ...

    def day_at(self, position: int) -> tuple[Day, bool] | None:
        """Return the line of the day above an item, and whether the item is that line itself.

        None if there is no such line.
        """
        ...


class _NoMessages:
    """The source of a list that has been shown nothing yet."""

    search = None
    receivers = ()

    def __len__(self) -> int:
        return 0

    def window(self, start: int, stop: int) -> Sequence[Item]:
        return ()

    def position(self, row: int) -> int:
        return 0

    def newer(self, row: int) -> int:
        return 0

    def day_at(self, position: int) -> tuple[Day, bool] | None:
        return None


NO_MESSAGES: Final[MessageSource] = _NoMessages()


class SourceItems:
    """The items of a source, and the positions among them where a cursor can be."""

    def __init__(self, source: MessageSource = NO_MESSAGES) -> None:
        self.source = source

    def __len__(self) -> int:
        """Return the number of items in the source."""
        return len(self.source)

    def place(self, position: int, step: int = 1) -> int:
        """Return a position for the cursor: this one or, if it is the line of a day, one beside it.

        Args:
            position: Any position; beyond the ends of the list, the nearest one is used.
            step: 1 to prefer the position below the line of a day, -1 for the one above.

        """
        position = clamp(position, 0, max(0, len(self) - 1))
        if not self.is_day_line(position):
            return position
        beside = position + (1 if step > 0 else -1)
        return beside if 0 <= beside < len(self) else 2 * position - beside

    def is_day_line(self, position: int) -> bool:
        """Return whether the line of a day is at this position."""
        day = self.source.day_at(position)
        return day is not None and day[1]


class ItemWindow(SourceItems):
    """The items of a source that are in sight, each read once."""

    def __init__(self, source: MessageSource = NO_MESSAGES) -> None:
        super().__init__(source)
        self._items: dict[int, Item] = {}
        """The items read, by position."""

    def read(self, start: int, stop: int) -> Sequence[Item]:
        """Read the items at these positions and forget all others; return the new ones.

        If all of them have been read already, nothing is forgotten.
        """
        wanted = range(max(0, start), min(stop, len(self)))
        missing = [position for position in wanted if position not in self._items]
        if not missing:
            return ()
        new = self.source.window(missing[0], missing[-1] + 1)
        kept = {position: item for position, item in self._items.items() if position in wanted}
        self._items = kept | dict(enumerate(new, missing[0]))
        return new

    def item(self, position: int) -> Item | None:
        """Return the item at this position, or None if it has not been read."""
        return self._items.get(position)

    def newest(self) -> Row | Gap | None:
        """Return the newest message or gap, or None if there is none."""
        at = self.place(0)
        item = self.item(at) or next(iter(self.source.window(at, at + 1)), None)
        return None if isinstance(item, Day) else item

    def position(self, item: Row | Gap) -> int:
        """Return the position in this source of an item of another one, or where it would be."""
        position = self.source.position(item.row)
        if isinstance(item, Gap):
            start = max(0, position - 1)
            around = list(self.source.window(start, position + 2))
            if item in around:
                return start + around.index(item)
        return position
