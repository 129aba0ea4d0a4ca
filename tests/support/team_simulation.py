"""A simulation of a team in virtual time: several machines, one service, and a real hub.

A `TeamWorld` is the world of `simulation.py` with members on separate machines: each has a clock,
an archive and a network to the hub. The hub is a PostgreSQL database whose clock is the loop's;
time stands still while it is at work. What the members do follows from the seed, except for the
order of events that happen at the same moment.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from unittest.mock import patch

import msgspec
from support.simulated_hub import LoopHub, TeamHub
from support.simulated_member import STATES, Life, Member
from support.simulation import World
from support.simulation_plan import CEILING, WEEK, Plan, TeamPlan, team_plans
from support.virtual import OutsideLoop, run_virtually

from inbox_tui.archive import Archive, Cursor, Query
from inbox_tui.archive.team_states import MINE, NOT_TAKEN, TAKEN
from inbox_tui.smsc import client as client_module
from inbox_tui.sync import State
from inbox_tui.team import member as member_module
from inbox_tui.team.hub import EPOCH

TOGETHER = 30.0
"""The order of changes fewer seconds apart than this is not checked: the hub may be slow."""


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
        """The changes of each state and message id: the loop's time, the value, and who set it."""

    def hub_seconds(self) -> float:
        at = self.began + timedelta(seconds=self.loop.time() + self.hub_ahead, hours=-3)
        return (at - EPOCH.replace(tzinfo=None)).total_seconds()

    async def live(self) -> None:
        plan, team, random = self.plan, self.team, self.random
        self.members = [Member(self, number) for number in range(team.members)]
        for member in self.members:
            await member.network.open()
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
            if self.time() - restarted > 300.0:  # a restarted member asks for the whole period
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
        for life in self.lives:  # a jump changes how long a hold seems to last
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

    # -- the result

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
        """Check that the last change of each state won, except for messages that were taken."""
        assert hub.keys() == self.changes.keys()
        for key, changes in self.changes.items():
            last = max(at for at, _, _ in changes)
            possible = [(value, who) for at, value, who in changes if last - at <= TOGETHER]
            if key[0] == "taken" and any(value for _, value, _ in changes):
                continue  # any of those who took it may have it
            assert hub[key] in possible, (key, hub[key], changes)


def simulate_team(folder: Path, seed: int, seconds: float, hub: TeamHub) -> TeamWorld:
    """Run and check the world of this seed."""
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
