"""A bad day of a team, in a moment: several machines, one service, and a real hub.

A `TeamWorld` is the world of `simulation.py` with members on machines of their own: each has a
clock, an archive and a network to the hub. The hub is a PostgreSQL database whose clock is the
loop's; time stands still while it is at work. What the members do follows from the seed, but for
what of two things that happen at the same moment is first.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch

import msgspec
from support.network import Network
from support.postgres import ADMIN_PASSWORD, Cluster
from support.simulation import (
    CEILING,
    LONGEST_WAIT,
    LONGEST_WAITS,
    MOMENT,
    TROUBLE,
    WEEK,
    ZONE,
    Client,
    FlakyAccount,
    Killed,
    Plan,
    World,
)
from support.virtual import OutsideLoop, run_virtually

from inbox_tui.archive import Archive, Cursor, Query
from inbox_tui.archive.records import ChangedState
from inbox_tui.archive.team_states import MINE, NOT_TAKEN, TAKEN
from inbox_tui.credentials import Secret
from inbox_tui.smsc import client as client_module
from inbox_tui.smsc.limit import Moment
from inbox_tui.sync import (
    Event,
    InboxSync,
    MessagesArrived,
    RefreshDeferred,
    State,
    Status,
    StatusChanged,
)
from inbox_tui.team import member as member_module
from inbox_tui.team.address import parse_hub
from inbox_tui.team.errors import HubAway
from inbox_tui.team.hub import EPOCH, Hub
from inbox_tui.team.member import TeamMember
from inbox_tui.team.schema import create
from inbox_tui.team.sign_in import HubSignIn

STATES: tuple[ChangedState, ...] = ("unread", "starred", "done", "taken")
ROLES = {"sim_asker": "inbox_tui_asker", "sim_reader": "inbox_tui_reader"}
TOGETHER = 30.0
"""Whose change was the last is not told of changes so many seconds apart: the hub may be slow."""


@dataclass
class TeamPlan:
    """What is to happen to a team; the service's part is in `Plan`."""

    members: int
    late: int
    """How many members join in the middle."""
    readers: int
    """How many know no password of the account, in the first or second place."""
    delay: float
    """The most that a piece of data is on its way to the hub."""
    rate: float
    """How many bytes a second a member's network carries; 0: any number."""
    crashes: int
    cuts: int
    freezes: int
    hub_outages: int
    hub_jumps: int
    """How often the hub's clock is set anew."""
    changes: int
    """How often a member changes states of messages."""

    @classmethod
    def of(cls, random: Random, plan: Plan) -> TeamPlan:
        def some(most: int) -> int:
            return random.choice((0, random.randint(1, most)))

        members = random.randint(2, 5)
        return cls(
            members=members,
            late=random.choice((0, 0, 1)),
            readers=random.choice((0, 0, 1, members - 1)),
            delay=random.choice((0.0, 0.0, 0.05, 0.05, 1.5)),
            rate=random.choice((0.0, 0.0, 0.0, 5000.0)),
            crashes=some(6),
            cuts=some(6),
            freezes=some(4),
            hub_outages=some(2),
            hub_jumps=plan.jumps,
            changes=some(40),
        )


class TeamHub:
    """The database, for one world after the other; each has an account of its own there."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.database = cluster.new_database()
        self._clock = (cluster.folder / f"{self.database}.clock").open("wb", buffering=0)
        self._hub = Hub(parse_hub(cluster.url(self.database)), Secret(ADMIN_PASSWORD))
        self._hub.connect(checked=False)
        self._hub.call(create)
        for user, role in ROLES.items():
            cluster.sql(f"DROP ROLE IF EXISTS {user}; CREATE ROLE {user} LOGIN PASSWORD 'pw'")
            cluster.sql(f"GRANT {role} TO {user}")
        cluster.sql(
            "CREATE OR REPLACE FUNCTION inbox_tui.now() RETURNS double precision LANGUAGE sql"
            f" SECURITY DEFINER RETURN pg_read_file('{self._clock.name}')::float8",
            self.database,
        )

    def close(self) -> None:
        self._hub.close()

    def rows(self, statement: str) -> list[Any]:
        """What a query of the administrator's finds; time stands still meanwhile."""
        try:
            return self._hub.call(lambda connection: connection.fetch(statement))
        except HubAway:  # it was silent for too long
            self._hub.connect(checked=False)
            return self._hub.call(lambda connection: connection.fetch(statement))

    def set_clock(self, seconds: float) -> None:
        self._clock.seek(0)
        self._clock.write(b"%-32.6f" % seconds)

    def refuse(self) -> None:
        """End every connection, and let nobody in."""
        self.cluster.sql(
            f"ALTER DATABASE {self.database} ALLOW_CONNECTIONS false; SELECT pg_terminate_backend"
            f"(pid) FROM pg_stat_activity WHERE datname = '{self.database}'"
        )

    def let_in(self) -> None:
        self.cluster.sql(f"ALTER DATABASE {self.database} ALLOW_CONNECTIONS true")


class LoopHub(Hub):
    """A member's connection in the loop of the simulation, not in a thread of its own."""

    def _start(self) -> Any:
        return asyncio.get_running_loop()

    def _end(self) -> None:
        pass

    def _submit(self, work: Any) -> Any:
        future = super()._submit(work)
        try:
            asyncio.get_running_loop()
        except RuntimeError:  # a thread, which waits for it
            loop: Any = self._loop
            loop.blocked.add(future)
            future.add_done_callback(loop.blocked.discard)
        return future


class TeamWorld(World):
    """An account that a team reads."""

    TAIL = 60.0
    loop: OutsideLoop

    def __init__(self, folder: Path, seed: int, plan: Plan, team: TeamPlan, hub: TeamHub) -> None:
        super().__init__(folder, seed, plan, login=f"alex {seed}")
        self.folder = folder
        self.team = team
        self.hub = hub
        self.hub_ahead = plan.wall_off * 86400.0
        self.members: list[Member] = []
        self.lives: list[Life] = []
        self.changes: defaultdict[tuple[str, int], list[tuple[float, bool, str]]]
        self.changes = defaultdict(list)
        """What was set, of which message, by the loop's time, to what, by whom."""

    def hub_seconds(self) -> float:
        at = self.began + timedelta(seconds=self.loop.time() + self.hub_ahead, hours=-3)
        return (at - EPOCH.replace(tzinfo=None)).total_seconds()

    async def live(self) -> None:
        plan, team, random = self.plan, self.team, self.random
        self.members = [Member(self, number) for number in range(team.members)]
        happenings: list[tuple[float, Callable[[], None]]] = []
        for count, what in (
            (plan.outages, self._cut_off),
            (plan.main_outages, self._cut_off_main),
            (plan.password_changes, self._change_password),
            (plan.presses, self._press),
            (team.crashes, self._crash),
            (team.cuts, lambda: random.choice(self.members).network.cut()),
            (team.freezes, self._freeze),
            (team.hub_outages, self._hub_outage),
            (team.hub_jumps, self._jump),
            (team.changes, self._change_states),
        ):
            happenings += [(random.uniform(0, plan.seconds), what) for _ in range(count)]
        joining = [0.0, *(random.choice((0.0, 0.0, 60.0)) for _ in self.members[1:])]
        for number in range(team.late):
            joining[-1 - number] = random.uniform(0, plan.seconds)
        happenings += [(at, one.join) for at, one in zip(joining, self.members, strict=True)]
        for at, what in sorted(happenings, key=lambda happening: happening[0]):
            await asyncio.sleep(max(0.0, at - self.time()))
            what()
        await asyncio.sleep(max(0.0, plan.seconds - self.time()))
        self.calm = True
        await self._catch_up()
        for member in self.members:
            member.kill()
            member.network.close()
        await asyncio.gather(*(life.task for life in self.lives), return_exceptions=True)

    async def _catch_up(self) -> None:
        began = self.time()
        self.hub.let_in()
        for member in self.members:
            member.network.thaw()
        await asyncio.sleep(self.TAIL + 110.0)
        before = self._completed()
        quiet = began + self.TAIL + 100.0
        restarted = -WEEK
        while not (self._all_live() and self._caught_up(before, quiet) and self._agree()):
            assert self.time() - began < 30 * 3600, self._told()
            if self.time() - restarted > 300.0:  # whoever asks then asks for the whole period
                restarted = self.time()
                for member in self.members:
                    member.kill()
                    member.join()
            await asyncio.sleep(20.0)
            for member in self.members:
                member.use()

    def _all_live(self) -> bool:
        return all(
            not one.dead and one.life.status.state in (State.LIVE, State.CHECKING)
            for one in self.members
        )

    def _agree(self) -> bool:
        ((last,),) = self.hub.rows(f"SELECT last_seq FROM inbox_tui.accounts WHERE {self._ours}")
        lives = [one.life for one in self.members]
        return all(
            not life.account.team.unsent(1) and life.team_member._copier.position == last
            for life in lives
        )

    def _told(self) -> str:
        told = [(one.name, one.dead or one.life.status) for one in self.members]
        return f"it never comes to rest: {told}, {self._completed()}"

    @property
    def _ours(self) -> str:
        return f"login = '{self.login}'"

    def _completed(self) -> list[datetime | None]:
        found = self.hub.rows(
            "SELECT convert_from(scope, 'utf8'), cursor FROM inbox_tui.cursors"
            f" JOIN inbox_tui.accounts USING (account_id) WHERE {self._ours}"
        )
        cursors = {scope: msgspec.json.decode(cursor, type=Cursor) for scope, cursor in found}
        polls = [cursors.get(scope, Cursor()).whole for scope in self.plan.scopes]
        return [None if polled is None else polled.service for polled in polls]

    # -- what happens

    def _crash(self) -> None:
        random = self.random
        member = random.choice([one for one in self.members if one.asks] * 3 or self.members)
        member.kill()
        self.loop.call_later(random.choice((0.0, 1.0, 60.0, 200.0)), member.join)

    def _freeze(self) -> None:
        member = self.random.choice(self.members)
        member.network.freeze(self.random.choice((2.0, 9.0, 30.0, 120.0)))

    def _hub_outage(self) -> None:
        self.hub.refuse()
        self.loop.call_later(self.random.choice((0.5, 20.0, 120.0)), self.hub.let_in)

    def _jump(self) -> None:
        self.hub_ahead += self.random.choice((-3600.0, -30.0, 30.0, 3600.0))
        self.quiet_until = 0.0
        for life in self.lives:  # a hold is as long as whoever asks has seen it to be
            life.quiet_until = 0.0

    def _press(self) -> None:
        for member in self.members:
            if not member.dead:
                for _ in range(self.random.choice((1, 30))):
                    member.life.team_member.refresh()

    def _change_states(self) -> None:
        member = self.random.choice(self.members)
        if not member.dead:
            member.life.change_states()

    # -- what came of it

    def check(self) -> None:
        self.check_requests()
        columns = "state, convert_from(subject, 'utf8'), value, who"
        found = self.hub.rows(
            f"SELECT {columns} FROM inbox_tui.states"
            f" JOIN inbox_tui.accounts USING (account_id) WHERE {self._ours}"
        )
        hub = {(state, int(subject)): (value, who) for state, subject, value, who in found}
        if not self.team.hub_jumps:
            self._check_last(hub)
        kept = []
        for member in self.members:
            self.check_archive(member.path, member.announced)
            with Archive.open(member.path) as archive:
                account = archive.account(self.login, self.host)
                rows = {row.id: row for row in account.lists.export(Query())}
                kept.append((rows.keys(), account.messages.unreadable_count()))
            assert rows.keys() == member.announced.keys(), "not told of"
            for number, row in rows.items():
                for state in STATES[:3]:
                    value, _ = hub.get((state, number), (state == "unread", ""))
                    assert getattr(row, state) == value, (member.name, state, number)
                value, who = hub.get(("taken", number), (False, ""))
                taken = (MINE if who == member.name else TAKEN) if value else NOT_TAKEN
                assert row.taken == taken, (member.name, number)
        assert all(one == kept[0] for one in kept)

    def _check_last(self, hub: dict[tuple[str, int], tuple[bool, str]]) -> None:
        """Whoever changed a state last has won, but for what a colleague has."""
        assert hub.keys() == self.changes.keys()
        for key, changes in self.changes.items():
            last = max(at for at, _, _ in changes)
            possible = [(value, who) for at, value, who in changes if last - at <= TOGETHER]
            if key[0] == "taken" and any(value for _, value, _ in changes):
                continue  # one of those who took it
            assert hub[key] in possible, (key, hub[key], changes)


class Member:
    """A colleague and their machine, which may be off."""

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
        """What its user does in the end: signs in where need be, tries again where it stopped."""
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
        self.process = self  # as `Client` calls it
        self.dead = False
        self.refused: set[str] = set()
        self.quiet_until = 0.0
        self.archive = Archive.open(member.path, wall=member.now)
        self.account = self.archive.account(world.login, world.host)
        self.task = world.loop.create_task(self._run())
        self.task.add_done_callback(self._ended)

    async def _run(self) -> None:
        member, world = self.member, self.world
        if not hasattr(member.network, "port"):
            await member.network.open()
        url = world.hub.cluster.url(world.hub.database, member.user)
        address = parse_hub(url)._replace(port=member.network.port)
        self.team_member = TeamMember(
            self.account,
            HubSignIn(address, Secret("pw"), member.name),
            password=Secret(member.password) if member.may_ask else None,
            make_sync=self._make_sync,
            in_archive=self._in_archive,
            publish=self._on_event,
            clock=member,
            random=Random(world.random.random()),
            server_zone=ZONE,
        )
        await self.team_member.run()

    def _make_sync(
        self, store: Any, clock: Any, publish: Any, in_thread: Any, password: Any
    ) -> InboxSync:
        world = self.world
        self._store = store
        return InboxSync(
            FlakyAccount(self, store),  # type: ignore[arg-type] # as the other `Life` does
            login=world.login,
            connect=lambda secret: Client(self, secret),  # type: ignore[arg-type]
            publish=publish,
            clock=clock,
            random=Random(world.random.random()),
            server_zone=ZONE,
            password=password,
            scopes=world.plan.scopes,
            refresh_seconds=world.plan.refresh_seconds,
            page_size=world.plan.page_size,
            in_thread=partial(self._in_thread, in_thread),
        )

    async def _in_thread(self, in_thread: Any, function: Callable[..., Any], *words: Any) -> Any:
        world = self.world
        await self._stall()
        result = await in_thread(function, *words)
        if world.first_complete is None:
            cursors = [
                await in_thread(self._store.sync_state.cursor, scope) for scope in world.plan.scopes
            ]
            if all(cursor.polled is not None for cursor in cursors):
                world.first_complete = world.time()
        await self._stall()
        return result

    async def _stall(self) -> None:
        """Now and then the machine is slow, or the process is stopped."""
        random = self.world.random
        if not self.world.calm and random.random() < 0.01:
            await asyncio.sleep(random.choice((0.01, 1.0, 4.0, 8.0, 120.0)))

    async def _in_archive(self, work: Callable[[Archive], Any]) -> Any:
        world = self.world
        await self._stall()
        self.must_live()
        if not world.calm and world.random.random() < world.plan.flaky:
            raise world.random.choice(TROUBLE)("no room")
        return work(self.archive)

    @property
    def asks(self) -> bool:
        return hasattr(self, "team_member") and self.team_member._hub.asking

    @property
    def status(self) -> Status:
        known = hasattr(self, "team_member")
        return self.team_member.status if known else Status(State.OFFLINE)

    def change_states(self) -> None:
        world, random = self.world, self.world.random
        rows = [row for row in self.account.lists.export(Query()) if row.received < 2**40]
        state, value = random.choice(STATES), random.random() < 0.5
        some = random.sample(rows, min(len(rows), random.choice((1, 1, 3, 30))))
        changed = self.account.messages.set_state([row.row for row in some], state, value=value)
        ids = {row.row: row.id for row in some}
        for row in changed.rows:
            world.changes[state, ids[row]].append((world.time(), value, self.member.name))
        if hasattr(self, "team_member"):
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

    # -- as `FlakyAccount` and `Client` know it

    def seconds(self) -> float:
        return self.world.hub_seconds()

    def maybe_die(self, often: float) -> None:
        """Be killed at a step of its own, in a thread."""
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
        """Gone at once, with nothing put in order."""
        self.dead = True
        if hasattr(self, "team_member") and self.team_member._hub._connection is not None:
            self.team_member._hub._connection.terminate()
        self.task.cancel()
        self.archive.close()

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and not isinstance(task.exception(), Killed):
            self.world.faults.append(repr(task.exception()))
            task.print_stack()


def team_plans(seed: int, seconds: float) -> tuple[Plan, TeamPlan]:
    """What is to happen in the world of this seed."""
    random = Random(f"team {seed}")
    plan = Plan.of(random, seconds)
    while plan.absence:
        plan = Plan.of(random, seconds)
    plan = replace(plan, keep_days=0, late=1.0)
    return plan, TeamPlan.of(random, plan)


def simulate_team(folder: Path, seed: int, seconds: float, hub: TeamHub) -> TeamWorld:
    """The world of this seed, lived through and checked."""
    plan, team = team_plans(seed, seconds)
    worlds: list[TeamWorld] = []

    async def live() -> None:
        worlds.append(TeamWorld(folder, seed, plan, team, hub))
        hub.set_clock(worlds[0].hub_seconds())
        await worlds[0].live()

    def on_time(_: float) -> None:
        if worlds:
            hub.set_clock(worlds[0].hub_seconds())

    with (
        patch.object(member_module, "Hub", LoopHub),
        patch.object(client_module, "_BODY_CEILING", CEILING),
    ):
        run_virtually(live(), OutsideLoop(on_time))
    worlds[0].check()
    return worlds[0]
