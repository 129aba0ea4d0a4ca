"""Opening the archive's file: with private permissions, and moving a damaged file aside."""

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
"""Another program that starts now may need this long to check a large file on a slow machine."""
_PRAGMAS = (
    "PRAGMA synchronous = FULL",  # committed changes survive a power cut
    "PRAGMA secure_delete = ON",
    "PRAGMA temp_store = MEMORY",  # no message text in temporary files
    "PRAGMA cache_size = -16000",
)


class OpenFile(NamedTuple):
    """The archive's file, opened."""

    connection: sqlite3.Connection
    inode: int
    lock: int | None
    """Descriptor of the lock on the folder, closed after the connection; None if read-only."""
    read_only: bool
    set_aside: Path | None
    """Where a damaged file was moved, or None if there was none."""


def open_file(path: Path, busy_seconds: float, wall: Callable[[], datetime]) -> OpenFile:
    """Open or create the file; move a damaged one aside. Raises `ArchiveError`."""
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
    """Have the file checked for damage when it is next opened."""
    with contextlib.suppress(OSError):
        private_file(_damage_marker(path))


def damaged_copies(path: Path) -> list[Path]:
    """Return the damaged archives that were moved aside, with their WAL and shared-memory files."""
    return sorted(path.parent.glob(f"{path.name}.damaged-*"))


# -- the lock on the folder


def _lock_folder(folder: Path, *, exclusive: bool) -> int:
    """Lock the folder: shared while the file is open, exclusive to move it aside.

    SQLite finds the files beside a database by name. A program that still had the moved file open
    would use those of the new one. The lock is on the folder because closing a descriptor of the
    database file would drop SQLite's own locks on it. Windows cannot lock folders, so a lock file
    is used there. Waits for a shared lock; raises `BlockingIOError` if an exclusive lock is not
    available at once.
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
    """Release a lock taken by `_lock_folder`, if there is one."""
    if lock is not None:
        os.close(lock)


def _set_aside(path: Path, inode: int, wall: Callable[[], datetime]) -> Path | None:
    """Move a damaged file aside; returns its new path, or None if another program was faster.

    Waits for other programs that are just finding the damage, too. Raises `ArchiveDamaged` if any
    program, even this one, keeps the file open.
    """
    try:
        lock = _wait_for(
            partial(_lock_folder, path.parent, exclusive=True),
            BlockingIOError,
            _LONGEST_WAIT_FOR_LOCK_SECONDS,
        )
    except BlockingIOError:
        raise ArchiveDamaged(
            _("the archive is damaged, and an inbox-tui still has it open: quit that one first")
        ) from None
    try:
        return _move_aside(path, wall) if is_there(path, inode) else None
    finally:
        unlock_folder(lock)


def _wait_for(attempt: Callable[[], T], refused: type[Exception], seconds: float) -> T:
    """Return the result of `attempt`, and retry it on the error `refused` for this many seconds."""
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
    for suffix in _SIDE_FILES:  # first, so that a new file never gets those of the old one
        with contextlib.suppress(FileNotFoundError):
            Path(f"{path}{suffix}").rename(f"{target}{suffix}")
    return path.rename(target)


# -- opening


@archive_errors()
def _open_to_write(path: Path, busy_seconds: float) -> sqlite3.Connection:
    # mode=rw never creates the file, which would not be private then.
    with _connection(path, "mode=rw", busy_seconds) as connection:
        is_made = has_tables(connection)
        _wait_for(partial(_enable_wal, connection), ArchiveBusy, busy_seconds)
        if not is_made:
            make_tables(connection)
        if _damage_marker(path).exists():
            if damage_in(connection.execute("PRAGMA quick_check")):
                raise ArchiveDamaged(_("the archive is damaged"))
            connection.execute("UPDATE state SET search_stale = 1")  # the check leaves it out
            _damage_marker(path).unlink(missing_ok=True)
        for pragma in _PRAGMAS:
            connection.execute(pragma)
        return connection


@archive_errors()
def _open_read_only(path: Path, busy_seconds: float) -> sqlite3.Connection:
    """Open a file that cannot be written to, without WAL and shared-memory files if need be."""
    for parameters in ("mode=ro", "mode=ro&immutable=1"):
        with (
            contextlib.suppress(sqlite3.OperationalError),
            _connection(path, parameters, busy_seconds) as connection,
        ):
            if not has_tables(connection):
                raise ArchiveReadOnly(_("the archive is empty and cannot be written to"))
            return connection
    raise ArchiveReadOnly(_("{path} can be neither written to nor read").format(path=path))


@contextlib.contextmanager
def _connection(path: Path, parameters: str, busy_seconds: float) -> Iterator[sqlite3.Connection]:
    """Yield a new connection, which is closed if the block raises an exception."""
    # Path.as_uri would import an HTTP client.
    name = quote_from_bytes(os.fsencode(path.absolute().as_posix())).removeprefix("/")
    connection = sqlite3.connect(
        f"file:///{name}?{parameters}",
        uri=True,
        timeout=busy_seconds,
        isolation_level=None,
        check_same_thread=False,
    )
    connection.text_factory = _text
    try:
        yield connection
    except BaseException:
        connection.close()
        raise


def _text(stored: bytes) -> str:
    """Return a stored text, with U+FFFD in place of damaged bytes, which are an error otherwise."""
    return stored.decode("utf-8", "replace")


def _damage_marker(path: Path) -> Path:
    """Return the path of the file that marks an archive as possibly damaged."""
    return path.with_name(f"{path.name}.check")


def damage_in(found: Iterable[tuple[str]]) -> list[str]:
    """Return the problems found, without those of the search index (from SQLite 3.44 on)."""
    return [words for (words,) in found if words != "ok" and "fts5" not in words.lower()]


@archive_errors()
def _enable_wal(connection: sqlite3.Connection) -> None:
    """Set the WAL mode, in which readers and a writer can work at the same time.

    Fails at once, without waiting, while another program is changing the mode.
    """
    connection.execute("PRAGMA journal_mode = WAL")
