"""The hints of the search field, and matches outside the window or the other filters."""

from __future__ import annotations

from typing import get_args

import pytest
from support.app_harness import Opener, message, until, week
from support.inbox_screen import filter_bar, five_messages, inbox, notice, shown
from support.sizes import Size, at_every_size
from support.widgets import lines, screen_lines
from textual.pilot import Pilot

from inbox_tui.screens.filters import SEARCH_EXAMPLES, Filters
from inbox_tui.smsc.message import Answer
from inbox_tui.text.search_query import MessageState
from inbox_tui.widgets.message_list import MessageList

VALUES = ", ".join(get_args(MessageState))


ORDERS = [
    message(1, "Старый заказ", minutes_ago=60 * 30),
    message(2, "Заказ 2", minutes_ago=60 * 28, to_phone="79110000002"),
    message(3, "Заказ 3", minutes_ago=10),
    message(4, "Код 4815", minutes_ago=5),
]


def empty_text(pilot: Pilot[None]) -> str:
    return inbox(pilot).query_one(MessageList).empty_text


@at_every_size
async def test_an_empty_search_field_gives_examples(live: Opener) -> None:
    async with live(messages=ORDERS, filters=Filters()) as pilot:
        await pilot.press("slash")
        await until(pilot, lambda: notice(pilot) == SEARCH_EXAMPLES)
        assert "from:bank" in screen_lines(pilot.app)[-1]
        await pilot.press("к")
        await until(pilot, lambda: notice(pilot) == "")
        await pilot.press("backspace")
        await until(pilot, lambda: notice(pilot) == SEARCH_EXAMPLES)
        await pilot.press("escape")
        await until(pilot, lambda: notice(pilot) == "")


@at_every_size
@pytest.mark.parametrize(
    ("typed", "says", "what_is_right"),
    [
        ("form:bank", 'there is no operator "form:"; did you mean "from:"?', ""),
        (
            "before:2x",
            '"2x" is not a date',
            "; write for example 20.11, 2026-11-20, yesterday, mon.",
        ),
        (
            "is:new",
            '"new" is not a value of "is:"',
            f"; values are {', '.join(get_args(MessageState))}.",
        ),
    ],
)
async def test_search_errors_are_shown_while_typing(
    live: Opener, size: Size, typed: str, says: str, what_is_right: str
) -> None:
    async with live(messages=ORDERS, filters=Filters()) as pilot:
        await pilot.press("slash", *typed)
        await until(pilot, lambda: notice(pilot) == says)
        await until(pilot, lambda: shown(pilot) == 0)
        assert empty_text(pilot) == says[0].upper() + says[1:] + what_is_right
        bar = screen_lines(pilot.app)[-1]
        assert says in bar or size[0] < 60
        assert "Esc clears" in bar or size[0] < len(says) + 36
        await pilot.press("escape")
        await until(pilot, lambda: shown(pilot) == 4)
        assert notice(pilot) == ""


async def test_matches_outside_the_hour_window_are_counted(live: Opener) -> None:
    async with live(messages=ORDERS, filters=Filters(hours=6)) as pilot:
        await pilot.press("slash", *"заказ", "enter")
        await until(pilot, lambda: (shown(pilot), filter_bar(pilot).outside) == (1, "2"))
        assert filter_bar(pilot).outside_key == "w"
        await pilot.press("w", *"every", "enter")
        await until(pilot, lambda: (shown(pilot), filter_bar(pilot).outside) == (3, ""))


async def test_empty_result_shows_the_match_count_without_filters(live: Opener) -> None:
    async with live(messages=ORDERS, filters=Filters(hours=1, state="starred")) as pilot:
        await pilot.press("slash", *"заказ", "enter")
        await until(pilot, lambda: empty_text(pilot).endswith("\n3 without filters: x shows them."))
        await pilot.press("x")
        await until(pilot, lambda: shown(pilot) == 3)
        assert filter_bar(pilot).search == "заказ", "the search stays"
        await pilot.press("x")
        await until(pilot, lambda: shown(pilot) == 4)
        assert filter_bar(pilot).search == ""


@at_every_size
@pytest.mark.parametrize("language", ["en", "ru"], indirect=True)
async def test_hints_say_to_press_enter_first_while_a_search_is_typed(
    live: Opener, language: str
) -> None:
    enter = {"en": "Enter, then x", "ru": "Enter, затем x"}[language]
    async with live(messages=ORDERS, filters=Filters(to_phone="79110000002")) as pilot:
        await pilot.press("slash", *"старый")
        await until(pilot, lambda: f": {enter}" in lines(filter_bar(pilot))[0])
        assert f": {enter}" in empty_text(pilot).split("\n")[1]
        await pilot.press("й")
        await until(pilot, lambda: empty_text(pilot).split("\n")[1].startswith(enter))
        await pilot.press("enter")
        await until(pilot, lambda: empty_text(pilot).split("\n")[1].startswith("x "))
        assert "Enter" not in lines(filter_bar(pilot))[0]
        await pilot.press("slash")
        await until(pilot, lambda: empty_text(pilot).split("\n")[1].startswith(enter))


async def test_empty_hour_window_shows_which_key_widens_it(live: Opener) -> None:
    async with live(messages=ORDERS, filters=Filters(hours=6)) as pilot:
        await pilot.press("slash", *"старый", "enter")
        await until(
            pilot, lambda: empty_text(pilot).endswith("\n1 outside the window: w shows them.")
        )


async def test_search_without_other_filters_shows_no_outside_count(live: Opener) -> None:
    async with live(messages=ORDERS, filters=Filters()) as pilot:
        await pilot.press("slash", *"заказ", "enter")
        await until(pilot, lambda: shown(pilot) == 3)
        await pilot.app.workers.wait_for_complete()
        assert filter_bar(pilot).outside == ""


@pytest.mark.parametrize("keys", [("escape",), ("enter", "x"), ("enter", "escape")])
async def test_selection_is_restored_after_a_search_without_matches(
    live: Opener, keys: tuple[str, ...]
) -> None:
    async with live(messages=ORDERS, filters=Filters()) as pilot:
        await pilot.press("j", "j")
        messages = inbox(pilot).query_one(MessageList)
        before = messages.row, messages.line
        assert before[0] is not None
        assert before[0].id == 2
        await pilot.press("slash", *"к4нет")
        await until(pilot, lambda: "No messages" in empty_text(pilot))
        await pilot.press(*keys)
        await until(pilot, lambda: messages.row is not None)
        assert (messages.row, messages.line) == before


async def test_new_message_count_is_kept_after_a_search_without_matches(live: Opener) -> None:
    arrived = [message(9001, "Новое", minutes_ago=0), message(9002, "Ещё", minutes_ago=0)]
    async with live(Answer([], []), Answer(arrived, []), messages=week()) as pilot:
        await pilot.press("pagedown", "pagedown")
        pilot.app.clock.move(21)
        await until(pilot, lambda: filter_bar(pilot).newer == 2)
        messages = inbox(pilot).query_one(MessageList)
        before = messages.row, messages.line
        await pilot.press("slash", *"нетни")
        await until(pilot, lambda: "No messages" in empty_text(pilot))
        await pilot.press("escape")
        await until(pilot, lambda: messages.row is not None)
        assert (messages.row, messages.line) == before
        assert filter_bar(pilot).newer == 2


async def test_escape_cancels_the_search(live: Opener) -> None:
    async with live(messages=five_messages()) as pilot:
        await pilot.press("slash", *"code")
        await until(pilot, lambda: shown(pilot) == 1)
        await pilot.press("escape")
        await until(pilot, lambda: shown(pilot) == 5)
        assert inbox(pilot).query_one(MessageList).has_focus
