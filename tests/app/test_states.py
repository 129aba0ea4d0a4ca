"""Read, starred, done and muted: set, shown, filtered by, and taken back."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from support.app_harness import HarnessApp, make_app, message, put, state_is, until
from support.inbox_screen import filter_bar, inbox, notice, selected, shown, unread
from support.pictures import settled
from support.sizes import Size, at_every_size
from textual.widgets import Input

from inbox_tui.archive import Archive, Row
from inbox_tui.config import Settings
from inbox_tui.session import MOST_UNDONE
from inbox_tui.smsc.message import Answer, IncomingMessage


def five() -> list[IncomingMessage]:
    """Ids 1 to 5, the oldest first: two by SHOP, the others by one sender each."""
    senders = ("SHOP", "BANK", "SHOP", "79160001122", "79031112233")
    return [
        message(n, f"Text {n}", phone=who, minutes_ago=9 - n) for n, who in enumerate(senders, 1)
    ]


def kept(app: HarnessApp) -> dict[int, Row]:
    """What a second window finds."""
    with Archive.open(app.archive_path) as archive:
        (account,) = archive.accounts()
        found = (account.messages.get(number) for number in range(1, 60))
        return {row.id: row for row in found if row is not None}


@at_every_size
@pytest.mark.parametrize(
    ("key", "state", "words", "back"),
    [
        ("s", "starred", "starred: ", "star taken off: "),
        ("d", "done", "marked done: ", "marked to do: "),
    ],
)
async def test_a_key_sets_the_state_and_takes_it_away(
    tmp_path: Path, size: Size, key: str, state: str, words: str, back: str
) -> None:
    app = make_app(tmp_path, messages=five())
    async with app.run_test(size=size) as pilot:
        await state_is(pilot, "Live")
        await pilot.press("j", key)
        await until(pilot, lambda: getattr(selected(pilot), state))
        assert notice(pilot).startswith(f"{words}+7 916 000-11-22")
        assert [n for n, row in kept(app).items() if getattr(row, state)] == [4]
        await pilot.press(key)
        await until(pilot, lambda: not getattr(selected(pilot), state))
        assert notice(pilot).startswith(f"{back}+7 916 000-11-22")


async def test_a_key_pressed_three_times_at_once_counts_three_times(tmp_path: Path) -> None:
    app = make_app(tmp_path, messages=five())
    async with app.run_test() as pilot:
        await state_is(pilot, "Live")
        await pilot.press("s", "s", "s", "m", "m")
        await settled(pilot)
        assert (kept(app)[5].starred, kept(app)[5].unread) == (True, True)


@at_every_size
async def test_a_muted_sender_is_not_counted_as_unread(tmp_path: Path, size: Size) -> None:
    later = Answer([message(8, "More", phone="SHOP"), message(9, "Other", phone="BANK")], [])
    app = make_app(
        tmp_path, Answer([], []), later, messages=five(), settings=Settings(notify="bell")
    )
    bells = []
    app.bell = lambda: bells.append(1)  # type: ignore[method-assign]
    async with app.run_test(size=size) as pilot:
        await state_is(pilot, "Live")
        await pilot.press("j", "j", "z")
        await until(pilot, lambda: unread(pilot) == 3)
        assert notice(pilot).startswith("muted: SHOP")
        assert app.title == "(3) inbox"
        await pilot.press("u")
        await until(pilot, lambda: shown(pilot) == 3)
        await pilot.press("x")
        app.clock.move(21)
        await until(pilot, lambda: unread(pilot) == 4)
        await pilot.press("ctrl+z")
        await until(pilot, lambda: unread(pilot) == 7)
        assert notice(pilot) == "undone: muted: SHOP"


async def test_what_only_muted_senders_wrote_is_not_announced(tmp_path: Path) -> None:
    later = Answer([message(8, "More", phone="SHOP")], [])
    app = make_app(
        tmp_path, Answer([], []), later, messages=five(), settings=Settings(notify="bell")
    )
    bells = []
    app.bell = lambda: bells.append(1)  # type: ignore[method-assign]
    async with app.run_test() as pilot:
        await state_is(pilot, "Live")
        await pilot.press("j", "j", "z")
        await until(pilot, lambda: unread(pilot) == 3)
        app.clock.move(21)
        await until(pilot, lambda: 8 in kept(app))
        await state_is(pilot, "Live")
        assert bells == []


@at_every_size
async def test_changes_are_undone_one_after_another_the_last_first(
    tmp_path: Path, size: Size
) -> None:
    app = make_app(tmp_path, messages=five())
    async with app.run_test(size=size) as pilot:
        await state_is(pilot, "Live")
        before = kept(app)
        steps = [before]
        for key in ("s", "d", "m", "z", "M"):
            await pilot.press(key)
            await settled(pilot)
            steps.append(kept(app))
        while len(steps) > 1:
            assert kept(app) == steps.pop()
            await pilot.press("ctrl+z")
            await settled(pilot)
            assert notice(pilot).startswith("undone: ")
        assert kept(app) == before
        await pilot.press("ctrl+z")
        await settled(pilot)
        assert notice(pilot) == "nothing to undo"


async def test_reading_by_itself_is_undone_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inbox_tui.screens.state_commands.DWELL_SECONDS", 0.01)
    app = make_app(tmp_path, messages=five())
    async with app.run_test(size=(120, 40)) as pilot:
        await state_is(pilot, "Live")
        await pilot.press("j")
        await until(pilot, lambda: unread(pilot) == 4)
        await pilot.press("ctrl+z")
        await until(pilot, lambda: unread(pilot) == 5)
        assert notice(pilot).startswith("undone: marked read: +7 916 000-11-22")


async def test_twenty_changes_can_be_undone(tmp_path: Path) -> None:
    app = make_app(tmp_path, messages=[message(n, minutes_ago=60 - n) for n in range(1, 31)])
    async with app.run_test() as pilot:
        await state_is(pilot, "Live")
        await pilot.press(*["s", "j"] * 25)
        await pilot.press(*["ctrl+z"] * 30)
        await settled(pilot)
        starred = [n for n, row in kept(app).items() if row.starred]
        assert starred == list(range(30, 30 - (25 - MOST_UNDONE), -1))[::-1]
        assert notice(pilot) == "nothing to undo"


@at_every_size
async def test_f_chooses_the_state_and_tells_how_many_there_are(tmp_path: Path, size: Size) -> None:
    app = make_app(tmp_path, messages=five())
    async with app.run_test(size=size) as pilot:
        await state_is(pilot, "Live")
        await pilot.press("s", "j", "d", "s", "j", "z")
        await settled(pilot)
        for typed, chip, count in (
            ("starred", "starred", 2),
            ("to do", "to do", 4),
            ("done", "done", 1),
            ("muted", "muted", 2),
            ("unread", "unread", 3),
        ):
            await pilot.press("f")
            await until(pilot, lambda: len(app.screen_stack) == 2)
            picker: Any = app.screen
            await until(pilot, lambda: picker._choices[0].count is not None)  # noqa: B023
            assert {c.label: c.count for c in picker._choices}[chip] == count
            await pilot.press(*["space" if key == " " else key for key in typed], "enter")
            await until(pilot, partial(lambda count: shown(pilot) == count, count))
            assert filter_bar(pilot).state == chip
        await pilot.press("x")
        await until(pilot, lambda: shown(pilot) == 5)


async def test_a_message_marked_done_stays_where_it_is_until_the_list_changes(
    tmp_path: Path,
) -> None:
    app = make_app(tmp_path, messages=five())
    async with app.run_test() as pilot:
        await state_is(pilot, "Live")
        await pilot.press("f", *"todo"[:2], "enter")
        await until(pilot, lambda: shown(pilot) == 5)
        await pilot.press("j", "d")
        await until(pilot, lambda: selected(pilot).done)
        assert (selected(pilot).id, shown(pilot)) == (4, 5)


@at_every_size
async def test_big_n_goes_to_the_previous_unread_and_around(tmp_path: Path, size: Size) -> None:
    app = make_app(tmp_path, messages=five())
    async with app.run_test(size=size) as pilot:
        await state_is(pilot, "Live")
        await pilot.press("G", "N")
        assert selected(pilot).id == 2
        await pilot.press("N", "N", "N")
        assert selected(pilot).id == 5
        await pilot.press("N")
        assert selected(pilot).id == 1, "around"


async def test_states_work_under_the_russian_layout(tmp_path: Path) -> None:
    app = make_app(tmp_path, messages=five())
    async with app.run_test() as pilot:
        await state_is(pilot, "Live")
        await pilot.press("ы", "в", "ь")
        await settled(pilot)
        row = kept(app)[5]
        assert (row.starred, row.done, row.unread) == (True, True, False)
        await pilot.press("я")
        await settled(pilot)
        assert kept(app)[5].muted
        await pilot.press("а")
        await until(pilot, lambda: len(app.screen_stack) == 2)


async def test_letters_typed_into_the_search_change_no_state(tmp_path: Path) -> None:
    app = make_app(tmp_path, messages=five())
    async with app.run_test() as pilot:
        await state_is(pilot, "Live")
        before = kept(app)
        await pilot.press("slash", *"sdzmMfuN", "enter")
        await settled(pilot)
        assert kept(app) == before
        assert filter_bar(pilot).search == "sdzmMfuN"


async def test_states_are_in_exports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for home in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(home, str(tmp_path))
    app = make_app(tmp_path, messages=five())
    async with app.run_test() as pilot:
        await state_is(pilot, "Live")
        await pilot.press("s", "d")
        await settled(pilot)
        await pilot.press("e")
        await until(pilot, lambda: len(app.screen_stack) == 2)
        app.screen.query_one("#export-file", Input).value = "~/out.jsonl"
        await pilot.press("enter")
        await until(pilot, lambda: len(app.screen_stack) == 1)
    written = [
        json.loads(line)
        for line in (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    assert [(one["id"], one["starred"], one["done"]) for one in written][-2:] == [
        (4, False, False),
        (5, True, True),
    ]


async def test_a_state_set_in_another_window_is_shown_within_a_second(tmp_path: Path) -> None:
    app = make_app(tmp_path, messages=five())
    async with app.run_test() as pilot:
        await state_is(pilot, "Live")
        with Archive.open(app.archive_path) as archive:
            (account,) = archive.accounts()
            row = account.messages.get(5)
            assert row is not None
            account.messages.set_state([row.row], "starred", value=True)
            account.messages.mute("SHOP", muted=True)
        inbox(pilot)._tick()
        assert selected(pilot).starred
        assert unread(pilot) == 3


def test_muting_in_the_list_of_all_accounts_is_for_the_account_of_the_message(
    tmp_path: Path,
) -> None:
    with Archive.open(tmp_path / "inbox.db") as archive:
        first, second = archive.account("a", "smsc.ru"), archive.account("b", "smsc.ru")
        put(archive, first, [message(1, phone="SHOP")])
        put(archive, second, [message(2, phone="SHOP")])
        everything = archive.all_accounts()
        change = everything.messages.mute("SHOP", muted=True, account_id=second.id)
        assert (first.counts.unread(), second.counts.unread()) == (1, 0)
        everything.messages.undo(change)
        assert everything.counts.unread() == 2
