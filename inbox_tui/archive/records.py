"""The types that the archive takes and returns.

Server seconds are whole seconds since 1970-01-01 00:00:00 on the service's own clock, which has no
zone (api.md, Success).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Literal, NamedTuple

from inbox_tui.smsc.limit import LoggedRequest, Moment
from inbox_tui.text.search_query import MessageState, SearchQuery

if TYPE_CHECKING:
    from inbox_tui.smsc.message import IncomingMessage

SIGNED_IN = "signed_in"
"""Name of the note with the time of the last successful sign-in, in ISO 8601."""
ADDRESS = "address"
"""Name of the note with the server's full address at that sign-in."""
LOST_REQUESTS = "lost_requests"
"""Name of the note that requests may have been made that are not in the request log: a damaged
archive was replaced, or the account has left a team."""
ANY_ACCOUNT = 0
"""Notes under this account id are copied to every account that is created."""
TEAM = "team"
"""Name of the note that an account belongs to a team. It holds the address of the hub once the hub
knows what was requested from here before, and "" until then."""
ChangedState = Literal["unread", "starred", "done", "muted", "taken"]
DAY_SECONDS = 86400
_SERIAL_BITS = 20
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - the service's clock has no zone
FIRST_ROW, LAST_ROW = -(2**61), 2**61
"""A row below, and one above, all rows that a message can have; see `row_at`."""


def to_server_seconds(moment: datetime) -> int:
    """Return a naive time of the service's clock as server seconds."""
    since = moment - _EPOCH
    return since.days * DAY_SECONDS + since.seconds


def server_seconds(moment: datetime, server_zone: tzinfo) -> int:
    """Return an aware time as server seconds."""
    return to_server_seconds(moment.astimezone(server_zone).replace(tzinfo=None))


def from_server_seconds(seconds: int) -> datetime:
    """Return server seconds as a naive time of the service's clock."""
    return _EPOCH + timedelta(seconds=seconds)


def row_at(seconds: int) -> int:
    """Return the lowest row that a message received at these server seconds can have.

    A row is the second of receipt and, in its last 20 bits, a serial number within that second.
    """
    return seconds << _SERIAL_BITS


def day_of_row(row: int) -> int:
    """Return the service day on which a message was received: server seconds // 86400."""
    return (row >> _SERIAL_BITS) // DAY_SECONDS


DayStart = Callable[[int], int]
"""Takes a day of the reader's in days since 1970-01-01; returns its start in server seconds."""


def service_day(day: int) -> int:
    """Return the server seconds at which a day (days since 1970-01-01) begins for the service."""
    return day * DAY_SECONDS


class Row(NamedTuple):
    """A message of the archive."""

    row: int
    """The sort key of lists, larger for newer messages; see `row_at`. Unlike the id it is unique
    across all accounts. It does not change while the message is in the archive."""
    account_id: int
    id: int
    """The service's id of the message."""
    sent: int | None
    """Server seconds; None if the service gave no readable time."""
    phone: str
    to_phone: str
    message: str
    unread: bool
    starred: bool
    done: bool
    muted: bool
    """Whether its sender is muted; then it does not count as unread."""
    stamp: str = ""
    """The time of receipt as the service wrote it, if there is no such date; empty otherwise."""
    taken: int = 0
    """Who in a team has taken the message: `NOT_TAKEN`, `TAKEN` or `MINE` of `team_states`."""

    @property
    def received(self) -> int:
        """The time of receipt in server seconds."""
        return self.row >> _SERIAL_BITS


class Gap(NamedTuple):
    """A time span in server seconds whose messages were not received (api.md, Request, `hour`)."""

    start: int
    end: int

    @property
    def row(self) -> int:
        """Its sort key in a list: just below the messages received at its end."""
        return row_at(self.end) - 1


class Day(NamedTuple):
    """The heading above the messages of a day in a list."""

    day: int
    """Days since 1970-01-01."""
    total: int | None
    """How many messages of the day are in the list; None until they have been counted."""
    unread: int | None
    """How many of them counted as unread at that time; None until they have been counted."""


class Query(NamedTuple):
    """The conditions that messages must meet, all of them."""

    to_phone: str | None = None
    """Only messages to this number."""
    since: int | None = None
    """Only messages received at these server seconds or later."""
    phone: str | None = None
    """Only messages from this sender."""
    search: SearchQuery = SearchQuery()
    """Only messages that match this. Its own times are ignored; `searching` converts them."""
    state: MessageState | None = None
    """Only messages in this state. Messages from muted senders are never `unread`."""
    before: int | None = None
    """Only messages received before these server seconds."""

    def searching(self, search: SearchQuery, server_zone: tzinfo) -> Query:
        """Return this query with a search added, including the times in it.

        A search with errors finds nothing.
        """
        if search.errors:
            return Query(since=1, before=0)
        moments = (search.since, search.before)
        since, before = (
            None if moment is None else server_seconds(moment, server_zone) for moment in moments
        )
        return self._replace(
            search=search,
            since=max((one for one in (self.since, since) if one is not None), default=None),
            before=min((one for one in (self.before, before) if one is not None), default=None),
        )

    @property
    def plain(self) -> bool:
        """Whether the daily counts can answer it: no conditions but `to_phone` and `since`."""
        others = (self.state, self.phone, self.before)
        return not any(self.search) and all(other is None for other in others)


class StateChange(NamedTuple):
    """The result of a change of states, with which it can be undone."""

    state: ChangedState
    value: bool
    rows: Sequence[int]
    """The rows of the messages whose state changed."""
    senders: Sequence[tuple[int, str]] = ()
    """For `muted`: account id and phone of the senders that were muted or unmuted."""


PassKind = Literal["whole", "poll", "thin"]
"""What a pass requests: the service's whole period, the hours since the last poll, or only the
messages of these hours with an id above `Cursor.confirmed_id`."""


class Polled(NamedTuple):
    """When a finished pass began, by three clocks."""

    moment: Moment
    """By the boot clock."""
    wall: datetime
    """By our wall clock, aware."""
    service: datetime
    """By the service's clock as far as it is known, aware."""


class Pass(NamedTuple):
    """A pass that is not finished: one request, or several if answers are full pages."""

    kind: PassKind
    hour: int
    """How many hours it looks back."""
    began: Moment
    after_id: int | None = None
    """The `after_id` of its next request."""
    pages: int = 0
    """How many full pages have been received."""
    highest: int = -1
    """The largest id in its pages so far."""
    middle: int | None = None
    """The median of the times of receipt in its first page with messages, in server seconds."""
    sampling: bool = False
    """Whether its next request only serves to find out in which order the service answers."""
    by_time: bool = False
    """Whether it pages by time instead of by id, as its pages are ordered by time."""
    newest: int | None = None
    """In a pass by time, the time up to which its pages are complete, in server seconds."""
    back: int | None = None
    """How many hours the next request of a pass by time looks back; None for all of `hour`."""
    old_pages: int = 0
    """How many old pages came in place of the next one of a pass by time."""


class Cursor(NamedTuple):
    """The sync cursor of one scope of an account: how far its messages have been received."""

    polled: Polled | None = None
    """The last finished pass that was not thinned."""
    whole: Polled | None = None
    """The last finished pass over the whole period."""
    confirmed_id: int | None = None
    """Thinned polls request only ids above this one; None if polls must not be thinned."""
    newest_first: bool | None = None
    """Whether a full page holds the newest messages of its hours; None if that is unknown."""
    running: Pass | None = None
    page_size: int | None = None
    """How many messages to request, after an answer with more was too large; None: no limit."""


class LateMessages(NamedTuple):
    """The messages that polls missed and a pass over the whole period found later."""

    messages: int
    longest: float
    """The longest time from receipt to finding, in seconds."""


class Page(NamedTuple):
    """An answer of the service, and the sync state to be stored with it."""

    scope: str
    """The receiving number requested, or "" for all."""
    entry: int | None
    """The request log's number of the request that this page ends; None if it ends none."""
    messages: Sequence[IncomingMessage]
    unreadable: Sequence[str]
    """Raw entries that could not be read as messages."""
    cursor: Cursor
    """The sync cursor of the scope after this page."""
    at: Moment
    """When the answer came, by the boot clock."""
    gap: Gap | None
    """The gap that became known with this page."""
    seen: datetime
    """When the answer came, by the wall clock, aware."""


class Permit(NamedTuple):
    """Permission to send a request now."""

    entry: int
    """The number of the request in the request log."""
    at: Moment
    """When the request counts as sent; never later than it really is."""


class Hold(NamedTuple):
    """A reason to send no requests, for every program that uses the archive."""

    kind: str
    until: float | None
    """When it ends, in seconds of this boot's clock; None if it lasts until it is cleared."""
    attempt: int
    """How many holds of this kind in a row this is."""
    reason: str
    """The reason in English; pass it to `locale._` to show it."""
    at: datetime
    """When it was set, by the wall clock, aware."""
    digest: bytes
    """The digest of the refused password; empty for other kinds."""

    def in_force_at(self, seconds: float) -> bool:
        """Return whether it is still in force at this time of this boot's clock."""
        return self.until is None or self.until > seconds


class LogState(NamedTuple):
    """The state of a login's request log at one moment, from which the next request is planned."""

    refusals: Sequence[tuple[bytes, str]]
    """The digests of the refused passwords and the reasons, newest first."""
    lost: bool
    """Whether requests may have been made that are not in the log."""
    hold: Hold | None
    """The hold on requests; it may be over already."""
    entries: Sequence[LoggedRequest]
    """The requests, oldest first."""
    last: Mapping[str, LoggedRequest]
    """The last request of each scope."""
