"""What each key does, as the user sees it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.stage import (
    StagedApp,
    message,
    stage,
    state_is,
    until,
    week,
)
from textual.pilot import Pilot

from inbox_tui.archive import Archive, Filter, Row
from inbox_tui.config import Settings
from inbox_tui.screens.filters import Filters
from inbox_tui.screens.inbox import InboxScreen
from inbox_tui.smsc.message import Answer
from inbox_tui.widgets.filter_bar import FilterBar
from inbox_tui.widgets.message_list import MessageList
from inbox_tui.widgets.message_view import MessageView
from inbox_tui.widgets.status_bar import StatusBar
from inbox_tui.widgets.title_bar import TitleBar

Size = tuple[int, int]

SIZES = [(120, 40), (80, 24), (40, 12)]
at_every_size = pytest.mark.parametrize("size", SIZES, ids=[f"{x}x{y}" for x, y in SIZES])


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


def unread(pilot: Pilot[None]) -> int | None:
    return inbox(pilot).query_one(TitleBar).unread


def kept_unread(app: StagedApp) -> int:
    with Archive.open(app.archive_path) as archive:
        ((account, _, _),) = archive.accounts()
        return archive.unread(account)


def codes() -> list:
    return [
        message(1, "Ваш код: 481 516. Никому не сообщайте", minutes_ago=9, phone="BANK"),
        message(2, "Заказ готов https://shop.example/5512", minutes_ago=8, phone="79160001122"),
        message(3, "Спасибо!", minutes_ago=7, phone="79160001122", to_phone="79110000002"),
        message(4, "Где мой заказ?\nЖду", minutes_ago=6, phone="79031112233"),
        message(5, "123-456 is your code", minutes_ago=5, phone="BANK", to_phone="79110000002"),
    ]


@at_every_size
async def test_enter_opens_the_message_and_marks_it_read(tmp_path: Path, size: Size) -> None:
    app = stage(tmp_path, messages=codes())
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


async def test_a_message_moved_to_and_shown_for_a_moment_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inbox_tui.screens.inbox.DWELL_SECONDS", 0.01)
    app = stage(tmp_path, messages=codes())
    async with app.run_test(size=(120, 40)) as pilot:
        await state_is(pilot, "Live")
        await pilot.press("j")
        await until(pilot, lambda: unread(pilot) == 4)
        assert not under_cursor(pilot).unread


@at_every_size
async def test_a_message_that_comes_while_nobody_moves_stays_unread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: Size
) -> None:
    monkeypatch.setattr("inbox_tui.screens.inbox.DWELL_SECONDS", 0.01)
    app = stage(tmp_path, Answer([], []), Answer([message(9, "New")], []), messages=codes())
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
    monkeypatch.setattr("inbox_tui.screens.inbox.DWELL_SECONDS", 0.01)
    app = stage(tmp_path, messages=codes())
    async with app.run_test(size=(40, 12)) as pilot:
        await state_is(pilot, "Live")
        await pilot.press("j", "j")
        await pilot.pause(0.1)
        assert unread(pilot) == 5


@at_every_size
async def test_m_turns_the_mark_and_it_survives(tmp_path: Path, size: Size) -> None:
    app = stage(tmp_path, messages=codes())
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
    app = stage(tmp_path, messages=codes(), filters=Filters(to_phone="79110000002"))
    async with app.run_test(size=size) as pilot:
        await state_is(pilot, "Live")
        await pilot.press("M")
        await until(pilot, lambda: unread(pilot) == 3)
        assert "2 read" in notice(pilot)
        await pilot.press("ctrl+z")
        await until(pilot, lambda: unread(pilot) == 5)


@at_every_size
async def test_marks_of_another_terminal_appear(tmp_path: Path, size: Size) -> None:
    app = stage(tmp_path, messages=codes())
    async with app.run_test(size=size) as pilot:
        await state_is(pilot, "Live")
        with Archive.open(app.archive_path) as other:
            ((account, _, _),) = other.accounts()
            other.mark(account, [1, 2, 3], unread=False)
        await until(pilot, lambda: unread(pilot) == 2)


@at_every_size
async def test_n_goes_to_the_next_unread_and_around(tmp_path: Path, size: Size) -> None:
    app = stage(tmp_path, messages=codes())
    with Archive.open(app.archive_path) as archive:
        archive.mark(1, [2, 3, 5], unread=False)
    async with app.run_test(size=size) as pilot:
        await state_is(pilot, "Live")
        visited = []
        for _ in range(3):
            await pilot.press("n")
            visited.append(under_cursor(pilot).id)
        assert visited == [4, 1, 4]


@at_every_size
async def test_c_copies_the_letters_and_digits_of_the_code_only(tmp_path: Path, size: Size) -> None:
    app = stage(tmp_path, messages=codes())
    async with app.run_test(size=size) as pilot:
        await state_is(pilot, "Live")
        await pilot.press("c")
        assert app.clipboard == "123456"
        assert notice(pilot) == "code copied"
        await pilot.press("j", "c")
        assert app.clipboard == "123456"
        assert "no code" in notice(pilot)


@at_every_size
async def test_y_copies_the_text_exactly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: Size
) -> None:
    app = stage(tmp_path, messages=[message(1, "[b]\x1b[31mline\nпривет 🎉")])
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
    app = stage(tmp_path, messages=[message(1, "half \ud83d pair")])
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
    app = stage(tmp_path, messages=codes())
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
    app = stage(tmp_path, messages=codes())
    async with app.run_test(size=size) as pilot:
        await state_is(pilot, "Live")
        await pilot.press("j", "j", "j", "o")
        await until(pilot, lambda: len(app.screen_stack) == 2)
        await pilot.press("enter")
        await pilot.pause()
        assert app.clipboard == "https://shop.example/5512"
        assert "copied" in notice(pilot)


@at_every_size
async def test_t_shows_the_whole_conversation_and_escape_goes_back(
    tmp_path: Path, size: Size
) -> None:
    app = stage(tmp_path, messages=codes(), filters=Filters(to_phone="79110000002"))
    async with app.run_test(size=size) as pilot:
        await state_is(pilot, "Live")
        await pilot.press("j")
        assert under_cursor(pilot).id == 3
        await pilot.press("t")
        await until(pilot, lambda: shown(pilot) == 2 and notice(pilot) == "Esc goes back")
        assert under_cursor(pilot).id == 3
        await pilot.press("j")
        assert under_cursor(pilot).id == 2
        await pilot.press("escape")
        await pilot.pause()
        assert under_cursor(pilot).id == 3
        assert inbox(pilot).query_one(FilterBar).to == "+7 911 000-00-02"


@at_every_size
async def test_e_writes_what_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: Size
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    app = stage(tmp_path, messages=codes(), filters=Filters(to_phone="79110000002"))
    async with app.run_test(size=size) as pilot:
        await state_is(pilot, "Live")
        await pilot.press("e")
        await until(pilot, lambda: len(app.screen_stack) == 2)
        field = app.screen.query_one("#export-file")
        field.value = "~/out.jsonl"
        await pilot.press("enter")
        await until(pilot, lambda: len(app.screen_stack) == 1)
        written = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
        assert [record["id"] for record in written] == [3, 5]
        assert written[1]["code"] == "123456"
        assert (tmp_path / "out.jsonl").stat().st_mode & 0o777 == 0o600


@at_every_size
async def test_an_export_never_goes_over_a_file_unasked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: Size
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "out.csv").write_text("mine")
    app = stage(tmp_path, messages=codes())
    async with app.run_test(size=size) as pilot:
        await state_is(pilot, "Live")
        await pilot.press("e")
        await until(pilot, lambda: len(app.screen_stack) == 2)
        app.screen.query_one("#export-file").value = "~/out.csv"
        await pilot.press("enter")
        await until(pilot, lambda: app.screen.query_one("#export-reason").display)
        assert (tmp_path / "out.csv").read_text() == "mine"
        await pilot.press("ctrl+o")
        await until(pilot, lambda: len(app.screen_stack) == 1)
        assert "123-456" in (tmp_path / "out.csv").read_text()


@at_every_size
async def test_an_export_to_nowhere_says_why(tmp_path: Path, size: Size) -> None:
    app = stage(tmp_path, messages=codes())
    async with app.run_test(size=size) as pilot:
        await state_is(pilot, "Live")
        await pilot.press("e")
        await until(pilot, lambda: len(app.screen_stack) == 2)
        app.screen.query_one("#export-file").value = str(tmp_path / "missing" / "out.csv")
        await pilot.press("enter")
        await until(pilot, lambda: app.screen.query_one("#export-reason").display)
        assert "No such file or directory" in str(app.screen.query_one("#export-reason").render())


@at_every_size
async def test_filters_combine_and_x_clears_them(tmp_path: Path, size: Size) -> None:
    app = stage(tmp_path, messages=codes(), filters=Filters(hours=6))
    async with app.run_test(size=size) as pilot:
        await state_is(pilot, "Live")
        await pilot.press("p", *"0002", "enter")
        await until(pilot, lambda: shown(pilot) == 2)
        await pilot.press("slash", *"код", "enter")
        await until(pilot, lambda: shown(pilot) == 0)
        await pilot.press("slash", *["backspace"] * 3, *"CODE", "enter")
        await until(pilot, lambda: shown(pilot) == 1)
        await pilot.press("x")
        await until(pilot, lambda: shown(pilot) == 5)
        assert len(app.scripted.asked) == 1, "filters never cost a request"


@at_every_size
async def test_a_typed_window_is_taken_as_it_is(tmp_path: Path, size: Size) -> None:
    messages = [message(1, "old", minutes_ago=60 * 8), message(2, "new")]
    app = stage(tmp_path, messages=messages)
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
async def test_filters_are_there_again_at_the_next_start(tmp_path: Path, size: Size) -> None:
    settings = Settings(remember_filters=True)
    app = stage(tmp_path, messages=codes(), settings=settings)
    async with app.run_test(size=size) as pilot:
        await state_is(pilot, "Live")
        await pilot.press("p", *"0002", "enter", "u")
        await until(pilot, lambda: shown(pilot) == 2)
        await pilot.app.workers.wait_for_complete()
    again = stage(tmp_path, settings=settings)
    async with again.run_test(size=size) as pilot:
        await state_is(pilot, "Live")
        assert inbox(pilot).query_one(FilterBar).to == "+7 911 000-00-02"
        assert inbox(pilot).query_one(FilterBar).unread


async def test_filters_are_not_kept_unless_it_is_asked_for(tmp_path: Path) -> None:
    app = stage(tmp_path, messages=codes())
    async with app.run_test() as pilot:
        await state_is(pilot, "Live")
        await pilot.press("u")
        await pilot.pause()
    again = stage(tmp_path)
    async with again.run_test() as pilot:
        await state_is(pilot, "Live")
        assert not inbox(pilot).query_one(FilterBar).unread


@at_every_size
async def test_r_refreshes_at_once_or_says_when(tmp_path: Path, size: Size) -> None:
    app = stage(tmp_path, messages=codes())
    async with app.run_test(size=size) as pilot:
        await state_is(pilot, "Live")
        for _ in range(30):
            await pilot.press("r")
        await until(pilot, lambda: "next in" in notice(pilot))
        assert len(app.scripted.asked) <= 3


@at_every_size
async def test_names_stand_for_numbers_everywhere(tmp_path: Path, size: Size) -> None:
    settings = Settings(names={"79160001122": "Courier", "79110000002": "Orders"})
    app = stage(tmp_path, messages=codes(), settings=settings)
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
    app = stage(tmp_path, messages=codes())
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
    app = stage(tmp_path, messages=codes())
    async with app.run_test(size=size) as pilot:
        await state_is(pilot, "Live")
        assert app.title == "(5) inbox"
        await pilot.press("M")
        await until(pilot, lambda: app.title == "inbox")


@at_every_size
async def test_escape_in_the_search_gives_it_up(tmp_path: Path, size: Size) -> None:
    app = stage(tmp_path, messages=codes())
    async with app.run_test(size=size) as pilot:
        await state_is(pilot, "Live")
        await pilot.press("slash", *"code")
        await until(pilot, lambda: shown(pilot) == 1)
        await pilot.press("escape")
        await until(pilot, lambda: shown(pilot) == 5)
        assert inbox(pilot).query_one(MessageList).has_focus


async def test_every_key_of_the_help_is_bound(tmp_path: Path) -> None:
    app = stage(tmp_path, messages=week())
    async with app.run_test(size=(120, 50)) as pilot:
        await state_is(pilot, "Live")
        bound = set(inbox(pilot).active_bindings)
        for key in ("n", "slash", "p", "w", "u", "x", "m", "M", "ctrl+z", "c", "y", "o", "t", "e"):
            assert key in bound
        for key in ("r", "question_mark", "ctrl+p", "q", "less_than_sign", "greater_than_sign"):
            assert key in bound


@at_every_size
async def test_unread_only_keeps_the_message_that_was_just_read_in_place(
    tmp_path: Path, size: Size
) -> None:
    app = stage(tmp_path, messages=codes(), filters=Filters(unread=True))
    async with app.run_test(size=size) as pilot:
        await state_is(pilot, "Live")
        await until(pilot, lambda: shown(pilot) == 5)
        await pilot.press("j", "m")
        await until(pilot, lambda: unread(pilot) == 4)
        await pilot.pause(0.1)
        assert under_cursor(pilot).id == 4
        assert len(inbox(pilot).query_one(MessageList)._source) == 5


def test_remembered_filters_that_make_no_sense_are_none() -> None:
    assert Filters.read("") is None
    assert Filters.read("[]") is None
    assert Filters.read('{"to_phone": 5, "hours": 1, "unread": false}') is None
    assert Filters.read('{"to_phone": null, "hours": 999, "unread": false}') is None
    kept = Filters(to_phone="7911", hours=6, unread=True)
    assert Filters.read(kept.written()) == kept
    assert Filter() == Filters().query(lambda hours: hours)


async def test_entries_that_cannot_be_read_are_counted_on_screen(tmp_path: Path) -> None:
    app = stage(tmp_path, Answer([message(1, "Good")], ['{"id": "x"}', "[]"]))
    async with app.run_test(size=(80, 24)) as pilot:
        await state_is(pilot, "Live")
        await until(pilot, lambda: inbox(pilot).query_one(TitleBar).unreadable == 2)
        assert "2 unreadable" in app.export_screenshot().replace("&#160;", " ")


async def test_a_damaged_archive_is_set_aside_and_said_so(tmp_path: Path) -> None:
    (tmp_path / "inbox.db").write_bytes(b"This is no database at all. " * 400)
    app = stage(tmp_path, Answer([message(1, "Fresh")], []))
    async with app.run_test(size=(120, 40)) as pilot:
        await state_is(pilot, "Waiting")
        assert app.scripted.asked == [], "what was asked before is not known any more"
        app.clock.move(152)
        await until(pilot, lambda: "Fresh" in app.export_screenshot())
        assert any("inbox.db.damaged-" in told.message for told in app._notifications)


async def test_tab_changes_the_format_of_an_export_and_the_ending_tells_it(
    tmp_path: Path,
) -> None:
    app = stage(tmp_path, messages=codes())
    async with app.run_test(size=(80, 24)) as pilot:
        await state_is(pilot, "Live")
        await pilot.press("e")
        await until(pilot, lambda: len(app.screen_stack) == 2)
        field = app.screen.query_one("#export-file")
        assert field.value == "~/inbox-2026-11-23.csv"
        await pilot.press("tab")
        assert field.value == "~/inbox-2026-11-23.json"
        field.value = "~/x.jsonl"
        await pilot.pause()
        assert "[JSON Lines]" in str(app.screen.query_one("#export-format").render())


@at_every_size
async def test_the_mouse_does_it_too(tmp_path: Path, size: Size) -> None:
    app = stage(tmp_path, messages=codes())
    async with app.run_test(size=size) as pilot:
        await state_is(pilot, "Live")
        await pilot.click(MessageList, offset=(5, 2))
        assert under_cursor(pilot).id == 3
        await pilot.click(FilterBar, offset=(3, 0))
        await until(pilot, lambda: len(app.screen_stack) == 2)
        await pilot.press("escape")
        await until(pilot, lambda: len(app.screen_stack) == 1)
        await pilot.double_click(MessageList, offset=(5, 3))
        await until(pilot, lambda: unread(pilot) == 4)
        assert inbox(pilot).query_one(MessageView).has_focus
        shown_row = inbox(pilot).query_one(MessageView).row
        assert shown_row is not None
        assert shown_row.id == 2
