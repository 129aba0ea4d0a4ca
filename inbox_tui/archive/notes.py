"""Short texts stored for an account by name."""

from __future__ import annotations

from inbox_tui.archive.database import Database
from inbox_tui.archive.encoding import decode_text, encode_text


class Notes:
    """The notes of an account: texts by name.

    The file may be damaged, so whoever reads a note checks its text.
    """

    def __init__(self, database: Database, account_id: int) -> None:
        self._db = database
        self._account_id = account_id

    def get(self, name: str) -> str | None:
        """Return the note with this name, or None if there is none."""
        found = self._db.query_one(
            "SELECT value FROM notes WHERE account_id = ? AND name = ?", (self._account_id, name)
        )
        return None if found is None else decode_text(found[0])

    def set(self, name: str, value: str | None) -> None:
        """Store a note, or delete it if `value` is None. Joins a transaction that is open."""
        with self._db.transaction(self._account_id):
            if value is None:
                self._db.execute(
                    "DELETE FROM notes WHERE account_id = ? AND name = ?", (self._account_id, name)
                )
            else:
                self._db.execute(
                    "INSERT OR REPLACE INTO notes VALUES (?, ?, ?)",
                    (self._account_id, name, encode_text(value)),
                )
