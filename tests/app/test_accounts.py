"""The server that answers for an account, and several accounts open at once."""

from __future__ import annotations

import csv
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path

import pytest
from support.app_harness import (
    HarnessApp,
    HarnessPilot,
    Opener,
    ScriptedInbox,
    message,
    next_answer,
    put,
    until,
)
from support.archives import page, row_of
from support.inbox_screen import fill_in, inbox, signing_in
from support.keyrings import MemoryBackend, keyring
from support.sizes import at_every_size
from support.widgets import screen_lines, screen_text
from textual.pilot import Pilot
from textual.widgets import Input, OptionList

from inbox_tui.archive import SIGNED_IN, Archive, Row
from inbox_tui.config import Settings
from inbox_tui.screens.export_dialog import ExportScreen
from inbox_tui.screens.inbox import InboxScreen
from inbox_tui.screens.name_dialog import NameScreen
from inbox_tui.screens.pickers import AccountPicker
from inbox_tui.smsc.errors import NotReached, SignInRefused
from inbox_tui.smsc.message import Answer
from inbox_tui.sync import TakenByColleague
from inbox_tui.widgets.status_bar import StatusBar
from inbox_tui.widgets.title_bar import TitleBar

ALEX = "alex@smscentre.com"
BORIS = "boris@smsc.kz"
GOOD = Answer([], [])
REFUSED = SignInRefused(2, "authorise error")
Both = Callable[..., AbstractAsyncContextManager[HarnessPilot]]


async def test_the_status_bar_names_the_backup_server_while_it_answers(live: Opener) -> None:
    good = Answer([message(1, "Hello")], [])
    async with live(good._replace(via="www2.smscentre.com"), good) as pilot:
        bar = pilot.app.screen.query_one(StatusBar)
        assert "via www2.smscentre.com" in str(bar.render())
        await next_answer(pilot)
        assert not bar.reason


@pytest.fixture
def boris(tmp_path: Path) -> ScriptedInbox:
    """The scripted service of Boris, who has two unread messages."""
    with Archive.open(tmp_path / "inbox.db") as archive:
        account = archive.account("boris", "smsc.kz")
        account.notes.set(SIGNED_IN, "2026-01-01T00:00:00+00:00")
        put(account, [message(n, f"To Boris {n}", minutes_ago=6 * n) for n in (1, 2)])
    return ScriptedInbox(GOOD)


@pytest.fixture
def both(live: Opener, boris: ScriptedInbox) -> Both:
    """Opens the accounts of Alex, who has three unread messages, and Boris."""
    return partial(
        live,
        GOOD,
        messages=[message(n, f"To Alex {n}", minutes_ago=5 * n) for n in (1, 2, 3)],
        password=None,
        keyring=keyring(MemoryBackend(**{ALEX: "of alex", BORIS: "of boris"})),
        others={"boris": boris},
    )


def texts(pilot: Pilot[None]) -> list[str]:
    """Return the texts of the listed messages."""
    screen = pilot.app.screen
    assert isinstance(screen, InboxScreen)
    listing = screen._loader.listing
    assert listing is not None
    items = screen.context.account.lists.window(listing, 0, len(listing))
    return [item.message for item in items if isinstance(item, Row)]


async def pick(pilot: Pilot[None], name: str) -> None:
    """Choose an account in the picker by typing part of its name."""
    await pilot.press("a")
    await until(pilot, lambda: bool(pilot.app.screen.query(".dialog Input")))
    pilot.app.screen.query_one(Input).value = name
    await pilot.pause()
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(pilot.app.screen, InboxScreen))
    await pilot.pause()


async def test_every_account_is_synced_with_its_own_password(
    both: Both, boris: ScriptedInbox
) -> None:
    async with both() as pilot:
        await until(pilot, lambda: len(pilot.app.scripted.asked) == len(boris.asked) == 1)
        assert sorted(zip(pilot.app.logins, pilot.app.passwords, strict=True)) == [
            ("alex", "of alex"),
            ("boris", "of boris"),
        ]
        pilot.app.clock.move(21)
        await until(pilot, lambda: len(pilot.app.scripted.asked) == len(boris.asked) == 2)


@at_every_size
async def test_account_picker_shows_unread_count_and_state_of_each_account(
    both: Both, boris: ScriptedInbox
) -> None:
    boris.replies[:] = [NotReached("no route")]
    async with both() as pilot:
        states = {"Live", "Offline"}
        await until(
            pilot, lambda: {one.status.state for one in pilot.app._accounts.sessions} == states
        )
        await pilot.press("a")
        await until(pilot, lambda: isinstance(pilot.app.screen, AccountPicker))
        listed = pilot.app.screen.query_one(OptionList)
        await until(pilot, lambda: listed.option_count == 3)
        lines = [str(listed.get_option_at_index(at).prompt).split() for at in range(3)]
        assert [line[-1] for line in lines] == ["3", "2", "5"]
        assert "Live" in lines[0]
        assert "Offline" in lines[1]
        assert any(word.startswith("ale") for word in lines[0])


async def test_choosing_an_account_shows_its_inbox(both: Both) -> None:
    async with both() as pilot:
        assert texts(pilot) == ["To Alex 1", "To Alex 2", "To Alex 3"]
        await pick(pilot, "boris")
        assert texts(pilot) == ["To Boris 1", "To Boris 2"]
        assert pilot.app.screen.query_one(TitleBar).account == BORIS
        await pick(pilot, "alex")
        assert texts(pilot) == ["To Alex 1", "To Alex 2", "To Alex 3"]


async def test_list_of_all_accounts_shows_the_notices_of_each(both: Both) -> None:
    async with both() as pilot:
        await pick(pilot, "All")
        with Archive.open(pilot.app.archive_path) as archive:
            account = archive.account("boris", "smsc.kz")
            account.store_page(page(unreadable=["[]"]))
            row = row_of(account, 2).row
        screen = pilot.app.screen
        assert isinstance(screen, InboxScreen)
        await until(pilot, lambda: screen.query_one(TitleBar).unreadable == 1)
        screen.session_event(TakenByColleague(row, "vera"))
        told = "vera took it first: +7 999 123-45-67, 10:30"
        assert screen.query_one(StatusBar).notice == told


async def test_account_can_be_left_before_its_message_is_marked_read(
    both: Both, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inbox_tui.screens.state_commands.DWELL_SECONDS", 0.5)
    async with both() as pilot:
        await pilot.press("j")
        await pick(pilot, "boris")
        await pilot.pause(0.6)
        assert texts(pilot) == ["To Boris 1", "To Boris 2"]


async def test_commands_in_the_list_of_all_accounts_act_on_the_right_account(
    both: Both,
) -> None:
    async with both() as pilot:
        await pick(pilot, "All")
        assert texts(pilot) == ["To Alex 1", "To Boris 1", "To Alex 2", "To Boris 2", "To Alex 3"]
        lines = [line for line in screen_lines(pilot.app) if "To Boris" in line]
        assert ["  boris  " in line for line in lines] == [True, True]
        assert "Account   alex" in screen_text(pilot.app)
        await pilot.press("j", "m")
        await until(pilot, lambda: pilot.app.title == "(4) inbox")
        await pilot.press("M")
        await until(pilot, lambda: pilot.app.title == "inbox")
        await pilot.press("ctrl+z")
        await until(pilot, lambda: pilot.app.title == "(4) inbox")
        await pilot.press("slash", *"boris", "enter")
        await until(pilot, lambda: texts(pilot) == ["To Boris 1", "To Boris 2"])
    with Archive.open(pilot.app.archive_path) as archive:
        unread = {one.login: one.counts.unread() for one in archive.accounts()}
    assert unread == {"alex": 3, "boris": 1}


async def test_naming_a_sender_in_the_list_of_all_accounts_keeps_account_names(
    both: Both,
) -> None:
    async with both() as pilot:
        await pick(pilot, "All")
        await inbox(pilot).action_command("name_sender")
        await until(pilot, lambda: isinstance(pilot.app.screen, NameScreen))
        await pilot.press(*"Anna", "enter")
        await until(pilot, lambda: "  boris  Anna" in screen_text(pilot.app))
        assert "Account   alex" in screen_text(pilot.app)


@pytest.mark.parametrize("account", ["alex", "All"])
async def test_undo_is_separate_for_each_account(both: Both, account: str) -> None:
    async with both() as pilot:
        await pick(pilot, account)
        await pilot.press("m")
        await until(pilot, lambda: pilot.app.title == "(4) inbox")
        await pick(pilot, "boris")
        await pilot.press("ctrl+z")
        await until(pilot, lambda: "nothing to undo" in screen_text(pilot.app))
        await pick(pilot, account)
        await pilot.press("ctrl+z")
        await until(pilot, lambda: pilot.app.title == "(5) inbox")


async def test_title_shows_the_unread_count_of_all_accounts(
    both: Both, boris: ScriptedInbox
) -> None:
    new = Answer([message(9, "New", minutes_ago=0)], [])
    async with both() as pilot:
        await until(pilot, lambda: pilot.app.title == "(5) inbox")
        assert "2 elsewhere  3 unread" in str(pilot.app.screen.query_one(TitleBar).render())
        await until(pilot, lambda: len(boris.asked) == 1)
        boris.replies[:] = [new]
        pilot.app.clock.move(21)
        await until(pilot, lambda: pilot.app.title == "(6) inbox")
        assert "3 elsewhere  3 unread" in str(pilot.app.screen.query_one(TitleBar).render())


async def test_notification_names_the_account_of_a_new_message(
    both: Both, boris: ScriptedInbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[str] = []
    monkeypatch.setattr(HarnessApp, "_write_to_terminal", lambda app, text: written.append(text))
    new = Answer([message(9, "New", minutes_ago=0)], [])
    async with both(settings=Settings(notify="terminal")) as pilot:
        await until(pilot, lambda: len(boris.asked) == 1)
        boris.replies[:] = [new]
        pilot.app.clock.move(21)
        await until(pilot, lambda: any(f"1 new message for {BORIS}" in one for one in written))


@pytest.mark.parametrize("error", [REFUSED, NotReached("no route")])
async def test_error_of_one_account_is_shown_in_the_list_of_all_accounts(
    both: Both, boris: ScriptedInbox, error: Exception
) -> None:
    boris.replies[:] = [error]
    async with both() as pilot:
        await until(pilot, lambda: len(boris.asked) == 1)
        await next_answer(pilot)
        await pick(pilot, "All")
        bar = pilot.app.screen.query_one(StatusBar)
        await until(pilot, lambda: f"{BORIS}: {error}" in bar.reason)
        await pilot.press("r")
        assert isinstance(pilot.app.screen, InboxScreen)


async def test_signing_in_from_all_accounts_is_for_the_refused_account(
    both: Both, boris: ScriptedInbox
) -> None:
    boris.replies[:] = [REFUSED]
    async with both() as pilot:
        await pick(pilot, "All")
        await until(pilot, lambda: pilot.app.screen.query_one(StatusBar).state == "Sign in")
        await pilot.press("S")
        await until(pilot, lambda: signing_in(pilot))
        assert pilot.app.screen.query_one("#login", Input).value == "boris"
        boris.replies[:] = [GOOD]
        await fill_in(pilot, password="another")
        await until(pilot, lambda: isinstance(pilot.app.screen, InboxScreen))
        assert pilot.app.screen.query_one(TitleBar).account == "All accounts"
        await until(pilot, lambda: pilot.app.screen.query_one(StatusBar).state == "Live")


async def test_other_accounts_are_live_too_after_a_first_sign_in(
    opened: Opener, boris: ScriptedInbox
) -> None:
    ring = keyring(MemoryBackend(**{BORIS: "of boris"}))
    async with opened(GOOD, login=None, keyring=ring, others={"boris": boris}) as pilot:
        await fill_in(pilot, login="alex", password="a")
        await until(pilot, lambda: isinstance(pilot.app.screen, InboxScreen))
        await until(pilot, lambda: len(boris.asked) == 1)
        await pick(pilot, "boris")
        assert texts(pilot) == ["To Boris 1", "To Boris 2"]


async def test_signing_in_to_a_second_account_keeps_the_first_one_live(live: Opener) -> None:
    vera = ScriptedInbox(GOOD)
    async with live(GOOD, messages=[message(1, "To Alex")], others={"vera": vera}) as pilot:
        await pilot.press("S")
        await fill_in(pilot, login="vera", password="v")
        await until(pilot, lambda: isinstance(pilot.app.screen, InboxScreen))
        assert pilot.app.screen.query_one(TitleBar).account == "vera@smscentre.com"
        pilot.app.clock.move(21)
        await until(pilot, lambda: len(pilot.app.scripted.asked) == len(vera.asked) == 2)
        await pick(pilot, "alex")
        assert texts(pilot) == ["To Alex"]


async def test_signed_out_account_is_still_listed(both: Both, tmp_path: Path) -> None:
    with Archive.open(tmp_path / "inbox.db") as archive:
        archive.account("boris", "smsc.kz").notes.set(SIGNED_IN, None)
        archive.account("mistyped", "smsc.kz")
    async with both() as pilot:
        assert [one.name for one in pilot.app._accounts.sessions] == [ALEX, BORIS]


async def test_named_numbers_are_offered_before_they_receive_messages(live: Opener) -> None:
    names = {"79110000001": "Orders", "79110000002": "Support", "79991234567": "Vera"}
    async with live(GOOD, messages=[message(1)], settings=Settings(names=names)) as pilot:
        await pilot.press("p")
        await until(pilot, lambda: bool(pilot.app.screen.query(".dialog OptionList")))
        listed = pilot.app.screen.query_one(OptionList)
        lines = [str(listed.get_option_at_index(at).prompt) for at in range(listed.option_count)]
        assert [line.split()[-1 - line.count("●")] for line in lines] == ["1", "1", "0"]
        assert ["Orders" in lines[1], "Support" in lines[2]] == [True, True]
        pilot.app.screen.query_one(Input).value = "supp"
        await until(pilot, lambda: listed.option_count == 1)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, InboxScreen))
        await until(pilot, lambda: texts(pilot) == [])


async def test_export_of_all_accounts_names_the_account_of_each_message(
    both: Both, home: Path
) -> None:
    async with both() as pilot:
        await pick(pilot, "All")
        await pilot.press("e")
        await until(pilot, lambda: isinstance(pilot.app.screen, ExportScreen))
        await pilot.pause()
        await pilot.press("enter")
        await until(pilot, lambda: bool(list(home.glob("inbox-*.csv"))))
    assert exported_accounts(home) == [ALEX, BORIS, ALEX, BORIS, ALEX]


def exported_accounts(folder: Path) -> list[str]:
    """Return the account of each message in the only export in a folder."""
    (written,) = folder.glob("inbox-*.csv")
    with written.open(encoding="utf-8", newline="") as file:
        return [message["account"] for message in csv.DictReader(file)]
