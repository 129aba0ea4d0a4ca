"""Deleting what is old, or all of an account, and wiping what that leaves in the file."""

from __future__ import annotations

from contextlib import suppress

from inbox_tui.archive.daily_counts import DailyCounts
from inbox_tui.archive.database import Database
from inbox_tui.archive.errors import ArchiveError, ArchiveFull, QueryCancelled
from inbox_tui.archive.records import row_at
from inbox_tui.archive.search_index import SearchIndex, document
from inbox_tui.archive.sync_state import SyncState
from inbox_tui.locale import _

_DELETED_AT_ONCE = 500
_MERGED_PAGES = 200
"""How much of the search index is merged in one go: some ten milliseconds."""
_REWRITTEN_IN_MEMORY = 8192
"""So many pages of a file are rewritten by way of memory, more by way of a file beside it."""
_TABLES_OF_MESSAGES = (
    "messages",
    "to_phones",
    "muted_senders",
    "daily_counts",
    "unreadable",
    "team_states",
    "unsent_states",
)


class Maintenance:
    """Keeps the file to what is wanted in it."""

    def __init__(self, database: Database, index: SearchIndex) -> None:
        self._db = database
        self._index = index
        self._stop_requested = False
        self._can_be_stopped = False
        self._rewritten = 0
        """The deletion after which the file was last rewritten over this connection."""

    def request_stop(self) -> None:
        """Put off what can be done the next time, now and from now on: wiping what was deleted.

        It ends with `QueryCancelled`. May be called from any thread.
        """
        self._stop_requested = True
        if self._can_be_stopped:
            self._db.interrupt()

    def expire(
        self,
        account_id: int,
        before: int,
        *,
        counts: DailyCounts,
        sync_state: SyncState,
    ) -> int:
        """Delete for good what was received before these server seconds; returns how many.

        Raw entries that could not be read go by when they came. Raises `QueryCancelled` after
        `request_stop`.
        """
        deleted = 0
        while some := self._delete_some(account_id, counts, row_at(before)):
            deleted += some
            self._stop_if_requested()
        with self._db.transaction(account_id):
            if self._db.execute(
                "DELETE FROM unreadable WHERE account_id = ? AND seen < ?", (account_id, before)
            ):
                self._note_deletion()
            sync_state.expire_gaps(before)
        self.wipe()
        return deleted

    def purge(self, account_id: int, counts: DailyCounts) -> None:
        """Delete an account and all messages of it for good, and wipe them.

        Whoever still uses it can read nothing of it and change nothing: `ArchiveError`. The log of
        requests, holds and refused passwords stay.
        """
        with self._db.transaction(account_id):
            other = "SELECT 1 FROM accounts WHERE account <> ?"
            if self._db.query_one(other, (account_id,)) is None:
                self._index.clear()
            else:
                while self._delete_some(account_id, counts, None):
                    pass
            for table in _TABLES_OF_MESSAGES:
                self._db.execute(f"DELETE FROM {table} WHERE account_id = ?", (account_id,))
            for table in self._other_tables():
                self._db.execute(f"DELETE FROM {table} WHERE account = ?", (account_id,))
            self._note_deletion()
        self.wipe()

    def wipe(self) -> None:
        """Leave no trace of what was deleted, where anything was since the last time.

        The search index is merged until nothing deleted is left in it, the file is rewritten and
        its log emptied. What another program still reads stays in the log: it is wiped the next
        time. Raises `QueryCancelled` after `request_stop`.
        """
        (pending,) = self._db.query_row("SELECT wipe_pending FROM state")
        if not pending or self._db.read_only:
            return
        if pending != self._rewritten:
            self._can_be_stopped = True
            try:
                self._merge_index()
                self._rewrite()
            finally:
                self._can_be_stopped = False
            self._rewritten = pending
        held_back, _, _ = self._db.query_row("PRAGMA wal_checkpoint(TRUNCATE)")
        if not held_back:
            with self._db.transaction():
                self._db.execute(
                    "UPDATE state SET wipe_pending = 0 WHERE wipe_pending = ?", (pending,)
                )
            self._rewritten = 0

    def _delete_some(self, account_id: int, counts: DailyCounts, below: int | None) -> int:
        """Delete the oldest few messages, those below a row; returns how many."""
        with self._db.transaction(account_id):
            old = self._db.query(
                "SELECT row, message, phone, to_phone_id, unread AND NOT muted FROM messages"
                " NOT INDEXED WHERE account_id = ? AND row < ? ORDER BY row LIMIT ?",
                (account_id, 2**62 if below is None else below, _DELETED_AT_ONCE),
            )
            if not old:
                return 0
            self._index.remove(
                (row, document(message, phone, counts.to_phone(to_phone_id)))
                for row, message, phone, to_phone_id, _ in old
            )
            self._db.execute_many("DELETE FROM messages WHERE row = ?", ((m[0],) for m in old))
            counts.add(
                ((account_id, to_phone_id, row, bool(u)) for row, _, _, to_phone_id, u in old),
                -1,
                -1,
            )
            self._note_deletion()
        return len(old)

    def _note_deletion(self) -> None:
        self._db.execute("UPDATE state SET changes = changes + 1, wipe_pending = wipe_pending + 1")

    def _other_tables(self) -> list[str]:
        """Return the tables with rows of an account that hold no messages."""
        found = self._db.query(
            "SELECT m.name FROM sqlite_schema AS m JOIN pragma_table_info(m.name) AS c"
            " WHERE m.type = 'table' AND c.name = 'account'"
        )
        return [table for (table,) in found]

    def _merge_index(self) -> None:
        """Merge the index a piece at a time, so that other programs can write in between."""
        pages = -_MERGED_PAGES
        while True:
            self._stop_if_requested()
            with self._db.transaction():
                before = self._db.connection.total_changes
                self._db.execute("INSERT INTO search (search, rank) VALUES ('merge', ?)", (pages,))
                if self._db.connection.total_changes - before < 2:
                    break
            pages = _MERGED_PAGES

    def _rewrite(self) -> None:
        """Write the file anew: pages that were split keep copies of what has left them.

        Where the disk has no room for a second one, they keep them until the next time.
        """
        self._stop_if_requested()
        self._db.query_row("PRAGMA wal_checkpoint")  # zeros go over what is cut off the file
        (size,) = self._db.query_row("PRAGMA page_count")
        (free,) = self._db.query_row("PRAGMA freelist_count")
        if size - free > _REWRITTEN_IN_MEMORY and self._can_use_folder():
            self._db.execute("PRAGMA temp_store = FILE")
        try:
            with suppress(ArchiveFull):
                self._db.execute("VACUUM")
        finally:
            self._db.execute("PRAGMA temp_store = MEMORY")

    def _stop_if_requested(self) -> None:
        if self._stop_requested:
            raise QueryCancelled(_("what was deleted is wiped the next time"))

    def _can_use_folder(self) -> bool:
        """Have what memory is too small for in the archive's folder, in files without a name."""
        folder = str(self._db.path.parent.absolute())
        quoted = folder.replace("'", "''")
        try:
            self._db.execute(f"PRAGMA temp_store_directory = '{quoted}'")
        except (ArchiveError, UnicodeEncodeError):
            return False
        return self._db.query_one("PRAGMA temp_store_directory") == (folder,)
