"""What makes a message read or unread, and how many there are of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.app_harness import HarnessApp, make_app, message, state_is, until
from support.archives import mark
from support.inbox_screen import five_messages, inbox, notice, selected, shown, unread
from support.sizes import SIZES, Size, at_every_size

from inbox_tui.archive import Archive
from inbox_tui.screens.filters import Filters
from inbox_tui.smsc.message import Answer
from inbox_tui.widgets.message_list import MessageList
from inbox_tui.widgets.message_view import MessageView


def kept_unread(app: HarnessApp) -> int:
    with Archive.open(app.archive_path) as archive:
        (account,) = archive.accounts()
        return account.counts.unread()


@at_every_size
async def test_enter_opens_the_message_and_marks_it_read(tmp_path: Path, size: Size) -> None:
    app = make_app(tmp_path, messages=five_messages())
    async with app.run_test(size=size) as pilot:
        await state_is(pilot, "Live")
        assert unread(pilot) == 5
        await pilot.press("j", "enter")
        await until(pilot, lambda: unread(pilot) == 4)
        assert inbox(pilot).query_one(MessageView).display
        await pilot.press("escape")
        await pilot.pause()
        assert inbox(pilot).query_one(MessageList).has_focus
    assert kept_unread(app) == 4


@pytest.mark.parametrize("size", SIZES[:2], ids=["120x40", "80x24"])
async def test_a_message_moved_to_and_shown_for_a_moment_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: Size
) -> None:
    monkeypatch.setattr("inbox_tui.screens.state_commands.DWELL_SECONDS", 0.01)
    app = make_app(tmp_path, messages=five_messages())
    async with app.run_test(size=size) as pilot:
        await state_is(pilot, "Live")
        await pilot.press("j")
        await until(pilot, lambda: unread(pilot) == 4)
        assert not selected(pilot).unread


@at_every_size
async def test_a_message_whose_conversation_is_opened_is_read_after_a_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: Size
) -> None:
    monkeypatch.setattr("inbox_tui.screens.state_commands.DWELL_SECONDS", 0.01)
    app = make_app(tmp_path, messages=five_messages())
    async with app.run_test(size=size) as pilot:
        await state_is(pilot, "Live")
        await pilot.press("t")
        await until(pilot, lambda: unread(pilot) == 4)
        await pilot.press("escape")
        await pilot.pause()
        assert not selected(pilot).unread


@at_every_size
async def test_a_message_that_comes_while_nobody_moves_stays_unread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: Size
) -> None:
    monkeypatch.setattr("inbox_tui.screens.state_commands.DWELL_SECONDS", 0.01)
    app = make_app(
        tmp_path, Answer([], []), Answer([message(9, "New")], []), messages=five_messages()
    )
    async with app.run_test(size=size) as pilot:
        await state_is(pilot, "Live")
        app.clock.move(21)
        await until(pilot, lambda: unread(pilot) == 6)
        assert selected(pilot).message == "New"
        await pilot.pause(0.1)
        assert unread(pilot) == 6


async def test_in_the_narrow_list_looking_does_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inbox_tui.screens.state_commands.DWELL_SECONDS", 0.01)
    app = make_app(tmp_path, messages=five_messages())
    async with app.run_test(size=(40, 12)) as pilot:
        await state_is(pilot, "Live")
        await pilot.press("j", "j")
        await pilot.pause(0.1)
        assert unread(pilot) == 5


@at_every_size
async def test_m_turns_the_mark_and_it_survives(tmp_path: Path, size: Size) -> None:
    app = make_app(tmp_path, messages=five_messages())
    async with app.run_test(size=size) as pilot:
        await state_is(pilot, "Live")
        await pilot.press("m")
        await until(pilot, lambda: unread(pilot) == 4)
        await pilot.press("m")
        await until(pilot, lambda: unread(pilot) == 5)
        await pilot.press("m")
        await until(pilot, lambda: unread(pilot) == 4)
    assert kept_unread(app) == 4


@at_every_size
async def test_all_shown_are_marked_read_and_it_can_be_undone(tmp_path: Path, size: Size) -> None:
    app = make_app(tmp_path, messages=five_messages(), filters=Filters(to_phone="79110000002"))
    async with app.run_test(size=size) as pilot:
        await state_is(pilot, "Live")
        await pilot.press("M")
        await until(pilot, lambda: unread(pilot) == 3)
        assert "2 read" in notice(pilot)
        await pilot.press("ctrl+z")
        await until(pilot, lambda: unread(pilot) == 5)


@at_every_size
async def test_marks_of_another_terminal_appear(tmp_path: Path, size: Size) -> None:
    app = make_app(tmp_path, messages=five_messages())
    async with app.run_test(size=size) as pilot:
        await state_is(pilot, "Live")
        with Archive.open(app.archive_path) as other:
            (account,) = other.accounts()
            mark(account.on(other), [1, 2, 3], unread=False)
        await until(pilot, lambda: unread(pilot) == 2)


@at_every_size
async def test_n_goes_to_the_next_unread_and_around(tmp_path: Path, size: Size) -> None:
    app = make_app(tmp_path, messages=five_messages())
    with Archive.open(app.archive_path) as archive:
        mark(archive.accounts()[0], [2, 3, 5], unread=False)
    async with app.run_test(size=size) as pilot:
        await state_is(pilot, "Live")
        visited = []
        for _ in range(3):
            await pilot.press("n")
            visited.append(selected(pilot).id)
        assert visited == [4, 1, 4]


@at_every_size
async def test_unread_only_keeps_the_message_that_was_just_read_in_place(
    tmp_path: Path, size: Size
) -> None:
    app = make_app(tmp_path, messages=five_messages(), filters=Filters(state="unread"))
    async with app.run_test(size=size) as pilot:
        await state_is(pilot, "Live")
        await until(pilot, lambda: shown(pilot) == 5)
        await pilot.press("j", "m")
        await until(pilot, lambda: unread(pilot) == 4)
        await pilot.pause(0.1)
        assert selected(pilot).id == 4
        assert shown(pilot) == 5


@at_every_size
async def test_the_title_of_the_terminal_counts_the_unread(tmp_path: Path, size: Size) -> None:
    app = make_app(tmp_path, messages=five_messages())
    async with app.run_test(size=size) as pilot:
        await state_is(pilot, "Live")
        assert app.title == "(5) inbox"
        await pilot.press("M")
        await until(pilot, lambda: app.title == "inbox")
