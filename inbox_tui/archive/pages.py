"""Answers written down, read marks, and letting go of what is old."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from itertools import chain, islice, repeat
from operator import attrgetter

from inbox_tui.archive.errors import ArchiveError
from inbox_tui.archive.listings import Listings
from inbox_tui.archive.records import Filter, Page, Stored, Sweep, to_server_seconds
from inbox_tui.archive.rows import LAST_SERIAL, first_row, listed, packed, rows_of
from inbox_tui.archive.search import source_of
from inbox_tui.smsc.limit import Moment
from inbox_tui.smsc.message import IncomingMessage

_AT_ONCE = 1000
"""Messages changed by one statement."""
_EXPIRED_AT_ONCE = 500
_SIGHTINGS_KEPT_SECONDS = 7200.0
_LET_GO = "let_go"
"""The name of the note of what was let go: before which server seconds, and up to which id."""
_TOGETHER = 10
"""Messages inserted by one statement: it takes a quarter less time than ten statements."""
_INSERT = "INSERT INTO messages VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1, ?)"
_INSERT_TOGETHER = _INSERT + f", {_INSERT.partition('VALUES ')[2]}" * (_TOGETHER - 1)


class Pages(Listings):
    """The part of the archive that is written when the service has answered or the user reads."""

    def store_page(self, account: int, page: Page) -> Stored:
        """Keep an answer and all that came with it, in one transaction: all of it or nothing.

        Messages that are in the archive already stay as they are, and those that were let go do not
        come back. Raises `ArchiveError`.
        """
        with self._writing(account):
            new = self._add(account, self._not_let_go(account, page.messages))
            seen = int(page.seen.timestamp())
            self._do_each(
                "INSERT OR IGNORE INTO unreadable VALUES (?, ?, ?)",
                ((account, packed(raw), seen) for raw in page.unreadable),
            )
            scope = packed(page.scope)
            self._set_sweep(account, scope, page.sweep)
            if page.messages:
                self._sight(account, scope, page.at, max(message.id for message in page.messages))
            if page.unreadable or page.gap is not None:
                self._count_change()
            if page.gap is not None:
                self._do(
                    "INSERT OR IGNORE INTO gaps VALUES (?, ?, ?, ?)", (account, scope, *page.gap)
                )
            if page.entry is not None:
                self._do(
                    "UPDATE requests SET answered_at = ? WHERE entry = ? AND account = ?",
                    (page.at.seconds, page.entry, account),
                )
        return Stored(new)

    def unreadable(self, account: int) -> int:
        """Return how many raw entries are kept that could not be read as messages."""
        (count,) = self._one("SELECT count(*) FROM unreadable WHERE account = ?", (account,))
        return int(count)

    # -- messages

    def _add(self, account: int, messages: Sequence[IncomingMessage]) -> list[int]:
        """Add those that are not there yet; returns their ids, newest first."""
        fresh = {message.id: message for message in reversed(messages)}  # the first of each id
        for known in self._known(account, fresh):
            del fresh[known]
        if not fresh:
            return []
        in_order = sorted(fresh.values(), key=attrgetter("received", "id"))
        self._count_change()
        change = self.changes()
        ids, received, phones, to_phones, texts, sent = zip(*in_order, strict=True)
        made = {to_phone: self._number_made(account, to_phone) for to_phone in set(to_phones)}
        numbers = [made[to_phone] for to_phone in to_phones]
        seconds = [to_server_seconds(moment) for moment in received]
        sent_at = [None if moment is None else to_server_seconds(moment) for moment in sent]
        highest = self._highest_row(account)
        rows = self._free_rows(account, seconds, highest)

        def insert(phones: Iterable[str | bytes], texts: Iterable[str | bytes]) -> None:
            of_account, of_change = repeat(account, len(rows)), repeat(change, len(rows))
            each = zip(
                *(rows, of_account, ids, seconds, sent_at, phones, numbers, texts, of_change),
                strict=True,
            )
            together = (
                list(chain.from_iterable(islice(each, _TOGETHER)))
                for _ in range(len(rows) // _TOGETHER)
            )
            self._do_each(_INSERT_TOGETHER, together)
            self._do_each(_INSERT, each)

        self._do("SAVEPOINT added")
        try:
            insert(phones, texts)
        except UnicodeEncodeError:  # half a character in one of the texts
            self._do("ROLLBACK TO added")
            insert(map(packed, phones), map(packed, texts))
        self._put_off(account, rows, highest)
        self._add_to_tally(account, zip(numbers, seconds, strict=True), 1, 1)
        return list(reversed(ids))

    def _known(self, account: int, ids: Collection[int]) -> list[int]:
        """Return which ids are in the archive already."""
        between = "SELECT 1 FROM messages WHERE account = ? AND id BETWEEN ? AND ? LIMIT 1"
        if not ids or self._first(between, (account, min(ids), max(ids))) is None:
            return []
        known = self._all(
            "SELECT id FROM messages INDEXED BY messages_id"
            " WHERE account = ? AND id IN (SELECT value FROM json_each(?))",
            (account, listed(ids)),
        )
        return [found for (found,) in known]

    def _highest_row(self, account: int) -> int:
        """Return the number of the last row of the account, or what comes before its first."""
        first, last = rows_of(account, None)
        (highest,) = self._one(
            "SELECT max(row) FROM messages WHERE row BETWEEN ? AND ?", (first, last)
        )
        return first - 1 if highest is None else int(highest)

    def _free_rows(self, account: int, seconds: Sequence[int], highest: int) -> list[int]:
        """Return a free row number for each of these server seconds, which rise."""
        rows: list[int] = []
        row = -1
        for received in seconds:
            start = first_row(account, received)
            if row < start:
                row = start
                if start <= highest:
                    (taken,) = self._one(
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

    def mark(self, account: int, ids: Iterable[int], *, unread: bool) -> None:
        """Mark messages as unread or read. Ids that are not in the archive are passed over."""
        rest = iter(ids)
        with self._writing(account):
            while some := list(islice(rest, _AT_ONCE)):
                self._mark(account, some, unread=unread)

    def mark_shown_read(self, account: int, wanted: Filter) -> list[int]:
        """Mark everything that fits a filter as read; returns the ids that were unread."""
        unread = wanted._replace(unread=True)
        with self._writing(account):
            number = self._number_of(account, unread)
            if wanted.search or wanted.phone is not None:
                rows = list(self._found(account, number, unread))
                found = self._ids(rows)
            else:
                source = source_of(account, number, unread)
                found = self._ids_in(source.table, source.parameters)
            for start in range(0, len(found), _AT_ONCE):
                self._mark(account, found[start : start + _AT_ONCE], unread=False)
        return found

    def _ids(self, rows: Sequence[int]) -> list[int]:
        found: list[int] = []
        for start in range(0, len(rows), _AT_ONCE):
            some = listed(rows[start : start + _AT_ONCE])
            found += self._ids_in("messages WHERE row IN (SELECT value FROM json_each(?))", (some,))
        return found

    def _ids_in(self, source: str, parameters: Sequence[object]) -> list[int]:
        found = self._all(f"SELECT id FROM {source}", parameters)  # noqa: S608
        return [found_id for (found_id,) in found]

    def _mark(self, account: int, ids: list[int], *, unread: bool) -> None:
        changing = self._all(
            "SELECT row, number, received FROM messages INDEXED BY messages_id"
            " WHERE account = ? AND id IN (SELECT value FROM json_each(?)) AND unread = ?",
            (account, listed(ids), not unread),
        )
        if not changing:
            return
        self._count_change()
        self._do_each(
            "UPDATE messages SET unread = ? WHERE row = ?",
            ((unread, row) for row, _, _ in changing),
        )
        counted = ((number, received) for _, number, received in changing)
        self._add_to_tally(account, counted, 0, 1 if unread else -1)

    # -- how far the service has been asked

    def sweep(self, account: int, scope: str) -> Sweep:
        """Return how far a scope has been asked for; nothing but None where it never was."""
        found = self._first(
            "SELECT floor, reached, boot, seconds, completed FROM sweeps"
            " WHERE account = ? AND scope = ?",
            (account, packed(scope)),
        )
        if found is None:
            return Sweep(None, None, None, None)
        floor, reached, boot, seconds, completed = found
        return Sweep(
            floor,
            reached,
            None if boot is None else Moment(boot, seconds),
            None if completed is None else datetime.fromisoformat(completed),
        )

    def _set_sweep(self, account: int, scope: str | bytes, sweep: Sweep) -> None:
        boot, seconds = sweep.started or (None, None)
        completed = None if sweep.completed is None else sweep.completed.isoformat()
        self._do(
            "INSERT OR REPLACE INTO sweeps VALUES (?, ?, ?, ?, ?, ?, ?)",
            (account, scope, sweep.floor, sweep.reached, boot, seconds, completed),
        )

    def settled(self, account: int, scope: str, started: Moment, seconds: float) -> int | None:
        """Return the highest id that had been seen `seconds` before `started`, or earlier.

        None where nothing had been, on this boot: what an earlier one saw is in the sweep's floor.
        """
        (highest,) = self._one(
            "SELECT max(highest) FROM sightings"
            " WHERE account = ? AND scope = ? AND boot = ? AND seconds <= ?",
            (account, packed(scope), started.boot_id, started.seconds - seconds),
        )
        return None if highest is None else int(highest)

    def _sight(self, account: int, scope: str | bytes, at: Moment, highest: int) -> None:
        """Note when an id was seen; of what is hours old, only the highest is kept."""
        self._do(
            "INSERT INTO sightings VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT DO UPDATE SET highest = max(highest, excluded.highest)",
            (account, scope, at.boot_id, at.seconds, highest),
        )
        old = at.seconds - _SIGHTINGS_KEPT_SECONDS
        best = self._first(
            "SELECT seconds FROM sightings WHERE account = ? AND scope = ? AND boot = ?"
            " AND seconds <= ? ORDER BY highest DESC, seconds LIMIT 1",
            (account, scope, at.boot_id, old),
        )
        self._do(
            "DELETE FROM sightings WHERE account = ? AND scope = ?"
            " AND (boot <> ? OR (seconds <= ? AND seconds <> ?))",
            (account, scope, at.boot_id, old, best[0] if best is not None else old),
        )

    # -- letting go

    def expire(self, account: int, before: int) -> int:
        """Delete for good what was received before these server seconds; returns how many.

        Raw entries that could not be read go by when they came. Raises `QueryCancelled` after
        `hurry`: what is left to do is done the next time.
        """
        deleted = 0
        while some := self._expire_some(account, before):
            deleted += some
            self._stop_if_hurried()
        with self._writing(account):
            if self._do("DELETE FROM unreadable WHERE account = ? AND seen < ?", (account, before)):
                self._do("UPDATE state SET changes = changes + 1, scrub = changes + 1")
            self._do('DELETE FROM gaps WHERE account = ? AND "end" <= ?', (account, before))
            self._no_longer_wait(account, before)
        (scrub,) = self._one("SELECT scrub FROM state")
        if scrub:
            self._scrub()
        return deleted

    def _expire_some(self, account: int, before: int) -> int:
        with self._writing(account):
            old = self._all(
                "SELECT row, message, phone, number, received, unread, id"
                " FROM messages INDEXED BY messages_key WHERE account = ? AND received < ?"
                " ORDER BY received LIMIT ?",
                (account, before, _EXPIRED_AT_ONCE),
            )
            if not old:
                return 0
            self._forget(sorted(columns[:4] for columns in old))
            rows = [(row,) for row, *_ in old]
            self._do_each(
                "DELETE FROM senders WHERE account = ? AND phone = ? AND row = ?",
                ((account, phone, row) for row, _, phone, *_ in old),
            )
            self._do_each("DELETE FROM messages WHERE row = ?", rows)
            for was_unread in (0, 1):
                counted = (
                    (number, received)
                    for _, _, _, number, received, unread, _ in old
                    if unread == was_unread
                )
                self._add_to_tally(account, counted, -1, -was_unread)
            self._do("UPDATE state SET changes = changes + 1, scrub = changes + 1")
            earlier, highest = self._let_go(account)
            highest = max(highest, *(columns[-1] for columns in old))
            self._note(account, _LET_GO, f"{max(before, earlier)} {highest}")
        return len(old)

    def _let_go(self, account: int) -> tuple[int, int]:
        """Return before which server seconds, and up to which id, messages were let go."""
        before, _, highest = (self.recall(account, _LET_GO) or "0 -1").partition(" ")
        return int(before), int(highest)

    def _not_let_go(
        self, account: int, messages: Sequence[IncomingMessage]
    ) -> Sequence[IncomingMessage]:
        """Return the messages without those that were let go: the service still shows them."""
        before, highest = self._let_go(account)
        if highest < 0:
            return messages
        return [
            message
            for message in messages
            if message.id > highest or to_server_seconds(message.received) >= before
        ]
