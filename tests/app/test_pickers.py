"""Choosing the receiving number and the hour window."""

from __future__ import annotations

from functools import partial

from support.app_harness import Opener, message, state_is, until, week
from support.inbox_screen import filter_bar, shown
from support.sizes import Size, at_every_size
from support.widgets import lines
from textual.pilot import Pilot
from textual.widgets import Input, OptionList

from inbox_tui.config import Settings
from inbox_tui.screens.filters import Filters


def choices(pilot: Pilot[None]) -> list[str]:
    """Return the visible lines of the picker."""
    listed = pilot.app.screen.query_one(OptionList)
    return [" ".join(line.split()) for line in lines(listed) if line.strip()]


async def open_picker(pilot: Pilot[None], key: str) -> None:
    await state_is(pilot, "Live")
    await pilot.press(key)
    await until(pilot, lambda: len(pilot.app.screen_stack) == 2)
    await pilot.pause()


async def test_number_picker_shows_counts_and_ticks_the_current_number(opened: Opener) -> None:
    messages = [
        message(1, minutes_ago=5, to_phone="79110000001"),
        message(2, minutes_ago=60 * 30, to_phone="79110000001"),
        message(3, minutes_ago=6, to_phone="79110000002"),
    ]
    async with opened(
        messages=messages,
        settings=Settings(names={"79110000002": "Support"}),
        filters=Filters(to_phone="79110000002", hours=24),
    ) as pilot:
        await open_picker(pilot, "p")
        assert choices(pilot) == ["all numbers 2 ●2", "+7 911 000-00-01 1 ●1", "✓ Support 1 ●1"]
        assert pilot.app.screen.query_one(OptionList).highlighted == 2


@at_every_size
async def test_typing_narrows_numbers_by_digits_or_name_without_moving_the_box(
    opened: Opener,
) -> None:
    settings = Settings(names={"79110000002": "Support"}, window=24)
    async with opened(messages=week(), settings=settings) as pilot:
        await open_picker(pilot, "p")
        box = pilot.app.screen.query_one(".dialog").region
        for typed, fitting in (
            ("supp", ["Support 12 ●3"]),
            ("0002", ["Support 12 ●3"]),
            ("+44 7700", ["+44 7700 900123 8 ●1"]),
            ("zzz", ["no such number"]),
        ):
            pilot.app.screen.query_one(Input).value = typed
            await until(pilot, partial(lambda fitting: choices(pilot) == fitting, fitting))
            assert pilot.app.screen.query_one(".dialog").region == box
        await pilot.press("enter")
        assert len(pilot.app.screen_stack) == 2, "there is nothing to apply"


@at_every_size
async def test_window_picker_shows_every_window_with_its_count(opened: Opener, size: Size) -> None:
    async with opened(messages=week(), filters=Filters(hours=None)) as pilot:
        await open_picker(pilot, "w")
        assert choices(pilot) == [
            "last hour 7 ●7",
            "last 6 h 8 ●7",
            "last 24 h 33 ●7",
            "last 48 h 71 ●7",
            "last 168 h (7 days) 348 ●7",
            "✓ everything kept 348 ●7",
        ]
        region = pilot.app.screen.query_one(".dialog-hint").region
        assert region.bottom < size[1], "the hint is in sight, too"


async def test_hour_window_accepts_only_whole_hours_up_to_a_week(opened: Opener) -> None:
    async with opened(messages=week()) as pilot:
        await open_picker(pilot, "w")
        for typed in ("0", "169", "abc", "1.5", "-3", "999999999999"):
            pilot.app.screen.query_one(Input).value = typed
            await until(pilot, lambda: choices(pilot) == ["only whole hours, 1 to 168"])
        await pilot.press("enter")
        assert len(pilot.app.screen_stack) == 2, "there is nothing to apply"
        pilot.app.screen.query_one(Input).value = "12"
        await until(pilot, lambda: choices(pilot)[0].startswith("last 12 h "))
        count = choices(pilot)[0].split()[3]
        await pilot.press("enter")
        await until(pilot, lambda: str(shown(pilot)) == count)
        assert filter_bar(pilot).window == "12 h"
        await open_picker(pilot, "w")
        assert [line.split()[0] for line in choices(pilot)] == [
            "last",
            "last",
            "✓",
            *["last"] * 3,
            "everything",
        ]
        await pilot.press("enter")
        await until(pilot, lambda: len(pilot.app.screen_stack) == 1)
        assert filter_bar(pilot).window == "12 h", "a typed window is offered again, and chosen"


async def test_arrow_keys_and_enter_choose_a_number(opened: Opener) -> None:
    async with opened(messages=week()) as pilot:
        await open_picker(pilot, "p")
        await pilot.press("down", "down", "up", "down", "enter")
        await until(pilot, lambda: len(pilot.app.screen_stack) == 1)
        assert filter_bar(pilot).to == "+7 911 000-00-01"


@at_every_size
async def test_picker_choices_can_be_clicked_and_escape_changes_nothing(
    opened: Opener,
) -> None:
    async with opened(messages=week()) as pilot:
        await open_picker(pilot, "p")
        await pilot.press("down", "escape")
        await until(pilot, lambda: len(pilot.app.screen_stack) == 1)
        assert filter_bar(pilot).to == "all numbers"
        await open_picker(pilot, "p")
        await pilot.click(OptionList, offset=(5, 1))
        await until(pilot, lambda: len(pilot.app.screen_stack) == 1)
        assert filter_bar(pilot).to == "+44 7700 900123"


@at_every_size
async def test_open_picker_adapts_when_the_terminal_is_resized(opened: Opener, size: Size) -> None:
    async with opened(messages=week(), size=(120, 40)) as pilot:
        await open_picker(pilot, "w")
        await pilot.press("up", "up")
        await pilot.resize_terminal(*size)
        await until(pilot, lambda: choices(pilot)[0] == "last hour 7 ●7")
        assert len(choices(pilot)) == 6
        assert pilot.app.screen.region.contains_region(pilot.app.screen.query_one(".dialog").region)
        await pilot.press("enter")
        await until(pilot, lambda: len(pilot.app.screen_stack) == 1)
        assert filter_bar(pilot).window == "48 h"


async def test_pickers_count_only_the_messages_of_the_conversation(live: Opener) -> None:
    messages = [
        message(1, minutes_ago=5, to_phone="79110000001"),
        message(2, minutes_ago=60 * 30, to_phone="79110000001"),
        message(3, minutes_ago=6, to_phone="79110000002"),
        *(message(n, minutes_ago=n, phone="SHOP", to_phone="79110000003") for n in range(7, 20)),
    ]
    async with live(messages=messages) as pilot:
        await pilot.press("t")
        await until(pilot, lambda: shown(pilot) == 3)
        await open_picker(pilot, "p")
        assert choices(pilot) == [
            "✓ all numbers 3 ●2",
            "+7 911 000-00-01 2 ●1",
            "+7 911 000-00-02 1 ●1",
            "+7 911 000-00-03 0",
        ]
        await pilot.press("down", "enter")
        await until(pilot, lambda: shown(pilot) == 2)
        await open_picker(pilot, "w")
        windows = [1, 1, 1, 2, 2, 2]
        assert [line.removesuffix(" ●1")[-1] for line in choices(pilot)] == [*map(str, windows)]
        await pilot.press("up", "up", "up", "enter")
        await until(pilot, lambda: shown(pilot) == 1)
        await open_picker(pilot, "f")
        counted = ["✓ all messages 1", "unread 1", "starred 0", "to do 1", "done 0", "muted 0"]
        await until(pilot, lambda: choices(pilot) == counted)
