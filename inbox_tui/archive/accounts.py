"""Accounts, their receiving numbers, and small things remembered of them."""

from __future__ import annotations

from inbox_tui.archive.database import Database
from inbox_tui.archive.errors import ArchiveError
from inbox_tui.archive.records import LOST_REQUESTS
from inbox_tui.archive.rows import LAST_ACCOUNT, packed, unpacked
from inbox_tui.archive.schema import TABLES_OF_AN_ACCOUNT

_ANY_ACCOUNT = 0
"""Notes of no account's: each that is made gets them."""


class Accounts(Database):
    """The part of the archive that knows whose messages it holds."""

    _numbers: dict[int, str]
    """Receiving numbers by what messages refer to them with; grows as they are met."""

    def account(self, login: str, host: str) -> int:
        """Return the account's number in the archive, which is made where it is new."""
        names = (packed(login), packed(host))
        query = "SELECT account FROM accounts WHERE login = ? AND host = ?"
        found = self._first(query, names)
        if found is None:
            with self._writing():
                self._do("INSERT OR IGNORE INTO accounts (login, host) VALUES (?, ?)", names)
                found = self._one(query, names)
                self._do(
                    "INSERT OR IGNORE INTO notes"
                    " SELECT ?, name, value FROM notes WHERE account = ?",
                    (found[0], _ANY_ACCOUNT),
                )
                if found[0] > LAST_ACCOUNT:
                    raise ArchiveError(f"the archive has had {LAST_ACCOUNT} accounts: begin a new")
        return int(found[0])

    def accounts(self) -> list[tuple[int, str, str]]:
        """Return number, login and host of every account, in the order they were made."""
        accounts = self._all("SELECT account, login, host FROM accounts ORDER BY account")
        return [(number, unpacked(login), unpacked(host)) for number, login, host in accounts]

    def purge(self, account: int) -> None:
        """Delete an account and everything of it for good.

        Whoever still has its number can read nothing of it and change nothing: `ArchiveError`.
        """
        with self._writing(account):
            self._forget_rows(account)
            for table in TABLES_OF_AN_ACCOUNT:
                self._do(f"DELETE FROM {table} WHERE account = ?", (account,))  # noqa: S608
            self._count_change()
        self._scrub()

    def remember(self, account: int, name: str, value: str | None) -> None:
        """Keep a word about the account; None forgets it."""
        with self._writing(account):
            self._note(account, name, value)

    def _note(self, account: int, name: str, value: str | None) -> None:
        """Do what `remember` does; within `_writing`."""
        if value is None:
            self._do("DELETE FROM notes WHERE account = ? AND name = ?", (account, packed(name)))
        else:
            self._do(
                "INSERT OR REPLACE INTO notes VALUES (?, ?, ?)",
                (account, packed(name), packed(value)),
            )

    def recall(self, account: int, name: str) -> str | None:
        """Return what was last remembered under this name."""
        query = "SELECT value FROM notes WHERE account = ? AND name = ?"
        found = self._first(query, (account, packed(name)))
        return None if found is None else unpacked(found[0])

    def note_lost_requests(self) -> None:
        """Have every account know that its requests went with a damaged archive."""
        with self._writing():
            self._note(_ANY_ACCOUNT, LOST_REQUESTS, "")
            self._do(
                "INSERT OR IGNORE INTO notes SELECT account, ?, '' FROM accounts", (LOST_REQUESTS,)
            )

    # -- receiving numbers

    def _number(self, account: int, to_phone: str) -> int | None:
        """Return what messages to this number refer to it with; None: there were none."""
        found = self._first(
            "SELECT number FROM numbers WHERE account = ? AND to_phone = ?",
            (account, packed(to_phone)),
        )
        return None if found is None else int(found[0])

    def _number_made(self, account: int, to_phone: str) -> int:
        number = self._number(account, to_phone)
        if number is None:
            self._do(
                "INSERT INTO numbers (account, to_phone) VALUES (?, ?)", (account, packed(to_phone))
            )
            (number,) = self._one("SELECT last_insert_rowid()")
        return number

    def _to_phone(self, number: int) -> str:
        """Return the number that messages refer to so."""
        if number not in self._numbers:
            for known, to_phone in self._all("SELECT number, to_phone FROM numbers"):
                self._numbers[known] = unpacked(to_phone)
        return self._numbers.get(number, "")

    # -- what other parts do

    def _forget_rows(self, account: int) -> None:
        """Take the account's messages out of the search index."""
        raise NotImplementedError

    def _scrub(self) -> None:
        """Leave no trace of what was deleted."""
        raise NotImplementedError
