"""What each key does, as the user sees it."""

from __future__ import annotations

import json
from datetime import UTC
from functools import partial
from pathlib import Path

import pytest
from support.app_harness import (
    HarnessApp,
    make_app,
    message,
    never,
    state_is,
    until,
    week,
)
from support.archives import mark
from support.command import assert_private
from support.sizes import SIZES, Size, at_every_size
from support.widgets import lines
from textual import events
from textual.pilot import Pilot
from textual.widgets import Input, OptionList

from inbox_tui.archive import Archive, Query, Row
from inbox_tui.commands import COMMANDS
from inbox_tui.config import Settings
from inbox_tui.screens.filters import Filters
from inbox_tui.screens.inbox import InboxScreen
from inbox_tui.session import Session
from inbox_tui.smsc.message import Answer, IncomingMessage
from inbox_tui.sync import MessagesArrived, RefreshDeferred, State, Status, StatusChanged
from inbox_tui.text.search_query import Query as SearchQuery
from inbox_tui.widgets.conversation import Conversation
from inbox_tui.widgets.filter_bar import FilterBar
from inbox_tui.widgets.message_list import MessageList
from inbox_tui.widgets.message_view import MessageView
from inbox_tui.widgets.status_bar import StatusBar
from inbox_tui.widgets.title_bar import TitleBar


def inbox(pilot: Pilot[None]) -> InboxScreen:
    screen = pilot.app.screen_stack[0]
    assert isinstance(screen, InboxScreen)
    return screen


def under_cursor(pilot: Pilot[None]) -> Row:
    row = inbox(pilot).query_one(MessageList).row
    assert row is not None
    return row


def shown(pilot: Pilot[None]) -> int | None:
    return inbox(pilot).query_one(FilterBar).shown


def notice(pilot: Pilot[None]) -> str:
    return inbox(pilot).query_one(StatusBar).notice


def hints(pilot: Pilot[None]) -> str:
    return inbox(pilot).query_one(StatusBar).hints


def press_at_once(pilot: Pilot[None], *keys: str) -> None:
    """Have keys arrive together, as over a slow connection."""
    for key in keys:
        name = {"/": "slash", "\r": "enter"}.get(key, key)
        pilot.app.post_message(events.Key(name, key))


def unread(pilot: Pilot[None]) -> int | None:
    return inbox(pilot).query_one(TitleBar).unread


def kept_unread(app: HarnessApp) -> int:
    with Archive.open(app.archive_path) as archive:
        (account,) = archive.accounts()
        return account.counts.unread()


def codes() -> list[IncomingMessage]:
    return [
        message(1, "Ваш код: 481 516. Никому не сообщайте", minutes_ago=9, phone="BANK"),
        message(2, "Заказ готов https://shop.example/5512", minutes_ago=8, phone="79160001122"),
        message(3, "Спасибо!", minutes_ago=7, phone="79160001122", to_phone="79110000002"),
        message(4, "Где мой заказ?\nЖду", minutes_ago=6, phone="79031112233"),
        message(5, "123-456 is your code", minutes_ago=5, phone="BANK", to_phone="79110000002"),
    ]


@at_every_size
async def test_enter_opens_the_message_and_marks_it_read(tmp_path: Path, size: Size) -> None:
    app = make_app(tmp_path, messages=codes())
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
    app = make_app(tmp_path, messages=codes())
    async with app.run_test(size=size) as pilot:
        await state_is(pilot, "Live")
        await pilot.press("j")
        await until(pilot, lambda: unread(pilot) == 4)
        assert not under_cursor(pilot).unread


@at_every_size
async def test_a_message_that_comes_while_nobody_moves_stays_unread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: Size
) -> None:
    monkeypatch.setattr("inbox_tui.screens.state_commands.DWELL_SECONDS", 0.01)
    app = make_app(tmp_path, Answer([], []), Answer([message(9, "New")], []), messages=codes())
    async with app.run_test(size=size) as pilot:
        await state_is(pilot, "Live")
        app.clock.move(21)
        await until(pilot, lambda: unread(pilot) == 6)
        assert under_cursor(pilot).message == "New"
        await pilot.pause(0.1)
        assert unread(pilot) == 6


async def test_in_the_narrow_list_looking_does_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inbox_tui.screens.state_commands.DWELL_SECONDS", 0.01)
    app = make_app(tmp_path, messages=codes())
    async with app.run_test(size=(40, 12)) as pilot:
        await state_is(pilot, "Live")
        await pilot.press("j", "j")
        await pilot.pause(0.1)
        assert unread(pilot) == 5


@at_every_size
async def test_m_turns_the_mark_and_it_survives(tmp_path: Path, size: Size) -> None:
    app = make_app(tmp_path, messages=codes())
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
    app = make_app(tmp_path, messages=codes(), filters=Filters(to_phone="79110000002"))
    async with app.run_test(size=size) as pilot:
        await state_is(pilot, "Live")
        await pilot.press("M")
        await until(pilot, lambda: unread(pilot) == 3)
        assert "2 read" in notice(pilot)
        await pilot.press("ctrl+z")
        await until(pilot, lambda: unread(pilot) == 5)


@at_every_size
async def test_marks_of_another_terminal_appear(tmp_path: Path, size: Size) -> None:
    app = make_app(tmp_path, messages=codes())
    async with app.run_test(size=size) as pilot:
        await state_is(pilot, "Live")
        with Archive.open(app.archive_path) as other:
            (account,) = other.accounts()
            mark(account.on(other), [1, 2, 3], unread=False)
        await until(pilot, lambda: unread(pilot) == 2)


@at_every_size
async def test_n_goes_to_the_next_unread_and_around(tmp_path: Path, size: Size) -> None:
    app = make_app(tmp_path, messages=codes())
    with Archive.open(app.archive_path) as archive:
        mark(archive.accounts()[0], [2, 3, 5], unread=False)
    async with app.run_test(size=size) as pilot:
        await state_is(pilot, "Live")
        visited = []
        for _ in range(3):
            await pilot.press("n")
            visited.append(under_cursor(pilot).id)
        assert visited == [4, 1, 4]


@at_every_size
async def test_c_copies_the_letters_and_digits_of_the_code_only(tmp_path: Path, size: Size) -> None:
    app = make_app(tmp_path, messages=codes())
    async with app.run_test(size=size) as pilot:
        await state_is(pilot, "Live")
        await pilot.press("c")
        assert app.clipboard == "123456"
        assert notice(pilot).startswith("copied 123456 of")
        await pilot.press("j", "c")
        assert app.clipboard == "123456"
        assert "no code" in notice(pilot)


@at_every_size
async def test_y_copies_the_text_exactly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: Size
) -> None:
    app = make_app(tmp_path, messages=[message(1, "[b]\x1b[31mline\nпривет 🎉")])
    copied: list[str] = []
    monkeypatch.setattr(app, "copy_to_clipboard", copied.append)
    async with app.run_test(size=size) as pilot:
        await state_is(pilot, "Live")
        await pilot.press("y")
        assert copied == ["[b]\x1b[31mline\nпривет 🎉"]


@at_every_size
async def test_a_text_that_no_terminal_can_take_is_copied_as_near_as_can_be(
    tmp_path: Path, size: Size
) -> None:
    app = make_app(tmp_path, messages=[message(1, "half \ud83d pair")])
    async with app.run_test(size=size) as pilot:
        await state_is(pilot, "Live")
        await pilot.press("y")
        assert app.clipboard == "half ? pair"


@at_every_size
async def test_a_link_opens_only_after_its_host_was_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: Size
) -> None:
    opened: list[str] = []
    monkeypatch.setenv("DISPLAY", ":0")
    app = make_app(tmp_path, messages=codes())
    monkeypatch.setattr(app, "open_url", lambda url, **_: opened.append(url))
    async with app.run_test(size=size) as pilot:
        await state_is(pilot, "Live")
        await pilot.press("j", "j", "j", "o")
        await until(pilot, lambda: len(app.screen_stack) == 2)
        assert opened == []
        await pilot.press("enter")
        await pilot.pause()
        assert opened == ["https://shop.example/5512"]
        await pilot.press("o", "escape")
        await pilot.pause()
        assert len(opened) == 1


@at_every_size
async def test_without_a_desktop_the_link_is_copied(tmp_path: Path, size: Size) -> None:
    app = make_app(tmp_path, messages=codes())
    async with app.run_test(size=size) as pilot:
        await state_is(pilot, "Live")
        await pilot.press("j", "j", "j", "o")
        await until(pilot, lambda: len(app.screen_stack) == 2)
        await pilot.press("enter")
        await pilot.pause()
        assert app.clipboard == "https://shop.example/5512"
        assert notice(pilot) == (
            "copied the link of +7 916 000-11-22, 10:34 · no browser on this machine"
        )


@at_every_size
async def test_t_shows_the_whole_conversation_and_escape_goes_back(
    tmp_path: Path, size: Size
) -> None:
    app = make_app(tmp_path, messages=codes(), filters=Filters(to_phone="79110000002"))
    async with app.run_test(size=size) as pilot:
        await state_is(pilot, "Live")
        await pilot.press("j")
        assert under_cursor(pilot).id == 3
        await pilot.press("t")
        await until(pilot, lambda: shown(pilot) == 2)
        conversation = inbox(pilot).query_one(Conversation)
        assert conversation.row is not None
        assert conversation.row.id == 3
        assert hints(pilot).startswith("Esc back")
        await pilot.press("k")
        assert conversation.row.id == 2, "the older one is above"
        await pilot.press("escape")
        await pilot.pause()
        assert under_cursor(pilot).id == 3
        assert inbox(pilot).query_one(FilterBar).to == "+7 911 000-00-02"
        assert not hints(pilot).startswith("Esc back")


@at_every_size
async def test_a_conversation_from_deep_in_the_list_and_back_moves_nothing(
    tmp_path: Path, size: Size
) -> None:
    arrived = [message(9001, "New", minutes_ago=0)]
    app = make_app(
        tmp_path, Answer([], []), Answer(arrived, []), messages=week(), filters=Filters()
    )
    async with app.run_test(size=size) as pilot:
        await state_is(pilot, "Live")
        await pilot.press(*["pagedown"] * 4, "j", "j")
        messages = inbox(pilot).query_one(MessageList)
        before = (under_cursor(pilot).id, messages.line, messages.scroll_offset.y, messages.newer)
        await pilot.press("t")
        await pilot.pause()
        assert under_cursor(pilot).id == before[0]
        assert messages.newer == 0, "what stands above in the conversation is not new"
        await pilot.press("escape")
        await pilot.pause()
        after = (under_cursor(pilot).id, messages.line, messages.scroll_offset.y, messages.newer)
        assert after == before
        await pilot.press("t")
        app.clock.move(21)
        await until(pilot, lambda: len(app.scripted.asked) == 2)
        await state_is(pilot, "Live")
        await pilot.press("escape")
        await until(pilot, lambda: messages.newer == 1)
        assert (under_cursor(pilot).id, messages.line) == before[:2]


@at_every_size
async def test_a_conversation_asked_for_while_reading_goes_back_to_the_reading(
    tmp_path: Path, size: Size
) -> None:
    app = make_app(tmp_path, messages=codes())
    async with app.run_test(size=size) as pilot:
        await state_is(pilot, "Live")
        await pilot.press("j", "j", "enter", "t")
        await until(pilot, lambda: shown(pilot) == 2)
        assert inbox(pilot).query_one(Conversation).display
        assert inbox(pilot).query_one(Conversation).has_focus
        await pilot.press("escape")
        await until(pilot, lambda: shown(pilot) == 5)
        assert inbox(pilot).query_one(MessageView).display
        assert inbox(pilot).query_one(MessageView).has_focus
        await pilot.press("escape")
        await pilot.pause()
        assert inbox(pilot).query_one(MessageList).has_focus


def talker(pilot: Pilot[None]) -> str:
    """Whose conversation is shown, as its top line tells."""
    top = lines(inbox(pilot).query_one(Conversation))[0]
    return top.removeprefix("── ").partition(" ─")[0].partition("  ")[0]


@at_every_size
async def test_filters_narrow_a_conversation_and_clearing_them_ends_it(
    tmp_path: Path, size: Size
) -> None:
    app = make_app(tmp_path, messages=codes())
    async with app.run_test(size=size) as pilot:
        await state_is(pilot, "Live")
        await pilot.press("j", "j", "t")
        await until(pilot, lambda: shown(pilot) == 2)
        await pilot.press("p", *"0002", "enter")
        await until(pilot, lambda: shown(pilot) == 1)
        bar = inbox(pilot).query_one(FilterBar)
        assert bar.to == "+7 911 000-00-02"
        assert talker(pilot) == "+7 916 000-11-22"
        await pilot.press("x")
        await until(pilot, lambda: shown(pilot) == 5)
        await pilot.press("g", "t")
        await until(pilot, lambda: shown(pilot) == 2)
        assert talker(pilot) == "BANK", "t is the conversation of this sender, not the way back"


@at_every_size
async def test_e_writes_what_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: Size
) -> None:
    for home in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(home, str(tmp_path))
    app = make_app(tmp_path, messages=codes(), filters=Filters(to_phone="79110000002"))
    async with app.run_test(size=size) as pilot:
        await state_is(pilot, "Live")
        await pilot.press("e")
        await until(pilot, lambda: len(app.screen_stack) == 2)
        field = app.screen.query_one("#export-file", Input)
        field.value = "~/out.jsonl"
        await pilot.press("enter")
        await until(pilot, lambda: len(app.screen_stack) == 1)
        written = [
            json.loads(line)
            for line in (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()
        ]
        assert [record["id"] for record in written] == [3, 5]
        assert written[1]["code"] == "123456"
        assert_private(tmp_path / "out.jsonl")


@at_every_size
async def test_an_export_never_goes_over_a_file_unasked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: Size
) -> None:
    for home in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(home, str(tmp_path))
    (tmp_path / "out.csv").write_text("mine")
    app = make_app(tmp_path, messages=codes())
    async with app.run_test(size=size) as pilot:
        await state_is(pilot, "Live")
        await pilot.press("e")
        await until(pilot, lambda: len(app.screen_stack) == 2)
        app.screen.query_one("#export-file", Input).value = "~/out.csv"
        await pilot.press("enter")
        await until(pilot, lambda: app.screen.query_one("#export-reason").display)
        assert (tmp_path / "out.csv").read_text() == "mine"
        await pilot.press("ctrl+o")
        await until(pilot, lambda: len(app.screen_stack) == 1)
        assert "123-456" in (tmp_path / "out.csv").read_text(encoding="utf-8")


@at_every_size
async def test_an_export_to_nowhere_says_why(tmp_path: Path, size: Size) -> None:
    app = make_app(tmp_path, messages=codes())
    async with app.run_test(size=size) as pilot:
        await state_is(pilot, "Live")
        await pilot.press("e")
        await until(pilot, lambda: len(app.screen_stack) == 2)
        app.screen.query_one("#export-file", Input).value = str(tmp_path / "missing" / "out.csv")
        await pilot.press("enter")
        await until(pilot, lambda: app.screen.query_one("#export-reason").display)
        assert "No such file or directory" in str(app.screen.query_one("#export-reason").render())


@at_every_size
async def test_filters_combine_and_x_clears_them(tmp_path: Path, size: Size) -> None:
    app = make_app(tmp_path, messages=codes(), filters=Filters(hours=6))
    async with app.run_test(size=size) as pilot:
        await state_is(pilot, "Live")
        await pilot.press("p", *"0002", "enter")
        await until(pilot, lambda: shown(pilot) == 2)
        await pilot.press("slash", *"код", "enter")
        await until(pilot, lambda: shown(pilot) == 0)
        await pilot.press("slash", *["backspace"] * 3, *"CODE", "enter")
        await until(pilot, lambda: shown(pilot) == 1)
        await pilot.press("x")
        await until(pilot, lambda: not inbox(pilot).filtering._current().to_phone)
        assert shown(pilot) == 1, "the search stays"
        await pilot.press("x")
        await until(pilot, lambda: shown(pilot) == 5)
        assert len(app.scripted.asked) == 1, "filters never cost a request"


@at_every_size
async def test_a_typed_window_is_taken_as_it_is(tmp_path: Path, size: Size) -> None:
    messages = [message(1, "old", minutes_ago=60 * 8), message(2, "new")]
    app = make_app(tmp_path, messages=messages)
    async with app.run_test(size=size) as pilot:
        await state_is(pilot, "Live")
        await pilot.press("w", *"7", "enter")
        await until(pilot, lambda: shown(pilot) == 1)
        assert inbox(pilot).query_one(FilterBar).window == "7 h"
        await pilot.press("w", *"169", "enter")
        await pilot.pause()
        assert len(app.screen_stack) == 2, "169 is not allowed"
        await pilot.press(*["backspace"] * 3, *"168", "enter")
        await until(pilot, lambda: shown(pilot) == 2)


@at_every_size
async def test_where_a_filter_leaves_the_message_the_cursor_stays_on_it(
    tmp_path: Path, size: Size
) -> None:
    app = make_app(tmp_path, messages=codes())
    async with app.run_test(size=size) as pilot:
        await state_is(pilot, "Live")
        await pilot.press("j", "j", "u")
        assert inbox(pilot).query_one(FilterBar).state
        assert under_cursor(pilot).id == 3
        await pilot.press("u", "m", "u")
        await until(pilot, lambda: shown(pilot) == 4)
        assert under_cursor(pilot).id == 2, "the nearest one"
        await pilot.press("x")
        await until(pilot, lambda: shown(pilot) == 5)
        assert under_cursor(pilot).id == 2
        await pilot.press("slash", *"заказ", "enter")
        await until(pilot, lambda: shown(pilot) == 2)
        assert under_cursor(pilot).id == 4, "the newest one found"
        await pilot.press("j", "escape")
        await until(pilot, lambda: shown(pilot) == 5)
        assert under_cursor(pilot).id == 2


@at_every_size
async def test_what_a_search_kept_out_is_not_new_after_it(tmp_path: Path, size: Size) -> None:
    messages = [message(n, f"Заказ {n}" if n < 50 else "Код") for n in range(1, 100)]
    app = make_app(tmp_path, Answer(messages, []), messages=messages)
    async with app.run_test(size=size) as pilot:
        await state_is(pilot, "Live")
        await pilot.press("slash", *"заказ", "enter")
        await until(pilot, lambda: shown(pilot) == 49)
        await pilot.press("j", "escape")
        await until(pilot, lambda: shown(pilot) == 99)
        messages_list = inbox(pilot).query_one(MessageList)
        assert messages_list.scroll_offset.y > 0
        assert messages_list.newer == 0


@at_every_size
async def test_filters_are_there_again_at_the_next_start(tmp_path: Path, size: Size) -> None:
    settings = Settings(remember_filters=True)
    app = make_app(tmp_path, messages=codes(), settings=settings)
    async with app.run_test(size=size) as pilot:
        await state_is(pilot, "Live")
        await pilot.press("p", *"0002", "enter", "u")
        await until(pilot, lambda: shown(pilot) == 2)
        await pilot.app.workers.wait_for_complete()
    again = make_app(tmp_path, settings=settings)
    async with again.run_test(size=size) as pilot:
        await state_is(pilot, "Live")
        assert inbox(pilot).query_one(FilterBar).to == "+7 911 000-00-02"
        assert inbox(pilot).query_one(FilterBar).state


@at_every_size
async def test_filters_are_not_kept_unless_it_is_asked_for(tmp_path: Path, size: Size) -> None:
    app = make_app(tmp_path, messages=codes())
    async with app.run_test(size=size) as pilot:
        await state_is(pilot, "Live")
        await pilot.press("u")
        await pilot.pause()
    again = make_app(tmp_path)
    async with again.run_test(size=size) as pilot:
        await state_is(pilot, "Live")
        assert not inbox(pilot).query_one(FilterBar).state


@at_every_size
async def test_r_refreshes_at_once_or_says_when(tmp_path: Path, size: Size) -> None:
    app = make_app(tmp_path, messages=codes())
    async with app.run_test(size=size) as pilot:
        await state_is(pilot, "Live")
        for _ in range(30):
            await pilot.press("r")
        await until(pilot, lambda: "next in" in notice(pilot))
        assert len(app.scripted.asked) <= 3


@at_every_size
async def test_names_stand_for_numbers_everywhere(tmp_path: Path, size: Size) -> None:
    settings = Settings(names={"79160001122": "Courier", "79110000002": "Orders"})
    app = make_app(tmp_path, messages=codes(), settings=settings)
    async with app.run_test(size=size) as pilot:
        await state_is(pilot, "Live")
        await pilot.press("p", *"orders", "enter")
        await until(pilot, lambda: shown(pilot) == 2)
        assert inbox(pilot).query_one(FilterBar).to == "Orders"
        await pilot.press("j")
        await pilot.pause()
        assert "Courier" in app.export_screenshot()


@at_every_size
async def test_the_command_palette_jumps_to_a_number(tmp_path: Path, size: Size) -> None:
    app = make_app(tmp_path, messages=codes())
    async with app.run_test(size=size) as pilot:
        await state_is(pilot, "Live")
        await pilot.press("ctrl+p")
        await pilot.press(*"to +7 911 000-00-02")
        await until(pilot, lambda: bool(app.screen.query("OptionList")))
        await pilot.pause(0.3)
        await pilot.press("enter")
        await until(pilot, lambda: shown(pilot) == 2)


@at_every_size
async def test_the_title_of_the_terminal_counts_the_unread(tmp_path: Path, size: Size) -> None:
    app = make_app(tmp_path, messages=codes())
    async with app.run_test(size=size) as pilot:
        await state_is(pilot, "Live")
        assert app.title == "(5) inbox"
        await pilot.press("M")
        await until(pilot, lambda: app.title == "inbox")


@at_every_size
async def test_escape_in_the_search_gives_it_up(tmp_path: Path, size: Size) -> None:
    app = make_app(tmp_path, messages=codes())
    async with app.run_test(size=size) as pilot:
        await state_is(pilot, "Live")
        await pilot.press("slash", *"code")
        await until(pilot, lambda: shown(pilot) == 1)
        await pilot.press("escape")
        await until(pilot, lambda: shown(pilot) == 5)
        assert inbox(pilot).query_one(MessageList).has_focus


@at_every_size
async def test_what_is_typed_after_the_slash_is_searched_for_however_fast_it_comes(
    tmp_path: Path, size: Size
) -> None:
    app = make_app(tmp_path, messages=codes())
    async with app.run_test(size=size) as pilot:
        await state_is(pilot, "Live")
        press_at_once(pilot, "/", *"Mxe")
        await until(pilot, lambda: shown(pilot) == 0)
        assert inbox(pilot).query_one(FilterBar).search == "Mxe"
        assert unread(pilot) == 5, "nothing was marked"
        assert len(app.screen_stack) == 1
        await pilot.press("escape")
        await until(pilot, lambda: shown(pilot) == 5)


@at_every_size
async def test_what_is_typed_after_the_key_of_a_picker_narrows_it_however_fast_it_comes(
    tmp_path: Path, size: Size
) -> None:
    app = make_app(tmp_path, messages=codes())
    async with app.run_test(size=size) as pilot:
        await state_is(pilot, "Live")
        press_at_once(pilot, "p", *"0002")
        await until(pilot, lambda: len(app.screen_stack) == 2)
        await until(pilot, lambda: app.screen.query_one(Input).value == "0002")
        await pilot.press("enter")
        await until(pilot, lambda: shown(pilot) == 2)


@at_every_size
async def test_keys_that_come_together_are_done_in_their_order(tmp_path: Path, size: Size) -> None:
    app = make_app(tmp_path, messages=codes())
    async with app.run_test(size=size) as pilot:
        await state_is(pilot, "Live")
        press_at_once(pilot, "j", "j", "j", "j", "c", "k", "m", "u")
        await until(pilot, lambda: unread(pilot) == 4)
        assert app.clipboard == "481516"
        with Archive.open(app.archive_path) as archive:
            read = archive.accounts()[0].messages.get(2)
            assert read is not None
            assert not read.unread


@at_every_size
async def test_a_message_in_full_sight_leaves_the_moves_to_the_list(
    tmp_path: Path, size: Size
) -> None:
    app = make_app(tmp_path, messages=codes())
    async with app.run_test(size=size) as pilot:
        await state_is(pilot, "Live")
        await pilot.press("enter", "j")
        assert under_cursor(pilot).id == 4
        await until(pilot, lambda: inbox(pilot).query_one(MessageView).row == under_cursor(pilot))
        await pilot.press("G")
        assert under_cursor(pilot).id == 1
        await pilot.press("k")
        assert under_cursor(pilot).id == 2
        assert inbox(pilot).query_one(MessageView).has_focus


@at_every_size
async def test_a_message_gone_back_from_by_the_mouse_is_not_open_any_more(
    tmp_path: Path, size: Size
) -> None:
    app = make_app(tmp_path, messages=codes())
    async with app.run_test(size=(120, 40)) as pilot:
        await state_is(pilot, "Live")
        await pilot.press("enter")
        await pilot.click(MessageList, offset=(20, 3))
        await pilot.resize_terminal(*size)
        await pilot.pause()
        assert inbox(pilot).query_one(MessageList).display
        assert inbox(pilot).query_one(MessageList).has_focus


@at_every_size
@pytest.mark.parametrize(
    ("keys", "told"),
    [
        (("x", "x"), "no filters are set"),
        (("ctrl+z",), "nothing to undo"),
        (("M", "M"), "all read already"),
        (("M", "n"), "nothing unread here"),
        (
            ("j", "j", "c"),
            "no code from +7 916 000-11-22, 10:35 · y copies its text",
        ),
        (("o",), "no link from BANK, 10:37"),
        (("slash", *"zzz", "enter", "e"), "no messages to export"),
        (("slash", *"zzz", "enter", "t"), "no message selected"),
        (("slash", *"zzz", "enter", "m"), "no message selected"),
        (("slash", *"zzz", "enter", "y"), "no message selected"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_a_key_that_can_do_nothing_says_why(
    tmp_path: Path, size: Size, keys: tuple[str, ...], told: str
) -> None:
    app = make_app(tmp_path, messages=codes())
    async with app.run_test(size=size) as pilot:
        await state_is(pilot, "Live")
        for key in keys:
            await pilot.press(key)
            await pilot.app.workers.wait_for_complete(
                [worker for worker in app.workers if worker.group in ("search", "marks")]
            )
            await pilot.pause()
        await until(pilot, lambda: notice(pilot) == told)
        assert len(app.screen_stack) == 1


async def test_in_the_narrow_layout_there_is_nothing_to_divide(tmp_path: Path) -> None:
    app = make_app(tmp_path, messages=codes())
    async with app.run_test(size=(40, 12)) as pilot:
        await state_is(pilot, "Live")
        await pilot.press("greater_than_sign")
        assert notice(pilot) == "the list stands alone here"


@at_every_size
async def test_r_while_it_is_asking_says_so(tmp_path: Path, size: Size) -> None:
    app = make_app(tmp_path, never, messages=codes())
    async with app.run_test(size=size) as pilot:
        await state_is(pilot, "Checking")
        await until(pilot, lambda: bool(app.scripted.asked))
        await pilot.press("r")
        assert notice(pilot) == "asking already"


@at_every_size
async def test_the_status_bar_names_the_keys_that_matter_here(tmp_path: Path, size: Size) -> None:
    app = make_app(tmp_path, messages=codes())
    async with app.run_test(size=size) as pilot:
        await state_is(pilot, "Live")
        bar = inbox(pilot).query_one(StatusBar)
        others = "m mark  y text  e export  s star  d done  u unread only  p number  w window"
        await until(pilot, lambda: bar.here == f"c code  n next unread  t conversation  {others}")
        await pilot.press("j", "j", "j")
        await until(pilot, lambda: bar.here == f"o link  n next unread  t conversation  {others}")
        await pilot.press("u", "M")
        await until(pilot, lambda: "n next unread" not in bar.here)
        assert "x clear" in bar.here
        await pilot.press("slash")
        assert (bar.hints, bar.here) == ("Enter keeps  Esc clears", "")
        await pilot.press("escape")
        await until(pilot, lambda: bar.hints == "? help  / search  r refresh")
        await pilot.press("x", "enter")
        await pilot.pause()
        assert bar.hints.startswith("Esc back") == (size == (40, 12))


@at_every_size
async def test_what_is_selected_with_the_mouse_is_copied(
    tmp_path: Path, size: Size, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = make_app(tmp_path, messages=[message(1, "Заказ 5512 готов")])
    here: list[str] = []
    monkeypatch.setattr("inbox_tui.terminal.clipboard.copy_here", here.append)
    async with app.run_test(size=size) as pilot:
        await state_is(pilot, "Live")
        await pilot.press("enter")
        await pilot.pause()
        view = inbox(pilot).query_one(MessageView)
        line = [strip.text.strip() for strip in view.render_lines(view.region.size.region)].index(
            "Заказ 5512 готов"
        )
        await pilot.mouse_down(view, offset=(1, line))
        await pilot.hover(view, offset=(5, line))
        await pilot.mouse_up(view, offset=(5, line))
        await pilot.pause()
        assert notice(pilot) == "Ctrl+C copies the selection"
        await pilot.press("ctrl+c")
        assert app.clipboard == "Заказ"
        assert notice(pilot) == "copied the selection of +7 999 123-45-67, 10:37"
        await pilot.press("y")
        assert app.clipboard == "Заказ 5512 готов"
        await pilot.app.workers.wait_for_complete(
            [worker for worker in app.workers if worker.group == "copy"]
        )
        assert here == ["Заказ", "Заказ 5512 готов"]


@at_every_size
async def test_every_command_of_the_palette_can_be_done(tmp_path: Path, size: Size) -> None:
    app = make_app(tmp_path, messages=codes())
    async with app.run_test(size=size) as pilot:
        await state_is(pilot, "Live")
        for command in COMMANDS:
            if not command.in_palette or command.name == "quit":
                continue
            await inbox(pilot).do(command.action or command.name)
            await pilot.pause()
            await pilot.press("escape", "escape")
            await until(pilot, lambda: len(app.screen_stack) == 1)


@at_every_size
async def test_a_command_of_the_palette_keeps_the_search_that_is_being_typed(
    tmp_path: Path, size: Size
) -> None:
    app = make_app(tmp_path, messages=codes())
    async with app.run_test(size=size) as pilot:
        await state_is(pilot, "Live")
        await pilot.press("slash", *"bank", "ctrl+p")
        press_at_once(pilot, *"all shown")
        await until(pilot, lambda: app.screen.query_one(Input).value == "all shown")
        await until(pilot, lambda: app.screen.query_one(OptionList).option_count == 1)
        await pilot.pause(0.1)
        await pilot.press("enter")
        await until(pilot, lambda: unread(pilot) == 3)
        assert inbox(pilot).query_one(FilterBar).search == "bank"
        assert inbox(pilot).query_one(MessageList).has_focus


@at_every_size
async def test_unread_only_keeps_the_message_that_was_just_read_in_place(
    tmp_path: Path, size: Size
) -> None:
    app = make_app(tmp_path, messages=codes(), filters=Filters(state="unread"))
    async with app.run_test(size=size) as pilot:
        await state_is(pilot, "Live")
        await until(pilot, lambda: shown(pilot) == 5)
        await pilot.press("j", "m")
        await until(pilot, lambda: unread(pilot) == 4)
        await pilot.pause(0.1)
        assert under_cursor(pilot).id == 4
        assert shown(pilot) == 5


def test_remembered_filters_that_make_no_sense_are_none() -> None:
    assert Filters.read("") is None
    assert Filters.read("[]") is None
    assert Filters.read('{"to_phone": 5, "hours": 1, "state": null}') is None
    assert Filters.read('{"to_phone": null, "hours": 999, "state": null}') is None
    kept = Filters(to_phone="7911", hours=6, state="unread")
    assert Filters.read(kept.written()) == kept
    assert Query() == Filters().query(lambda hours: hours, SearchQuery(), UTC)


@at_every_size
async def test_entries_that_cannot_be_read_are_counted_on_screen(
    tmp_path: Path, size: Size
) -> None:
    app = make_app(tmp_path, Answer([message(1, "Good")], ['{"id": "x"}', "[]"]))
    async with app.run_test(size=size) as pilot:
        await state_is(pilot, "Live")
        await until(pilot, lambda: inbox(pilot).query_one(TitleBar).unreadable == 2)
        assert "2 unreadable" in app.export_screenshot().replace("&#160;", " ")


@at_every_size
async def test_a_damaged_archive_is_set_aside_and_said_so(tmp_path: Path, size: Size) -> None:
    (tmp_path / "inbox.db").write_bytes(b"This is no database at all. " * 400)
    app = make_app(tmp_path, Answer([message(1, "Fresh")], []))
    async with app.run_test(size=size) as pilot:
        await state_is(pilot, "Waiting")
        assert app.scripted.asked == [], "what was asked before is not known any more"
        app.clock.move(152)
        await until(pilot, lambda: "Fresh" in app.export_screenshot())
        assert any("inbox.db.damaged-" in told.message for told in app._notifications)


async def test_what_comes_while_the_program_ends_is_shown_nowhere(tmp_path: Path) -> None:
    app = make_app(tmp_path, never, messages=codes())
    async with app.run_test() as pilot:
        await state_is(pilot, "Checking")
        await inbox(pilot).query_one(StatusBar).remove()
        session = app._accounts.shown
        assert isinstance(session, Session)
        session._publish(StatusChanged(Status(State.LIVE)))
        session._publish(MessagesArrived([1], live=True))
        session._publish(RefreshDeferred(None))


@at_every_size
async def test_the_mouse_does_it_too(tmp_path: Path, size: Size) -> None:
    app = make_app(tmp_path, messages=codes())
    async with app.run_test(size=size) as pilot:
        await state_is(pilot, "Live")
        await pilot.click(MessageList, offset=(5, 3))
        assert under_cursor(pilot).id == 3
        await pilot.click(FilterBar, offset=(3, 0))
        await until(pilot, lambda: len(app.screen_stack) == 2)
        await pilot.press("escape")
        await until(pilot, lambda: len(app.screen_stack) == 1)
        await pilot.double_click(MessageList, offset=(5, 4))
        await until(pilot, lambda: unread(pilot) == 4)
        assert inbox(pilot).query_one(MessageView).has_focus
        shown_row = inbox(pilot).query_one(MessageView).row
        assert shown_row is not None
        assert shown_row.id == 2


@at_every_size
async def test_the_wheel_scrolls_the_list_and_leaves_the_cursor(tmp_path: Path, size: Size) -> None:
    app = make_app(tmp_path, messages=week(), filters=Filters())
    async with app.run_test(size=size) as pilot:
        await state_is(pilot, "Live")
        messages = inbox(pilot).query_one(MessageList)
        before = under_cursor(pilot)
        x, y = messages.region.x + 4, messages.region.y + 4
        for _ in range(3):
            app.post_message(events.MouseScrollDown(None, x, y, 0, 1, 0, False, False, False, x, y))
        await until(pilot, lambda: messages.scroll_offset.y > 0)
        assert under_cursor(pilot) == before
        await pilot.press("j")
        assert 0 <= messages.line < messages.size.height


@at_every_size
async def test_every_chip_opens_what_it_stands_for(tmp_path: Path, size: Size) -> None:
    app = make_app(tmp_path, messages=codes(), filters=Filters(state="unread"))
    async with app.run_test(size=size) as pilot:
        await state_is(pilot, "Live")
        bar = inbox(pilot).query_one(FilterBar)

        async def click(chip: str) -> None:
            (start,) = (start for start, _, name in bar._spans if name == chip)
            await pilot.click(FilterBar, offset=(start + 1, 0))
            await pilot.pause()

        for chip, title in (("to", "Receiving number"), ("window", "Hour window")):
            await click(chip)
            await until(pilot, lambda: len(app.screen_stack) == 2)
            assert str(app.screen.query_one("#picker-title").render()) == title
            await pilot.press("escape")
            await until(pilot, lambda: len(app.screen_stack) == 1)
        await click("state")
        await until(pilot, lambda: len(app.screen_stack) == 2)
        await pilot.press(*"all", "enter")
        await until(pilot, lambda: not bar.state)
        await click("search")
        await until(pilot, lambda: bar.searching)


@at_every_size
async def test_a_name_stands_for_its_number_everywhere(
    tmp_path: Path, size: Size, monkeypatch: pytest.MonkeyPatch
) -> None:
    for home in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(home, str(tmp_path))
    names = {"79160001122": "Courier", "79110000002": "Support"}
    app = make_app(tmp_path, messages=codes(), settings=Settings(names=names))
    async with app.run_test(size=size) as pilot:
        await state_is(pilot, "Live")
        messages = inbox(pilot).query_one(MessageList)
        assert " Courier " in messages.render_line(3).text
        await pilot.press("j", "j", "enter")
        await pilot.pause()
        view = inbox(pilot).query_one(MessageView)
        told = " ".join(" ".join(view.render_line(y).text.split()) for y in range(4))
        assert "From Courier +7 916 000-11-22 To Support +7 911 000-00-02" in told
        await pilot.press("escape", "p")
        await until(pilot, lambda: len(app.screen_stack) == 2)
        offered = app.screen.query_one(OptionList)
        assert any("Support" in str(option.prompt) for option in offered.options)
        await pilot.press(*"supp", "enter")
        await until(pilot, lambda: inbox(pilot).query_one(FilterBar).to == "Support")
        await pilot.press("slash", *"zzz", "enter")
        await until(pilot, lambda: shown(pilot) == 0)
        assert messages.empty_text.startswith("No messages to Support")
        await pilot.press("escape", "e", "enter")
        await until(pilot, lambda: (tmp_path / "inbox-2026-11-23.csv").exists())
        await until(pilot, lambda: len(app.screen_stack) == 1)
    written = (tmp_path / "inbox-2026-11-23.csv").read_text(encoding="utf-8")
    assert ",Courier,Support" in written


@at_every_size
async def test_an_empty_list_tells_its_filters_in_a_sentence(tmp_path: Path, size: Size) -> None:
    filters = Filters(to_phone="79110000001", hours=24)
    app = make_app(tmp_path, messages=[message(1, minutes_ago=60 * 30)], filters=filters)
    async with app.run_test(size=size) as pilot:
        await state_is(pilot, "Live")
        messages = inbox(pilot).query_one(MessageList)
        assert messages.empty_text == (
            "No messages to +7 911 000-00-01 in the last 24 h.\n"
            "x clears the filters, w chooses another window."
        )
        drawn = " ".join(messages.render_line(y).text.strip() for y in range(messages.size.height))
        assert "No messages to +7 911 000-00-01 in the last 24 h." in " ".join(drawn.split())
        await pilot.press("x")
        await until(pilot, lambda: shown(pilot) == 1)


@at_every_size
async def test_a_theme_of_our_own_or_of_textual_is_chosen_in_the_palette(
    tmp_path: Path, size: Size
) -> None:
    app = make_app(tmp_path, messages=codes())
    async with app.run_test(size=size) as pilot:
        await state_is(pilot, "Live")
        messages = inbox(pilot).query_one(MessageList)
        for theme in ("inbox-light", "nord", "inbox-dark"):
            before = messages.render_line(3)
            await pilot.press("ctrl+p", *"theme")
            await until(pilot, lambda: bool(app.screen.query(OptionList)))
            await until(pilot, lambda: app.screen.query_one(OptionList).option_count >= 1)
            await pilot.pause(0.1)
            await pilot.press("enter")
            await pilot.pause()
            await pilot.press(*theme)
            await until(pilot, lambda: app.screen.query_one(OptionList).option_count >= 1)
            await pilot.pause(0.2)
            await pilot.press("enter")
            await until(pilot, partial(lambda theme: app.theme == theme, theme))
            await pilot.pause()
            assert messages.render_line(3) != before
