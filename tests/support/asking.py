"""An account, its archive, and a service with prepared answers, in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from operator import attrgetter
from pathlib import Path
from random import Random
from typing import Any, NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from inbox_tui.archive import Archive, Query
from inbox_tui.credentials import Secret
from inbox_tui.smsc.errors import AnswerTooLarge, SignInRefused, SmscError
from inbox_tui.smsc.limit import Moment
from inbox_tui.smsc.message import Answer, IncomingMessage
from inbox_tui.sync import Event, Status, StatusChanged
from inbox_tui.sync.inbox_sync import InboxSync

NOW = datetime(2026, 11, 23, 9, 0, 0, tzinfo=UTC)
ZONE = ZoneInfo("Europe/Moscow")
PASSWORD = "correct horse"
BOOTED = 50_000.0
"""The machine's uptime in seconds when a test begins."""

E = TypeVar("E")
Reply = Answer | SmscError | None


class Asked(NamedTuple):
    """A request as the client sent it."""

    at: float
    cnt: int
    hour: int
    after_id: int | None
    to_phone: str | None
    password: str


class Environment:
    """The machine and the service; seconds count from the beginning of the test."""

    def __init__(self, folder: Path, *messages: IncomingMessage) -> None:
        self.path = folder / "inbox.db"
        self.messages = list(messages)
        self.replies: list[Reply] = []
        """The next replies; None, or no reply left, returns the messages asked for."""
        self.newest_first = False
        self.order: Callable[[IncomingMessage], Any] = attrgetter("id")
        """The sort key of the messages of an answer, before `cnt` cuts some off."""
        self.most_in_answer = 10_000
        """An answer with more messages than this is too large to read."""
        self.dates: Callable[[], datetime | None] = self.service_now
        """Returns the `Date` header of an answer."""
        self.server_ahead = 0.0
        """How many seconds the service's clock is ahead of the time in its zone."""
        self.refused = ""
        """A password that the service refuses."""
        self.delay = 0.0
        self.asked: list[Asked] = []
        self.boot = "boot"
        self.booted = BOOTED
        self.wall = 0.0
        """How many seconds the machine's wall clock is ahead."""
        self.slept = 0.0
        self.terminals: list[Terminal] = []
        self.tasks: list[asyncio.Task[None]] = []

    # -- a clock

    def time(self) -> float:
        return asyncio.get_running_loop().time()

    def moment(self) -> Moment:
        return Moment(self.boot, self.booted + self.time())

    def now(self) -> datetime:
        return self.service_now() + timedelta(seconds=self.wall)

    def service_now(self) -> datetime:
        return NOW + timedelta(seconds=self.time() + self.slept)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.001, seconds))

    def fall_asleep(self, seconds: float) -> None:
        """Let the machine sleep: its clocks advance, but its programs do nothing."""
        self.booted += seconds
        self.slept += seconds

    # -- a service

    def message(
        self, number: int, *, ago: float = 0.0, to_phone: str = "79110000001"
    ) -> IncomingMessage:
        """Return a message that the service received `ago` seconds ago."""
        received = self.service_now().astimezone(ZONE).replace(tzinfo=None, microsecond=0)
        received -= timedelta(seconds=ago)
        return IncomingMessage(number, received, "79991234567", to_phone, f"Text {number}", None)

    def receive(self, *numbers: int, **how: Any) -> None:
        self.messages += [self.message(number, **how) for number in numbers]

    def receive_hourly(self, numbers: range, until: int, to_phones: str = "1") -> None:
        """Receive hourly messages, id 0 of them `until` hours ago, to `to_phones` in turn."""
        for number in numbers:
            to_phone = to_phones[number % len(to_phones)]
            self.receive(number, ago=3600.0 * (until - number), to_phone=to_phone)

    async def answer(self, asked: Asked) -> Answer:
        self.asked.append(asked)
        reply = self.replies.pop(0) if self.replies else None
        since = self.service_now() + timedelta(seconds=self.server_ahead, hours=-asked.hour)
        fitting = [
            message
            for message in sorted(self.messages, key=self.order)
            if (asked.after_id is None or message.id > asked.after_id)
            and asked.to_phone in (None, message.to_phone)
            and message.received >= since.astimezone(ZONE).replace(tzinfo=None, microsecond=0)
        ]
        fitting = fitting[-asked.cnt :] if self.newest_first else fitting[: asked.cnt]
        await asyncio.sleep(self.delay)
        if asked.password == self.refused:
            raise SignInRefused(2, "authorise error")
        if isinstance(reply, SmscError):
            raise reply
        if len(fitting) > self.most_in_answer:
            raise AnswerTooLarge
        return (reply or Answer(fitting, []))._replace(date=self.dates())

    @property
    def times(self) -> list[float]:
        return [round(asked.at, 2) for asked in self.asked]

    @property
    def apart(self) -> list[float]:
        """The seconds from each request to the next."""
        return [later - sooner for sooner, later in pairwise(self.times)]

    @property
    def three_apart(self) -> list[float]:
        """The seconds from each request to the third one after it."""
        return [fourth - first for first, fourth in zip(self.times, self.times[3:], strict=False)]

    # -- programs

    def start(self, password: str | None = PASSWORD, **options: Any) -> Terminal:
        """Open the inbox in a terminal."""
        terminal = Terminal(self, password, **options)
        self.terminals.append(terminal)
        return terminal

    async def close(self) -> None:
        """End all programs, and check that none has failed."""
        for task in self.tasks:
            task.cancel()
        outcomes = await asyncio.gather(*self.tasks, return_exceptions=True)
        for terminal in self.terminals:
            terminal.archive.close()
        assert [error for error in outcomes if isinstance(error, Exception)] == []


class Terminal:
    """A program that asks the service."""

    def __init__(
        self, env: Environment, password: str | None = PASSWORD, *, run: bool = True, **options: Any
    ) -> None:
        self.events: list[Event] = []
        self.archive = Archive.open(env.path, wall=env.now)
        self.account = self.archive.account("alex", "smscentre.com")
        self.trouble: Callable[[str], None] = lambda name: None
        self.stopped = False

        async def in_thread(function: Callable[..., Any], *arguments: Any) -> Any:
            if self.stopped:
                raise asyncio.CancelledError
            return function(*arguments)

        self.sync = InboxSync(
            Watched(self, self.account),
            login="alex",
            connect=lambda secret: Client(env, secret.reveal()),
            publish=self.events.append,
            clock=env,
            random=Random(1),
            server_zone=ZONE,
            password=None if password is None else Secret(password),
            in_thread=in_thread,
            **options,
        )
        if run:
            self.task = asyncio.create_task(self.sync.run())
            env.tasks.append(self.task)

    @property
    def status(self) -> Status:
        return self.sync.status

    @property
    def ids(self) -> list[int]:
        return [row.id for row in self.account.lists.export(Query())]

    def events_of(self, kind: type[E]) -> list[E]:
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def statuses(self) -> Sequence[Status]:
        return [event.status for event in self.events_of(StatusChanged)]

    async def quit(self) -> None:
        """End the program in an orderly way."""
        self.task.cancel()
        await asyncio.wait([self.task])

    def kill(self) -> None:
        """End the program without an orderly shutdown."""
        self.stopped = True
        self.task.cancel()
        self.archive.close()


class Client:
    """Stands in for `InboxClient`."""

    def __init__(self, env: Environment, password: str) -> None:
        self._scene = env
        self._password = password

    async def fetch(
        self, *, cnt: int, hour: int, after_id: int | None = None, to_phone: str | None = None
    ) -> Answer:
        env = self._scene
        return await env.answer(Asked(env.time(), cnt, hour, after_id, to_phone, self._password))

    async def aclose(self) -> None:
        pass


class Watched:
    """An account's archive, or a part of it, that calls `Terminal.trouble` before each method.

    `trouble` gets the name of the method, such as `store_page` or `requests.begin`.
    """

    def __init__(self, terminal: Terminal, watched: object, prefix: str = "") -> None:
        self._terminal = terminal
        self._watched = watched
        self._prefix = prefix

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._watched, name)
        name = f"{self._prefix}{name}"
        if not callable(found):
            return Watched(self._terminal, found, f"{name}.")

        def use(*arguments: Any, **named: Any) -> Any:
            self._terminal.trouble(name)
            return found(*arguments, **named)

        return use
