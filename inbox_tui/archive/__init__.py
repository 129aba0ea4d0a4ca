"""What is kept: messages, read flags, search, and the log of requests, in one SQLite file."""

from inbox_tui.archive.archive import AccountArchive, Archive
from inbox_tui.archive.database import damaged_copies
from inbox_tui.archive.errors import (
    ArchiveBusy,
    ArchiveDamaged,
    ArchiveError,
    ArchiveFull,
    ArchiveReadOnly,
    ArchiveTooNew,
    QueryCancelled,
)
from inbox_tui.archive.listings import Listing
from inbox_tui.archive.records import (
    ADDRESS,
    LOST_REQUESTS,
    SIGNED_IN,
    Gap,
    Hold,
    Key,
    Page,
    Permit,
    Query,
    Refused,
    Row,
    Stored,
    Sweep,
    from_server_seconds,
    to_server_seconds,
)
from inbox_tui.archive.worker import ArchiveWorker

__all__ = [
    "ADDRESS",
    "LOST_REQUESTS",
    "SIGNED_IN",
    "AccountArchive",
    "Archive",
    "ArchiveBusy",
    "ArchiveDamaged",
    "ArchiveError",
    "ArchiveFull",
    "ArchiveReadOnly",
    "ArchiveTooNew",
    "ArchiveWorker",
    "Gap",
    "Hold",
    "Key",
    "Listing",
    "Page",
    "Permit",
    "Query",
    "QueryCancelled",
    "Refused",
    "Row",
    "Stored",
    "Sweep",
    "damaged_copies",
    "from_server_seconds",
    "to_server_seconds",
]
