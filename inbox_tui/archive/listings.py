"""Lists of messages that are never held whole."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing
from itertools import accumulate, groupby, islice
from typing import Any, NamedTuple

from inbox_tui.archive.records import Gap, Key, Query, Row
from inbox_tui.archive.rows import first_row, last_row, listed, rows_of, second_of, unpacked
from inbox_tui.archive.search import Search, Source, source_of
from inbox_tui.archive.tally import ALL_NUMBERS, DAY, day_of

_NO_NUMBER = -1
"""Stands for a receiving number to which there is no message."""
_EXPORTED_AT_ONCE = 500
_STRIDE = 4096
"""So many messages of one day are passed over without a thought."""
_COLUMNS = "row, id, received, sent, phone, messages.number, message, messages.unread"


class _Days(NamedTuple):
    """Days with messages, newest first, and how many messages lie above each and, last, in all."""

    starts: Sequence[int]
    above: Sequence[int]

    @classmethod
    def of(cls, counted: Sequence[tuple[int, int]]) -> _Days:
        """Make them of start and count, newest first."""
        counts = accumulate((count for _, count in counted), initial=0)
        return cls([start for start, _ in counted], list(counts))

    def at(self, position: int) -> tuple[int, int]:
        """Return the day that a position lies in, and how far into it."""
        place = bisect_right(self.above, position) - 1
        return self.starts[place], position - self.above[place]

    def before(self, start: int) -> tuple[int, bool]:
        """Return how many messages lie above the day that begins here, and whether it is here."""
        place = bisect_left(self.starts, -start, key=lambda known: -known)
        return self.above[place], place < len(self.starts) and self.starts[place] == start


class Listing:
    """What fitted a filter at one moment, newest first: messages, and gaps among them.

    It does not change: messages that come later are not in it. It can be read by every connection
    to the same archive, with `Archive.window`.
    """

    __slots__ = (
        "_account",
        "_anchors",
        "_change",
        "_days",
        "_filter",
        "_gaps",
        "_number",
        "_rows",
        "complete",
        "messages",
    )

    complete: bool
    """False where only the first of what fits is in it."""
    messages: int
    """How many messages are in it."""

    def __init__(
        self,
        account: int,
        query: Query,
        *,
        number: int = ALL_NUMBERS,
        change: int = 0,
        days: _Days | None = None,
        rows: array[int] | None = None,
        complete: bool = True,
    ) -> None:
        self._account = account
        self._filter = query
        self._number = number
        self._change = change
        self._days = days
        self._anchors: dict[int, list[Key]] = {}
        self._rows = rows
        self._gaps: list[tuple[int, Gap]] = []
        self.complete = complete
        self.messages = days.above[-1] if days is not None else len(rows or ())

    def __len__(self) -> int:
        """How many items, messages and gaps, are in it."""
        return self.messages + len(self._gaps)


class Listings(Search):
    """The part of the archive that lists messages."""

    def open(self, query: Query, first: int | None = None, keep: Listing | None = None) -> Listing:
        """Return what fits a filter now.

        A plain filter's costs the same at any size, and so do a window on it and a position in it.
        Any other's holds a number for each message; with `first` only those of the first so many
        are looked for, and `complete` tells whether that is all. `keep` is the listing shown until
        now: of the same query, its messages stay, even those that have been read meanwhile.

        Raises `QueryCancelled` where `interrupt` ended it.
        """
        with self._db.reading():
            number = self._number_of(query)
            if query.plain:
                return self._plain(query, number)
            with closing(self._matching(number, query)) as matching:
                rows, complete = self._taken(matching, first)
        if keep is not None and query.unread:
            rows = _with_kept(rows, self._account_id, query, keep)
        return Listing(self._account_id, query, rows=rows, complete=complete)

    def window(self, listing: Listing, start: int, stop: int) -> Sequence[Row | Gap]:
        """Return the items of a listing at these positions.

        They are fewer where messages have been deleted meanwhile.
        """
        start, stop = max(0, start), min(stop, len(listing))
        if start >= stop:
            return []
        gaps = [place for place, _ in listing._gaps]
        first_gap, last_gap = bisect_left(gaps, start), bisect_left(gaps, stop)
        with self._db.reading():
            if listing._rows is None:
                items: list[Row | Gap] = []
                items += self._plain_rows(listing, start - first_gap, stop - last_gap)
            else:
                return self._listed_rows(listing._rows, start, stop)
        for place, gap in listing._gaps[first_gap:last_gap]:
            items.insert(place - start, gap)
        return items

    def position(self, listing: Listing, key: Key) -> int:
        """Return where a message is in a listing, or would be."""
        with self._db.reading():
            if listing._rows is not None:
                return self._listed_above(listing._rows, key)
            above = self._plain_above(listing, key)
        gaps = (Key(gap.end, -1) for _, gap in listing._gaps)
        return above + sum(gap > key for gap in gaps)

    def get(self, message_id: int) -> Row | None:
        """Return the message with this id."""
        return self._read_first(
            "messages WHERE account = ? AND id = ?", (self._account_id, message_id)
        )

    def newest(self) -> Row | None:
        """Return the message that is first in a list of all."""
        return self._read_first(
            "messages INDEXED BY messages_key WHERE account = ?"
            " ORDER BY received DESC, id DESC LIMIT 1",
            (self._account_id,),
        )

    def lowest_id(self, scope: str, since: int) -> int | None:
        """Return the lowest id of what was received at these server seconds or later.

        `scope` is a receiving number, or "" for all.
        """
        query = Query(to_phone=scope or None, since=since)
        with self._db.reading():
            source = source_of(self._account_id, self._number_of(query), query)
            (lowest,) = self._db.query_row(f"SELECT min(id) FROM {source.table}", source.parameters)  # noqa: S608
        return None if lowest is None else int(lowest)

    def next_unread(self, query: Query, after: Key | None) -> Row | None:
        """Return the next unread message of a filter: older than `after`, else from the top."""
        query = query._replace(unread=True)
        with self._db.reading():
            number = self._number_of(query)
            if after is not None:
                older = self._unread_below(number, query, after)
                if older is not None:
                    return older
            return self._unread_below(number, query, None)

    def export(self, query: Query) -> Iterator[Row]:
        """Yield what fits a query, oldest first, a few hundred messages in memory at a time."""
        listing = self.open(query)
        for stop in range(len(listing), 0, -_EXPORTED_AT_ONCE):
            for item in reversed(self.window(listing, stop - _EXPORTED_AT_ONCE, stop)):
                if isinstance(item, Row):
                    yield item

    def arrived(self, since: int, after: int) -> tuple[list[Row], int]:
        """Return what came once `changes` had been `after`, oldest first, and what it is now.

        `since`: only what was received then (server seconds) or later.
        """
        with self._db.reading():
            changes = self._db.changes()
            if changes == after:
                return [], changes
            rows = self._read(
                "messages INDEXED BY messages_key WHERE account = ? AND received >= ?"
                " AND change > ? ORDER BY received, id",
                (self._account_id, since, after),
            )
        return rows, changes

    # -- plain listings

    def _plain(self, query: Query, number: int) -> Listing:
        change = self._db.changes()
        listing = Listing(
            self._account_id,
            query,
            number=number,
            change=change,
            days=_Days.of(self._days(number, query.since)),
        )
        for place, gap in enumerate(self._sync_state.gaps_of(query.to_phone)):
            if query.since is None or gap.end > query.since:
                above = self._plain_above(listing, Key(gap.end, -1))
                listing._gaps.append((above + place, gap))
        return listing

    def _days(self, number: int, since: int | None) -> list[tuple[int, int]]:
        """Return start and count of every day with messages, newest first."""
        first = -(2**62) if since is None else day_of(since)
        days = self._db.query(
            "SELECT day, total FROM tally WHERE account = ? AND number = ? AND day >= ?"
            " ORDER BY day DESC",
            (self._account_id, number, first),
        )
        if since is not None and days and days[-1][0] == first:
            days.pop()
            count = self._in_part(number, since, first + DAY)
            if count:
                days.append((first, count))
        return days

    def _plain_rows(self, listing: Listing, start: int, stop: int) -> list[Row]:
        """Return the messages of a plain listing at these positions, gaps not counted."""
        assert listing._days is not None
        if start >= stop:
            return []
        day, into_day = listing._days.at(start)
        anchors = self._anchors(listing, day, into_day, None)
        place = min(into_day // _STRIDE, len(anchors) - 1)
        source = self._below(listing, anchors[place])
        return self._read(
            f"{source.table} ORDER BY {source.order} LIMIT ? OFFSET ?",
            (*source.parameters, stop - start, into_day - place * _STRIDE),
        )

    def _plain_above(self, listing: Listing, key: Key) -> int:
        """Return how many messages of a plain listing are newer."""
        assert listing._days is not None
        day = day_of(key.received)
        above, there = listing._days.before(day)
        if not there:
            return above
        anchors = self._anchors(listing, day, None, key)
        place = sum(anchor > key for anchor in anchors) - 1
        source = self._below(listing, anchors[place], key.received)
        (rest,) = self._db.query_row(
            f"SELECT count(*) FROM {source.table} AND (received, id) > (?, ?)",  # noqa: S608
            (*source.parameters, *key),
        )
        return int(above + place * _STRIDE + rest)

    def _anchors(
        self, listing: Listing, day: int, into_day: int | None, key: Key | None
    ) -> list[Key]:
        """Return the keys below which each stride of a day begins, as far down as asked for.

        They make a move within a day of many messages cost no more than a stride.
        """
        anchors = listing._anchors.setdefault(day, [Key(day + DAY, -1)])
        while (
            len(anchors) * _STRIDE <= into_day
            if into_day is not None
            else key is not None and anchors[-1] > key
        ):
            source = self._below(listing, anchors[-1], day)
            found = self._db.query_one(
                f"SELECT received, id FROM {source.table}"  # noqa: S608
                f" ORDER BY {source.order} LIMIT 1 OFFSET ?",
                (*source.parameters, _STRIDE - 1),
            )
            if found is None:
                break
            anchors.append(Key(*found))
        return anchors

    def _below(self, listing: Listing, key: Key, since: int | None = None) -> Source:
        """Return where the messages of a plain listing are that are older than `key`.

        `since`: only those of these server seconds or later.
        """
        bounds = [bound for bound in (listing._filter.since, since) if bound is not None]
        query = listing._filter._replace(since=max(bounds, default=None))
        source = source_of(listing._account, listing._number, query, key)
        return source._replace(
            table=f"{source.table} AND change <= ?",
            parameters=[*source.parameters, listing._change],
        )

    # -- listings of row numbers: seconds are in order, rows of the same second are not

    def _taken(self, matching: Iterator[int], first: int | None) -> tuple[array[int], bool]:
        """Take row numbers: all, or so many and the rest of the last one's second."""
        rows = array("q", islice(matching, first))
        if first is None or len(rows) < first:
            return rows, True
        for row in matching:
            if not rows or second_of(row) != second_of(rows[-1]):
                return rows, False
            rows.append(row)
        return rows, True

    def _matching(self, number: int, query: Query) -> Generator[int, None, None]:
        """Yield the rows of a filter that is not plain, newest second first."""
        if query.search or query.phone is not None:
            return self._found(number, query)
        return self._rows_of(number, query)

    def _rows_of(self, number: int, query: Query) -> Generator[int, None, None]:
        source = source_of(self._account_id, number, query)
        found = self._db.query_each(
            f"SELECT row FROM {source.table} ORDER BY {source.order}",  # noqa: S608
            source.parameters,
        )
        with closing(found):
            for (row,) in found:
                yield row

    def _listed_rows(self, rows: array[int], start: int, stop: int) -> list[Row]:
        """Return the messages at these places of a list of rows."""
        first = _begin_of_second(rows, start)
        last = _end_of_second(rows, stop - 1)
        query = listed(rows[first:last])
        read = self._read("messages WHERE row IN (SELECT value FROM json_each(?))", (query,))
        read.sort(key=lambda row: row.key, reverse=True)
        return read[start - first : stop - first]

    def _listed_above(self, rows: array[int], key: Key) -> int:
        """Return how many messages in a list of rows are newer."""
        first = bisect_left(rows, -last_row(self._account_id, key.received), key=lambda row: -row)
        last = bisect_right(rows, -first_row(self._account_id, key.received), key=lambda row: -row)
        if first == last:
            return first
        keys = self._db.query(
            "SELECT received, id FROM messages WHERE row IN (SELECT value FROM json_each(?))",
            (listed(rows[first:last]),),
        )
        return first + sum(Key(*other) > key for other in keys)

    def _unread_below(self, number: int, query: Query, after: Key | None) -> Row | None:
        """Return the newest unread message that is older than `after`."""
        if not query.search and query.phone is None:
            source = source_of(self._account_id, number, query, after)
            return self._read_first(
                f"{source.table} ORDER BY {source.order} LIMIT 1", source.parameters
            )
        last = None if after is None else last_row(self._account_id, after.received)
        with closing(self._found(number, query, last)) as found:
            for _, rows in groupby(found, second_of):
                same_second = array("q", rows)
                for row in self._listed_rows(same_second, 0, len(same_second)):
                    if after is None or row.key < after:
                        return row
        return None

    # -- reading

    def _number_of(self, query: Query) -> int:
        if query.to_phone is None:
            return ALL_NUMBERS
        number = self._number(query.to_phone)
        return _NO_NUMBER if number is None else number

    def _read(self, source: str, parameters: Sequence[object]) -> list[Row]:
        """Return the messages of a table with conditions."""
        found = self._db.query(f"SELECT {_COLUMNS} FROM {source}", parameters)  # noqa: S608
        return [self._row(*columns) for columns in found]

    def _read_first(self, source: str, parameters: Sequence[object]) -> Row | None:
        for row in self._read(source, parameters):
            return row
        return None

    def _row(
        self,
        row: int,
        message_id: int,
        received: int,
        sent: int | None,
        phone: Any,
        number: int,
        message: Any,
        unread: int,
    ) -> Row:
        return Row(
            row,
            message_id,
            received,
            sent,
            unpacked(phone),
            self._to_phone(number),
            unpacked(message),
            bool(unread),
        )


def _with_kept(rows: array[int], account: int, query: Query, keep: Listing) -> array[int]:
    """Add what was listed before with the same query, but for how far back it looked."""
    anyhow = query._replace(since=None)
    if keep._rows is None or (keep._account, keep._filter._replace(since=None)) != (
        account,
        anyhow,
    ):
        return rows
    first, _ = rows_of(account, query.since)
    known = set(rows)
    kept: Iterable[int] = (row for row in keep._rows if row >= first and row not in known)
    return array("q", sorted((*rows, *kept), reverse=True))


def _begin_of_second(rows: array[int], place: int) -> int:
    while place > 0 and second_of(rows[place - 1]) == second_of(rows[place]):
        place -= 1
    return place


def _end_of_second(rows: array[int], place: int) -> int:
    place += 1
    while place < len(rows) and second_of(rows[place]) == second_of(rows[place - 1]):
        place += 1
    return place
