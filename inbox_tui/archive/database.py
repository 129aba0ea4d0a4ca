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
"""How long a writer waits for another one."""


def utc_now() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)


class Database:
    """A connection to the archive's file, for one thread at a time.

    Everything that goes wrong below is an `ArchiveError` above.
    """

    def __init__(self, path: Path, *, busy_seconds: float, wall: Callable[[], datetime]) -> None:
        """Open or begin the file. Raises `ArchiveError`."""
        opened = open_file(path, busy_seconds, wall)
        self.path = path
        self.wall = wall
        self.connection = opened.connection
        self.read_only = opened.read_only
        """Whether nothing can be written: every change then raises `ArchiveReadOnly`."""
        self.set_aside = opened.set_aside
        """Where a damaged file was moved when this one was begun in its place."""
        self._inode = opened.inode
        self._lock = opened.lock
        self._writing = False

    def close(self) -> None:
        """Close the connection. May be called twice."""
        with archive_errors():
            self.connection.close()
        unlock_folder(self._lock)
        self._lock = None

    def interrupt(self) -> None:
        """End the query that runs in another thread: it raises `QueryCancelled`."""
        with contextlib.suppress(sqlite3.ProgrammingError):  # closed meanwhile
            self.connection.interrupt()

    def data_version(self) -> int:
        """Return a number that is another one once anybody has changed the archive.

        It tells nothing else, and is good for this connection only.
        """
        (others,) = self.query_row("PRAGMA data_version")
        return (int(others) << 40) + self.connection.total_changes

    def changes(self) -> int:
        """Return a number that is larger once anything shown has changed, by anybody.

        That is messages, their states, gaps, and what could not be read.
        """
        (changes,) = self.query_row("SELECT changes FROM state")
        return int(changes)

    def check(self) -> list[str]:
        """Read the whole file and return what is wrong with it; nothing where all is well.

        A file with something wrong is set aside when it is opened next. The search index is none
        of it: that one can be made anew.
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
        """Yield the rows of a query as they are found; ends it when it is closed."""
        with self._errors(), contextlib.closing(self.connection.execute(sql, parameters)) as rows:
            yield from rows

    def query(
        self, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = ()
    ) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        with self._errors():
            return self.connection.execute(sql, parameters).fetchall()

    def query_one(self, sql: str, parameters: Sequence[Any] = ()) -> tuple[Any, ...] | None:
        """Return the first row, or None where there is none."""
        return next(iter(self.query(sql, parameters)), None)

    def query_row(self, sql: str, parameters: Sequence[Any] = ()) -> tuple[Any, ...]:
        """Return the row of a query that always has one."""
        return self.query(sql, parameters)[0]

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        """Make a change; returns how many rows it touched."""
        with self._errors():
            return self.connection.execute(sql, parameters).rowcount

    def execute_many(self, sql: str, parameters: Iterable[Sequence[Any]]) -> None:
        """Make a change once for each set of parameters."""
        with self._errors():
            self.connection.executemany(sql, parameters)

    @contextlib.contextmanager
    def reading(self) -> Iterator[None]:
        """One state of the archive for all queries within. Within another one, that one's."""
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
        """All or nothing, with every other writer kept out. Within another one, that one.

        Raises `ArchiveError` where this account is not in the archive, or no longer.
        """
        if self._writing:
            yield
            return
        if self.read_only:
            raise ArchiveReadOnly(_("the archive cannot be written to"))
        if not is_there(self.path, self._inode):
            raise ArchiveError(
                _("the archive was moved away: start again to use the one that is there")
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
        """Have `changes` tell that something was changed; within `transaction`."""
        self.execute("UPDATE state SET changes = changes + 1")

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        """What goes wrong within is an `ArchiveError`, and damage is noted."""
        try:
            with archive_errors():
                yield
        except ArchiveDamaged:
            self.suspect_damage()
            raise

    def suspect_damage(self) -> None:
        """Have the file looked through when it is opened next."""
        if not self.read_only and is_there(self.path, self._inode):
            suspect_damage(self.path)

    def _roll_back(self) -> None:
        """End a transaction, if SQLite has not ended it itself."""
        with contextlib.suppress(sqlite3.Error):
            self.connection.rollback()
