"""A process of a simulated world: the real parts of the program, with injected failures."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any

import httpx
from support.simulation_plan import LIMIT, LONGEST_WAIT, LONGEST_WAITS, MOMENT, TROUBLE, ZONE

from inbox_tui.archive import Archive, Hold
from inbox_tui.credentials import Secret
from inbox_tui.smsc.backup import BackupClient
from inbox_tui.smsc.client import InboxClient
from inbox_tui.smsc.errors import AddressBlocked, SignInRefused, SmscError, TooManyRequests
from inbox_tui.smsc.limit import Moment
from inbox_tui.smsc.message import Answer
from inbox_tui.sync import (
    Event,
    MessagesArrived,
    RefreshDeferred,
    State,
    StatusChanged,
    ZoneSuspected,
)
from inbox_tui.sync.inbox_sync import InboxSync

if TYPE_CHECKING:
    from support.simulation import World

CHANGES = frozenset(
    {
        "store_page",
        "requests.begin",
        "requests.end",
        "requests.set_hold",
        "requests.clear_hold",
        "requests.note_waited",
        "wipe",
    }
)
"""Operations on the archive that may fail, or at which the process may be killed."""


class Killed(BaseException):
    """The process has been killed."""


@dataclass(eq=False)
class Process:
    """A terminal with the inbox open, or a cron job. After a kill it may be started again."""

    world: World
    cron: bool
    lives: int = 0

    def __post_init__(self) -> None:
        self.dead = True
        self.password = self.world.passwords[-1]
        self.start_if_dead()

    def start_if_dead(self) -> None:
        world, machine = self.world, self.world.machine
        if not self.dead or machine.asleep_until > world.time():
            return
        if machine.away or machine.up_at > world.time():
            return
        self.dead = False
        self.lives += 1
        if world.calm or not self.cron:  # a cron job does not learn of a new password
            self.password = world.passwords[-1]
        life = Life(self)
        self.archive = life.archive
        self.sync = life.sync
        self.life = life
        self.task = world.loop.create_task(self.sync.once() if self.cron else self.sync.run())
        self.task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        if task.cancelled():
            return
        error = task.exception()
        if error is None:
            self.kill()
            pause = self.world.random.choice((5.0, 60.0, 300.0))
            self.world.loop.call_later(pause, self.start_if_dead)
        elif not isinstance(error, Killed):
            self.world.faults.append(repr(error))
            task.print_stack()

    def kill(self) -> None:
        if not self.dead:
            self.dead = True
            self.life.dead = True
            self.task.cancel()
            self.archive.close()

    def use(self) -> None:
        """Act as the user after all failures: sign in if necessary, and refresh if it stopped."""
        if self.dead:
            return
        match self.sync.status.state:
            case State.SIGN_IN:
                self.sync.sign_in(Secret(self.world.passwords[-1]))
            case State.BLOCKED if self.sync.status.next_at is None:
                self.sync.refresh()
            case _:
                pass


class Life:
    """One run of a process: its parts, and the failures injected into them."""

    def __init__(self, process: Process) -> None:
        world = process.world
        self.world = world
        self.process = process
        self.dead = False
        self.refused: set[str] = set()
        self.quiet_until = 0.0
        self.archive = Archive.open(world.path, wall=world.now)
        self.account = self.archive.account(world.login, world.host)
        self.sync = InboxSync(
            FlakyAccount(self, self.account),
            login=world.login,
            connect=lambda secret: Client(self, secret),
            publish=self.on_event,
            clock=world,
            random=Random(world.random.random()),
            server_zone=ZONE,
            password=Secret(process.password),
            scopes=world.plan.scopes,
            refresh_seconds=world.plan.refresh_seconds,
            keep_days=world.plan.keep_days,
            page_size=world.plan.page_size,
            in_thread=self.in_thread,
        )

    def on_event(self, event: Event) -> None:
        world = self.world
        match event:
            case StatusChanged(status):
                assert 0 <= status.left <= status.allowed == LIMIT.identical
                if status.next_at is not None:
                    self._check_wait(status.next_at, LONGEST_WAITS[status.state])
            case RefreshDeferred(until) if until is not None:
                self._check_wait(until, LONGEST_WAITS[self.sync.status.state])
            case MessagesArrived(new):
                world.announced.update(new)
            case ZoneSuspected():
                assert world.plan.jumps, "the zone is right"

    def seconds(self) -> float:
        """Return the seconds of the clock that holds are timed by."""
        return self.world.moment().seconds

    def _check_wait(self, until: float, longest: float) -> None:
        wait = until - self.seconds()
        longest = max(longest, LONGEST_WAIT, self.world.plan.refresh_seconds)
        assert wait <= longest + MOMENT, f"waits for {wait}"

    async def in_thread(self, function: Callable[..., Any], *arguments: Any) -> Any:
        world, plan = self.world, self.world.plan
        await world.awake()
        if function == self.account.data_version:
            self.must_live()
            return function()
        await world.stall(0.015)
        self.maybe_die(plan.deaths)
        result = function(*arguments)
        if world.first_complete is None:
            self._look_for_first_complete()
        self.maybe_die(plan.deaths)
        await world.stall(0.015)
        return result

    def _look_for_first_complete(self) -> None:
        world = self.world
        account = self.archive.account(world.login, world.host)
        cursors = [account.sync_state.cursor(scope) for scope in world.plan.scopes]
        if all(cursor.polled is not None for cursor in cursors):
            world.first_complete = world.time()

    def maybe_die(self, often: float) -> None:
        if not self.dead and not self.world.calm and self.world.random.random() < often:
            self.process.kill()
            delay = self.world.random.choice((0.0, 5.0, 120.0))
            self.world.loop.call_later(delay, self.process.start_if_dead)
        self.must_live()

    def must_live(self) -> None:
        if self.dead:
            raise Killed


class Client:
    """`InboxClient`, with checks that each request was allowed."""

    def __init__(self, life: Life, password: Secret) -> None:
        world = life.world
        self.life = life
        self.password = password.reveal()
        self.began = 0.0

        def seconds() -> float:
            return world.moment().seconds

        main, backup = (
            InboxClient(
                host,
                world.login,
                password,
                transport=httpx.MockTransport(
                    lambda request: world.network.carry(request, self.began)
                ),
                limit=LIMIT,
                seconds=seconds,
            )
            for host in (world.host, f"www2.{world.host}")
        )
        self.client = BackupClient(main, backup, seconds=seconds) if world.plan.backup else main

    async def fetch(self, **asked: Any) -> Answer:
        life, world = self.life, self.life.world
        life.must_live()
        refused = life.refused | world.refused
        assert self.password not in refused, "a refused password is sent again"
        quiet_until = max(life.quiet_until, world.quiet_until)
        assert world.time() > quiet_until - MOMENT, "asked though the service said not to"
        self.began = world.time()
        try:
            answer = await self.client.fetch(**asked)
        except SmscError as error:
            await world.awake()
            match error:
                case SignInRefused():
                    life.refused.add(self.password)
                case AddressBlocked():
                    life.quiet_until = world.time() + 15 * 60.0
                case TooManyRequests():
                    life.quiet_until = world.time() + LIMIT.window
            raise
        await world.awake()
        return answer

    async def aclose(self) -> None:
        await self.client.aclose()


class FlakyAccount:
    """An account's archive, or a part of it, in which every change may fail."""

    def __init__(self, life: Life, part: object, prefix: str = "") -> None:
        self._life = life
        self._part = part
        self._prefix = prefix

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._part, name)
        name = f"{self._prefix}{name}"
        if not callable(found):
            return type(self)(self._life, found, f"{name}.")
        life = self._life
        world = life.world
        if name in CHANGES:
            life.maybe_die(world.plan.deaths)
            if not world.calm and world.random.random() < world.plan.flaky:
                raise world.random.choice(TROUBLE)("no room")
        return self._set_hold if name == "requests.set_hold" else found

    def _set_hold(self, hold: Hold, now: Moment) -> None:
        life, world = self._life, self._life.world
        requests: Any = self._part
        requests.set_hold(hold, now)
        stands = requests.hold(now)
        assert stands is not None
        if stands.kind in ("limited", "blocked") and stands.until is not None:
            wait = stands.until - life.seconds()
            world.quiet_until = max(world.quiet_until, world.time() + wait)
        if hold.kind == "refused":
            world.refused |= life.refused
