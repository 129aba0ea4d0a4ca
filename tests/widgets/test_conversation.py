from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.rows import NEWEST, NOW, Messages, message, presentation
from support.widgets import OneWidget, drag, line_with, lines, style_of
from textual.events import MouseScrollUp
from textual.pilot import Pilot

from inbox_tui.archive import Row
from inbox_tui.text.search_query import parse_query
from inbox_tui.widgets.conversation import Conversation

Mounted = tuple[Conversation, Pilot[None], OneWidget[Conversation]]
PHONE = "79991234567"
LONG = " ".join(f"word{number}" for number in range(200))


def conversation_of(*rows: Row, **more: Any) -> Messages:
    return Messages(rows, days=True, oldest_first=True, **more)


def said(number: int, text: str | None = None, **changes: object) -> Row:
    changes = {"phone": PHONE, "unread": False, **changes}
    return message(number, message=text or f"Message {number}", **changes)


def rows(count: int, text: str | None = None) -> list[Row]:
    return [said(number, text) for number in range(NEWEST - count + 1, NEWEST + 1)]


def talk(count: int, text: str | None = None) -> Messages:
    return conversation_of(*rows(count, text))


@asynccontextmanager
async def mounted(
    source: Messages, row: Row | None = None, *, size: tuple[int, int] = (60, 12)
) -> AsyncIterator[Mounted]:
    conversation = Conversation(presentation())
    app = OneWidget(conversation, Conversation.Highlighted, Conversation.NewerChanged)
    async with app.run_test(size=size) as pilot:
        conversation.focus()
        conversation.show(source, None if row is None else row.row)
        await pilot.pause()
        yield conversation, pilot, app


def cursor_lines(conversation: Conversation) -> list[str]:
    return [line[1:].strip() for line in lines(conversation) if line.startswith("▌")]


async def test_messages_are_shown_in_full_oldest_first_under_their_days() -> None:
    texts = [
        said(NEWEST - 40, "Здравствуйте!\nЗаказ 5512 уже отправили?"),
        said(NEWEST - 1, "Your code is 481516. Do not tell it to anyone, not even to us."),
        said(NEWEST, "ok", unread=True),
    ]
    async with mounted(conversation_of(*texts), size=(40, 12)) as (conversation, _, _):
        assert lines(conversation)[:10] == [
            "── +7 999 123-45-67 ───────────────────",
            "── yesterday ──────────────────────────",
            "   08:02  Здравствуйте!",
            "          Заказ 5512 уже отправили?",
            "── today ──────────────────────────────",
            "   10:02  Your code is 481516. Do not",
            "          tell it to anyone, not even",
            "          to us.",
            "▌● 10:42  ok",
            "",
        ]


async def test_the_top_line_shows_the_name_and_number_of_the_sender() -> None:
    source = conversation_of(said(NEWEST, phone="79160001122"))
    async with mounted(source) as (conversation, _, _):
        top = lines(conversation)[0]
        assert top.startswith("── Pickup point  +7 916 000-11-22 ──")


async def test_the_top_line_shows_the_day_unless_the_line_below_shows_it() -> None:
    async with mounted(talk(100)) as (conversation, pilot, _):
        assert lines(conversation)[0].endswith("─ today ──")
        await pilot.press("home")
        top, first, *_ = lines(conversation)
        assert first.startswith("── Thursday 19 November ──")
        assert "Thursday" not in top
        conversation.scroll_to(y=1, animate=False)
        await pilot.pause()
        assert lines(conversation)[0].endswith("─ Thursday 19 November ──")


async def test_codes_and_links_are_marked_in_the_transcript() -> None:
    source = conversation_of(said(NEWEST, "Code 481516, see https://example.com/a"))
    async with mounted(source) as (conversation, _, _):
        assert style_of(conversation, "481516").bold
        assert style_of(conversation, "https://example.com/a").underline


async def test_receiving_numbers_are_shown_if_there_are_several_and_they_fit() -> None:
    conversation = Conversation(presentation(**{"79110000001": "Orders"}))
    said_there = said(NEWEST - 1, "And here?", to_phone="79110000002")
    numbers = ["79110000001", "79110000002"]
    source = conversation_of(said(NEWEST, "Hello there"), said_there, receivers=numbers)
    async with OneWidget(conversation).run_test(size=(70, 8)) as pilot:
        conversation.show(source)
        assert "▌  10:42  Orders      Hello there" in lines(conversation)
        assert "   10:02  0002        And here?" in lines(conversation)
        await pilot.resize_terminal(50, 8)
        await pilot.pause()
        assert "▌  10:42  Hello there" in lines(conversation)


async def test_message_states_are_shown_beside_the_time() -> None:
    states = [
        said(NEWEST - 2, "one", unread=True, starred=True),
        said(NEWEST - 1, "two", starred=True, done=True),
        said(NEWEST, "three", done=True),
    ]
    async with mounted(conversation_of(*states)) as (conversation, _, _):
        assert lines(conversation)[2:5] == [" ●★09:22  one", "  ★10:02✓ two", "▌ ✓10:42  three"]


async def test_search_matches_are_marked_in_the_conversation() -> None:
    query = parse_query("заказ", NOW, {})
    source = conversation_of(said(NEWEST, "Где мой заказ?"), search=query)
    async with mounted(source) as (conversation, _, _):
        plain = style_of(conversation, "Где мой ").bgcolor
        assert style_of(conversation, "заказ").bgcolor != plain


async def test_the_conversation_opens_at_the_given_message_and_selects_it() -> None:
    async with mounted(talk(500), said(NEWEST - 300)) as (conversation, _, _):
        assert conversation.row == said(NEWEST - 300)
        assert any("Message 700" in line for line in cursor_lines(conversation))


async def test_up_and_down_move_between_messages_across_days() -> None:
    async with mounted(talk(60)) as (conversation, pilot, app):
        for number in range(NEWEST - 1, NEWEST - 50, -1):
            await pilot.press("up")
            assert conversation.row == said(number)
            assert any(f"Message {number}" in line for line in cursor_lines(conversation))
        await pilot.press("down")
        assert conversation.row == said(NEWEST - 48)
        assert all(event.moved for event in app.posted[1:])


async def test_down_scrolls_through_a_message_longer_than_the_screen() -> None:
    source = conversation_of(said(NEWEST - 2), said(NEWEST - 1, LONG), said(NEWEST))
    async with mounted(source, said(NEWEST - 2)) as (conversation, pilot, _):
        await pilot.press("down")
        read = set()
        while conversation.row == said(NEWEST - 1, LONG):
            read |= set(" ".join(lines(conversation)).split())
            await pilot.press("down")
        assert conversation.row == said(NEWEST)
        assert read >= set(LONG.split())


async def test_paging_reaches_both_ends_and_keeps_the_selection_visible() -> None:
    async with mounted(talk(100)) as (conversation, pilot, _):
        for key, end in (("pageup", NEWEST - 99), ("pagedown", NEWEST)):
            for _ in range(20):
                await pilot.press(key)
                assert cursor_lines(conversation)
            assert conversation.row == said(end)


async def test_home_and_end_select_the_oldest_and_the_newest_message() -> None:
    async with mounted(talk(100)) as (conversation, pilot, _):
        await pilot.press("home")
        assert conversation.row == said(NEWEST - 99)
        assert lines(conversation)[1].startswith("── ")
        await pilot.press("end")
        assert conversation.row == said(NEWEST)


async def test_a_new_message_appears_at_once_if_there_is_room_below() -> None:
    async with mounted(talk(2)) as (conversation, _, _):
        conversation.show(conversation_of(*rows(2), said(NEWEST + 1)))
        assert any("Message 1001" in line for line in lines(conversation))
        assert conversation.row == said(NEWEST)


async def test_a_click_selects_the_message_under_the_mouse() -> None:
    async with mounted(talk(50)) as (conversation, pilot, _):
        y = line_with(conversation, "Message 995")
        await pilot.click(conversation, offset=(20, y))
        assert conversation.row == said(995)


async def test_text_selection_contains_only_the_text_of_messages() -> None:
    source = conversation_of(said(1, "Заказ 5512 готов"), said(2, "Адрес:\nул. Садовая, 6"))
    async with mounted(source) as (conversation, pilot, app):
        first, last = line_with(conversation, "5512"), line_with(conversation, "Садовая")
        drawn = lines(conversation)
        at = drawn[first].index("5512")
        await drag(pilot, conversation, (at, first), (at + 3, first))
        assert app.screen.get_selected_text() == "5512"
        assert style_of(conversation, "5512").bgcolor != style_of(conversation, " готов").bgcolor
        end = drawn[last].index("Садовая") + len("Садовая") - 1
        await drag(pilot, conversation, (at, first), (end, last))
        assert app.screen.get_selected_text() == "5512 готов\nАдрес:\nул. Садовая"
        conversation.clear()
        await pilot.pause()
        assert app.screen.get_selected_text() is None


async def test_a_double_click_selects_the_text_of_one_message() -> None:
    async with mounted(talk(50)) as (conversation, pilot, app):
        y = line_with(conversation, "Message 995")
        await pilot.click(conversation, offset=(20, y), times=2)
        assert app.screen.get_selected_text() == "Message 995"


async def test_the_selection_moves_to_stay_visible_when_the_wheel_scrolls() -> None:
    async with mounted(talk(50)) as (conversation, pilot, _):
        for _ in range(10):
            await pilot._post_mouse_events([MouseScrollUp], conversation, button=0)
        assert not any("Message 1000" in line for line in lines(conversation))
        assert cursor_lines(conversation)


async def test_scrolling_reaches_the_oldest_and_the_newest_message() -> None:
    async with mounted(talk(500)) as (conversation, pilot, _):
        assert conversation.scroll_y == conversation.max_scroll_y
        conversation.scroll_to(y=0, animate=False)
        await pilot.pause()
        assert any("Message 501" in line for line in lines(conversation))
        conversation.scroll_to(y=conversation.max_scroll_y, animate=False)
        await pilot.pause()
        assert any("Message 1000" in line for line in lines(conversation))


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (40, 12), (200, 50), (12, 3)])
async def test_a_conversation_fits_terminals_of_every_size(size: tuple[int, int]) -> None:
    async with mounted(talk(60, LONG), said(NEWEST - 30, LONG), size=size) as (conversation, _, _):
        drawn = conversation.render_lines(conversation.region.size.region)
        assert len(drawn) == size[1]
        assert all(strip.cell_length == size[0] for strip in drawn)
        assert cursor_lines(conversation)


async def test_changing_the_width_keeps_the_selected_message_visible() -> None:
    async with mounted(talk(60, LONG), said(NEWEST - 30, LONG)) as (conversation, pilot, _):
        for width in (200, 30, 80):
            await pilot.resize_terminal(width, 12)
            await pilot.pause()
            assert conversation.row == said(NEWEST - 30, LONG)
            assert cursor_lines(conversation)


async def test_the_selected_message_stays_visible_whatever_keys_are_pressed() -> None:
    async with mounted(talk(0)) as (conversation, pilot, _):

        @settings(max_examples=60, deadline=None)
        @given(
            st.lists(st.integers(1, 60), min_size=1, max_size=30),
            st.lists(st.sampled_from(["move(-1)", "move(1)", "page(-1)", "page(1)"]), max_size=12),
            st.integers(0, 29),
        )
        def check(lengths: list[int], actions: list[str], at: int) -> None:
            written = [
                said(NEWEST - number * 7, "word " * length * 5)
                for number, length in enumerate(lengths)
            ]
            conversation.show(conversation_of(*written), written[at % len(written)].row)
            for action in actions:
                name, _, step = action.partition("(")
                getattr(conversation, f"action_{name}")(int(step[:-1]))
                assert conversation.row in written
                assert cursor_lines(conversation)
                filled = len(conversation._transcript.lines)
                every = range(len(conversation._transcript))
                whole = sum(map(conversation._transcript.height, every))
                assert filled == min(whole, conversation._transcript.room)

        check()
        await pilot.pause()
