from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from itertools import count

import pytest
from support.growth import assert_as_cheap, assert_linear
from support.rows import NOW, message, presentation
from support.widgets import OneWidget, drag, lines, matches, style_of
from textual.pilot import Pilot
from textual.strip import Strip

from inbox_tui.archive import Row
from inbox_tui.archive.team_states import MINE, TAKEN
from inbox_tui.text.search_query import parse_query
from inbox_tui.widgets.message_view import MessageView
from inbox_tui.widgets.presentation import Presentation

Mounted = tuple[MessageView, Pilot[None], OneWidget[MessageView]]
LONG = "\n".join(f"line {number}" for number in range(1, 101))


@asynccontextmanager
async def mounted(
    row: Row | None = None,
    *,
    size: tuple[int, int] = (50, 16),
    shown_by: Presentation | None = None,
) -> AsyncIterator[Mounted]:
    view = MessageView(shown_by or presentation())
    app = OneWidget(view)
    async with app.run_test(size=size) as pilot:
        view.focus()
        view.show(row)
        await pilot.pause()
        yield view, pilot, app


def text_of(view: MessageView) -> list[str]:
    """Return its lines without the margin, and without the empty lines at the end."""
    shown = [line.removeprefix(" ") for line in lines(view)]
    while shown and not shown[-1]:
        shown.pop()
    return shown


# -- what it shows


async def test_a_message_shows_its_fields_in_a_column_and_its_text_below() -> None:
    row = message(1000, phone="79991234567", message="Your code is 481516. Do not tell.")
    async with mounted(row) as (view, _, _):
        assert text_of(view) == [
            "From      +7 999 123-45-67",
            "To        +7 911 000-00-01",
            "Received  today 10:42:00",
            "Code      481 516     c\N{NO-BREAK SPACE}copies",
            "",
            "Your code is 481516. Do not tell.",
        ]


@pytest.mark.parametrize(
    ("width", "shown"),
    [
        (50, ["From      Pickup point  +7 916 000-11-22"]),
        (40, ["From      Pickup point", "          +7 916 000-11-22"]),
    ],
)
async def test_sender_name_is_left_of_its_number_or_above_it_in_a_narrow_view(
    width: int, shown: list[str]
) -> None:
    async with mounted(message(1000, phone="79160001122"), size=(width, 12)) as (view, _, _):
        assert text_of(view)[: len(shown)] == shown


async def test_the_time_sent_is_shown_only_if_delivery_took_long() -> None:
    received = message(1000).received
    async with mounted(message(1000, sent=received - 5)) as (view, pilot, _):
        assert not [line for line in text_of(view) if line.startswith("Sent")]
        view.show(message(1000, sent=received - 86400 - 1))
        await pilot.pause()
        assert "Sent      yesterday 10:41:59" in text_of(view)


async def test_links_are_listed_with_their_hosts_in_bold_and_a_key_on_the_first() -> None:
    text = "Pay https://pay.example.com/i/8812 or https://example.org/x"
    async with mounted(message(1, message=text), size=(70, 16)) as (view, _, _):
        shown = text_of(view)
        assert shown[3] == "Link      https://pay.example.com/i/8812   o\N{NO-BREAK SPACE}opens"
        assert shown[4] == "Link      https://example.org/x"
        assert style_of(view, "pay.example.com").bold
        assert style_of(view, "https://pay.example.com/i/8812").underline


async def test_a_long_link_is_wrapped_and_still_shows_its_key() -> None:
    text = "https://shop.example.com/orders/5512?from=sms&utm_source=message"
    row = message(1, message=text, phone="BANK")
    async with mounted(row, size=(40, 16)) as (view, _, _):
        assert text_of(view)[3:7] == [
            "Link      https://shop.example.com/ord",
            "          ers/5512?from=sms&utm_source",
            "          =message   o\N{NO-BREAK SPACE}opens",
            "",
        ]


async def test_a_lookalike_host_is_also_shown_in_punycode() -> None:
    async with mounted(message(1, message="https://аpple.com/x"), size=(60, 12)) as (view, _, _):
        assert any(line.startswith("          really xn--") for line in text_of(view))


async def test_the_code_and_the_links_are_marked_in_the_text() -> None:
    text = "Code: 7741 at https://a.example.com now"
    async with mounted(message(1, message=text), size=(60, 16)) as (view, _, _):
        body = view.render_lines(view.region.size.region)[6]
        marked = {segment.text: segment.style for segment in body if segment.style}
        assert marked["7741"].bold
        assert marked["7741"].underline
        assert marked["https://a.example.com"].underline
        assert not marked[" now"].underline


async def test_line_breaks_and_empty_lines_of_a_text_are_kept() -> None:
    async with mounted(message(1, message="One\n\nTwo\r\nThree")) as (view, _, _):
        assert text_of(view)[-4:] == ["One", "", "Two", "Three"]


@pytest.mark.parametrize("size", [(120, 40), (40, 12), (12, 3), (3, 1)])
async def test_every_line_is_as_wide_as_the_view(size: tuple[int, int]) -> None:
    async with mounted(size=size) as (view, pilot, _):
        for text in ("日本語" * 40, "слово " * 40, "e\u0301" * 300, "👩\u200d👧" * 50, ""):
            view.show(message(1, message=text))
            await pilot.pause()
            for strip in view.render_lines(view.region.size.region):
                assert Strip(strip).cell_length == size[0]


async def test_search_matches_are_marked_in_sender_receiver_and_text() -> None:
    row = message(1, phone="79160001122", message="Pick it up\nat the pickup point")
    search = parse_query("pick", NOW, {})
    async with mounted(row) as (view, pilot, _):
        assert matches(view) == []
        view.show(row, search)
        await pilot.pause()
        assert matches(view) == ["Pick", "Pick", "pick"]
        view.show(row, parse_query("to:911 from:1122", NOW, {}))
        await pilot.pause()
        assert matches(view) == ["11-22", "911"]
        view.show(row)
        await pilot.pause()
        assert matches(view) == []


async def test_message_states_are_shown_and_changing_them_does_not_scroll() -> None:
    row = message(1, message=LONG)
    async with mounted(row) as (view, pilot, _):
        assert not [line for line in text_of(view) if line.startswith("State")]
        await pilot.press("j", "j")
        view.show(row._replace(starred=True, done=True, muted=True))
        await pilot.pause()
        assert view.scroll_offset.y == 2
        assert "State     ★ starred  ✓ done  sender muted" in text_of(view)
        for taken, told in ((MINE, "◆ yours"), (TAKEN, "◇ taken")):
            view.show(row._replace(taken=taken))
            await pilot.pause()
            assert f"State     {told}" in text_of(view)


async def test_the_view_says_if_no_message_is_selected() -> None:
    async with mounted(message(1)) as (view, pilot, _):
        view.show(None)
        await pilot.pause()
        assert [line.strip() for line in lines(view) if line.strip()] == ["No message selected"]
        assert view.row is None


async def test_today_becomes_yesterday_without_a_restart() -> None:
    now = [NOW]
    shown_by = presentation()
    shown_by._clock = lambda: now[0]
    async with mounted(message(1000), shown_by=shown_by) as (view, pilot, _):
        now[0] += timedelta(days=1)
        view.rewrite()
        await pilot.pause()
        assert "Received  yesterday 10:42:00" in text_of(view)


async def test_another_message_is_shown_from_the_top() -> None:
    async with mounted(message(1, message=LONG)) as (view, pilot, _):
        await pilot.press("end")
        view.show(message(2, message=LONG))
        await pilot.pause()
        assert text_of(view)[0].startswith("From")


async def test_text_is_wrapped_again_when_the_width_changes() -> None:
    async with mounted(message(1, message="слово " * 20), size=(80, 16)) as (view, pilot, _):
        await pilot.resize_terminal(30, 16)
        await pilot.pause()
        assert text_of(view)[-1] == "слово слово слово слово"


# -- scrolling


@pytest.mark.parametrize(
    ("keys", "first"),
    [
        ("j", "To"),
        ("down", "To"),
        ("j j k", "To"),
        ("j up", "From"),
        ("k", "From"),
        ("space", "line 12"),
        ("pagedown", "line 12"),
        ("space pageup", "From"),
        ("G g", "From"),
        ("end home", "From"),
        ("G", "line 85"),
        ("end space", "line 85"),
    ],
)
async def test_keys_scroll_a_long_message(keys: str, first: str) -> None:
    async with mounted(message(1, message=LONG)) as (view, pilot, _):
        await pilot.press(*keys.split())
        await pilot.pause()
        assert text_of(view)[0].startswith(first)


# -- selecting


async def test_text_selection_is_visible_and_is_cleared_with_the_message() -> None:
    async with mounted(message(1, message="Your code is 481516. Bye")) as (view, pilot, app):
        before = style_of(view, "481516").bgcolor
        await drag(pilot, view, (1 + 13, 5), (1 + 18, 5))
        assert app.screen.get_selected_text() == "481516"
        assert style_of(view, "481516").bgcolor != before
        assert style_of(view, "Your code is ").bgcolor == before
        view.show(message(2))
        await pilot.pause()
        assert app.screen.get_selected_text() is None


async def test_selected_text_has_no_line_breaks_from_wrapping() -> None:
    text = "https://shop.example.com/" + "x" * 60 + " end"
    async with mounted(message(1, message="a\n" + text), size=(40, 16)) as (view, pilot, app):
        body = text_of(view).index("a")
        await drag(pilot, view, (1, body), (30, body + 3))
        assert app.screen.get_selected_text() == "a\n" + text


# -- cost


@pytest.mark.parametrize("character", ["x", "я", "語"])
async def test_long_text_without_spaces_is_drawn_as_fast_as_text_with_spaces(
    character: str,
) -> None:
    async with mounted(size=(60, 30)) as (view, _, _):
        numbers = count()

        def show(text: str) -> None:
            view.show(message(next(numbers), message=text))
            lines(view)

        words = (character * 6 + " ") * 3_000
        assert_as_cheap(lambda: show(character * 21_000), lambda: show(words), 3)
        assert_linear(show, lambda times: character * times, 1_300)


async def test_switching_between_short_messages_causes_no_layout() -> None:
    async with mounted(message(1, message="one")) as (view, pilot, _):
        laid_out = view._layout_updates
        view.show(message(2, message="two\nthree"))
        await pilot.pause()
        assert view._layout_updates == laid_out
        assert text_of(view)[-1] == "three"


async def test_a_message_set_while_the_view_is_hidden_appears_when_it_is_shown() -> None:
    async with mounted() as (view, pilot, _):
        view.display = False
        await pilot.pause()
        view.show(message(1, message=LONG))
        await pilot.pause()
        view.display = True
        await pilot.pause()
        assert text_of(view)[4:6] == ["line 1", "line 2"]
        assert view.max_scroll_y == 104 - 16
