"""Choosing the next request: which scope, when it may go, and what is said until then."""

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


@dataclass
class AskNow:
    """A wish to ask at once: by the user, or because the program has only just started."""

    scopes: set[str]
    """Those that have not been asked for since; empty once the wish is granted or dropped."""
    by_user: bool = False


class Request(NamedTuple):
    """A request that is in the log of requests."""

    page: PageRequest
    entry: int
    at: Moment
    password: Secret
    ask_now: AskNow
    """The wish to ask at once that it was made under."""


class Candidate(NamedTuple):
    """A request, when it is due, and when it may go: that, or later for the limit."""

    page: PageRequest
    fingerprint: str
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


@dataclass
class RequestChooser:
    """Chooses what to ask for next, by what the store holds. Used away from the event loop."""

    store: MessageStore
    progress: PassProgress
    login: str
    clock: Clock
    scopes: Sequence[str]
    refresh_seconds: float
    page_size: int
    limit: Limit
    checked: tuple[Secret, Sequence[tuple[bytes, str]], str | None] | None = None
    """The password that was looked up last, in which refusals, and why it was refused; None looks
    anew."""

    def plan(self, password: Secret, ask_now: AskNow) -> Request | Wait:
        """Begin the request that is due at this moment, or say how long to wait for one."""
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
        if log.hold is not None and log.hold.kind == "refused":  # with another password
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
        refusals = self.store.requests.refusals()  # by another terminal's request, meanwhile
        if self._refused_before(password, refusals) is not None:
            self.store.requests.end(begun.entry, begun.at, delivered=False, finished=True)
            return self._plan(password, ask_now)
        return Request(chosen.page, begun.entry, begun.at, password, ask_now)

    def _refused_before(
        self, password: Secret, refusals: Sequence[tuple[bytes, str]]
    ) -> str | None:
        """Why this password was refused, in whichever program's request; None: it was not."""
        if self.checked is not None:
            known, seen, reason = self.checked
            if known is password and (reason is not None or seen == refusals):
                return reason
        reason = why_refused(password, refusals)
        self.checked = password, refusals, reason
        return reason

    def _wait_for_lost_requests(self, now: Moment) -> None:
        """Ask nothing for as long as a request that nobody knows of could count."""
        wait = self.limit.in_flight_seconds + self.limit.window + self.limit.margin
        reason, at = LOST_REQUESTS_REASON, self.clock.now()
        hold = Hold("limited", now.seconds + wait, attempt=1, reason=reason, at=at, digest=b"")
        self.store.requests.set_hold(hold, now)
        self.store.requests.note_waited()

    def _candidate(self, scope: str, now: Moment, log: LogState, ask_now: AskNow) -> Candidate:
        """The next request of a scope, and when it is to go: boot seconds."""
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
        """Return the status until the chosen request may go, and until when to wait."""
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
        elif in_flight:  # of another terminal, as a rule
            until = min(chosen.due, given_up)
            status = Status(State.CHECKING, "", None, left, allowed)
        else:
            status = Status(State.LIVE, "", until, left, allowed)
        more = more_room_at(entries, chosen.fingerprint, now.seconds, self.limit)
        return Wait(status, until, more_room_at=more, held=hold is not None)
