"""Naming a sender or a number, and choosing a theme, by the palette."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.app_harness import HarnessApp, make_app, message, state_is, until
from support.pictures import settled
from support.widgets import lines
from textual.command import CommandPalette
from textual.pilot import Pilot
from textual.widgets import OptionList

from inbox_tui.config import Settings, load_settings
from inbox_tui.screens.inbox import InboxScreen
from inbox_tui.screens.name_dialog import NameScreen
from inbox_tui.widgets.message_list import MessageList
from inbox_tui.widgets.status_bar import StatusBar

ANNA, ORDERS = "79991234567", "79110000001"


def toasts(app: HarnessApp) -> list[str]:
    return [f"{notice.title} {notice.message}".strip() for notice in app._notifications]


async def by_palette(pilot: Pilot[None], words: str) -> None:
    """Find a command in the palette by these words, and do it."""
    await pilot.press("ctrl+p")
    await until(pilot, lambda: isinstance(pilot.app.screen, CommandPalette))
    await choose(pilot, words)


async def choose(pilot: Pilot[None], words: str) -> None:
    """Type into the palette, and do what it then offers alone."""
    await pilot.press(*("space" if letter == " " else letter for letter in words))
    options = pilot.app.screen.query_one("CommandList", OptionList)
    await until(pilot, lambda: options.option_count == 1)
    await pilot.pause(0.1)
    await pilot.press("down", "enter")


async def name(pilot: Pilot[None], command: str, typed: str) -> None:
    assert isinstance(pilot.app.screen, InboxScreen)
    await pilot.app.screen.action_command(command)
    await until(pilot, lambda: isinstance(pilot.app.screen, NameScreen))
    await pilot.press("ctrl+u", *typed, "enter")
    await settled(pilot)
    await pilot.app.workers.wait_for_complete(
        [worker for worker in pilot.app.workers if worker.group == "settings"]
    )
    await pilot.pause()


async def test_a_sender_named_in_the_palette_has_that_name_at_once_and_for_good(
    tmp_path: Path,
) -> None:
    app = make_app(tmp_path, messages=[message(1, phone=ANNA), message(2, phone="OZON")])
    async with app.run_test(size=(120, 30)) as pilot:
        await state_is(pilot, "Live")
        await pilot.press("j")
        await by_palette(pilot, "name the sender")
        await until(pilot, lambda: isinstance(app.screen, NameScreen))
        await pilot.press(*"Anna", "enter")
        await until(pilot, lambda: "Anna" in "".join(lines(app.screen.query_one(MessageList))))
        assert load_settings(tmp_path / "config.toml").names == {ANNA: "Anna"}
        assert toasts(app) == ["+7 999 123-45-67 is Anna from now on."]
        await pilot.press("slash", *"from:anna", "enter")
        await settled(pilot)
        assert len([line for line in lines(app.screen.query_one(MessageList)) if "Anna" in line])


async def test_the_receiving_number_is_named_and_loses_its_name_again(tmp_path: Path) -> None:
    app = make_app(tmp_path, messages=[message(1)], settings=Settings(names={ANNA: "Anna"}))
    async with app.run_test(size=(120, 30)) as pilot:
        await state_is(pilot, "Live")
        await name(pilot, "name_receiver", "Orders")
        assert app._presentation.who(ORDERS) == "Orders"
        assert app._presentation.who(ANNA) == "Anna"
        assert load_settings(tmp_path / "config.toml").names == {ORDERS: "Orders"}
        await name(pilot, "name_receiver", "")
        assert app._presentation.who(ORDERS) == "+7 911 000-00-01"
        assert load_settings(tmp_path / "config.toml").names == {}


async def test_a_name_that_cannot_be_kept_is_said_and_not_shown(tmp_path: Path) -> None:
    app = make_app(tmp_path, messages=[message(1)])
    (tmp_path / "config.toml").write_text("[names")
    async with app.run_test(size=(120, 30)) as pilot:
        await state_is(pilot, "Live")
        await name(pilot, "name_sender", "Anna")
        (notice,) = toasts(app)
        assert notice.startswith("The name is not kept")
        assert "config.toml" in notice
        assert app._presentation.who(ANNA) == "+7 999 123-45-67"
    assert (tmp_path / "config.toml").read_text() == "[names"


async def test_a_sender_that_can_have_no_name_is_told_so(tmp_path: Path) -> None:
    app = make_app(tmp_path, messages=[message(1, phone="@@@")])
    async with app.run_test(size=(120, 30)) as pilot:
        await state_is(pilot, "Live")
        assert isinstance(app.screen, InboxScreen)
        await app.screen.action_command("name_sender")
        assert isinstance(app.screen, InboxScreen)
        assert "@@@ can't be given a name: " in app.screen.query_one(StatusBar).notice


async def test_the_theme_chosen_in_the_palette_is_kept(tmp_path: Path) -> None:
    app = make_app(tmp_path, messages=[message(1)])
    async with app.run_test(size=(120, 30)) as pilot:
        await state_is(pilot, "Live")
        await by_palette(pilot, "choose the theme")
        await until(pilot, lambda: isinstance(app.screen, CommandPalette))
        await choose(pilot, "inbox-light")
        path = tmp_path / "config.toml"
        await until(pilot, lambda: app.theme == "inbox-light" and path.exists())
        assert load_settings(path).theme == "inbox-light"


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (40, 12), (200, 50)])
async def test_the_dialog_fits_every_terminal(tmp_path: Path, size: tuple[int, int]) -> None:
    app = make_app(tmp_path, messages=[message(1)])
    async with app.run_test(size=size) as pilot:
        await state_is(pilot, "Live")
        assert isinstance(app.screen, InboxScreen)
        await app.screen.action_command("name_sender")
        await pilot.pause()
        drawn = "\n".join(strip.text for strip in app.screen._compositor.render_strips())
        assert "Name for +7 999 123-45-67" in drawn
        assert "Enter saves · empty: no name · Esc" in drawn
