from __future__ import annotations

import pytest
from support.growth import assert_as_cheap
from support.message_list import (
    HEIGHT,
    WIDTH,
    cursor_line,
    line_of_cursor,
    mounted,
    shown_id,
)
from support.rows import (
    NEWEST,
    ManyMessages,
    Messages,
    message,
    presentation,
)
from support.widgets import OneWidget, background, lines, style_of
from textual.events import MouseScrollDown
from textual.geometry import Region
from textual.pilot import Pilot

from inbox_tui.archive import Row
from inbox_tui.widgets.message_list import MessageList


class Painted:
    """Records which lines of a list are repainted."""

    def __init__(self, messages: MessageList, monkeypatch: pytest.MonkeyPatch) -> None:
        self.lines: list[int] = []
        refresh = messages.refresh

        def noted(*regions: Region, **options: bool) -> MessageList:
            for region in regions or [messages.size.region]:
                self.lines += region.line_range
            return refresh(*regions, **options)

        monkeypatch.setattr(messages, "refresh", noted)


async def turn_wheel(pilot: Pilot[None], messages: MessageList, notches: int) -> None:
    for _ in range(notches):
        messages.post_message(MouseScrollDown(messages, 20, 4, 0, 1, 0, False, False, False, 20, 4))
    await pilot.pause()


# -- moving


async def test_each_move_announces_the_message_under_the_cursor() -> None:
    async with mounted(Messages.numbered()) as (_, pilot, app):
        await pilot.press("j", "j", "G", "k")
        await pilot.pause()
        told = [m.row.id for m in app.posted_of(MessageList.Highlighted) if m.row]
        assert told == [NEWEST, NEWEST - 1, NEWEST - 2, NEWEST - 99, NEWEST - 98]


async def test_enter_opens_the_message_under_the_cursor() -> None:
    async with mounted(Messages.numbered()) as (_, pilot, app):
        await pilot.press("j", "enter")
        await pilot.pause()
        assert [m.row.id for m in app.posted_of(MessageList.Opened)] == [NEWEST - 1]


async def test_paging_scrolls_the_list_and_keeps_the_cursor_on_its_screen_line() -> None:
    async with mounted(Messages.numbered()) as (messages, pilot, _):
        await pilot.press("j", "j", "pagedown")
        assert line_of_cursor(messages) == 2


async def test_jumping_to_a_message_out_of_view_centres_it() -> None:
    async with mounted(Messages.numbered()) as (messages, pilot, _):
        messages.move_to(message(950).row)
        await pilot.pause()
        assert shown_id(messages) == 950
        assert line_of_cursor(messages) == HEIGHT // 2


async def test_jumping_to_a_visible_message_does_not_scroll() -> None:
    async with mounted(Messages.numbered()) as (messages, pilot, _):
        messages.move_to(message(NEWEST - 5).row)
        await pilot.pause()
        assert messages.scroll_offset.y == 0
        assert shown_id(messages) == NEWEST - 5


async def test_jumping_to_a_missing_message_selects_the_next_older_one() -> None:
    source = Messages(row for row in Messages.numbered().items if row != message(998))
    async with mounted(source) as (messages, _, _):
        messages.move_to(message(998).row)
        assert shown_id(messages) == 997


async def test_moves_in_an_empty_list_do_nothing() -> None:
    async with mounted(Messages([])) as (messages, pilot, app):
        await pilot.press("j", "k", "G", "g", "pagedown", "pageup", "enter")
        messages.move_to(0)
        await pilot.pause()
        assert messages.row is None
        assert [m for m in app.posted if not isinstance(m, MessageList.Highlighted)] == []


# -- a million messages


async def test_the_end_of_a_million_messages_is_one_key_away() -> None:
    async with mounted(ManyMessages(1_000_000)) as (messages, pilot, _):
        await pilot.press("G")
        await pilot.pause()
        assert shown_id(messages) == 1
        assert cursor_line(messages) == lines(messages)[-1]
        assert messages.scroll_offset.y == 1_000_000 - HEIGHT
        bar = messages.vertical_scrollbar
        assert bar.position == 1_000_000 - HEIGHT
        assert (bar.window_size, bar.window_virtual_size) == (HEIGHT, 1_000_000)
        await pilot.press("g")
        assert shown_id(messages) == 1_000_000


async def test_the_first_frame_reads_at_most_a_screenful_of_messages() -> None:
    source = ManyMessages(1_000_000)
    async with mounted(source):
        assert source.rows_read <= HEIGHT


async def test_moving_by_one_repaints_only_the_two_rows_that_change(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with mounted(Messages.numbered()) as (messages, pilot, _):
        await pilot.press("j", "j")
        await pilot.pause()
        painted = Painted(messages, monkeypatch)
        await pilot.press("j")
        await pilot.pause()
        assert sorted(set(painted.lines)) == [2, 3]


async def test_a_frame_takes_as_long_with_a_million_messages_as_with_a_hundred() -> None:
    size = (120, 40)
    async with (
        mounted(ManyMessages(1_000_000), size=size) as (many, _, _),
        mounted(ManyMessages(100), size=size) as (few, _, _),
    ):

        def move(messages: MessageList) -> None:
            messages.action_move(1)
            lines(messages)

        assert_as_cheap(lambda: move(many), lambda: move(few), 3)


# -- new messages


async def test_following_selects_the_newest_message_as_it_arrives() -> None:
    async with mounted(Messages.numbered()) as (messages, pilot, app):
        messages.following = True
        messages.show(Messages.numbered(NEWEST + 2))
        await pilot.pause()
        assert shown_id(messages) == NEWEST + 2
        assert messages.newer == 0
        told = [m.row.id for m in app.posted_of(MessageList.Highlighted) if m.row]
        assert told == [NEWEST, NEWEST + 2]


async def test_newer_messages_are_counted_until_the_top_is_visible() -> None:
    async with mounted(Messages.numbered()) as (messages, pilot, app):
        await pilot.press("pagedown")
        messages.show(Messages.numbered(NEWEST + 1))
        messages.show(Messages.numbered(NEWEST + 3))
        assert messages.newer == 3
        await pilot.press("g")
        await pilot.pause()
        assert messages.newer == 0
        assert len(app.posted_of(MessageList.NewerChanged)) == 3


async def test_newer_messages_are_not_counted_if_the_whole_list_is_visible() -> None:
    async with mounted(Messages.numbered(NEWEST, NEWEST - 2)) as (messages, pilot, _):
        await pilot.press("j")
        messages.show(Messages.numbered(NEWEST + 1, NEWEST - 2))
        await pilot.pause()
        assert shown_id(messages) == NEWEST - 1
        assert messages.newer == 0


async def test_replacing_the_list_without_keep_selects_the_newest_message() -> None:
    async with mounted(Messages.numbered()) as (messages, pilot, _):
        await pilot.press("G")
        messages.show(Messages.numbered(NEWEST, NEWEST - 49), keep=False)
        await pilot.pause()
        assert shown_id(messages) == NEWEST
        assert messages.scroll_offset.y == 0


async def test_nothing_is_selected_when_the_list_becomes_empty() -> None:
    async with mounted(Messages.numbered()) as (messages, pilot, app):
        await pilot.press("G")
        messages.show(Messages([]))
        await pilot.pause()
        assert messages.row is None
        assert app.posted[-1].row is None
        assert not any(lines(messages)[1:])


async def test_changing_the_read_flag_repaints_only_that_row(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with mounted(Messages.numbered()) as (messages, pilot, app):
        await pilot.press("j", "j")
        await pilot.pause()
        app.posted.clear()
        rows = [row._replace(unread=False) if row.id == 996 else row for row in _rows()]
        painted = Painted(messages, monkeypatch)
        messages.show(Messages(rows))
        await pilot.pause()
        assert set(painted.lines) == {NEWEST - 996}
        assert lines(messages)[NEWEST - 996][1] == " "
        assert app.posted == []


def _rows() -> list[Row]:
    return [row for row in Messages.numbered().items if isinstance(row, Row)]


# -- other sizes


async def test_a_hidden_list_keeps_its_selection_while_messages_arrive() -> None:
    async with mounted(Messages.numbered()) as (messages, pilot, _):
        await pilot.press("j", "j", "j")
        messages.display = False
        await pilot.pause()
        messages.show(Messages.numbered(NEWEST + 3))
        await pilot.pause()
        messages.display = True
        await pilot.pause()
        assert shown_id(messages) == NEWEST - 3
        assert "08:42" in cursor_line(messages)
        assert line_of_cursor(messages) == 3
        assert all(lines(messages))


async def test_messages_set_on_mount_fill_the_list() -> None:
    messages = MessageList(presentation())

    class Early(OneWidget[MessageList]):
        def on_mount(self) -> None:
            messages.show(Messages.numbered())

    async with Early(messages).run_test(size=(WIDTH, HEIGHT)) as pilot:
        await pilot.pause()
        assert all(lines(messages))
        assert shown_id(messages) == NEWEST


# -- the mouse


async def test_a_click_selects_a_message_and_a_double_click_opens_it() -> None:
    async with mounted(Messages.numbered()) as (messages, pilot, app):
        await pilot.click(messages, offset=(20, 3))
        assert shown_id(messages) == NEWEST - 3
        assert not app.posted_of(MessageList.Opened)
        await pilot.double_click(messages, offset=(20, 5))
        await pilot.pause()
        assert [m.row.id for m in app.posted_of(MessageList.Opened)] == [NEWEST - 5]


async def test_a_click_below_the_messages_does_nothing() -> None:
    async with mounted(Messages.numbered(NEWEST, NEWEST - 2)) as (messages, pilot, app):
        await pilot.double_click(messages, offset=(20, 8))
        await pilot.pause()
        assert shown_id(messages) == NEWEST
        assert not app.posted_of(MessageList.Opened)


async def test_the_row_under_the_mouse_is_highlighted_even_after_scrolling() -> None:
    async with mounted(Messages.numbered()) as (messages, pilot, _):
        await pilot.hover(messages, offset=(20, 4))
        assert messages.hover == 4
        await turn_wheel(pilot, messages, 1)
        await pilot.pause()
        assert messages.hover == 4 + messages.scroll_offset.y
        marked = background(messages, 4)
        assert marked != background(messages, 3) == background(messages, 6)


# -- colours


async def test_the_cursor_has_a_symbol_even_if_the_list_is_not_focused() -> None:
    async with mounted(Messages.numbered()) as (messages, pilot, app):
        focused = style_of(messages, "ok").bgcolor
        app.set_focus(None)
        await pilot.pause()
        assert lines(messages)[0].startswith("▌")
        blurred = style_of(messages, "ok").bgcolor
        assert focused != blurred


async def test_without_colours_the_cursor_row_is_in_reverse_video(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with mounted(Messages.numbered()) as (messages, _, _):
        assert style_of(messages, "ok").reverse
        assert not style_of(messages, "TINKOFF").reverse


async def test_a_new_theme_is_drawn_at_once() -> None:
    async with mounted(Messages.numbered()) as (messages, pilot, app):
        before = style_of(messages, "TINKOFF")
        app.theme = "textual-light"
        await pilot.pause()
        assert style_of(messages, "TINKOFF").bgcolor != before.bgcolor
