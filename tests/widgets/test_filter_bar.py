from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from support.widgets import OneWidget, lines, style_of, widths_drawn
from textual.pilot import Pilot
from textual.widgets import Input

from inbox_tui.widgets.filter_bar import FilterBar

MESSAGES = (FilterBar.Chosen, Input.Changed, FilterBar.SearchDone)
Mounted = tuple[FilterBar, Pilot[None], OneWidget[FilterBar]]


@asynccontextmanager
async def mounted(width: int = 80, **shown: Any) -> AsyncIterator[Mounted]:
    bar = FilterBar()
    bar.can_focus = True  # so that the focus can leave the input
    app = OneWidget(bar, *MESSAGES)
    async with app.run_test(size=(width, 3)) as pilot:
        for name, value in ({"window": "24 h", "shown": 312, "total": 10_482} | shown).items():
            setattr(bar, name, value)
        await pilot.pause()
        yield bar, pilot, app


def text_of(bar: FilterBar) -> str:
    return lines(bar)[0].strip().replace("\N{NO-BREAK SPACE}", " ")


def told(app: OneWidget[FilterBar]) -> list[Any]:
    """Return the values of the messages posted since the last call."""
    values = [
        getattr(message, name)
        for message in app.posted
        for name in ("chip", "value", "accepted")
        if hasattr(message, name)
    ]
    app.posted.clear()
    return values


# -- what it shows


async def test_the_filter_bar_shows_the_filters_and_how_many_messages_match() -> None:
    async with mounted() as (bar, _, _):
        left, right = text_of(bar).split("   ", 3)[:3], text_of(bar).split("   ")[-1]
        assert left == ["To: all numbers", "Window: 24 h", "Search: ·"]
        assert right.strip() == "312 of 10 482"
        assert len(lines(bar)[0]) == 79


async def test_thousands_are_separated_by_no_break_spaces() -> None:
    async with mounted(shown=1_234_567, total=7_654_321) as (bar, _, _):
        assert "1\u00a0234\u00a0567 of 7\u00a0654\u00a0321" in lines(bar)[0]


async def test_no_count_is_shown_while_messages_are_being_counted() -> None:
    async with mounted(shown=None) as (bar, _, _):
        assert text_of(bar) == "To: all numbers   Window: 24 h   Search: ·"


async def test_newer_messages_out_of_view_are_counted_with_an_arrow() -> None:
    async with mounted(newer=2) as (bar, _, _):
        assert text_of(bar).endswith("2 new ↑  312 of 10 482")


async def test_active_filters_are_bold() -> None:
    async with mounted(to="Shop", search="заказ", window="everything") as (bar, _, _):
        assert style_of(bar, "Shop").bold
        assert style_of(bar, "заказ").bold
        assert not style_of(bar, "everything").bold


async def test_the_state_filter_is_shown_only_if_it_is_set() -> None:
    async with mounted(state="unread") as (bar, pilot, _):
        assert "Unread" in text_of(bar)
        bar.state = ""
        await pilot.pause()
        assert "Unread" not in text_of(bar)


async def test_labels_and_values_have_different_colours() -> None:
    async with mounted() as (bar, _, _):
        assert style_of(bar, "To: ").color != style_of(bar, "all numbers").color


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        ({}, "To: all  24 h  /…        312 of 10 482"),
        ({"search": "заказ"}, "To: all  24 h  /заказ    312 of 10 482"),
        ({"newer": 2}, "To: all  24 h  /…   2 ↑  312 of 10 482"),
        (
            {"to": "Магазин на Ленина", "search": "заказ", "state": "unread", "newer": 2},
            "Магазин на…  24 h  /заказ  Unread  2 ↑",
        ),
    ],
)
async def test_at_forty_columns_the_filters_stay_readable(
    shown: dict[str, Any], expected: str
) -> None:
    async with mounted(40, **shown) as (bar, _, _):
        assert text_of(bar) == expected


async def test_the_filter_bar_fits_every_width() -> None:
    filters: dict[str, Any] = {
        "to": "日本語" * 9,
        "search": "заказ " * 9,
        "state": "unread",
        "newer": 1234,
    }
    widths = [2, 3, 5, 10, 20, 30, 50, 79, 200]
    async with mounted(**filters) as (bar, pilot, _):
        assert await widths_drawn(pilot, bar, widths) == widths


async def test_filter_values_are_sanitized() -> None:
    async with mounted(search="\x1b[31m[b]x", to="\u202eabc") as (bar, _, _):
        assert "\x1b" not in text_of(bar)
        assert "\u202e" not in text_of(bar)
        assert "[b]x" in text_of(bar)


# -- clicking


@pytest.mark.parametrize("width", [80, 40])
async def test_a_click_on_a_chip_reports_its_filter(width: int) -> None:
    async with mounted(width, state="unread", search="x") as (bar, pilot, app):
        for text, chip in (("all", "to"), ("24", "window"), ("x", "search"), ("Unr", "state")):
            await pilot.click(bar, offset=(lines(bar)[0].rindex(text), 0))
            assert told(app) == [chip]


async def test_a_click_beside_the_chips_does_nothing() -> None:
    async with mounted() as (bar, pilot, app):
        await pilot.click(bar, offset=(50, 0))
        assert told(app) == []


# -- searching


async def test_a_search_is_typed_in_its_chip_and_reported_at_every_key() -> None:
    async with mounted() as (bar, pilot, app):
        bar.begin_search()
        await pilot.pause()
        assert bar.searching
        await pilot.press("о", "к")
        await pilot.pause()
        assert told(app) == ["о", "ок"]
        assert text_of(bar).startswith("To: all numbers   Window: 24 h")
        assert text_of(bar).endswith("312 of 10 482")


@pytest.mark.parametrize(
    ("before", "keys", "expected"),
    [
        ("", "o k enter", ["o", "ok", True]),
        ("ok", "escape", [False]),
        ("ok", "! enter", ["ok!", True]),
        ("", "q slash enter", ["q", "q/", True]),
    ],
)
async def test_enter_keeps_a_search_and_escape_clears_it(
    before: str, keys: str, expected: list[Any]
) -> None:
    async with mounted(search=before) as (bar, pilot, app):
        bar.begin_search(before)
        await pilot.press(*keys.split())
        await pilot.pause()
        assert told(app) == expected
        assert not bar.searching
        assert not bar.children


async def test_leaving_the_input_keeps_the_search() -> None:
    async with mounted() as (bar, pilot, app):
        bar.begin_search()
        await pilot.press("o")
        bar.focus()
        await pilot.pause()
        assert told(app) == ["o", True]
        assert not bar.searching


async def test_starting_a_search_twice_continues_the_first_one() -> None:
    async with mounted() as (bar, pilot, app):
        bar.begin_search()
        await pilot.press("o")
        bar.begin_search("other")
        await pilot.press("k")
        await pilot.pause()
        assert told(app) == ["o", "ok"]
        assert len(bar.children) == 1


@pytest.mark.parametrize("width", [20, 40, 60, 120])
async def test_typed_search_text_is_visible_at_every_width(width: int) -> None:
    async with mounted(width) as (bar, pilot, _):
        bar.begin_search()
        await pilot.press(*"order")
        await pilot.pause()
        (search,) = bar.children
        assert search.region.width >= min(width - 4, 12)
        assert search.region.right <= width
        assert "order" in lines(search)[0]
