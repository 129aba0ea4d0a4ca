"""The limit of three identical requests a minute, as a rule over a log of requests others store.

The service refuses a fourth identical request within a minute (api.md, Failure), counting by its
own clock the arrivals that we cannot see. Why it never sees a fourth:

1. A request arrives from `sent_at` to `answered_at`, or to `sent_at + in_flight_seconds` where it
   is unanswered.
2. None goes while another may be in flight, so they arrive in the order in which they went.
3. One has left the window when window and margin have passed since it arrived at the latest.
4. What goes after that arrives more than a window later than the one that has left it.
5. None goes while three identical ones are in it: of any four in a row, the first has left it.

Times are seconds on a clock that never jumps; see `Moment`. The clocks of two boots have nothing in
common: a container has a boot id of its own over the clock of its host, which does not begin at 0,
and the wall clock may jump. So what another boot logged counts, for this one, as sent and as
answered at the moment when this one first saw it so, and that moment is stored. It is never earlier
than the truth: no request leaves the window too early, and some leave it later than they might.

Holds (`archive/request_log.py`) are not counted by the service, and a program that is started anew
in a new container every few minutes would never see the end of one that begins again at each start:
what is left of a hold of another boot is told by the wall clock, at most the whole of it, and from
the moment when this boot first saw it by this boot's clock.

Log, holds and refused passwords belong to a login (`login_key`): the same service answers under
sister domains (api.md, Also known) and counts for all. Only a block of the address, error 4, holds
every login.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple
from urllib.parse import urlencode

PERIOD_HOURS = 168
"""For so many hours the service keeps messages, and more can't be asked for (api.md, Request)."""
_ROUNDING = 1e-6
"""Tolerance, in seconds, for sums of floating-point numbers when due times are compared."""


class Moment(NamedTuple):
    """An instant on a clock that never jumps and counts while the machine sleeps."""

    boot_id: str
    """Which boot of the machine the seconds count from."""
    seconds: float


class LoggedRequest(NamedTuple):
    """One request of an account that may have reached the server."""

    fingerprint: str
    sent_at: float
    """When it went, or a little before; for one of another boot, when it was first seen."""
    answered_at: float | None
    """When the server was certainly done with it; None while that is unknown."""


class Limit(NamedTuple):
    """The numbers of the rule; seconds, but for `identical`."""

    window: float = 60.0
    """How far back the service counts (api.md, Failure, error 9)."""
    identical: int = 3
    """How many identical requests it lets pass in a window."""
    margin: float = 1.0
    """Added to the window, for clocks that do not run alike."""
    request_timeout: float = 80.0
    """How long a client waits for its answer before it closes the connection."""
    in_flight_seconds: float = 90.0
    """When a request without an answer is certainly over: its timeout, and some to get going."""

    def scaled(self, factor: float) -> Limit:
        """Return the same limit with every time multiplied by `factor`."""
        return self._replace(
            window=self.window * factor,
            margin=self.margin * factor,
            request_timeout=self.request_timeout * factor,
            in_flight_seconds=self.in_flight_seconds * factor,
        )


def login_key(login: str) -> str:
    """Return what the requests, holds and refused passwords of a login are kept under.

    It is the same for logins that differ in case or outer spaces alone.
    """
    return login.strip().casefold()


def fingerprint(
    login: str, *, cnt: int, after_id: int | None = None, to_phone: str | None = None
) -> str:
    """Return what makes two requests identical to the service: every parameter but the password.

    `hour` is left out, too: it changes from poll to poll, and how the service compares requests is
    not documented. So requests that differ in nothing else count as identical.
    """
    asked = {"login": login_key(login), "cnt": cnt, "after_id": after_id, "to_phone": to_phone}
    return urlencode(
        {name: value for name, value in asked.items() if value is not None}, errors="surrogatepass"
    )


def in_flight_until(entries: Iterable[LoggedRequest], limit: Limit) -> float | None:
    """Return when the last unanswered entry is given up, or None when none is unanswered."""
    return max(
        (entry.sent_at + limit.in_flight_seconds for entry in entries if entry.answered_at is None),
        default=None,
    )


def earliest(entries: Iterable[LoggedRequest], fingerprint: str, now: float, limit: Limit) -> float:
    """Return the first instant, `now` or later, at which a request may be sent.

    `entries` are the account's, in any order; those that have left the window may be missing.
    """
    entries = list(entries)
    instants = [now]
    if (given_up := in_flight_until(entries, limit)) is not None:
        instants.append(given_up)
    out_at = sorted(_leaves_window_at(entries, fingerprint, limit), reverse=True)
    instants.extend(out_at[limit.identical - 1 : limit.identical])
    return max(instants)


def room(entries: Iterable[LoggedRequest], fingerprint: str, now: float, limit: Limit) -> int:
    """Return how many requests of this fingerprint the window has room for: 0 to `identical`."""
    counted = sum(leaves > now for leaves in _leaves_window_at(entries, fingerprint, limit))
    return max(0, limit.identical - counted)


def more_room_at(
    entries: Iterable[LoggedRequest], fingerprint: str, now: float, limit: Limit
) -> float | None:
    """Return when `room` grows next by itself, or None where it never does."""
    return min(
        (leaves for leaves in _leaves_window_at(entries, fingerprint, limit) if leaves > now),
        default=None,
    )


def spacing(answer_seconds: float, limit: Limit) -> float:
    """Return the even spacing of polls, in seconds, that never has to wait for the limit.

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
    """Tell whether a request at `now` is allowed and makes none of the polls after it late.

    Those come `refresh_seconds` apart, or `spacing` where that is longer. Only the first few need
    looking at: later ones have nothing older than this request in their window.
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
    """Yield when each entry of this fingerprint has certainly left the server's window."""
    for entry in entries:
        if entry.fingerprint == fingerprint:
            latest = entry.answered_at
            if latest is None:
                latest = entry.sent_at + limit.in_flight_seconds
            yield latest + limit.window + limit.margin
