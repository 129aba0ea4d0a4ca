"""What the archive takes and gives.

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
"""The name under which is remembered that the service has let an account in."""
ADDRESS = "address"
"""The name under which is remembered where that was: the server as a full address."""
LOST_REQUESTS = "lost_requests"
"""The name under which is remembered that requests may have been made that are not in the log of
requests: it was begun anew in place of a damaged one."""
TEAM = "team"
"""The name under which is remembered that an account belongs to a team: where its hub is, once that
knows what was asked for here before; "" until then."""
ChangedState = Literal["unread", "starred", "done", "muted", "taken"]
SERIAL_BITS = 20
DAY_SECONDS = 86400
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - the service's clock has no zone


def to_server_seconds(moment: datetime) -> int:
    """Return what the service's clock shows, a naive time, as server seconds."""
    since = moment - _EPOCH
    return since.days * 86400 + since.seconds


def server_seconds(moment: datetime, server_zone: tzinfo) -> int:
    """Return an aware time as server seconds."""
    return to_server_seconds(moment.astimezone(server_zone).replace(tzinfo=None))


def from_server_seconds(seconds: int) -> datetime:
    """Return server seconds as what the service's clock shows, a naive time."""
    return _EPOCH + timedelta(seconds=seconds)


def row_at(seconds: int) -> int:
    """Return the lowest row that a message received at these server seconds can have.

    A row is the second of receipt and, in its last 20 bits, a serial number within that second.
    """
    return seconds << SERIAL_BITS


def day_of_row(row: int) -> int:
    """Return the day that a message was received on: server seconds // 86400."""
    return (row >> SERIAL_BITS) // DAY_SECONDS


DayStart = Callable[[int], int]
"""Returns the server seconds at which a day of the reader's begins: days since 1970-01-01."""


def service_day(day: int) -> int:
    """Return the server seconds at which a day begins on the service's own clock."""
    return day * DAY_SECONDS


class Row(NamedTuple):
    """A message of the archive."""

    row: int
    """What lists are ordered by, newest first the largest first; see `row_at`. Unlike the id it is
    the message's own among those of all accounts, and stays as long as it is kept."""
    account_id: int
    id: int
    """The service's id for it."""
    sent: int | None
    """Server seconds; None where the service gave no readable time."""
    phone: str
    to_phone: str
    message: str
    unread: bool
    starred: bool
    done: bool
    muted: bool
    """Whether its sender is muted: then it is not counted as unread."""
    stamp: str = ""
    """When it was received as it came, where there is no such date; empty otherwise."""
    taken: int = 0
    """Whether somebody of a team has taken it: see `team_states.TAKEN`, `MINE`."""

    @property
    def received(self) -> int:
        """Server seconds."""
        return self.row >> SERIAL_BITS


class Gap(NamedTuple):
    """Messages between these server seconds could not be had (api.md, Request, `hour`)."""

    start: int
    end: int

    @property
    def row(self) -> int:
        """Where it lies in a list: just below what was received at its end."""
        return row_at(self.end) - 1


class Day(NamedTuple):
    """The line above the messages of a day in a list."""

    day: int
    """Days since 1970-01-01."""
    total: int | None
    """Messages of the day that are in the list; None while that is not known."""
    unread: int | None
    """Those that were unread, of senders that are not muted, when it was first read."""


class Query(NamedTuple):
    """What is wanted of the messages; all of it must fit."""

    to_phone: str | None = None
    """Only messages to this number."""
    since: int | None = None
    """Only messages received at these server seconds or later."""
    phone: str | None = None
    """Only messages from this sender."""
    search: SearchQuery = SearchQuery()
    """Only messages that fit this; its moments are left to the caller: `since` and `before`."""
    state: MessageState | None = None
    """Only messages in this state. Those of muted senders are never in `unread`."""
    before: int | None = None
    """Only messages received before these server seconds."""

    def searching(self, search: SearchQuery, server_zone: tzinfo) -> Query:
        """Return this query narrowed to what a search fits, its moments included.

        A search that can't be read finds nothing.
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
        """Whether daily counts tell how many there are."""
        others = (self.state, self.phone, self.before)
        return not any(self.search) and all(other is None for other in others)


class StateChange(NamedTuple):
    """What a change of states came to, so that it can be undone."""

    state: ChangedState
    value: bool
    rows: Sequence[int]
    """The rows of the messages whose state is another one now."""
    senders: Sequence[tuple[int, str]] = ()
    """For `muted`: account_id and phone of the senders that were muted, or no longer are."""


PassKind = Literal["whole", "poll", "thin"]
"""What a pass asks for: the whole period of the service, the hours since the last poll, or of these
only what is above an id that later messages have confirmed."""


class Polled(NamedTuple):
    """When a finished pass began, by three clocks."""

    moment: Moment
    """On the boot clock."""
    wall: datetime
    """By our wall clock, aware."""
    service: datetime
    """By the service's clock as far as it told, aware."""


class Pass(NamedTuple):
    """A pass under way: one request, or several where answers are full."""

    kind: PassKind
    hour: int
    """How many hours it looks back."""
    began: Moment
    after_id: int | None = None
    """The id that the next request of it asks on from."""
    pages: int = 0
    """How many full pages have come."""
    highest: int = -1
    """The largest id of these."""
    middle: int | None = None
    """The median of the times of the first full one, in server seconds."""
    sampling: bool = False
    """Whether its next request only asks in which order the service answers."""
    by_time: bool = False
    """Whether it goes on by time, not by id: the pages are in the order of their times."""
    newest: int | None = None
    """Up to when the full pages of a pass by time hold all messages, in server seconds."""
    back: int | None = None
    """How many hours the next request of a pass by time looks back; None: all of its hours."""


class Cursor(NamedTuple):
    """How far one scope of an account has been asked for."""

    polled: Polled | None = None
    """The last finished pass that was not thinned."""
    whole: Polled | None = None
    """The last finished pass over the whole period."""
    confirmed_id: int | None = None
    """Polls may ask above this id only; None where they are not to be thinned."""
    newest_first: bool | None = None
    """Whether a full page holds the newest messages of its hours; None while that is unknown."""
    running: Pass | None = None
    page_size: int | None = None
    """How many messages to ask for, where an answer with more was too large to be read."""


class LateMessages(NamedTuple):
    """Messages that polls missed and a pass over the whole period found."""

    messages: int
    longest: float
    """The longest time between reception and finding, in seconds."""


class Page(NamedTuple):
    """An answer of the service, and all that is to be kept with it."""

    scope: str
    """The receiving number asked for, "" for all."""
    entry: int | None
    """The request's number in the log of requests; None where none was made for it."""
    messages: Sequence[IncomingMessage]
    unreadable: Sequence[str]
    """Raw entries that could not be read as messages."""
    cursor: Cursor
    """How far the scope has been asked for with this page."""
    at: Moment
    """When the answer came."""
    gap: Gap | None
    """What it shows to be missing."""
    seen: datetime
    """When the answer came, by the wall clock, aware."""


class Permit(NamedTuple):
    """A request may be sent now; it is in the log of requests under this number."""

    entry: int
    at: Moment
    """When it counts as sent, or a little before."""


class Hold(NamedTuple):
    """A reason not to ask, which every terminal keeps to."""

    kind: str
    until: float | None
    """Seconds of this boot's clock; None until somebody clears it."""
    attempt: int
    """How many times in a row it has come to this."""
    reason: str
    """Why, to be said by `locale._` in the language of whoever reads it."""
    at: datetime
    """When it was set, by the wall clock, aware."""
    digest: bytes
    """What tells a refused password from another one; empty for other kinds."""

    def stands_at(self, seconds: float) -> bool:
        """Whether it is not over yet at this time of this boot's clock."""
        return self.until is None or self.until > seconds


class LogState(NamedTuple):
    """What the log of requests of a login says at a moment, for the choice of the next one."""

    refusals: Sequence[tuple[bytes, str]]
    """The digests of the passwords that were refused, and why, newest first."""
    lost: bool
    """Whether requests may have been made that are not in the log."""
    hold: Hold | None
    """What keeps us from asking; it may be over already."""
    entries: Sequence[LoggedRequest]
    """The requests, oldest first."""
    last: Mapping[str, LoggedRequest]
    """The last request of each scope."""
