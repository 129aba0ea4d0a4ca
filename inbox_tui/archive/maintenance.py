"""Deleting old messages or whole accounts, and wiping their traces from the file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from inbox_tui.archive.daily_counts import DailyCounts
from inbox_tui.archive.database import Database
from inbox_tui.archive.errors import ArchiveFull
from inbox_tui.archive.records import DAY_SECONDS, FIRST_ROW, LAST_ROW, row_at
from inbox_tui.archive.search_index import SearchIndex, document
from inbox_tui.archive.team_states import TeamStates

_DELETED_AT_ONCE = 200
_MERGED_PAGES = 100
"""How many pages of the search index are merged in one step."""
_SMALL_FILE = 8192
"""A file of up to this many pages (32 MB) is rewritten at once, in well under a second."""


class Maintenance:
    """Deletes messages, and wipes the traces that deleted messages leave in the file.

    Long work is an iterator over small steps, each a separate transaction. The caller can do other
    things in between, or leave the remaining steps to the next call.
    """

    def __init__(self, database: Database) -> None:
        self._db = database
        self._index = SearchIndex(database)
        self._rewritten = 0
        """The value of `wipe_pending` when the file was last rewritten; 0 after a finished wipe."""

    def expire(self, account_id: int, before: int) -> Iterator[int]:
        """Delete the messages received before these server seconds, and wipe their traces.

        Each step yields how many messages it deleted. Unreadable entries are deleted by the time at
        which they came, gaps by their end. Team states are deleted with their messages.
        """
        while some := self._delete_some(account_id, row_at(before)):
            yield some
        # Colleagues also set states of messages that are no longer here. A day more than covers the
        # difference between server seconds and the Unix seconds of states.
        states = TeamStates(self._db, account_id)
        unused = states.without_message(before - DAY_SECONDS)
        with self._db.transaction(account_id):
            deleted = self._db.execute(
                "DELETE FROM unreadable WHERE account_id = ? AND seen < ?", (account_id, before)
            )
            self._db.execute(
                'DELETE FROM gaps WHERE account_id = ? AND "end" <= ?', (account_id, before)
            )
            states.delete(unused)
            if deleted or unused:
                self._note_deletion()
        yield from self.wipe()

    def purge(self, account_id: int) -> None:
        """Delete an account and all its messages, and wipe their traces.

        Objects that still refer to the account find no messages, and raise `ArchiveError` on
        changes. The request log, holds and refused passwords are kept.
        """
        with self._db.transaction(account_id):
            other = "SELECT 1 FROM accounts WHERE account_id <> ?"
            if self._db.query_one(other, (account_id,)) is None:
                self._index.clear()
            else:
                while self._delete_some(account_id, LAST_ROW):
                    pass
            for table in self._tables_of_accounts():
                self._db.execute(f"DELETE FROM {table} WHERE account_id = ?", (account_id,))
            self._note_deletion()
        for _step in self.wipe(whole_file=True):
            pass

    def wipe(self, *, whole_file: bool = False) -> Iterator[int]:
        """Wipe the traces of deleted messages from the file, if there may be any.

        The search index is merged until it holds nothing deleted. Then the whole file is rewritten.
        If it is large and `whole_file` is false, only the oldest remaining messages are: their
        pages may hold copies of deleted ones. Finally, SQLite's write-ahead log is emptied, which
        has to wait for the next call while another program is reading. Each step yields 0.
        """
        (pending,) = self._db.query_row("SELECT wipe_pending FROM state")
        if not pending or self._db.read_only:
            return
        if pending != self._rewritten:
            for _merged in self._merge_index():
                yield 0
            if whole_file or self._is_small():
                self._rewrite()
            else:
                self._rewrite_oldest()
            self._rewritten = pending
            yield 0
        if self._truncate_wal():
            with self._db.transaction():
                self._db.execute(
                    "UPDATE state SET wipe_pending = 0 WHERE wipe_pending = ?", (pending,)
                )
            self._rewritten = 0

    def _delete_some(self, account_id: int, below: int) -> int:
        """Delete the oldest messages below a row, at most 200; returns how many."""
        with self._db.transaction(account_id):
            old = self._db.query(
                "SELECT row, id, message, phone, to_phone, unread AND NOT muted FROM messages"
                " NOT INDEXED WHERE account_id = ? AND row < ? ORDER BY row LIMIT ?",
                (account_id, below, _DELETED_AT_ONCE),
            )
            if not old:
                return 0
            self._index.remove(
                (row, document(message, phone, to_phone))
                for row, _, message, phone, to_phone, _ in old
            )
            self._db.execute_many("DELETE FROM messages WHERE row = ?", ((m[0],) for m in old))
            TeamStates(self._db, account_id).delete(message_id for _, message_id, *_ in old)
            DailyCounts(self._db, account_id).add(
                ((account_id, to_phone, row, bool(u)) for row, _, _, _, to_phone, u in old),
                -1,
                -1,
            )
            self._note_deletion()
        return len(old)

    def _note_deletion(self) -> None:
        self._db.execute("UPDATE state SET changes = changes + 1, wipe_pending = wipe_pending + 1")

    def _tables_of_accounts(self) -> list[str]:
        """Return the names of the tables with a column `account_id`."""
        found = self._db.query(
            "SELECT m.name FROM sqlite_schema AS m JOIN pragma_table_info(m.name) AS c"
            " WHERE m.type = 'table' AND c.name = 'account_id'"
        )
        return [table for (table,) in found]

    def _merge_index(self) -> Iterator[None]:
        pages = -_MERGED_PAGES
        while True:
            with self._db.transaction():
                before = self._db.connection.total_changes
                self._db.execute("INSERT INTO search (search, rank) VALUES ('merge', ?)", (pages,))
                if self._db.connection.total_changes - before < 2:
                    break
            yield
            pages = _MERGED_PAGES

    def _is_small(self) -> bool:
        (size,) = self._db.query_row(
            "SELECT page_count - freelist_count FROM pragma_page_count, pragma_freelist_count"
        )
        return bool(size <= _SMALL_FILE)

    def _rewrite(self) -> None:
        """Rewrite the file, because split pages keep copies of rows that were moved off them.

        If there is no disk space or memory for a second copy of the file, they stay in it until
        something else is deleted.
        """
        self._db.query_row("PRAGMA wal_checkpoint")  # zeroes the pages that VACUUM cuts off
        with suppress(ArchiveFull, MemoryError):
            self._db.execute("VACUUM")

    def _rewrite_oldest(self) -> None:
        """Move the oldest messages to other pages and back, so that their old pages are zeroed.

        The index of senders is rebuilt as a whole: deleted senders may be anywhere in it.
        """
        distance = LAST_ROW - FIRST_ROW  # moves every row above LAST_ROW
        with self._db.transaction():
            self._db.execute("REINDEX messages_phone")
            self._db.execute(
                "UPDATE messages SET row = row + ? WHERE row IN"
                " (SELECT row FROM messages NOT INDEXED ORDER BY row LIMIT ?)",
                (distance, _DELETED_AT_ONCE),
            )
            self._db.execute(
                "UPDATE messages SET row = row - ? WHERE row > ?", (distance, LAST_ROW)
            )

    def _truncate_wal(self) -> bool:
        """Write SQLite's write-ahead log to the file and empty it, unless it is in use."""
        (milliseconds,) = self._db.query_row("PRAGMA busy_timeout")
        self._db.execute("PRAGMA busy_timeout = 0")
        try:
            held_back, _, _ = self._db.query_row("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            self._db.execute(f"PRAGMA busy_timeout = {milliseconds}")
        return not held_back
