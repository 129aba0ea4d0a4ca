"""Jumping to a date, as the user sees it."""

from __future__ import annotations

import pytest
from support.app_harness import Opener, message, until
from support.inbox_screen import filter_bar, notice, selected, shown
from support.sizes import at_every_size
from textual.pilot import Pilot
from textual.widgets import Static

from inbox_tui.screens.date_dialog import DateScreen
from inbox_tui.smsc.message import IncomingMessage
from inbox_tui.widgets.status_bar import StatusBar

HOURS = (100, 76, 52, 51, 28, 27, 3)
"""Hours before 10:42 on Monday 23 November 2026, the reader's time, at which messages came."""


def messages() -> list[IncomingMessage]:
    """Return messages 1 to 7, from Thursday to Monday; those with even ids hold a code."""
    return [
        message(n, f"Заказ {n}" if n % 2 else "Код 4815", minutes_ago=60 * hours)
        for n, hours in enumerate(HOURS, 1)
    ]


def meaning(pilot: Pilot[None]) -> str:
    return str(pilot.app.screen.query_one("#date-meaning", Static).render())


async def jump(pilot: Pilot[None], typed: str, key: str = "J") -> None:
    await pilot.press(key)
    await until(pilot, lambda: isinstance(pilot.app.screen, DateScreen))
    await pilot.press(*typed, "enter")
    await until(pilot, lambda: not isinstance(pilot.app.screen, DateScreen))
    await until(pilot, lambda: notice(pilot) != "")


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("sat", 3),
        ("21.11", 3),
        ("2026-11-22", 5),
        ("yesterday 7:00", 6),
        ("today", 7),
        ("1.1.2020", 1),
    ],
)
async def test_jump_selects_the_first_message_at_or_after_the_date(
    live: Opener, typed: str, expected: int
) -> None:
    async with live(messages=messages()) as pilot:
        await jump(pilot, typed)
        assert selected(pilot).id == expected
        assert notice(pilot).startswith("jumped to ")
        assert ", the first since " in notice(pilot)


async def test_jump_past_the_newest_message_shows_a_notice_and_stays(live: Opener) -> None:
    async with live(messages=messages()) as pilot:
        await pilot.press("j")
        await jump(pilot, "10:41")
        assert notice(pilot) == "nothing here since today 10:41"
        assert selected(pilot).id == 6


@pytest.mark.usefixtures("russian")
async def test_jump_notice_drops_its_last_part_in_a_small_terminal(
    live: Opener,
) -> None:
    async with live(messages=messages(), size=(40, 12)) as pilot:
        bar = pilot.app.screen.query_one(StatusBar)
        await jump(pilot, "10:41")
        assert str(bar.render()).rstrip() == "● здесь ничего после «сегодня 10:41»"
        bar.notice = ""
        await jump(pilot, "вчера")
        assert notice(pilot) == "переход к 22 ноя 06:42, первое после «вчера 00:00»"
        assert str(bar.render()).split("   ")[0] == "● переход к 22 ноя 06:42"


async def test_jump_works_within_a_search(live: Opener) -> None:
    async with live(messages=messages()) as pilot:
        await pilot.press("slash", *"код", "enter")
        await until(pilot, lambda: shown(pilot) == 3)
        await jump(pilot, "21.11")
        assert selected(pilot).id == 4
        assert filter_bar(pilot).search == "код"


@at_every_size
async def test_date_dialog_shows_the_meaning_of_a_date_while_it_is_typed(live: Opener) -> None:
    async with live(messages=messages()) as pilot:
        await pilot.press("J")
        await until(pilot, lambda: isinstance(pilot.app.screen, DateScreen))
        await until(pilot, lambda: meaning(pilot).startswith("such as"))
        await pilot.press("enter")
        await until(pilot, lambda: meaning(pilot) == "Type a date or a time.")
        await pilot.press(*"2.1x")
        await until(pilot, lambda: meaning(pilot).startswith('"2.1x" is not a date; write'))
        await pilot.press("enter")
        assert isinstance(pilot.app.screen, DateScreen), "there is nothing to jump to"
        await pilot.press("backspace", "1")
        await until(pilot, lambda: meaning(pilot) == "Mon 2 Nov 2026 00:00")
        assert pilot.app.screen.query_one(".dialog").region in pilot.app.screen.region
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(pilot.app.screen, DateScreen))
        assert selected(pilot).id == 7


async def test_jump_works_with_the_russian_layout_and_from_an_open_message(live: Opener) -> None:
    async with live(messages=messages(), size=(40, 12)) as pilot:
        await pilot.press("enter")
        await jump(pilot, "вчера", key="О")
        assert selected(pilot).id == 5
