"""Views: searches from the settings, on the keys 1 to 9 and in the palette."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.app_harness import Opener, message, until
from support.inbox_screen import by_palette, filter_bar, notice, selected, shown
from textual.widgets import Input, OptionList

from inbox_tui.config import Settings, SettingsError, parse_settings

VIEWS = {"Codes": "has:code", "Orders": "заказ -отменён", "By the bank": "from:bank"}


MESSAGES = [
    message(1, "Заказ 5512 готов"),
    message(2, "Код 481516", phone="BANK", to_phone="79110000002"),
    message(3, "Заказ 5512 отменён"),
]


async def test_digit_shows_its_view_and_clears_other_filters(live: Opener) -> None:
    async with live(messages=MESSAGES, settings=Settings(views=VIEWS)) as pilot:
        await pilot.press("p", *"0002", "enter")
        await until(pilot, lambda: shown(pilot) == 1)
        await pilot.press("2")
        await until(
            pilot, lambda: filter_bar(pilot).search == VIEWS["Orders"] and shown(pilot) == 1
        )
        assert filter_bar(pilot).to == "all numbers"
        await pilot.press("3")
        await until(pilot, lambda: filter_bar(pilot).search == "from:bank" and shown(pilot) == 1)
        await pilot.press("escape")
        await until(pilot, lambda: shown(pilot) == 3)
        assert selected(pilot).id == 2, "the one found stays selected"
        await pilot.press("9")
        assert notice(pilot).startswith("no view 9 yet: add one to [views]")


async def test_the_palette_offers_views_by_name(live: Opener) -> None:
    async with live(messages=MESSAGES, settings=Settings(views=VIEWS), size=(80, 24)) as pilot:
        await pilot.press("ctrl+p")
        await until(pilot, lambda: bool(pilot.app.screen.query(Input)))
        await pilot.press(*"orders")
        await until(pilot, lambda: pilot.app.screen.query_one(OptionList).option_count > 0)
        await pilot.pause(0.1)
        offered = [str(one.prompt) for one in pilot.app.screen.query_one(OptionList).options]
        assert "2      View Orders" in offered
        pilot.app.screen.query_one(OptionList).highlighted = offered.index("2      View Orders")
        await pilot.press("enter")
        await until(pilot, lambda: filter_bar(pilot).search == VIEWS["Orders"])


async def test_view_chosen_in_the_palette_replaces_the_search_being_typed(live: Opener) -> None:
    async with live(messages=MESSAGES, settings=Settings(views=VIEWS), size=(80, 24)) as pilot:
        await pilot.press("slash", *"5512")
        await by_palette(pilot, "view orders")
        await until(pilot, lambda: filter_bar(pilot).search == VIEWS["Orders"])
        assert not filter_bar(pilot).searching


async def test_views_can_have_other_keys(live: Opener) -> None:
    async with live(
        messages=MESSAGES, settings=Settings(views=VIEWS, keys={"view": ("f1", "f2")})
    ) as pilot:
        await pilot.press("f2")
        await until(pilot, lambda: filter_bar(pilot).search == VIEWS["Orders"])
        await pilot.press("1")
        assert filter_bar(pilot).search == VIEWS["Orders"], "1 is no key of it now"


@pytest.mark.parametrize(
    ("view", "told"),
    [
        ('Codes = "has:cod"', '"cod" is not a value of "has:"; values are code, link'),
        ('Old = "before:xx"', '"xx" is not a date'),
        ('Old = ""', "lines with a name and a search"),
        ("Old = 5", "lines with a name and a search"),
    ],
)
def test_invalid_view_in_the_settings_is_refused(view: str, told: str) -> None:
    with pytest.raises(SettingsError) as refused:
        parse_settings(Path("config.toml"), f"[views]\n{view}\n")
    assert told in str(refused.value)
