"""The cursor skips the lines of days, with keys, with the mouse and when messages arrive."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.archives import incoming, opened
from support.message_list import HEIGHT, cursor_line, line_of_cursor, mounted, shown_id
from support.rows import MOSCOW, NEWEST, NOW, Messages, message, presentation, server_seconds
from support.widgets import lines

from inbox_tui.archive import Gap, Query, Row
from inbox_tui.screens.listings import ArchivedMessages
from inbox_tui.widgets.message_list import MessageList
from inbox_tui.widgets.message_pane import MOVES

FIRST_OF_TODAY = 984
"""The id of the oldest message on the day of the newest."""


def by_days(newest: int = NEWEST, oldest: int = NEWEST - 99) -> Messages:
    return Messages.numbered(newest, oldest, days=True)


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ("down", NEWEST - 1),
        ("j", NEWEST - 1),
        ("j j k", NEWEST - 1),
        ("down down up", NEWEST - 1),
        ("up", NEWEST),
        ("home", NEWEST),
        ("end", NEWEST - 99),
        ("G", NEWEST - 99),
        ("G g", NEWEST),
        ("end home", NEWEST),
        ("G down", NEWEST - 99),
        ("G pagedown", NEWEST - 99),
        ("pagedown", NEWEST - HEIGHT + 2),
        ("pagedown pageup", NEWEST),
        ("G pageup pagedown", NEWEST - 99),
    ],
)
async def test_keys_move_the_cursor_only_between_messages(keys: str, expected: int) -> None:
    async with mounted(by_days()) as (messages, pilot, _):
        await pilot.press(*keys.split())
        assert shown_id(messages) == expected
        assert line_of_cursor(messages) > 0


async def test_the_list_starts_with_the_newest_day_and_its_newest_message() -> None:
    async with mounted(by_days()) as (messages, _, _):
        assert lines(messages)[0].startswith("── today ──")
        assert line_of_cursor(messages) == 1
        assert shown_id(messages) == NEWEST


async def test_the_cursor_skips_day_lines_in_both_directions() -> None:
    async with mounted(by_days()) as (messages, pilot, _):
        messages.move_to(message(FIRST_OF_TODAY).row)
        await pilot.press("j")
        assert shown_id(messages) == FIRST_OF_TODAY - 1
        await pilot.press("k")
        assert shown_id(messages) == FIRST_OF_TODAY


async def test_the_first_line_always_shows_the_day_of_the_topmost_message() -> None:
    async with mounted(by_days()) as (messages, pilot, _):
        await pilot.press("G")
        assert [line[:16] for line in lines(messages) if line.startswith("──")] == [
            "── Thursday 19 N"
        ]
        assert lines(messages)[0].startswith("── Thursday 19 N")
        await pilot.press(*["k"] * HEIGHT)
        assert lines(messages)[0].startswith("── Friday 20 Nov")
        assert line_of_cursor(messages) == 1


async def test_paging_down_skips_no_message() -> None:
    rows = [message(number, message=f"text {number}") for number in range(900, NEWEST)]
    async with mounted(Messages(rows, days=True)) as (messages, pilot, _):
        seen: set[str] = set()
        for _ in range(20):
            seen |= {line[-8:] for line in lines(messages) if "text" in line}
            await pilot.press("pagedown")
        assert seen == {f"text {number}" for number in range(900, NEWEST)}


async def test_a_click_on_a_day_line_does_not_move_the_cursor() -> None:
    async with mounted(by_days(oldest=FIRST_OF_TODAY - 5)) as (messages, pilot, app):
        await pilot.press("G")
        read = shown_id(messages)
        for y, line in enumerate(lines(messages)):
            if line.startswith("──"):
                await pilot.double_click(messages, offset=(20, y))
        assert shown_id(messages) == read
        assert not app.posted_of(MessageList.Opened)
        await pilot.click(messages, offset=(20, 1))
        assert line_of_cursor(messages) == 1


async def test_a_new_day_above_does_not_move_the_selected_message() -> None:
    today = [message(number) for number in range(FIRST_OF_TODAY - 40, FIRST_OF_TODAY)]
    async with mounted(Messages(today, days=True)) as (messages, pilot, _):
        await pilot.press("j", "j")
        before = cursor_line(messages), line_of_cursor(messages)
        more = [message(number) for number in range(FIRST_OF_TODAY, FIRST_OF_TODAY + 3)]
        messages.show(Messages([*today, *more], days=True))
        await pilot.pause()
        assert (cursor_line(messages), line_of_cursor(messages)) == before
        assert messages.newer == 3
        await pilot.press("g")
        await pilot.pause()
        assert messages.newer == 0


async def test_when_a_days_oldest_message_is_removed_the_next_older_is_selected() -> None:
    async with mounted(by_days()) as (messages, pilot, _):
        messages.move_to(message(FIRST_OF_TODAY).row)
        rows = [row for row in by_days().items if isinstance(row, Row) and row.id != FIRST_OF_TODAY]
        messages.show(Messages(rows, days=True))
        await pilot.pause()
        assert shown_id(messages) == FIRST_OF_TODAY - 1


async def test_a_gap_can_be_selected_and_stays_selected_when_messages_arrive() -> None:
    gap = Gap(message(FIRST_OF_TODAY - 1).received + 60, message(FIRST_OF_TODAY).received - 60)
    rows = [row for row in by_days().items if isinstance(row, Row)]
    async with mounted(Messages([*rows, gap], days=True)) as (messages, pilot, _):
        messages.move_to(message(FIRST_OF_TODAY).row)
        await pilot.press("j")
        assert "missing" in cursor_line(messages)
        messages.show(Messages([*rows, message(NEWEST + 1), gap], days=True))
        await pilot.pause()
        assert "missing" in cursor_line(messages)
        await pilot.press("j")
        assert shown_id(messages) == FIRST_OF_TODAY - 1


@pytest.mark.parametrize("size", [(120, 40), (40, 4), (20, 2), (4, 1)])
async def test_the_day_line_never_hides_the_selected_message_after_resizing(
    size: tuple[int, int],
) -> None:
    async with mounted(by_days(), size=(80, 20)) as (messages, pilot, _):
        await pilot.press("G", "k")
        await pilot.resize_terminal(*size)
        await pilot.pause()
        assert shown_id(messages) == NEWEST - 98
        assert cursor_line(messages)


async def test_messages_are_grouped_into_days_in_the_readers_time_zone(tmp_path: Path) -> None:
    omsk = presentation(ZoneInfo("Asia/Omsk"))
    noon = server_seconds(NOW.astimezone(MOSCOW).replace(hour=12, minute=0))
    hours = (-11, -14, -16, -39)  # 1:00, 22:00 and 20:00 in Moscow, and 21:00 the day before
    _, account = opened(
        tmp_path, *(incoming(n, received=noon + h * 3600) for n, h in enumerate(hours))
    )
    listing = account.lists.open(Query(), days=omsk.day_start)
    async with mounted(shown_by=omsk, size=(40, 8)) as (messages, pilot, _):
        messages.show(ArchivedMessages(account, listing))
        await pilot.press("G")
        shown = lines(messages)
        assert [line[:14] for line in shown if line.startswith("──")] == [
            "── today ─────",
            "── yesterday ─",
        ]
        assert [line[3:8] for line in shown] == [
            "today",
            "04:00",
            "01:00",
            "yeste",
            "23:00",
            "00:00",
            *["", ""],
        ]
        assert "2 unread" in shown[0]
        assert "2 unread" in shown[3]


# -- any sequence of moves and arrivals

STEPS = (*MOVES, "other", "click")
ARRIVALS = ("arrive", "go", "read", "filter")


@given(steps=st.lists(st.sampled_from((*STEPS, *ARRIVALS)), max_size=40), seed=st.integers(0, 999))
@settings(max_examples=25, deadline=None)
def test_the_selection_stays_on_its_message_and_never_lands_on_a_day_line(
    steps: Sequence[str], seed: int
) -> None:
    asyncio.run(_take_steps(steps, Random(seed)))


async def _take_steps(steps: Sequence[str], random: Random) -> None:
    rows = {number: message(number) for number in range(900, 901 + random.choice((0, 3, 60)))}
    height = random.choice((1, 2, 3, 4, 9))
    async with mounted(size=(60, height)) as (messages, pilot, app):
        messages.show(Messages(rows.values(), days=True))
        await pilot.pause()
        for step in steps:
            before, line = messages.row, messages.line
            if step == "other":
                messages.move_to(random.choice(list(rows.values())).row if rows else 0)
            elif step == "click":
                await pilot.click(messages, offset=(9, random.randrange(height)))
            elif step in MOVES:
                await app.run_action(MOVES[step], messages)
            else:
                _change(rows, step, random, None if before is None else before.id)
                messages.show(Messages(rows.values(), days=True))
            await pilot.pause()
            row = messages.row
            assert (row is None) == (not rows)
            if row is None:
                continue
            assert row.id in rows
            if step in ARRIVALS and before is not None:
                assert row.id == before.id
                assert messages.line == line or messages.scroll_offset.y in (
                    0,
                    messages.max_scroll_y,
                )
            shown = lines(messages)
            assert shown[messages.line].startswith("▌")
            if height > 3:
                assert shown[0].startswith("──")


def _change(rows: dict[int, Row], step: str, random: Random, selected: int | None) -> None:
    """Add messages, mark one read or unread, or remove some other than the selected one."""
    number = random.choice(list(rows)) if rows else 900
    if step == "arrive":
        for new in range(max(rows, default=899) + 1, max(rows, default=899) + random.randrange(40)):
            rows[new] = message(new)
    elif step == "read":
        rows[number] = rows[number]._replace(unread=not rows[number].unread)
    else:
        gone = [number] if step == "go" else list(rows)[:: random.randrange(1, 4)]
        for one in gone:
            if one != selected:
                del rows[one]
