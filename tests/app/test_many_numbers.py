"""An account with thousands of receiving numbers: only those on offer are read and formatted."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from support.app_harness import HarnessApp, Opener, make_app, message, until
from support.archives import steps
from textual.pilot import Pilot
from textual.widgets import Input, OptionList

from inbox_tui.commands import COMMANDS
from inbox_tui.config import Settings
from inbox_tui.screens.palette import MOST_NUMBERS
from inbox_tui.screens.pickers import MOST_OFFERED
from inbox_tui.widgets.filter_bar import FilterBar
from inbox_tui.widgets.presentation import Presentation, grouped

SIZE = (120, 40)
MANY = 3000
PALETTE = (
    ("to 0002999", "1 To +7 911 000-29-99"),
    ("To склад", "1 To Склад"),
    ("to 0001234", "1 To Склад"),
)
FIRST = 79_110_000_000


@pytest.fixture
def app(tmp_path: Path) -> HarnessApp:
    messages = [message(n, to_phone=str(FIRST + n), minutes_ago=600) for n in range(MANY)]
    named = Settings(names={str(FIRST + 1234): "Склад"}, window=0)
    return make_app(tmp_path, messages=messages, settings=named)


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The numbers that have been formatted for display."""
    written: list[str] = []
    who = Presentation.who

    def noted(presentation: Presentation, phone: str) -> str:
        written.append(phone)
        return who(presentation, phone)

    monkeypatch.setattr(Presentation, "who", noted)
    return written


def offered(pilot: Pilot[None]) -> list[str]:
    options = pilot.app.screen.query_one(OptionList).options
    return [" ".join(str(option.prompt).split()) for option in options]


async def open_picker(pilot: Pilot[None]) -> None:
    await pilot.press("p")
    await until(pilot, lambda: bool(pilot.app.screen.query(OptionList)))
    await pilot.pause()


async def test_number_picker_formats_only_the_numbers_it_offers(
    live: Opener, app: HarnessApp, written: list[str]
) -> None:
    async with live(app=app) as pilot:
        before = len(written)
        await open_picker(pilot)
        assert offered(pilot)[0] == f"✓ all numbers {grouped(MANY)}".replace("\xa0", " ")
        assert offered(pilot)[1] == "+7 911 000-00-00 1"
        assert offered(pilot)[MOST_OFFERED:] == ["there are more: type to narrow"]
        await pilot.press("7")
        assert len(offered(pilot)) == MOST_OFFERED + 1
        assert len(written) - before < 3 * MOST_OFFERED
        await pilot.press(*"9110002999", "enter")
        await until(pilot, lambda: app.screen.query_one(FilterBar).shown == 1)


async def test_number_picker_offers_the_current_number_and_named_numbers(
    live: Opener, app: HarnessApp
) -> None:
    async with live(app=app) as pilot:
        await open_picker(pilot)
        await pilot.press(*"000-29-99", "enter")
        bar = app.screen_stack[0].query_one(FilterBar)
        await until(pilot, lambda: bar.to == "+7 911 000-29-99")
        await open_picker(pilot)
        at = app.screen.query_one(OptionList).highlighted
        assert at is not None
        assert offered(pilot)[at] == "✓ +7 911 000-29-99 1"
        await pilot.press(*"склад", "enter")
        await until(pilot, lambda: bar.to == "Склад")


async def test_palette_formats_only_the_numbers_it_offers(
    live: Opener, app: HarnessApp, written: list[str]
) -> None:
    commands = sum(command.in_palette for command in COMMANDS)
    async with live(app=app) as pilot:
        before = len(written)
        await pilot.press("ctrl+p")
        await until(pilot, lambda: len(app.screen.query(OptionList)) > 0)
        await until(pilot, lambda: len(offered(pilot)) == commands + MOST_NUMBERS)
        assert len(written) - before <= MOST_NUMBERS + SIZE[1]
        for typed, found in PALETTE:
            app.screen.query_one(Input).value = typed
            await until(pilot, partial(lambda found: offered(pilot) == [found], found))


def test_listing_some_numbers_costs_the_same_in_an_archive_with_many(tmp_path: Path) -> None:
    def taken(many: int) -> int:
        messages = [message(n, to_phone=str(FIRST + n), minutes_ago=600) for n in range(many)]
        archive = make_app(tmp_path / str(many), messages=messages)._dependencies.archive
        (account,) = archive.accounts()

        def list_some() -> None:
            assert len(account.counts.to_phones(None, most=100)) == 100
            assert len(account.counts.to_phones(None, parts=[("0000", [])], most=100)) == 100

        with archive:
            return steps(archive, list_some)

    assert taken(3000) < 1.5 * taken(300)
