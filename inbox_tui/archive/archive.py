"""The archive of messages: one SQLite file, shared by all running copies of the program."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Self

from inbox_tui.archive.daily_counts import DailyCounts
from inbox_tui.archive.database import BUSY_SECONDS, Database, utc_now
from inbox_tui.archive.encoding import decode_text, encode_text, number_in
from inbox_tui.archive.errors import ArchiveError
from inbox_tui.archive.lists import Lists
from inbox_tui.archive.maintenance import Maintenance
from inbox_tui.archive.messages import AccountMessages, Messages
from inbox_tui.archive.notes import Notes
from inbox_tui.archive.records import ADDRESS, ANY_ACCOUNT, LOST_REQUESTS, SIGNED_IN, TEAM, Page
from inbox_tui.archive.request_log import RequestLog
from inbox_tui.archive.search_index import SearchIndex
from inbox_tui.archive.sync_state import SyncState
from inbox_tui.archive.team_states import TeamStates
from inbox_tui.smsc.endpoint import EndpointRefused, account_host, endpoint

_EXPIRED = "expired before"
"""Name of the note with the server seconds given to the last `expire`."""


class Archive:
    """The accounts with their messages, states, search index and request log.

    An object is one connection. Only one thread may use it at a time, except that
    `database.interrupt` may be called from any thread. All errors are raised as `ArchiveError`.
    """

    def __init__(self, database: Database) -> None:
        self.database = database
        self.path = database.path
        """Path of the database file."""
        self.read_only = database.read_only
        """Whether the file cannot be written to: every change then raises `ArchiveReadOnly`."""
        self.set_aside = database.set_aside
        """Where a damaged file was moved when this one was opened, or None if there was none."""
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
        """Open the archive, or create it with a folder of mode 0700 and files of mode 0600.

        A file that is not an archive, is truncated, or was found damaged while in use is moved
        aside (see `set_aside`), and a new one is created. A file that cannot be written to is
        opened read-only. `busy_seconds` is how long a change waits for another program's; `wall`
        is the wall clock, which returns an aware time.

        Raises `ArchiveError` if a later version of the program made the file, which is then left
        unchanged, and if the file cannot be opened or created.
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
        """Close the connection. May be called more than once."""
        self.database.close()

    # -- accounts

    def account(self, login: str, host: str) -> AccountArchive:
        """Return the archive of this account; create the account if it is new."""
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
                (made.id, ANY_ACCOUNT),
            )
        return made

    def find_account(self, login: str, host: str) -> AccountArchive | None:
        """Return the archive of this account, or None if there is no such account."""
        every = self.accounts()
        return next((one for one in every if (one.login, one.host) == (login, host)), None)

    def accounts(self) -> list[AccountArchive]:
        """Return all accounts in the order in which they were created."""
        found = self.database.query(
            "SELECT account_id, login, host FROM accounts ORDER BY account_id"
        )
        return [
            self._bind(account_id, decode_text(login), decode_text(host))
            for account_id, login, host in found
        ]

    def account_names(self) -> dict[int, str]:
        """Return `LOGIN@HOST` of every account by account id."""
        return {one.id: f"{one.login}@{one.host}" for one in self.accounts()}

    def all_accounts(self) -> AllAccounts:
        """Return the messages of all accounts as one."""
        return AllAccounts(self)

    def _bind(self, account_id: int, login: str, host: str) -> AccountArchive:
        """Return the cached object for this account."""
        if account_id not in self._bound:
            self._bound[account_id] = AccountArchive(self, account_id, login, host)
        return self._bound[account_id]

    def _note_lost_requests(self) -> None:
        """Record for every account that its request log was lost.

        Also for later ones, until some account has waited for the lost requests (`RequestLog`).
        """
        with self.database.transaction():
            self.database.execute(
                "INSERT OR REPLACE INTO notes VALUES (?, ?, '')", (ANY_ACCOUNT, LOST_REQUESTS)
            )
            self.database.execute(
                "INSERT OR IGNORE INTO notes SELECT account_id, ?, '' FROM accounts",
                (LOST_REQUESTS,),
            )

    # -- the file

    def changes(self) -> int:
        """Return a counter that grows when anything shown changes; see `Database.changes`."""
        return self.database.changes()

    def check(self) -> list[str]:
        """Read the whole file and return the problems found; see `Database.check`."""
        return self.database.check()

    def check_search(self) -> bool:
        """Read the whole search index and return whether it is intact."""
        return SearchIndex(self.database).check()


class AccountArchive:
    """The part of an archive that belongs to one account."""

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
        self.messages = AccountMessages(database, account_id)
        self.lists = Lists(database, account_id)

    def on(self, archive: Archive) -> AccountArchive:
        """Return the same account over another connection to the same file."""
        return archive._bind(self.id, self.login, self.host)

    @property
    def address(self) -> str:
        """The server address of the last sign-in, or the host if there was none.

        An address of another host is damaged: it is not used, as passwords are sent to it.
        """
        stored = self.notes.get(ADDRESS)
        with suppress(EndpointRefused):
            if stored is not None and account_host(endpoint(stored)) == self.host:
                return stored
        return self.host

    def note_sign_in(self, url: str, at: datetime) -> None:
        """Record that the account signed in at this address, and when."""
        with self.archive.database.transaction(self.id):
            self.notes.set(ADDRESS, url)
            self.notes.set(SIGNED_IN, at.isoformat())

    def store_page(self, page: Page) -> Sequence[int]:
        """Store an answer of the service and the new sync state in one transaction.

        Messages already in the archive are left unchanged. Returns the ids of the new ones, newest
        first. Raises `ArchiveError`, after which nothing of the page is stored.
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
        """Delete the messages received before these server seconds, and wipe their traces.

        Works in small steps, each of which yields how many messages it deleted; steps not taken are
        left to the next call. Unreadable entries are deleted by the time at which they came.
        """
        self.notes.set(_EXPIRED, str(before))
        yield from self.archive.maintenance.expire(self.id, before)

    def expired_before(self) -> int | None:
        """Return the server seconds given to the last `expire`, or None if it was never called."""
        before = number_in(self.notes.get(_EXPIRED) or "")
        return None if before is None else int(before)

    def wipe(self) -> Iterator[int]:
        """Wipe the traces of deleted messages that are still in the file, in small steps."""
        return self.archive.maintenance.wipe()

    def data_version(self) -> int:
        """Return a number that changes with every change of the archive, by any program."""
        return self.archive.database.data_version()

    def leave_team(self) -> None:
        """Let this machine request the account's messages again, once the team's requests are over.

        They are not in the log here, so the first request waits as after a lost log.
        """
        with self.archive.database.transaction(self.id):
            self.notes.set(LOST_REQUESTS, "")
            self.notes.set(TEAM, None)
            self.team.forget()

    def purge(self) -> None:
        """Delete the account and all its messages, and wipe their traces.

        Objects that still refer to it find no messages, and raise `ArchiveError` on changes. The
        login's request log, holds and refused passwords are kept; they contain no messages.
        """
        self.archive.maintenance.purge(self.id)


class AllAccounts:
    """The messages of all accounts of an archive, as if they belonged to one."""

    def __init__(self, archive: Archive) -> None:
        self.archive = archive
        database = archive.database
        self.counts = DailyCounts(database, None)
        self.team = TeamStates(database, None)
        self.messages = Messages(database, None)
        self.lists = Lists(database, None)

    @property
    def notes(self) -> Notes:
        """The notes of the first account: there are none for all accounts together."""
        return self.archive.accounts()[0].notes

    def on(self, archive: Archive) -> AllAccounts:
        """Return the messages of all accounts over another connection to the same file."""
        return AllAccounts(archive)


AnyAccount = AccountArchive | AllAccounts
"""The messages of one account, or of all."""
