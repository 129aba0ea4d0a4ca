"""What is kept: messages, read marks, search, and the ledger of requests, in one SQLite file."""

from inbox_tui.archive.archive import Archive
from inbox_tui.archive.database import damaged_copies
from inbox_tui.archive.desk import Desk
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
    Filter,
    Gap,
    Hold,
    Key,
    Page,
    Permit,
    Refused,
    Row,
    Stored,
    Sweep,
    from_server_seconds,
    to_server_seconds,
)

__all__ = [
    "ADDRESS",
    "LOST_REQUESTS",
    "SIGNED_IN",
    "Archive",
    "ArchiveBusy",
    "ArchiveDamaged",
    "ArchiveError",
    "ArchiveFull",
    "ArchiveReadOnly",
    "ArchiveTooNew",
    "Desk",
    "Filter",
    "Gap",
    "Hold",
    "Key",
    "Listing",
    "Page",
    "Permit",
    "QueryCancelled",
    "Refused",
    "Row",
    "Stored",
    "Sweep",
    "damaged_copies",
    "from_server_seconds",
    "to_server_seconds",
]
