"""What is kept: messages, read flags, search, and the log of requests, in one SQLite file."""

from inbox_tui.archive.archive import AccountArchive, AllAccounts, Archive
from inbox_tui.archive.errors import (
    ArchiveBusy,
    ArchiveDamaged,
    ArchiveError,
    ArchiveFull,
    ArchiveReadOnly,
    ArchiveTooNew,
    QueryCancelled,
)
from inbox_tui.archive.lists import Item, Listing
from inbox_tui.archive.opening import damaged_copies
from inbox_tui.archive.records import (
    ADDRESS,
    LOST_REQUESTS,
    SIGNED_IN,
    Day,
    Gap,
    Hold,
    Page,
    Permit,
    Query,
    Refused,
    Row,
    StateChange,
    Stored,
    Sweep,
    from_server_seconds,
    row_at,
    to_server_seconds,
)
from inbox_tui.archive.worker import ArchiveWorker

__all__ = [
    "ADDRESS",
    "LOST_REQUESTS",
    "SIGNED_IN",
    "AccountArchive",
    "AllAccounts",
    "Archive",
    "ArchiveBusy",
    "ArchiveDamaged",
    "ArchiveError",
    "ArchiveFull",
    "ArchiveReadOnly",
    "ArchiveTooNew",
    "ArchiveWorker",
    "Day",
    "Gap",
    "Hold",
    "Item",
    "Listing",
    "Page",
    "Permit",
    "Query",
    "QueryCancelled",
    "Refused",
    "Row",
    "StateChange",
    "Stored",
    "Sweep",
    "damaged_copies",
    "from_server_seconds",
    "row_at",
    "to_server_seconds",
]
