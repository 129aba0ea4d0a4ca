"""Asking: when the next request is due, what came of it, and what must be waited for.

How far it has asked, the requests it has made and what it must wait for are all in the archive, so
that a restart or a second terminal goes on where the first one stands.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta, tzinfo
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol

from inbox_tui.archive import (
    LOST_REQUESTS,
    AccountArchive,
    ArchiveBusy,
    ArchiveError,
    Hold,
    Page,
    Refused,
    to_server_seconds,
)
from inbox_tui.credentials import Secret, new_digest, why_refused
from inbox_tui.smsc.errors import (
    AddressBlocked,
    ParameterError,
    SignInRefused,
    SmscError,
    TooManyRequests,
)
from inbox_tui.smsc.limit import (
    Limit,
    LoggedRequest,
    Moment,
    earliest,
    fingerprint,
    in_flight_until,
    may_bring_forward,
    more_room_at,
    room,
    spacing,
)
from inbox_tui.smsc.message import Answer
from inbox_tui.sync.clock import Clock
from inbox_tui.sync.events import (
    ClocksDisagree,
    Event,
    MessagesArrived,
    Progress,
    RefreshDeferred,
    State,
    Status,
    StatusChanged,
)
from inbox_tui.sync.planner import (
    PAGE_SIZE,
    PageRequest,
    advance,
    clocks_agree,
    delete_before,
    elapsed,
    lateness,
    next_page,
    service_time,
)
from inbox_tui.sync.zone import ZoneJudge

if TYPE_CHECKING:
    from random import Random

SHORTEST_BACK_OFF = 5.0
LONGEST_BACK_OFF = 300.0
SHORTEST_BLOCK = 15 * 60.0
LONGEST_BLOCK = 24 * 3600.0
TICK_SECONDS = 1.0
"""How often a wait looks up: another terminal may have asked, the machine may have slept."""
BUSY_TRIES = 10
"""How often `once` tries an archive that another program keeps to itself."""
LIVE_WITHIN = 120.0
"""New messages of a poll so many seconds after the last one have only just arrived."""
DAY_SECONDS = 86400
CLOCK_CHANGE_SECONDS = 60.0
"""By how much our clock must move against the service's for that to be stored again."""
IN_FLIGHT_REASON = "an earlier request may still be under way"
LIMIT_REASON = "for the server's limit of requests"
LOST_REQUESTS_REASON = "the archive was begun anew, and with it the count of requests"
OTHER_PROGRAM_REASON = (
    "the server counts too many requests: is another program asking for this account?"
)

_DOCUMENTED_LIMIT = Limit()
_STATE_OF_HOLD = {
    "limited": State.WAITING,
    "blocked": State.BLOCKED,
    "stopped": State.BLOCKED,
}
_YIELDING_HOLDS = ("offline", "stopped")
"""What a refresh by hand, or a new start, may try to get past."""


class Inbox(Protocol):
    """What sync needs of the service's client."""

    async def fetch(
        self, *, cnt: int, hour: int, after_id: int | None = None, to_phone: str | None = None
    ) -> Answer:
        """One request; raises `SmscError`."""

    async def aclose(self) -> None:
        """Let go of connections."""


class _Press(NamedTuple):
    """A wish to ask at once: by the user, or because the program has only just started."""

    scopes: frozenset[str]
    """Those that have not been asked for since."""
    by_user: bool


class _Request(NamedTuple):
    """A request that is in the log of requests."""

    page: PageRequest
    entry: int
    at: Moment
    password: Secret
    press: _Press | None
    """What is left of the wish to ask at once."""


class _Candidate(NamedTuple):
    """A request, when it is due, and when it may go: that, or later for the limit."""

    page: PageRequest
    due: float
    may_go: float


class _Rest(NamedTuple):
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


class InboxSync:
    """Keeps one account's archive up to date, within the service's limit.

    `account` is used by one thread at a time, for this object alone. `connect` makes the client
    for a password; it is called late and away from the event loop, because it imports the HTTP
    library. `scopes` are the receiving numbers to ask for one by one, or `("",)` for all at once.
    `publish` is called on the event loop. `in_thread` runs a function away from the event loop.
    """

    status: Status
    """How things stand; each change is published."""

    def __init__(
        self,
        account: AccountArchive,
        *,
        login: str,
        connect: Callable[[Secret], Inbox],
        publish: Callable[[Event], None],
        clock: Clock,
        random: Random,
        server_zone: tzinfo,
        password: Secret | None = None,
        scopes: Sequence[str] = ("",),
        refresh_seconds: float = 20.0,
        keep_days: int = 0,
        page_size: int = PAGE_SIZE,
        limit: Limit = _DOCUMENTED_LIMIT,
        in_thread: Callable[..., Awaitable[Any]] = asyncio.to_thread,
    ) -> None:
        self._archive = account.archive
        self._account = account
        self._login = login
        self._connect = connect
        self._publish = publish
        self._clock = clock
        self._random = random
        self._server_zone = server_zone
        self._password = password
        self._scopes = tuple(scopes) or ("",)
        self._refresh_seconds = refresh_seconds
        self._keep_days = keep_days
        self._limit = limit
        self._in_thread = in_thread
        self._page_size = page_size
        self._zone_judge = ZoneJudge(server_zone)
        self._client: Inbox | None = None
        self._client_password: Secret | None = None
        self._wake = asyncio.Event()
        self._press: _Press | None = _Press(frozenset(self._scopes), by_user=False)
        self._unproven = False
        self._refusal: tuple[Secret, str] | None = None
        self._refused_others: tuple[Secret, Sequence[tuple[bytes, str]]] | None = None
        self._outcome: Callable[[], list[Event]] | None = None
        self._finished: dict[str, float] = {}
        self._pages = 0
        self._received = 0
        self._just_answered = False
        self._whole_period_wanted: set[str] = set()
        self._delete_before: int | None = None
        self._expired_on: int | None = None
        self._clock_ahead: float | None = None
        self._disagreement_told = False
        self._archive_failures = 0
        self.status = Status(State.CHECKING if password else State.SIGN_IN)

    def refresh(self) -> None:
        """Ask now if the limit has room; else `RefreshDeferred` says when. Never queues two."""
        self._press = _Press(frozenset(self._scopes), by_user=True)
        self._wake.set()

    def sign_in(self, password: Secret | None) -> None:
        """Go on with this password, checked by a request; None: stop asking until there is one.

        Its status is published in any case, also where it is the one of before.
        """
        self._password = password
        self._unproven = password is not None
        self._refusal = None
        self._press = _Press(frozenset(self._scopes), by_user=False)
        self.status = Status(State.CHECKING)
        self._wake.set()

    async def run(self) -> None:
        """Ask whenever it is due, until cancelled; at first for the service's whole period."""
        self._whole_period_wanted.update(self._scopes)
        try:
            while True:
                resting = await self.step()
                if resting is not None:
                    await self._rest(resting)
        finally:
            await self._disconnect()

    async def once(self) -> Status:
        """Finish one pass over every scope, or return what stands in the way.

        Waits for the limit if need be. A pass that another terminal finished meanwhile counts, but
        the password has been in a request that was answered.
        """
        self._unproven = True
        began, moment = self._clock.now(), self._clock.moment()
        try:
            while True:
                resting = await self.step()
                if not self._unproven and await self._passed_since(began, moment.seconds):
                    await self._idle_work()
                    return self.status._replace(state=State.LIVE, reason="")
                if resting is None:
                    continue
                if resting.held:
                    return resting.status
                await self._rest(resting)
        finally:
            await self._disconnect()

    async def step(self) -> _Rest | None:
        """Make the request that is due, or say what to wait for."""
        password = self._password
        try:
            if self._outcome is not None:
                await self._write_down(self._outcome)
            if password is None:
                return self._resting(self._signed_out(""))
            client = await self._connected(password)
            press = self._press
            plan = await self._in_thread(self._plan, password, press)
            self._archive_failures = 0
            if self._press is press:
                self._press = plan.press if isinstance(plan, _Request) else None
            if isinstance(plan, _Rest):
                return self._resting(plan)
            await self._ask(client, plan)
        except ArchiveError as error:
            return self._resting(self._without_archive(error))
        return None

    # -- waiting

    def _resting(self, rest: _Rest) -> _Rest:
        self._set_status(rest.status)
        if rest.deferred:
            self._publish(RefreshDeferred(rest.until))
        return rest

    async def _rest(self, rest: _Rest) -> None:
        """Wait for the time planned, for a key, or for what another terminal does."""
        ends = [end for end in (rest.until, rest.more_room_at) if end is not None]
        woken = asyncio.ensure_future(self._wake.wait())
        try:
            while not self._wake.is_set():
                now = self._clock.moment().seconds
                left = min([TICK_SECONDS, *(end - now for end in ends)])
                if left <= 0:
                    break
                await self._idle_work()
                await self._sleep(left, woken)
                if rest.version is not None and await self._version() != rest.version:
                    break
        finally:
            woken.cancel()
        self._wake.clear()

    async def _sleep(self, seconds: float, woken: asyncio.Future[Literal[True]]) -> None:
        slept = asyncio.ensure_future(self._clock.sleep(seconds))
        try:
            await asyncio.wait((slept, woken), return_when=asyncio.FIRST_COMPLETED)
        finally:
            slept.cancel()

    async def _version(self) -> int | None:
        try:
            version: int = await self._in_thread(self._archive.data_version)
        except ArchiveError:
            return None
        return version

    async def _idle_work(self) -> None:
        """Delete what is too old, and wipe what was deleted."""
        if not self._just_answered:
            return
        self._just_answered = False
        before, self._delete_before = self._delete_before, None
        with contextlib.suppress(ArchiveError):
            if before is not None:
                await self._expire_once_a_day(before)
            await self._in_thread(self._archive.wipe)

    async def _expire_once_a_day(self, before: int) -> None:
        """Delete what was received before these server seconds, if that was not done today."""
        if before // DAY_SECONDS != self._expired_on:
            await self._in_thread(self._account.expire, before)
            self._expired_on = before // DAY_SECONDS

    def _signed_out(self, reason: str) -> _Rest:
        allowed = self._limit.identical
        return _Rest(
            Status(State.SIGN_IN, reason, left=allowed, allowed=allowed), until=None, held=True
        )

    def _without_archive(self, error: ArchiveError) -> _Rest:
        self._archive_failures += 1
        busy = isinstance(error, ArchiveBusy)
        wait = TICK_SECONDS if busy else self._back_off(self._archive_failures)
        until = self._clock.moment().seconds + wait
        status = self.status._replace(state=State.OFFLINE, reason=str(error), next_at=until)
        return _Rest(status, until, held=not busy or self._archive_failures > BUSY_TRIES)

    def _set_status(self, status: Status) -> None:
        if status != self.status:
            self.status = status
            self._publish(StatusChanged(status))

    # -- deciding (away from the event loop)

    def _plan(self, password: Secret, press: _Press | None) -> _Request | _Rest:
        """Begin the request that is due at this moment, or rest until one is."""
        version = self._archive.data_version()
        now = self._clock.moment()
        refused = self._refused_before(password)
        if refused is not None:
            return self._signed_out(refused)._replace(version=version)
        if self._account.notes.get(LOST_REQUESTS) is not None:
            self._wait_for_lost_requests(now)
        hold = self._account.requests.hold(now)
        if hold is not None and hold.kind == "refused":  # with another password
            self._account.requests.clear_hold(now)
            hold = self._account.requests.hold(now)
        entries = self._account.requests.entries(now)
        candidates = [self._candidate(scope, now, hold, entries, press) for scope in self._scopes]
        chosen = min(candidates, key=lambda candidate: (candidate.may_go, candidate.due))
        request_fingerprint = self._fingerprint(chosen.page)
        if chosen.may_go > now.seconds:
            return self._planned_rest(now, hold, entries, chosen, request_fingerprint)._replace(
                version=version, deferred=press is not None and press.by_user
            )
        scope = chosen.page.scope
        begun = self._account.requests.begin(scope, request_fingerprint, now, self._limit)
        if isinstance(begun, Refused):  # another terminal was quicker
            return self._plan(password, press)
        if press is not None:
            left = press.scopes - {scope}
            press = press._replace(scopes=left) if left else None
        return _Request(chosen.page, begun.entry, now, password, press)

    def _refused_before(self, password: Secret) -> str | None:
        """Why this password was refused, in whichever program's request; None: it was not."""
        if self._refusal is not None and self._refusal[0] is password:
            return self._refusal[1]
        refusals = self._account.requests.refusals()
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
        self._account.requests.set_hold(hold, now)
        self._account.notes.set(LOST_REQUESTS, None)

    def _candidate(
        self,
        scope: str,
        now: Moment,
        hold: Hold | None,
        entries: Sequence[LoggedRequest],
        press: _Press | None,
    ) -> _Candidate:
        """The next request of a scope, and when it is to go: boot seconds."""
        cursor = self._account.sync_state.cursor(scope)
        page = next_page(
            scope,
            cursor,
            now,
            self._clock.now(),
            whole=scope in self._whole_period_wanted,
            page_size=self._page_size,
        )
        request_fingerprint = self._fingerprint(page)
        last = self._account.requests.last(scope, now)
        due, took = now.seconds, 0.0
        if last is not None and last.answered_at is not None:
            took = last.answered_at - last.sent_at
        again = cursor.polled is not None or scope in self._finished
        if last is not None and again and page.begins_pass and not self._unproven:
            due = last.sent_at + max(self._refresh_seconds, spacing(took, self._limit))
        if hold is not None:
            due = max(due, math.inf if hold.until is None else hold.until)
        if (
            press is not None
            and scope in press.scopes
            and (hold is None or hold.kind in _YIELDING_HOLDS)
            and may_bring_forward(
                entries, request_fingerprint, now.seconds, self._refresh_seconds, took, self._limit
            )
        ):
            due = min(due, now.seconds)
        may_go = max(due, earliest(entries, request_fingerprint, now.seconds, self._limit))
        return _Candidate(page, due, may_go)

    def _planned_rest(
        self,
        now: Moment,
        hold: Hold | None,
        entries: Sequence[LoggedRequest],
        chosen: _Candidate,
        request_fingerprint: str,
    ) -> _Rest:
        """What is said while the chosen request can't go."""
        allowed = self._limit.identical
        left = room(entries, request_fingerprint, now.seconds, self._limit)
        until = None if chosen.may_go == math.inf else chosen.may_go
        given_up = in_flight_until(entries, self._limit) or now.seconds
        in_flight = given_up > now.seconds
        if hold is not None:
            state = _STATE_OF_HOLD.get(hold.kind, State.OFFLINE)
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
        return _Rest(status, until, more_room_at=more, held=hold is not None)

    def _fingerprint(self, page: PageRequest) -> str:
        return fingerprint(
            self._login,
            cnt=page.cnt,
            after_id=page.after_id,
            to_phone=page.scope or None,
        )

    async def _passed_since(self, began: datetime, seconds: float) -> bool:
        """Whether a pass over every scope has come to its end that began after this."""
        missing = [scope for scope in self._scopes if self._finished.get(scope, -1.0) < seconds]
        for scope in missing:
            polled = (await self._in_thread(self._account.sync_state.cursor, scope)).polled
            if polled is None or polled.wall < began:
                return False
        return True

    # -- asking

    async def _ask(self, client: Inbox, request: _Request) -> None:
        self._set_status(self.status._replace(state=State.CHECKING, reason="", next_at=None))
        page = request.page
        if not self._in_time(request):
            self._outcome = partial(self._given_up, request)
        else:
            try:
                answer = await client.fetch(
                    cnt=page.cnt,
                    hour=page.hour,
                    after_id=page.after_id,
                    to_phone=page.scope or None,
                )
            except SmscError as error:
                self._outcome = partial(self._failed, request, error, *self._both_clocks())
            else:
                self._outcome = partial(self._succeeded, request, answer, *self._both_clocks())
        await self._write_down(self._outcome)

    def _both_clocks(self) -> tuple[Moment, datetime]:
        return self._clock.moment(), self._clock.now()

    def _in_time(self, request: _Request) -> bool:
        """Whether the request, sent now, is over before the log of requests gives it up."""
        to_get_going = (self._limit.lifetime - self._limit.patience) / 2
        return self._clock.moment().seconds - request.at.seconds <= to_get_going

    async def _write_down(self, outcome: Callable[[], list[Event]]) -> None:
        """Commit what came of a request, then tell; tried again where the archive can't."""
        events = await self._in_thread(outcome)
        self._outcome = None
        for event in events:
            self._publish(event)

    async def _connected(self, password: Secret) -> Inbox:
        """The client for this password; another one gets a new client."""
        if self._client is None or self._client_password is not password:
            await self._disconnect()
            self._client = await self._in_thread(self._connect, password)
            self._client_password = password
        return self._client

    async def _disconnect(self) -> None:
        if self._client is not None:
            client, self._client = self._client, None
            await client.aclose()

    # -- what came of it (away from the event loop; done again where the archive fails)

    def _given_up(self, request: _Request) -> list[Event]:
        self._account.requests.end(request.entry, request.at, delivered=False, finished=True)
        return []

    def _failed(
        self, request: _Request, error: SmscError, at: Moment, seen: datetime
    ) -> list[Event]:
        """Note the end of the request, and what everybody must wait for (api.md, Failure)."""
        kind = _kind_of_hold(error)
        if self._press is request.press:
            self._press = None
        before = self._account.requests.hold(at)
        attempt, digest = 1, b""
        if before is not None and before.kind == kind:
            attempt = before.attempt + (before.at != seen)
            digest = before.digest if before.at == seen else b""
        if kind == "refused" and not digest:
            known = self._account.requests.refusals()
            digest = new_digest(request.password, like=known[0][0] if known else b"")
        wait = {
            "offline": self._back_off(attempt),
            "limited": self._limit.window + self._limit.margin,
            "blocked": min(SHORTEST_BLOCK * 2 ** min(attempt - 1, 16), LONGEST_BLOCK),
        }.get(kind)
        hold = Hold(
            kind=kind,
            until=None if wait is None else at.seconds + wait,
            attempt=attempt,
            reason=OTHER_PROGRAM_REASON if kind == "limited" else str(error),
            at=seen,
            digest=digest,
        )
        self._account.requests.set_hold(hold, at)
        self._account.requests.end(
            request.entry, at, delivered=error.delivered, finished=error.finished
        )
        return []

    def _back_off(self, attempt: int) -> float:
        longest: float = min(SHORTEST_BACK_OFF * 2 ** min(attempt - 1, 16), LONGEST_BACK_OFF)
        return longest * self._random.uniform(0.5, 1.0)

    def _succeeded(
        self, request: _Request, answer: Answer, at: Moment, seen: datetime
    ) -> list[Event]:
        """Commit the answer, with how far it brings us, in one transaction; what to tell of it."""
        scope, running = request.page.scope, request.page.running
        state = self._account.sync_state
        before = state.cursor(scope)
        if self._account.requests.hold(at) is not None:
            self._account.requests.clear_hold(at)
        oldest = delete_before(self._keep_days, answer, seen, self._server_zone)
        clock_events: list[Event] = []
        if answer.date is None:  # the service's clock goes on from where it was last
            ahead = timedelta(seconds=state.clock_difference() or 0.0)
            answer = answer._replace(date=seen - ahead)
        else:
            clock_events = self._compare_clocks(answer.date, seen)
        moved = advance(before, request.page, answer, at, seen, self._server_zone)
        messages = answer.messages
        if oldest is not None:
            messages = [one for one in messages if to_server_seconds(one.received) >= oldest]
        stored = self._account.store_page(
            Page(
                scope=scope,
                entry=request.entry,
                messages=messages,
                unreadable=answer.unreadable,
                cursor=moved.cursor,
                at=at,
                gap=moved.gap,
                seen=seen,
            ),
        )
        if request.password is self._password:
            self._unproven = False
        self._just_answered = True
        self._delete_before = oldest
        events: list[Event] = []
        self._pages += 1
        self._received += len(answer.messages)
        if moved.pass_ended:
            self._finished[scope] = running.began.seconds
            self._pages = self._received = 0
            if running.kind == "whole":
                self._whole_period_wanted.discard(scope)
        else:
            events.append(Progress(self._received, self._pages))
        new_ids = set(stored.new)
        new = [message for message in messages if message.id in new_ids]
        if new:
            events.append(MessagesArrived(stored.new, live=before.polled is not None))
        late = lateness(before, new, answer, seen, self._server_zone)
        if late and running.kind == "whole":
            state.add_late(len(late), max(late))
        events += clock_events
        if before.polled is not None and running.kind != "whole":
            since = elapsed(before.polled, at, seen)
            if since is not None and since < LIVE_WITHIN:
                suspected = self._zone_judge.judge(new, service_time(answer, seen))
                events += [suspected] if suspected else []
        return events

    def _compare_clocks(self, date: datetime, seen: datetime) -> list[Event]:
        """Keep how far our clock is off the service's; say so where that keeps us from deleting."""
        ahead = (seen - date).total_seconds()
        if self._clock_ahead is None or abs(self._clock_ahead - ahead) > CLOCK_CHANGE_SECONDS:
            self._account.sync_state.set_clock_difference(ahead)
            self._clock_ahead = ahead
        agree = clocks_agree(date, seen)
        told, self._disagreement_told = self._disagreement_told, not agree
        return [ClocksDisagree(ahead)] if self._keep_days and not agree and not told else []


def _kind_of_hold(error: SmscError) -> str:
    match error:
        case SignInRefused():
            return "refused"
        case AddressBlocked():
            return "blocked"
        case TooManyRequests():
            return "limited"
        case ParameterError():
            return "stopped"
    return "offline"
