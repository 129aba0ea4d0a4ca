"""What a team costs: a real hub on this machine, and members with an archive each."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from random import SystemRandom
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from support.postgres import ADMIN_PASSWORD, Cluster, running_cluster

from benchmarks.sample_archives import LOGIN, in_page, pages, server_now
from inbox_tui.archive import Archive, ArchiveWorker
from inbox_tui.credentials import Secret
from inbox_tui.smsc.message import Answer
from inbox_tui.sync import Event, InboxSync, MessagesArrived, SystemClock
from inbox_tui.team.address import parse_hub
from inbox_tui.team.hub import Hub, HubClock
from inbox_tui.team.member import TeamMember
from inbox_tui.team.schema import create
from inbox_tui.team.sign_in import HubSignIn
from inbox_tui.team.store import HubStore, find_account

HOST = "team.example.com"
NEW = "new"
"""An account without messages."""
ZONE = ZoneInfo("Europe/Moscow")
MEMBERS = 20


class TeamFigures(NamedTuple):
    """Messages a second to a new member; seconds from commit to the last of 20 members; what a
    quiet member takes of a core, and its queries a second."""

    copied: float
    arrivals: list[float]
    share: float
    queries: float


class Silent:
    """A client that is never asked: no member here has a password."""

    async def fetch(self, **asked: object) -> Answer:
        raise AssertionError(asked)

    async def aclose(self) -> None:
        pass


class Member:
    """One colleague who reads."""

    def __init__(self, folder: Path, name: str, url: str, login: str = LOGIN) -> None:
        self.archive = Archive.open(folder / f"{name}.db")
        self.worker = ArchiveWorker(self.archive.path)
        self.arrived_at = 0.0
        self.total = 0
        self._changed = asyncio.Event()
        self.member = TeamMember(
            self.archive.account(login, HOST),
            HubSignIn(parse_hub(url), Secret(ADMIN_PASSWORD), name),
            password=None,
            make_sync=self._sync,
            in_archive=self.worker.call,
            publish=self._take,
            clock=SystemClock(),
            random=SystemRandom(),
            server_zone=ZONE,
        )
        self.task = asyncio.create_task(self.member.run())

    def _sync(
        self,
        store: Any,
        clock: Any,
        publish: Callable[[Event], None],
        in_thread: Callable[..., Awaitable[Any]],
        password: Secret | None,
    ) -> InboxSync:
        return InboxSync(
            store,
            login=LOGIN,
            connect=lambda secret: Silent(),
            publish=publish,
            clock=clock,
            random=SystemRandom(),
            server_zone=ZONE,
            password=password,
            in_thread=in_thread,
        )

    def _take(self, event: Event) -> None:
        if isinstance(event, MessagesArrived):
            self.arrived_at = time.perf_counter()
            self.total += len(event.new)
            self._changed.set()

    async def has(self, total: int) -> None:
        while self.total < total:
            await self._changed.wait()
            self._changed.clear()

    async def close(self) -> None:
        self.task.cancel()
        with suppress(asyncio.CancelledError):
            await self.task
        await self.worker.close()
        self.archive.close()


def team(messages: int, rounds: int, quiet_seconds: float) -> TeamFigures:
    """Take all figures of a team."""
    with running_cluster() as cluster, TemporaryDirectory() as folder:
        return asyncio.run(_team(cluster, Path(folder), messages, rounds, quiet_seconds))


async def _team(
    cluster: Cluster, folder: Path, messages: int, rounds: int, quiet_seconds: float
) -> TeamFigures:
    base = cluster.new_database()
    url = cluster.url(base)
    hub = Hub(parse_hub(url), Secret(ADMIN_PASSWORD))
    await asyncio.to_thread(hub.connect, checked=False)
    await hub.run(create)
    account_id = await hub_account(hub, LOGIN)
    store = HubStore(hub, HubClock(SystemClock()), account_id, LOGIN)
    incoming = pages(messages + rounds, server_now())
    stored = 0
    extra: list[Any] = []
    for page in incoming:
        some = list(page)
        keep = some[: messages - stored]
        extra += some[len(keep) :]
        if keep:
            await asyncio.to_thread(store.store_page, in_page(keep)._replace(entry=None))
        stored += len(keep)
    begun = time.perf_counter()
    first = Member(folder, "first", url)
    await first.has(messages)
    copied = messages / (time.perf_counter() - begun)

    asked: list[object] = []
    connection: Any = first.member._hub._connection
    connection.add_query_logger(asked.append)
    used, begun = time.process_time(), time.perf_counter()
    await asyncio.sleep(quiet_seconds)
    passed = time.perf_counter() - begun
    share = (time.process_time() - used) / passed
    queries = len(asked) / passed
    await first.close()

    account_id = await hub_account(hub, NEW)
    store = HubStore(hub, HubClock(SystemClock()), account_id, NEW)
    members = [Member(folder, f"member {number}", url, NEW) for number in range(MEMBERS)]
    arrivals: list[float] = []
    for message in islice(extra, rounds):
        await asyncio.sleep(0.2)
        await hub.open()
        fresh = in_page([message])._replace(entry=None, seen=datetime.now(UTC))
        await asyncio.to_thread(store.store_page, fresh)
        committed = time.perf_counter()
        wanted = len(arrivals) // MEMBERS + 1
        await asyncio.gather(*(one.has(wanted) for one in members))
        arrivals += [max(0.0, one.arrived_at - committed) for one in members]
    await asyncio.gather(*(one.close() for one in members))
    await asyncio.to_thread(hub.close)
    return TeamFigures(copied, arrivals, share, queries)


async def hub_account(hub: Hub, login: str) -> int:
    await hub.open()  # which ends the sessions of the silent
    return await hub.run(lambda connection: find_account(connection, login, HOST, make=True))
