"""What a list of messages reads from, and what it has read of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from textual.geometry import clamp

from inbox_tui.archive import Day, Gap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inbox_tui.archive import Item, Row
    from inbox_tui.text.search_query import SearchQuery


class MessageSource(Protocol):
    """A number of items, newest first, that does not change."""

    @property
    def search(self) -> SearchQuery | None:
        """What they were searched for; it is marked."""
        ...

    @property
    def receivers(self) -> Sequence[str]:
        """The receiving numbers that they may be to; shown where they are several."""
        ...

    def __len__(self) -> int: ...

    def window(self, start: int, stop: int) -> Sequence[Item]:
        """Return the items at these positions."""
        ...

    def position(self, row: int) -> int:
        """Return where the message is, or where it would be."""
        ...

    def newer(self, row: int) -> int:
        """Return how many messages are newer than this one."""
        ...

    def day_at(self, position: int) -> tuple[Day, bool] | None:
        """Return the line of the day that an item is below, and whether the item is that line.

        None where there is none.
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
    """The items of a source, and the places for a cursor among them."""

    def __init__(self, source: MessageSource = NO_MESSAGES) -> None:
        self.source = source

    def __len__(self) -> int:
        """How many items the source has."""
        return len(self.source)

    def place(self, position: int, step: int = 1) -> int:
        """Return a place for the cursor: this position or, from the line of a day, the next one.

        Args:
            position: Any; the nearest one there is counts.
            step: 1 looks for the next one below first, -1 above.

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
        """Read the items at these positions, and forget all others; returns those that are new."""
        wanted = range(max(0, start), min(stop, len(self)))
        missing = [position for position in wanted if position not in self._items]
        if not missing:
            return ()
        new = self.source.window(missing[0], missing[-1] + 1)
        kept = {position: item for position, item in self._items.items() if position in wanted}
        self._items = kept | dict(enumerate(new, missing[0]))
        return new

    def item(self, position: int) -> Item | None:
        """Return the item at this position, None where it has not been read."""
        return self._items.get(position)

    def newest(self) -> Row | Gap | None:
        """Return the newest message or gap, None where there is none."""
        at = self.place(0)
        item = self.item(at) or next(iter(self.source.window(at, at + 1)), None)
        return None if isinstance(item, Day) else item

    def position(self, item: Row | Gap) -> int:
        """Return where an item of another source is in this one, or would be."""
        position = self.source.position(item.row)
        if isinstance(item, Gap):
            start = max(0, position - 1)
            around = list(self.source.window(start, position + 2))
            if item in around:
                return start + around.index(item)
        return position
