"""Marking messages read and unread, and the unread counts."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.app_harness import HarnessApp, Opener, make_app, message, next_answer, stored, until
from support.archives import mark
from support.inbox_screen import five_messages, inbox, notice, selected, shown, unread
from support.sizes import SIZES, at_every_size

from inbox_tui.screens.filters import Filters
from inbox_tui.smsc.message import Answer
from inbox_tui.widgets.message_list import MessageList
from inbox_tui.widgets.message_view import MessageView


def kept_unread(app: HarnessApp) -> int:
    with stored(app) as account:
        return account.counts.unread()


@at_every_size
async def test_enter_opens_the_message_and_marks_it_read(live: Opener) -> None:
    async with live(messages=five_messages()) as pilot:
        assert unread(pilot) == 5
        await pilot.press("j", "enter")
        await until(pilot, lambda: unread(pilot) == 4)
        assert inbox(pilot).query_one(MessageView).display
        await pilot.press("escape")
        assert inbox(pilot).query_one(MessageList).has_focus
    assert kept_unread(pilot.app) == 4


@pytest.fixture
def _looking_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inbox_tui.screens.state_commands.DWELL_SECONDS", 0.01)


looking_reads = pytest.mark.usefixtures("_looking_reads")


@looking_reads
@pytest.mark.parametrize("size", SIZES[:2], ids=["120x40", "80x24"])
async def test_selected_message_is_marked_read_after_a_moment(live: Opener) -> None:
    async with live(messages=five_messages()) as pilot:
        await pilot.press("j")
        await until(pilot, lambda: unread(pilot) == 4)
        assert not selected(pilot).unread
        await pilot.press("ctrl+z")
        assert unread(pilot) == 5
        assert notice(pilot).startswith("undone: marked read: +7 903 111-22-33")


@looking_reads
@at_every_size
async def test_opening_a_conversation_marks_its_message_read_after_a_moment(live: Opener) -> None:
    async with live(messages=five_messages()) as pilot:
        await pilot.press("t")
        await until(pilot, lambda: unread(pilot) == 4)
        await pilot.press("escape")
        assert not selected(pilot).unread


@looking_reads
async def test_new_message_selected_without_a_key_press_stays_unread(live: Opener) -> None:
    new = Answer([message(9, "New")], [])
    async with live(Answer([], []), new, messages=five_messages()) as pilot:
        await next_answer(pilot)
        assert selected(pilot).message == "New"
        await pilot.pause(0.1)
        assert unread(pilot) == 6


@looking_reads
async def test_selecting_in_the_narrow_layout_does_not_mark_messages_read(live: Opener) -> None:
    async with live(messages=five_messages(), size=(40, 12)) as pilot:
        await pilot.press("j", "j")
        await pilot.pause(0.1)
        assert unread(pilot) == 5


async def test_read_flag_toggled_with_m_is_stored(live: Opener) -> None:
    async with live(messages=five_messages()) as pilot:
        for left in (4, 5, 4):
            await pilot.press("m")
            assert unread(pilot) == left
    assert kept_unread(pilot.app) == 4


async def test_marking_all_shown_messages_read_can_be_undone(live: Opener) -> None:
    async with live(messages=five_messages(), filters=Filters(to_phone="79110000002")) as pilot:
        await pilot.press("M")
        await until(pilot, lambda: unread(pilot) == 3)
        assert "2 read" in notice(pilot)
        await pilot.press("ctrl+z")
        await until(pilot, lambda: unread(pilot) == 5)


async def test_read_flags_set_in_another_terminal_appear(live: Opener) -> None:
    async with live(messages=five_messages()) as pilot:
        with stored(pilot.app) as account:
            mark(account, [1, 2, 3], unread=False)
        await until(pilot, lambda: unread(pilot) == 2)


async def test_n_selects_the_next_unread_message_and_wraps_around(
    live: Opener, tmp_path: Path
) -> None:
    app = make_app(tmp_path, messages=five_messages())
    with stored(app) as account:
        mark(account, [2, 3, 5], unread=False)
    async with live(app=app) as pilot:
        visited = []
        for _ in range(3):
            await pilot.press("n")
            visited.append(selected(pilot).id)
        assert visited == [4, 1, 4]


async def test_message_just_marked_read_stays_in_the_unread_list(live: Opener) -> None:
    async with live(messages=five_messages(), filters=Filters(state="unread")) as pilot:
        await until(pilot, lambda: shown(pilot) == 5)
        await pilot.press("j", "m")
        await until(pilot, lambda: unread(pilot) == 4)
        await pilot.pause(0.1)
        assert selected(pilot).id == 4
        assert shown(pilot) == 5
