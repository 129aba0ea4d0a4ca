"""The selected message stays selected and on screen, whatever arrives."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from support.app_harness import NOW, HarnessApp, Opener, StillClock, message, put, stored, until
from support.archives import row_of
from support.inbox_screen import (
    arrive,
    exported,
    filter_bar,
    inbox,
    notice,
    press_at_once,
    selected,
    shown,
)
from support.sizes import at_every_size
from textual import events
from textual.pilot import Pilot
from textual.widgets import Input

from inbox_tui.archive import Listing, Query
from inbox_tui.archive.lists import Lists
from inbox_tui.screens.selection import JUST_CAME
from inbox_tui.smsc.message import IncomingMessage
from inbox_tui.sync import ClocksDisagree
from inbox_tui.widgets.message_list import MessageList
from inbox_tui.widgets.message_view import MessageView
from inbox_tui.widgets.status_bar import StatusBar

WHO = "+7 999 123-45-67"


def on_screen(pilot: Pilot[None]) -> int:
    row = inbox(pilot).query_one(MessageView).row
    assert row is not None
    return row.id


def coded(number: int, minutes_ago: float = 0) -> IncomingMessage:
    return message(number, f"Your code is {100_000 + number}", minutes_ago=minutes_ago)


def with_codes(numbers: range) -> list[IncomingMessage]:
    return [coded(number, 600 - number) for number in numbers]


@pytest.mark.parametrize("key", ["g", "k", "j"])
async def test_selected_message_stays_selected_when_another_arrives(live: Opener, key: str) -> None:
    async with live(messages=with_codes(range(1, 9))) as pilot:
        await pilot.press(key)
        read = selected(pilot).id
        await arrive(pilot, coded(50))
        assert selected(pilot).id == on_screen(pilot) == read
        await pilot.press("c")
        assert pilot.app.clipboard == str(100_000 + read)
        assert notice(pilot).startswith(f"copied {100_000 + read} of +7 999 123-45-67, ")


async def test_newest_message_is_selected_until_the_first_key_press(live: Opener) -> None:
    async with live(messages=with_codes(range(1, 9))) as pilot:
        bar = filter_bar(pilot)
        assert bar.following
        await arrive(pilot, coded(50))
        assert selected(pilot).id == on_screen(pilot) == 50
        await pilot.press("c")
        assert notice(pilot) == JUST_CAME
        assert pilot.app.clipboard == ""
        assert not bar.following
        pilot.app.clock.move(0.6)
        await pilot.press("c")
        assert pilot.app.clipboard == "100050"
        await arrive(pilot, coded(51))
        assert selected(pilot).id == 50


DONE: dict[str, Callable[[HarnessApp, Pilot[None]], bool]] = {
    "c": lambda app, _: app.clipboard == "100050",
    "y": lambda app, _: app.clipboard == "Your code is 100050",
    "m": lambda app, _: not unread(app, 50),
    "M": lambda app, _: not unread(app, 50),
    "o": lambda _, pilot: notice(pilot).startswith(f"no link from {WHO}"),
    "t": lambda _, pilot: notice(pilot).startswith(f"conversation with {WHO}"),
    "e": lambda app, _: bool(app.screen.query("#export-file")),
    "enter": lambda app, pilot: inbox(pilot).has_class("-reading") and not unread(app, 50),
}


@at_every_size
@pytest.mark.parametrize("key", DONE)
async def test_commands_do_not_act_on_a_message_that_has_just_arrived(
    live: Opener, key: str
) -> None:
    async with live(messages=with_codes(range(1, 9))) as pilot:
        pilot.app.clock.move(60)
        await arrive(pilot, coded(50))
        await pilot.press(key)
        assert notice(pilot) == JUST_CAME
        assert pilot.app.clipboard == ""
        assert pilot.app.screen_stack == [inbox(pilot)]
        assert not inbox(pilot).has_class("-reading")
        assert unread(pilot.app, 50)
        pilot.app.clock.move(0.6)
        await pilot.press(key)
        await until(pilot, lambda: DONE[key](pilot.app, pilot))


@at_every_size
async def test_message_pane_shows_the_selected_message_after_a_conversation(live: Opener) -> None:
    async with live(messages=with_codes(range(1, 9))) as pilot:
        await pilot.press("j", "t")
        await until(pilot, lambda: inbox(pilot).has_class("-conversation"))
        await pilot.press("k", "k", "t")
        await until(pilot, lambda: not inbox(pilot).has_class("-conversation"))
        await pilot.pause()
        assert selected(pilot).id == on_screen(pilot) == 7


def unread(app: HarnessApp, number: int) -> bool:
    with stored(app) as account:
        return row_of(account, number).unread


async def test_shift_f_starts_and_stops_following_the_newest_message(live: Opener) -> None:
    async with live(messages=with_codes(range(1, 9))) as pilot:
        await pilot.press("j", "j", "F")
        assert filter_bar(pilot).following
        assert notice(pilot) == "following the newest"
        await arrive(pilot, coded(50))
        assert selected(pilot).id == 50
        await pilot.press("F")
        assert not filter_bar(pilot).following
        await arrive(pilot, coded(51))
        assert selected(pilot).id == 50


async def test_following_notice_disappears_when_a_key_ends_following(live: Opener) -> None:
    async with live(messages=with_codes(range(1, 9))) as pilot:
        await pilot.press("F", "F", "j")
        assert notice(pilot) == ""


async def test_clicking_a_message_ends_following(live: Opener) -> None:
    async with live(messages=with_codes(range(1, 9))) as pilot:
        await pilot.click(MessageList, offset=(10, 3))
        await pilot.pause()
        read = selected(pilot).id
        await arrive(pilot, coded(50))
        assert selected(pilot).id == read


@at_every_size
@pytest.mark.parametrize("ending", ["enter escape", "enter x", "enter enter escape escape"])
async def test_a_hit_stays_selected_when_the_search_ends(live: Opener, ending: str) -> None:
    async with live(messages=with_codes(range(1, 300))) as pilot:
        await pilot.press("/", *"100007")
        await until(pilot, lambda: shown(pilot) == 1)
        await pilot.press(*ending.split())
        await until(pilot, lambda: shown(pilot) == 299)
        assert selected(pilot).id == on_screen(pilot) == 7
        messages = inbox(pilot).query_one(MessageList)
        assert 0 <= messages.line < messages.size.height


@pytest.mark.parametrize(
    "keys", [("p", "down", "enter"), ("u",), ("u", "u"), ("w", "2", "4", "enter")]
)
async def test_a_change_of_filter_keeps_the_selected_message(
    live: Opener, keys: tuple[str, ...]
) -> None:
    async with live(messages=with_codes(range(1, 300)), read_before_minutes=400) as pilot:
        await pilot.press(*"jjjj")
        read = selected(pilot).id
        bar = filter_bar(pilot)
        before = (bar.to, bar.state, bar.window)
        for key in keys:
            await pilot.press(key)
        if keys != ("u", "u"):
            await until(pilot, lambda: (bar.to, bar.state, bar.window) != before)
        await until(pilot, lambda: bar.shown is not None)
        assert selected(pilot).id == on_screen(pilot) == read
        await arrive(pilot, coded(500))
        assert selected(pilot).id == on_screen(pilot) == read


async def test_new_message_count_is_kept_when_the_terminal_is_resized(live: Opener) -> None:
    async with live(messages=with_codes(range(1, 300))) as pilot:
        await pilot.press("G")
        await arrive(pilot, *map(coded, range(500, 700)))
        bar = filter_bar(pilot)
        assert bar.newer == 200
        for size in ((80, 24), (40, 12), (200, 50), (120, 40)):
            await pilot.resize_terminal(*size)
            await pilot.pause()
            assert bar.newer == 200
        await pilot.press("g")
        assert bar.newer == 0


async def test_hour_window_at_the_first_start_includes_old_unread_messages(live: Opener) -> None:
    old = [message(n, minutes_ago=2 * 24 * 60 + n) for n in range(1, 6)]
    async with live(messages=old, read_before_minutes=None) as pilot:
        bar = filter_bar(pilot)
        assert (bar.window, bar.shown) == ("everything", 5)


async def test_lines_pasted_into_the_search_are_joined_by_spaces(live: Opener) -> None:
    async with live(messages=with_codes(range(1, 9))) as pilot:
        await pilot.press("/")
        pilot.app.post_message(events.Paste("code\n100007\n"))
        await until(pilot, lambda: filter_bar(pilot).search == "code 100007")


async def test_mark_all_read_skips_messages_not_yet_shown(live: Opener) -> None:
    async with live(messages=with_codes(range(1, 9))) as pilot:
        await pilot.press("j")
        with stored(pilot.app) as account:
            put(account, [message(60, "unseen", minutes_ago=0)])
        await pilot.press("M")
        await until(pilot, lambda: "read" in notice(pilot))
        assert unread(pilot.app, 60)


async def test_export_contains_only_matches_found_before_e_was_pressed(
    live: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counting = Event()
    open_list = Lists.open

    def slow_to_count(lists: Lists, query: Query, first: int | None = None, **more: Any) -> Listing:
        if not query.plain and first is None and "change" not in more:
            counting.wait(10)
        return open_list(lists, query, first, **more)

    monkeypatch.setattr(Lists, "open", slow_to_count)
    async with live(messages=with_codes(range(1, 200))) as pilot:
        press_at_once(pilot, "/", *"code", "\r")
        bar = filter_bar(pilot)
        await until(pilot, lambda: bar.search == "code" and bar.shown is None)
        press_at_once(pilot, "e")
        await until(pilot, lambda: bool(pilot.app.screen.query("#export-file")))
        await arrive(pilot, coded(500))
        pilot.app.screen.query_one("#export-file", Input).value = str(tmp_path / "found.jsonl")
        press_at_once(pilot, "\r")
        await until(pilot, lambda: len(pilot.app.screen_stack) == 1)
        counting.set()
    assert [one["id"] for one in exported(tmp_path / "found.jsonl")] == [*range(1, 200)]


NOTICES = {
    "c": f"copied 100005 of {WHO}",
    "y": f"copied the text of {WHO}",
    "m": f"marked unread: {WHO}",
    "o": f"no link from {WHO}",
    "t": f"conversation with {WHO}",
}


@pytest.mark.parametrize(("width", "time"), [(120, ", 23 Nov 00:47"), (40, "")])
@pytest.mark.parametrize("key", NOTICES)
async def test_notices_name_the_message_even_at_40_columns(
    live: Opener, key: str, width: int, time: str
) -> None:
    clock = StillClock(NOW + timedelta(days=1))
    async with live(messages=with_codes(range(1, 6)), clock=clock, size=(width, 12)) as pilot:
        await pilot.press("j", "k", key)
        bar = inbox(pilot).query_one(StatusBar)
        await until(pilot, lambda: bool(bar.notice))
        assert NOTICES[key] + time in bar.render().plain


async def test_a_huge_text_is_shown_in_part_and_copied_whole(live: Opener) -> None:
    text = "Длинный текст. " * 70_000
    async with live(messages=[message(1, text)]) as pilot:
        await pilot.press("G", "y")
        assert pilot.app.clipboard == text
        drawn = [paragraph.text for paragraph in inbox(pilot).query_one(MessageView)._paragraphs]
        assert sum(map(len, drawn)) < 30_000
        assert "more characters are not shown" in drawn[-1]


async def test_search_can_combine_words_with_dates_and_states(live: Opener) -> None:
    old = message(1, "order", minutes_ago=3 * 24 * 60)
    async with live(messages=[old, message(2, "order", minutes_ago=5)]) as pilot:
        bar = filter_bar(pilot)
        await pilot.press("/", *"order after:yesterday")
        await until(pilot, lambda: bar.shown == 1)
        assert selected(pilot).id == 2
        await pilot.press("escape", "/", *"order is:read")
        await until(pilot, lambda: bar.shown == 1)
        assert selected(pilot).id == 1


@pytest.mark.parametrize("typed", ["8 999 123-45-67", "+7 (999) 123", "123-45-67", "9991234567"])
async def test_search_finds_a_phone_number_in_any_notation(live: Opener, typed: str) -> None:
    async with live(messages=[message(1), message(2, phone="79160000000")]) as pilot:
        await pilot.press("/", *typed)
        await until(pilot, lambda: shown(pilot) == 1)
        assert selected(pilot).id == 1


async def test_warning_about_a_wrong_clock_explains_the_consequences(live: Opener) -> None:
    async with live(messages=[message(1)]) as pilot:
        inbox(pilot).session_event(ClocksDisagree(31 * 86400.0))
        await pilot.pause()
        (told,) = pilot.app._notifications
        assert "31 days ahead of the service's" in told.message
        assert "keep_days deletes nothing" in told.message


@pytest.mark.parametrize("lead_elsewhere", [("n",), ("u",), ("slash", "7"), ("t", "escape")])
async def test_notice_stays_until_a_later_key_changes_the_view(
    live: Opener, lead_elsewhere: tuple[str, ...]
) -> None:
    async with live(messages=[message(n, minutes_ago=n) for n in (1, 2, 3)]) as pilot:
        await pilot.press("F", "j", "F")
        assert selected(pilot).id == 1
        assert notice(pilot) == "following the newest", "it came with the key that moved"
        await pilot.press("F", "question_mark", "escape")
        assert notice(pilot) == "staying on this message"
        await pilot.press(*lead_elsewhere)
        await until(pilot, lambda: notice(pilot) == "")
