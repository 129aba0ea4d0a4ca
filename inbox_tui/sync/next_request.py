"""Choosing the next request: its scope, when it may be sent, and the status until then."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from inbox_tui.archive import Hold, LogState
from inbox_tui.credentials import Secret, why_refused
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
from inbox_tui.sync.events import (
    IN_FLIGHT_REASON,
    LIMIT_REASON,
    LOST_REQUESTS_REASON,
    State,
    Status,
)
from inbox_tui.sync.planner import PageRequest, next_page
from inbox_tui.sync.stores import MessageStore

STATE_OF_HOLD = {
    "limited": State.WAITING,
    "blocked": State.BLOCKED,
    "stopped": State.BLOCKED,
    "team": State.BLOCKED,
    "colleague": State.LIVE,
}
"""The state shown during each kind of hold; `OFFLINE` for kinds not listed."""
_YIELDING_HOLDS = ("offline", "stopped")
"""Kinds of hold that a manual refresh, or a new start, may ignore."""


@dataclass
class PassProgress:
    """What this program remembers about its passes; none of it is stored."""

    whole_period_wanted: set[str] = field(default_factory=set)
    """Scopes to ask for the whole period, whatever their cursors say."""
    finished: dict[str, float] = field(default_factory=dict)
    """When the last finished pass of each scope began, in seconds of `Clock.moment`."""
    unproven: bool = False
    """Whether the service has yet to accept the password."""


@dataclass
class AskNow:
    """A demand to ask at once, by the user or because the program has just started."""

    scopes: set[str]
    """The scopes not asked for since; empty once the demand is met or dropped."""
    by_user: bool = False


class Request(NamedTuple):
    """A request that has been entered in the log of requests."""

    page: PageRequest
    entry: int
    at: Moment
    password: Secret
    ask_now: AskNow
    """The demand to ask at once that was in effect when it was planned."""


class Candidate(NamedTuple):
    """A possible request, when it is due, and when the limit lets it go: then, or later."""

    page: PageRequest
    fingerprint: str
    due: float
    may_go: float


class Wait(NamedTuple):
    """Nothing may be asked before `until`, or until the store's `version` changes."""

    status: Status
    until: float | None
    more_room_at: float | None = None
    """When the number of requests left, as the status shows it, next increases."""
    version: int | None = None
    held: bool = False
    """Whether a hold, a failure or a missing password is the cause, not the schedule."""
    deferred: bool = False
    """Whether a refresh that the user asked for has to wait."""


def signed_out(reason: str, limit: Limit) -> Wait:
    """Return the wait for a new password: there is none, or it was refused."""
    allowed = limit.identical
    return Wait(Status(State.SIGN_IN, reason, left=allowed, allowed=allowed), until=None, held=True)


@dataclass
class RequestChooser:
    """Chooses what to ask for next from the state in the store, away from the event loop."""

    store: MessageStore
    progress: PassProgress
    login: str
    clock: Clock
    scopes: Sequence[str]
    refresh_seconds: float
    page_size: int
    limit: Limit
    checked: tuple[Secret, Sequence[tuple[bytes, str]], str | None] | None = None
    """The password checked last, the refusals it was checked against, and why it was refused, if it
    was. None forces a new check."""

    def plan(self, password: Secret, ask_now: AskNow) -> Request | Wait:
        """Log the request that is due now and return it, or return how long to wait for one."""
        planned = self._plan(password, ask_now)
        if isinstance(planned, Wait):
            ask_now.scopes.clear()
        else:
            ask_now.scopes.discard(planned.page.scope)
        return planned

    def _plan(self, password: Secret, ask_now: AskNow) -> Request | Wait:
        version = self.store.data_version()
        now = self.clock.moment()
        log = self.store.requests.state(now)
        refused = self._refused_before(password, log.refusals)
        if refused is not None:
            return signed_out(refused, self.limit)._replace(version=version)
        if log.lost:
            self._wait_for_lost_requests(now)
            log = self.store.requests.state(now)
        if log.hold is not None and log.hold.kind == "refused":  # for another password
            self.store.requests.clear_hold(now)
            log = self.store.requests.state(now)
        candidates = [self._candidate(scope, now, log, ask_now) for scope in self.scopes]
        chosen = min(candidates, key=lambda candidate: (candidate.may_go, candidate.due))
        if chosen.may_go > now.seconds:
            return self._wait_for(now, log, chosen)._replace(
                version=version, deferred=ask_now.by_user and bool(ask_now.scopes)
            )
        scope = chosen.page.scope
        begun = self.store.requests.begin(scope, chosen.fingerprint, now, self.limit)
        if begun is None:  # another terminal was quicker
            return self._plan(password, ask_now)
        refusals = self.store.requests.refusals()  # another terminal may have added one
        if self._refused_before(password, refusals) is not None:
            self.store.requests.end(begun.entry, begun.at, delivered=False, finished=True)
            return self._plan(password, ask_now)
        return Request(chosen.page, begun.entry, begun.at, password, ask_now)

    def _refused_before(
        self, password: Secret, refusals: Sequence[tuple[bytes, str]]
    ) -> str | None:
        """Return why this password was refused in any program's request, or None if it was not."""
        if self.checked is not None:
            known, seen, reason = self.checked
            if known is password and (reason is not None or seen == refusals):
                return reason
        reason = why_refused(password, refusals)
        self.checked = password, refusals, reason
        return reason

    def _wait_for_lost_requests(self, now: Moment) -> None:
        """Set a hold for as long as a request missing from the log could count."""
        wait = self.limit.in_flight_seconds + self.limit.window + self.limit.margin
        reason, at = LOST_REQUESTS_REASON, self.clock.now()
        hold = Hold("limited", now.seconds + wait, attempt=1, reason=reason, at=at, digest=b"")
        self.store.requests.set_hold(hold, now)
        self.store.requests.note_waited()

    def _candidate(self, scope: str, now: Moment, log: LogState, ask_now: AskNow) -> Candidate:
        """Return the next request of a scope and when to send it, in boot seconds."""
        hold, entries = log.hold, log.entries
        cursor = self.store.sync_state.cursor(scope)
        page = next_page(
            scope,
            cursor,
            now,
            self.clock.now(),
            whole=scope in self.progress.whole_period_wanted,
            page_size=self.page_size,
        )
        request_fingerprint = fingerprint(
            self.login, cnt=page.cnt, after_id=page.after_id, to_phone=page.scope or None
        )
        last = log.last.get(scope)
        due, took = now.seconds, 0.0
        if last is not None and last.answered_at is not None:
            took = last.answered_at - last.sent_at
        again = cursor.polled is not None or scope in self.progress.finished
        if hold is not None:
            due = max(due, math.inf if hold.until is None else hold.until)
        elif last is not None and again and page.begins_pass and not self.progress.unproven:
            due = last.sent_at + max(self.refresh_seconds, spacing(took, self.limit))
        if (
            scope in ask_now.scopes
            and (hold is None or hold.kind in _YIELDING_HOLDS)
            and may_bring_forward(
                entries, request_fingerprint, now.seconds, self.refresh_seconds, took, self.limit
            )
        ):
            due = min(due, now.seconds)
        may_go = max(due, earliest(entries, request_fingerprint, now.seconds, self.limit))
        return Candidate(page, request_fingerprint, due, may_go)

    def _wait_for(self, now: Moment, log: LogState, chosen: Candidate) -> Wait:
        """Return how long to wait for the chosen request, and the status until then."""
        hold, entries = log.hold, log.entries
        allowed = self.limit.identical
        left = room(entries, chosen.fingerprint, now.seconds, self.limit)
        until = None if chosen.may_go == math.inf else chosen.may_go
        given_up = in_flight_until(entries, self.limit) or now.seconds
        in_flight = given_up > now.seconds
        if hold is not None:
            state = STATE_OF_HOLD.get(hold.kind, State.OFFLINE)
            status = Status(state, hold.reason, until, left, allowed)
        elif chosen.due <= now.seconds:
            reason = IN_FLIGHT_REASON if in_flight else LIMIT_REASON
            status = Status(State.WAITING, reason, until, left, allowed)
        elif in_flight:  # usually another terminal's
            until = min(chosen.due, given_up)
            status = Status(State.CHECKING, "", None, left, allowed)
        else:
            status = Status(State.LIVE, "", until, left, allowed)
        more = more_room_at(entries, chosen.fingerprint, now.seconds, self.limit)
        return Wait(status, until, more_room_at=more, held=hold is not None)
