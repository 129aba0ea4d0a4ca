"""Keys act on the message that was on screen: an hour of random keys in two windows.

`INBOX_TUI_SEEDS=1000 pytest tests/app/test_two_windows.py` simulates a thousand hours.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
from contextlib import AsyncExitStack
from pathlib import Path
from random import Random
from typing import Any

import pytest
from support.app_harness import HarnessApp, StillClock, make_app, message, put, state_is
from support.inbox_screen import inbox
from textual import events
from textual._compositor import Compositor
from textual.keys import _character_to_key
from textual.pilot import Pilot
from textual.screen import Screen
from textual.timer import Timer
from textual.widgets import Input

from inbox_tui.archive import Archive, Query, Row
from inbox_tui.commands import COMMANDS, SAME_PLACE
from inbox_tui.config import Settings
from inbox_tui.screens.export_dialog import ExportScreen
from inbox_tui.screens.inbox import InboxScreen
from inbox_tui.screens.link_dialog import LinkScreen
from inbox_tui.screens.selection import SETTLED_SECONDS
from inbox_tui.smsc.message import IncomingMessage
from inbox_tui.sync import MessagesArrived
from inbox_tui.widgets.conversation import Conversation
from inbox_tui.widgets.filter_bar import FilterBar
from inbox_tui.widgets.message_list import MessageList
from inbox_tui.widgets.message_view import MessageView

SEEDS = int(os.environ.get("INBOX_TUI_SEEDS", "4"))
PAINTED = 20
"""The number of simulated hours in which the screen is painted; the others save that time."""
HOUR = 3600.0
PAUSES = (0.0, 0.1, 0.4, 0.6, 1.0, 60.0, 180.0, 240.0)
MOST = 1000
"""An upper bound of the messages that arrive in an hour."""
SENDERS = ("79991234567", "79160001122", "BANK")
LEFT_OUT = (
    "copy_newest_code",
    "quit",
    "theme",
    "palette",
    "sign_in",
    "help",
    "smaller_list",
    "larger_list",
)
COMMAND_OF = {
    key: command.name
    for command in COMMANDS
    for key in command.keys
    if command.name not in LEFT_OUT
}
KEYS = [*COMMAND_OF, *"cccccyyymmooeettM", "enter", "enter", "escape", "escape", "escape"]
NEVER_DONE = ("session", "numbers")
RUSSIAN: dict[str, str] = {latin: russian for russian, latin in SAME_PLACE.items()}


class Window:
    """A window, the message it shows, and the effects of the keys pressed in it."""

    def __init__(self, app: HarnessApp, pilot: Pilot[None]) -> None:
        self.app = app
        self.pilot = pilot
        self.copied: list[str] = []
        self.changed: set[int] = set()
        self.copies = 0
        self.came_at: float | None = None
        """When the message was shown without a key press, or None if a key selected it."""
        self.key_under_way = False
        app.copy_to_clipboard = self.copied.append  # type: ignore[method-assign, assignment] # a spy
        view, show = self.view, self.view.show

        def shown(row: Row | None, *more: Any) -> None:
            if (row and row.row) != (view.row and view.row.row):
                assert self.key_under_way or self.messages.following or view.row is None
                self.came_at = None if self.key_under_way else app.clock.moment().seconds
            show(row, *more)

        view.show = shown  # type: ignore[method-assign, assignment] # a spy

    @property
    def inbox(self) -> InboxScreen:
        return inbox(self.pilot)

    @property
    def view(self) -> MessageView:
        return self.inbox.query_one(MessageView)

    @property
    def messages(self) -> MessageList:
        return self.inbox.query_one(MessageList)

    @property
    def conversation(self) -> Conversation:
        return self.inbox.query_one(Conversation)

    @property
    def in_conversation(self) -> bool:
        """Whether a conversation is shown instead of list and message."""
        return self.inbox.has_class("-conversation")

    @property
    def settled(self) -> bool:
        """Whether the message has been on screen long enough for keys to act on it."""
        now = self.app.clock.moment().seconds
        return self.came_at is None or now - self.came_at >= SETTLED_SECONDS

    @property
    def readable(self) -> Row | None:
        """The message that keys act on, or None if it has only just appeared."""
        shown = self.conversation.row if self.in_conversation else self.view.row
        return shown if self.settled else None

    def listed(self) -> list[Row]:
        """Return all messages of the list or conversation, visible or not."""
        listing = self.inbox._loader.listing
        assert listing is not None
        items = self.inbox.context.account.lists.window(listing, 0, len(listing))
        return [item for item in items if isinstance(item, Row)]

    async def settle(self) -> None:
        """Wait until everything that has begun is done."""
        with self.app._context():
            for _ in range(2):
                await self.pilot.pause(0)
                working = [w.wait() for w in self.app.workers if w.group not in NEVER_DONE]
                await asyncio.gather(*working, return_exceptions=True)
            await self.pilot.pause(0)

    def before_key(self, key: str) -> None:
        """Record the messages that the key may change or copy, from what is on screen now."""
        self.key = key
        self.copied.clear()
        typing = self.inbox.query_one(FilterBar).searching or self.app.screen is not self.inbox
        self.command = "" if typing else COMMAND_OF[SAME_PLACE.get(key, key)]
        row = self.readable
        self.listed_at_key = [item.id for item in self.listed()] if self.settled else []
        self.may_change: set[int] = set()
        match self.command:
            case "undo":
                self.may_change = set(self.changed)
            case "mark_all_read":
                self.may_change = set(self.listed_at_key)
            case "mute" if row is not None:  # mutes all messages of the sender
                self.may_change = {n for n in range(MOST) if SENDERS[n % 3] == row.phone}
            case _ if row is not None and not typing:
                self.may_change = {row.id}
        if not isinstance(self.app.screen, LinkScreen):
            self.may_copy = row.id if row is not None and not typing else None

    def check_copies(self) -> None:
        """Check that all texts copied by the key are of the message on screen at that moment."""
        for text in self.copied:
            assert re.findall("1[0-9]{5}", text)[:1] == [str(100_000 + (self.may_copy or 0))]
        self.copies += len(self.copied)

    def post(self, key: str) -> None:
        """Send a key as the terminal does."""
        self.key_under_way = True
        name = _character_to_key(key) if len(key) == 1 else key
        self.app.post_message(events.Key(name, key if len(key) == 1 else None))

    async def press(self, key: str) -> None:
        """Send a key, and wait for all of its effects."""
        self.post(key)
        await self.settle()
        self.key_under_way = False


class Hour:
    """An hour of messages arriving while random keys are pressed in two windows."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder = folder
        self.random = Random(seed)
        self.clock = StillClock()
        self.last = 39
        self.exports = 0

    async def run(self) -> None:
        old = [self.text_of(number, 600 - number) for number in range(1, self.last + 1)]
        sizes = [self.random.choice(((120, 40), (80, 24), (40, 12))) for _ in range(2)]
        async with AsyncExitStack() as stack:
            self.windows: list[Window] = []
            for size in sizes:
                app = make_app(
                    self.folder,
                    messages=old,
                    settings=Settings(window=self.random.choice((0, 1, 24))),
                    clock=self.clock,
                    password=None,
                )
                pilot = await stack.enter_async_context(app.run_test(size=size))
                await state_is(pilot, "Sign in")
                self.windows.append(Window(app, pilot))
            archive = stack.enter_context(Archive.open(self.folder / "inbox.db"))
            (self.account,) = archive.accounts()
            end = self.clock.moment().seconds + HOUR
            while self.clock.moment().seconds < end:
                self.clock.move(self.random.choice(PAUSES))
                self.arrive()
                await self.press_keys()

    def text_of(self, number: int, minutes_ago: float = 0) -> IncomingMessage:
        text = f"Your code is {100_000 + number}"
        if number % 3 == 0:
            text += f", or https://example.com/{100_000 + number}"
        return message(number, text, minutes_ago=minutes_ago, phone=SENDERS[number % 3])

    def arrive(self) -> None:
        """Store new messages, and notify each window of them now or not until later."""
        passed = (self.clock.moment().seconds - 100_000) / 60
        new = [self.last + 1 + n for n in range(self.random.choice((0, 0, 1, 1, 2)))]
        if new:
            self.last = new[-1]
            put(self.account, [self.text_of(n, -passed) for n in new])
        for window in self.windows:
            if self.random.random() < 0.6:
                window.inbox.session_event(MessagesArrived(new, live=True))

    async def press_keys(self) -> None:
        """Press a key in one window or in both at once, and check all of its effects."""
        at_once = self.random.sample(self.windows, self.random.choice((1, 1, 1, 2)))
        for window in at_once:
            await window.settle()
        for window in at_once:
            window.before_key(self.key(window))
        before = self.states()
        for window in at_once:
            window.post(window.key)
        for window in at_once:
            await window.settle()
            window.key_under_way = False
            window.check_copies()
        changed = {n for n, state in self.states().items() if before[n] != state}
        assert changed <= set().union(*(window.may_change for window in at_once))
        for window in at_once:
            muted = window.command == "mute"
            window.changed |= window.may_change if muted else changed & window.may_change
            if isinstance(window.app.screen, ExportScreen):
                await self.export(window)

    def key(self, window: Window) -> str:
        """Return a random key, in a dialogue often Escape."""
        if window.app.screen is not window.inbox and self.random.random() < 0.4:
            return "escape"
        key: str = self.random.choice(KEYS)
        return RUSSIAN.get(key, key) if self.random.random() < 0.5 else key

    def states(self) -> dict[int, tuple[bool, ...]]:
        lists = self.account.lists
        rows = lists.window(lists.open(Query()), 0, 10_000)
        return {
            row.id: (row.unread, row.starred, row.done, row.muted)
            for row in rows
            if isinstance(row, Row)
        }

    async def export(self, window: Window) -> None:
        """Finish the export that the key began, while other messages arrive."""
        file = self.folder / f"{self.exports}.jsonl"
        self.arrive()
        window.app.screen.query_one(Input).value = str(file)
        await window.press("enter")
        lines = file.read_text("utf-8").splitlines()
        assert sorted(json.loads(line)["id"] for line in lines) == sorted(window.listed_at_key)
        self.exports += 1


def every_second_never(screen: InboxScreen, seconds: float, *do: Any, **more: Any) -> Timer:
    """Start the inbox's timer of one second with an hour, as only simulated time counts here."""
    return Screen.set_interval(screen, HOUR if seconds == 1.0 else seconds, *do, **more)


@pytest.mark.parametrize("seed", range(SEEDS))
async def test_keys_act_only_on_what_was_on_screen(
    tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    if seed >= PAINTED:
        monkeypatch.setattr(Compositor, "render_update", lambda *_, **__: None)
    monkeypatch.setattr(InboxScreen, "set_interval", every_second_never)
    hour = Hour(tmp_path, seed)
    await hour.run()
    assert hour.exports + sum(len(window.changed) + window.copies for window in hour.windows) > 0
