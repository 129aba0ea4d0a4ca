from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import pytest
from rich.cells import cell_len
from support.growth import assert_as_cheap
from support.rows import (
    NEWEST,
    NOW,
    ManyMessages,
    Messages,
    message,
    presentation,
    server_seconds,
)
from support.widgets import OneWidget, background, lines, style_of
from textual.events import MouseScrollDown
from textual.geometry import Region
from textual.pilot import Pilot
from textual.strip import Strip

from inbox_tui.archive import Gap, Row
from inbox_tui.text import sanitize
from inbox_tui.widgets.message_list import MessageList
from inbox_tui.widgets.presentation import Presentation

WIDTH, HEIGHT = 80, 12
MESSAGES = (MessageList.Highlighted, MessageList.Opened, MessageList.NewerChanged)
Stage = tuple[MessageList, Pilot[None], OneWidget[MessageList]]


@asynccontextmanager
async def staged(
    source: Messages | None = None,
    *,
    size: tuple[int, int] = (WIDTH, HEIGHT),
    shown_by: Presentation | None = None,
) -> AsyncIterator[Stage]:
    messages = MessageList(shown_by or presentation())
    app = OneWidget(messages, *MESSAGES)
    async with app.run_test(size=size) as pilot:
        messages.focus()
        if source is not None:
            messages.show(source)
        await pilot.pause()
        yield messages, pilot, app


class Painted:
    """Which lines of a list are painted from now on."""

    def __init__(self, messages: MessageList, monkeypatch: pytest.MonkeyPatch) -> None:
        self.lines: list[int] = []
        paint = messages.render_line

        def noted(y: int) -> Strip:
            self.lines.append(y)
            return paint(y)

        monkeypatch.setattr(messages, "render_line", noted)


async def turn_wheel(pilot: Pilot[None], messages: MessageList, notches: int) -> None:
    for _ in range(notches):
        messages.post_message(MouseScrollDown(messages, 20, 4, 0, 1, 0, False, False, False, 20, 4))
    await pilot.pause()


def shown_id(messages: MessageList) -> int | None:
    return None if messages.row is None else messages.row.id


def cursor_line(messages: MessageList) -> str:
    marked = [line for line in lines(messages) if line.startswith("▌")]
    assert len(marked) == 1
    return marked[0]


# -- what a row shows


async def test_a_row_shows_time_sender_and_text_in_columns() -> None:
    async with staged(Messages.numbered()) as (messages, _, _):
        assert lines(messages)[:7] == [
            "▌● 10:42   +7 999 123-45-67  ok",
            "   10:02   +380 44 123 4567  Счёт: https://pay.example.com/i/8812 до пятницы",
            "   09:22   TINKOFF           Добрый день!⏎Буду в 15:30, подождите меня, пожалу…",
            "   08:42   +7 903 111-22-33  Ваш код: 7741",
            " ● 08:02   Pickup point      Оплата 1 250 руб. прошла",
            "   07:22   +7 999 123-45-67  Заказ 5512 готов к выдаче по адресу ул. Ленина, 5",
            "   06:42   +380 44 123 4567  Your code is 481516. Do not tell it to anyone.",
        ]


async def test_at_forty_columns_every_row_still_has_its_time_sender_and_text() -> None:
    async with staged(Messages.numbered(), size=(40, 12)) as (messages, _, _):
        assert lines(messages)[1:5] == [
            "   10:02  …80441234567 Счёт: https://p…",
            "   09:22  TINKOFF      Добрый день!⏎Бу…",
            "   08:42  +79031112233 Ваш код: 7741",
            " ● 08:02  Pickup point Оплата 1 250 ру…",
        ]


async def test_a_code_that_would_be_cut_off_is_shown_and_what_comes_before_it_is_cut() -> None:
    source = Messages([message(1, message="Никому не говорите этот код: 481516, и банку тоже")])
    async with staged(source, size=(40, 5)) as (messages, _, _):
        assert lines(messages)[0].endswith(" …тот код: 481516…")
        assert style_of(messages, "481516").underline


async def test_what_is_cut_before_a_code_leaves_no_part_of_an_emoji_that_does_not_show() -> None:
    england = "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"
    emoji = f"{england}👩\u200d👩\u200d👧🇷🇺👍🏽❤️"
    source = Messages(
        message(number, message=f"{'x' * number}{emoji * 3} Your code is 481516")
        for number in range(30)
    )
    async with staged(source, size=(60, 30)) as (messages, _, _):
        for line in lines(messages):
            assert "481516" in line
            assert sanitize(line) == line
            assert cell_len(line) <= 60


async def test_an_unread_message_is_marked_by_a_sign_and_in_bold() -> None:
    rows = [message(2, phone="BANK", unread=True), message(1, phone="SHOP", unread=False)]
    async with staged(Messages(rows)) as (messages, _, _):
        unread, read = lines(messages)[:2]
        assert unread[1] == "●"
        assert read[1] == " "
        assert style_of(messages, "BANK").bold
        assert not style_of(messages, "SHOP").bold


async def test_the_code_is_bold_and_underlined_and_nothing_else_of_the_text_is() -> None:
    source = Messages([message(2), message(1, message="Your code is 481516. Keep it.")])
    async with staged(source) as (messages, _, _):
        assert style_of(messages, "481516").bold
        assert style_of(messages, "481516").underline
        assert not style_of(messages, "Your code is").underline
        assert not style_of(messages, ". Keep it.").underline


async def test_wide_characters_do_not_push_anything_out_of_line() -> None:
    texts = [
        "日本語のメッセージ" * 9,
        "🎉🎉🎉 " * 20,
        "ok",
        "e\u0301" * 90,
        "👩\u200d👩\u200d👧 " * 30,
    ]
    source = Messages(message(number, message=text) for number, text in enumerate(texts, 1))
    async with staged(source, size=(60, 8)) as (messages, _, _):
        strips = messages.render_lines(messages.region.size.region)
        assert {strip.cell_length for strip in strips} == {60}
        assert all(Strip(strip).cell_length == 60 for strip in strips)


async def test_what_a_sender_wrote_cannot_steer_the_terminal() -> None:
    hostile = "\x1b[2J\x1b]0;title\x07[bold]x[/]\u202egnp.exe\r\n\tend"
    source = Messages([message(1, phone="\x1b[31m", message=hostile)])
    async with staged(source) as (messages, _, _):
        drawn = "".join(lines(messages))
        assert not any(character in drawn for character in "\x1b\x07\r\n\t\u202e")
        assert "[bold]x[/]" in drawn


async def test_an_empty_list_says_why_it_is_empty_and_takes_it_for_text() -> None:
    async with staged(Messages([])) as (messages, pilot, _):
        messages.empty_text = "No [b]messages[/b] here.\nOffline"
        await pilot.pause()
        drawn = [line.strip() for line in lines(messages) if line.strip()]
        assert drawn == ["No [b]messages[/b] here.", "Offline"]
        strips = messages.render_lines(messages.region.size.region)
        assert {Strip(strip).cell_length for strip in strips} == {WIDTH}
        assert messages.row is None


async def test_the_empty_text_goes_when_messages_come() -> None:
    async with staged(Messages([])) as (messages, pilot, _):
        messages.empty_text = "Nothing"
        await pilot.pause()
        messages.show(Messages.numbered())
        await pilot.pause()
        assert "Nothing" not in "".join(lines(messages))
        assert shown_id(messages) == NEWEST


async def test_a_gap_says_from_when_to_when_messages_may_be_missing() -> None:
    gap = Gap(message(997).received + 60, message(998).received - 60)
    source = Messages([*Messages.numbered().items, gap])
    async with staged(source) as (messages, pilot, app):
        told = "── messages from 22 Nov 08:43 to 22 Nov 09:21 may be missing ──"
        assert told in lines(messages)[3]
        await pilot.press("j", "j", "j", "enter")
        assert messages.row is None
        assert not [m for m in app.heard if isinstance(m, MessageList.Opened)]


async def test_a_gap_keeps_both_its_dates_at_forty_columns() -> None:
    gap = Gap(message(997).received + 60, message(998).received - 60)
    async with staged(Messages([message(998), gap, message(997)]), size=(40, 6)) as (
        messages,
        _,
        _,
    ):
        assert "22 Nov 08:43–22 Nov 09:21 missing" in lines(messages)[1]


async def test_times_are_written_again_when_the_day_is_over() -> None:
    now = [NOW]
    shown_by = presentation()
    shown_by._clock = lambda: now[0]
    async with staged(Messages.numbered(), shown_by=shown_by) as (messages, pilot, _):
        assert "10:42" in lines(messages)[0]
        now[0] += timedelta(days=1)
        messages.refresh_times()
        await pilot.pause()
        assert " Sun " in lines(messages)[0]


async def test_as_time_passes_nothing_but_the_times_that_changed_is_painted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [NOW]
    shown_by = presentation()
    shown_by._clock = lambda: now[0]
    yesterday = [message(number) for number in range(900, 903)]
    source = Messages([*Messages.numbered().items[:4], *reversed(yesterday)])
    async with staged(source, shown_by=shown_by) as (messages, _, _):
        assert [line[3:9].strip() for line in lines(messages)[:7]].count("Thu") == 3
        painted: list[Region] = []
        refresh = messages.refresh

        def noted(*regions: Region, **options: bool) -> MessageList:
            painted.extend(regions or [messages.size.region])
            return refresh(*regions, **options)

        monkeypatch.setattr(messages, "refresh", noted)
        now[0] += timedelta(minutes=1)
        messages.refresh_times()
        assert painted == []
        now[0] += timedelta(days=1)
        messages.refresh_times()
        assert painted == [Region(3, y, 6, 1) for y in range(4)]


# -- moving


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ("down", NEWEST - 1),
        ("j", NEWEST - 1),
        ("j j k", NEWEST - 1),
        ("down down up", NEWEST - 1),
        ("up", NEWEST),
        ("G", NEWEST - 99),
        ("end", NEWEST - 99),
        ("G g", NEWEST),
        ("end home", NEWEST),
        ("pagedown", NEWEST - HEIGHT + 1),
        ("pagedown pageup", NEWEST),
        ("G down", NEWEST - 99),
        ("G pagedown", NEWEST - 99),
    ],
)
async def test_keys_move_the_cursor(keys: str, expected: int) -> None:
    async with staged(Messages.numbered()) as (messages, pilot, _):
        await pilot.press(*keys.split())
        assert shown_id(messages) == expected
        assert cursor_line(messages)


async def test_each_move_tells_what_the_cursor_is_on() -> None:
    async with staged(Messages.numbered()) as (_, pilot, app):
        await pilot.press("j", "j", "G", "k")
        await pilot.pause()
        told = [m.row.id for m in app.heard if isinstance(m, MessageList.Highlighted) and m.row]
        assert told == [NEWEST, NEWEST - 1, NEWEST - 2, NEWEST - 99, NEWEST - 98]


async def test_enter_opens_the_message_under_the_cursor() -> None:
    async with staged(Messages.numbered()) as (_, pilot, app):
        await pilot.press("j", "enter")
        await pilot.pause()
        assert [m.row.id for m in app.heard if isinstance(m, MessageList.Opened)] == [NEWEST - 1]


async def test_a_page_moves_what_is_shown_and_leaves_the_cursor_on_its_line() -> None:
    async with staged(Messages.numbered()) as (messages, pilot, _):
        await pilot.press("j", "j", "pagedown")
        assert lines(messages).index(cursor_line(messages)) == 2


async def test_a_move_to_a_message_out_of_sight_brings_it_to_the_middle() -> None:
    async with staged(Messages.numbered()) as (messages, pilot, _):
        messages.move_to(message(950).row)
        await pilot.pause()
        assert shown_id(messages) == 950
        assert lines(messages).index(cursor_line(messages)) == HEIGHT // 2


async def test_a_move_to_a_message_in_sight_does_not_scroll() -> None:
    async with staged(Messages.numbered()) as (messages, pilot, _):
        messages.move_to(message(NEWEST - 5).row)
        await pilot.pause()
        assert messages.scroll_offset.y == 0
        assert shown_id(messages) == NEWEST - 5


async def test_a_move_to_a_message_that_is_gone_goes_to_where_it_was() -> None:
    source = Messages(row for row in Messages.numbered().items if row != message(998))
    async with staged(source) as (messages, _, _):
        messages.move_to(message(998).row)
        assert shown_id(messages) == 997


async def test_moves_in_an_empty_list_do_nothing() -> None:
    async with staged(Messages([])) as (messages, pilot, app):
        await pilot.press("j", "k", "G", "g", "pagedown", "pageup", "enter")
        messages.move_to(0)
        await pilot.pause()
        assert messages.row is None
        assert [m for m in app.heard if not isinstance(m, MessageList.Highlighted)] == []


# -- a million messages


async def test_the_end_of_a_million_messages_is_one_key_away() -> None:
    async with staged(ManyMessages(1_000_000)) as (messages, pilot, _):
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


async def test_a_move_by_one_reads_at_most_one_row() -> None:
    source = ManyMessages(1_000_000)
    async with staged(source) as (messages, pilot, _):
        for _ in range(HEIGHT + 5):
            source.windows.clear()
            await pilot.press("j")
            await pilot.pause()
            lines(messages)
            assert source.rows_read <= 1
            assert len(source.windows) <= 1


@pytest.mark.parametrize("key", ["pagedown", "pageup", "G", "g"])
async def test_a_jump_reads_a_screenful_at_most_and_at_once(key: str) -> None:
    source = ManyMessages(1_000_000)
    async with staged(source) as (messages, pilot, _):
        messages.move_to(source.window(500_000, 500_001)[0].row)  # type: ignore[union-attr]
        await pilot.pause()
        source.windows.clear()
        await pilot.press(key)
        await pilot.pause()
        lines(messages)
        assert len(source.windows) == 1
        assert source.rows_read <= HEIGHT


async def test_the_first_frame_reads_a_screenful_at_most() -> None:
    source = ManyMessages(1_000_000)
    async with staged(source):
        assert source.rows_read <= HEIGHT


async def test_a_move_by_one_paints_the_two_rows_that_change(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with staged(Messages.numbered()) as (messages, pilot, _):
        await pilot.press("j", "j")
        await pilot.pause()
        painted = Painted(messages, monkeypatch)
        await pilot.press("j")
        await pilot.pause()
        assert sorted(set(painted.lines)) == [2, 3]


async def test_a_frame_costs_the_same_at_a_million_messages_as_at_a_hundred() -> None:
    size = (120, 40)
    async with (
        staged(ManyMessages(1_000_000), size=size) as (many, _, _),
        staged(ManyMessages(100), size=size) as (few, _, _),
    ):

        def move(messages: MessageList) -> None:
            messages.action_cursor_down()
            lines(messages)

        assert_as_cheap(lambda: move(many), lambda: move(few), 3)


# -- messages that come in


async def test_the_cursor_stays_on_its_message_and_its_line_when_newer_ones_come_in() -> None:
    async with staged(Messages.numbered()) as (messages, pilot, app):
        await pilot.press("j", "j", "j")
        before = cursor_line(messages), lines(messages).index(cursor_line(messages))
        messages.show(Messages.numbered(NEWEST + 7))
        await pilot.pause()
        assert (cursor_line(messages), lines(messages).index(cursor_line(messages))) == before
        assert messages.newer == 7
        assert [m.count for m in app.heard if isinstance(m, MessageList.NewerChanged)] == [7]


async def test_while_following_the_newest_is_selected_as_it_comes() -> None:
    async with staged(Messages.numbered()) as (messages, pilot, app):
        messages.following = True
        messages.show(Messages.numbered(NEWEST + 2))
        await pilot.pause()
        assert shown_id(messages) == NEWEST + 2
        assert messages.newer == 0
        told = [m.row.id for m in app.heard if isinstance(m, MessageList.Highlighted) and m.row]
        assert told == [NEWEST, NEWEST + 2]


async def test_newer_ones_add_up_until_the_top_is_in_sight() -> None:
    async with staged(Messages.numbered()) as (messages, pilot, app):
        await pilot.press("pagedown")
        messages.show(Messages.numbered(NEWEST + 1))
        messages.show(Messages.numbered(NEWEST + 3))
        assert messages.newer == 3
        await pilot.press("g")
        await pilot.pause()
        assert messages.newer == 0
        counts = [m.count for m in app.heard if isinstance(m, MessageList.NewerChanged)]
        assert counts == [1, 3, 0]


async def test_a_list_shorter_than_the_screen_has_nothing_out_of_sight() -> None:
    async with staged(Messages.numbered(NEWEST, NEWEST - 2)) as (messages, pilot, _):
        await pilot.press("j")
        messages.show(Messages.numbered(NEWEST + 1, NEWEST - 2))
        await pilot.pause()
        assert shown_id(messages) == NEWEST - 1
        assert messages.newer == 0


async def test_another_filter_starts_at_the_top() -> None:
    async with staged(Messages.numbered()) as (messages, pilot, _):
        await pilot.press("G")
        messages.show(Messages.numbered(NEWEST, NEWEST - 49), keep=False)
        await pilot.pause()
        assert shown_id(messages) == NEWEST
        assert messages.scroll_offset.y == 0


async def test_when_the_message_under_the_cursor_goes_the_next_one_takes_its_place() -> None:
    async with staged(Messages.numbered()) as (messages, pilot, _):
        await pilot.press("j", "j")
        messages.show(Messages(row for row in Messages.numbered().items if row != message(998)))
        await pilot.pause()
        assert shown_id(messages) == 997


async def test_when_everything_goes_there_is_nothing_under_the_cursor() -> None:
    async with staged(Messages.numbered()) as (messages, pilot, app):
        await pilot.press("G")
        messages.show(Messages([]))
        await pilot.pause()
        assert messages.row is None
        assert app.heard[-1].row is None  # type: ignore[attr-defined]
        assert not any(lines(messages))


async def test_the_cursor_stays_on_a_gap_when_newer_ones_come_in() -> None:
    gap = Gap(message(997).received + 60, message(998).received - 60)
    async with staged(Messages([*Messages.numbered().items, gap])) as (messages, pilot, _):
        await pilot.press("j", "j", "j")
        assert "missing" in cursor_line(messages)
        messages.show(Messages([*Messages.numbered(NEWEST + 5).items, gap]))
        await pilot.pause()
        assert "missing" in cursor_line(messages)


async def test_a_read_mark_repaints_its_row_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    async with staged(Messages.numbered()) as (messages, pilot, app):
        await pilot.press("j", "j")
        await pilot.pause()
        app.heard.clear()
        rows = [row._replace(unread=False) if row.id == 996 else row for row in _rows()]
        painted = Painted(messages, monkeypatch)
        messages.show(Messages(rows))
        await pilot.pause()
        assert set(painted.lines) == {NEWEST - 996}
        assert lines(messages)[NEWEST - 996][1] == " "
        assert app.heard == []


async def test_the_same_messages_again_paint_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    async with staged(Messages.numbered()) as (messages, pilot, _):
        painted = Painted(messages, monkeypatch)
        messages.show(Messages.numbered())
        await pilot.pause()
        assert painted.lines == []


def _rows() -> list[Row]:
    return [row for row in Messages.numbered().items if isinstance(row, Row)]


# -- other sizes


@pytest.mark.parametrize("size", [(120, 40), (40, 4), (20, 2), (4, 1)])
async def test_another_size_never_loses_the_cursor(size: tuple[int, int]) -> None:
    async with staged(Messages.numbered(), size=(80, 20)) as (messages, pilot, _):
        await pilot.press("G", "k")
        await pilot.resize_terminal(*size)
        await pilot.pause()
        assert shown_id(messages) == NEWEST - 98
        first = messages.scroll_offset.y
        assert first <= messages.cursor < first + size[1]
        assert cursor_line(messages)


async def test_a_list_that_was_hidden_shows_what_came_meanwhile() -> None:
    async with staged(Messages.numbered()) as (messages, pilot, _):
        await pilot.press("j", "j", "j")
        messages.display = False
        await pilot.pause()
        messages.show(Messages.numbered(NEWEST + 3))
        await pilot.pause()
        messages.display = True
        await pilot.pause()
        assert shown_id(messages) == NEWEST - 3
        assert "08:42" in cursor_line(messages)
        assert lines(messages).index(cursor_line(messages)) == 3
        assert all(lines(messages))


async def test_messages_shown_before_there_is_a_screen_are_all_drawn_once_there_is() -> None:
    messages = MessageList(presentation())

    class Early(OneWidget[MessageList]):
        def on_mount(self) -> None:
            messages.show(Messages.numbered())

    async with Early(messages).run_test(size=(WIDTH, HEIGHT)) as pilot:
        await pilot.pause()
        assert all(lines(messages))
        assert shown_id(messages) == NEWEST


# -- the mouse


async def test_a_click_moves_the_cursor_and_a_double_click_opens() -> None:
    async with staged(Messages.numbered()) as (messages, pilot, app):
        await pilot.click(messages, offset=(20, 3))
        assert shown_id(messages) == NEWEST - 3
        assert not [m for m in app.heard if isinstance(m, MessageList.Opened)]
        await pilot.double_click(messages, offset=(20, 5))
        await pilot.pause()
        assert [m.row.id for m in app.heard if isinstance(m, MessageList.Opened)] == [NEWEST - 5]


async def test_a_click_below_the_messages_does_nothing() -> None:
    async with staged(Messages.numbered(NEWEST, NEWEST - 2)) as (messages, pilot, app):
        await pilot.double_click(messages, offset=(20, 8))
        await pilot.pause()
        assert shown_id(messages) == NEWEST
        assert not [m for m in app.heard if isinstance(m, MessageList.Opened)]


async def test_the_wheel_scrolls_and_leaves_the_cursor_and_a_key_comes_back_to_it() -> None:
    async with staged(Messages.numbered()) as (messages, pilot, _):
        await turn_wheel(pilot, messages, 10)
        await pilot.pause()
        assert messages.scroll_offset.y >= HEIGHT
        assert shown_id(messages) == NEWEST
        assert not any(line.startswith("▌") for line in lines(messages))
        await pilot.press("j")
        await pilot.pause()
        assert shown_id(messages) == NEWEST - 1
        assert cursor_line(messages)


async def test_the_row_under_the_mouse_is_marked_also_after_the_wheel() -> None:
    async with staged(Messages.numbered()) as (messages, pilot, _):
        await pilot.hover(messages, offset=(20, 4))
        assert messages.hover == 4
        await turn_wheel(pilot, messages, 1)
        await pilot.pause()
        assert messages.hover == 4 + messages.scroll_offset.y
        marked = background(messages, 4)
        assert marked != background(messages, 3) == background(messages, 6)


# -- colours


async def test_the_cursor_is_told_by_a_sign_also_where_the_list_has_no_focus() -> None:
    async with staged(Messages.numbered()) as (messages, pilot, app):
        focused = style_of(messages, "ok").bgcolor
        app.set_focus(None)
        await pilot.pause()
        assert lines(messages)[0].startswith("▌")
        blurred = style_of(messages, "ok").bgcolor
        assert focused != blurred


async def test_without_colours_the_cursor_is_reversed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with staged(Messages.numbered()) as (messages, _, _):
        assert style_of(messages, "ok").reverse
        assert not style_of(messages, "TINKOFF").reverse


async def test_another_theme_is_drawn_at_once() -> None:
    async with staged(Messages.numbered()) as (messages, pilot, app):
        before = style_of(messages, "TINKOFF")
        app.theme = "textual-light"
        await pilot.pause()
        assert style_of(messages, "TINKOFF").bgcolor != before.bgcolor


def test_the_sample_ends_three_minutes_before_now() -> None:
    assert message(NEWEST).received == server_seconds(NOW) - 180
    assert datetime.fromtimestamp(message(NEWEST).received - 3 * 3600, NOW.tzinfo) < NOW


async def test_it_can_be_padded_outlined_and_faded_as_any_widget() -> None:
    async with staged(ManyMessages(100)) as (messages, pilot, _):
        bare = lines(messages)
        plain = style_of(messages, bare[1][-8:])
        messages.styles.opacity = 0.5
        await pilot.pause()
        assert lines(messages) == bare
        assert style_of(messages, bare[1][-8:]).color != plain.color
        messages.styles.opacity = 1.0
        messages.styles.outline = ("heavy", "red")
        await pilot.pause()
        assert set(lines(messages)[0]) == set("┏━┓")
        messages.styles.outline = ("none", "red")
        messages.styles.padding = 1
        await pilot.pause()
        padded = lines(messages)
        assert padded[0] == ""
        assert padded[1][1:30] == bare[0][:29]
