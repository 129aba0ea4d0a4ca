"""The table of accounts."""

from __future__ import annotations

from inbox_tui.archive.database import Database
from inbox_tui.archive.encoding import decode_text, encode_text
from inbox_tui.archive.records import LOST_REQUESTS

_ANY_ACCOUNT = 0
"""Notes of no account's: each that is made gets them."""


class Accounts:
    """Which accounts there are, by login and host."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def find(self, login: str, host: str) -> int | None:
        """Return the account's id; None where it is not in the archive."""
        found = self._db.query_one(
            "SELECT account FROM accounts WHERE login = ? AND host = ?",
            (encode_text(login), encode_text(host)),
        )
        return None if found is None else int(found[0])

    def add(self, login: str, host: str) -> int:
        """Return the account's id; it is made where it is new."""
        account_id = self.find(login, host)
        if account_id is None:
            with self._db.transaction():
                self._db.execute(
                    "INSERT OR IGNORE INTO accounts (login, host) VALUES (?, ?)",
                    (encode_text(login), encode_text(host)),
                )
                account_id = self.find(login, host)
                assert account_id is not None
                self._db.execute(
                    "INSERT OR IGNORE INTO notes"
                    " SELECT ?, name, value FROM notes WHERE account = ?",
                    (account_id, _ANY_ACCOUNT),
                )
        return account_id

    def all(self) -> list[tuple[int, str, str]]:
        """Return id, login and host of every account, in the order they were made."""
        found = self._db.query("SELECT account, login, host FROM accounts ORDER BY account")
        return [
            (account_id, decode_text(login), decode_text(host)) for account_id, login, host in found
        ]

    def note_lost_requests(self) -> None:
        """Have every account know that its requests went with a damaged archive."""
        with self._db.transaction():
            self._db.execute(
                "INSERT OR REPLACE INTO notes VALUES (?, ?, '')", (_ANY_ACCOUNT, LOST_REQUESTS)
            )
            self._db.execute(
                "INSERT OR IGNORE INTO notes SELECT account, ?, '' FROM accounts", (LOST_REQUESTS,)
            )
