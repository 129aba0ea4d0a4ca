"""Storing and reading the messages of an account, and setting their states."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import islice
from operator import attrgetter
from typing import Any

from inbox_tui.archive.daily_counts import DailyCounts
from inbox_tui.archive.database import Database
from inbox_tui.archive.encoding import decode_text, encode_text, json_numbers, of_account
from inbox_tui.archive.matching import Matching
from inbox_tui.archive.records import (
    DAY_SECONDS,
    FIRST_ROW,
    ChangedState,
    Query,
    Row,
    StateChange,
    row_at,
    to_server_seconds,
)
from inbox_tui.archive.search_index import SearchIndex, document
from inbox_tui.archive.team_states import MINE, NOT_TAKEN, TeamStates
from inbox_tui.smsc.message import IncomingMessage

_AT_ONCE = 1000
"""How many messages one statement changes."""
_MOST_UNREADABLE = 10_000
_MOST_UNREADABLE_CHARACTERS = 2**20
_COLUMNS = (
    "row, account_id, id, sent, phone, to_phone, message,"
    " unread, starred, done, muted, stamp, taken"
)
_INSERT = (
    "INSERT INTO messages"
    " (row, account_id, id, sent, to_phone, unread, muted, change, stamp, phone, message)"
    " VALUES (?, ?, ?, ?, ?, 1, ?, ?, ?, ?, ?)"
)


class Messages:
    """The messages of one account, or of all if `account_id` is None."""

    def __init__(self, database: Database, account_id: int | None) -> None:
        self._db = database
        self._account_id = account_id
        self._of_account = of_account(account_id)
        self._counts = DailyCounts(database, account_id)
        self._matching = Matching(database, account_id)
        self._team = TeamStates(database, account_id)

    # -- reading

    def read(self, rows: Iterable[int]) -> dict[int, Row]:
        """Return the messages with these rows that are in the archive, by row."""
        found = self._db.query(
            f"SELECT {_COLUMNS} FROM messages WHERE row IN (SELECT value FROM json_each(?))",
            (json_numbers(rows),),
        )
        return {columns[0]: _row(columns) for columns in found}

    def newest(self) -> Row | None:
        """Return the newest message, or None if there is none."""
        day = f"(SELECT max(day) FROM daily_counts WHERE {self._of_account} AND to_phone = x'')"
        rows_a_day = row_at(DAY_SECONDS)
        found = self._db.query_one(
            f"SELECT {_COLUMNS} FROM messages NOT INDEXED WHERE {self._of_account}"
            f" AND row >= {day} * {rows_a_day} AND row < ({day} + 1) * {rows_a_day}"
            " ORDER BY row DESC LIMIT 1"
        )
        return None if found is None else _row(found)

    def conflicts(self) -> int:
        """Return how many messages the service has later returned with another text.

        The archive keeps the first text.
        """
        return self._count("messages WHERE conflict = 1 AND")

    def unreadable_count(self) -> int:
        """Return how many unreadable entries are stored."""
        return self._count("unreadable WHERE")

    def _count(self, table: str) -> int:
        (count,) = self._db.query_row(f"SELECT count(*) FROM {table} {self._of_account}")
        return int(count)

    # -- states

    def set_state(self, rows: Iterable[int], state: ChangedState, *, value: bool) -> StateChange:
        """Set a state of the messages with these rows; returns what changed, for `undo`.

        Rows of messages that were deleted are ignored.
        """
        rest = iter(rows)
        changed: list[int] = []
        with self._db.transaction(self._account_id):
            while some := list(islice(rest, _AT_ONCE)):
                changed += self._change(
                    "row IN (SELECT value FROM json_each(?))", (json_numbers(some),), state, value
                )
            if changed:
                self._db.count_change()
        return StateChange(state, value, changed)

    def mark_all_read(self, query: Query, change: int | None = None) -> StateChange:
        """Mark the messages that match a query as read; returns what changed, for `undo`.

        Messages from muted senders are left out, unless `query.state` is set. With `change`, so are
        those that came with a later value of `Database.changes`.
        """
        with self._db.transaction(self._account_id):
            unread = query if query.state is not None else query._replace(state="unread")
            return self.set_state(
                list(self._matching.rows(unread, change=change)), "unread", value=False
            )

    def mute(self, phone: str, *, muted: bool, account_id: int | None = None) -> StateChange:
        """Mute or unmute a sender; returns what changed, for `undo`.

        Messages from muted senders do not count as unread. `account_id` is the sender's account,
        needed if this object is for all accounts.
        """
        of = self._account_id if self._account_id is not None else account_id
        assert of is not None
        sender = (of, phone)
        with self._db.transaction(self._account_id):
            return self._mute([sender], muted=muted)

    def undo(self, change: StateChange) -> StateChange:
        """Undo a change of states; returns what changed, which can itself be undone."""
        if change.state == "muted":
            with self._db.transaction(self._account_id):
                return self._mute(change.senders, muted=not change.value)
        return self.set_state(change.rows, change.state, value=not change.value)

    def _mute(
        self, senders: Iterable[tuple[int, str]], *, muted: bool, copied: bool = False
    ) -> StateChange:
        rows: list[int] = []
        changed: list[tuple[int, str]] = []
        sql = "DELETE FROM muted_senders WHERE account_id = ? AND phone = ?"
        if muted:
            sql = "INSERT OR IGNORE INTO muted_senders VALUES (?, ?)"
        for account_id, phone in senders:
            parameters = (account_id, encode_text(phone))
            if self._db.execute(sql, parameters):
                changed.append((account_id, phone))
                rows += self._change("account_id = ? AND phone = ?", parameters, "muted", muted)
        if changed and not copied:
            self._db.count_change()
            self._team.note("muted", muted, changed)
        return StateChange("muted", muted, rows, changed)

    def _change(
        self,
        condition: str,
        parameters: Sequence[object],
        state: ChangedState,
        value: int,
        *,
        copied: bool = False,
    ) -> list[int]:
        """Set a state of the messages that match an SQL condition; returns the rows changed.

        A change that was not copied from the hub is recorded, to be sent there. It is not counted.
        """
        if state == "taken" and not copied:
            value = MINE if value else NOT_TAKEN
        changed = self._db.query(
            # The plus keeps SQLite from using the index on account_id instead of the rows.
            f"UPDATE messages SET {state} = ?"
            f" WHERE {condition} AND {state} <> ? AND +{self._of_account}"
            " RETURNING row, account_id, to_phone, unread, muted, id",
            (value, *parameters, value),
        )
        if not changed:
            return []
        if state in ("unread", "muted"):
            counted = (
                (account_id, to_phone, row, unread if state == "muted" else not muted)
                for row, account_id, to_phone, unread, muted, _ in changed
            )
            self._counts.add(counted, 0, 1 if value == (state == "unread") else -1)
        if state != "muted" and not copied:
            subjects = ((account_id, message_id) for _, account_id, *_, message_id in changed)
            self._team.note(state, bool(value), subjects)
        return [row for row, *_ in changed]


class AccountMessages(Messages):
    """The messages of one account, with what needs the account: their ids, and adding them."""

    _account_id: int

    def __init__(self, database: Database, account_id: int) -> None:
        super().__init__(database, account_id)
        self._index = SearchIndex(database)

    # -- reading

    def get(self, message_id: int) -> Row | None:
        """Return the message with this id of the service, or None if there is none."""
        found = self._db.query_one(
            f"SELECT {_COLUMNS} FROM messages WHERE account_id = ? AND id = ?",
            (self._account_id, message_id),
        )
        return None if found is None else _row(found)

    def not_muted(self, message_ids: Iterable[int]) -> list[int]:
        """Return the ids whose messages are not from muted senders, newest first."""
        found = self._db.query(
            "SELECT id FROM messages WHERE account_id = ? AND muted = 0"
            " AND id IN (SELECT value FROM json_each(?)) ORDER BY row DESC",
            (self._account_id, json_numbers(message_ids)),
        )
        return [message_id for (message_id,) in found]

    def arrived(self, since: int, after: int) -> tuple[list[Row], int]:
        """Return the messages stored since `Database.changes` was `after`, and its present value.

        Only those received at `since` (server seconds) or later, oldest first.
        """
        with self._db.reading():
            changes = self._db.changes()
            if changes == after:
                return [], changes
            found = self._db.query(
                f"SELECT {_COLUMNS} FROM messages NOT INDEXED"
                " WHERE row >= ? AND change > ? AND account_id = ? ORDER BY row",
                (row_at(since), after, self._account_id),
            )
        return [_row(columns) for columns in found], changes

    def muted_senders(self) -> set[str]:
        """Return the muted senders of the account."""
        found = self._db.query(
            "SELECT phone FROM muted_senders WHERE account_id = ?", (self._account_id,)
        )
        return {decode_text(phone) for (phone,) in found}

    # -- adding; within `transaction`

    def add(self, messages: Sequence[IncomingMessage]) -> list[int]:
        """Add the messages that are not in the archive yet; returns their ids, newest first.

        Messages already in the archive stay unchanged, except that another text for one of them is
        recorded as a conflict. Call within `transaction`.
        """
        fresh = {message.id: message for message in reversed(messages)}  # keeps the first of an id
        self._drop_known(fresh)
        if not fresh:
            return []
        in_order = sorted(fresh.values(), key=attrgetter("received", "id"))
        self._db.count_change()
        change = self._db.changes()
        muted = self.muted_senders()
        rows = self._free_rows([to_server_seconds(message.received) for message in in_order])
        columns = [
            (
                row,
                self._account_id,
                message.id,
                None if message.sent is None else to_server_seconds(message.sent),
                encode_text(message.to_phone),
                message.phone in muted,
                change,
                message.stamp,
                encode_text(message.phone),
                encode_text(message.message),
            )
            for row, message in zip(rows, in_order, strict=True)
        ]
        self._db.execute_many(_INSERT, columns)
        texts = (document(m.message, m.phone, m.to_phone) for m in in_order)
        self._index.add(zip(rows, texts, strict=True))
        self._counts.add(
            (
                (account_id, to_phone, row, not muted)
                for row, account_id, _, _, to_phone, muted, *_ in columns
            ),
            1,
            1,
        )
        return [message.id for message in reversed(in_order)]

    def add_unreadable(self, entries: Sequence[str], seen: datetime) -> None:
        """Store entries that could not be read as messages, each once.

        Stores none once there are 10,000, nor any beyond 2**20 characters altogether. Call within
        `transaction`.
        """
        if not entries:
            return
        known, characters = self._db.query_row(
            "SELECT count(*), ifnull(sum(length(raw)), 0) FROM unreadable WHERE account_id = ?",
            (self._account_id,),
        )
        if known >= _MOST_UNREADABLE:
            return
        kept = []
        for raw in entries:
            characters += len(raw)
            if characters > _MOST_UNREADABLE_CHARACTERS:
                break
            kept.append(raw)
        self._db.execute_many(
            "INSERT OR IGNORE INTO unreadable VALUES (?, ?, ?)",
            ((self._account_id, encode_text(raw), int(seen.timestamp())) for raw in kept),
        )
        if self.unreadable_count() > known:
            self._db.count_change()

    def _drop_known(self, messages: dict[int, IncomingMessage]) -> None:
        """Remove messages that are in the archive already; mark conflicts in their texts."""
        known = self._db.query(
            "SELECT id, row, message, conflict FROM messages INDEXED BY messages_id"
            " WHERE account_id = ? AND id IN (SELECT value FROM json_each(?))",
            (self._account_id, json_numbers(messages)),
        )
        for message_id, row, text, conflict in known:
            again = messages.pop(message_id)
            if again.message != decode_text(text) and not conflict:
                self._db.execute("UPDATE messages SET conflict = 1 WHERE row = ?", (row,))

    def _free_rows(self, seconds: Sequence[int]) -> list[int]:
        """Return a free row for each of these server seconds, which are in ascending order."""
        (highest,) = self._db.query_row("SELECT ifnull(max(row), ?) FROM messages", (FIRST_ROW,))
        rows: list[int] = []
        row = FIRST_ROW
        for second in seconds:
            start = row_at(second)
            if row < start:
                row = start - 1
                if start <= highest:
                    (row,) = self._db.query_row(
                        "SELECT ifnull(max(row), ?) FROM messages WHERE row >= ? AND row < ?",
                        (row, start, row_at(second + 1)),
                    )
            row += 1
            rows.append(row)
        return rows

    # -- states copied from the hub

    def copy_state(self, state: ChangedState, subjects: Sequence[int | str], value: int) -> None:
        """Set a state copied from the hub, for messages by id or, for `muted`, for senders.

        For `taken`, `value` is `NOT_TAKEN`, `TAKEN` or `MINE` of `team_states`. The change is not
        counted. Call within `transaction`.
        """
        if state == "muted":
            senders = [(self._account_id, str(phone)) for phone in subjects]
            self._mute(senders, muted=bool(value), copied=True)
            return
        ids = json_numbers(message_id for message_id in subjects if isinstance(message_id, int))
        fitting = "account_id = ? AND id IN (SELECT value FROM json_each(?))"
        self._change(fitting, (self._account_id, ids), state, value, copied=True)


def _row(columns: Sequence[Any]) -> Row:
    return Row(
        *columns[:4], *map(decode_text, columns[4:7]), *map(bool, columns[7:11]), *columns[11:]
    )
