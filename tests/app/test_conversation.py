"""The conversation with one sender, as shown on screen."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.app_harness import (
    Opener,
    make_app,
    message,
    next_answer,
    settled,
    state_is,
    stored,
    until,
    week,
)
from support.inbox_screen import (
    arrive,
    exported,
    filter_bar,
    five_messages,
    in_words,
    inbox,
    notice,
    shown,
)
from support.inbox_screen import selected as selected_in_list
from support.sizes import at_every_size
from support.widgets import drag, line_with, lines
from textual.pilot import Pilot

from inbox_tui.archive import Query, Row
from inbox_tui.screens.filters import Filters
from inbox_tui.screens.inbox import InboxScreen
from inbox_tui.smsc.message import Answer, IncomingMessage
from inbox_tui.widgets.conversation import Conversation
from inbox_tui.widgets.message_list import MessageList
from inbox_tui.widgets.message_view import MessageView
from inbox_tui.widgets.status_bar import StatusBar

ANNA, IVAN = "79991234567", "79031112233"
LONG = "Здравствуйте! Заказ 5512 так и не приехал, а курьер не отвечает. " * 4


def talk() -> list[IncomingMessage]:
    """Return ten messages from Anna over three days, with nine from Ivan in between."""
    return [
        *(message(n, f"Anna {n}. {LONG}", minutes_ago=4000 - n * 400) for n in range(1, 10)),
        *(message(20 + n, f"Ivan {n}", minutes_ago=3900 - n * 400, phone=IVAN) for n in range(9)),
        message(40, "Код 481516. Anna 10", minutes_ago=20, to_phone="79110000002"),
    ]


def conversation(pilot: Pilot[None]) -> Conversation:
    return inbox(pilot).query_one(Conversation)


def selected(pilot: Pilot[None]) -> Row:
    row = conversation(pilot).row
    assert row is not None
    return row


async def open_conversation(pilot: Pilot[None], *keys: str) -> None:
    await state_is(pilot, "Live")
    await pilot.press(*keys, "t")
    await until(pilot, lambda: bool(conversation(pilot).display and conversation(pilot).row))
    await settled(pilot)


@at_every_size
async def test_conversation_shows_full_texts_oldest_first_at_the_selected_message(
    opened: Opener,
) -> None:
    async with opened(messages=talk()) as pilot:
        await open_conversation(pilot)
        assert selected(pilot).id == 40
        drawn = lines(conversation(pilot))
        assert drawn[0].startswith("── +7 999 123-45-67")
        assert any("Код 481516. Anna 10" in line for line in drawn)
        assert not any("Ivan" in line for line in drawn)
        await pilot.press("home")
        text = " ".join(" ".join(lines(conversation(pilot))).replace("▌", " ").split())
        assert f"Anna 1. {LONG.strip()}"[:90] in text


async def test_commands_act_on_the_message_selected_in_the_conversation(opened: Opener) -> None:
    async with opened(messages=talk()) as pilot:
        await open_conversation(pilot)
        await pilot.press("c")
        assert "481516" in notice(pilot)
        assert pilot.app.clipboard == "481516"
        await pilot.press("k")
        assert selected(pilot).id == 9
        await pilot.press("y")
        assert pilot.app.clipboard == f"Anna 9. {LONG}"
        await pilot.press("s", "m")
        await until(pilot, lambda: selected(pilot).starred and selected(pilot).unread)
        assert selected(pilot).id == 9
        with stored(pilot.app) as account:
            starred = account.lists.open(Query(state="starred"))
            items = account.lists.window(starred, 0, 9)
            assert [item.id for item in items if isinstance(item, Row)] == [9]


async def test_ctrl_c_copies_text_selected_with_the_mouse(opened: Opener) -> None:
    async with opened(messages=talk()) as pilot:
        await open_conversation(pilot)
        y = line_with(conversation(pilot), "Код 481516")
        x = lines(conversation(pilot))[y].index("481516")
        await drag(pilot, conversation(pilot), (x, y), (x + 2, y))
        await pilot.press("ctrl+c")
        assert pilot.app.clipboard == "481"
        assert notice(pilot) == "copied the selection"


@pytest.mark.parametrize("times", [2, 3])
async def test_a_double_or_triple_click_selects_the_message_clicked(
    opened: Opener, times: int
) -> None:
    async with opened(messages=talk()) as pilot:
        await open_conversation(pilot)
        y = line_with(conversation(pilot), "Код 481516")
        await pilot.click(conversation(pilot), offset=(20, y), times=times)
        await pilot.press("k", "ctrl+c")
        assert selected(pilot).id == 9
        assert pilot.app.clipboard == "Код 481516. Anna 10"


@at_every_size
async def test_new_messages_below_are_shown_by_an_arrow_in_the_filter_bar(opened: Opener) -> None:
    earlier = [message(100 + n, LONG, minutes_ago=5000 + n) for n in range(30)]
    async with opened(messages=[*earlier, *talk()]) as pilot:
        await open_conversation(pilot)
        await pilot.press("home")
        before = lines(conversation(pilot))
        await arrive(pilot, message(50, "Anna, new", minutes_ago=0), message(51, "x", phone=IVAN))
        await settled(pilot)
        bar = filter_bar(pilot)
        await until(pilot, lambda: bar.shown == 41)
        assert lines(conversation(pilot)) == before
        assert "↓" in lines(bar)[0]
        await pilot.press("end")
        assert selected(pilot).id == 50
        assert "↓" not in lines(bar)[0]


async def test_message_arriving_while_a_conversation_opens_keeps_the_selection(
    live: Opener,
) -> None:
    async with live(messages=talk()) as pilot:
        await pilot.press("j", "j", "j", "j")
        row = inbox(pilot).query_one(MessageList).row
        await inbox(pilot).action_command("conversation")
        await arrive(pilot, message(50, "Anna, new", minutes_ago=0))
        await until(pilot, lambda: conversation(pilot).row is not None)
        assert conversation(pilot).row == row
        bar = filter_bar(pilot)
        assert "↑" not in lines(bar)[0]


async def test_following_conversation_selects_new_messages(opened: Opener) -> None:
    async with opened(messages=talk()) as pilot:
        await open_conversation(pilot)
        await pilot.press("k", "F")
        assert selected(pilot).id == 40
        await arrive(pilot, message(50, "Anna, new", minutes_ago=0))
        await until(pilot, lambda: selected(pilot).id == 50)
        await pilot.press("y")
        assert notice(pilot) == "a new message just arrived: press the key again"


async def test_search_within_a_conversation_shows_only_matches(opened: Opener) -> None:
    async with opened(messages=talk()) as pilot:
        await open_conversation(pilot)
        await pilot.press("slash", *'"anna 7"', "enter")
        bar = filter_bar(pilot)
        await until(pilot, lambda: bar.shown == 1)
        assert selected(pilot).id == 7
        assert conversation(pilot).has_focus
        await pilot.press("slash", "ctrl+u", *"nothing")
        await until(pilot, lambda: bar.shown == 0)
        text = " ".join(lines(inbox(pilot).query_one(MessageList)))
        assert "No messages" in text, "an empty result explains itself"
        await pilot.press("escape")
        await until(pilot, lambda: bar.shown == 10)
        assert conversation(pilot).display


async def test_next_unread_goes_down_in_a_conversation(opened: Opener) -> None:
    async with opened(messages=talk(), read_before_minutes=1500) as pilot:
        await open_conversation(pilot)
        unread = [7, 8, 9, 40]
        await pilot.press("home")
        seen = []
        for _ in unread:
            await pilot.press("n")
            seen.append(selected(pilot).id)
        assert seen == unread
        await pilot.press("N")
        assert selected(pilot).id == 9


async def test_the_export_of_a_conversation_is_oldest_first(opened: Opener, home: Path) -> None:
    async with opened(messages=talk()) as pilot:
        await open_conversation(pilot)
        await pilot.press("e", "ctrl+u", *"~/out.jsonl", "enter")
        await until(pilot, lambda: (home / "out.jsonl").exists())
        await until(pilot, lambda: isinstance(pilot.app.screen, InboxScreen))
    assert [one["id"] for one in exported(home / "out.jsonl")] == [*range(1, 10), 40]


async def test_long_conversation_loads_about_as_few_texts_as_a_short_one(
    opened: Opener, tmp_path: Path
) -> None:
    read = []
    for count in (40, 10_000):
        folder = tmp_path / str(count)
        folder.mkdir()
        messages = [
            message(n, f"Message {n}", minutes_ago=(count - n) / 2) for n in range(1, count + 1)
        ]
        async with opened(app=make_app(folder, messages=messages), size=(80, 24)) as pilot:
            await open_conversation(pilot, "j", "j", "j")
            await pilot.press("pageup", "up", "up")
            read.append(len(conversation(pilot)._transcript.texts))
    assert read[1] <= read[0] + 30


async def test_t_shows_the_whole_conversation_and_escape_goes_back(live: Opener) -> None:
    async with live(messages=five_messages(), filters=Filters(to_phone="79110000002")) as pilot:
        await pilot.press("j")
        assert selected_in_list(pilot).id == 3
        await pilot.press("t")
        await until(pilot, lambda: shown(pilot) == 2)
        assert selected(pilot).id == 3
        assert in_words(inbox(pilot).query_one(StatusBar).hints).startswith("Esc back")
        await pilot.press("k")
        assert selected(pilot).id == 2, "the older one is above"
        await pilot.press("escape")
        assert selected_in_list(pilot).id == 3
        assert filter_bar(pilot).to == "+7 911 000-00-02"
        assert not in_words(inbox(pilot).query_one(StatusBar).hints).startswith("Esc back")


@pytest.mark.parametrize("key", ["escape", "t"])
@at_every_size
async def test_list_position_is_kept_after_a_conversation(live: Opener, key: str) -> None:
    new = Answer([message(9001, "New", minutes_ago=0)], [])
    async with live(Answer([], []), new, messages=week(), filters=Filters()) as pilot:
        await pilot.press(*["pagedown"] * 4, "j", "j")
        messages = inbox(pilot).query_one(MessageList)

        def place() -> tuple[int, int, int, int]:
            selected_id = selected_in_list(pilot).id
            return selected_id, messages.line, messages.scroll_offset.y, messages.newer

        before = place()
        await pilot.press("t", "home", "j")
        assert conversation(pilot).display
        assert selected_in_list(pilot).id == before[0]
        assert messages.newer == 0, "what stands above in the conversation is not new"
        await pilot.press(key)
        assert place() == before
        assert messages.has_focus
        assert not conversation(pilot).display
        await pilot.press("t")
        await next_answer(pilot)
        await pilot.press(key)
        assert messages.newer == 1
        assert place()[:2] == before[:2]


@at_every_size
async def test_escape_returns_from_a_conversation_to_the_open_message(
    live: Opener,
) -> None:
    async with live(messages=five_messages()) as pilot:
        await pilot.press("j", "j", "enter", "t")
        await until(pilot, lambda: shown(pilot) == 2)
        assert conversation(pilot).display
        assert conversation(pilot).has_focus
        await pilot.press("escape")
        await until(pilot, lambda: shown(pilot) == 5)
        assert inbox(pilot).query_one(MessageView).display
        assert inbox(pilot).query_one(MessageView).has_focus
        await pilot.press("escape")
        assert inbox(pilot).query_one(MessageList).has_focus


def talker(pilot: Pilot[None]) -> str:
    """Return the sender named in the top line of the conversation."""
    top = lines(conversation(pilot))[0]
    return top.removeprefix("── ").partition(" ─")[0].partition("  ")[0]


async def test_filters_narrow_a_conversation_and_clearing_them_ends_it(live: Opener) -> None:
    async with live(messages=five_messages()) as pilot:
        await pilot.press("j", "j", "t")
        await until(pilot, lambda: shown(pilot) == 2)
        await pilot.press("p", *"0002", "enter")
        await until(pilot, lambda: shown(pilot) == 1)
        bar = filter_bar(pilot)
        assert bar.to == "+7 911 000-00-02"
        assert talker(pilot) == "+7 916 000-11-22"
        await pilot.press("x")
        await until(pilot, lambda: shown(pilot) == 5)
        await pilot.press("g", "t")
        await until(pilot, lambda: shown(pilot) == 2)
        assert talker(pilot) == "BANK", "t is the conversation of this sender, not the way back"


@pytest.mark.parametrize(
    "leaving",
    [("t", "x"), ("t", "escape"), ("t", "slash", *"нетни", "enter", "x", "x")],
    ids=["x", "escape", "nothing found"],
)
async def test_new_message_count_is_kept_after_leaving_a_conversation(
    live: Opener, leaving: tuple[str, ...]
) -> None:
    arrived = [message(9000 + n, "New", minutes_ago=0) for n in range(3)]
    async with live(Answer([], []), Answer(arrived, []), messages=week()) as pilot:
        bar = filter_bar(pilot)
        await pilot.press("g", *["pagedown"] * 3)
        pilot.app.clock.move(21)
        await until(pilot, lambda: bar.newer == 3)
        for key in leaving:
            await pilot.press(key)
        await until(pilot, lambda: bar.shown == 351 and not conversation(pilot).display)
        assert bar.newer == 3


async def test_messages_hidden_by_a_conversation_search_are_not_new_afterwards(
    live: Opener,
) -> None:
    async with live(messages=week()) as pilot:
        bar = filter_bar(pilot)
        await pilot.press("g", "slash", *"lavka", "enter")
        await pilot.press("G", "t")
        await settled(pilot)
        await pilot.press("slash", *"opt", "enter")
        for _ in range(2):
            await pilot.press("x")
        await until(pilot, lambda: bar.shown == 348)
        assert inbox(pilot).query_one(MessageList).scroll_offset.y > 0
        assert bar.newer == 0
