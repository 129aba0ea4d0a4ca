"""The limit of three identical requests a minute, as pure functions over a log of requests.

The service refuses a fourth identical request within a minute (api.md, Failure). It counts arrivals
by its own clock, and we cannot see when a request arrives. It never sees a fourth, because:

1. A request arrives between `sent_at` and `answered_at`, or, while it is unanswered, between
   `sent_at` and `sent_at + in_flight_seconds`.
2. No request is sent while another may be in flight, so they arrive in the order they are sent.
3. A request has left the window once window and margin have passed since its latest possible
   arrival.
4. A request sent after that arrives more than a window later than the one that left.
5. No request is sent while three identical ones are in the window, so of any four in a row, the
   first has left it when the fourth is sent.

Times are seconds on a clock that never jumps; see `Moment`. The clocks of two boots can't be
compared: a container has its own boot id but its host's clock, which does not begin at 0, and the
wall clock may jump. So a request that another boot logged counts as sent, and as answered, when
this boot first saw it in that state, and that moment is stored. It is never earlier than the real
one: no request leaves the window too early, and some leave it later than necessary.

Holds (`archive/request_log.py`) work differently. The service does not count them, and in a program
that starts in a new container every few minutes, a hold that began again at each start would never
end. So the rest of another boot's hold is calculated from the wall clock, is never longer than the
whole hold, and is measured by this boot's clock from then on.

Log, holds and refused passwords belong to a login (`login_key`), because the same service answers
under sister domains (api.md, Also known) and counts requests to all of them together. Only a block
of the address (error 4) holds every login on a machine; on a team's hub it holds the login for all
members (`team/request_log.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple
from urllib.parse import urlencode

PERIOD_HOURS = 168
"""How long the service keeps messages, and the largest `hour` of a request (api.md, Request)."""
_ROUNDING = 1e-6
"""Tolerance, in seconds, for floating-point rounding when due times are compared."""


class Moment(NamedTuple):
    """An instant on a clock that never jumps and keeps counting while the machine sleeps."""

    boot_id: str
    """The boot of the machine whose clock `seconds` is read from."""
    seconds: float


class LoggedRequest(NamedTuple):
    """One request of an account that may have reached the server."""

    fingerprint: str
    sent_at: float
    """When it was sent, or slightly earlier; for another boot's request, when it was first seen."""
    answered_at: float | None
    """When the server was certainly done with it; None while unknown."""


class Limit(NamedTuple):
    """The parameters of the rule; all but `identical` are in seconds."""

    window: float = 60.0
    """How far back the service counts (api.md, Failure, error 9)."""
    identical: int = 3
    """The number of identical requests that the service allows in a window."""
    margin: float = 1.0
    """Added to the window to allow for clock drift."""
    request_timeout: float = 80.0
    """How long a client waits for an answer before it closes the connection."""
    in_flight_seconds: float = 90.0
    """The longest an unanswered request can take: its timeout, and some seconds until it starts."""

    def scaled(self, factor: float) -> Limit:
        """Return a limit with every duration multiplied by `factor`."""
        return self._replace(
            window=self.window * factor,
            margin=self.margin * factor,
            request_timeout=self.request_timeout * factor,
            in_flight_seconds=self.in_flight_seconds * factor,
        )


def login_key(login: str) -> str:
    """Return the key that requests, holds and refused passwords of a login are stored under.

    Logins that differ only in case or surrounding spaces have the same key.
    """
    return login.strip().casefold()


def fingerprint(
    login: str, *, cnt: int, after_id: int | None = None, to_phone: str | None = None
) -> str:
    """Return a string that is equal for requests that the service may consider identical.

    It holds every parameter but the password and `hour`. How the service compares requests is not
    documented, and `hour` changes from poll to poll, so requests that differ only in `hour` count
    as identical.
    """
    asked = {"login": login_key(login), "cnt": cnt, "after_id": after_id, "to_phone": to_phone}
    return urlencode(
        {name: value for name, value in asked.items() if value is not None}, errors="surrogatepass"
    )


def in_flight_until(entries: Iterable[LoggedRequest], limit: Limit) -> float | None:
    """Return when no unanswered entry counts as in flight any longer, or None if there are none."""
    return max(
        (entry.sent_at + limit.in_flight_seconds for entry in entries if entry.answered_at is None),
        default=None,
    )


def earliest(entries: Iterable[LoggedRequest], fingerprint: str, now: float, limit: Limit) -> float:
    """Return the earliest instant, not before `now`, at which a request may be sent.

    `entries` are the login's, in any order; those that have left the window may be missing.
    """
    entries = list(entries)
    instants = [now]
    if (given_up := in_flight_until(entries, limit)) is not None:
        instants.append(given_up)
    out_at = sorted(_leaves_window_at(entries, fingerprint, limit), reverse=True)
    instants.extend(out_at[limit.identical - 1 : limit.identical])
    return max(instants)


def room(entries: Iterable[LoggedRequest], fingerprint: str, now: float, limit: Limit) -> int:
    """Return how many more requests with this fingerprint fit in the window: 0 to `identical`."""
    counted = sum(leaves > now for leaves in _leaves_window_at(entries, fingerprint, limit))
    return max(0, limit.identical - counted)


def more_room_at(
    entries: Iterable[LoggedRequest], fingerprint: str, now: float, limit: Limit
) -> float | None:
    """Return when the next entry leaves the window, so that `room` can grow; None if none will."""
    return min(
        (leaves for leaves in _leaves_window_at(entries, fingerprint, limit) if leaves > now),
        default=None,
    )


def spacing(answer_seconds: float, limit: Limit) -> float:
    """Return the shortest interval of polls, in seconds, at which none has to wait for the limit.

    `answer_seconds` is how long an answer takes; no poll starts while another is unanswered.
    """
    return max((limit.window + limit.margin + answer_seconds) / limit.identical, answer_seconds)


def may_bring_forward(
    entries: Iterable[LoggedRequest],
    fingerprint: str,
    now: float,
    refresh_seconds: float,
    answer_seconds: float,
    limit: Limit,
) -> bool:
    """Return whether a request at `now` is allowed and delays none of the polls after it.

    The polls come `refresh_seconds` apart, or `spacing` if that is longer. Only the first few need
    checking: the windows of later ones hold nothing older than this request.
    """
    interval = max(refresh_seconds, spacing(answer_seconds, limit))
    foreseen = list(entries)
    for turn in range(limit.identical):
        due = now + turn * interval
        if earliest(foreseen, fingerprint, due, limit) > due + _ROUNDING:
            return False
        foreseen.append(LoggedRequest(fingerprint, due, due + answer_seconds))
    return True


def _leaves_window_at(
    entries: Iterable[LoggedRequest], fingerprint: str, limit: Limit
) -> Iterator[float]:
    """Yield when each entry with this fingerprint has certainly left the server's window."""
    for entry in entries:
        if entry.fingerprint == fingerprint:
            latest = entry.answered_at
            if latest is None:
                latest = entry.sent_at + limit.in_flight_seconds
            yield latest + limit.window + limit.margin
