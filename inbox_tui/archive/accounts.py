"""The table of accounts."""

from __future__ import annotations

from inbox_tui.archive.database import Database
from inbox_tui.archive.errors import ArchiveError
from inbox_tui.archive.records import LOST_REQUESTS
from inbox_tui.archive.rows import LAST_ACCOUNT, packed, unpacked

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
            (packed(login), packed(host)),
        )
        return None if found is None else int(found[0])

    def add(self, login: str, host: str) -> int:
        """Return the account's id; it is made where it is new."""
        account_id = self.find(login, host)
        if account_id is None:
            with self._db.transaction():
                self._db.execute(
                    "INSERT OR IGNORE INTO accounts (login, host) VALUES (?, ?)",
                    (packed(login), packed(host)),
                )
                account_id = self.find(login, host)
                assert account_id is not None
                self._db.execute(
                    "INSERT OR IGNORE INTO notes"
                    " SELECT ?, name, value FROM notes WHERE account = ?",
                    (account_id, _ANY_ACCOUNT),
                )
                if account_id > LAST_ACCOUNT:
                    raise ArchiveError(f"the archive has had {LAST_ACCOUNT} accounts: begin a new")
        return account_id

    def all(self) -> list[tuple[int, str, str]]:
        """Return id, login and host of every account, in the order they were made."""
        accounts = self._db.query("SELECT account, login, host FROM accounts ORDER BY account")
        return [(number, unpacked(login), unpacked(host)) for number, login, host in accounts]

    def note_lost_requests(self) -> None:
        """Have every account know that its requests went with a damaged archive."""
        with self._db.transaction():
            self._db.execute(
                "INSERT OR REPLACE INTO notes VALUES (?, ?, '')", (_ANY_ACCOUNT, LOST_REQUESTS)
            )
            self._db.execute(
                "INSERT OR IGNORE INTO notes SELECT account, ?, '' FROM accounts", (LOST_REQUESTS,)
            )
