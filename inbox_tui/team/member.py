"""A member of a team: copies from the hub, and asks the service while it holds the lock."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from datetime import timedelta, tzinfo
from functools import partial
from math import nan
from random import Random
from typing import TYPE_CHECKING, Any, TypeVar

from inbox_tui.archive import ArchiveBusy, ArchiveError
from inbox_tui.archive.records import DAY_SECONDS
from inbox_tui.credentials import Secret
from inbox_tui.locale import _
from inbox_tui.sync import (
    Event,
    HubCopied,
    MessagesArrived,
    RefreshDeferred,
    State,
    Status,
    StatusChanged,
    TakenByColleague,
)
from inbox_tui.sync.back_off import back_off
from inbox_tui.sync.clock import wait_at_most
from inbox_tui.sync.events import NOBODY_ASKS_REASON, TOO_SLOW_REASON
from inbox_tui.sync.inbox_sync import BUSY_TRIES, STEP_PAUSE_SECONDS, TICK_SECONDS, InboxSync
from inbox_tui.sync.planner import delete_before
from inbox_tui.team.copying import Copier
from inbox_tui.team.errors import HubError, HubRefused
from inbox_tui.team.hub import Hub, HubClock
from inbox_tui.team.joining import hand_over, note_team
from inbox_tui.team.standing import LOCK, Standing, shown_status, standing
from inbox_tui.team.states import SENT_TOGETHER, send_states
from inbox_tui.team.store import HubStore, announce, channel_of, find_account

if TYPE_CHECKING:
    from asyncpg import Connection

    from inbox_tui.archive import AccountArchive
    from inbox_tui.sync import Clock
    from inbox_tui.team.sign_in import HubSignIn

T = TypeVar("T")

BEAT_SECONDS = 3.0
"""How often a member contacts the hub and checks whether somebody asks."""
SEEN_EVERY = 10
"""After how many beats a member updates its last-seen time; sooner if it has copied."""
SEEN_SECONDS = SEEN_EVERY * BEAT_SECONDS
SHORTEST_RETRY = 1.0
LONGEST_RETRY = 15.0


class TeamMember:
    """Keeps one account's archive a copy of the hub's, and asks the service in its turn.

    It takes the place that `InboxSync` has for an account without a team. `make_sync(store,
    publish=…, clock=…, password=…)` creates the `InboxSync` that it asks with. `in_thread` runs a
    function in the thread that `account` is used in.
    """

    status: Status
    """The current status; each change is published."""

    def __init__(
        self,
        account: AccountArchive,
        sign_in: HubSignIn,
        *,
        password: Secret | None,
        make_sync: Callable[..., InboxSync],
        in_thread: Callable[..., Awaitable[Any]],
        publish: Callable[[Event], None],
        clock: Clock,
        random: Random,
        server_zone: tzinfo,
        keep_days: int = 0,
    ) -> None:
        self._account = account
        self._name = sign_in.name
        self._password = password
        self._make_sync = make_sync
        self._in_thread = in_thread
        self._publish = publish
        self._clock = clock
        self._random = random
        self._server_zone = server_zone
        self._keep_days = keep_days
        self._expired_on: int | None = None
        self._steps: Iterator[int] | None = None
        """The remaining steps of deleting old messages."""
        loop = asyncio.get_running_loop()
        self._hub = Hub(
            sign_in.address,
            sign_in.password,
            on_notify=lambda *notice: loop.call_soon_threadsafe(self._handle_notification, *notice),
        )
        self._hub_clock = HubClock(clock)
        self._copier = Copier(self._hub, account, in_thread, name=self._name)
        self._store: HubStore | None = None
        self._sync: InboxSync | None = None
        self._hub_id = ""
        self._standing: Standing | None = None
        self._sync_status = Status(State.CHECKING)
        self._wake = asyncio.Event()
        self._connecting = asyncio.Lock()
        self._beats = 0
        self._noted: int | None = None
        """The position copied up to when our last-seen time was last updated."""
        self._refresh_by: int | None = None
        """The session of the colleague who wanted the last refresh, or None if our user did."""
        self._copied = False
        self._background: asyncio.Task[Any] | None = None
        self._announcing: set[asyncio.Task[None]] = set()
        """The announcements under way, held here because asyncio does not hold its tasks."""
        self.status = Status(State.CHECKING)

    # -- as `InboxSync`

    def refresh(self) -> None:
        """Ask now if we hold the lock; otherwise tell the member that does."""
        if self._hub.asking and self._sync is not None:
            self._refresh_by = None
            self._sync.refresh()
        elif self._store is not None and self._hub.connected:
            self._announce("refresh")

    def sign_in(self, password: Secret | None) -> None:
        """Use this password from now on; it is checked once it is our turn to ask."""
        self._password = password
        if self._sync is not None:
            self._sync.sign_in(password)
            self._sync_status = self._sync.status
        self._show()
        self._wake.set()

    def states_changed(self) -> None:
        """Send the states that were set here at once."""
        self._wake.set()

    async def why_withheld(self, password: Secret) -> str | None:
        """Return why this password was refused in an earlier request, or None if it was not."""
        sync = self._sync or await self._connect()
        return await sync.why_withheld(password)

    async def allow_again(self) -> None:
        """Allow every password to be sent, even refused ones, because the user insists."""
        sync = self._sync or await self._connect()
        await sync.allow_again()
        self._announce("look")

    async def run(self) -> None:
        """Copy, and ask when it is our turn, until cancelled."""
        try:
            await self._keep_connected()
        finally:
            await self._stop()

    async def _keep_connected(self) -> None:
        attempt = 0
        while True:
            try:
                sync = await self._connect()
                if self._background is None:
                    self._background = asyncio.create_task(sync.run())
                attempt = 0
                while True:
                    live = self.status.state is State.LIVE
                    stands = await self._contact_hub(sync)
                    await self._send_states()
                    if stands.last != self._copier.position:
                        await self._copy()
                    if live and not self._copied:
                        self._copied = True
                        self._publish(HubCopied())
                    if self._copied:
                        await self._copier.note_polled(self._clock.now())
                    await self._expire()
                    await self._wait(BEAT_SECONDS)
            except HubError as error:
                attempt += 1
                shortest = LONGEST_RETRY if isinstance(error, HubRefused) else SHORTEST_RETRY
                wait = back_off(attempt, self._random, shortest=shortest, longest=LONGEST_RETRY)
                await self._hub_away(error, wait)
            except ArchiveError as error:
                self._set_status(Status(State.OFFLINE, str(error)))
                await self._wait(BEAT_SECONDS)

    async def once(self) -> Status:
        """Finish one pass of requests, unless somebody else asks; then copy what the hub has.

        Raises `ArchiveError` if the local archive fails.
        """
        try:
            sync = await self._outwait_busy(self._begin_once)
            status = self.status
            if status.reason == NOBODY_ASKS_REASON:
                status = status._replace(state=State.OFFLINE)
            if self._hub.asking:
                status = await self._ask_once(sync)
            await self._outwait_busy(self._finish_once)
        except HubError as error:
            return Status(State.HUB_AWAY, str(error))
        finally:
            await self._stop()
        return status

    async def _begin_once(self) -> InboxSync:
        sync = await self._connect()
        await self._contact_hub(sync)
        await self._send_states()
        return sync

    async def _finish_once(self) -> None:
        await self._copy()
        await self._copier.note_polled(self._clock.now())
        while await self._expire():
            pass

    async def _outwait_busy(self, step: Callable[[], Awaitable[T]]) -> T:
        """Repeat a step while another program has locked the local archive, as `InboxSync.once`."""
        for _attempt in range(BUSY_TRIES):
            try:
                return await step()
            except HubError:
                raise
            except ArchiveBusy:
                await self._clock.sleep(TICK_SECONDS)
        return await step()

    async def _ask_once(self, sync: InboxSync) -> Status:
        """Finish one pass, keeping the connection open, or reconnecting, to store the answers."""
        asking = asyncio.create_task(sync.once())
        self._background = asking
        keeping = asyncio.create_task(self._keep_connected())
        try:
            await asyncio.wait((asking, keeping), return_when=asyncio.FIRST_COMPLETED)
        finally:
            keeping.cancel()
            await asyncio.wait([keeping])
        if not keeping.cancelled():
            keeping.result()
        status = await asking
        return status._replace(next_at=self._hub_clock.to_local(status.next_at))

    # -- the connection

    async def _connect(self) -> InboxSync:
        """Connect if necessary; return the `InboxSync` that asks while we hold the lock."""
        async with self._connecting:
            await self._in_thread(note_team, self._account)
            await self._hub.connect()
            hub_id, account_id, stands = await self._hub.run(self._find)
            if self._store is None:
                self._hub_id, self._store = hub_id, self._new_store(account_id)
            elif (hub_id, account_id) != (self._hub_id, self._store.account_id):
                raise HubRefused(
                    _("there is a different hub at this address now: restart inbox-tui")
                )
            if self._hub.may_ask:
                await hand_over(
                    self._account,
                    self._store,
                    self._hub.address.place,
                    self._clock.moment(),
                    in_thread=self._in_thread,
                )
            if self._sync is None:
                self._sync = self._make_sync(
                    self._store,
                    publish=self._on_sync_event,
                    clock=self._hub_clock,
                    password=self._password,
                )
                self._sync_status = self._sync.status
            await self._copier.begin(hub_id, account_id, stands.last)
            self._beats = 0
            self._sync.check_again()
            return self._sync

    async def _find(self, connection: Connection) -> tuple[str, int, Standing]:
        hub_id = await connection.fetchval("SELECT hub FROM inbox_tui.version")
        account_id = await find_account(
            connection, self._account.login, self._account.host, make=self._hub.may_ask
        )
        await self._hub.listen(connection, channel_of(account_id))
        return hub_id, account_id, await self._check_hub(connection, account_id)

    def _new_store(self, account_id: int) -> HubStore:
        loop = asyncio.get_running_loop()
        return HubStore(
            self._hub,
            self._hub_clock,
            account_id,
            self._account.login,
            on_late=lambda *late: asyncio.run_coroutine_threadsafe(self._add_late(*late), loop),
        )

    async def _add_late(self, count: int, longest: float) -> None:
        """Count messages that our polls missed in the local archive, where `doctor` looks."""
        with suppress(ArchiveError):
            await self._in_thread(self._account.sync_state.add_late, count, longest)

    async def _hub_away(self, error: HubError, wait: float) -> None:
        self._standing = None
        until = self._clock.moment().seconds + wait
        self._set_status(Status(State.HUB_AWAY, str(error), until, left=0, allowed=0))
        await self._hub.disconnect()
        await self._wait(wait)

    async def _stop(self) -> None:
        if self._background is not None:
            self._background.cancel()
            await asyncio.wait([self._background])
        await asyncio.to_thread(self._hub.close)
        if self._announcing:
            await asyncio.wait(self._announcing)

    # -- each beat

    async def _contact_hub(self, sync: InboxSync) -> Standing:
        """Contact the hub, and take over asking if nobody else does it."""
        if self._background is not None and self._background.done():
            self._background.result()
        stands, mended = await self._hub.run(self._take_or_give_up_lock)
        had, self._standing = self._standing, stands
        if mended or had is None or had.hold != stands.hold:
            sync.check_again()
        self._show()
        return stands

    async def _take_or_give_up_lock(self, connection: Connection) -> tuple[Standing, bool]:
        """Take the lock if it is free, or release it if we can't ask.

        Returns the state of the account on the hub before that, and whether times were mended.
        """
        assert self._store is not None
        account_id = self._store.account_id
        if self._beats % SEEN_EVERY == 0 or self._noted != self._copier.position:
            await self._note_seen(connection, account_id)
        self._beats += 1
        stands = await self._check_hub(connection, account_id)
        wanted = (
            self._hub.may_ask
            and self._password is not None
            and self._sync_status.state is not State.SIGN_IN
            and self._sync_status.reason != TOO_SLOW_REASON  # a colleague may be nearer the hub
        )
        to_mend = self._hub_clock.was_set
        if self._hub.asking and not wanted:
            await connection.execute("SELECT pg_advisory_unlock($1, $2)", LOCK, account_id)
            self._hub.asking = False
        elif wanted and not stands.somebody_asks:
            self._hub.asking = await connection.fetchval(
                "SELECT pg_try_advisory_lock($1, $2)", LOCK, account_id
            )
            if self._hub.asking:
                await announce(connection, account_id, "asker")
                to_mend = True
        if to_mend and self._hub.may_ask:
            await self._store.mend_times(connection)
            return stands, True
        return stands, False

    async def _check_hub(self, connection: Connection, account_id: int) -> Standing:
        began = self._hub_clock.local_seconds()
        stands = await standing(connection, account_id)
        self._hub_clock.set(stands.now, began)
        return stands

    async def _note_seen(self, connection: Connection, account_id: int) -> None:
        await connection.execute(
            "WITH earlier AS (DELETE FROM inbox_tui.members WHERE account_id = $1 AND name = $2"
            " AND pid <> $3 AND seen_at < inbox_tui.now() - 60)"
            " INSERT INTO inbox_tui.members VALUES ($1, $2, $3, $4, inbox_tui.now())"
            " ON CONFLICT (account_id, name, pid) DO UPDATE"
            " SET seq = excluded.seq, seen_at = excluded.seen_at",
            account_id,
            self._name,
            connection.get_server_pid(),
            self._copier.position or 0,
        )
        self._noted = self._copier.position

    async def _send_states(self) -> None:
        """Send the states that were set here; announce messages that a colleague took first."""
        assert self._store is not None
        states_here = self._account.team
        while states := await self._in_thread(states_here.unsent, SENT_TOGETHER):
            send = partial(
                send_states,
                account_id=self._store.account_id,
                who=self._name,
                states=states,
                wall=self._clock.now,
                clock=self._hub_clock,
            )
            refused = await self._hub.run(send)
            await self._in_thread(states_here.sent, states)
            for message_id, who in refused:
                row = await self._in_thread(self._account.messages.get, message_id)
                if row is not None:
                    self._publish(TakenByColleague(row.row, who))

    async def _copy(self) -> None:
        await self._copier.copy(
            self._clock.now, lambda new, live: self._publish(MessagesArrived(new, live=live))
        )

    async def _expire(self) -> bool:
        """Delete local messages older than `keep_days`, once a day; the hub keeps them.

        Runs for one beat at most; returns whether something is left to do.
        """
        stands, now = self._standing, self._hub_clock.now()
        if not self._keep_days or stands is None or stands.clock_ahead is None:
            return False
        service = now - timedelta(seconds=stands.clock_ahead)
        before = delete_before(self._keep_days, service, self._clock.now(), self._server_zone)
        if before is None or before // DAY_SECONDS == self._expired_on:
            return False

        if self._steps is None:
            self._steps = self._account.expire(before)
        ends = self._clock.moment().seconds + BEAT_SECONDS
        while True:
            try:
                stepped = await self._in_thread(next, self._steps, None) is not None
            except ArchiveError:
                self._steps = None
                raise
            if not stepped:
                self._steps, self._expired_on = None, before // DAY_SECONDS
                return False
            await self._clock.sleep(STEP_PAUSE_SECONDS)
            if self._wake.is_set() or self._clock.moment().seconds >= ends:
                return True

    async def _wait(self, seconds: float) -> None:
        """Wait for `seconds`, or until a notification or a local change comes."""
        await wait_at_most(self._clock, seconds, self._wake.wait())
        self._wake.clear()

    def _handle_notification(self, payload: str, pid: int) -> None:
        """Handle a notification from the session `pid`."""
        what, _, rest = payload.partition(" ")
        if what == "deferred":
            self._handle_deferral(*rest.partition(" ")[::2])
            return
        if what == "refresh" and self._hub.asking and self._sync is not None:
            self._refresh_by = pid
            self._sync.refresh()
        elif what == "look" and self._sync is not None:
            self._sync.check_again()
        self._wake.set()

    def _handle_deferral(self, pid: str, until: str) -> None:
        """Publish when our refresh will come; the values are untrusted, as anybody may notify."""
        if pid != str(self._hub.pid):
            return
        try:
            seconds = float(until)
        except ValueError:
            seconds = nan
        is_soon = abs(seconds - self._hub_clock.moment().seconds) < DAY_SECONDS
        self._publish(RefreshDeferred(self._hub_clock.to_local(seconds if is_soon else None)))

    def _announce(self, payload: str) -> None:
        store = self._store
        assert store is not None

        async def send() -> None:
            try:
                await self._hub.run(
                    lambda connection: announce(connection, store.account_id, payload)
                )
            except HubError:
                self._wake.set()

        task = asyncio.create_task(send())
        self._announcing.add(task)
        task.add_done_callback(self._announcing.discard)

    # -- publishing

    def _on_sync_event(self, event: Event) -> None:
        """Forward an event of our `InboxSync`; messages are announced when they are copied."""
        match event:
            case StatusChanged(status):
                self._sync_status = status
                self._show()
            case RefreshDeferred(until) if self._refresh_by is not None:
                self._announce(f"deferred {self._refresh_by} {until}")
            case RefreshDeferred(until):
                self._publish(RefreshDeferred(self._hub_clock.to_local(until)))
            case MessagesArrived():
                pass
            case _:
                self._publish(event)

    def _show(self) -> None:
        stands = self._standing
        if stands is None:
            return
        status = shown_status(
            stands,
            self._sync_status,
            asking=self._hub.asking,
            may_ask=self._hub.may_ask,
            has_password=self._password is not None,
        )
        until = self._hub_clock.to_local(status.next_at)
        self._set_status(status._replace(next_at=until))

    def _set_status(self, status: Status) -> None:
        if status != self.status:
            self.status = status
            self._publish(StatusChanged(status))
