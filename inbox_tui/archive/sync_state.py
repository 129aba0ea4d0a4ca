"""The sync state of an account: cursors, late messages, the clock difference and gaps."""

from __future__ import annotations

from inbox_tui.archive.database import Database
from inbox_tui.archive.encoding import decode_text, encode_text, number_in, of_account
from inbox_tui.archive.notes import Notes
from inbox_tui.archive.records import Cursor, Gap, LateMessages, Polled

_LATE = "late_messages"
"""Name of the note with the number of messages that polls missed and the longest delay."""
_CLOCK_DIFFERENCE = "clock_difference"


class SyncState:
    """The sync state of one account. A scope is a receiving number, or "" for all numbers."""

    def __init__(self, database: Database, account_id: int) -> None:
        self._db = database
        self._account_id = account_id
        self._notes = Notes(database, account_id)

    def cursor(self, scope: str) -> Cursor:
        """Return the sync cursor of a scope.

        The cursor is empty, so that the whole period is requested, if none is stored or the stored
        one is not valid.
        """
        from inbox_tui.archive.cursor_json import cursor_from_json

        found = self._db.query_one(
            "SELECT cursor FROM sync_cursors WHERE account_id = ? AND scope = ?",
            (self._account_id, encode_text(scope)),
        )
        return cursor_from_json(found[0] if found else None)

    def set_cursor(self, scope: str, cursor: Cursor) -> None:
        """Store the sync cursor of a scope. Call within `transaction`."""
        from inbox_tui.archive.cursor_json import cursor_to_json

        self._db.execute(
            "INSERT OR REPLACE INTO sync_cursors VALUES (?, ?, ?)",
            (self._account_id, encode_text(scope), cursor_to_json(cursor)),
        )

    def polled(self) -> dict[str, Polled]:
        """Return when the last finished pass over each scope began (`Cursor.polled`)."""
        found = self._db.query(
            "SELECT scope FROM sync_cursors WHERE account_id = ?", (self._account_id,)
        )
        scopes = [decode_text(scope) for (scope,) in found]
        return {one: polled for one in scopes if (polled := self.cursor(one).polled) is not None}

    # -- what came late, and the service's clock

    def add_late(self, count: int, longest: float) -> None:
        """Add to the number of messages that polls missed; `longest` is a delay in seconds."""
        with self._db.transaction(self._account_id):
            late = self.late()
            self._notes.set(_LATE, f"{late.messages + count} {max(late.longest, longest)}")

    def late(self) -> LateMessages:
        """Return how many messages polls have missed, and the longest delay until one was found."""
        messages, _, longest = (self._notes.get(_LATE) or "").partition(" ")
        count, seconds = number_in(messages), number_in(longest)
        if count is None or seconds is None:
            return LateMessages(0, 0.0)
        return LateMessages(int(count), seconds)

    def set_clock_difference(self, seconds: float) -> None:
        """Store how many seconds our clock was ahead of the service's at its last answer."""
        self._notes.set(_CLOCK_DIFFERENCE, str(seconds))

    def clock_difference(self) -> float | None:
        """Return how many seconds our clock was ahead of the service's, or None if unknown."""
        seconds = self._notes.get(_CLOCK_DIFFERENCE)
        return None if seconds is None else number_in(seconds)

    # -- gaps

    def add_gap(self, scope: str, gap: Gap) -> None:
        """Store a gap. Call within `transaction`."""
        self._db.execute(
            "INSERT OR IGNORE INTO gaps VALUES (?, ?, ?, ?)",
            (self._account_id, encode_text(scope), *gap),
        )
        self._db.count_change()

    def gaps(self) -> list[Gap]:
        """Return the gaps of all scopes, newest first, without duplicates."""
        return gaps_of(self._db, self._account_id, None)


def gaps_of(database: Database, account_id: int | None, to_phone: str | None) -> list[Gap]:
    """Return the gaps of an account, or of all for None, newest first, without duplicates.

    With `to_phone`, only those in the list of this number.
    """
    gaps = database.query(f'SELECT scope, start, "end" FROM gaps WHERE {of_account(account_id)}')
    scopes = (encode_text(to_phone or ""), "")
    fitting = {Gap(start, end) for scope, start, end in gaps if to_phone is None or scope in scopes}
    return sorted(fitting, key=lambda gap: (-gap.end, gap.start))
