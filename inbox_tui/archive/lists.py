"""Lists of messages, grouped by day and never loaded as a whole.

A list is the result of a query at one moment. It knows how many messages each of its days has, and
reads the rows of a day when they are first needed. So a window of it takes the same time to read at
any position and in an archive of any size.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import accumulate, islice
from typing import NamedTuple

from inbox_tui.archive.daily_counts import DailyCounts
from inbox_tui.archive.database import Database
from inbox_tui.archive.matching import Matching
from inbox_tui.archive.messages import Messages
from inbox_tui.archive.records import (
    DAY_SECONDS,
    FIRST_ROW,
    Day,
    DayStart,
    Gap,
    Query,
    Row,
    day_of_row,
    row_at,
    service_day,
)
from inbox_tui.archive.sync_state import gaps_of
from inbox_tui.text.search_query import Is

_EXPORTED_AT_ONCE = 500
_DAYS_REMEMBERED = 4096
"""Cache size of `_parts_of`. The cache saves 1 to 4 ms per list of 1,200 days."""
Item = Row | Gap | Day


class _Part(NamedTuple):
    """The rows of one service day that fall into one day of the reader's time zone."""

    day: int
    """The reader's day."""
    low: int
    """The lowest row that a message of this part can have."""
    high: int
    """The row above the highest one."""


class _Line(NamedTuple):
    """The heading above the messages of a day of the reader's."""

    day: int
    row: int
    """The heading is above this row and all that follow it in the list."""


_Slot = int | Gap | _Line
"""An item of a list: the row of a message, a gap, or the heading of a day."""


@dataclass(eq=False, slots=True)
class _DayOfList:
    """A day of the service's clock in a list: its messages, the gaps that end on it, headings."""

    day: int
    total: int
    unread: int | None
    """None if they have not been counted."""
    rows: array[int] | None
    """In ascending order; None until they are needed."""
    gaps: list[Gap] = field(default_factory=list)
    """Newest first."""
    parts: Sequence[_Part] = ()
    """Newest first; empty in a list without headings."""
    lines: list[_Line] = field(default_factory=list)
    """In list order."""

    def __len__(self) -> int:
        return self.total + len(self.gaps) + len(self.lines)

    def within(self, low: int, high: int) -> array[int]:
        """Return the rows from `low` up to but not including `high`."""
        assert self.rows is not None
        return self.rows[bisect_left(self.rows, low) : bisect_left(self.rows, high)]

    def gaps_and_lines(self, *, oldest_first: bool) -> list[tuple[int, Gap | _Line]]:
        """Return gaps and headings with their positions in the day; the rows must be loaded."""
        assert self.rows is not None
        others: list[Gap | _Line] = [*self.gaps, *self.lines]
        others.sort(key=_order(oldest_first=oldest_first))
        found: list[tuple[int, Gap | _Line]] = []
        for before, one in enumerate(others):
            bisect = bisect_left if oldest_first == isinstance(one, _Line) else bisect_right
            older = bisect(self.rows, one.row)
            found.append((before + (older if oldest_first else len(self.rows) - older), one))
        return found

    def items(self, start: int, stop: int, *, oldest_first: bool) -> list[_Slot]:
        """Return the items at these positions, at a cost that does not depend on the day's size.

        The rows must be loaded.
        """
        assert self.rows is not None
        others = dict(self.gaps_and_lines(oldest_first=oldest_first))
        places = list(others)
        items: list[_Slot] = []
        for place in range(start, min(stop, len(self.rows) + len(places))):
            if (other := others.get(place)) is not None:
                items.append(other)
                continue
            index = place - bisect_left(places, place)
            items.append(self.rows[index if oldest_first else -1 - index])
        return items


def _order(*, oldest_first: bool) -> Callable[[_Slot], tuple[int, bool]]:
    """Return the sort key of a list's items. A heading comes before anything with the same row."""
    sign = 1 if oldest_first else -1

    def key(slot: _Slot) -> tuple[int, bool]:
        return sign * (slot if isinstance(slot, int) else slot.row), not isinstance(slot, _Line)

    return key


@lru_cache(_DAYS_REMEMBERED)
def _parts_of(day: int, day_start: DayStart) -> Sequence[_Part]:
    """Return the parts of a service day by the reader's days, newest first."""
    begin, end = service_day(day), service_day(day + 1)
    if day_start(day) == begin and day_start(day + 1) == end:
        return (_Part(day, row_at(begin), row_at(end)),)
    spans = (
        (near, max(day_start(near), begin), min(day_start(near + 1), end))
        for near in (day + 1, day, day - 1)
    )
    return tuple(_Part(near, row_at(low), row_at(high)) for near, low, high in spans if low < high)


@dataclass(eq=False)
class Listing:
    """The result of a query at one moment: messages, gaps between them, and headings of days.

    It does not change: messages that arrive later are not in it. `Lists.window` reads it, over any
    connection to the same archive.
    """

    query: Query
    days: Sequence[_DayOfList]
    """Its days by the service's clock, in list order."""
    change: int
    """The value of `Database.changes` up to which messages are in it."""
    complete: bool
    """False if the list was cut off at `first` messages."""
    oldest_first: bool
    day_start: DayStart | None
    """When a day of the reader's begins; None for a list without headings."""
    rows: array[int] | None
    """All rows in ascending order; None if the rows are read day by day."""
    counted: dict[int, Day] = field(default_factory=dict)
    """The headings whose messages have been counted, by day of the reader's."""

    def __post_init__(self) -> None:
        self.messages = sum(day.total for day in self.days)
        """The number of messages."""
        self.starts = list(accumulate(map(len, self.days), initial=0))
        """The position of the first item of each of `days`, and the length of the list."""

    def __len__(self) -> int:
        """Return the number of items: messages, gaps and headings."""
        return self.starts[-1]


class Lists:
    """Lists of the messages of one account, or of all if `account_id` is None."""

    def __init__(self, database: Database, account_id: int | None) -> None:
        self._db = database
        self._account_id = account_id
        self._messages = Messages(database, account_id)
        self._counts = DailyCounts(database, account_id)
        self._matching = Matching(database, account_id)

    def open(
        self,
        query: Query,
        first: int | None = None,
        keep: Listing | None = None,
        *,
        days: DayStart | None = None,
        oldest_first: bool = False,
        change: int | None = None,
    ) -> Listing:
        """Return the list of messages that match a query now.

        A plain query (see `Query.plain`), newest first, is answered from the daily counts, at the
        same cost in an archive of any size; only its list has gaps. Any other list holds an integer
        for each message. Raises `QueryCancelled` if `Database.interrupt` ended it.

        Args:
            query: The messages wanted.
            first: Stop after this many messages. Ignored for plain queries.
            keep: The list shown so far. If it is of the same query, messages whose state has
                changed since then stay in the new list.
            days: When a day begins; with it, each day has a heading.
            oldest_first: Order the list as a conversation is read.
            change: Only messages that came with this value of `Database.changes` or an earlier one.
                Not for plain queries.

        """
        with self._db.reading():
            opened = self._db.changes() if change is None else change
            if query.plain and not oldest_first:
                listed, rows, complete = self._plain_days(query), None, True
            else:
                matching = self._matching.rows(query, oldest_first=oldest_first, change=change)
                with closing(matching) as found:
                    rows = array("q", islice(found, first))
                    complete = first is None or len(rows) < first or next(found, None) is None
                if not oldest_first:
                    rows.reverse()
                if keep is not None and keep.rows is not None and _has_state(query):
                    rows = _with_kept(rows, query, keep)
                listed = self._days_of(rows)
                if oldest_first:
                    listed.reverse()
            if days is not None:
                self._add_lines(query, listed, days, oldest_first)
        return Listing(
            query,
            listed,
            change=opened,
            complete=complete,
            oldest_first=oldest_first,
            day_start=days,
            rows=rows,
        )

    def window(self, listing: Listing, start: int, stop: int) -> list[Item]:
        """Return the items of a list from `start` up to but not including `stop`.

        Messages that have been deleted in the meantime are left out.
        """
        start, stop = max(0, start), min(stop, len(listing))
        if start >= stop:
            return []
        first = bisect_right(listing.starts, start) - 1
        last = bisect_left(listing.starts, stop)
        days = listing.days[first:last]
        with self._db.reading():
            if listing.complete and listing.day_start is not None:
                self._count_days(listing, days)
            self._load(listing, days)
            slots: list[_Slot] = []
            for day, at in zip(days, listing.starts[first:last], strict=True):
                oldest_first = listing.oldest_first
                slots += day.items(max(0, start - at), stop - at, oldest_first=oldest_first)
            rows = self._messages.read(slot for slot in slots if isinstance(slot, int))
        items: list[Item] = []
        for slot in slots:
            if isinstance(slot, _Line):
                items.append(_line(listing, slot))
            elif isinstance(slot, Gap):
                items.append(slot)
            elif slot in rows:
                items.append(rows[slot])
        return items

    def position(self, listing: Listing, row: int) -> int:
        """Return the position of a message in a list, or where it would be inserted.

        For the `row_at` of a moment, that is the number of items newer than it, or older if the
        list has the oldest first.
        """
        place, day = _day_with(listing, row)
        at = listing.starts[place]
        if day is None:
            return at
        rows = self._rows_of(listing, day)
        older = bisect_left(rows, row) if listing.oldest_first else bisect_right(rows, row)
        before = older if listing.oldest_first else len(rows) - older
        others: list[Gap | _Line] = [*day.gaps, *day.lines]
        order = _order(oldest_first=listing.oldest_first)
        return at + before + sum(order(one) < order(row) for one in others)

    def day_at(self, listing: Listing, position: int) -> tuple[Day, bool] | None:
        """Return the heading above a position, and whether the item there is the heading itself.

        None if there is no heading. Its counts are None until a window of the day has been read.
        """
        if listing.day_start is None or not 0 <= position < len(listing):
            return None
        place = bisect_right(listing.starts, position) - 1
        at = position - listing.starts[place]
        day = listing.days[place]
        self._rows_of(listing, day)
        found = [
            (where, one)
            for where, one in day.gaps_and_lines(oldest_first=listing.oldest_first)
            if where <= at and isinstance(one, _Line)
        ]
        is_line = bool(found) and found[-1][0] == at
        lines = [line for _, line in found]
        while not lines and place > 0:
            place -= 1
            lines = listing.days[place].lines
        return (_line(listing, lines[-1]), is_line) if lines else None

    def newer(self, listing: Listing, row: int) -> int:
        """Return how many messages are newer than this one, in a list with the newest first."""
        place, day = _day_with(listing, row)
        newer = sum(newer_day.total for newer_day in listing.days[:place])
        if day is not None:
            rows = self._rows_of(listing, day)
            newer += len(rows) - bisect_right(rows, row)
        return newer

    def first_since(self, listing: Listing, seconds: int) -> int | None:
        """Return the position of the oldest message received at these server seconds or later.

        None if there is no such message.
        """
        row = row_at(seconds)
        place, day = _day_with(listing, row)
        if day is None and not listing.oldest_first:
            place -= 1
        while 0 <= place < len(listing.days):
            rows = self._rows_of(listing, listing.days[place])
            index = bisect_left(rows, row)
            if index < len(rows):
                return self.position(listing, rows[index])
            place += 1 if listing.oldest_first else -1
        return None

    def count(self, query: Query) -> int:
        """Return how many messages match a query. Raises `QueryCancelled`."""
        return self.open(query).messages

    def next_unread(self, query: Query, row: int | None, *, newer: bool = False) -> Row | None:
        """Return the next unread message of a query older than `row`, or else the newest one.

        With `newer`, the next one newer than `row`, or else the oldest one. None if all are read.
        """
        states = (*query.search.states, *([Is(query.state)] if query.state is not None else ()))
        query = query._replace(search=query.search._replace(states=states), state="unread")
        beyond = {} if row is None else {"above" if newer else "below": row}
        with self._db.reading():
            for bounds in (beyond, {}):
                with closing(self._matching.rows(query, oldest_first=newer, **bounds)) as found:
                    for unread in found:
                        return self._messages.read([unread])[unread]
        return None

    def export(self, query: Query, listing: Listing | None = None) -> Iterator[Row]:
        """Yield the messages that match a query, oldest first, reading 500 at a time.

        With `listing`, a complete list of the query, messages that came after it was opened are
        left out.
        """
        listing = listing or self.open(query)
        starts = range(0, len(listing), _EXPORTED_AT_ONCE)
        for start in starts if listing.oldest_first else reversed(starts):
            items = self.window(listing, start, start + _EXPORTED_AT_ONCE)
            for item in items if listing.oldest_first else reversed(items):
                if isinstance(item, Row):
                    yield item

    # -- days

    def _plain_days(self, query: Query) -> list[_DayOfList]:
        """Return the days of a plain query from the daily counts, newest first."""
        days = {
            day: _DayOfList(day, total, unread, None)
            for day, total, unread in self._counts.days(query.to_phone, query.since)
        }
        for gap in gaps_of(self._db, self._account_id, query.to_phone):
            if query.since is None or gap.end > query.since:
                ends_on = day_of_row(gap.row)
                day = days.setdefault(ends_on, _DayOfList(ends_on, 0, 0, array("q")))
                day.gaps.append(gap)
        return sorted(days.values(), key=lambda day: -day.day)

    def _days_of(self, rows: array[int]) -> list[_DayOfList]:
        """Return the days of these rows, which are in ascending order; the newest day first."""
        days: list[_DayOfList] = []
        start = 0
        while start < len(rows):
            day = day_of_row(rows[start])
            stop = bisect_left(rows, row_at((day + 1) * DAY_SECONDS), start)
            part = rows[start:stop]
            days.append(_DayOfList(day, len(part), None, part))
            start = stop
        days.reverse()
        return days

    def _rows_of(self, listing: Listing, day: _DayOfList) -> array[int]:
        """Return the rows of a day of a list in ascending order."""
        with self._db.reading():
            self._load(listing, [day])
        assert day.rows is not None
        return day.rows

    def _load(self, listing: Listing, days: Sequence[_DayOfList]) -> None:
        """Read the missing rows of these days, newest first, in the list of a plain query."""
        missing = [day for day in days if day.rows is None]
        if not missing:
            return
        newest, oldest = missing[0].day, missing[-1].day
        above = row_at(oldest * DAY_SECONDS) - 1
        below = row_at((newest + 1) * DAY_SECONDS)
        with closing(
            self._matching.rows(listing.query, above=above, below=below, change=listing.change)
        ) as found:
            rows = array("q", found)
        rows.reverse()
        for day in missing:
            first = bisect_left(rows, row_at(day.day * DAY_SECONDS))
            day.rows = rows[first : bisect_left(rows, row_at((day.day + 1) * DAY_SECONDS), first)]

    def _add_lines(
        self, query: Query, days: Sequence[_DayOfList], day_start: DayStart, oldest_first: bool
    ) -> None:
        """Put a heading above the first message of each day of the reader's."""
        for day in days:
            day.parts = _parts_of(day.day, day_start)
        parts = [(day, part) for day in days for part in day.parts if day.total]
        unknown = [part for day, part in parts if day.rows is None and len(day.parts) > 1]
        filled = dict(zip(unknown, self._matching.any_within(query, unknown), strict=True))
        if oldest_first:
            parts = [(day, part) for day in days for part in reversed(day.parts)]
        last: int | None = None
        for day, part in parts:
            if part.day != last and (
                filled.get(part, True) if day.rows is None else day.within(part.low, part.high)
            ):
                last = part.day
                line = _Line(last, part.low if oldest_first else part.high - 1)
                day.lines.append(line)

    def _count_days(self, listing: Listing, days: Iterable[_DayOfList]) -> None:
        """Count the messages of all days of the reader's that overlap these days."""
        assert listing.day_start is not None
        spans: dict[int, tuple[int, int]] = {}
        around: dict[int, _DayOfList] = {}
        for day in days:
            if day.unread is not None and len(day.parts) == 1:
                listing.counted[day.parts[0].day] = Day(day.parts[0].day, day.total, day.unread)
            for part in day.parts:
                if part.day not in listing.counted:
                    begin, end = listing.day_start(part.day), listing.day_start(part.day + 1)
                    spans[part.day] = row_at(begin), row_at(end)
                    around |= _days_between(listing, begin, end)
        if not spans:
            return
        self._load(listing, sorted(around.values(), key=lambda day: -day.day))
        unread = self._matching.unread_within(spans.values())
        for date, span in spans.items():
            rows = [row for day in around.values() for row in day.within(*span)]
            listing.counted[date] = Day(date, len(rows), len(unread.intersection(rows)))


def _place_of_day(listing: Listing, day: int) -> int:
    """Return the index of a day in `Listing.days`, or where it would be inserted."""
    if listing.oldest_first:
        return bisect_left(listing.days, day, key=lambda known: known.day)
    return bisect_left(listing.days, -day, key=lambda known: -known.day)


def _day_with(listing: Listing, row: int) -> tuple[int, _DayOfList | None]:
    """Return the index of a row's day in `Listing.days`, or where it would be, and the day."""
    place = _place_of_day(listing, day_of_row(row))
    day = next(iter(listing.days[place : place + 1]), None)
    return place, day if day is not None and day.day == day_of_row(row) else None


def _days_between(listing: Listing, begin: int, end: int) -> dict[int, _DayOfList]:
    """Return the days of a list that overlap this span of server seconds, by service day."""
    wanted = range(begin // DAY_SECONDS, (end - 1) // DAY_SECONDS + 1)
    places = (_place_of_day(listing, day) for day in wanted)
    days = [listing.days[place] for place in places if place < len(listing.days)]
    return {day.day: day for day in days if day.day in wanted}


def _line(listing: Listing, line: _Line) -> Day:
    return listing.counted.get(line.day, Day(line.day, None, None))


def _has_state(query: Query) -> bool:
    return query.state is not None or bool(query.search.states)


def _with_kept(rows: array[int], query: Query, keep: Listing) -> array[int]:
    """Add the rows of `keep`, if it has the same query except for `since`."""
    assert keep.rows is not None
    if keep.query._replace(since=None) != query._replace(since=None):
        return rows
    first = FIRST_ROW if query.since is None else row_at(query.since)
    return array("q", sorted({*rows, *keep.rows[bisect_left(keep.rows, first) :]}))
