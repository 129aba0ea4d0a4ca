"""A day in the life of several terminals on one machine, in a moment.

A `World` is an account: the service behind a network, and the processes that share one archive. It
has a `Machine` with its clocks, which another account may share; then their processes share the
archive, too. The service is that of the demo, and the program's own client asks it. Everything
follows from the seed. All that can go wrong goes wrong for a while; then it is calm, and
`World.check` looks at what the archive has and what the service saw.

One thing is left out: a request that was on its way when the machine fell asleep arrives in its
time or never, not hours later when the machine wakes.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
import ssl
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from errno import ENETUNREACH
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

import httpx
from support.service import SwitchedService

from inbox_tui.archive import (
    Archive,
    ArchiveBusy,
    ArchiveFull,
    ArchiveReadOnly,
    Hold,
    Query,
    Row,
    to_server_seconds,
)
from inbox_tui.credentials import Secret
from inbox_tui.demo.service import Exchange
from inbox_tui.smsc import client as client_module
from inbox_tui.smsc.backup import BACK_TO_MAIN_SECONDS, BackupClient
from inbox_tui.smsc.client import InboxClient
from inbox_tui.smsc.errors import AddressBlocked, SignInRefused, SmscError, TooManyRequests
from inbox_tui.smsc.limit import Limit, Moment
from inbox_tui.smsc.message import Answer, IncomingMessage
from inbox_tui.sync import (
    Event,
    InboxSync,
    MessagesArrived,
    RefreshDeferred,
    State,
    StatusChanged,
    ZoneSuspected,
)

ZONE = ZoneInfo("Europe/Moscow")
LATEST = datetime(9999, 12, 31, 23, 59, 59)  # noqa: DTZ001
TROUBLE = (ArchiveBusy, ArchiveBusy, ArchiveBusy, ArchiveFull, ArchiveReadOnly)
MOMENT = 0.001
"""Nothing is done in less: time must pass even where numbers are rounded."""
WEEK = 168 * 3600.0
LIMIT = Limit()
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
FATES = (
    "lost",  # the answer
    "never",  # the request
    "trickle",  # the answer, for minutes
    "cut",
    "truncated",
    "reset",
    "died",  # the network, under the request
    "status",
    "gateway",
    "redirect",
    "portal",  # of another network
    "empty",
    "junk",
    "not http",
    "large",
    *("error",) * 3,  # of the service
    "again",  # the same full page as before
    "twice",  # a message in the same answer
    "fault",  # of the client
)
"""What may become of a request instead of its answer."""
AT_WORK = LIMIT.lifetime - 6.0
"""How long after the client began the service is at work on its request at most: the limit gives up
a request a `lifetime` after it was planned, and that is up to 5 s before."""
CEILING = 50_000
"""The largest answer that is read here."""
PORTAL = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body>Hotel</body></html>"
ERRORS = (
    "ERROR = {} (<b>no</b>)",
    "0,-{}",
    "<result><error>no</error><error_code>{}</error_code></result>",
    '{{"error": "no", "error_code": {}}}',
)
LONGEST_WAIT = LIMIT.lifetime + LIMIT.window + LIMIT.margin
"""For the limit: an earlier request may still be under way, and counts for a window then."""
LONGEST_WAITS = {
    State.LIVE: LONGEST_WAIT,
    State.CHECKING: LONGEST_WAIT,
    State.WAITING: LONGEST_WAIT,
    State.OFFLINE: 300.0,
    State.BLOCKED: 24 * 3600.0,
}
NUMBERS = ("79110000001", "79110000002", "79110000003")


class Killed(BaseException):
    """The process is no more."""


@dataclass
class Plan:
    """What is to happen in a world."""

    seconds: float
    """How long things go wrong before it is calm."""
    page_size: int
    order: str
    first: str
    scopes: tuple[str, ...]
    history: int
    """How many messages there are at the start, over a week."""
    rate: float
    """New messages an hour."""
    lag: float
    """How much later than it is received a message becomes visible at most."""
    outliers: float
    """How often a message has an id far outside of its sequence, or a date that is none."""
    sequences: bool
    """Whether each receiving number has a sequence of ids of its own."""
    keep_days: int
    wall_off: float
    """By how many days the wall clock is wrong from the start."""
    charset: str
    string_ids: bool
    pace: float
    """How fast the clock of the service runs."""
    slow: float
    """The most that a request, and an answer, is on its way."""
    faults: float
    """How often a request goes wrong."""
    processes: int
    crons: int
    """How many of the processes refresh once, and again after some minutes."""
    kills: int
    deaths: float
    """How often a process dies at a step of its own."""
    flaky: float
    """How often a change to the archive fails."""
    outages: int
    sleeps: int
    reboots: int
    restarts: int
    """How often the container starts anew: a new boot id over a boot clock that goes on."""
    jumps: int
    presses: int
    password_changes: int
    damages: int
    """How often the archive turns out to be no database any more."""
    absence: float
    """How long nobody asks, in the middle."""
    refresh_seconds: float
    late: float
    """How long a sleep of a second takes: the machine is busy."""
    backup: bool
    """Whether there is a backup server."""
    main_outages: int
    """How often the main server alone can't be reached."""

    @classmethod
    def of(cls, random: Random, seconds: float) -> Plan:
        def some(most: int, often: float = 0.5) -> int:
            return random.randint(1, most) if random.random() < often else 0

        page_size = random.randint(5, 9)
        absence = random.choice((0.0,) * 9 + (random.uniform(0.9, 1.3) * WEEK,))
        first = random.choice(("oldest", "oldest", "oldest", "newest"))
        # A gap is dated by the wall clock: it can be no better than that.
        any_clock = not absence and first == "oldest"
        # What a full page of the newest left out, and came late at that, nothing can tell.
        any_id = first == "oldest"
        processes = random.choice((1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 4, 8))
        return cls(
            seconds=seconds,
            page_size=page_size,
            order=random.choice(("oldest", "newest", "shuffled")),
            first=first,
            scopes=random.choice((("",), ("",), ("",), NUMBERS[:1], NUMBERS[:2], NUMBERS)),
            history=random.choice((0, 1, page_size, 2 * page_size, random.randint(0, 60))),
            rate=random.choice((0.0, 5.0, 40.0, 200.0)),
            lag=random.choice((0.0, 10.0, 300.0, 300.0 if absence else 86400.0)) if any_id else 0.0,
            outliers=random.choice((0.0, 0.0, 0.05)) if any_id else 0.0,
            sequences=any_id and random.random() < 0.2,
            keep_days=random.choice((0, 0, 0, 1, 3, 30)),
            wall_off=random.choice((0.0, 0.0, 0.0, -40.0, 0.5, 31.0)) if any_clock else 0.0,
            charset=random.choice(("utf-8", "utf-8", "windows-1251")),
            string_ids=random.random() < 0.3,
            pace=random.choice((0.99, 1.0, 1.0, 1.01)) if any_clock else 1.0,
            slow=random.choice((0.3, 3.0, 30.0)),
            faults=random.choice((0.0, 0.02, 0.1, 0.4)),
            processes=processes,
            crons=random.choice((0, 0, 0, 1, processes)),
            kills=some(8),
            deaths=random.choice((0.0, 0.0, 0.002, 0.02)),
            flaky=random.choice((0.0, 0.0, 0.01, 0.1)),
            outages=some(4),
            sleeps=some(3),
            reboots=some(2, 0.2),
            restarts=some(int(seconds / 30), 0.25),
            jumps=some(4, 0.3) if any_clock else 0,
            presses=some(6),
            password_changes=some(2, 0.15),
            damages=some(2, 0.1),
            absence=absence,
            refresh_seconds=random.choice((20.0, 20.0, 20.0, 33.0, 120.0)),
            late=random.choice((1.0, 3.0, 5.0)),
            backup=random.random() < 0.5,
            main_outages=random.randint(0, 3),
        )


class Machine:
    """The clocks, the disk and the network of a machine, and the worlds that have them."""

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
        """When the machine, or the container, has started again."""
        self.asleep_until = 0.0
        self.offline_until = 0.0

    def processes(self) -> list[Process]:
        """Everything that runs on it."""
        return [process for world in self.worlds for process in world.processes]


class World:
    """An account: a service, what happens to it and to its machine; see the module."""

    TAIL = 300.0
    """For how many seconds messages come when it is calm."""

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
        self.main_down_until = 0.0
        self.main_failed_at = -BACK_TO_MAIN_SECONDS
        """When the main server could not be reached last."""
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
        self.stale: bytes | None = None
        self.first_complete: float | None = None
        self.quiet_until = 0.0
        """Nobody may ask before: the service has said so, and it is in the archive."""
        self.refused: set[str] = set()
        """Passwords that nobody may send again."""
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

    async def awake(self) -> None:
        machine = self.machine
        while machine.asleep_until > self.loop.time():  # noqa: ASYNC110 - it may fall asleep again
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

    # -- the network

    async def carry(self, request: httpx.Request, began: float) -> httpx.Response:
        """Take a request to the service, and bring back what comes of it.

        `began` is when the client began, at the main server or its backup.
        """
        random, plan = self.random, self.plan
        slow = 0.3 if self.calm else plan.slow
        to_main = request.url.host == self.host
        down_until = max(self.machine.offline_until, self.main_down_until * to_main)
        if self.time() < down_until and not self.calm:
            await self.sleep(0.1)
            raise self._no_connection(to_main=to_main)
        assert to_main or self.time() - self.main_failed_at <= BACK_TO_MAIN_SECONDS + LIMIT.patience
        await self.sleep(random.uniform(0, slow / 5))
        await request.extensions["trace"]("http11.send_request_headers.started", {})
        way_there, work, way_back = (
            random.uniform(0, slow),
            random.uniform(0, slow / 2),
            random.uniform(0, slow / 2),
        )
        fate = "well"
        if not self.calm and random.random() < plan.faults:
            fate = random.choice(FATES)
        if fate in ("trickle", "died"):  # the service may be at work for long
            work = random.uniform(0, began + AT_WORK - self.time() - way_there)
        arrival: asyncio.Future[bytes] = self.loop.create_future()
        if fate not in ("never", "portal"):
            form = parse_qsl((await request.aread()).decode(), keep_blank_values=True)
            parameters = dict(form) | {"charset": plan.charset}
            self.loop.call_later(way_there, self._arrive, parameters, work, arrival)
        match fate:
            case "lost" | "never":
                await asyncio.sleep(WEEK)
            case "died":
                await asyncio.sleep(random.uniform(0, way_there + work))
                raise httpx.ReadError("") from OSError(ENETUNREACH, "Network is unreachable")
            case "gateway":
                await asyncio.sleep(way_there + work)
                return httpx.Response(random.choice((502, 504)), stream=httpx.ByteStream(PORTAL))
            case "fault":
                await asyncio.sleep(random.uniform(0, way_there + work))
                raise TypeError
        await asyncio.sleep(way_there + work + way_back)
        return self._response(fate, arrival)

    def _no_connection(self, *, to_main: bool) -> httpx.TransportError:
        error = httpx.ConnectError("")
        error.__cause__ = self.random.choice(
            (socket.gaierror(), ssl.SSLError(), ConnectionRefusedError(), OSError(ENETUNREACH, ""))
        )
        raised = self.random.choice((error, httpx.ConnectTimeout("")))
        if to_main and not isinstance(raised.__cause__, ssl.SSLError):
            self.main_failed_at = self.time()
        return raised

    def _response(self, fate: str, arrival: asyncio.Future[bytes]) -> httpx.Response:
        """What comes as the answer, or the failure in its place."""
        random = self.random
        match fate:
            case "reset":
                raise httpx.ReadError("") from ConnectionResetError()
            case "not http":
                raise httpx.RemoteProtocolError("illegal status line")
            case "status":
                return httpx.Response(random.choice((500, 503)), stream=httpx.ByteStream(PORTAL))
            case "redirect":
                return httpx.Response(
                    302,
                    headers={"Location": "https://login.example/"},
                    stream=httpx.ByteStream(b""),
                )
            case "large":
                return httpx.Response(200, stream=httpx.ByteStream(b"[" * 2 * CEILING))
            case "portal":
                return httpx.Response(200, stream=httpx.ByteStream(PORTAL))
            case "empty":
                return httpx.Response(200, stream=httpx.ByteStream(b""))
            case "junk":
                return httpx.Response(200, stream=httpx.ByteStream(random.randbytes(300)))
            case "error":
                code = random.choice((1, 4, 9, 9, 17, 17))
                body = random.choice(ERRORS).format(code).encode()
                return httpx.Response(random.choice((200, 403)), stream=httpx.ByteStream(body))
        body = arrival.result()
        match fate:
            case "trickle":
                return httpx.Response(200, stream=Trickle(body))
            case "cut":
                return httpx.Response(200, stream=Trickle(body, cut=True))
            case "truncated":
                return httpx.Response(
                    200, stream=httpx.ByteStream(body[: random.randrange(len(body))])
                )
            case "twice":
                return httpx.Response(200, stream=httpx.ByteStream(self._spoiled(body, twice=True)))
            # Of a service that gives the newest first, nothing tells it from a quiet time.
            case "again" if self.stale is not None and self.plan.first == "oldest":
                body = self.stale
        self.stale = body if body.count(b'"to_phone"') >= self.plan.page_size else None
        date = self.server_now().replace(tzinfo=ZONE).astimezone(UTC)
        headers = {"Date": format_datetime(date, usegmt=True)}
        if random.random() < 0.3:
            headers["Content-Encoding"] = "gzip"
            body = gzip.compress(body)
        return httpx.Response(200, headers=headers, stream=httpx.ByteStream(body))

    def _arrive(
        self, parameters: dict[str, str], work: float, arrival: asyncio.Future[bytes]
    ) -> None:
        exchange: Exchange = self.service.begin(parameters)
        self.loop.call_later(work, self.service.finish, exchange)
        arrival.set_result(self._spoiled(exchange.reply.body))

    def _spoiled(self, body: bytes, *, twice: bool = False) -> bytes:
        """The answer as a service writes it that is not quite as documented."""
        charset = self.plan.charset
        records = json.loads(body.decode(charset))
        if not isinstance(records, list):
            return body
        for record in records:
            if stamp := self.messages[int(record["id"])].stamp:
                record["received"] = stamp
            if int(record["id"]) in self.unreadable:
                record["received"] = "?"
            if self.plan.string_ids:
                record["id"] = str(record["id"])
        if twice and records:
            records.append(self.random.choice(records))
        text = json.dumps(records, ensure_ascii=False)
        return text.encode(charset, "inbox_tui.demo.json")

    # -- what happens

    @property
    def _of_machine(self) -> tuple[Callable[[], None], ...]:
        """What happens to the machine, and so to every account."""
        return (
            *(self._cut_off, self._fall_asleep, self._reboot, self._restart_container),
            *(self._jump, self._damage),
        )

    async def live(self) -> None:
        """Let everything happen, then let it be calm until all is caught up with."""
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
        self.processes[0].cron = False  # at its start, it asks for the whole period
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
        """When the last pass over the whole period of each scope began, by the service's clock."""
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
        self.main_down_until = self.time() + self.random.choice((5.0, 60.0, 1200.0))

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
                world.quiet_until = 0.0  # what is left of it, only the wall clock can tell
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

    # -- what came of it

    def check(self) -> None:
        """Nothing lost, nothing twice, no limit broken."""
        self.check_requests()
        self.check_archive(self.path, self.announced)

    def check_requests(self) -> None:
        """The program did nothing that it must not."""
        assert self.faults == []
        assert self.service.over_limit == [], "the limit is broken"
        assert self.service.overlapping == [], "two requests at once"

    def check_archive(self, path: Path, announced: Counter[int]) -> None:
        """Every message is there once, and was told of once."""
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
        """Whether it had left the period of the service before the first pass, or of the user."""
        if self.plan.keep_days:
            kept_since = self.server_now() - timedelta(days=self.plan.keep_days)
            if message.received < kept_since:
                return True
        received = (message.received - self.began).total_seconds()
        if self.first_complete is None:
            return True
        return received < self.first_complete * self.plan.pace - WEEK


@dataclass(eq=False)
class Process:
    """A terminal with the inbox open, or a line of cron.

    Killed, it does nothing more; it may be started again.
    """

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
        if world.calm or not self.cron:  # nobody tells cron of another password
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

    def must_live(self) -> None:
        if self.dead:
            raise Killed

    def use(self) -> None:
        """What its user does in the end: signs in where need be, tries again where it stopped."""
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
    """One run of a process: what it is made of, and what is done to that."""

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
        """The clock that holds are by."""
        return self.world.moment().seconds

    def _check_wait(self, until: float, longest: float) -> None:
        wait = until - self.seconds()
        longest = max(longest, LONGEST_WAIT, self.world.plan.refresh_seconds)
        assert wait <= longest + MOMENT, f"waits for {wait}"

    async def in_thread(self, function: Callable[..., Any], *arguments: Any) -> Any:
        world, plan = self.world, self.world.plan
        await world.awake()
        if function == self.account.data_version:
            if self.dead:
                raise Killed
            return function()
        await self._stall()
        self.maybe_die(plan.deaths)
        result = function(*arguments)
        if world.first_complete is None:
            self._look_for_first_complete()
        self.maybe_die(plan.deaths)
        await self._stall()
        return result

    async def _stall(self) -> None:
        """Now and then the disk is slow, or the process is stopped."""
        world = self.world
        if not world.calm and world.random.random() < 0.015:
            await world.sleep(world.random.choice((0.01, 1.0, 4.0, 8.0, 120.0)))

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
        if self.dead:
            raise Killed


class Client:
    """`InboxClient`, and what is held against its requests."""

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
                transport=httpx.MockTransport(lambda request: world.carry(request, self.began)),
                limit=LIMIT,
                seconds=seconds,
            )
            for host in (world.host, f"www2.{world.host}")
        )
        self.client = BackupClient(main, backup, seconds=seconds) if world.plan.backup else main

    async def fetch(self, **asked: Any) -> Answer:
        life, world = self.life, self.life.world
        life.process.must_live()
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


class Trickle(httpx.AsyncByteStream):
    """A body that comes byte by byte, and is cut off if it is to be."""

    def __init__(self, body: bytes, *, cut: bool = False) -> None:
        self.body = body
        self.cut = cut

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for place in range(len(self.body)):
            if self.cut and place * 2 > len(self.body):
                raise httpx.RemoteProtocolError("peer closed connection without sending it all")
            await asyncio.sleep(0.001 if self.cut else 5.0)
            yield self.body[place : place + 1]


class FlakyAccount:
    """An account's archive or a part of it, where every change may fail."""

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
    """The world of this seed, or two that share a machine, lived through and checked."""
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
