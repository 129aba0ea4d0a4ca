"""Helpers that read the inbox screen and operate it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from support.app_harness import HarnessApp, message, put, stored, until
from textual import events
from textual.command import CommandPalette
from textual.pilot import Pilot
from textual.widgets import Input, OptionList

from inbox_tui.archive import Row
from inbox_tui.commands import Hint
from inbox_tui.screens.inbox import InboxScreen
from inbox_tui.screens.sign_in import SignInScreen
from inbox_tui.smsc.message import IncomingMessage
from inbox_tui.sync import MessagesArrived
from inbox_tui.widgets.filter_bar import FilterBar
from inbox_tui.widgets.message_list import MessageList
from inbox_tui.widgets.status_bar import StatusBar
from inbox_tui.widgets.title_bar import TitleBar


def five_messages() -> list[IncomingMessage]:
    """Return five messages of three senders to two numbers; the first and last have codes."""
    return [
        message(1, "Ваш код: 481 516. Никому не сообщайте", minutes_ago=9, phone="BANK"),
        message(2, "Заказ готов https://shop.example/5512", minutes_ago=8, phone="79160001122"),
        message(3, "Спасибо!", minutes_ago=7, phone="79160001122", to_phone="79110000002"),
        message(4, "Где мой заказ?\nЖду", minutes_ago=6, phone="79031112233"),
        message(5, "123-456 is your code", minutes_ago=5, phone="BANK", to_phone="79110000002"),
    ]


def inbox(pilot: Pilot[None]) -> InboxScreen:
    screen = pilot.app.screen_stack[0]
    assert isinstance(screen, InboxScreen)
    return screen


def selected(pilot: Pilot[None]) -> Row:
    """Return the message under the cursor of the list."""
    row = inbox(pilot).query_one(MessageList).row
    assert row is not None
    return row


def filter_bar(pilot: Pilot[None]) -> FilterBar:
    return inbox(pilot).query_one(FilterBar)


def shown(pilot: Pilot[None]) -> int | None:
    """Return the number of listed messages in the filter bar."""
    return filter_bar(pilot).shown


def unread(pilot: Pilot[None]) -> int | None:
    """Return the number of unread messages in the title bar."""
    return inbox(pilot).query_one(TitleBar).unread


def in_words(hints: tuple[Hint, ...]) -> str:
    return "  ".join(hint.text for hint in hints)


async def arrive(pilot: Pilot[None], *messages: IncomingMessage) -> None:
    """Store messages as sync does, and announce them to the inbox."""
    assert isinstance(pilot.app, HarnessApp)
    with stored(pilot.app) as account:
        put(account, messages)
    inbox(pilot).session_event(MessagesArrived([one.id for one in messages], live=True))
    await pilot.pause()


def exported(file: Path) -> list[dict[str, Any]]:
    """Return the messages of a JSON Lines file."""
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def notice(pilot: Pilot[None]) -> str:
    return inbox(pilot).query_one(StatusBar).notice


def signing_in(pilot: Pilot[None]) -> bool:
    return isinstance(pilot.app.screen, SignInScreen) and bool(pilot.app.screen.query("#password"))


async def fill_in(pilot: Pilot[None], **fields: str) -> None:
    await until(pilot, lambda: signing_in(pilot))
    for name, value in fields.items():
        pilot.app.screen.query_one(f"#{name}", Input).value = value
    pilot.app.screen.query_one("#password", Input).focus()
    await pilot.pause()
    await pilot.press("enter")


def press_at_once(pilot: Pilot[None], *keys: str) -> None:
    """Deliver keys in one burst, as over a slow connection."""
    for key in keys:
        name = {"/": "slash", "\r": "enter", "\x1b": "escape"}.get(key, key)
        pilot.app.post_message(events.Key(name, key))


def click_at_once(pilot: Pilot[None], line: int) -> None:
    """Click a line of the list, right after the keys that were delivered before."""
    region = inbox(pilot).query_one(MessageList).region
    x, y = region.x + 5, region.y + line
    for event in (events.MouseDown, events.MouseUp):
        pilot.app.post_message(event(None, x, y, 0, 0, 1, False, False, False, x, y))


async def by_palette(pilot: Pilot[None], words: str) -> None:
    """Open the palette, and run the command that these words find."""
    await pilot.press("ctrl+p")
    await until(pilot, lambda: isinstance(pilot.app.screen, CommandPalette))
    await choose_in_palette(pilot, words)


async def choose_in_palette(pilot: Pilot[None], words: str) -> None:
    """Type into the open palette, and run the only command that is left."""
    await pilot.press(*words)
    options = pilot.app.screen.query_one("CommandList", OptionList)
    await until(pilot, lambda: options.option_count == 1)
    await pilot.pause(0.1)
    await pilot.press("down", "enter")
