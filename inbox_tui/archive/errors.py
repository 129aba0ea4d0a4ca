"""The errors of the archive, all derived from `ArchiveError`."""

# ruff: noqa: N818 - the names say what happened

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from inbox_tui.locale import _, mark


class ArchiveError(Exception):
    """The base of all errors of the archive; `str()` is one sentence for the user."""


class ArchiveDamaged(ArchiveError):
    """The file is damaged, or is not an archive."""


class ArchiveFull(ArchiveError):
    """The disk is full. The last change was not made."""


class ArchiveReadOnly(ArchiveError):
    """The file or its folder cannot be written to."""


class ArchiveBusy(ArchiveError):
    """Another program kept the archive locked for too long."""


class QueryCancelled(ArchiveError):
    """`Database.interrupt` ended the query."""


_KINDS: dict[int, tuple[type[ArchiveError], str]] = {
    sqlite3.SQLITE_BUSY: (ArchiveBusy, mark("the archive is in use by another program")),
    sqlite3.SQLITE_LOCKED: (ArchiveBusy, mark("the archive is in use by another program")),
    sqlite3.SQLITE_FULL: (
        ArchiveFull,
        mark("the disk is full: nothing can be added to the archive"),
    ),
    sqlite3.SQLITE_READONLY: (ArchiveReadOnly, mark("the archive cannot be written to")),
    sqlite3.SQLITE_CORRUPT: (ArchiveDamaged, mark("the archive is damaged")),
    sqlite3.SQLITE_NOTADB: (ArchiveDamaged, mark("the archive is not a database")),
    sqlite3.SQLITE_INTERRUPT: (QueryCancelled, mark("the query was cancelled")),
    sqlite3.SQLITE_CANTOPEN: (ArchiveError, mark("the archive cannot be opened")),
    sqlite3.SQLITE_IOERR: (ArchiveError, mark("the disk failed to read or write the archive")),
}
_NO_ROOM = (sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_SHMSIZE)
"""SQLite's codes for the system's refusal to let a file grow, because of a quota or a limit."""


def archive_error(error: sqlite3.Error) -> ArchiveError:
    """Return the `ArchiveError` for an error of SQLite."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return ArchiveError(_("the archive could not be used: {error}").format(error=error))
    kind, sentence = _KINDS.get(
        code & 0xFF, (ArchiveError, _("the archive failed: {error}").format(error=error))
    )
    if code in _NO_ROOM:
        kind, sentence = _KINDS[sqlite3.SQLITE_FULL]
    return kind(_(sentence))


@contextmanager
def archive_errors() -> Iterator[None]:
    """Raise errors of SQLite in the block as `ArchiveError`."""
    try:
        yield
    except sqlite3.Error as error:
        raise archive_error(error) from None
