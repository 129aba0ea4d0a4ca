"""A member of a simulated team, on a separate machine with its clock, archive and network."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

from support.network import Network
from support.postgres import USER_PASSWORD
from support.simulated_hub import ROLES
from support.simulated_process import Client, FlakyAccount, Killed
from support.simulation_plan import LONGEST_WAIT, LONGEST_WAITS, MOMENT, TROUBLE, ZONE

from inbox_tui.archive import Archive, Query
from inbox_tui.archive.records import ChangedState
from inbox_tui.credentials import Secret
from inbox_tui.smsc.limit import Moment
from inbox_tui.sync import Event, MessagesArrived, RefreshDeferred, State, Status, StatusChanged
from inbox_tui.sync.inbox_sync import InboxSync
from inbox_tui.team.address import parse_hub
from inbox_tui.team.hub import EPOCH
from inbox_tui.team.member import TeamMember
from inbox_tui.team.sign_in import HubSignIn

if TYPE_CHECKING:
    from support.team_simulation import TeamWorld

STATES: tuple[ChangedState, ...] = ("unread", "starred", "done", "taken")


class Member:
    """A colleague with a machine, on which the program may run or not."""

    def __init__(self, world: TeamWorld, number: int) -> None:
        random = world.random
        self.world = world
        self.name = f"member {number}"
        self.path = world.folder / f"{number}.db"
        readers = range(1, 1 + world.team.readers)
        self.may_ask = number not in readers
        self.user = "sim_asker" if self.may_ask else random.choice(tuple(ROLES))
        self.ahead = random.choice((0.0, 0.0, 0.0, -40 * 86400.0, -7.0, 5000.0))
        self.booted = random.uniform(0, 10**6)
        self.network = Network(world.hub.cluster.port, self._delay)
        world.loop.servers.append(self.network.waits)
        self.announced: Counter[int] = Counter()
        self.password = world.passwords[-1]
        self.lives = 0
        self.dead = True

    def _delay(self, size: int) -> float:
        world, team = self.world, self.world.team
        if world.calm:
            return 0.0
        return world.random.uniform(0, team.delay) + (size / team.rate if team.rate else 0.0)

    @property
    def asks(self) -> bool:
        return not self.dead and self.life.asks

    def join(self) -> None:
        if self.dead:
            self.dead = False
            self.lives += 1
            self.life = Life(self)
            self.world.lives.append(self.life)

    def kill(self) -> None:
        if not self.dead:
            self.dead = True
            self.life.end()

    def use(self) -> None:
        """Act as the user after all failures: sign in if necessary, and refresh if it stopped."""
        if self.dead:
            return
        status = self.life.status
        if status.state is State.SIGN_IN and self.may_ask:
            self.password = self.world.passwords[-1]
            self.life.team_member.sign_in(Secret(self.password))
        elif status.state is State.BLOCKED and status.next_at is None:
            self.life.team_member.refresh()

    # -- its clock

    def moment(self) -> Moment:
        return Moment(self.name, self.world.time() + self.booted)

    def now(self) -> datetime:
        at = EPOCH - timedelta(seconds=self.world.hub_ahead)
        return at + timedelta(seconds=self.world.hub_seconds() + self.ahead)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(MOMENT, seconds))


class Life:
    """One run of the program on a member's machine."""

    def __init__(self, member: Member) -> None:
        world = member.world
        self.world = world
        self.member = member
        self.dead = False
        self.refused: set[str] = set()
        self.quiet_until = 0.0
        self.archive = Archive.open(member.path, wall=member.now)
        self.account = self.archive.account(world.login, world.host)
        url = world.hub.cluster.url(world.hub.database, member.user)
        address = parse_hub(url)._replace(port=member.network.port)
        self.team_member = TeamMember(
            self.account,
            HubSignIn(address, Secret(USER_PASSWORD), member.name),
            password=Secret(member.password) if member.may_ask else None,
            make_sync=self._make_sync,
            in_thread=self._in_archive,
            publish=self._on_event,
            clock=member,
            random=Random(world.random.random()),
            server_zone=ZONE,
        )
        self.task = world.loop.create_task(self.team_member.run())
        self.task.add_done_callback(self._ended)

    def _make_sync(self, store: Any, **given: Any) -> InboxSync:
        world = self.world
        self._store = store
        return InboxSync(
            FlakyAccount(self, store),  # type: ignore[arg-type] # the same in `simulated_process.Life`
            login=world.login,
            connect=lambda secret: Client(self, secret),  # type: ignore[arg-type]
            random=Random(world.random.random()),
            server_zone=ZONE,
            scopes=world.plan.scopes,
            refresh_seconds=world.plan.refresh_seconds,
            page_size=world.plan.page_size,
            in_thread=self._in_thread,
            **given,
        )

    async def _in_thread(self, function: Callable[..., Any], *arguments: Any) -> Any:
        world = self.world
        await world.stall(0.01)
        result = await asyncio.to_thread(function, *arguments)
        if world.first_complete is None:
            cursors = [
                await asyncio.to_thread(self._store.sync_state.cursor, scope)
                for scope in world.plan.scopes
            ]
            if all(cursor.polled is not None for cursor in cursors):
                world.first_complete = world.time()
        await world.stall(0.01)
        return result

    async def _in_archive(self, function: Callable[..., Any], *arguments: Any) -> Any:
        world = self.world
        await world.stall(0.01)
        self.must_live()
        if not world.calm and world.random.random() < world.plan.flaky:
            raise world.random.choice(TROUBLE)("no room")
        return function(*arguments)

    @property
    def asks(self) -> bool:
        return self.team_member._hub.asking

    @property
    def status(self) -> Status:
        return self.team_member.status

    def change_states(self) -> None:
        world, random = self.world, self.world.random
        rows = [row for row in self.account.lists.export(Query()) if row.received < 2**40]
        state, value = random.choice(STATES), random.random() < 0.5
        some = random.sample(rows, min(len(rows), random.choice((1, 1, 3, 30))))
        changed = self.account.messages.set_state([row.row for row in some], state, value=value)
        ids = {row.row: row.id for row in some}
        for row in changed.rows:
            world.changes[state, ids[row]].append((world.time(), value, self.member.name))
        self.team_member.states_changed()

    def _on_event(self, event: Event) -> None:
        match event:
            case StatusChanged(status) if status.next_at is not None:
                self._check_wait(status.next_at, status.state)
            case RefreshDeferred(until) if until is not None:
                self._check_wait(until, self.status.state)
            case MessagesArrived(new):
                self.member.announced.update(new)

    def _check_wait(self, until: float, state: State) -> None:
        longest = max(LONGEST_WAITS.get(state, 0.0), LONGEST_WAIT, self.world.plan.refresh_seconds)
        wait = until - self.member.moment().seconds
        assert wait <= longest + 20.0 or self.world.team.hub_jumps, f"waits for {wait}"

    # -- what `FlakyAccount` and `Client` use

    def seconds(self) -> float:
        return self.world.hub_seconds()

    def maybe_die(self, often: float) -> None:
        """Perhaps die at this step, which runs in a thread."""
        world = self.world
        if not self.dead and not world.calm and world.random.random() < often:
            self.dead = True
            world.loop.call_soon_threadsafe(self._die)
        self.must_live()

    def must_live(self) -> None:
        if self.dead:
            raise Killed

    def _die(self) -> None:
        member = self.member
        if member.life is self:
            member.kill()
            self.world.loop.call_later(self.world.random.choice((0.0, 5.0, 120.0)), member.join)

    def end(self) -> None:
        """End at once, without an orderly shutdown."""
        self.dead = True
        if (connection := self.team_member._hub._connection) is not None:
            connection.terminate()
        self.task.cancel()
        self.archive.close()

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and not isinstance(task.exception(), Killed):
            self.world.faults.append(repr(task.exception()))
            task.print_stack()
