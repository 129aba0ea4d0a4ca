"""Choosing the next request: which scope, when it may go, and what is said until then."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from inbox_tui.archive import Hold, LogState
from inbox_tui.credentials import Secret, why_refused
from inbox_tui.locale import mark
from inbox_tui.smsc.limit import (
    Limit,
    Moment,
    earliest,
    fingerprint,
    in_flight_until,
    may_bring_forward,
    more_room_at,
    room,
    spacing,
)
from inbox_tui.sync.clock import Clock
from inbox_tui.sync.events import State, Status
from inbox_tui.sync.planner import PageRequest, next_page
from inbox_tui.sync.stores import MessageStore

IN_FLIGHT_REASON = mark("an earlier request may still be under way")
LIMIT_REASON = mark("for the server's limit of requests")
TOO_SLOW_REASON = mark("requests take too long to begin")
NOBODY_ASKS_REASON = mark("no colleague who can ask is connected")
LOST_REQUESTS_REASON = mark("the archive was begun anew, and with it the count of requests")

STATE_OF_HOLD = {
    "limited": State.WAITING,
    "blocked": State.BLOCKED,
    "stopped": State.BLOCKED,
    "team": State.BLOCKED,
    "colleague": State.LIVE,
}
"""What the status is while a hold stands; `OFFLINE` for other kinds."""
_YIELDING_HOLDS = ("offline", "stopped")
"""What a refresh by hand, or a new start, may try to get past."""


@dataclass
class PassProgress:
    """How far this program has come, which no store keeps."""

    whole_period_wanted: set[str] = field(default_factory=set)
    """Scopes whose whole period is to be asked for, whatever their cursors say."""
    finished: dict[str, float] = field(default_factory=dict)
    """When the last finished pass of each scope began: seconds of `Clock.moment`."""
    unproven: bool = False
    """Whether the password is still to be in a request that is answered."""


class AskNow(NamedTuple):
    """A wish to ask at once: by the user, or because the program has only just started."""

    scopes: frozenset[str]
    """Those that have not been asked for since."""
    by_user: bool


class Request(NamedTuple):
    """A request that is in the log of requests."""

    page: PageRequest
    entry: int
    at: Moment
    password: Secret
    ask_now: AskNow | None
    """What is left of the wish to ask at once."""


class Candidate(NamedTuple):
    """A request, when it is due, and when it may go: that, or later for the limit."""

    page: PageRequest
    due: float
    may_go: float


class Wait(NamedTuple):
    """Nothing may be asked before `until`, or before the archive has another `version`."""

    status: Status
    until: float | None
    more_room_at: float | None = None
    """When more requests are left than the status says."""
    version: int | None = None
    held: bool = False
    """Whether it is for something other than the time: a failure, a refusal."""
    deferred: bool = False
    """Whether the user wants a refresh and has to wait for it."""


def signed_out(reason: str, limit: Limit) -> Wait:
    """Return what to wait for where there is no password, or one that was refused."""
    allowed = limit.identical
    return Wait(Status(State.SIGN_IN, reason, left=allowed, allowed=allowed), until=None, held=True)


class RequestChooser:
    """Chooses what to ask for next, by what the store holds. Used away from the event loop."""

    def __init__(
        self,
        store: MessageStore,
        progress: PassProgress,
        *,
        login: str,
        clock: Clock,
        scopes: Sequence[str],
        refresh_seconds: float,
        page_size: int,
        limit: Limit,
    ) -> None:
        self._store = store
        self._progress = progress
        self._login = login
        self._clock = clock
        self._scopes = scopes
        self._refresh_seconds = refresh_seconds
        self._page_size = page_size
        self._limit = limit
        self._refusal: tuple[Secret, str] | None = None
        self._refused_others: tuple[Secret, Sequence[tuple[bytes, str]]] | None = None

    def forget_refusal(self) -> None:
        """Look anew whether the password was refused."""
        self._refusal = None

    def plan(self, password: Secret, ask_now: AskNow | None) -> Request | Wait:
        """Begin the request that is due at this moment, or rest until one is."""
        version = self._store.data_version()
        now = self._clock.moment()
        log = self._store.requests.state(now)
        refused = self._refused_before(password, log.refusals)
        if refused is not None:
            return signed_out(refused, self._limit)._replace(version=version)
        if log.lost:
            self._wait_for_lost_requests(now)
            log = self._store.requests.state(now)
        if log.hold is not None and log.hold.kind == "refused":  # with another password
            self._store.requests.clear_hold(now)
            log = self._store.requests.state(now)
        candidates = [self._candidate(scope, now, log, ask_now) for scope in self._scopes]
        chosen = min(candidates, key=lambda candidate: (candidate.may_go, candidate.due))
        request_fingerprint = self._fingerprint(chosen.page)
        if chosen.may_go > now.seconds:
            return self._planned_rest(now, log, chosen, request_fingerprint)._replace(
                version=version, deferred=ask_now is not None and ask_now.by_user
            )
        scope = chosen.page.scope
        begun = self._store.requests.begin(scope, request_fingerprint, now, self._limit)
        if begun is None:  # another terminal was quicker
            return self.plan(password, ask_now)
        refusals = self._store.requests.refusals()  # by another terminal's request, meanwhile
        if self._refused_before(password, refusals) is not None:
            self._store.requests.end(begun.entry, begun.at, delivered=False, finished=True)
            return self.plan(password, ask_now)
        if ask_now is not None:
            left = ask_now.scopes - {scope}
            ask_now = ask_now._replace(scopes=left) if left else None
        return Request(chosen.page, begun.entry, begun.at, password, ask_now)

    def _refused_before(
        self, password: Secret, refusals: Sequence[tuple[bytes, str]]
    ) -> str | None:
        """Why this password was refused, in whichever program's request; None: it was not."""
        if self._refusal is not None and self._refusal[0] is password:
            return self._refusal[1]
        if self._refused_others != (password, refusals):
            reason = why_refused(password, refusals)
            if reason is not None:
                self._refusal = password, reason
                return reason
            self._refused_others = password, refusals
        return None

    def _wait_for_lost_requests(self, now: Moment) -> None:
        """Ask nothing for as long as a request that nobody knows of could count."""
        wait = self._limit.lifetime + self._limit.window + self._limit.margin
        reason, at = LOST_REQUESTS_REASON, self._clock.now()
        hold = Hold("limited", now.seconds + wait, attempt=1, reason=reason, at=at, digest=b"")
        self._store.requests.set_hold(hold, now)
        self._store.requests.note_waited()

    def _candidate(
        self,
        scope: str,
        now: Moment,
        log: LogState,
        ask_now: AskNow | None,
    ) -> Candidate:
        """The next request of a scope, and when it is to go: boot seconds."""
        hold, entries = log.hold, log.entries
        cursor = self._store.sync_state.cursor(scope)
        page = next_page(
            scope,
            cursor,
            now,
            self._clock.now(),
            whole=scope in self._progress.whole_period_wanted,
            page_size=self._page_size,
        )
        request_fingerprint = self._fingerprint(page)
        last = log.last.get(scope)
        due, took = now.seconds, 0.0
        if last is not None and last.answered_at is not None:
            took = last.answered_at - last.sent_at
        again = cursor.polled is not None or scope in self._progress.finished
        if hold is not None:
            due = max(due, math.inf if hold.until is None else hold.until)
        elif last is not None and again and page.begins_pass and not self._progress.unproven:
            due = last.sent_at + max(self._refresh_seconds, spacing(took, self._limit))
        if (
            ask_now is not None
            and scope in ask_now.scopes
            and (hold is None or hold.kind in _YIELDING_HOLDS)
            and may_bring_forward(
                entries, request_fingerprint, now.seconds, self._refresh_seconds, took, self._limit
            )
        ):
            due = min(due, now.seconds)
        may_go = max(due, earliest(entries, request_fingerprint, now.seconds, self._limit))
        return Candidate(page, due, may_go)

    def _planned_rest(
        self,
        now: Moment,
        log: LogState,
        chosen: Candidate,
        request_fingerprint: str,
    ) -> Wait:
        """What is said while the chosen request can't go."""
        hold, entries = log.hold, log.entries
        allowed = self._limit.identical
        left = room(entries, request_fingerprint, now.seconds, self._limit)
        until = None if chosen.may_go == math.inf else chosen.may_go
        given_up = in_flight_until(entries, self._limit) or now.seconds
        in_flight = given_up > now.seconds
        if hold is not None:
            state = STATE_OF_HOLD.get(hold.kind, State.OFFLINE)
            status = Status(state, hold.reason, until, left, allowed)
        elif chosen.due <= now.seconds:
            reason = IN_FLIGHT_REASON if in_flight else LIMIT_REASON
            status = Status(State.WAITING, reason, until, left, allowed)
        elif in_flight:  # of another terminal, as a rule
            until = min(chosen.due, given_up)
            status = Status(State.CHECKING, "", None, left, allowed)
        else:
            status = Status(State.LIVE, "", until, left, allowed)
        more = more_room_at(entries, request_fingerprint, now.seconds, self._limit)
        return Wait(status, until, more_room_at=more, held=hold is not None)

    def _fingerprint(self, page: PageRequest) -> str:
        return fingerprint(
            self._login,
            cnt=page.cnt,
            after_id=page.after_id,
            to_phone=page.scope or None,
        )
