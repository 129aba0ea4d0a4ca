"""A connection to the archive's file: queries, transactions, errors."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from inbox_tui.archive.errors import (
    ArchiveDamaged,
    ArchiveError,
    ArchiveReadOnly,
    archive_errors,
)
from inbox_tui.archive.opening import damage_in, is_there, open_file, suspect_damage, unlock_folder
from inbox_tui.locale import _

BUSY_SECONDS = 5.0
"""How long a writer waits while another program is writing."""


def utc_now() -> datetime:
    """Return the time of the wall clock, in UTC."""
    return datetime.now(UTC)


class Database:
    """A connection to the archive's file, for one thread at a time.

    Errors of SQLite are raised as `ArchiveError`.
    """

    def __init__(self, path: Path, *, busy_seconds: float, wall: Callable[[], datetime]) -> None:
        """Open or create the file. Raises `ArchiveError`."""
        opened = open_file(path, busy_seconds, wall)
        self.path = path
        self.wall = wall
        self.connection = opened.connection
        self.read_only = opened.read_only
        """Whether the file cannot be written to: every change then raises `ArchiveReadOnly`."""
        self.set_aside = opened.set_aside
        """Where a damaged file was moved when this one was opened, or None if there was none."""
        self._inode = opened.inode
        self._lock = opened.lock
        self._writing = False

    def close(self) -> None:
        """Close the connection. May be called more than once."""
        with archive_errors():
            self.connection.close()
        unlock_folder(self._lock)
        self._lock = None

    def interrupt(self) -> None:
        """End the query running in another thread, which then raises `QueryCancelled`."""
        with contextlib.suppress(sqlite3.ProgrammingError):  # already closed
            self.connection.interrupt()

    def data_version(self) -> int:
        """Return a number that changes with every change of the archive, by any program.

        It can only be compared with earlier numbers of the same connection.
        """
        (others,) = self.query_row("PRAGMA data_version")
        return (int(others) << 40) + self.connection.total_changes

    def changes(self) -> int:
        """Return a counter that grows when anything shown changes, by any program.

        Messages, their states, gaps and unreadable entries are shown; notes and requests are not.
        """
        (changes,) = self.query_row("SELECT changes FROM state")
        return int(changes)

    def check(self) -> list[str]:
        """Read the whole file and return the problems found, an empty list if it is intact.

        A damaged file is set aside when it is next opened. Damage in the search index does not
        count, because the index can be rebuilt.
        """
        try:
            complaints = damage_in(self.query("PRAGMA quick_check"))
        except ArchiveDamaged as damage:
            return [str(damage)]
        if complaints:
            self.suspect_damage()
        return complaints

    # -- queries

    def query_each(
        self, sql: str, parameters: Sequence[Any] = ()
    ) -> Generator[tuple[Any, ...], None, None]:
        """Yield the rows of a query as they are found; closing the generator ends the query."""
        with self._errors(), contextlib.closing(self.connection.execute(sql, parameters)) as rows:
            yield from rows

    def query(
        self, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = ()
    ) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        with self._errors():
            return self.connection.execute(sql, parameters).fetchall()

    def query_one(self, sql: str, parameters: Sequence[Any] = ()) -> tuple[Any, ...] | None:
        """Return the first row of a query, or None if there is none."""
        return next(iter(self.query(sql, parameters)), None)

    def query_row(self, sql: str, parameters: Sequence[Any] = ()) -> tuple[Any, ...]:
        """Return the first row of a query that always has one."""
        return self.query(sql, parameters)[0]

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        """Execute a statement; returns how many rows it changed."""
        with self._errors():
            return self.connection.execute(sql, parameters).rowcount

    def execute_many(self, sql: str, parameters: Iterable[Sequence[Any]]) -> None:
        """Execute a statement once for each set of parameters."""
        with self._errors():
            self.connection.executemany(sql, parameters)

    @contextlib.contextmanager
    def reading(self) -> Iterator[None]:
        """Let all queries in the block see the same state of the archive.

        Joins a transaction that is already open.
        """
        with self._errors():
            is_within_another = self.connection.in_transaction
        if is_within_another:
            yield
            return
        self.execute("BEGIN")
        try:
            yield
        finally:
            self._roll_back()

    @contextlib.contextmanager
    def transaction(self, account_id: int | None = None) -> Iterator[None]:
        """Make all changes in the block or none of them, and keep other writers out.

        Joins a transaction that is already open. Raises `ArchiveError` if this account is not in
        the archive, or the file was moved away.
        """
        if self._writing:
            yield
            return
        if self.read_only:
            raise ArchiveReadOnly(_("the archive cannot be written to"))
        if not is_there(self.path, self._inode):
            raise ArchiveError(
                _("the archive was moved: restart inbox-tui to use the one now in its place")
            )
        self.execute("BEGIN IMMEDIATE")
        self._writing = True
        try:
            if account_id is not None and not self.query(
                "SELECT 1 FROM accounts WHERE account_id = ?", (account_id,)
            ):
                raise ArchiveError(_("this account is no longer in the archive"))
            yield
            self.execute("COMMIT")
        except BaseException:
            self._roll_back()
            raise
        finally:
            self._writing = False

    def count_change(self) -> None:
        """Increase the counter that `changes` returns. Call within `transaction`."""
        self.execute("UPDATE state SET changes = changes + 1")

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        """Raise errors of SQLite as `ArchiveError`, and call `suspect_damage` on damage."""
        try:
            with archive_errors():
                yield
        except ArchiveDamaged:
            self.suspect_damage()
            raise

    def suspect_damage(self) -> None:
        """Have the file checked for damage when it is next opened."""
        if not self.read_only and is_there(self.path, self._inode):
            suspect_damage(self.path)

    def _roll_back(self) -> None:
        """Roll back the transaction, unless SQLite has already done so."""
        with contextlib.suppress(sqlite3.Error):
            self.connection.rollback()
