"""The states read, starred, done and muted: setting, showing, filtering and undoing."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest
from support.app_harness import (
    HarnessApp,
    Opener,
    message,
    next_answer,
    put,
    stored,
    until,
)
from support.archives import row_of
from support.inbox_screen import exported, filter_bar, inbox, notice, selected, shown, unread
from textual.widgets import Input

from inbox_tui.archive import Archive, Row
from inbox_tui.config import Settings
from inbox_tui.session import MOST_UNDONE
from inbox_tui.smsc.message import Answer, IncomingMessage


def five() -> list[IncomingMessage]:
    """Return messages 1 to 5, oldest first: 1 and 3 from SHOP, the others from one sender each."""
    senders = ("SHOP", "BANK", "SHOP", "79160001122", "79031112233")
    return [
        message(n, f"Text {n}", phone=who, minutes_ago=9 - n) for n, who in enumerate(senders, 1)
    ]


def kept(app: HarnessApp) -> dict[int, Row]:
    """Return the messages by id, as another connection to the archive reads them."""
    with stored(app) as account:
        found = (account.messages.get(number) for number in range(1, 60))
        return {row.id: row for row in found if row is not None}


@pytest.mark.parametrize(
    ("key", "state", "words", "back"),
    [
        ("s", "starred", "starred: ", "star removed: "),
        ("d", "done", "marked done: ", "marked to do: "),
    ],
)
async def test_s_and_d_toggle_starred_and_done(
    live: Opener, key: str, state: str, words: str, back: str
) -> None:
    async with live(messages=five()) as pilot:
        await pilot.press("j", key)
        await until(pilot, lambda: getattr(selected(pilot), state))
        assert notice(pilot).startswith(f"{words}+7 916 000-11-22")
        assert [n for n, row in kept(pilot.app).items() if getattr(row, state)] == [4]
        await pilot.press(key)
        await until(pilot, lambda: not getattr(selected(pilot), state))
        assert notice(pilot).startswith(f"{back}+7 916 000-11-22")


async def test_quickly_repeated_key_presses_all_count(live: Opener) -> None:
    async with live(messages=five()) as pilot:
        await pilot.press("s", "s", "s", "m", "m")
        assert (kept(pilot.app)[5].starred, kept(pilot.app)[5].unread) == (True, True)


async def test_messages_of_muted_senders_are_not_counted_as_unread(live: Opener) -> None:
    later = Answer([message(8, "More", phone="SHOP"), message(9, "Other", phone="BANK")], [])
    async with live(Answer([], []), later, messages=five()) as pilot:
        await pilot.press("j", "j", "z")
        assert unread(pilot) == 3
        assert notice(pilot).startswith("muted: SHOP")
        assert pilot.app.title == "(3) inbox"
        await pilot.press("u")
        await until(pilot, lambda: shown(pilot) == 3)
        await pilot.press("x")
        await next_answer(pilot)
        assert unread(pilot) == 4
        await pilot.press("ctrl+z")
        assert unread(pilot) == 7
        assert notice(pilot) == "undone: muted: SHOP"


async def test_bell_does_not_ring_for_muted_senders(live: Opener, bells: list[HarnessApp]) -> None:
    later = Answer([message(8, "More", phone="SHOP")], [])
    settings = Settings(notify="bell")
    async with live(Answer([], []), later, messages=five(), settings=settings) as pilot:
        await pilot.press("j", "j", "z")
        await next_answer(pilot)
        assert 8 in kept(pilot.app)
    assert bells == []


async def test_undo_reverts_changes_one_by_one_starting_with_the_last(live: Opener) -> None:
    async with live(messages=five()) as pilot:
        before = kept(pilot.app)
        steps = [before]
        for key in ("s", "d", "m", "z", "M"):
            await pilot.press(key)
            steps.append(kept(pilot.app))
        while len(steps) > 1:
            assert kept(pilot.app) == steps.pop()
            await pilot.press("ctrl+z")
            assert notice(pilot).startswith("undone: ")
        assert kept(pilot.app) == before
        await pilot.press("ctrl+z")
        assert notice(pilot) == "nothing to undo"


async def test_twenty_changes_can_be_undone(live: Opener) -> None:
    async with live(messages=[message(n, minutes_ago=60 - n) for n in range(1, 31)]) as pilot:
        await pilot.press(*["s", "j"] * 25)
        await pilot.press(*["ctrl+z"] * 30)
        starred = [n for n, row in kept(pilot.app).items() if row.starred]
        assert starred == list(range(30, 30 - (25 - MOST_UNDONE), -1))[::-1]
        assert notice(pilot) == "nothing to undo"


async def test_f_filters_by_state_and_shows_the_count_of_each_state(live: Opener) -> None:
    async with live(messages=five()) as pilot:
        await pilot.press("s", "j", "d", "s", "j", "z")
        for typed, chip, count in (
            ("starred", "starred", 2),
            ("to do", "to do", 4),
            ("done", "done", 1),
            ("muted", "muted", 2),
            ("unread", "unread", 3),
        ):
            await pilot.press("f")
            await until(pilot, lambda: len(pilot.app.screen_stack) == 2)
            picker: Any = pilot.app.screen
            await until(pilot, lambda: picker._choices[0].count is not None)  # noqa: B023
            assert {c.label: c.count for c in picker._choices}[chip] == count
            await pilot.press(*typed, "enter")
            await until(pilot, partial(lambda count: shown(pilot) == count, count))
            assert filter_bar(pilot).state == chip
        await pilot.press("x")
        await until(pilot, lambda: shown(pilot) == 5)


async def test_message_marked_done_stays_in_the_to_do_list(live: Opener) -> None:
    async with live(messages=five()) as pilot:
        await pilot.press("f", *"todo"[:2], "enter")
        await until(pilot, lambda: shown(pilot) == 5)
        await pilot.press("j", "d")
        await until(pilot, lambda: selected(pilot).done)
        assert (selected(pilot).id, shown(pilot)) == (4, 5)


async def test_shift_n_selects_the_previous_unread_message_and_wraps_around(live: Opener) -> None:
    async with live(messages=five()) as pilot:
        await pilot.press("G", "N")
        assert selected(pilot).id == 2
        await pilot.press("N", "N", "N")
        assert selected(pilot).id == 5
        await pilot.press("N")
        assert selected(pilot).id == 1, "around"


async def test_state_keys_work_with_the_russian_layout(live: Opener) -> None:
    async with live(messages=five()) as pilot:
        await pilot.press("ы", "в", "ь")
        row = kept(pilot.app)[5]
        assert (row.starred, row.done, row.unread) == (True, True, False)
        await pilot.press("я")
        assert kept(pilot.app)[5].muted
        await pilot.press("а")
        await until(pilot, lambda: len(pilot.app.screen_stack) == 2)


async def test_letters_typed_into_the_search_change_no_state(live: Opener) -> None:
    async with live(messages=five()) as pilot:
        before = kept(pilot.app)
        await pilot.press("slash", *"sdzmMfuN", "enter")
        assert kept(pilot.app) == before
        assert filter_bar(pilot).search == "sdzmMfuN"


async def test_exports_include_states(live: Opener, home: Path) -> None:
    async with live(messages=five()) as pilot:
        await pilot.press("s", "d")
        await pilot.press("e")
        await until(pilot, lambda: len(pilot.app.screen_stack) == 2)
        pilot.app.screen.query_one("#export-file", Input).value = "~/out.jsonl"
        await pilot.press("enter")
        await until(pilot, lambda: len(pilot.app.screen_stack) == 1)
    *_, before, last = exported(home / "out.jsonl")
    assert (before["starred"], before["done"]) == (False, False)
    assert (last["id"], last["starred"], last["done"]) == (5, True, True)


async def test_a_state_set_in_another_window_is_shown_within_a_second(live: Opener) -> None:
    async with live(messages=five()) as pilot:
        with stored(pilot.app) as account:
            account.messages.set_state([row_of(account, 5).row], "starred", value=True)
            account.messages.mute("SHOP", muted=True)
        inbox(pilot)._tick()
        assert selected(pilot).starred
        assert unread(pilot) == 3


def test_muting_in_all_accounts_affects_only_the_account_of_the_message(
    tmp_path: Path,
) -> None:
    with Archive.open(tmp_path / "inbox.db") as archive:
        first, second = archive.account("a", "smsc.ru"), archive.account("b", "smsc.ru")
        put(first, [message(1, phone="SHOP")])
        put(second, [message(2, phone="SHOP")])
        everything = archive.all_accounts()
        change = everything.messages.mute("SHOP", muted=True, account_id=second.id)
        assert (first.counts.unread(), second.counts.unread()) == (1, 0)
        everything.messages.undo(change)
        assert everything.counts.unread() == 2
