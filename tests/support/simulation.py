"""A simulation of several terminals on one machine, in virtual time.

A `World` is an account: the service behind a network, and the processes that share one archive. It
has a `Machine` with its clocks, which another account may share; then their processes share the
archive, too. The service is that of the demo, and the program's own client asks it. Everything
follows from the seed. For a while everything that can fail does fail; then failures stop, and
`World.check` examines what the archive holds and what the service saw.

One thing is not simulated: a request that was on its way when the machine fell asleep arrives in
time or never, not hours later when the machine wakes.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from unittest.mock import patch

from support.service import SwitchedService
from support.simulated_network import ServiceNetwork
from support.simulated_process import Process
from support.simulation_plan import CEILING, MOMENT, NUMBERS, WEEK, ZONE, Plan

from inbox_tui.archive import Archive, Query, Row, to_server_seconds
from inbox_tui.smsc import client as client_module
from inbox_tui.smsc.limit import Moment
from inbox_tui.smsc.message import IncomingMessage

LATEST = datetime(9999, 12, 31, 23, 59, 59)  # noqa: DTZ001


class Machine:
    """The clocks, the disk and the network of a machine, and the worlds that share them."""

    def __init__(self, folder: Path, random: Random, plan: Plan) -> None:
        self.path = folder / "inbox.db"
        self.worlds: list[World] = []
        self.began = datetime(2026, 11, 23, 23, 59) - timedelta(  # noqa: DTZ001
            seconds=random.uniform(0, plan.seconds)
        )
        self.away = False
        self.wall_offset = plan.wall_off * 86400.0
        self.boots = 0
        self.boot_began = -random.choice((0.0, 50.0, 500.0, 50_000.0))
        self.up_at = 0.0
        """The time from which the machine, or the container, is up again."""
        self.asleep_until = 0.0
        self.offline_until = 0.0

    def processes(self) -> list[Process]:
        """Return all processes on this machine."""
        return [process for world in self.worlds for process in world.processes]


class World:
    """An account, its service, and what happens to them and to the machine; see the module."""

    TAIL = 300.0
    """For how many seconds messages still arrive after failures have stopped."""

    def __init__(
        self,
        folder: Path,
        seed: int,
        plan: Plan,
        machine: Machine | None = None,
        login: str = "alex",
        host: str = "smscentre.com",
    ) -> None:
        self.random = Random(seed)
        self.plan = plan
        self.login, self.host = login, host
        self.machine = machine or Machine(folder, self.random, plan)
        self.machine.worlds.append(self)
        self.path = self.machine.path
        self.began = self.machine.began
        self.calm = False
        self.loop = asyncio.get_running_loop()
        self.network = ServiceNetwork(self)
        self.passwords = ["first password"]
        self.service = SwitchedService(
            {login: self.passwords[-1]},
            clock=self.server_now,
            order=plan.order,  # type: ignore[arg-type]
            first=plan.first,  # type: ignore[arg-type]
            random=Random(seed),
        )
        self.messages: dict[int, IncomingMessage] = {}
        self.visible: dict[int, float] = {}
        self.unreadable: set[int] = set()
        self.first_complete: float | None = None
        self.quiet_until = 0.0
        """Nobody may ask before this: the service has said so, and the archive has stored it."""
        self.refused: set[str] = set()
        """Refused passwords, which nobody may send again."""
        self.announced: Counter[int] = Counter()
        self.processes: list[Process] = []
        self.faults: list[str] = []
        self._write_messages()

    # -- time

    def time(self) -> float:
        return self.loop.time()

    def server_now(self) -> datetime:
        return self.server_time(self.loop.time())

    def server_time(self, seconds: float) -> datetime:
        return self.began + timedelta(seconds=seconds * self.plan.pace)

    def moment(self) -> Moment:
        machine = self.machine
        return Moment(f"boot {machine.boots}", self.loop.time() - machine.boot_began)

    def now(self) -> datetime:
        wall = self.began + timedelta(seconds=self.loop.time() + self.machine.wall_offset, hours=-3)
        return wall.replace(tzinfo=UTC)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(self.plan.late if seconds == 1.0 else max(MOMENT, seconds))
        await self.awake()

    async def stall(self, often: float) -> None:
        """Now and then wait, as if the disk were slow or the process suspended."""
        if not self.calm and self.random.random() < often:
            await self.sleep(self.random.choice((0.01, 1.0, 4.0, 8.0, 120.0)))

    async def awake(self) -> None:
        machine = self.machine
        while machine.asleep_until > self.loop.time():  # noqa: ASYNC110 - the machine may fall asleep again
            await asyncio.sleep(max(MOMENT, machine.asleep_until - self.loop.time()))

    # -- messages

    def _write_messages(self) -> None:
        plan, random = self.plan, self.random
        span = plan.seconds + plan.absence
        times = [random.uniform(-WEEK - 3600, 0.0) for _ in range(plan.history)]
        times += [random.uniform(-600.0, plan.seconds / 2) for _ in range(int(plan.rate / 2))]
        times += [random.uniform(span / 2, span + self.TAIL) for _ in range(int(plan.rate / 2))]
        if plan.absence:
            times += [random.uniform(0.0, span) for _ in range(40)]
        sequences = dict.fromkeys(NUMBERS, random.randint(0, 10**6))
        if plan.sequences:
            sequences[NUMBERS[0]] += 10**9
        number = 0
        number_of = dict.fromkeys(NUMBERS, 0)
        last_unreadable: dict[str, int] = {}
        for time in sorted(times):
            to_phone = random.choice(NUMBERS)
            step = random.choice((1, 1, 2, 1000))
            received = self.server_time(time).replace(microsecond=0)
            if random.random() < plan.outliers:
                number = random.choice((2**63, 1_500_000_000)) - random.randint(1, 10**6)
                received = random.choice((received, LATEST))
            elif plan.sequences:
                number = sequences[to_phone] = sequences[to_phone] + step
            else:
                number = sequences[NUMBERS[1]] = sequences[NUMBERS[1]] + step
            if number in self.messages:
                continue
            message = IncomingMessage(
                number,
                received,
                random.choice(("79991234567", "79160001122", "MTS")),
                to_phone,
                random.choice(("Код: 481516", "a,b\nc", "Заказ готов", "\u202e[b]", "")),
                random.choice((received, None)),
                random.choice(("", "31.02.2026 10:00:00")) if received == LATEST else "",
            )
            lag = random.uniform(0.0, plan.lag) if random.random() < 0.5 else 0.0
            if received.year == 9999:
                lag = 0.0
            self.messages[number] = message
            self.visible[number] = time + lag
            self.service.add(message, self.server_time(self.visible[number]))
            far = number_of[message.to_phone] - last_unreadable.get(message.to_phone, -9) > 4
            number_of[message.to_phone] += 1
            if random.random() < 0.03 and far:
                self.unreadable.add(number)
                last_unreadable[message.to_phone] = number_of[message.to_phone]

    # -- what happens

    @property
    def _of_machine(self) -> tuple[Callable[[], None], ...]:
        """The events that affect the machine, and so every account on it."""
        return (
            *(self._cut_off, self._fall_asleep, self._reboot, self._restart_container),
            *(self._jump, self._damage),
        )

    async def live(self) -> None:
        """Run the planned events, then stop all failures and wait until all has caught up."""
        plan, random = self.plan, self.random
        happenings: list[tuple[float, Callable[[], None]]] = []
        for count, what in (
            (plan.kills, self._kill),
            (plan.outages, self._cut_off),
            (plan.sleeps, self._fall_asleep),
            (plan.reboots, self._reboot),
            (plan.restarts, self._restart_container),
            (plan.jumps, self._jump),
            (plan.presses, self._press),
            (plan.password_changes, self._change_password),
            (plan.damages, self._damage),
            (plan.main_outages, self._cut_off_main),
        ):
            if what in self._of_machine and self is not self.machine.worlds[0]:
                continue
            happenings += [(random.uniform(0, plan.seconds), what) for _ in range(count)]
        if plan.absence:
            happenings.append((plan.seconds / 2, self._leave))
        for number in range(plan.processes):
            self.processes.append(Process(self, cron=number < plan.crons))
        late = 0.0
        for at, what in sorted(happenings, key=lambda happening: happening[0]):
            await asyncio.sleep(max(0.0, at + late - self.time()))
            what()
            if what == self._leave:
                self.machine.away = True
                await asyncio.sleep(plan.absence)
                self.machine.away = False
                late += plan.absence
                for process in self.processes:
                    process.start_if_dead()
        await asyncio.sleep(max(0.0, plan.seconds + late - self.time()))
        self.calm = True
        await self._catch_up()

    async def _catch_up(self) -> None:
        began = self.time()
        for process in self.processes[2:]:
            process.kill()
        del self.processes[2:]
        await asyncio.sleep(410.0)
        self.processes[0].kill()
        self.processes[0].cron = False  # asks for the whole period when it starts
        self.processes[0].start_if_dead()
        before = self._completed()
        while not self._caught_up(before, began + 400.0):
            assert self.time() - began < 30 * 3600, "it never comes to rest"
            for process in self.processes:
                process.start_if_dead()
                process.use()
            await asyncio.sleep(60.0)

    def _caught_up(self, before: list[datetime | None], at: float) -> bool:
        return all(
            now is not None and now != then and self._true(now) >= at
            for then, now in zip(before, self._completed(), strict=True)
        )

    def _completed(self) -> list[datetime | None]:
        """Return when each scope's last pass over the whole period began, in service time."""
        with Archive.open(self.path) as archive:
            account = archive.account(self.login, self.host)
            polls = [account.sync_state.cursor(scope).whole for scope in self.plan.scopes]
            return [None if polled is None else polled.service for polled in polls]

    def _true(self, service: datetime) -> float:
        naive = service.astimezone(ZONE).replace(tzinfo=None)
        return (naive - self.began).total_seconds() / self.plan.pace

    def _kill(self) -> None:
        process = self.random.choice(self.processes)
        process.kill()
        delay = self.random.choice((0.0, 1.0, 60.0, 600.0))
        self.loop.call_later(delay, process.start_if_dead)

    def _cut_off(self) -> None:
        self.machine.offline_until = self.time() + self.random.choice((5.0, 60.0, 1200.0))

    def _cut_off_main(self) -> None:
        self.network.main_down_until = self.time() + self.random.choice((5.0, 60.0, 1200.0))

    def _fall_asleep(self) -> None:
        self.machine.asleep_until = self.time() + self.random.choice((10.0, 70.0, 200.0, 3600.0))

    def _reboot(self) -> None:
        self.machine.boot_began = self.time() + self.random.choice((1.0, 20.0, 300.0))
        self._start_anew(self.machine.boot_began + 5.0)

    def _restart_container(self) -> None:
        self._start_anew(
            max(self.machine.up_at, self.time() + self.random.choice((0.1, 1.0, 20.0)))
        )

    def _start_anew(self, up_at: float) -> None:
        machine = self.machine
        for process in machine.processes():
            process.kill()
        machine.boots += 1
        machine.up_at = up_at
        if self.plan.jumps:
            for world in machine.worlds:
                world.quiet_until = 0.0  # only the wall clock knows how much of it is left
        for process in machine.processes():
            self.loop.call_at(machine.up_at, process.start_if_dead)

    def _jump(self) -> None:
        self.machine.wall_offset += self.random.uniform(-5 * 3600, 5 * 3600)

    def _press(self) -> None:
        for process in self.processes:
            for _ in range(self.random.choice((1, 30))):
                process.sync.refresh()

    def _change_password(self) -> None:
        self.passwords.append(f"password {len(self.passwords)}")
        self.service.accounts[self.login] = self.passwords[-1]

    def _damage(self) -> None:
        for process in self.machine.processes():
            process.kill()
        self.path.write_bytes(b"no database" * 500)
        for world in self.machine.worlds:
            world.first_complete = None
            world.quiet_until = 0.0
            world.refused.clear()
            world.announced.clear()
        for process in self.machine.processes():
            delay = self.random.choice((0.0, 5.0, 60.0))
            self.loop.call_later(delay, process.start_if_dead)

    def _leave(self) -> None:
        if self.random.random() < 0.5:
            self.machine.asleep_until = self.time() + self.plan.absence
            return
        for process in self.processes:
            process.kill()

    # -- the result

    def check(self) -> None:
        """Check that no message is lost or stored twice, and that the limit was kept."""
        self.check_requests()
        self.check_archive(self.path, self.announced)

    def check_requests(self) -> None:
        """Check that the program neither failed nor broke the limit."""
        assert self.faults == []
        assert self.service.breaches == [], "the limit is broken, or two requests at once"

    def check_archive(self, path: Path, announced: Counter[int]) -> None:
        """Check that every message is in the archive once, and was announced at most once."""
        with Archive.open(path) as archive:
            account = archive.account(self.login, self.host)
            rows = {row.id: row for row in account.lists.export(Query())}
            gaps = account.sync_state.gaps()
            raws = archive.database.query(
                "SELECT raw FROM unreadable WHERE account_id = ?", (account.id,)
            )
            assert account.messages.unreadable_count() == len(raws)
        end = min(self._true(completed) for completed in self._completed() if completed)
        for row in rows.values():
            assert same(row, self.messages[row.id])
        kept_aside = [int(json.loads(raw)["id"]) for (raw,) in raws]
        assert len(kept_aside) == len(set(kept_aside)), "kept aside twice"
        assert set(kept_aside) <= self.unreadable
        missing = [
            message
            for message in self.messages.values()
            if message.id not in rows
            and message.id not in kept_aside
            and (message.to_phone in self.plan.scopes or "" in self.plan.scopes)
            and self.visible[message.id] <= end
            and not self._was_too_old(message)
            and not any(gap.start <= to_server_seconds(message.received) <= gap.end for gap in gaps)
        ]
        assert missing == []
        assert not rows.keys() & self.unreadable
        for message_id in announced.keys() - rows.keys():
            assert self._was_too_old(self.messages[message_id])
        assert max(announced.values(), default=1) == 1, "told of twice"
        if self.plan.first == "oldest" and not self.plan.absence:
            assert gaps == []

    def _was_too_old(self, message: IncomingMessage) -> bool:
        """Return whether a message was too old for `keep_days`, or for the first pass."""
        if self.plan.keep_days:
            kept_since = self.server_now() - timedelta(days=self.plan.keep_days)
            if message.received < kept_since:
                return True
        received = (message.received - self.began).total_seconds()
        if self.first_complete is None:
            return True
        return received < self.first_complete * self.plan.pace - WEEK


def same(row: Row, message: IncomingMessage) -> bool:
    return (
        row.received,
        row.sent,
        row.phone,
        row.to_phone,
        row.message,
        row.stamp,
    ) == (
        to_server_seconds(message.received),
        None if message.sent is None else to_server_seconds(message.sent),
        message.phone,
        message.to_phone,
        message.message,
        message.stamp,
    )


async def simulate(folder: Path, seed: int, seconds: float) -> list[World]:
    """Run and check the world of this seed, or two worlds that share a machine."""
    plan = Plan.of(Random(seed), seconds)
    other = Plan.of(Random(f"other {seed}"), seconds)
    two = seed % 2 == 1 and not plan.absence and not other.absence
    if two and "newest" in (plan.first, other.first):  # see `Plan.of`
        plan, other = (replace(one, wall_off=0.0, jumps=0, pace=1.0) for one in (plan, other))
    worlds = [World(folder, seed, plan)]
    if two:
        other = replace(other, wall_off=plan.wall_off, jumps=plan.jumps, damages=plan.damages)
        worlds.append(World(folder, seed, other, worlds[0].machine, "boris", "smsc.kz"))
    with patch.object(client_module, "_BODY_CEILING", CEILING):
        await asyncio.gather(*(world.live() for world in worlds))
    for world in worlds:
        for process in world.processes:
            process.kill()
    for world in worlds:
        world.check()
    return worlds
