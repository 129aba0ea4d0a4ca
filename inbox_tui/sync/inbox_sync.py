"""The loop that asks the service: it waits until a request is due, sends it, stores the answer.

`next_request` and `planner` decide when to ask and for what; `outcomes` stores the result. The sync
state is in the store, so a restart or a second terminal continues from where the first one is.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import datetime, tzinfo
from functools import partial
from random import Random
from typing import Any, Protocol

from inbox_tui.archive import ArchiveBusy, ArchiveError
from inbox_tui.archive.records import DAY_SECONDS
from inbox_tui.credentials import Secret, why_refused
from inbox_tui.smsc.errors import SmscError
from inbox_tui.smsc.limit import Limit, Moment
from inbox_tui.smsc.message import Answer
from inbox_tui.sync.back_off import back_off
from inbox_tui.sync.clock import Clock, wait_at_most
from inbox_tui.sync.events import (
    TOO_SLOW_REASON,
    Event,
    PasswordAccepted,
    RefreshDeferred,
    State,
    Status,
    StatusChanged,
)
from inbox_tui.sync.next_request import (
    AskNow,
    PassProgress,
    Request,
    RequestChooser,
    Wait,
    signed_out,
)
from inbox_tui.sync.outcomes import Outcomes
from inbox_tui.sync.planner import PAGE_SIZE
from inbox_tui.sync.stores import MessageStore

TICK_SECONDS = 1.0
"""How often a wait checks for changes: another terminal may have asked, or the machine may have
slept."""
STEP_PAUSE_SECONDS = 0.1
"""The pause after each step of deleting and wiping, so that other programs can write."""
CLOSING_SECONDS = 2.0
"""How long a closing program waits for the answer to a request under way."""
BUSY_TRIES = 10
"""How often `once` tries an archive that another program has locked."""

_DOCUMENTED_LIMIT = Limit()


class Inbox(Protocol):
    """The part of the service's client that `InboxSync` uses."""

    async def fetch(
        self, *, cnt: int, hour: int, after_id: int | None = None, to_phone: str | None = None
    ) -> Answer:
        """Send one request and return its answer. Raises `SmscError`."""

    async def aclose(self) -> None:
        """Close the connections."""


class InboxSync:
    """Keeps one account's archive up to date, within the service's limit.

    `store` belongs to this object and is used by one thread at a time. `connect` creates the client
    for a password; it is called late and away from the event loop, because it imports the HTTP
    library. `scopes` are the receiving numbers to ask for one by one, or `("",)` for all at once.
    `publish` is called on the event loop. `in_thread` runs a function away from the event loop.
    """

    status: Status
    """The current status; each change is published."""

    def __init__(
        self,
        store: MessageStore,
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
        self._store = store
        self._connect = connect
        self._publish = publish
        self._clock = clock
        self._random = random
        self._password = password
        self._scopes = tuple(scopes) or ("",)
        self._limit = limit
        self._in_thread = in_thread
        self._progress = PassProgress()
        self._chooser = RequestChooser(
            store,
            self._progress,
            login=login,
            clock=clock,
            scopes=self._scopes,
            refresh_seconds=refresh_seconds,
            page_size=page_size,
            limit=limit,
        )
        self._outcomes = Outcomes(
            store,
            self._progress,
            random=random,
            server_zone=server_zone,
            keep_days=keep_days,
            limit=limit,
        )
        self._client: Inbox | None = None
        self._client_password: Secret | None = None
        self._wake = asyncio.Event()
        self._ask_now = AskNow(set(self._scopes))
        self._outcome: Callable[[], list[Event]] | None = None
        self._just_answered = False
        self._via = ""
        self._expired_on: int | None = None
        self._steps: Iterator[int] | None = None
        """The remaining steps of deleting and wiping."""
        self._archive_failures = 0
        self._given_up = 0
        self.status = Status(State.CHECKING if password else State.SIGN_IN)

    def refresh(self) -> None:
        """Ask now if the limit has room; otherwise publish `RefreshDeferred`. Never queues two."""
        self._ask_now = AskNow(set(self._scopes), by_user=True)
        self._wake.set()

    def check_again(self) -> None:
        """Check the store at once: what prevented the next request may be gone."""
        self._archive_failures = 0
        self._wake.set()

    def sign_in(self, password: Secret | None) -> None:
        """Use this password from now on, once a request has checked it; None stops asking.

        The resulting status is published even if it is the same as before.
        """
        self._password = password
        self._progress.unproven = password is not None
        self._chooser.checked = None
        self._ask_now = AskNow(set(self._scopes))
        self.status = Status(State.CHECKING)
        self._wake.set()

    def states_changed(self) -> None:
        """Do nothing: without a team, states are not shared."""

    async def why_withheld(self, password: Secret) -> str | None:
        """Return why this password was refused in an earlier request, or None if it was not."""
        requests = self._store.requests
        why: str | None = await self._in_thread(lambda: why_refused(password, requests.refusals()))
        return why

    async def allow_again(self) -> None:
        """Allow every password to be sent, even refused ones, because the user insists."""
        await self._in_thread(self._store.requests.allow_again)

    async def run(self) -> None:
        """Ask whenever a request is due, until cancelled, beginning with the whole period."""
        self._progress.whole_period_wanted.update(self._scopes)
        try:
            while True:
                wait = await self.step()
                if wait is not None:
                    await self._wait(wait)
        finally:
            await self._disconnect()

    async def once(self) -> Status:
        """Finish one pass over every scope, or return the status that prevents it.

        Waits for the limit if necessary. A pass that another terminal finishes meanwhile counts,
        but only once the service has accepted this password.
        """
        self._progress.unproven = True
        began, moment = self._clock.now(), self._clock.moment()
        try:
            while True:
                wait = await self.step()
                if not self._progress.unproven and await self._all_passes_finished_since(
                    began, moment.seconds
                ):
                    while await self._idle_work():
                        await self._clock.sleep(STEP_PAUSE_SECONDS)
                    return self.status._replace(state=State.LIVE, reason="")
                if wait is None:
                    continue
                if wait.held:
                    return wait.status
                await self._wait(wait)
        finally:
            await self._disconnect()

    async def step(self) -> Wait | None:
        """Make the request that is due and return None, or return what to wait for."""
        password = self._password
        try:
            if self._outcome is not None:
                await self._commit_outcome(self._outcome)
            if password is None:
                return self._announce(signed_out("", self._limit))
            client = await self._connected(password)
            plan = await self._in_thread(self._chooser.plan, password, self._ask_now)
            self._archive_failures = 0
            if isinstance(plan, Wait):
                return self._announce(plan)
            if self._in_time(plan):
                self._given_up = 0
                await self._ask_and_finish(client, plan)
            else:
                return await self._give_up(plan)
        except ArchiveError as error:
            return self._announce(self._without_archive(error))
        return None

    # -- waiting

    def _announce(self, wait: Wait) -> Wait:
        self._set_status(wait.status)
        if wait.deferred:
            self._publish(RefreshDeferred(wait.until))
        return wait

    async def _wait(self, wait: Wait) -> None:
        """Wait until the planned time, a call that wakes the loop, or a change to the store."""
        ends = [end for end in (wait.until, wait.more_room_at) if end is not None]
        while not self._wake.is_set():
            stepped = await self._idle_work()
            now = self._clock.moment().seconds
            left = min(
                [STEP_PAUSE_SECONDS if stepped else TICK_SECONDS, *(end - now for end in ends)]
            )
            if left <= 0:
                break
            await wait_at_most(self._clock, left, self._wake.wait())
            if wait.version is not None and await self._version() != wait.version:
                break
        self._wake.clear()

    async def _version(self) -> int | None:
        try:
            version: int = await self._in_thread(self._store.data_version)
        except ArchiveError:
            return None
        return version

    async def _idle_work(self) -> bool:
        """Take one step of deleting and wiping old messages; return whether there was one.

        The steps begin after an answer. If the archive fails, they begin again after the next one.
        """
        if self._steps is None:
            if not self._just_answered:
                return False
            before, self._outcomes.delete_before = self._outcomes.delete_before, None
            self._steps = self._expiry_steps(before)
        self._just_answered = False
        stepped = False
        with contextlib.suppress(ArchiveError):
            stepped = await self._in_thread(next, self._steps, None) is not None
        if not stepped:
            self._steps = None
        return stepped

    def _expiry_steps(self, before: int | None) -> Iterator[int]:
        """Delete messages received before these server seconds, once a day; then wipe the rest."""
        if before is not None and before // DAY_SECONDS != self._expired_on:
            yield from self._store.expire(before)
            self._expired_on = before // DAY_SECONDS
        yield from self._store.wipe()

    def _without_archive(self, error: ArchiveError) -> Wait:
        self._archive_failures += 1
        busy = isinstance(error, ArchiveBusy)
        wait = TICK_SECONDS if busy else back_off(self._archive_failures, self._random)
        until = self._clock.moment().seconds + wait
        status = self.status._replace(state=State.OFFLINE, reason=str(error), next_at=until)
        return Wait(status, until, held=not busy or self._archive_failures > BUSY_TRIES)

    def _set_status(self, status: Status) -> None:
        status = status._replace(via=self._via)
        if status != self.status:
            self.status = status
            self._publish(StatusChanged(status))

    async def _all_passes_finished_since(self, began: datetime, seconds: float) -> bool:
        """Return whether every scope has completed a pass that began after this moment."""
        missing = [
            scope for scope in self._scopes if self._progress.finished.get(scope, -1.0) < seconds
        ]
        for scope in missing:
            polled = (await self._in_thread(self._store.sync_state.cursor, scope)).polled
            if polled is None or polled.wall < began:
                return False
        return True

    # -- asking

    async def _ask_and_finish(self, client: Inbox, request: Request) -> None:
        """Ask; if cancelled, still wait up to `CLOSING_SECONDS` for the request to end.

        A request abandoned before its answer blocks all others for `Limit.in_flight_seconds`.
        """
        asking = asyncio.ensure_future(self._ask(client, request))
        try:
            await asyncio.shield(asking)
        except asyncio.CancelledError:
            self._publish = lambda event: None  # the receiver of events is closing
            try:
                await wait_at_most(self._clock, CLOSING_SECONDS, asking)
            finally:
                await asyncio.gather(asking, return_exceptions=True)
            raise

    async def _ask(self, client: Inbox, request: Request) -> None:
        self._set_status(self.status._replace(state=State.CHECKING, reason="", next_at=None))
        page = request.page
        try:
            answer = await client.fetch(
                cnt=page.cnt,
                hour=page.hour,
                after_id=page.after_id,
                to_phone=page.scope or None,
            )
        except SmscError as error:
            self._via = ""
            request.ask_now.scopes.clear()
            outcome = partial(self._outcomes.failed, request, error)
        else:
            self._via = answer.via
            outcome = partial(self._succeeded, request, answer)
        self._outcome = partial(outcome, self._clock.moment(), self._clock.now())
        await self._commit_outcome(self._outcome)

    async def _give_up(self, request: Request) -> Wait | None:
        """Remove from the log a request that can no longer be sent in time.

        After the first, as when the machine slept, the next is planned at once; later ones wait.
        """
        self._outcome = partial(self._outcomes.given_up, request)
        await self._commit_outcome(self._outcome)
        self._given_up += 1
        if self._given_up == 1:
            return None
        until = self._clock.moment().seconds + back_off(self._given_up, self._random)
        status = self.status._replace(state=State.OFFLINE, reason=TOO_SLOW_REASON, next_at=until)
        return self._announce(Wait(status, until, held=True))

    def _in_time(self, request: Request) -> bool:
        """Return whether the request, if sent now, ends before the log gives it up."""
        to_get_going = (self._limit.in_flight_seconds - self._limit.request_timeout) / 2
        return self._clock.moment().seconds - request.at.seconds <= to_get_going

    async def _commit_outcome(self, outcome: Callable[[], list[Event]]) -> None:
        """Commit the outcome of a request, then publish its events; `step` retries a failure."""
        events = await self._in_thread(outcome)
        self._outcome = None
        for event in events:
            self._publish(event)

    async def _connected(self, password: Secret) -> Inbox:
        """Return the client for this password; a different password gets a new client."""
        if self._client is None or self._client_password is not password:
            await self._disconnect()
            self._client = await self._in_thread(self._connect, password)
            self._client_password = password
        return self._client

    async def _disconnect(self) -> None:
        if self._client is not None:
            client, self._client = self._client, None
            await client.aclose()

    def _succeeded(
        self, request: Request, answer: Answer, at: Moment, seen: datetime
    ) -> list[Event]:
        events = self._outcomes.succeeded(request, answer, at, seen)
        if request.password is self._password and self._progress.unproven:
            self._progress.unproven = False
            events.insert(0, PasswordAccepted())
        self._just_answered = True
        return events
