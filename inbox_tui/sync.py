"""When to ask the service, what to ask for, and what came of it.

One `InboxSync` serves one account. It keeps nothing of its own that matters: how far it has asked,
the requests it has made and what it must wait for are all in the archive, so that a restart or a
second terminal goes on where the first one stands. It knows nothing of the screen: it publishes
events.
"""

from __future__ import annotations

import asyncio
import math
import statistics
import subprocess
import sys
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from enum import StrEnum
from pathlib import Path
from random import Random
from typing import Any, NamedTuple, Protocol
from zoneinfo import ZoneInfo, available_timezones

from inbox_tui.archive import (
    Archive,
    ArchiveBusy,
    ArchiveError,
    Gap,
    Hold,
    Page,
    Refused,
    Sweep,
    to_server_seconds,
)
from inbox_tui.credentials import Secret, mark_matches, new_mark
from inbox_tui.smsc.errors import (
    AddressBlocked,
    ParameterError,
    SignInRefused,
    SmscError,
    TooManyRequests,
)
from inbox_tui.smsc.limit import (
    LedgerEntry,
    Limit,
    Moment,
    fingerprint,
    may_bring_forward,
    room,
    spacing,
)
from inbox_tui.smsc.message import Answer, IncomingMessage

PERIOD_HOURS = 168
"""How far back the service looks at most (api.md, Request)."""
PAGE_SIZE = 10_000
"""Messages in one answer at most (api.md, Request)."""
OVERLAP_SECONDS = 300.0
"""How long after a larger id a smaller one may still become visible."""
FIRST_OVERLAP_SECONDS = 900
"""The overlap after the very first pass, in the service's own time."""
STALE_PASS_SECONDS = 3600.0
"""A pass that stood still for longer is begun anew."""
SHORTEST_BACK_OFF = 5.0
LONGEST_BACK_OFF = 300.0
SHORTEST_BLOCK = 15 * 60.0
LONGEST_BLOCK = 24 * 3600.0
TICK_SECONDS = 1.0
"""How often a wait looks up: another terminal may have asked, the machine may have slept."""
SEND_WITHIN = 5.0
"""A request not sent this soon after its entry in the ledger is given up and asked for anew."""
INDEX_CHUNK = 250
LIVE_WITHIN = timedelta(minutes=2)
"""New messages of a pass this soon after the last one have only just arrived."""
LIVE_MESSAGES_TO_JUDGE = 3
ZONE_AHEAD = 600.0
ZONE_BEHIND = 3600.0
SERVED_ZONES = (
    "Europe/Moscow",
    "UTC",
    "Europe/Kyiv",
    "Europe/Samara",
    "Asia/Almaty",
    "Asia/Omsk",
    "Asia/Krasnoyarsk",
    "Asia/Irkutsk",
    "Asia/Yakutsk",
    "Asia/Vladivostok",
    "Asia/Magadan",
    "Asia/Kamchatka",
)
OLDEST_FIRST = "pages_are_oldest_first"
IN_FLIGHT_REASON = "an earlier request may still be under way"
LIMIT_REASON = "for the server's limit of requests"
OTHER_PROGRAM_REASON = (
    "the server counts too many requests: is another program asking for this account?"
)

_DOCUMENTED_LIMIT = Limit()


class Clock(Protocol):
    """Time as the program sees it; passed in, so that tests are exact."""

    def moment(self) -> Moment:
        """Seconds that never jump and count on while the machine sleeps, with the boot's id."""

    def now(self) -> datetime:
        """The wall clock, aware, in UTC. It may jump."""

    async def sleep(self, seconds: float) -> None:
        """Wait."""


class SystemClock:
    """The machine's own clocks."""

    def __init__(self) -> None:
        self._boot_id, self._seconds = _boot_clock()

    def moment(self) -> Moment:
        """Seconds since the machine started, sleep included where the system counts it."""
        return Moment(self._boot_id, self._seconds())

    def now(self) -> datetime:
        """The wall clock in UTC."""
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        """Wait on the event loop."""
        await asyncio.sleep(seconds)


def _boot_clock() -> tuple[str, Callable[[], float]]:
    if sys.platform == "linux":
        boot_id = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return boot_id, lambda: time.clock_gettime(time.CLOCK_BOOTTIME)
    if sys.platform == "darwin":
        asked = subprocess.run(
            ["/usr/sbin/sysctl", "-n", "kern.bootsessionuuid"],
            capture_output=True,
            text=True,
            check=False,
        )
        return asked.stdout.strip(), lambda: time.clock_gettime(time.CLOCK_MONOTONIC)
    return "", time.monotonic


class State(StrEnum):
    """What the status bar says first."""

    LIVE = "Live"
    CHECKING = "Checking"
    WAITING = "Waiting"
    OFFLINE = "Offline"
    BLOCKED = "Blocked"
    SIGN_IN = "Sign in"


class Status(NamedTuple):
    """How things stand: the state, why, and the moment of the next try.

    `next_at` is in seconds of `Clock.moment`, None where nothing is planned. `left` of `allowed`
    identical requests may still go now. `reason` may hold the server's words: unsafe to draw as is.
    """

    state: State
    reason: str = ""
    next_at: float | None = None
    left: int = 3
    allowed: int = 3


class StatusChanged(NamedTuple):
    """The status is another one now."""

    status: Status


class MessagesArrived(NamedTuple):
    """New messages are committed: their ids, newest first. `live` is False in the first pass."""

    new: Sequence[int]
    live: bool


class Progress(NamedTuple):
    """A pass of several pages goes on: messages received so far, and the page they came with."""

    messages: int
    page: int


class RefreshDeferred(NamedTuple):
    """A refresh was asked for that may not go yet; `until` in seconds of `Clock.moment`."""

    until: float | None


class ZoneSuspected(NamedTuple):
    """Live messages are dated so that `server_timezone` must be wrong; `zone` would fit."""

    zone: str
    hours: float


Event = StatusChanged | MessagesArrived | Progress | RefreshDeferred | ZoneSuspected


class Inbox(Protocol):
    """What sync needs of the service's client."""

    async def fetch(
        self, *, cnt: int, hour: int, after_id: int | None = None, to_phone: str | None = None
    ) -> Answer:
        """One request; raises `SmscError`."""

    async def aclose(self) -> None:
        """Let go of connections."""


class _Probe(NamedTuple):
    """A full page whose order is unknown: was its window cut at the old end or at the new?"""

    scope: str
    after: int | None
    lowest: int
    lowest_received: int
    sweep: Sweep


class _Ask(NamedTuple):
    scope: str
    cnt: int
    after: int | None
    sweep: Sweep
    probe: _Probe | None
    entry: int
    at: Moment


class _Rest(NamedTuple):
    status: Status
    held: bool = False
    deferred: bool = False


class _Pressed(NamedTuple):
    forced: bool
    by_user: bool


_STATE_OF_HOLD = {
    "offline": State.OFFLINE,
    "limited": State.WAITING,
    "blocked": State.BLOCKED,
    "stopped": State.BLOCKED,
    "refused": State.SIGN_IN,
}
_YIELDING_HOLDS = ("offline", "stopped")
"""What a refresh by hand, or a new start, may try to get past."""


class InboxSync:
    """Keeps one account's archive up to date, within the service's limit.

    `archive` is used by one thread at a time, for this object alone. `connect` makes the client
    for a password; it is called late, because it imports the HTTP library. `scopes` are the
    receiving numbers to ask for one by one, or `("",)` for all at once. `publish` is called on the
    event loop. `in_thread` runs a function of the archive's away from the event loop.
    """

    def __init__(
        self,
        archive: Archive,
        account: int,
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
        self._archive = archive
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
        self._page_size = page_size
        self._limit = limit
        self._in_thread = in_thread
        self._client: Inbox | None = None
        self._client_password: Secret | None = None
        self._wake = asyncio.Event()
        self._pressed = _Pressed(forced=True, by_user=False)
        self._unproven = False
        self._probe: _Probe | None = None
        self._pages = 0
        self._received = 0
        self._to_index = True
        self._expired_on: date | None = None
        self._skews: deque[float] = deque(maxlen=LIVE_MESSAGES_TO_JUDGE)
        self._suspected: str | None = None
        self._archive_failures = 0
        self.status = Status(State.CHECKING if password else State.SIGN_IN)

    def refresh(self) -> None:
        """Ask now if the ledger has room; else `RefreshDeferred` says when. Never queues two."""
        self._pressed = _Pressed(forced=True, by_user=True)
        self._wake.set()

    def sign_in(self, password: Secret | None) -> None:
        """Go on with this password, checked by a request; None: stop asking until there is one.

        Its status is published in any case, also where it is the one of before.
        """
        self._password = password
        self._unproven = password is not None
        self.status = Status(State.CHECKING)
        self._pressed = _Pressed(forced=True, by_user=False)
        self._wake.set()

    async def run(self) -> None:
        """Ask whenever it is due, until cancelled."""
        try:
            while True:
                resting = await self.step()
                if resting is not None:
                    await self._rest(resting.status.next_at)
        finally:
            await self._disconnect()

    async def once(self) -> Status:
        """Finish one pass over every scope, or return what stands in the way.

        A pass that another terminal finished meanwhile counts. Waits for the limit if need be.
        """
        began = self._clock.now()
        try:
            while True:
                resting = await self.step()
                if await self._in_thread(self._passes_completed_since, began):
                    return self.status._replace(state=State.LIVE, reason="")
                if resting is None:
                    continue
                if resting.held:
                    return resting.status
                await self._rest(resting.status.next_at)
        finally:
            await self._disconnect()

    async def step(self) -> _Rest | None:
        """Make the request that is due, or say what to wait for."""
        pressed, self._pressed = self._pressed, _Pressed(forced=False, by_user=False)
        try:
            plan = await self._in_thread(self._plan, pressed)
            if isinstance(plan, _Rest):
                self._set_status(plan.status)
                if plan.deferred:
                    self._publish(RefreshDeferred(plan.status.next_at))
                self._archive_failures = 0
                return plan
            await self._ask(plan)
        except ArchiveError as error:
            return self._archive_failed(error)
        return None

    # -- waiting

    async def _rest(self, until: float | None) -> None:
        """Wait for the time planned, for a key, or for what another terminal does."""
        version = await self._version()
        while not self._wake.is_set():
            left = TICK_SECONDS if until is None else until - self._clock.moment().seconds
            if left <= 0:
                break
            await self._sleep(0.0 if await self._idle_work() else min(left, TICK_SECONDS))
            if await self._version() != version:
                break
        self._wake.clear()

    async def _sleep(self, seconds: float) -> None:
        waits = {
            asyncio.ensure_future(self._wake.wait()),
            asyncio.ensure_future(self._clock.sleep(seconds)),
        }
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    async def _version(self) -> int | None:
        try:
            version: int = await self._in_thread(self._archive.data_version)
        except ArchiveError:
            return None
        return version

    async def _idle_work(self) -> bool:
        """Bring the search index up and let go of what is too old; True where more is waiting."""
        try:
            if self._to_index:
                self._to_index = await self._in_thread(self._archive.index, INDEX_CHUNK) > 0
                return self._to_index
            today = self._clock.now().date()
            if self._keep_days and self._expired_on != today:
                self._expired_on = today
                oldest = self._server_seconds(self._clock.now() - timedelta(days=self._keep_days))
                await self._in_thread(self._archive.expire, self._account, oldest)
        except ArchiveError:
            return False
        return False

    def _archive_failed(self, error: ArchiveError) -> _Rest:
        self._archive_failures += 1
        now = self._clock.moment().seconds
        wait = (
            TICK_SECONDS
            if isinstance(error, ArchiveBusy)
            else self._back_off(self._archive_failures)
        )
        status = self.status._replace(state=State.OFFLINE, reason=str(error), next_at=now + wait)
        self._set_status(status)
        return _Rest(status, held=not isinstance(error, ArchiveBusy))

    def _set_status(self, status: Status) -> None:
        if status != self.status:
            self.status = status
            self._publish(StatusChanged(status))

    # -- deciding (away from the event loop)

    def _plan(self, pressed: _Pressed) -> _Ask | _Rest:
        """Begin the request that is due at this moment, or rest until one is."""
        now = self._clock.moment()
        allowed = self._limit.identical
        if self._password is None:
            return _Rest(Status(State.SIGN_IN, left=allowed, allowed=allowed), held=True)
        hold = self._archive.hold(self._account, now)
        if hold is not None and hold.kind == "refused":
            if mark_matches(self._password, hold.mark):
                status = Status(State.SIGN_IN, hold.reason, left=allowed, allowed=allowed)
                return _Rest(status, held=True)
            self._archive.clear_hold(self._account)
            hold = None
        forced = pressed.forced and (hold is None or hold.kind in _YIELDING_HOLDS)
        entries = self._archive.ledger(self._account, now)
        ask, due = self._next_question(now, entries, forced=forced)
        mark = self._fingerprint(ask)
        left = room(entries, mark, now.seconds, self._limit)
        if hold is not None and not forced:
            due = max(due, math.inf if hold.until is None else hold.until)
        if due > now.seconds:
            return _Rest(
                Status(
                    State.LIVE if hold is None else _STATE_OF_HOLD[hold.kind],
                    "" if hold is None else hold.reason,
                    None if due == math.inf else due,
                    left,
                    allowed,
                ),
                held=hold is not None,
                deferred=pressed.by_user,
            )
        begun = self._archive.begin_request(self._account, ask.scope, mark, now, self._limit)
        if isinstance(begun, Refused):
            reason = IN_FLIGHT_REASON if begun.in_flight else LIMIT_REASON
            return _Rest(
                Status(State.WAITING, reason, begun.until, left, allowed), deferred=pressed.by_user
            )
        return ask._replace(entry=begun.entry, at=now)

    def _next_question(
        self, now: Moment, entries: Sequence[LedgerEntry], *, forced: bool
    ) -> tuple[_Ask, float]:
        """The question that is due first, and when: boot seconds."""
        if self._probe is not None:
            probe = self._probe
            return _Ask(probe.scope, 1, probe.after, probe.sweep, probe, 0, now), now.seconds
        questions = []
        for scope in self._scopes:
            ask = self._question(scope, now)
            due = now.seconds
            last = self._archive.last_request(self._account, scope, now)
            if last is not None and ask.sweep.reached is None:
                took = (last.answered_at or last.sent_at) - last.sent_at
                due = last.sent_at + max(self._refresh_seconds, spacing(took, self._limit))
                if self._unproven or (
                    forced
                    and may_bring_forward(
                        entries,
                        self._fingerprint(ask),
                        now.seconds,
                        self._refresh_seconds,
                        took,
                        self._limit,
                    )
                ):
                    due = now.seconds
            questions.append((ask, due))
        return min(questions, key=lambda question: question[1])

    def _question(self, scope: str, now: Moment) -> _Ask:
        """The next page of the pass under way, or the first of a new one."""
        sweep = self._archive.sweep(self._account, scope)
        if (
            sweep.reached is not None
            and sweep.started is not None
            and sweep.started.boot_id == now.boot_id
            and 0 <= now.seconds - sweep.started.seconds < STALE_PASS_SECONDS
        ):
            return _Ask(scope, self._page_size, sweep.reached, sweep, None, 0, now)
        sweep = sweep._replace(reached=None, started=now)
        return _Ask(scope, self._page_size, sweep.floor, sweep, None, 0, now)

    def _fingerprint(self, ask: _Ask) -> str:
        return fingerprint(
            self._login,
            cnt=ask.cnt,
            hour=PERIOD_HOURS,
            after_id=ask.after,
            to_phone=ask.scope or None,
        )

    def _passes_completed_since(self, began: datetime) -> bool:
        sweeps = (self._archive.sweep(self._account, scope) for scope in self._scopes)
        return all(sweep.completed is not None and sweep.completed >= began for sweep in sweeps)

    # -- asking

    async def _ask(self, ask: _Ask) -> None:
        self._set_status(self.status._replace(state=State.CHECKING, reason="", next_at=None))
        client = await self._connected()
        if self._clock.moment().seconds - ask.at.seconds > SEND_WITHIN:
            await self._in_thread(self._give_up, ask.entry)
            return
        try:
            answer = await client.fetch(
                cnt=ask.cnt, hour=PERIOD_HOURS, after_id=ask.after, to_phone=ask.scope or None
            )
        except SmscError as error:
            await self._in_thread(self._failed, ask, error)
            return
        for event in await self._in_thread(self._succeeded, ask, answer):
            self._publish(event)

    async def _connected(self) -> Inbox:
        """The client for the password in force; a changed password gets a new one."""
        assert self._password is not None
        if self._client is None or self._client_password is not self._password:
            await self._disconnect()
            self._client = self._connect(self._password)
            self._client_password = self._password
        return self._client

    async def _disconnect(self) -> None:
        if self._client is not None:
            client, self._client = self._client, None
            await client.aclose()

    # -- what came of it (away from the event loop)

    def _give_up(self, entry: int) -> None:
        self._archive.end_request(entry, self._clock.moment(), delivered=False, finished=True)

    def _failed(self, ask: _Ask, error: SmscError) -> None:
        """Note the end of the request, and what everybody must wait for (api.md, Failure)."""
        now = self._clock.moment()
        self._archive.end_request(
            ask.entry, now, delivered=error.delivered, finished=error.finished
        )
        kind = _kind_of_hold(error)
        before = self._archive.hold(self._account, now)
        attempt = before.attempt + 1 if before is not None and before.kind == kind else 1
        wait = {
            "offline": self._back_off(attempt),
            "limited": self._limit.window + self._limit.margin,
            "blocked": min(SHORTEST_BLOCK * 2 ** (attempt - 1), LONGEST_BLOCK),
        }.get(kind)
        self._archive.set_hold(
            self._account,
            Hold(
                kind=kind,
                until=None if wait is None else now.seconds + wait,
                attempt=attempt,
                reason=OTHER_PROGRAM_REASON if kind == "limited" else str(error),
                at=self._clock.now(),
                mark=new_mark(self._password) if self._password and kind == "refused" else b"",
            ),
            now,
        )

    def _back_off(self, attempt: int) -> float:
        longest: float = min(SHORTEST_BACK_OFF * 2 ** min(attempt - 1, 16), LONGEST_BACK_OFF)
        return longest * self._random.uniform(0.5, 1.0)

    def _succeeded(self, ask: _Ask, answer: Answer) -> list[Event]:
        """Commit the answer, with how far it brings us, in one transaction; what to tell of it."""
        at, seen = self._clock.moment(), self._clock.now()
        self._unproven = False
        before = ask.sweep.completed
        live = before is not None and seen - before < LIVE_WITHIN
        sweep, gap = self._advance(ask, answer, at, seen)
        stored = self._archive.store_page(
            self._account,
            Page(
                scope=ask.scope,
                entry=ask.entry,
                messages=answer.messages,
                unreadable=answer.unreadable,
                sweep=sweep,
                at=at,
                gap=gap,
                seen=seen,
            ),
        )
        if self._archive.hold(self._account, at) is not None:
            self._archive.clear_hold(self._account)
        events: list[Event] = []
        self._pages += 1
        self._received += len(answer.messages)
        if sweep.started is not None:
            events.append(Progress(self._received, self._pages))
        else:
            self._pages = self._received = 0
        if stored.new:
            self._to_index = True
            events.append(MessagesArrived(stored.new, live=before is not None))
        if live:
            new = set(stored.new)
            events += self._judge_zone([m for m in answer.messages if m.id in new], seen)
        return events

    def _advance(
        self, ask: _Ask, answer: Answer, at: Moment, seen: datetime
    ) -> tuple[Sweep, Gap | None]:
        """How far an answer brings us, and what it shows to be missing."""
        if ask.probe is not None:
            self._probe = None
            return ask.probe.sweep, self._cut_off(ask.probe, answer, seen)
        full = len(answer.messages) + len(answer.unreadable) >= self._page_size
        highest = max((message.id for message in answer.messages), default=-1)
        if not full or highest <= (-1 if ask.after is None else ask.after):
            return self._finished(ask, answer, at, seen)
        advanced = ask.sweep._replace(reached=highest)
        if self._archive.recall(self._account, OLDEST_FIRST) is not None:
            return advanced, None
        lowest = min(answer.messages)
        self._probe = _Probe(
            ask.scope,
            ask.after,
            lowest.id,
            min(to_server_seconds(message.received) for message in answer.messages),
            advanced,
        )
        return ask.sweep, None

    def _cut_off(self, probe: _Probe, answer: Answer, seen: datetime) -> Gap | None:
        """What a full page left out, where the service cut the old end of its window off.

        The order of an answer is not documented (api.md, Request). Asked for a single message of
        the same window, a service that gives the first ones gives the page's lowest id.
        """
        ids = [message.id for message in answer.messages]
        if not ids or min(ids) <= probe.lowest:
            if ids:
                self._archive.remember(self._account, OLDEST_FIRST, "yes")
            return None
        since = seen - timedelta(hours=PERIOD_HOURS)
        if probe.sweep.completed is not None:
            since = max(since, probe.sweep.completed)
        start = self._server_seconds(since)
        return Gap(start, probe.lowest_received) if start < probe.lowest_received else None

    def _finished(
        self, ask: _Ask, answer: Answer, at: Moment, seen: datetime
    ) -> tuple[Sweep, Gap | None]:
        """The pass is over: everything visible when it began, above its floor, is here.

        A smaller id becomes visible at most five minutes after a larger one. So whatever is at or
        below an id that was seen five minutes before the pass began was visible when it began.
        """
        sweep = ask.sweep
        started = sweep.started or ask.at
        lasted = at.seconds - started.seconds
        began = seen - timedelta(seconds=lasted)
        settled = self._archive.settled(self._account, ask.scope, started, OVERLAP_SECONDS)
        if sweep.completed is None:
            settled = self._first_floor(ask.scope, answer, lasted)
        floors = [floor for floor in (sweep.floor, settled) if floor is not None]
        gap = None
        horizon = began - timedelta(hours=PERIOD_HOURS)
        if sweep.completed is not None and sweep.completed < horizon:
            gap = Gap(self._server_seconds(sweep.completed), self._server_seconds(horizon))
        return Sweep(max(floors, default=None), None, None, began), gap

    def _first_floor(self, scope: str, answer: Answer, lasted: float) -> int | None:
        """Where the next pass begins, after a first one in which nothing had been seen before.

        Only the service's own times can tell: below every message of the last quarter of an hour,
        and of as long as the pass lasted, counted from the newest.
        """
        times = [to_server_seconds(message.received) for message in answer.messages]
        newest = self._archive.newest(self._account)
        if newest is not None:
            times.append(newest.received)
        if not times:
            return None
        since = max(times) - FIRST_OVERLAP_SECONDS - math.ceil(lasted)
        recent = [m.id for m in answer.messages if to_server_seconds(m.received) >= since]
        archived = self._archive.lowest_id(self._account, scope, since)
        if archived is not None:
            recent.append(archived)
        return min(recent) - 1

    def _server_seconds(self, moment: datetime) -> int:
        return to_server_seconds(moment.astimezone(self._server_zone).replace(tzinfo=None))

    def _judge_zone(self, live: Sequence[IncomingMessage], seen: datetime) -> list[Event]:
        """Tell by messages that have only just come whether the service's clock is another one.

        The answers carry no zone (api.md, Success).
        """
        here = seen.astimezone(self._server_zone)
        for message in live:
            skew = (message.received - here.replace(tzinfo=None)).total_seconds()
            if -ZONE_BEHIND < skew < ZONE_AHEAD:
                self._skews.clear()
                self._suspected = None
            else:
                self._skews.append(skew)
        if len(self._skews) < LIVE_MESSAGES_TO_JUDGE:
            return []
        offset = here.utcoffset() or timedelta()
        hours = round((offset.total_seconds() + statistics.median(self._skews)) / 1800) / 2
        zone = _zone_with_offset(hours, seen)
        if zone == self._suspected:
            return []
        self._suspected = zone
        return [ZoneSuspected(zone, hours)]


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


def _zone_with_offset(hours: float, at: datetime) -> str:
    """A zone of this offset from UTC now: one where the service has customers, if there is one."""
    offset = timedelta(hours=hours)
    for zone in SERVED_ZONES:
        if at.astimezone(ZoneInfo(zone)).utcoffset() == offset:
            return zone
    for zone in sorted(available_timezones()):
        if at.astimezone(ZoneInfo(zone)).utcoffset() == offset:
            return zone
    return "UTC"
