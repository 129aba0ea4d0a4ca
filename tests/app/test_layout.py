"""List and message side by side, stacked or one at a time, and the divider between them."""

from __future__ import annotations

import pytest
from support.app_harness import Opener, until, week
from support.inbox_screen import inbox, notice
from support.sizes import SIZES, at_every_size
from support.widgets import lines, screen_text
from textual.pilot import Pilot

from inbox_tui.screens.filters import Filters
from inbox_tui.widgets.divider import Divider
from inbox_tui.widgets.message_list import MessageList
from inbox_tui.widgets.message_view import MessageView
from inbox_tui.widgets.split_pane import SplitPane

with_a_divider = pytest.mark.parametrize("size", SIZES[:2], ids=["120x40", "80x24"])


def parts(pilot: Pilot[None]) -> tuple[MessageList, Divider, MessageView]:
    screen = inbox(pilot)
    return screen.query_one(MessageList), screen.query_one(Divider), screen.query_one(MessageView)


@pytest.mark.parametrize("columns", [110, 120, 200])
async def test_list_and_message_are_side_by_side_from_110_columns(
    live: Opener, columns: int
) -> None:
    async with live(messages=week(), size=(columns, 40)) as pilot:
        listed, divider, view = parts(pilot)
        assert listed.region.y == view.region.y
        assert listed.region.right == divider.region.x == view.region.x - 1
        assert view.region.right == columns


@pytest.mark.parametrize("columns", [60, 80, 109])
async def test_list_and_message_are_stacked_from_60_to_109_columns(
    live: Opener, columns: int
) -> None:
    async with live(messages=week(), size=(columns, 24)) as pilot:
        listed, divider, view = parts(pilot)
        assert listed.region.width == view.region.width == columns
        assert listed.region.bottom == divider.region.y == view.region.y - 1


@pytest.mark.parametrize("columns", [30, 40, 59])
async def test_below_60_columns_only_the_list_is_shown_until_enter_is_pressed(
    live: Opener, columns: int
) -> None:
    async with live(messages=week(), size=(columns, 12)) as pilot:
        listed, divider, view = parts(pilot)
        assert (listed.display, divider.display, view.display) == (True, False, False)
        await pilot.press("enter")
        assert (listed.display, view.display) == (False, True)
        await pilot.press("escape")
        assert (listed.display, view.display) == (True, False)


@at_every_size
async def test_resizing_never_loses_the_cursor(live: Opener) -> None:
    async with live(messages=week()) as pilot:
        await pilot.press("pagedown", "j", "j")
        listed, _, view = parts(pilot)
        row = listed.row
        for other in ((80, 24), (40, 12), (30, 6), (200, 60), (60, 10), (120, 40)):
            await pilot.resize_terminal(*other)
            await pilot.pause()
            assert listed.row == row
            assert view.row == row
            assert 0 <= listed.cursor - listed.scroll_offset.y < listed.size.height


def share(pilot: Pilot[None]) -> int:
    """Return the size of the list in cells, in the direction in which the divider moves."""
    listed, divider, _ = parts(pilot)
    return listed.region.width if divider.upright else listed.region.height


@with_a_divider
async def test_divider_position_set_by_key_is_remembered(live: Opener) -> None:
    async with live(messages=week()) as pilot:
        before = share(pilot)
        await pilot.press("greater_than_sign", "greater_than_sign")
        larger = share(pilot)
        assert larger > before
        await pilot.app.workers.wait_for_complete()
    async with live() as pilot:
        assert share(pilot) == larger


@with_a_divider
async def test_divider_position_set_by_mouse_is_remembered(live: Opener) -> None:
    async with live(messages=week()) as pilot:
        listed, divider, _ = parts(pilot)
        await pilot.mouse_down(divider, offset=(0, 5) if divider.upright else (5, 0))
        await pilot.hover(None, offset=(40, 10))
        await pilot.mouse_up(None, offset=(40, 10))
        edge = 40 if divider.upright else 10
        await until(
            pilot,
            lambda: (
                abs((listed.region.right if divider.upright else listed.region.bottom) - edge) <= 1
            ),
        )
        dragged = share(pilot)
        await pilot.app.workers.wait_for_complete()
    async with live() as pilot:
        assert share(pilot) == dragged


@with_a_divider
async def test_divider_leaves_each_side_at_least_a_fifth(live: Opener) -> None:
    async with live(messages=week()) as pilot:
        whole = pilot.app.screen.query_one(SplitPane).size
        room = whole.width if parts(pilot)[1].upright else whole.height
        await pilot.press(*["less_than_sign"] * 30)
        assert share(pilot) >= room // 5
        await pilot.press(*["greater_than_sign"] * 30)
        assert share(pilot) <= room - room // 5


@pytest.mark.parametrize("stored", ["² 50", "50", "wide", "50 -1"])
async def test_invalid_stored_divider_positions_are_ignored(live: Opener, stored: str) -> None:
    async with live(messages=week()) as pilot:
        pane = pilot.app.screen.query_one(SplitPane)
        before = pane.shares_as_text()
        pane.restore_shares(stored)
        assert pane.shares_as_text() == before


@at_every_size
async def test_today_becomes_yesterday_as_time_passes(live: Opener) -> None:
    async with live(messages=week(), filters=Filters()) as pilot:
        listed = parts(pilot)[0]
        assert lines(listed)[0].startswith("── today ──")
        assert lines(listed)[1][3:8] == "10:39"
        await pilot.press("enter")
        assert "today 10:39" in screen_text(pilot.app)
        pilot.app.clock.move(24 * 3600)
        inbox(pilot)._ticks = 59
        await until(pilot, lambda: "yesterday 10:39" in screen_text(pilot.app))
        await pilot.press("escape")
        await until(pilot, lambda: lines(listed)[0].startswith("── yesterday ──"))


async def test_divider_key_shows_a_notice_in_the_narrow_layout(live: Opener) -> None:
    async with live(messages=week(), size=(40, 12)) as pilot:
        await pilot.press("greater_than_sign")
        assert notice(pilot) == "only the list is shown here"


@at_every_size
async def test_divider_key_shows_a_notice_in_a_conversation(live: Opener) -> None:
    async with live(messages=week()) as pilot:
        before = parts(pilot)[0].size
        await pilot.press("t")
        await until(pilot, lambda: pilot.app.screen.has_class("-conversation"))
        await pilot.press("greater_than_sign")
        assert notice(pilot) == "only the conversation is shown here"
        await pilot.press("escape")
        assert parts(pilot)[0].size == before
