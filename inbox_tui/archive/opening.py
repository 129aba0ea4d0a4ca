"""How the archive's file is opened: privately, and moved aside where it is damaged."""

from __future__ import annotations

import contextlib
import errno
import os
import sqlite3
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import NamedTuple, TypeVar
from urllib.parse import quote_from_bytes

from inbox_tui.archive.errors import (
    ArchiveBusy,
    ArchiveDamaged,
    ArchiveError,
    ArchiveReadOnly,
    archive_error,
    archive_errors,
)
from inbox_tui.archive.schema import has_tables, make_tables
from inbox_tui.locale import _, system_words
from inbox_tui.private_files import PathRefused, private_file, private_folder

T = TypeVar("T")

_SIDE_FILES = ("-wal", "-shm")
_LOCK_FILE = "inbox.lock"
_RETRY_SECONDS = 0.01
_LONGEST_WAIT_FOR_LOCK_SECONDS = 5.0
"""Whoever starts at the same moment may be looking through a large file on a slow machine."""
_PRAGMAS = (
    "PRAGMA synchronous = FULL",  # what has been acknowledged outlives a power cut
    "PRAGMA secure_delete = ON",
    "PRAGMA temp_store = MEMORY",  # no text in files elsewhere
    "PRAGMA cache_size = -16000",
)


class OpenFile(NamedTuple):
    """The archive's file, opened."""

    connection: sqlite3.Connection
    inode: int
    lock: int | None
    """The descriptor of the lock on the folder, to be closed after the connection."""
    read_only: bool
    set_aside: Path | None
    """Where a damaged file was moved when this one was begun in its place."""


def open_file(path: Path, busy_seconds: float, wall: Callable[[], datetime]) -> OpenFile:
    """Open or begin the file. Raises `ArchiveError`."""
    try:
        if path.exists() and not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)):
            connection = _open_read_only(path, busy_seconds)
            return OpenFile(connection, path.stat().st_ino, None, True, None)
        set_aside = None
        while True:
            private_folder(path.parent)
            lock = _lock_folder(path.parent, exclusive=False)
            try:
                inode = private_file(path).stat().st_ino
                connection = _open_to_write(path, busy_seconds)
                return OpenFile(connection, inode, lock, False, set_aside)
            except ArchiveDamaged:
                unlock_folder(lock)
            except BaseException:
                unlock_folder(lock)
                raise
            set_aside = _set_aside(path, inode, wall) or set_aside
    except PathRefused as refused:
        raise ArchiveError(str(refused)) from None
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise archive_error(sqlite3.OperationalError(str(error))) from None
        raise ArchiveError(
            _("{path} cannot be opened: {strerror}").format(path=path, strerror=system_words(error))
        ) from None


def is_there(path: Path, inode: int) -> bool:
    """Return whether the file at this path is the one with this inode."""
    try:
        return path.stat().st_ino == inode
    except FileNotFoundError:
        return False


def suspect_damage(path: Path) -> None:
    """Have the file looked through when it is opened next."""
    with contextlib.suppress(OSError):
        private_file(_damage_marker(path))


def damaged_copies(path: Path) -> list[Path]:
    """Return the damaged archives that were kept beside this one, with their side files."""
    return sorted(path.parent.glob(f"{path.name}.damaged-*"))


# -- the lock on the folder


def _lock_folder(folder: Path, *, exclusive: bool) -> int:
    """Lock the folder: shared for as long as the file is open, exclusive to move it aside.

    SQLite finds the files beside a database by their names: whoever still had a file open that was
    moved aside would take those of the fresh one for its own. The lock is on the folder because
    SQLite would lose its own locks on a file that we close again; on Windows, which locks no
    folders, on a file of its own. Waits for a shared lock; raises `BlockingIOError` where an
    exclusive one is not to be had.
    """
    if sys.platform == "win32":
        from inbox_tui.windows import lock_file

        descriptor = os.open(folder / _LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_NOINHERIT)
        lock = partial(lock_file, descriptor, exclusive=exclusive)
    else:
        import fcntl

        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        how = fcntl.LOCK_EX | fcntl.LOCK_NB if exclusive else fcntl.LOCK_SH
        lock = partial(fcntl.flock, descriptor, how)
    try:
        lock()
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def unlock_folder(lock: int | None) -> None:
    """Give up a lock of `_lock_folder`."""
    if lock is not None:
        os.close(lock)


def _set_aside(path: Path, inode: int, wall: Callable[[], datetime]) -> Path | None:
    """Move a damaged file out of the way; None where another program already has.

    Whoever only finds the damage at the same moment is waited for. Raises `ArchiveDamaged` where
    any program has the file open, this one included.
    """
    try:
        lock = _wait_for(
            partial(_lock_folder, path.parent, exclusive=True),
            BlockingIOError,
            _LONGEST_WAIT_FOR_LOCK_SECONDS,
        )
    except BlockingIOError:
        raise ArchiveDamaged(
            _("the archive is damaged and still open in an inbox-tui: leave it first")
        ) from None
    try:
        return _move_aside(path, wall) if is_there(path, inode) else None
    finally:
        unlock_folder(lock)


def _wait_for(attempt: Callable[[], T], refused: type[Exception], seconds: float) -> T:
    """Return the result of an attempt; one that is refused is made again for so long."""
    end = time.monotonic() + seconds
    while True:
        try:
            return attempt()
        except refused:
            if time.monotonic() >= end:
                raise
        time.sleep(_RETRY_SECONDS)


def _move_aside(path: Path, wall: Callable[[], datetime]) -> Path:
    named = path.with_name(f"{path.name}.damaged-{wall().astimezone():%Y%m%d-%H%M%S}")
    target, number = named, 1
    while target.exists():
        number += 1
        target = named.with_name(f"{named.name}-{number}")
    _damage_marker(path).unlink(missing_ok=True)
    for suffix in _SIDE_FILES:  # first, so that the fresh file never meets them
        with contextlib.suppress(FileNotFoundError):
            Path(f"{path}{suffix}").rename(f"{target}{suffix}")
    return path.rename(target)


# -- opening


@archive_errors()
def _open_to_write(path: Path, busy_seconds: float) -> sqlite3.Connection:
    # mode=rw never makes the file: it would not be private
    with _connection(path, "mode=rw", busy_seconds) as connection:
        is_made = has_tables(connection)
        _wait_for(partial(_enable_wal, connection), ArchiveBusy, busy_seconds)
        if not is_made:
            make_tables(connection)
        if _damage_marker(path).exists():
            if damage_in(connection.execute("PRAGMA quick_check")):
                raise ArchiveDamaged(_("the archive is damaged"))
            connection.execute("UPDATE state SET search_stale = 1")  # that is not looked through
            _damage_marker(path).unlink(missing_ok=True)
        for pragma in _PRAGMAS:
            connection.execute(pragma)
        return connection


@archive_errors()
def _open_read_only(path: Path, busy_seconds: float) -> sqlite3.Connection:
    """Open a file that cannot be written to, where need be without the files beside it."""
    for parameters in ("mode=ro", "mode=ro&immutable=1"):
        with (
            contextlib.suppress(sqlite3.OperationalError),
            _connection(path, parameters, busy_seconds) as connection,
        ):
            if not has_tables(connection):
                raise ArchiveReadOnly(_("the archive is empty and cannot be written to"))
            return connection
    raise ArchiveReadOnly(_("{path} cannot be written to, nor be read as it is").format(path=path))


@contextlib.contextmanager
def _connection(path: Path, parameters: str, busy_seconds: float) -> Iterator[sqlite3.Connection]:
    """A new connection, which is closed where the block fails."""
    # Path.as_uri imports an HTTP client
    name = quote_from_bytes(os.fsencode(path.absolute().as_posix())).removeprefix("/")
    connection = sqlite3.connect(
        f"file:///{name}?{parameters}",
        uri=True,
        timeout=busy_seconds,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        yield connection
    except BaseException:
        connection.close()
        raise


def _damage_marker(path: Path) -> Path:
    """Return the file that stands beside an archive that may be damaged."""
    return path.with_name(f"{path.name}.check")


def damage_in(found: Iterable[tuple[str]]) -> list[str]:
    """Return what a check found, complaints of the search index left out (SQLite 3.44 has them)."""
    return [words for (words,) in found if words != "ok" and "fts5" not in words.lower()]


@archive_errors()
def _enable_wal(connection: sqlite3.Connection) -> None:
    """Let readers and a writer work at the same time.

    The change of mode is refused at once, without a wait, while another program has the file open
    for its own change of mode.
    """
    connection.execute("PRAGMA journal_mode = WAL")
