"""The application harness: the app with a manual clock, a scripted service and a folder."""

from __future__ import annotations

import asyncio
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Collection,
    Coroutine,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from support.archives import NOW as NOW
from support.archives import mark, page
from support.sizes import SIZES, Size
from textual.pilot import Pilot
from textual.worker import WorkerCancelled

from inbox_tui.app import InboxApp
from inbox_tui.archive import (
    SIGNED_IN,
    AccountArchive,
    Archive,
    Cursor,
    Gap,
    Polled,
    to_server_seconds,
)
from inbox_tui.config import Settings
from inbox_tui.credentials import Keyring, Secret
from inbox_tui.demo.conversations import history
from inbox_tui.screens.filters import Filters
from inbox_tui.session import Dependencies
from inbox_tui.smsc.endpoint import account_host, endpoint
from inbox_tui.smsc.limit import Limit, Moment
from inbox_tui.smsc.message import Answer, IncomingMessage
from inbox_tui.widgets.status_bar import StatusBar

ZONE = ZoneInfo("Europe/Moscow")
SERVER_NOW = NOW.astimezone(ZONE).replace(tzinfo=None)
LOGIN = "alex"
SERVER = "smscentre.com"
PASSWORD = "correct horse"

Reply = Answer | Exception | Callable[[], Awaitable[Answer]]


class StillClock:
    """A clock that stands still until `move` is called."""

    def __init__(self, now: datetime = NOW, seconds: float = 100_000.0) -> None:
        self._now = now
        self._seconds = seconds
        self._moved = asyncio.Event()
        self.closing = False
        """Set to end all waits."""

    def moment(self) -> Moment:
        return Moment("boot", self._seconds)

    def now(self) -> datetime:
        return self._now

    def sleep(self, seconds: float) -> Coroutine[Any, Any, None]:
        """Sleep, counting from the call and not from the first step of the coroutine."""
        return self._until(self._seconds + seconds)

    async def _until(self, end: float) -> None:
        while self._seconds < end and not self.closing:
            await self._moved.wait()
            await asyncio.sleep(0)

    def move(self, seconds: float) -> None:
        self._seconds += seconds
        self._now += timedelta(seconds=seconds)
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()


class ScriptedInbox:
    """A client that returns or raises the given replies in turn, and repeats the last one."""

    def __init__(self, *replies: Reply) -> None:
        self.replies = list(replies) or [Answer([], [])]
        self.asked: list[dict[str, object]] = []

    async def fetch(self, **asked: object) -> Answer:
        self.asked.append(asked)
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        if isinstance(reply, Exception):
            raise reply
        return reply if isinstance(reply, tuple) else await reply()

    async def aclose(self) -> None:
        pass


class HarnessApp(InboxApp):
    """The application, with the parts of the harness as attributes."""

    scripted: ScriptedInbox
    clock: StillClock
    logins: list[str]
    passwords: list[str]
    archive_path: Path

    async def on_unmount(self) -> None:
        """End every sleep, because the clock would never reach its end."""
        self.clock.closing = True


async def never() -> Answer:
    """A reply that never comes."""
    await asyncio.Event().wait()
    raise AssertionError


def message(
    number: int,
    text: str = "Hello",
    *,
    minutes_ago: float = 5,
    phone: str = "79991234567",
    to_phone: str = "79110000001",
) -> IncomingMessage:
    received = (SERVER_NOW - timedelta(minutes=minutes_ago)).replace(microsecond=0)
    return IncomingMessage(number, received, phone, to_phone, text, received - timedelta(seconds=2))


def week() -> list[IncomingMessage]:
    """Return the demo's messages of a week, always the same."""
    return history(SERVER_NOW, Random(7))


def put(
    account: AccountArchive, messages: Sequence[IncomingMessage], gap: Gap | None = None
) -> None:
    """Store messages as sync does, with a gap if one is given."""
    cursor = Cursor(polled=Polled(Moment("boot", 0.5), NOW, NOW))
    account.store_page(page(*messages, cursor=cursor, at=Moment("boot", 90_000.0), gap=gap))


def server_seconds(hours: float) -> int:
    """Return the time `hours` from now in seconds of the service's clock."""
    return to_server_seconds(SERVER_NOW + timedelta(hours=hours))


@contextmanager
def stored(app: HarnessApp) -> Iterator[AccountArchive]:
    """Open the first account over a separate connection, as another terminal does."""
    with Archive.open(app.archive_path) as archive:
        yield archive.accounts()[0]


async def until(pilot: Pilot[None], condition: Callable[[], bool]) -> None:
    """Wait until a condition is true; fails after at least ten seconds."""
    for _ in range(1000):
        await pilot.pause()
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not happen")


async def state_is(pilot: Pilot[None], state: str) -> None:
    """Wait until the status bar shows this state and everything is drawn."""
    bars = pilot.app.screen_stack[0].query(StatusBar)
    await until(pilot, lambda: bool(bars) and bars.first().state == state)
    await pilot.pause()


async def settled(
    pilot: Pilot[None], groups: Collection[str] = ("numbers", "search", "writes", "default")
) -> None:
    """Wait for the running workers of these groups and for the screen to be updated."""
    for worker in [worker for worker in pilot.app.workers if worker.group in groups]:
        with suppress(WorkerCancelled):
            await worker.wait()
    await pilot.pause()
    await pilot.pause()


async def next_answer(pilot: Pilot[None], after: float = 21) -> None:
    """Move the clock on so that the next request is sent, and wait until its answer is shown."""
    app = pilot.app
    assert isinstance(app, HarnessApp)
    asked = len(app.scripted.asked)
    app.clock.move(after)
    await until(pilot, lambda: len(app.scripted.asked) > asked)
    await state_is(pilot, "Live")


def make_app(
    folder: Path,
    *replies: Reply,
    messages: Sequence[IncomingMessage] = (),
    read_before_minutes: float | None = 90,
    login: str | None = LOGIN,
    server: str = SERVER,
    password: str | None = PASSWORD,
    keyring: Keyring | None = None,
    settings: Settings | None = None,
    filters: Filters | None = None,
    clock: StillClock | None = None,
    others: Mapping[str, ScriptedInbox] | None = None,
    demo: bool = False,
    limit: Limit = Limit(),  # noqa: B008 - it is never changed
) -> HarnessApp:
    """Return the application with these messages in its archive, and these replies to requests.

    `others` maps other logins to the clients that answer for them.
    """
    archive = Archive.open(folder / "inbox.db")
    if login is not None:
        account = archive.account(login, account_host(endpoint(server)))
        account.notes.set(SIGNED_IN, NOW.isoformat())
        if messages:
            put(account, messages)
        if messages and read_before_minutes is not None:
            unread_from = SERVER_NOW - timedelta(minutes=read_before_minutes)
            read = [m.id for m in messages if m.received < unread_from]
            mark(account, read, unread=False)
    inbox = ScriptedInbox(*replies)
    still = clock or StillClock()
    logins: list[str] = []
    passwords: list[str] = []

    def connect(url: str, login: str, password: Secret) -> ScriptedInbox:
        logins.append(login)
        passwords.append(password.reveal())
        return (others or {}).get(login, inbox)

    app = HarnessApp(
        Dependencies(
            archive=archive,
            settings=settings or Settings(),
            keyring=keyring,
            connect=connect,
            clock=still,
            random=Random(1),
            limit=limit,
            refresh_seconds=20,
        ),
        server=server,
        login=login,
        password=None if password is None else Secret(password),
        local_zone=ZONE,
        settings_path=folder / "config.toml",
        filters=filters,
        demo=demo,
    )
    app.scripted, app.clock, app.archive_path = inbox, still, archive.path
    app.logins, app.passwords = logins, passwords
    return app


class HarnessPilot(Pilot[None]):
    def __init__(self, app: HarnessApp) -> None:
        super().__init__(app)
        self._harness_app = app

    @property
    def app(self) -> HarnessApp:
        return self._harness_app

    async def press(self, *keys: str) -> None:
        """Press keys, and wait for the searches and the changes that they start."""
        await super().press(*keys)
        await settled(self, ("numbers", "search", "writes"))


def plain_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set the environment of a terminal of 256 colours on a machine without a desktop."""
    for name in ("NO_COLOR", "TMUX", "DISPLAY", "WAYLAND_DISPLAY", "LC_ALL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.setenv("TERM", "xterm-256color")


class Opener:
    """Runs the application at a terminal size, and waits until its status bar shows a state."""

    def __init__(self, folder: Path, size: Size, state: str | None) -> None:
        self.folder = folder
        self.size = size
        self.state = state

    @asynccontextmanager
    async def __call__(
        self,
        *replies: Reply,
        app: HarnessApp | None = None,
        size: Size | None = None,
        state: str | None = None,
        **options: Any,
    ) -> AsyncIterator[HarnessPilot]:
        """Run `app`, or else the result of `make_app` with these replies and options."""
        app = app or make_app(self.folder, *replies, **options)
        async with app.run_test(size=size or self.size):
            pilot = HarnessPilot(app)
            if state := state or self.state:
                await state_is(pilot, state)
            yield pilot


@pytest.fixture
def size() -> Size:
    """The size of the terminal; tests that are run at several sizes override it."""
    return SIZES[0]


@pytest.fixture
def live(tmp_path: Path, size: Size) -> Opener:
    """Opens the application and waits until the status bar shows Live."""
    return Opener(tmp_path, size, "Live")


@pytest.fixture
def opened(tmp_path: Path, size: Size) -> Opener:
    """Opens the application without waiting for a state."""
    return Opener(tmp_path, size, None)
