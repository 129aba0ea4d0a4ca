"""The archive of messages: one SQLite file, shared by every program of the user's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from inbox_tui.archive.database import BUSY_SECONDS, open_file, utc_now
from inbox_tui.archive.errors import ArchiveError
from inbox_tui.archive.ledger import Ledger
from inbox_tui.archive.pages import Pages


class Archive(Pages, Ledger):
    """All that is kept of the accounts: messages, read marks, search index, request ledger.

    One object is one connection, used by one thread at a time; `interrupt` may come from any.
    Everything that goes wrong is an `ArchiveError`.
    """

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

        Raises `ArchiveTooNew` for the file of a later version, which is left as it is, and
        `ArchiveError` where there can be no file.
        """
        connection, inode, read_only, set_aside = open_file(path, busy_seconds, wall)
        archive = cls(
            connection, path, inode=inode, read_only=read_only, set_aside=set_aside, wall=wall
        )
        if set_aside is not None:
            try:
                archive.note_lost_requests()
            except ArchiveError:
                archive.close()
                raise
        return archive

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
