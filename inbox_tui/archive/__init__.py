"""The archive: messages, their states, the search index and the request log in one SQLite file."""

from inbox_tui.archive.archive import AccountArchive, AnyAccount, Archive
from inbox_tui.archive.errors import (
    ArchiveBusy,
    ArchiveDamaged,
    ArchiveError,
    QueryCancelled,
)
from inbox_tui.archive.lists import Item, Listing
from inbox_tui.archive.opening import damaged_copies
from inbox_tui.archive.records import (
    SIGNED_IN,
    TEAM,
    Cursor,
    Day,
    DayStart,
    Gap,
    Hold,
    LogState,
    Page,
    Permit,
    Polled,
    Query,
    Row,
    StateChange,
    from_server_seconds,
    server_seconds,
    service_day,
    to_server_seconds,
)
from inbox_tui.archive.worker import ArchiveWorker

__all__ = [
    "SIGNED_IN",
    "TEAM",
    "AccountArchive",
    "AnyAccount",
    "Archive",
    "ArchiveBusy",
    "ArchiveDamaged",
    "ArchiveError",
    "ArchiveWorker",
    "Cursor",
    "Day",
    "DayStart",
    "Gap",
    "Hold",
    "Item",
    "Listing",
    "LogState",
    "Page",
    "Permit",
    "Polled",
    "Query",
    "QueryCancelled",
    "Row",
    "StateChange",
    "damaged_copies",
    "from_server_seconds",
    "server_seconds",
    "service_day",
    "to_server_seconds",
]
