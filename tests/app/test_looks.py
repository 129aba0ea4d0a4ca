"""The look in dark and light terminals, and in those with 16 colours or none."""

from __future__ import annotations

from typing import Any
from unittest.mock import AsyncMock

import pytest
from rich.style import Style
from support.app_harness import HarnessApp, Opener, settled, until, week
from support.inbox_screen import inbox
from support.pictures import Snapshot
from support.sizes import pictured_large_too
from support.widgets import lines, screen_text
from textual.pilot import Pilot
from textual.screen import Screen

from inbox_tui.commands import CommandKeys
from inbox_tui.config import Settings
from inbox_tui.demo.states import NAMES
from inbox_tui.screens.date_dialog import DateScreen
from inbox_tui.screens.dialog import Dialog
from inbox_tui.screens.export_dialog import ExportScreen
from inbox_tui.screens.help import HelpScreen
from inbox_tui.screens.inbox import InboxScreen
from inbox_tui.screens.link_dialog import LinkScreen
from inbox_tui.screens.name_dialog import NameScreen
from inbox_tui.screens.pickers import (
    AccountPicker,
    NumberPicker,
    Picker,
    StatePicker,
    WindowPicker,
)
from inbox_tui.screens.sign_in import SignInScreen
from inbox_tui.terminal.input import BackgroundReported
from inbox_tui.text import find_links
from inbox_tui.widgets.conversation import Conversation
from inbox_tui.widgets.status_bar import StatusBar

KEYS = ["j", "p", "w", "e", "question_mark", "ctrl+p", "t", "S", "tab"]


def styles(app: HarnessApp) -> list[Style]:
    """Return every style on the screen, as it is sent to the terminal."""
    drawn = app.screen._compositor.render_strips()
    return [segment.style for strip in drawn for segment in strip if segment.style is not None]


async def report(pilot: Pilot[None], *, dark: bool) -> None:
    pilot.app.post_message(BackgroundReported(dark=dark))
    await pilot.pause()


async def test_theme_follows_the_background_of_the_terminal(
    opened: Opener,
) -> None:
    async with opened(messages=week()) as pilot:
        assert pilot.app.theme == "inbox-dark"
        await report(pilot, dark=False)
        assert pilot.app.theme == "inbox-light"
        await report(pilot, dark=True)
        assert pilot.app.theme == "inbox-dark"


async def test_configured_theme_is_kept_whatever_the_terminal_background(opened: Opener) -> None:
    async with opened(settings=Settings(theme="inbox-dark")) as pilot:
        await report(pilot, dark=False)
        assert pilot.app.theme == "inbox-dark"


@pytest.mark.parametrize("key", KEYS)
async def test_no_color_turns_off_all_colours_including_grey(
    live: Opener, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with live(messages=week(), settings=Settings(theme="inbox-light")) as pilot:
        await pilot.press(key)
        for style in styles(pilot.app):
            assert all(c is None or c.is_default for c in (style.color, style.bgcolor)), style


async def test_an_empty_no_color_changes_nothing(
    live: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "")
    async with live(messages=week()) as pilot:
        colors = {style.color.triplet for style in styles(pilot.app) if style.color is not None}
        assert any(color and color.red != color.blue for color in colors)


async def test_16_colour_terminal_gets_only_those_colours(
    live: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    async with live(messages=week()) as pilot:
        for key in ("j", "tab", "question_mark"):
            await pilot.press(key)
            for style in styles(pilot.app):
                for color in (style.color, style.bgcolor):
                    assert color is None or color.is_default or color.is_system_defined, style


def every_dialog(inbox: InboxScreen) -> list[Screen[Any]]:
    listing = inbox._loader.listing
    assert listing is not None

    def none(*_: object) -> Any:
        return ()

    return [
        AccountPicker([], None),
        DateScreen(none, str),
        ExportScreen(inbox.context, listing),
        HelpScreen(CommandKeys()),
        LinkScreen(find_links("https://example.com/1")),
        NameScreen("+7 999 123-45-67", "Vera"),
        NumberPicker("Receiving number", none, None),
        StatePicker(None),
        WindowPicker(lambda _: (1, 1), None),
        SignInScreen(server="", login="", attempt=none, keyring_note=AsyncMock(return_value="")),
    ]


@pytest.mark.usefixtures("without_unicode")
async def test_dialogues_use_no_unicode_if_the_terminal_cannot_draw_it(live: Opener) -> None:
    async with live(size=(120, 50)) as pilot:
        dialogs = every_dialog(inbox(pilot))
        for dialog in dialogs:
            await pilot.app.push_screen(dialog)
            await pilot.pause()
            assert pilot.app.screen is dialog
            assert set(screen_text(pilot.app)) <= {*map(chr, range(127)), "·"}, dialog
    shown = {type(dialog) for dialog in dialogs}
    assert {kind for kind in Dialog.__subclasses__() if kind is not Picker} <= shown
    assert set(Picker.__subclasses__()) <= shown


@pictured_large_too
@pytest.mark.parametrize("look", ["dark", "light", "16 colours", "no colour"])
def test_a_conversation_in_every_look(
    snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch, look: str
) -> None:
    if look == "no colour":
        monkeypatch.setenv("NO_COLOR", "1")
    elif look == "16 colours":
        monkeypatch.setenv("TERM", "xterm")

    async def further_up(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: bool(pilot.app.screen.query_one(Conversation).row))
        await settled(pilot)
        await pilot.press("k", "k")

    settings = Settings(theme="inbox-light" if look == "light" else "", names=NAMES)
    assert snapshot("t", settings=settings, then=further_up)


async def test_a_click_on_a_hint_does_what_its_key_does(live: Opener) -> None:
    async with live(messages=week(), settings=Settings(keys={"help": ("f1",)})) as pilot:
        bar = pilot.app.screen.query_one(StatusBar)
        await pilot.click(bar, offset=(lines(bar)[0].index("f1 help"), 0))
        await pilot.pause()
        assert type(pilot.app.screen).__name__ == "HelpScreen"
