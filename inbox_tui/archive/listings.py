"""Lists of messages that are never held whole."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing
from itertools import accumulate, groupby, islice
from typing import Any, NamedTuple

from inbox_tui.archive.records import Filter, Gap, Key, Row
from inbox_tui.archive.rows import first_row, last_row, listed, packed, rows_of, second_of, unpacked
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
        wanted: Filter,
        *,
        number: int = ALL_NUMBERS,
        change: int = 0,
        days: _Days | None = None,
        rows: array[int] | None = None,
        complete: bool = True,
    ) -> None:
        self._account = account
        self._filter = wanted
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

    def listing(
        self, account: int, wanted: Filter, first: int | None = None, keep: Listing | None = None
    ) -> Listing:
        """Return what fits a filter now.

        A plain filter's costs the same at any size, and so do a window on it and a position in it.
        Any other's holds a number for each message; with `first` only those of the first so many
        are looked for, and `complete` tells whether that is all. `keep` is the listing shown until
        now: of the same wanted, its messages stay, even those that have been read meanwhile.

        Raises `QueryCancelled` where `interrupt` ended it.
        """
        with self._reading():
            number = self._number_of(account, wanted)
            if wanted.plain:
                return self._plain(account, wanted, number)
            with closing(self._matching(account, number, wanted)) as matching:
                rows, complete = self._taken(matching, first)
        if keep is not None and wanted.unread:
            rows = _with_kept(rows, account, wanted, keep)
        return Listing(account, wanted, rows=rows, complete=complete)

    def window(self, listing: Listing, start: int, stop: int) -> Sequence[Row | Gap]:
        """Return the items of a listing at these positions.

        They are fewer where messages have been deleted meanwhile.
        """
        start, stop = max(0, start), min(stop, len(listing))
        if start >= stop:
            return []
        gaps = [place for place, _ in listing._gaps]
        first_gap, last_gap = bisect_left(gaps, start), bisect_left(gaps, stop)
        with self._reading():
            if listing._rows is None:
                items: list[Row | Gap] = []
                items += self._plain_rows(listing, start - first_gap, stop - last_gap)
            else:
                return self._listed_rows(listing._account, listing._rows, start, stop)
        for place, gap in listing._gaps[first_gap:last_gap]:
            items.insert(place - start, gap)
        return items

    def position(self, listing: Listing, key: Key) -> int:
        """Return where a message is in a listing, or would be."""
        with self._reading():
            if listing._rows is not None:
                return self._listed_above(listing._account, listing._rows, key)
            above = self._plain_above(listing, key)
        gaps = (Key(gap.end, -1) for _, gap in listing._gaps)
        return above + sum(gap > key for gap in gaps)

    def message(self, account: int, message_id: int) -> Row | None:
        """Return the message with this id."""
        return self._read_first("messages WHERE account = ? AND id = ?", (account, message_id))

    def newest(self, account: int) -> Row | None:
        """Return the message that is first in a list of all."""
        return self._read_first(
            "messages INDEXED BY messages_key WHERE account = ?"
            " ORDER BY received DESC, id DESC LIMIT 1",
            (account,),
        )

    def lowest_id(self, account: int, scope: str, since: int) -> int | None:
        """Return the lowest id of what was received at these server seconds or later.

        `scope` is a receiving number, or "" for all.
        """
        wanted = Filter(to_phone=scope or None, since=since)
        with self._reading():
            source = source_of(account, self._number_of(account, wanted), wanted)
            (lowest,) = self._one(f"SELECT min(id) FROM {source.table}", source.parameters)  # noqa: S608
        return None if lowest is None else int(lowest)

    def next_unread(self, account: int, wanted: Filter, after: Key | None) -> Row | None:
        """Return the next unread message of a filter: older than `after`, else from the top."""
        wanted = wanted._replace(unread=True)
        with self._reading():
            number = self._number_of(account, wanted)
            if after is not None:
                older = self._unread_below(account, number, wanted, after)
                if older is not None:
                    return older
            return self._unread_below(account, number, wanted, None)

    def export(self, account: int, wanted: Filter) -> Iterator[Row]:
        """Yield what fits a wanted, oldest first, a few hundred messages in memory at a time."""
        listing = self.listing(account, wanted)
        for stop in range(len(listing), 0, -_EXPORTED_AT_ONCE):
            for item in reversed(self.window(listing, stop - _EXPORTED_AT_ONCE, stop)):
                if isinstance(item, Row):
                    yield item

    def arrived(self, account: int, since: int, after: int) -> tuple[list[Row], int]:
        """Return what came once `changes` had been `after`, oldest first, and what it is now.

        `since`: only what was received then (server seconds) or later.
        """
        with self._reading():
            changes = self.changes()
            if changes == after:
                return [], changes
            rows = self._read(
                "messages INDEXED BY messages_key WHERE account = ? AND received >= ?"
                " AND change > ? ORDER BY received, id",
                (account, since, after),
            )
        return rows, changes

    def gaps(self, account: int) -> list[Gap]:
        """Return the gaps of an account, newest first, each once."""
        return self._gaps_of(account, None)

    # -- plain listings

    def _plain(self, account: int, wanted: Filter, number: int) -> Listing:
        change = self.changes()
        listing = Listing(
            account,
            wanted,
            number=number,
            change=change,
            days=_Days.of(self._days(account, number, wanted.since)),
        )
        for place, gap in enumerate(self._gaps_of(account, wanted.to_phone)):
            if wanted.since is None or gap.end > wanted.since:
                above = self._plain_above(listing, Key(gap.end, -1))
                listing._gaps.append((above + place, gap))
        return listing

    def _days(self, account: int, number: int, since: int | None) -> list[tuple[int, int]]:
        """Return start and count of every day with messages, newest first."""
        first = -(2**62) if since is None else day_of(since)
        days = self._all(
            "SELECT day, total FROM tally WHERE account = ? AND number = ? AND day >= ?"
            " ORDER BY day DESC",
            (account, number, first),
        )
        if since is not None and days and days[-1][0] == first:
            days.pop()
            count = self._in_part(account, number, since, first + DAY)
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
        (rest,) = self._one(
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
            found = self._first(
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
        wanted = listing._filter._replace(since=max(bounds, default=None))
        source = source_of(listing._account, listing._number, wanted, key)
        return source._replace(
            table=f"{source.table} AND change <= ?",
            parameters=[*source.parameters, listing._change],
        )

    def _gaps_of(self, account: int, to_phone: str | None) -> list[Gap]:
        """Return the gaps, newest first: of any scope, or those of all numbers and of one."""
        gaps = self._all('SELECT scope, start, "end" FROM gaps WHERE account = ?', (account,))
        scopes = (packed(to_phone or ""), "")
        fitting = {
            Gap(start, end) for scope, start, end in gaps if to_phone is None or scope in scopes
        }
        return sorted(fitting, key=lambda gap: (-gap.end, gap.start))

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

    def _matching(self, account: int, number: int, wanted: Filter) -> Generator[int, None, None]:
        """Yield the rows of a filter that is not plain, newest second first."""
        if wanted.search or wanted.phone is not None:
            return self._found(account, number, wanted)
        return self._rows_of(account, number, wanted)

    def _rows_of(self, account: int, number: int, wanted: Filter) -> Generator[int, None, None]:
        source = source_of(account, number, wanted)
        found = self._each(
            f"SELECT row FROM {source.table} ORDER BY {source.order}",  # noqa: S608
            source.parameters,
        )
        with closing(found):
            for (row,) in found:
                yield row

    def _listed_rows(self, account: int, rows: array[int], start: int, stop: int) -> list[Row]:
        """Return the messages at these places of a list of rows."""
        first = _begin_of_second(rows, start)
        last = _end_of_second(rows, stop - 1)
        wanted = listed(rows[first:last])
        read = self._read("messages WHERE row IN (SELECT value FROM json_each(?))", (wanted,))
        read.sort(key=lambda row: row.key, reverse=True)
        return read[start - first : stop - first]

    def _listed_above(self, account: int, rows: array[int], key: Key) -> int:
        """Return how many messages in a list of rows are newer."""
        first = bisect_left(rows, -last_row(account, key.received), key=lambda row: -row)
        last = bisect_right(rows, -first_row(account, key.received), key=lambda row: -row)
        if first == last:
            return first
        keys = self._all(
            "SELECT received, id FROM messages WHERE row IN (SELECT value FROM json_each(?))",
            (listed(rows[first:last]),),
        )
        return first + sum(Key(*other) > key for other in keys)

    def _unread_below(
        self, account: int, number: int, wanted: Filter, after: Key | None
    ) -> Row | None:
        """Return the newest unread message that is older than `after`."""
        if not wanted.search and wanted.phone is None:
            source = source_of(account, number, wanted, after)
            return self._read_first(
                f"{source.table} ORDER BY {source.order} LIMIT 1", source.parameters
            )
        last = None if after is None else last_row(account, after.received)
        with closing(self._found(account, number, wanted, last)) as found:
            for _, rows in groupby(found, second_of):
                same_second = array("q", rows)
                for row in self._listed_rows(account, same_second, 0, len(same_second)):
                    if after is None or row.key < after:
                        return row
        return None

    # -- reading

    def _number_of(self, account: int, wanted: Filter) -> int:
        if wanted.to_phone is None:
            return ALL_NUMBERS
        number = self._number(account, wanted.to_phone)
        return _NO_NUMBER if number is None else number

    def _read(self, source: str, parameters: Sequence[object]) -> list[Row]:
        """Return the messages of a table with conditions."""
        found = self._all(f"SELECT {_COLUMNS} FROM {source}", parameters)  # noqa: S608
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


def _with_kept(rows: array[int], account: int, wanted: Filter, keep: Listing) -> array[int]:
    """Add what was listed before with the same wanted, but for how far back it looked."""
    anyhow = wanted._replace(since=None)
    if keep._rows is None or (keep._account, keep._filter._replace(since=None)) != (
        account,
        anyhow,
    ):
        return rows
    first, _ = rows_of(account, wanted.since)
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
