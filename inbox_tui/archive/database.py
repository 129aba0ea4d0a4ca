"""The file itself: opened privately, set aside where it is damaged, one transaction at a time."""

from __future__ import annotations

import contextlib
import errno
import os
import sqlite3
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote_from_bytes

from inbox_tui.archive.errors import (
    ArchiveBusy,
    ArchiveDamaged,
    ArchiveError,
    ArchiveReadOnly,
    archive_error,
)
from inbox_tui.archive.schema import migrate
from inbox_tui.private_files import PathRefused, private_file, private_folder

BUSY_SECONDS = 5.0
"""How long a writer waits for another one."""
_SIDE_FILES = ("-wal", "-shm")
_SHARED_MODE_RETRY_SECONDS = 0.01
_SHARED_LOCK = (510, 0x40000002)
"""How many bytes every connection of SQLite's keeps locked in its file, and from which one on."""
_OPEN: dict[int, int] = {}
"""The inodes of the files that this program has open, by connection."""
_PRAGMAS = (
    "PRAGMA synchronous = FULL",  # what has been acknowledged outlives a power cut
    "PRAGMA secure_delete = ON",
    "PRAGMA temp_store = MEMORY",  # no text in files elsewhere
    "PRAGMA cache_size = -16000",
)


Found = Generator[tuple[Any, ...], None, None]
"""The rows of a query, as they are found."""


def utc_now() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)


class Database:
    """A connection to the archive's file, for one thread at a time.

    Everything that goes wrong below is an `ArchiveError` above.
    """

    path: Path
    """The file."""
    read_only: bool
    """Whether nothing can be written: every change then raises `ArchiveReadOnly`."""
    set_aside: Path | None
    """Where a damaged file was moved when this one was begun in its place."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        path: Path,
        *,
        inode: int,
        read_only: bool,
        set_aside: Path | None,
        wall: Callable[[], datetime],
    ) -> None:
        self.path = path
        self.read_only = read_only
        self.set_aside = set_aside
        self.connection = connection
        self._inode = _OPEN[id(connection)] = inode
        self.wall = wall
        self._writing = False
        self.stop_requested = False
        self.stoppable = False
        self.rewritten = 0
        """The deletion after which this connection last rewrote the file."""

    @classmethod
    def open(cls, path: Path, *, busy_seconds: float, wall: Callable[[], datetime]) -> Self:
        """Open or begin the file. Raises `ArchiveError`."""
        connection, inode, read_only, set_aside = open_file(path, busy_seconds, wall)
        return cls(
            connection, path, inode=inode, read_only=read_only, set_aside=set_aside, wall=wall
        )

    def close(self) -> None:
        """Let go of the file. May be called twice."""
        try:
            self.connection.close()
        except sqlite3.Error as error:
            raise archive_error(error) from None
        _OPEN.pop(id(self.connection), None)

    def interrupt(self) -> None:
        """End the query that runs in another thread: it raises `QueryCancelled`."""
        with contextlib.suppress(sqlite3.ProgrammingError):  # closed meanwhile
            self.connection.interrupt()

    def request_stop(self) -> None:
        """Put off what can be done the next time, now and from now on: wiping what was deleted.

        It ends with `QueryCancelled`. May be called from any thread.
        """
        self.stop_requested = True
        if self.stoppable:
            self.interrupt()

    def data_version(self) -> int:
        """Return a number that is another one once anybody has changed the archive.

        It tells nothing else, and is good for this connection only.
        """
        (others,) = self.query_row("PRAGMA data_version")
        return (int(others) << 40) + self.connection.total_changes

    def changes(self) -> int:
        """Return a number that is larger once anything shown has changed, by anybody.

        That is messages, their read marks, gaps, and what could not be read.
        """
        (changes,) = self.query_row("SELECT changes FROM state")
        return int(changes)

    def check(self) -> list[str]:
        """Read the whole file and return what is wrong with it; nothing where all is well.

        A file with something wrong is set aside when it is opened next. The search index is none
        of it: that one can be made anew.
        """
        try:
            complaints = _of_the_file(self.query("PRAGMA quick_check"))
        except ArchiveDamaged as damage:
            return [str(damage)]
        if complaints:
            self._doubt()
        return complaints

    def check_search(self) -> bool:
        """Read the whole search index and return whether it is sound, as far as SQLite can tell.

        That is from 3.44 on. One that is not is made anew when the file is opened next.
        """
        sound = self.query("PRAGMA quick_check(search)") == [("ok",)]
        if not sound:
            self._doubt()
        return sound

    # -- queries

    def query_each(self, sql: str, parameters: Sequence[Any] = ()) -> Found:
        """Yield the rows of a query as they are found; ends it when it is closed."""
        try:
            cursor = self.connection.execute(sql, parameters)
            try:
                yield from cursor
            finally:
                cursor.close()
        except sqlite3.Error as error:
            raise self._error(error) from None

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        try:
            return self.connection.execute(sql, parameters).fetchall()
        except sqlite3.Error as error:
            raise self._error(error) from None

    def query_one(self, sql: str, parameters: Sequence[Any] = ()) -> tuple[Any, ...] | None:
        """Return the first row, or None where there is none."""
        for row in self.query(sql, parameters):
            return row
        return None

    def query_row(self, sql: str, parameters: Sequence[Any] = ()) -> tuple[Any, ...]:
        """Return the row of a query that always has one."""
        return self.query(sql, parameters)[0]

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        """Make a change; returns how many rows it touched."""
        try:
            return self.connection.execute(sql, parameters).rowcount
        except sqlite3.Error as error:
            raise self._error(error) from None

    def execute_many(self, sql: str, parameters: Iterable[Sequence[Any]]) -> None:
        """Make a change once for each set of parameters."""
        try:
            self.connection.executemany(sql, parameters)
        except sqlite3.Error as error:
            raise self._error(error) from None

    @contextlib.contextmanager
    def reading(self) -> Iterator[None]:
        """One state of the archive for all queries within. Within another one, that one's."""
        if self.connection.in_transaction:
            yield
            return
        self.execute("BEGIN")
        try:
            yield
        finally:
            self._leave("ROLLBACK")

    @contextlib.contextmanager
    def transaction(self, account_id: int | None = None) -> Iterator[None]:
        """All or nothing, with every other writer kept out. Within another one, that one.

        Raises `ArchiveError` where this account is not in the archive, or no longer.
        """
        if self._writing:
            yield
            return
        if self.read_only:
            raise ArchiveReadOnly("the archive cannot be written to")
        if not _is_there(self.path, self._inode):
            raise ArchiveError(
                "the archive was moved away: start again to use the one that is there"
            )
        self.execute("BEGIN IMMEDIATE")
        self._writing = True
        try:
            if account_id is not None:
                self._require(account_id)
            yield
            self.execute("COMMIT")
        except BaseException:
            self._leave("ROLLBACK")
            raise
        finally:
            self._writing = False

    def count_change(self) -> None:
        """Have `changes` tell that something was changed; within `transaction`."""
        self.execute("UPDATE state SET changes = changes + 1")

    def _require(self, account_id: int) -> None:
        if self.query_one("SELECT 1 FROM accounts WHERE account = ?", (account_id,)) is None:
            raise ArchiveError("this account is no longer in the archive")

    def _error(self, error: sqlite3.Error) -> ArchiveError:
        """Return what to raise."""
        ours = archive_error(error)
        if isinstance(ours, ArchiveDamaged):
            self._doubt()
        return ours

    def _doubt(self) -> None:
        """Have the file looked through when it is opened next."""
        if not self.read_only and _is_there(self.path, self._inode):
            with contextlib.suppress(OSError):
                private_file(_doubts(self.path))

    def _leave(self, how: str) -> None:
        """End a transaction, if SQLite has not ended it itself."""
        if self.connection.in_transaction:
            with contextlib.suppress(sqlite3.Error):
                self.connection.execute(how)


def open_file(
    path: Path, busy_seconds: float, wall: Callable[[], datetime]
) -> tuple[sqlite3.Connection, int, bool, Path | None]:
    """Open or begin the file.

    Returns the connection, the file's inode, whether it is read-only, and where a bad one went.

    Raises `ArchiveError`.
    """
    try:
        if unwritable := _unwritable(path):
            return _open_read_only(path, busy_seconds), unwritable, True, None
        set_aside = None
        while True:
            private_folder(path.parent)
            with _gate(path, setting_aside=False):
                try:
                    inode = private_file(path).stat().st_ino
                    return _open_to_write(path, busy_seconds), inode, False, set_aside
                except FileNotFoundError:  # somebody moved it away just now
                    continue
                except ArchiveDamaged:
                    pass
                except ArchiveError:
                    if _is_there(path, inode):
                        raise
                    continue
            set_aside = _set_aside(path, inode, wall) or set_aside
    except PathRefused as refused:
        raise ArchiveError(str(refused)) from None
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise archive_error(sqlite3.OperationalError(str(error))) from None
        raise ArchiveError(f"{path} cannot be opened: {error.strerror}") from None


def _unwritable(path: Path) -> int | None:
    """Return the inode of a file that cannot be written to; None for one that can, or for none.

    Another program may set the file aside meanwhile, and begin a fresh one.
    """
    while path.exists():
        try:
            inode = path.stat().st_ino
        except FileNotFoundError:
            continue
        if os.access(path, os.W_OK) and os.access(path.parent, os.W_OK):
            return None
        if _is_there(path, inode):
            return inode
    return None


def _is_there(path: Path, inode: int) -> bool:
    try:
        return path.stat().st_ino == inode
    except FileNotFoundError:
        return False


def _open_to_write(path: Path, busy_seconds: float) -> sqlite3.Connection:
    connection = _connected(path, "mode=rw", busy_seconds)  # never makes the file, as not private
    try:
        migrate(connection, lambda: _share(connection, busy_seconds))
        if _doubts(path).exists():
            _look_through(connection)
            _doubts(path).unlink(missing_ok=True)
        for pragma in _PRAGMAS:
            connection.execute(pragma)
    except sqlite3.Error as error:
        connection.close()
        raise archive_error(error) from None
    except BaseException:
        connection.close()
        raise
    return connection


def _connected(path: Path, parameters: str, busy_seconds: float) -> sqlite3.Connection:
    name = quote_from_bytes(os.fsencode(path.absolute()))  # Path.as_uri imports an HTTP client
    try:
        return sqlite3.connect(
            f"file://{name}?{parameters}",
            uri=True,
            timeout=busy_seconds,
            isolation_level=None,
            check_same_thread=False,
        )
    except sqlite3.Error as error:
        raise archive_error(error) from None


def _doubts(path: Path) -> Path:
    """The file that stands beside an archive while there are doubts about it."""
    return path.with_name(f"{path.name}.doubts")


def _look_through(connection: sqlite3.Connection) -> None:
    """Raise `ArchiveDamaged` if the file is bad; the search index is made anew in any case."""
    if _of_the_file(connection.execute("PRAGMA quick_check")):
        raise ArchiveDamaged("the archive is damaged")
    connection.execute("UPDATE state SET folding = ''")  # the search index


def _of_the_file(found: Iterable[tuple[str]]) -> list[str]:
    """What a check found but for complaints of the search index, which SQLite has from 3.44 on."""
    return [words for (words,) in found if words != "ok" and "fts5" not in words.lower()]


def _share(connection: sqlite3.Connection, busy_seconds: float) -> None:
    """Let readers and a writer work at the same time.

    The change of mode is refused at once, without a wait, while another program has the file open
    for its own change of mode.
    """
    waited = 0.0
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if not isinstance(archive_error(error), ArchiveBusy) or waited >= busy_seconds:
                raise
        time.sleep(_SHARED_MODE_RETRY_SECONDS)
        waited += _SHARED_MODE_RETRY_SECONDS


def _open_read_only(path: Path, busy_seconds: float) -> sqlite3.Connection:
    """Open a file that cannot be written to, where need be without the files beside it."""
    for parameters in ("mode=ro", "mode=ro&immutable=1"):
        connection = _connected(path, parameters, busy_seconds)
        try:
            migrate(connection, None)
        except sqlite3.OperationalError:
            connection.close()
            continue
        except sqlite3.Error as error:
            connection.close()
            raise archive_error(error) from None
        except BaseException:
            connection.close()
            raise
        return connection
    raise ArchiveReadOnly(f"{path} cannot be written to, nor be read as it is")


@contextlib.contextmanager
def _gate(path: Path, *, setting_aside: bool) -> Iterator[None]:
    """Keep a file from being set aside while it is opened, and from being opened meanwhile.

    The lock is on the folder: SQLite would lose its own on a file that we close again.
    """
    import fcntl

    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX if setting_aside else fcntl.LOCK_SH)
        yield
    finally:
        os.close(folder)


def _set_aside(path: Path, inode: int, wall: Callable[[], datetime]) -> Path | None:
    """Move a damaged file out of the way; None where another program already has.

    Raises `ArchiveDamaged` where it is in use: SQLite finds the files beside it by their names, and
    whoever still has it open would take those of the fresh one for its own.
    """
    with _gate(path, setting_aside=True):
        if not _is_there(path, inode):
            return None
        if _in_use(path, inode):
            raise ArchiveDamaged(
                "the archive is damaged, and still open in an inbox-tui: leave that one first"
            )
        return _moved(path, wall)


def _in_use(path: Path, inode: int) -> bool:
    """Tell whether any program has this file open, this one included."""
    import fcntl

    if inode in _OPEN.values():
        return True
    file = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, *_SHARED_LOCK)
    except OSError:
        return True
    finally:
        os.close(file)
    return False


def damaged_copies(path: Path) -> list[Path]:
    """Return the damaged archives that were kept beside this one, with their side files."""
    return sorted(path.parent.glob(f"{path.name}.damaged-*"))


def _moved(path: Path, wall: Callable[[], datetime]) -> Path:
    named = path.with_name(f"{path.name}.damaged-{wall().astimezone():%Y%m%d-%H%M%S}")
    target, number = named, 1
    while target.exists():
        number += 1
        target = named.with_name(f"{named.name}-{number}")
    _doubts(path).unlink(missing_ok=True)
    for suffix in _SIDE_FILES:  # first, so that the fresh file never meets them
        with contextlib.suppress(FileNotFoundError):
            Path(f"{path}{suffix}").rename(f"{target}{suffix}")
    return path.rename(target)
