"""The mouse: in the list, on the filters, and back from a message."""

from __future__ import annotations

from support.app_harness import Opener, until, week
from support.inbox_screen import filter_bar, five_messages, inbox, selected, unread
from support.sizes import Size, at_every_size
from textual import events

from inbox_tui.screens.filters import Filters
from inbox_tui.widgets.filter_bar import FilterBar
from inbox_tui.widgets.message_list import MessageList
from inbox_tui.widgets.message_view import MessageView


@at_every_size
async def test_mouse_selects_and_opens_messages_and_opens_pickers(live: Opener) -> None:
    async with live(messages=five_messages()) as pilot:
        await pilot.click(MessageList, offset=(5, 3))
        assert selected(pilot).id == 3
        await pilot.click(FilterBar, offset=(3, 0))
        await until(pilot, lambda: len(pilot.app.screen_stack) == 2)
        await pilot.press("escape")
        await until(pilot, lambda: len(pilot.app.screen_stack) == 1)
        await pilot.double_click(MessageList, offset=(5, 4))
        await until(pilot, lambda: unread(pilot) == 4)
        assert inbox(pilot).query_one(MessageView).has_focus
        shown_row = inbox(pilot).query_one(MessageView).row
        assert shown_row is not None
        assert shown_row.id == 2


@at_every_size
async def test_wheel_scrolls_the_list_without_moving_the_selection(live: Opener) -> None:
    async with live(messages=week(), filters=Filters()) as pilot:
        messages = inbox(pilot).query_one(MessageList)
        before = selected(pilot)
        x, y = messages.region.x + 4, messages.region.y + 4
        for _ in range(3):
            pilot.app.post_message(
                events.MouseScrollDown(None, x, y, 0, 1, 0, False, False, False, x, y)
            )
        await until(pilot, lambda: messages.scroll_offset.y > 0)
        assert selected(pilot) == before
        await pilot.press("j")
        assert 0 <= messages.line < messages.size.height


@at_every_size
async def test_clicking_a_part_of_the_filter_bar_opens_its_picker_or_search(live: Opener) -> None:
    async with live(messages=five_messages(), filters=Filters(state="unread")) as pilot:
        bar = filter_bar(pilot)

        async def click(chip: str) -> None:
            (start,) = (start for start, _, name in bar._spans if name == chip)
            await pilot.click(FilterBar, offset=(start + 1, 0))
            await pilot.pause()

        for chip, title in (("to", "Receiving number"), ("window", "Hour window")):
            await click(chip)
            await until(pilot, lambda: len(pilot.app.screen_stack) == 2)
            assert str(pilot.app.screen.query_one(".dialog-title").render()) == title
            await pilot.press("escape")
            await until(pilot, lambda: len(pilot.app.screen_stack) == 1)
        await click("state")
        await until(pilot, lambda: len(pilot.app.screen_stack) == 2)
        await pilot.press(*"all", "enter")
        await until(pilot, lambda: not bar.state)
        await click("search")
        await until(pilot, lambda: bar.searching)


@at_every_size
async def test_clicking_the_list_closes_the_open_message(live: Opener, size: Size) -> None:
    async with live(messages=five_messages(), size=(120, 40)) as pilot:
        await pilot.press("enter")
        await pilot.click(MessageList, offset=(20, 3))
        await pilot.resize_terminal(*size)
        await pilot.pause()
        assert inbox(pilot).query_one(MessageList).display
        assert inbox(pilot).query_one(MessageList).has_focus
