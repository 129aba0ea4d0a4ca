"""The cost of a team: a PostgreSQL hub on this machine, and members with archives and screens."""

from __future__ import annotations

import asyncio
import subprocess
import time
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from random import SystemRandom
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from asyncpg import Connection
from support.command import Files
from support.postgres import ADMIN_PASSWORD, Cluster, running_cluster
from support.team import made_hub
from support.traffic import page_of, server_now

from benchmarks.figures import inbox_command
from benchmarks.sample_archives import LOGIN, Sample, pages
from benchmarks.terminal import Program, ready
from inbox_tui.archive import ArchiveWorker
from inbox_tui.credentials import Secret
from inbox_tui.smsc.message import Answer, IncomingMessage
from inbox_tui.sync import Event, MessagesArrived, SystemClock
from inbox_tui.sync.inbox_sync import InboxSync
from inbox_tui.team.address import parse_hub
from inbox_tui.team.hub import Hub, HubClock
from inbox_tui.team.member import TeamMember
from inbox_tui.team.sign_in import HubSignIn
from inbox_tui.team.store import HubStore, find_account
from inbox_tui.team.survey import survey

HOST = "team.example.com"
NEW = "new"
"""The login of an account without messages."""
ZONE = ZoneInfo("Europe/Moscow")
MEMBERS = 20


class TeamFigures(NamedTuple):
    copied: float
    """Messages a second that a new member copies."""
    arrivals: list[float]
    """Seconds from each commit to each screen of 20 members."""
    share: float
    """The share of a core that an idle member uses."""
    queries: float
    """Queries a second of an idle member."""


class Silent:
    """A client that is never called, because no member here has a password."""

    async def fetch(self, **asked: object) -> Answer:
        raise AssertionError(asked)

    async def aclose(self) -> None:
        pass


class Member:
    """A team member without a password or a screen, who counts the messages that arrive."""

    def __init__(self, folder: Path, url: str) -> None:
        self.worker = ArchiveWorker(folder / "reader.db")
        self.total = 0
        self._changed = asyncio.Event()
        self.task = asyncio.create_task(self._run(url))

    async def _run(self, url: str) -> None:
        self.member = TeamMember(
            await self.worker.call(lambda archive: archive.account(LOGIN, HOST)),
            HubSignIn(parse_hub(url), Secret(ADMIN_PASSWORD), "reader"),
            password=None,
            make_sync=partial(
                InboxSync,
                login=LOGIN,
                connect=lambda secret: Silent(),
                random=SystemRandom(),
                server_zone=ZONE,
            ),
            in_thread=self.worker.run,
            publish=self._take,
            clock=SystemClock(),
            random=SystemRandom(),
            server_zone=ZONE,
        )
        await self.member.run()

    def _take(self, event: Event) -> None:
        if isinstance(event, MessagesArrived):
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


def team(messages: int, rounds: int, quiet_seconds: float) -> TeamFigures:
    """Measure all figures of a team."""
    with running_cluster() as cluster, TemporaryDirectory() as folder:
        return asyncio.run(_team(cluster, Path(folder), messages, rounds, quiet_seconds))


async def _team(
    cluster: Cluster, folder: Path, messages: int, rounds: int, quiet_seconds: float
) -> TeamFigures:
    base = cluster.new_database()
    url = cluster.url(base)
    hub = await made_hub(url)
    store = await hub_store(hub, LOGIN)
    for page in pages(messages, server_now()):
        await asyncio.to_thread(store.store_page, page_of(page)._replace(entry=None))
    begun = time.perf_counter()
    first = Member(folder, url)
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

    store = await hub_store(hub, NEW)
    arrivals = await _arrivals(hub, store, folder, url, rounds)
    await asyncio.to_thread(hub.close)
    return TeamFigures(copied, arrivals, share, queries)


async def _arrivals(hub: Hub, store: HubStore, folder: Path, url: str, rounds: int) -> list[float]:
    """Commit messages to the hub one by one, and measure when each is on each screen."""
    arrivals: list[float] = []
    with ExitStack() as stack:
        screens = [
            stack.enter_context(_inbox(folder / f"member-{number}", url))
            for number in range(MEMBERS)
        ]
        for screen in screens:
            screen.until(b"Sign in")  # no member syncs: all messages are committed below
        await hub.connect()  # the hub may have ended the idle session
        while await hub.run(_members_here) < MEMBERS:
            _read_all(screens, 0.5)
        for number in range(rounds):
            _read_all(screens, 0.5)
            token = f"arrival-{number:03}"
            now = server_now()
            message = IncomingMessage(number, now, "79991234567", "79160001122", token, now)
            await hub.connect()
            fresh = page_of([message])._replace(entry=None, seen=datetime.now(UTC))
            await asyncio.to_thread(store.store_page, fresh)
            committed = time.perf_counter()
            waiting = screens
            while waiting:
                _read_all(waiting, 0.001)
                shown = [screen for screen in waiting if token.encode() in screen.written]
                arrivals += [max(0.0, screen.read_at - committed) for screen in shown]
                waiting = [screen for screen in waiting if screen not in shown]
    return arrivals


async def _members_here(connection: Connection) -> int:
    return sum(member.here for account in await survey(connection) for member in account.members)


def _inbox(home: Path, url: str) -> Program:
    """Start the inbox of a member who has joined the team, but has no password of the service."""
    given = Sample(0, home, ()).environment | {"INBOX_TUI_LOGIN": NEW, "INBOX_TUI_SERVER": HOST}
    given["PGPASSWORD"] = ADMIN_PASSWORD
    home.mkdir()
    subprocess.run(
        [*inbox_command(), "team", "join", url], env=given, check=True, capture_output=True
    )
    files = Files(home)
    files.configure(f'{files.config.read_text()}\nteam_name = "{home.name}"\n')
    return Program(inbox_command(), given)


def _read_all(screens: list[Program], seconds: float) -> None:
    """Read the output of the programs for this long."""
    end = time.perf_counter() + seconds
    while (left := end - time.perf_counter()) > 0:
        for screen in ready(screens, left):
            screen.read(0)


async def hub_store(hub: Hub, login: str) -> HubStore:
    await hub.connect()  # the hub may have ended the idle session
    account_id = await hub.run(lambda connection: find_account(connection, login, HOST, make=True))
    clock = HubClock(SystemClock())
    return HubStore(hub, clock, account_id, login, on_late=lambda count, longest: None)
