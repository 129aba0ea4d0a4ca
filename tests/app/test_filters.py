"""Filters: the messages they leave, the cursor after a change, and how long they last."""

from __future__ import annotations

import pytest
from support.app_harness import Opener, message, until
from support.inbox_screen import filter_bar, five_messages, inbox, selected, shown
from support.sizes import at_every_size
from support.widgets import lines

from inbox_tui.config import Settings
from inbox_tui.screens.filters import Filters
from inbox_tui.smsc.message import Answer
from inbox_tui.widgets.message_list import MessageList
from inbox_tui.widgets.presentation import ALL_NUMBERS
from inbox_tui.widgets.status_bar import StatusBar


async def test_filters_combine_and_x_clears_them(live: Opener) -> None:
    async with live(messages=five_messages(), filters=Filters(hours=6)) as pilot:
        await pilot.press("p", *"0002", "enter")
        await until(pilot, lambda: shown(pilot) == 2)
        await pilot.press("slash", *"код", "enter")
        await until(pilot, lambda: shown(pilot) == 0)
        await pilot.press("slash", *["backspace"] * 3, *"CODE", "enter")
        await until(pilot, lambda: shown(pilot) == 1)
        await pilot.press("x")
        await until(pilot, lambda: filter_bar(pilot).to == ALL_NUMBERS)
        assert shown(pilot) == 1, "the search stays"
        await pilot.press("x")
        await until(pilot, lambda: shown(pilot) == 5)
        assert len(pilot.app.scripted.asked) == 1, "filters never cost a request"


async def test_status_bar_shows_the_clear_key_while_a_filter_is_set(live: Opener) -> None:
    async with live(messages=five_messages()) as pilot:

        def is_named() -> bool:
            return "x clear" in lines(inbox(pilot).query_one(StatusBar))[0]

        assert not is_named()
        for keys in (("w", "6", "enter"), ("u",), ("slash", "0", "enter")):
            await pilot.press(*keys)
            await until(pilot, is_named)
            await pilot.press("x")
            await until(pilot, lambda: not is_named())


async def test_filtering_keeps_the_selected_message_or_selects_another_near_it(
    live: Opener,
) -> None:
    async with live(messages=five_messages()) as pilot:
        await pilot.press("j", "j", "u")
        assert filter_bar(pilot).state
        assert selected(pilot).id == 3
        await pilot.press("u", "m", "u")
        await until(pilot, lambda: shown(pilot) == 4)
        assert selected(pilot).id == 2, "the nearest one"
        await pilot.press("x")
        await until(pilot, lambda: shown(pilot) == 5)
        assert selected(pilot).id == 2
        await pilot.press("slash", *"заказ", "enter")
        await until(pilot, lambda: shown(pilot) == 2)
        assert selected(pilot).id == 4, "the newest one found"
        await pilot.press("j", "escape")
        await until(pilot, lambda: shown(pilot) == 5)
        assert selected(pilot).id == 2


@at_every_size
async def test_messages_hidden_by_a_search_are_not_new_afterwards(live: Opener) -> None:
    messages = [message(n, f"Заказ {n}" if n < 50 else "Код") for n in range(1, 100)]
    async with live(Answer(messages, []), messages=messages) as pilot:
        await pilot.press("slash", *"заказ", "enter")
        await until(pilot, lambda: shown(pilot) == 49)
        await pilot.press("j", "escape")
        await until(pilot, lambda: shown(pilot) == 99)
        messages_list = inbox(pilot).query_one(MessageList)
        assert messages_list.scroll_offset.y > 0
        assert messages_list.newer == 0


async def test_messages_hidden_by_filters_at_start_are_not_new_afterwards(live: Opener) -> None:
    old = [message(n, minutes_ago=600 - n, to_phone="79110000002") for n in range(1, 100)]
    new = [message(n, minutes_ago=300 - n) for n in range(100, 200)]
    async with live(messages=[*old, *new], filters=Filters(to_phone="79110000002")) as pilot:
        await pilot.press("j", "x")
        await until(pilot, lambda: shown(pilot) == 199)
        assert inbox(pilot).query_one(MessageList).scroll_offset.y > 0
        assert filter_bar(pilot).newer == 0


@pytest.mark.parametrize("remember", [True, False])
async def test_filters_are_restored_at_the_next_start_only_if_configured(
    live: Opener, remember: bool
) -> None:
    settings = Settings(remember_filters=remember)
    async with live(messages=five_messages(), settings=settings) as pilot:
        await pilot.press("p", *"0002", "enter", "u")
        await until(pilot, lambda: shown(pilot) == 2)
    async with live(settings=settings) as pilot:
        assert (filter_bar(pilot).to == "+7 911 000-00-02") == remember
        assert bool(filter_bar(pilot).state) == remember


def test_invalid_remembered_filters_are_ignored() -> None:
    for written in (
        "",
        "[]",
        "[" * 100_000,
        "{}",
        '{"to_phone": null, "hours": 999, "state": null}',
        '{"to_phone": null, "hours": null, "state": []}',
    ):
        assert Filters.from_text(written) is None
    kept = Filters(to_phone="7911", hours=6, state="unread")
    assert Filters.from_text(kept.as_text()) == kept


@at_every_size
async def test_empty_list_describes_its_filters_in_a_sentence(live: Opener) -> None:
    filters = Filters(to_phone="79110000001", hours=24)
    async with live(messages=[message(1, minutes_ago=60 * 30)], filters=filters) as pilot:
        messages = inbox(pilot).query_one(MessageList)
        assert messages.empty_text == (
            "No messages to +7 911 000-00-01 in the last 24 h.\n"
            "x clears the filters, w chooses another window."
        )
        drawn = " ".join(" ".join(lines(messages)).split())
        assert "No messages to +7 911 000-00-01 in the last 24 h." in drawn
        await pilot.press("x")
        await until(pilot, lambda: shown(pilot) == 1)
