"""Answers written down, read marks, and letting go of what is old."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from itertools import chain, islice, repeat
from operator import attrgetter

from inbox_tui.archive.errors import ArchiveError
from inbox_tui.archive.listings import Listings
from inbox_tui.archive.records import Query, to_server_seconds
from inbox_tui.archive.rows import LAST_SERIAL, first_row, listed, packed, rows_of
from inbox_tui.archive.search import source_of
from inbox_tui.smsc.message import IncomingMessage

_AT_ONCE = 1000
"""Messages changed by one statement."""
_EXPIRED_AT_ONCE = 500
_LET_GO = "let_go"
"""The name of the note of what was let go: before which server seconds, and up to which id."""
_TOGETHER = 10
"""Messages inserted by one statement: it takes a quarter less time than ten statements."""
_INSERT = "INSERT INTO messages VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1, ?)"
_INSERT_TOGETHER = _INSERT + f", {_INSERT.partition('VALUES ')[2]}" * (_TOGETHER - 1)


class Pages(Listings):
    """The part of the archive that is written when the service has answered or the user reads."""

    def add(self, messages: Sequence[IncomingMessage]) -> list[int]:
        """Keep those that are not in the archive yet; returns their ids, newest first.

        Within `transaction`. Messages that are in the archive already stay as they are, and those
        that were let go do not come back.
        """
        return self._add(self._not_let_go(messages))

    def add_unreadable(self, entries: Sequence[str], seen: datetime) -> None:
        """Keep raw entries that could not be read as messages; within `transaction`."""
        self._db.execute_many(
            "INSERT OR IGNORE INTO unreadable VALUES (?, ?, ?)",
            ((self._account_id, packed(raw), int(seen.timestamp())) for raw in entries),
        )
        if entries:
            self._db.count_change()

    def unreadable_count(self) -> int:
        """Return how many raw entries are kept that could not be read as messages."""
        (count,) = self._db.query_row(
            "SELECT count(*) FROM unreadable WHERE account = ?", (self._account_id,)
        )
        return int(count)

    # -- messages

    def _add(self, messages: Sequence[IncomingMessage]) -> list[int]:
        """Add those that are not there yet; returns their ids, newest first."""
        fresh = {message.id: message for message in reversed(messages)}  # the first of each id
        for known in self._known(fresh):
            del fresh[known]
        if not fresh:
            return []
        in_order = sorted(fresh.values(), key=attrgetter("received", "id"))
        self._db.count_change()
        change = self._db.changes()
        ids, received, phones, to_phones, texts, sent = zip(*in_order, strict=True)
        made = {to_phone: self._number_made(to_phone) for to_phone in set(to_phones)}
        numbers = [made[to_phone] for to_phone in to_phones]
        seconds = [to_server_seconds(moment) for moment in received]
        sent_at = [None if moment is None else to_server_seconds(moment) for moment in sent]
        highest = self._highest_row()
        rows = self._free_rows(seconds, highest)

        def insert(phones: Iterable[str | bytes], texts: Iterable[str | bytes]) -> None:
            of_account, of_change = repeat(self._account_id, len(rows)), repeat(change, len(rows))
            each = zip(
                *(rows, of_account, ids, seconds, sent_at, phones, numbers, texts, of_change),
                strict=True,
            )
            together = (
                list(chain.from_iterable(islice(each, _TOGETHER)))
                for _ in range(len(rows) // _TOGETHER)
            )
            self._db.execute_many(_INSERT_TOGETHER, together)
            self._db.execute_many(_INSERT, each)

        self._db.execute("SAVEPOINT added")
        try:
            insert(phones, texts)
        except UnicodeEncodeError:  # half a character in one of the texts
            self._db.execute("ROLLBACK TO added")
            insert(map(packed, phones), map(packed, texts))
        self._put_off(rows, highest)
        self._add_to_tally(zip(numbers, seconds, strict=True), 1, 1)
        return list(reversed(ids))

    def _known(self, ids: Collection[int]) -> list[int]:
        """Return which ids are in the archive already."""
        between = "SELECT 1 FROM messages WHERE account = ? AND id BETWEEN ? AND ? LIMIT 1"
        if not ids or self._db.query_one(between, (self._account_id, min(ids), max(ids))) is None:
            return []
        known = self._db.query(
            "SELECT id FROM messages INDEXED BY messages_id"
            " WHERE account = ? AND id IN (SELECT value FROM json_each(?))",
            (self._account_id, listed(ids)),
        )
        return [found for (found,) in known]

    def _highest_row(self) -> int:
        """Return the number of the last row of the account, or what comes before its first."""
        first, last = rows_of(self._account_id, None)
        (highest,) = self._db.query_row(
            "SELECT max(row) FROM messages WHERE row BETWEEN ? AND ?", (first, last)
        )
        return first - 1 if highest is None else int(highest)

    def _free_rows(self, seconds: Sequence[int], highest: int) -> list[int]:
        """Return a free row number for each of these server seconds, which rise."""
        rows: list[int] = []
        row = -1
        for received in seconds:
            start = first_row(self._account_id, received)
            if row < start:
                row = start
                if start <= highest:
                    (taken,) = self._db.query_row(
                        "SELECT max(row) FROM messages WHERE row BETWEEN ? AND ?",
                        (start, start | LAST_SERIAL),
                    )
                    row = start if taken is None else taken + 1
            else:
                row += 1
            if row > start | LAST_SERIAL:
                raise ArchiveError("more messages in one second than the archive can number")
            rows.append(row)
        return rows

    # -- read marks

    def set_unread(self, ids: Iterable[int], *, unread: bool) -> None:
        """Mark messages as unread or read. Ids that are not in the archive are passed over."""
        rest = iter(ids)
        with self._db.transaction(self._account_id):
            while some := list(islice(rest, _AT_ONCE)):
                self._mark(some, unread=unread)

    def mark_all_read(self, query: Query) -> list[int]:
        """Mark everything that fits a filter as read; returns the ids that were unread."""
        unread = query._replace(unread=True)
        with self._db.transaction(self._account_id):
            number = self._number_of(unread)
            if query.search or query.phone is not None:
                rows = list(self._found(number, unread))
                found = self._ids(rows)
            else:
                source = source_of(self._account_id, number, unread)
                found = self._ids_in(source.table, source.parameters)
            for start in range(0, len(found), _AT_ONCE):
                self._mark(found[start : start + _AT_ONCE], unread=False)
        return found

    def _ids(self, rows: Sequence[int]) -> list[int]:
        found: list[int] = []
        for start in range(0, len(rows), _AT_ONCE):
            some = listed(rows[start : start + _AT_ONCE])
            found += self._ids_in("messages WHERE row IN (SELECT value FROM json_each(?))", (some,))
        return found

    def _ids_in(self, source: str, parameters: Sequence[object]) -> list[int]:
        found = self._db.query(f"SELECT id FROM {source}", parameters)  # noqa: S608
        return [found_id for (found_id,) in found]

    def _mark(self, ids: list[int], *, unread: bool) -> None:
        changing = self._db.query(
            "SELECT row, number, received FROM messages INDEXED BY messages_id"
            " WHERE account = ? AND id IN (SELECT value FROM json_each(?)) AND unread = ?",
            (self._account_id, listed(ids), not unread),
        )
        if not changing:
            return
        self._db.count_change()
        self._db.execute_many(
            "UPDATE messages SET unread = ? WHERE row = ?",
            ((unread, row) for row, _, _ in changing),
        )
        counted = ((number, received) for _, number, received in changing)
        self._add_to_tally(counted, 0, 1 if unread else -1)

    # -- letting go

    def expire(self, before: int) -> int:
        """Delete for good what was received before these server seconds; returns how many.

        Raw entries that could not be read go by when they came. Raises `QueryCancelled` after
        `request_stop`: what is left to do is done the next time.
        """
        deleted = 0
        while some := self._expire_some(before):
            deleted += some
            self._stop_if_asked()
        with self._db.transaction(self._account_id):
            if self._db.execute(
                "DELETE FROM unreadable WHERE account = ? AND seen < ?", (self._account_id, before)
            ):
                self._db.execute("UPDATE state SET changes = changes + 1, scrub = changes + 1")
            self._sync_state.expire_gaps(before)
            self._no_longer_wait(before)
        (scrub,) = self._db.query_row("SELECT scrub FROM state")
        if scrub:
            self._scrub()
        return deleted

    def _expire_some(self, before: int) -> int:
        with self._db.transaction(self._account_id):
            old = self._db.query(
                "SELECT row, message, phone, number, received, unread, id"
                " FROM messages INDEXED BY messages_key WHERE account = ? AND received < ?"
                " ORDER BY received LIMIT ?",
                (self._account_id, before, _EXPIRED_AT_ONCE),
            )
            if not old:
                return 0
            self._forget(sorted(columns[:4] for columns in old))
            rows = [(row,) for row, *_ in old]
            self._db.execute_many(
                "DELETE FROM senders WHERE account = ? AND phone = ? AND row = ?",
                ((self._account_id, phone, row) for row, _, phone, *_ in old),
            )
            self._db.execute_many("DELETE FROM messages WHERE row = ?", rows)
            for was_unread in (0, 1):
                counted = (
                    (number, received)
                    for _, _, _, number, received, unread, _ in old
                    if unread == was_unread
                )
                self._add_to_tally(counted, -1, -was_unread)
            self._db.execute("UPDATE state SET changes = changes + 1, scrub = changes + 1")
            earlier, highest = self._let_go()
            highest = max(highest, *(columns[-1] for columns in old))
            self._notes.set(_LET_GO, f"{max(before, earlier)} {highest}")
        return len(old)

    def _let_go(self) -> tuple[int, int]:
        """Return before which server seconds, and up to which id, messages were let go."""
        before, _, highest = (self._notes.get(_LET_GO) or "0 -1").partition(" ")
        return int(before), int(highest)

    def _not_let_go(self, messages: Sequence[IncomingMessage]) -> Sequence[IncomingMessage]:
        """Return the messages without those that were let go: the service still shows them."""
        before, highest = self._let_go()
        if highest < 0:
            return messages
        return [
            message
            for message in messages
            if message.id > highest or to_server_seconds(message.received) >= before
        ]
