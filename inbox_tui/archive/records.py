"""What the archive takes and gives.

Server seconds are whole seconds since 1970-01-01 00:00:00 on the service's own clock, which has no
zone (api.md, Success).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inbox_tui.smsc.limit import Moment
    from inbox_tui.smsc.message import IncomingMessage

SIGNED_IN = "signed_in"
"""The name under which is remembered that the service has let an account in."""
ADDRESS = "address"
"""The name under which is remembered where that was: the server as a full address."""
LOST_REQUESTS = "lost_requests"
"""The name under which is remembered that requests may have been made that the ledger does not
know: it was begun anew in place of a damaged one."""
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - the service's clock has no zone


def to_server_seconds(moment: datetime) -> int:
    """Return what the service's clock shows, a naive time, as server seconds."""
    since = moment - _EPOCH
    return since.days * 86400 + since.seconds


def from_server_seconds(seconds: int) -> datetime:
    """Return server seconds as what the service's clock shows, a naive time."""
    return _EPOCH + timedelta(seconds=seconds)


class Key(NamedTuple):
    """Where a message stands: the newest first is the largest first."""

    received: int
    """Server seconds."""
    id: int


class Row(NamedTuple):
    """A message of the archive."""

    row: int
    """The archive's own number for it, the same for as long as it is kept."""
    id: int
    received: int
    """Server seconds."""
    sent: int | None
    """Server seconds; None where the service gave no readable time."""
    phone: str
    to_phone: str
    message: str
    unread: bool

    @property
    def key(self) -> Key:
        """Where it stands in a list."""
        return Key(self.received, self.id)


class Gap(NamedTuple):
    """Messages between these server seconds could not be had (api.md, Request, `hour`)."""

    start: int
    end: int


class Query(NamedTuple):
    """What is wanted; filters combine."""

    to_phone: str | None = None
    """Only messages to this number."""
    since: int | None = None
    """Only messages received at these server seconds or later."""
    phone: str | None = None
    """Only messages from this sender."""
    search: str = ""
    """Only messages in whose text, sender or receiver every word of this is found."""
    unread: bool = False
    """Only unread messages."""

    @property
    def plain(self) -> bool:
        """Whether a listing of it costs the same at any size."""
        return not (self.search or self.unread or self.phone is not None)


class Sweep(NamedTuple):
    """How far one scope of an account has been asked for."""

    floor: int | None
    """Ids up to this one need not be asked for again."""
    reached: int | None
    """The largest id of the last page, while a pass of several pages goes on."""
    started: Moment | None
    """When that pass began."""
    completed: datetime | None
    """When the last pass that came to its end began, aware."""


class Page(NamedTuple):
    """An answer of the service, and all that is to be kept with it."""

    scope: str
    """The receiving number asked for, "" for all."""
    entry: int | None
    """The request's number in the ledger; None where none was made for it."""
    messages: Sequence[IncomingMessage]
    unreadable: Sequence[str]
    """Raw entries that could not be read as messages."""
    sweep: Sweep
    """How far the scope has been asked for with this page."""
    at: Moment
    """When the answer came."""
    gap: Gap | None
    """What it shows to be missing."""
    seen: datetime
    """When the answer came, by the wall clock, aware."""


class Stored(NamedTuple):
    """What storing a page came to."""

    new: Sequence[int]
    """Ids that were not in the archive before, newest first."""


class Permit(NamedTuple):
    """A request may be sent now; it is in the ledger under this number."""

    entry: int


class Refused(NamedTuple):
    """A request must not be sent before `until`, in seconds of this boot's clock."""

    until: float
    in_flight: bool
    """Whether it waits for another request of the account rather than for the limit."""


class Hold(NamedTuple):
    """A reason not to ask, which every terminal keeps to."""

    kind: str
    until: float | None
    """Seconds of this boot's clock; None until somebody clears it."""
    attempt: int
    """How many times in a row it has come to this."""
    reason: str
    at: datetime
    """When it was set, by the wall clock, aware."""
    mark: bytes
    """What tells a refused password from another one; empty for other kinds."""
