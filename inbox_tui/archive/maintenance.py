"""Deleting what is old, or all of an account, and wiping what that leaves in the file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from inbox_tui.archive.daily_counts import DailyCounts
from inbox_tui.archive.database import Database
from inbox_tui.archive.errors import ArchiveFull
from inbox_tui.archive.records import row_at
from inbox_tui.archive.search_index import SearchIndex, document

_DELETED_AT_ONCE = 200
_MERGED_PAGES = 100
"""How much of the search index is merged in one step."""
_SMALL_FILE = 8192
"""A file of so many pages, 32 MB, is written anew in one go, in well under a second."""
_ABOVE_ALL_ROWS = 2**62


class Maintenance:
    """Keeps the file to what is wanted in it.

    What may take long is an iterator of small steps, each a transaction of its own: whoever goes
    through it can do other things in between, or leave the rest to the next time.
    """

    def __init__(self, database: Database) -> None:
        self._db = database
        self._index = SearchIndex(database)
        self._rewritten = 0
        """The deletion whose traces were last wiped off the file over this connection."""

    def expire(self, account_id: int, before: int) -> Iterator[int]:
        """Delete for good what was received before these server seconds, step by step.

        Each step yields how many messages it has deleted. Raw entries that could not be read go by
        when they came.
        """
        while some := self._delete_some(account_id, row_at(before)):
            yield some
        with self._db.transaction(account_id):
            if self._db.execute(
                "DELETE FROM unreadable WHERE account_id = ? AND seen < ?", (account_id, before)
            ):
                self._note_deletion()
            self._db.execute(
                'DELETE FROM gaps WHERE account_id = ? AND "end" <= ?', (account_id, before)
            )
        yield from self.wipe()

    def purge(self, account_id: int) -> None:
        """Delete an account and all messages of it for good, and wipe them.

        Whoever still uses it can read nothing of it and change nothing: `ArchiveError`. The log of
        requests, holds and refused passwords stay.
        """
        with self._db.transaction(account_id):
            other = "SELECT 1 FROM accounts WHERE account_id <> ?"
            if self._db.query_one(other, (account_id,)) is None:
                self._index.clear()
            else:
                while self._delete_some(account_id, _ABOVE_ALL_ROWS):
                    pass
            for table in self._tables_of_accounts():
                self._db.execute(f"DELETE FROM {table} WHERE account_id = ?", (account_id,))
            self._note_deletion()
        for _step in self.wipe(whole_file=True):
            pass

    def wipe(self, *, whole_file: bool = False) -> Iterator[int]:
        """Leave no trace of what was deleted, where anything was since the last time.

        The search index is merged until nothing deleted is left in it. The file is written anew,
        or where that takes long and `whole_file` is not asked for, the oldest messages that are
        kept are: their pages hold copies. SQLite's write-ahead log is emptied; what another program
        still reads stays in it until the next time. Each step yields 0.
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
        """Delete the oldest few messages, those below a row; returns how many."""
        with self._db.transaction(account_id):
            old = self._db.query(
                "SELECT row, message, phone, to_phone, unread AND NOT muted FROM messages"
                " NOT INDEXED WHERE account_id = ? AND row < ? ORDER BY row LIMIT ?",
                (account_id, below, _DELETED_AT_ONCE),
            )
            if not old:
                return 0
            self._index.remove(
                (row, document(message, phone, to_phone))
                for row, message, phone, to_phone, _ in old
            )
            self._db.execute_many("DELETE FROM messages WHERE row = ?", ((m[0],) for m in old))
            DailyCounts(self._db, account_id).add(
                ((account_id, to_phone, row, bool(u)) for row, _, _, to_phone, u in old),
                -1,
                -1,
            )
            self._note_deletion()
        return len(old)

    def _note_deletion(self) -> None:
        self._db.execute("UPDATE state SET changes = changes + 1, wipe_pending = wipe_pending + 1")

    def _tables_of_accounts(self) -> list[str]:
        """Return the tables with rows of an account."""
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
        """Write the file anew: pages that were split keep copies of what has left them.

        Where the disk or the memory has no room for a second one, they keep them until the next
        time.
        """
        self._db.query_row("PRAGMA wal_checkpoint")  # zeros go over what is cut off the file
        with suppress(ArchiveFull, MemoryError):
            self._db.execute("VACUUM")

    def _rewrite_oldest(self) -> None:
        """Write the oldest messages to other pages and back: pages they leave are zeroed.

        Senders lie scattered over their index: all of that is written anew.
        """
        with self._db.transaction():
            self._db.execute("REINDEX messages_phone")
            self._db.execute(
                "UPDATE messages SET row = row + ? WHERE row IN"
                " (SELECT row FROM messages NOT INDEXED ORDER BY row LIMIT ?)",
                (_ABOVE_ALL_ROWS, _DELETED_AT_ONCE),
            )
            self._db.execute(
                "UPDATE messages SET row = row - ? WHERE row >= ?",
                (_ABOVE_ALL_ROWS, _ABOVE_ALL_ROWS),
            )

    def _truncate_wal(self) -> bool:
        """Write SQLite's write-ahead log to the file and empty it, if nobody else uses it."""
        (milliseconds,) = self._db.query_row("PRAGMA busy_timeout")
        self._db.execute("PRAGMA busy_timeout = 0")
        try:
            held_back, _, _ = self._db.query_row("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            self._db.execute(f"PRAGMA busy_timeout = {milliseconds}")
        return not held_back
