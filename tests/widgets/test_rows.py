from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from rich.cells import cell_len
from support.message_list import mounted, shown_id
from support.rows import (
    NEWEST,
    NOW,
    Messages,
    message,
    presentation,
)
from support.widgets import lines, matches, style_of
from textual.strip import Strip

from inbox_tui.archive import Day, Gap, Row
from inbox_tui.archive.records import day_of_row
from inbox_tui.archive.team_states import MINE, TAKEN
from inbox_tui.text import sanitize
from inbox_tui.text.search_query import SearchQuery, parse_query
from inbox_tui.widgets.message_list import MessageList


async def test_a_row_shows_time_sender_and_text_in_columns() -> None:
    async with mounted(Messages.numbered()) as (messages, _, _):
        assert lines(messages)[:7] == [
            "▌● 10:42  +7 999 123-45-67  ok",
            "   10:02  +380 44 123 4567  Счёт: https://pay.example.com/i/8812 до пятницы",
            "   09:22  TINKOFF           Добрый день!⏎Буду в 15:30, подождите меня, пожалуй…",
            "   08:42  +7 903 111-22-33  Ваш код: 7741",
            " ● 08:02  Pickup point      Оплата 1 250 руб. прошла",
            "   07:22  +7 999 123-45-67  Заказ 5512 готов к выдаче по адресу ул. Ленина, 5",
            "   06:42  +380 44 123 4567  Your code is 481516. Do not tell it to anyone.",
        ]


async def test_at_forty_columns_every_row_still_has_its_time_sender_and_text() -> None:
    async with mounted(Messages.numbered(), size=(40, 12)) as (messages, _, _):
        assert lines(messages)[1:5] == [
            "   10:02 …80441234567 Счёт: https://pa…",
            "   09:22 TINKOFF      Добрый день!⏎Буд…",
            "   08:42 +79031112233 Ваш код: 7741",
            " ● 08:02 Pickup point Оплата 1 250 руб…",
        ]


async def test_text_before_a_code_is_cut_so_that_the_code_is_visible() -> None:
    source = Messages([message(1, message="Никому не говорите этот код: 481516, и банку тоже")])
    async with mounted(source, size=(40, 5)) as (messages, _, _):
        assert lines(messages)[0].endswith(" …этот код: 481516…")
        assert style_of(messages, "481516").underline


async def test_cutting_the_text_before_a_code_never_splits_an_emoji() -> None:
    england = "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"
    emoji = f"{england}👩\u200d👩\u200d👧🇷🇺👍🏽❤️"
    source = Messages(
        message(number, message=f"{'x' * number}{emoji * 3} Your code is 481516")
        for number in range(30)
    )
    async with mounted(source, size=(60, 30)) as (messages, _, _):
        for line in lines(messages):
            assert "481516" in line
            assert sanitize(line) == line
            assert cell_len(line) <= 60


async def test_unread_messages_have_a_symbol_and_are_bold() -> None:
    rows = [message(2, phone="BANK", unread=True), message(1, phone="SHOP", unread=False)]
    async with mounted(Messages(rows)) as (messages, _, _):
        unread, read = lines(messages)[:2]
        assert unread[1] == "●"
        assert read[1] == " "
        assert style_of(messages, "BANK").bold
        assert not style_of(messages, "SHOP").bold


async def test_the_code_is_bold_and_only_the_code_is_underlined() -> None:
    source = Messages([message(2), message(1, message="Your code is 481516. Keep it.")])
    async with mounted(source) as (messages, _, _):
        assert style_of(messages, "481516").bold
        assert style_of(messages, "481516").underline
        assert not style_of(messages, "Your code is").underline
        assert not style_of(messages, ". Keep it.").underline


async def test_rows_with_wide_characters_are_as_wide_as_the_list() -> None:
    texts = [
        "日本語のメッセージ" * 9,
        "🎉🎉🎉 " * 20,
        "ok",
        "e\u0301" * 90,
        "👩\u200d👩\u200d👧 " * 30,
    ]
    source = Messages(message(number, message=text) for number, text in enumerate(texts, 1))
    async with mounted(source, size=(60, 8)) as (messages, _, _):
        strips = messages.render_lines(messages.region.size.region)
        assert {strip.cell_length for strip in strips} == {60}
        assert all(Strip(strip).cell_length == 60 for strip in strips)


async def test_the_sender_and_text_of_a_message_are_sanitized() -> None:
    hostile = "\x1b[2J\x1b]0;title\x07[bold]x[/]\u202egnp.exe\r\n\tend"
    source = Messages([message(1, phone="\x1b[31m", message=hostile)])
    async with mounted(source) as (messages, _, _):
        drawn = "".join(lines(messages))
        assert not any(character in drawn for character in "\x1b\x07\r\n\t\u202e")
        assert "[bold]x[/]" in drawn


async def test_an_empty_list_shows_the_reason_without_interpreting_markup() -> None:
    async with mounted(Messages([])) as (messages, pilot, _):
        messages.empty_text = "No [b]messages[/b] here.\nOffline"
        await pilot.pause()
        drawn = [line.strip() for line in lines(messages) if line.strip()]
        assert drawn == ["─" * 80, "No [b]messages[/b] here.", "Offline"]
        strips = messages.render_lines(messages.region.size.region)
        assert {Strip(strip).cell_length for strip in strips} == {80}
        assert messages.row is None


async def test_the_empty_text_disappears_when_messages_arrive() -> None:
    async with mounted(Messages([])) as (messages, pilot, _):
        messages.empty_text = "Nothing"
        await pilot.pause()
        messages.show(Messages.numbered())
        await pilot.pause()
        assert "Nothing" not in "".join(lines(messages))
        assert shown_id(messages) == NEWEST


@pytest.mark.parametrize(
    ("width", "told"),
    [
        (80, "── messages from 22 Nov 08:43 to 22 Nov 09:21 may be missing ──"),
        (40, "22 Nov 08:43–22 Nov 09:21 missing"),
    ],
)
async def test_a_gap_shows_the_period_in_which_messages_may_be_missing(
    width: int, told: str
) -> None:
    gap = Gap(message(997).received + 60, message(998).received - 60)
    source = Messages([*Messages.numbered().items, gap])
    async with mounted(source, size=(width, 12)) as (messages, pilot, app):
        assert told in lines(messages)[3]
        await pilot.press("j", "j", "j", "enter")
        assert messages.row is None
        assert not app.posted_of(MessageList.Opened)


async def test_starred_done_muted_and_taken_messages_have_symbols() -> None:
    states: list[dict[str, Any]] = [
        {"starred": True, "unread": True},
        {"done": True},
        {"starred": True, "done": True},
        {"muted": True, "unread": True},
        {"taken": MINE},
        {"taken": TAKEN, "starred": True},
        {"taken": TAKEN, "done": True},
    ]
    source = Messages(
        message(1000 - number, **{"phone": "BANK", "message": "Hello", "unread": False} | state)
        for number, state in enumerate(states)
    )
    async with mounted(source) as (messages, _, _):
        assert lines(messages)[:7] == [
            "▌●★10:42  BANK      Hello",
            "  ✓10:02  BANK      Hello",
            "  ★09:22✓ BANK      Hello",
            " ○ 08:42  BANK      Hello",
            "  ◆08:02  BANK      Hello",
            "  ★07:22◇ BANK      Hello",
            "  ✓06:42  BANK      Hello",
        ]
        assert not style_of(messages, "08:42").bold


# -- receiving numbers

NUMBERS = ["79110000001", "79160001122"]


def to_two(**more: Any) -> Messages:
    rows = [message(NEWEST - n, to_phone=NUMBERS[n % 2], message="Hello " * 20) for n in range(4)]
    return Messages(rows, **{"receivers": NUMBERS} | more)


async def test_rows_show_the_name_or_last_digits_of_the_receiving_number() -> None:
    async with mounted(to_two()) as (messages, _, _):
        assert [line[3:38].rstrip() for line in lines(messages)[:3]] == [
            "10:42  0001        +7 999 123-45-67",
            "10:02  Pickup po…  +380 44 123 4567",
            "09:22  0001        TINKOFF",
        ]


async def test_receiving_numbers_show_enough_digits_to_tell_them_apart() -> None:
    numbers = ["79110000001", "79120000001"]
    source = Messages([message(NEWEST, to_phone=numbers[1])], receivers=numbers)
    async with mounted(source) as (messages, _, _):
        assert lines(messages)[0].startswith("▌● 10:42  20000001  +7 999")


@pytest.mark.parametrize(
    ("width", "numbers", "told"),
    [(66, NUMBERS, True), (56, NUMBERS, False), (40, NUMBERS, False), (80, NUMBERS[:1], False)],
)
async def test_receiving_numbers_are_shown_only_if_there_are_several_and_they_fit(
    width: int, numbers: list[str], told: bool
) -> None:
    async with mounted(to_two(receivers=numbers), size=(width, 6)) as (messages, _, _):
        assert all(("0001" in line) == told for line in lines(messages)[:4:2])


async def test_rows_drawn_before_show_as_many_digits_as_a_new_receiving_number_needs() -> None:
    named, numbers = "79110000001", ["79120000002", "79130000002"]
    rows = [message(NEWEST - n, to_phone=number) for n, number in enumerate(numbers)]
    shown_by = presentation(**{named: "A very long name"})
    before = Messages(rows[1:], receivers=[named, numbers[1]])
    async with mounted(before, shown_by=shown_by) as (messages, pilot, _):
        assert "  0002  " in lines(messages)[0]
        messages.show(Messages(rows, receivers=[named, *numbers]))
        await pilot.pause()
        assert [line[10:18] for line in lines(messages)[:2]] == ["20000002", "30000002"]


async def test_a_new_name_of_a_receiving_number_is_shown_at_once() -> None:
    shown_by = presentation()
    async with mounted(to_two(), shown_by=shown_by) as (messages, pilot, _):
        shown_by.__dict__.update(presentation(**{NUMBERS[0]: "Orders"}).__dict__)
        messages.notify_style_update()
        await pilot.pause()
        assert "  Orders  " in lines(messages)[0]


# -- the sender's column


async def test_the_sender_column_is_as_wide_as_the_senders_shown_need() -> None:
    def texts_begin(messages: MessageList) -> set[int]:
        return {line.index("Hello") for line in lines(messages) if line}

    short = [message(NEWEST - n, phone="BANK", message="Hello") for n in range(3)]
    longer = [message(NEWEST - n, phone="A very long name indeed", message="Hello") for n in (3, 4)]
    async with mounted(Messages(short)) as (messages, pilot, _):
        assert texts_begin(messages) == {20}
        messages.show(Messages([*short, *longer]))
        await pilot.pause()
        assert texts_begin(messages) == {32}
        messages.show(Messages(short), keep=False)
        await pilot.pause()
        assert texts_begin(messages) == {20}


async def test_the_sender_column_leaves_room_for_the_text() -> None:
    source = Messages([message(NEWEST, phone="A very long name indeed", message="Hello")])
    async with mounted(source, size=(40, 4)) as (messages, _, _):
        assert lines(messages)[0] == "▌● 10:42 A very long… Hello"


# -- days


async def test_day_lines_show_the_numbers_of_messages_and_unread_messages() -> None:
    async with mounted(Messages.numbered(days=True), size=(60, 30)) as (messages, _, _):
        assert [line for line in lines(messages) if line.startswith("──")] == [
            "── today ────────────────────────────────── 17, 5 unread ──",
            "── yesterday ────────────────────────────── 36, 9 unread ──",
        ]
        assert style_of(messages, "5 unread").bold


@pytest.mark.parametrize(
    ("width", "line"),
    [
        (60, "── Friday 20 November ───────────────────── 36, 9 unread ──"),
        (36, "── Fri 20 Nov ───── 36, 9 unread ──"),
        (20, "── Fri 20 Nov ────"),
    ],
)
async def test_day_lines_are_shortened_in_a_narrow_list(width: int, line: str) -> None:
    friday = [row for row in Messages.numbered(days=True).items if isinstance(row, Row)]
    rows = [row for row in friday if day_of_row(row.row) == day_of_row(message(930).row)]
    async with mounted(Messages(rows, days=True), size=(width, 6)) as (messages, _, _):
        assert lines(messages)[0].startswith(line[: width - 2])


async def test_day_counts_are_hidden_until_they_are_known() -> None:
    source = Messages([message(NEWEST)], days=True)
    source.items[0] = Day(day_of_row(message(NEWEST).row), None, None)
    async with mounted(source, size=(40, 5)) as (messages, _, _):
        assert lines(messages)[0] == f"── today {'─' * 31}"


async def test_today_becomes_yesterday_when_the_day_is_over() -> None:
    now = [NOW]
    shown_by = presentation()
    shown_by._clock = lambda: now[0]
    async with mounted(Messages.numbered(days=True), shown_by=shown_by) as (messages, pilot, _):
        now[0] += timedelta(days=1)
        messages.notify_style_update()
        await pilot.pause()
        assert lines(messages)[0].startswith("── yesterday ──")


# -- what a search looks for


def searched(typed: str) -> SearchQuery:
    return parse_query(typed, NOW, {})


async def test_search_matches_are_marked_in_text_sender_and_receiver() -> None:
    rows = [
        message(NEWEST - n, phone="Ozon", message="Ozon: OZON bonus", unread=False) for n in (0, 1)
    ]
    source = Messages(rows, search=searched("ozon"), receivers=NUMBERS)
    async with mounted(source) as (messages, _, _):
        assert matches(messages, 1) == ["Ozon", "Ozon", "OZON"]
        messages.show(Messages(rows, search=searched("to:001"), receivers=NUMBERS))
        assert matches(messages, 1) == ["001"]
        messages.show(Messages(rows, receivers=NUMBERS))
        assert matches(messages, 1) == []


async def test_text_is_cut_to_show_the_match_and_the_code_if_both_fit() -> None:
    text = "A long message from the shop, which tells that the order 5512 is ready. Code 481516"
    rows = [message(NEWEST, phone="BANK", message=text)] * 2
    async with mounted(Messages(rows, search=searched("order")), size=(50, 4)) as (messages, _, _):
        assert lines(messages)[1].endswith("…lls that the order 5512 is r…")
        messages.show(Messages(rows, search=searched("ready")))
        assert lines(messages)[1].endswith("…er 5512 is ready. Code 481516")


async def test_without_colours_matches_are_reversed_and_distinct_from_the_cursor(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    rows = [message(NEWEST - n, message="Hello world", unread=False) for n in (0, 1)]
    async with mounted(Messages(rows, search=searched("world"))) as (messages, _, _):
        under_cursor, other = messages.render_lines(messages.region.size.region)[:2]
        reversed_ = [
            [p.text for p in line if p.style and p.style.reverse] for line in (under_cursor, other)
        ]
        assert "world" not in reversed_[0]
        assert reversed_[1] == ["world"]
