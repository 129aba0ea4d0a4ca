"""Names for numbers and senders: shown everywhere, and set from the command palette."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.app_harness import HarnessApp, Opener, message, settled, until
from support.inbox_screen import by_palette, filter_bar, five_messages, inbox, notice, shown
from support.sizes import at_every_size
from support.widgets import lines, screen_text
from textual.pilot import Pilot
from textual.widgets import OptionList

from inbox_tui.config import Settings, load_settings
from inbox_tui.screens.name_dialog import NameScreen
from inbox_tui.widgets.message_list import MessageList
from inbox_tui.widgets.message_view import MessageView

ANNA, ORDERS = "79991234567", "79110000001"


def toasts(app: HarnessApp) -> list[str]:
    return [f"{toast.title} {toast.message}".strip() for toast in app._notifications]


async def name(pilot: Pilot[None], command: str, typed: str) -> None:
    await inbox(pilot).action_command(command)
    await until(pilot, lambda: isinstance(pilot.app.screen, NameScreen))
    await pilot.press("ctrl+u", *typed, "enter")
    await settled(pilot, ("settings",))


async def test_name_given_to_a_sender_is_shown_at_once_and_saved(
    live: Opener, tmp_path: Path
) -> None:
    async with live(
        messages=[message(1, phone=ANNA), message(2, phone="OZON")],
    ) as pilot:
        await pilot.press("j")
        await by_palette(pilot, "name the sender")
        await until(pilot, lambda: isinstance(pilot.app.screen, NameScreen))
        await pilot.press(*"Anna", "enter")
        await until(
            pilot, lambda: "Anna" in "".join(lines(pilot.app.screen.query_one(MessageList)))
        )
        assert load_settings(tmp_path / "config.toml").names == {ANNA: "Anna"}
        assert toasts(pilot.app) == ["+7 999 123-45-67 is now Anna."]
        await pilot.press("slash", *"from:anna", "enter")
        assert len(
            [line for line in lines(pilot.app.screen.query_one(MessageList)) if "Anna" in line]
        )


async def test_name_of_the_receiving_number_can_be_set_and_removed(
    live: Opener, tmp_path: Path
) -> None:
    async with live(
        messages=[message(1)],
        settings=Settings(names={ANNA: "Anna"}),
    ) as pilot:
        await name(pilot, "name_receiver", "Orders")
        assert pilot.app._presentation.who(ORDERS) == "Orders"
        assert pilot.app._presentation.who(ANNA) == "Anna"
        assert load_settings(tmp_path / "config.toml").names == {ORDERS: "Orders"}
        await name(pilot, "name_receiver", "")
        assert pilot.app._presentation.who(ORDERS) == "+7 911 000-00-01"
        assert load_settings(tmp_path / "config.toml").names == {}


async def test_name_that_cannot_be_saved_is_reported_and_not_used(
    live: Opener, tmp_path: Path
) -> None:
    (tmp_path / "config.toml").write_text("[names")
    async with live(messages=[message(1)]) as pilot:
        await name(pilot, "name_sender", "Anna")
        (told,) = toasts(pilot.app)
        assert told.startswith("The name was not saved")
        assert "config.toml" in told
        assert pilot.app._presentation.who(ANNA) == "+7 999 123-45-67"
    assert (tmp_path / "config.toml").read_text() == "[names"


async def test_notice_explains_why_a_sender_cannot_be_named(live: Opener) -> None:
    async with live(messages=[message(1, phone="@@@")]) as pilot:
        await inbox(pilot).action_command("name_sender")
        assert pilot.app.screen == inbox(pilot)
        assert "@@@ can't be given a name: " in notice(pilot)


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (40, 12), (200, 50)])
async def test_name_dialog_fits_every_terminal_size(live: Opener) -> None:
    async with live(messages=[message(1)]) as pilot:
        await inbox(pilot).action_command("name_sender")
        await pilot.pause()
        assert "Name for +7 999 123-45-67" in screen_text(pilot.app)
        assert "Enter saves · empty: no name · Esc" in screen_text(pilot.app)


@at_every_size
async def test_names_are_shown_in_list_message_picker_filters_and_export(
    live: Opener, home: Path
) -> None:
    names = {"79160001122": "Courier", "79110000002": "Support"}
    async with live(messages=five_messages(), settings=Settings(names=names)) as pilot:
        messages = inbox(pilot).query_one(MessageList)
        assert " Courier " in lines(messages)[3]
        await pilot.press("j", "j", "enter")
        view = inbox(pilot).query_one(MessageView)
        told = " ".join(" ".join(lines(view)[:4]).split())
        assert "From Courier +7 916 000-11-22 To Support +7 911 000-00-02" in told
        await pilot.press("escape", "p")
        await until(pilot, lambda: len(pilot.app.screen_stack) == 2)
        offered = pilot.app.screen.query_one(OptionList)
        assert any("Support" in str(option.prompt) for option in offered.options)
        await pilot.press(*"supp", "enter")
        await until(pilot, lambda: filter_bar(pilot).to == "Support")
        await pilot.press("slash", *"zzz", "enter")
        await until(pilot, lambda: shown(pilot) == 0)
        assert messages.empty_text.startswith("No messages to Support")
        await pilot.press("escape", "e", "enter")
        await until(pilot, lambda: (home / "inbox-2026-11-23.csv").exists())
        await until(pilot, lambda: len(pilot.app.screen_stack) == 1)
    written = (home / "inbox-2026-11-23.csv").read_text(encoding="utf-8")
    assert ",Courier,Support" in written
