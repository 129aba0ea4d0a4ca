"""The archive of messages: one SQLite file, shared by every program of the user's."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Self

from inbox_tui.archive.daily_counts import DailyCounts
from inbox_tui.archive.database import BUSY_SECONDS, Database, utc_now
from inbox_tui.archive.encoding import decode_text, encode_text
from inbox_tui.archive.errors import ArchiveError
from inbox_tui.archive.lists import Lists
from inbox_tui.archive.maintenance import Maintenance
from inbox_tui.archive.messages import Messages
from inbox_tui.archive.notes import Notes
from inbox_tui.archive.records import ADDRESS, LOST_REQUESTS, SIGNED_IN, TEAM, Page
from inbox_tui.archive.request_log import RequestLog
from inbox_tui.archive.search_index import SearchIndex
from inbox_tui.archive.sync_state import SyncState
from inbox_tui.archive.team_states import TeamStates

_ANY_ACCOUNT = 0
"""Notes of no account's: each that is made gets them."""
_EXPIRED = "expired before"
"""The note on what has been deleted for being too old."""


class Archive:
    """All that is kept of the accounts: messages, read flags, search index, request log.

    One object is one connection, used by one thread at a time; only `database.interrupt` may be
    called from any. Everything that goes wrong is an `ArchiveError`.
    """

    def __init__(self, database: Database) -> None:
        self.database = database
        self.path = database.path
        """The file."""
        self.read_only = database.read_only
        """Whether nothing can be written: every change then raises `ArchiveReadOnly`."""
        self.set_aside = database.set_aside
        """Where a damaged file was moved when this one was begun in its place."""
        self.maintenance = Maintenance(database)
        self._bound: dict[int, AccountArchive] = {}

    @classmethod
    def open(
        cls,
        path: Path,
        *,
        busy_seconds: float = BUSY_SECONDS,
        wall: Callable[[], datetime] = utc_now,
    ) -> Self:
        """Open the archive, or begin it: folder 0700, files 0600.

        A file that is no archive, or not all of one, or that was found damaged while it was in use,
        is moved aside and a new one begun; `set_aside` tells where to. A file that cannot be
        written to is opened to be read.
        `busy_seconds` is how long a change waits for another program's; `wall` is the wall clock,
        which gives an aware time.

        Raises `ArchiveError` for the file of a later version, which is left as it is, and where
        there can be no file.
        """
        archive = cls(Database(path, busy_seconds=busy_seconds, wall=wall))
        try:
            SearchIndex(archive.database).rebuild()
            if archive.set_aside is not None:
                archive._note_lost_requests()
        except ArchiveError:
            archive.close()
            raise
        return archive

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection. May be called twice."""
        self.database.close()

    # -- accounts

    def account(self, login: str, host: str) -> AccountArchive:
        """Return the part of the archive that is this account's; it is made where it is new."""
        known = self.find_account(login, host)
        if known is not None:
            return known
        with self.database.transaction():
            self.database.execute(
                "INSERT OR IGNORE INTO accounts (login, host) VALUES (?, ?)",
                (encode_text(login), encode_text(host)),
            )
            made = self.find_account(login, host)
            assert made is not None
            self.database.execute(
                "INSERT OR IGNORE INTO notes SELECT ?, name, value FROM notes WHERE account_id = ?",
                (made.id, _ANY_ACCOUNT),
            )
        return made

    def find_account(self, login: str, host: str) -> AccountArchive | None:
        """Return the part of the archive that is this account's; None where there is none."""
        every = self.accounts()
        return next((one for one in every if (one.login, one.host) == (login, host)), None)

    def accounts(self) -> list[AccountArchive]:
        """Return every account, in the order they were made."""
        found = self.database.query(
            "SELECT account_id, login, host FROM accounts ORDER BY account_id"
        )
        return [
            self._bind(account_id, decode_text(login), decode_text(host))
            for account_id, login, host in found
        ]

    def account_names(self) -> dict[int, str]:
        """Return `LOGIN@HOST` of every account, by its id."""
        return {one.id: f"{one.login}@{one.host}" for one in self.accounts()}

    def all_accounts(self) -> AllAccounts:
        """Return the messages of all accounts as one."""
        return AllAccounts(self)

    def _bind(self, account_id: int, login: str, host: str) -> AccountArchive:
        """Return the cached object of this account."""
        if account_id not in self._bound:
            self._bound[account_id] = AccountArchive(self, account_id, login, host)
        return self._bound[account_id]

    def _note_lost_requests(self) -> None:
        """Have every account know that its requests went with a damaged archive."""
        with self.database.transaction():
            self.database.execute(
                "INSERT OR REPLACE INTO notes VALUES (?, ?, '')", (_ANY_ACCOUNT, LOST_REQUESTS)
            )
            self.database.execute(
                "INSERT OR IGNORE INTO notes SELECT account_id, ?, '' FROM accounts",
                (LOST_REQUESTS,),
            )

    # -- the file

    def changes(self) -> int:
        """Return a number that is larger once anything shown has changed, by anybody."""
        return self.database.changes()

    def check(self) -> list[str]:
        """Read the whole file and return what is wrong with it; nothing where all is well."""
        return self.database.check()

    def check_search(self) -> bool:
        """Read the whole search index and return whether it is sound."""
        return SearchIndex(self.database).check()


class AccountArchive:
    """One account's part of an archive."""

    def __init__(self, archive: Archive, account_id: int, login: str, host: str) -> None:
        self.archive = archive
        self.id = account_id
        self.login = login
        self.host = host
        database = archive.database
        self.notes = Notes(database, account_id)
        self.requests = RequestLog(database, account_id, login)
        self.sync_state = SyncState(database, account_id)
        self.team = TeamStates(database, account_id)
        self.counts = DailyCounts(database, account_id)
        self.messages = Messages(database, account_id)
        self.lists = Lists(database, account_id)

    def on(self, archive: Archive) -> AccountArchive:
        """Return the same account over another connection to the same file."""
        return archive._bind(self.id, self.login, self.host)

    @property
    def address(self) -> str:
        """Where the account was last signed in, or else its host."""
        return self.notes.get(ADDRESS) or self.host

    def note_sign_in(self, url: str, at: datetime) -> None:
        """Note that the account was signed in at this address."""
        with self.archive.database.transaction(self.id):
            self.notes.set(ADDRESS, url)
            self.notes.set(SIGNED_IN, at.isoformat())

    def store_page(self, page: Page) -> Sequence[int]:
        """Keep an answer and all that came with it, in one transaction: all of it or nothing.

        Messages that are in the archive already stay as they are. Returns the ids of the others,
        newest first. Raises `ArchiveError`.
        """
        with self.archive.database.transaction(self.id):
            new = self.messages.add(page.messages)
            self.messages.add_unreadable(page.unreadable, page.seen)
            self.sync_state.set_cursor(page.scope, page.cursor)
            if page.gap is not None:
                self.sync_state.add_gap(page.scope, page.gap)
            if page.entry is not None:
                self.requests.end(page.entry, page.at, delivered=True, finished=True)
        return new

    def expire(self, before: int) -> Iterator[int]:
        """Delete for good what was received before these server seconds, and wipe it.

        Each item is one small step: how many messages it has deleted. Steps that are not taken are
        left to the next time. Raw entries that could not be read go by when they came.
        """
        self.notes.set(_EXPIRED, str(before))
        yield from self.archive.maintenance.expire(self.id, before)

    def expired_before(self) -> int | None:
        """Return the server seconds given to the last `expire`; None where there was none."""
        before = self.notes.get(_EXPIRED)
        return None if before is None else int(before)

    def wipe(self) -> Iterator[int]:
        """Wipe what was deleted and could not be wiped at once, step by step, if there is any."""
        return self.archive.maintenance.wipe()

    def data_version(self) -> int:
        """Return a number that is another one once anybody has changed the archive."""
        return self.archive.database.data_version()

    def leave_team(self) -> None:
        """Let the account be asked for from here again, once the team's requests can't count."""
        with self.archive.database.transaction(self.id):
            self.notes.set(LOST_REQUESTS, "")
            self.notes.set(TEAM, None)
            self.team.forget()

    def purge(self) -> None:
        """Delete the account and every message of it for good.

        Whoever still uses it can read nothing of it and change nothing: `ArchiveError`. The log of
        requests of its login, holds and refused passwords stay; they hold no message.
        """
        self.archive.maintenance.purge(self.id)


class AllAccounts:
    """The messages of all accounts of an archive, as if they were one's."""

    def __init__(self, archive: Archive) -> None:
        self.archive = archive
        database = archive.database
        self.counts = DailyCounts(database, None)
        self.team = TeamStates(database, None)
        self.messages = Messages(database, None)
        self.lists = Lists(database, None)

    @property
    def notes(self) -> Notes:
        """The notes of the first account: they are not all's."""
        return self.archive.accounts()[0].notes

    def on(self, archive: Archive) -> AllAccounts:
        """Return the same over another connection to the same file."""
        return AllAccounts(archive)


AnyAccount = AccountArchive | AllAccounts
"""The messages of one account, or of all."""
