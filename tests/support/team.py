"""Colleagues who share an account: members of a team in this process, with a fast clock.

The hub is a real one, and its clock runs as fast.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import Any, NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from support.archives import page
from support.postgres import ADMIN_PASSWORD, USER_PASSWORD, Cluster

from inbox_tui.archive import Archive, ArchiveWorker, Cursor, Polled, Query, Row
from inbox_tui.credentials import Secret
from inbox_tui.smsc.errors import SignInRefused
from inbox_tui.smsc.limit import Limit, Moment
from inbox_tui.smsc.message import Answer, IncomingMessage
from inbox_tui.sync import Event, State, Status, StatusChanged
from inbox_tui.sync.inbox_sync import InboxSync
from inbox_tui.team.address import parse_hub
from inbox_tui.team.hub import Hub, HubClock
from inbox_tui.team.member import TeamMember
from inbox_tui.team.schema import create
from inbox_tui.team.sign_in import HubSignIn
from inbox_tui.team.store import HubStore

SPEED = 20.0
ZONE = ZoneInfo("Europe/Moscow")
PASSWORD = "correct horse"
LIMIT = Limit()
E = TypeVar("E")


async def made_hub(url: str) -> Hub:
    """Make a database a hub; return the administrator's connection to it."""
    hub = Hub(parse_hub(url), Secret(ADMIN_PASSWORD))
    await hub.connect(checked=False)
    await hub.run(create)
    return hub


class FastClock:
    """A clock that runs `SPEED` times as fast as real time."""

    def __init__(self, began: float, boot: str) -> None:
        self._began = began
        self._boot = boot

    def seconds(self) -> float:
        return (time.time() - self._began) * SPEED

    def moment(self) -> Moment:
        return Moment(self._boot, self.seconds() + 5000.0)

    def now(self) -> datetime:
        return datetime(2026, 11, 23, 9, tzinfo=UTC) + timedelta(seconds=self.seconds())

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / SPEED)


class Asked(NamedTuple):
    at: float
    password: str
    hour: int


class Team:
    """The service, the hub, and what the colleagues see."""

    def __init__(self, cluster: Cluster, folder: Path) -> None:
        self.cluster = cluster
        self.folder = folder
        self.database = cluster.new_database()
        self.began = time.time()
        self.clock = FastClock(self.began, "the service")
        self.messages: list[IncomingMessage] = []
        self.asked: list[Asked] = []
        self.under_way = 0
        self.answer_seconds = 0.3
        self.refused = ""
        self.refresh_seconds = 20.0
        self.members: list[Colleague] = []

    async def init(self) -> None:
        hub = await made_hub(self.cluster.url(self.database))
        await asyncio.to_thread(hub.close)
        # The hub's clock runs as fast as the members', and no earlier requests may still count.
        self.set_hub_clock(0.0)
        self.sql(
            "INSERT INTO inbox_tui.accounts (login, login_key, host, requests_lost)"
            " VALUES ('alex', 'alex', 'smscentre.com', false)"
        )

    def set_hub_clock(self, ahead: float) -> None:
        self.sql(
            "CREATE OR REPLACE FUNCTION inbox_tui.now() RETURNS double precision LANGUAGE sql"
            f" RETURN (extract(epoch FROM clock_timestamp()) - {self.began}) * {SPEED}"
            f" + {28252800 + ahead}"
        )

    def sql(self, statement: str) -> list[str]:
        return self.cluster.sql(statement, self.database)

    def receive(self, *texts: str, hours_ago: int = 0) -> None:
        for text in texts:
            number = len(self.messages) + 1
            received = self.clock.now().astimezone(ZONE).replace(tzinfo=None, microsecond=0)
            received -= timedelta(hours=hours_ago)
            self.messages.append(
                IncomingMessage(number, received, "79991234567", "79110000001", text, None)
            )

    async def answer(self, password: str, hour: int, cnt: int, after_id: int | None) -> Answer:
        assert self.under_way == 0, "two requests at once"
        self.asked.append(Asked(self.clock.seconds(), password, hour))
        if password == self.refused:
            raise SignInRefused(2, "authorise error")
        times = [one.at for one in self.asked]
        for first, fourth in zip(times, times[LIMIT.identical :], strict=False):
            assert fourth - first > LIMIT.window, f"a fourth request after {fourth - first} s"
        self.under_way += 1
        try:
            await asyncio.sleep(self.answer_seconds / SPEED)
        finally:
            self.under_way -= 1
        since = self.clock.now().astimezone(ZONE).replace(tzinfo=None) - timedelta(hours=hour)
        found = [
            one
            for one in self.messages
            if one.received >= since and (after_id is None or one.id > after_id)
        ]
        return Answer(found[:cnt], [], date=self.clock.now())

    def join(self, name: str, password: str | None = PASSWORD, **options: Any) -> Colleague:
        colleague = Colleague(self, name, password, **options)
        self.members.append(colleague)
        return colleague

    async def live(self, name: str) -> Colleague:
        """Let a colleague join, and wait until their status is `LIVE`."""
        colleague = self.join(name)
        await self.until(lambda: colleague.state is State.LIVE)
        return colleague

    @asynccontextmanager
    async def hub_away(self) -> AsyncIterator[None]:
        """Stop the hub's server during a block, which begins once all members have noticed."""
        self.cluster.stop()
        try:
            await self.until(lambda: all(one.state is State.HUB_AWAY for one in self.members))
            yield
        finally:
            self.cluster.start()

    async def until(self, condition: Callable[[], Any], seconds: float = 200.0) -> None:
        """Wait until `condition` holds; fail after `seconds` of the fast clock."""
        end = self.clock.seconds() + seconds
        while not condition():
            for member in self.members:
                if member.task.done() and not member.task.cancelled():
                    member.task.result()
            if self.clock.seconds() > end:
                told = {one.name: (one.member.status, one.texts) for one in self.members}
                raise AssertionError(f"in vain: {told}, asked {self.asked}")
            await asyncio.sleep(0.01)

    @asynccontextmanager
    async def store(self, *, asking: bool = False) -> AsyncIterator[tuple[HubStore, HubClock]]:
        """Yield the account's store on the hub, with `asking` as for the member with the lock."""
        hub = Hub(parse_hub(self.cluster.url(self.database)), Secret(ADMIN_PASSWORD))
        await hub.connect()
        hub.asking = asking
        clock = HubClock(self.clock)
        await hub.run(clock.read)
        yield HubStore(hub, clock, 1, "alex", on_late=lambda count, longest: None), clock
        await asyncio.to_thread(hub.close)

    async def close(self) -> None:
        """Stop all members."""
        for member in self.members:
            await member.stop()
        self.members.clear()


class Colleague:
    """One member, with a separate clock and archive."""

    def __init__(
        self,
        team: Team,
        name: str,
        password: str | None = PASSWORD,
        *,
        user: str = "admin",
        port: int | None = None,
        once: bool = False,
        keep_days: int = 0,
    ) -> None:
        self.team = team
        self.name = name
        self.events: list[Event] = []
        self.clock = FastClock(team.began, name)
        self.archive = Archive.open(team.folder / f"{name}.db", wall=self.clock.now)
        self.account = self.archive.account("alex", "smscentre.com")
        self.worker = ArchiveWorker(self.archive.path)
        url = team.cluster.url(team.database, user)
        hub_password = Secret(ADMIN_PASSWORD if user == "admin" else USER_PASSWORD)
        sign_in = HubSignIn(
            parse_hub(url)._replace(port=port or team.cluster.port), hub_password, name
        )
        self.task = asyncio.create_task(self._run(sign_in, password, keep_days, once=once))

    async def _run(
        self, sign_in: HubSignIn, password: str | None, keep_days: int, *, once: bool
    ) -> Status | None:
        self.member = TeamMember(
            await self.worker.call(self.account.on),
            sign_in,
            password=None if password is None else Secret(password),
            make_sync=partial(
                InboxSync,
                login="alex",
                connect=lambda secret: Client(self.team, secret.reveal()),
                random=Random(1),
                server_zone=ZONE,
                refresh_seconds=self.team.refresh_seconds,
            ),
            in_thread=self.worker.run,
            publish=self.events.append,
            clock=self.clock,
            random=Random(1),
            server_zone=ZONE,
            keep_days=keep_days,
        )
        if once:
            return await self.member.once()
        await self.member.run()
        return None

    def polled_before(self) -> datetime:
        """Store that this colleague polled ten days ago, alone; return that time."""
        at = self.clock.now() - timedelta(days=10)
        polled = Polled(Moment("an earlier boot", 1.0), at, at)
        self.account.store_page(page(cursor=Cursor(polled, polled), at=polled.moment, seen=at))
        return at

    @property
    def texts(self) -> list[str]:
        """The messages in this colleague's archive, oldest first."""
        return [row.message for row in self.rows]

    @property
    def rows(self) -> list[Row]:
        if not hasattr(self, "member"):
            return []
        return list(self.account.lists.export(Query()))

    @property
    def state(self) -> State | None:
        return self.member.status.state if hasattr(self, "member") else None

    @property
    def asking(self) -> bool:
        return hasattr(self, "member") and self.member._hub.asking

    def events_of(self, kind: type[E]) -> list[E]:
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def states(self) -> list[State]:
        return [event.status.state for event in self.events_of(StatusChanged)]

    async def stop(self) -> None:
        self.task.cancel()
        await asyncio.wait([self.task])
        await self.worker.close()
        self.archive.close()


class Client:
    """Stands in for `InboxClient`."""

    def __init__(self, team: Team, password: str) -> None:
        self._team = team
        self._password = password

    async def fetch(
        self, *, cnt: int, hour: int, after_id: int | None = None, to_phone: str | None = None
    ) -> Answer:
        return await self._team.answer(self._password, hour, cnt, after_id)

    async def aclose(self) -> None:
        pass
