"""Copying the newest code there is, whatever is selected."""

from __future__ import annotations

from pathlib import Path

from support.app_harness import make_app, message, state_is, until
from support.inbox_screen import notice
from support.sizes import Size, at_every_size

from inbox_tui.screens.filters import Filters


@at_every_size
async def test_the_newest_code_is_copied_wherever_the_cursor_is(tmp_path: Path, size: Size) -> None:
    messages = [
        message(1, "Код 111222", phone="OLD", minutes_ago=30),
        message(2, "Код 481516", phone="BANK", minutes_ago=10, to_phone="79110000002"),
        message(3, "Привет", minutes_ago=5),
    ]
    app = make_app(tmp_path, messages=messages, filters=Filters(to_phone="79110000001"))
    async with app.run_test(size=size) as pilot:
        await state_is(pilot, "Live")
        await pilot.press("G", "C")
        await until(pilot, lambda: app.clipboard == "481516")
        assert notice(pilot) == "copied 481516 of BANK, 10:32"


@at_every_size
async def test_a_code_older_than_an_hour_needs_a_second_press(tmp_path: Path, size: Size) -> None:
    app = make_app(tmp_path, messages=[message(1, "Код 481516", phone="BANK", minutes_ago=61)])
    async with app.run_test(size=size) as pilot:
        await state_is(pilot, "Live")
        await pilot.press("C")
        await until(pilot, lambda: "is old" in notice(pilot))
        assert notice(pilot) == "the newest code is old: BANK, 09:41 · C again copies it"
        assert app.clipboard == ""
        app.clock.move(11)
        await pilot.press("С")
        await pilot.app.workers.wait_for_complete()
        assert app.clipboard == "", "that was too late to be the second press"
        await pilot.press("C")
        await until(pilot, lambda: app.clipboard == "481516")


async def test_a_second_press_copies_no_code_that_was_not_named(tmp_path: Path) -> None:
    app = make_app(tmp_path, messages=[message(1, "Код 481516", minutes_ago=61)])
    async with app.run_test() as pilot:
        await state_is(pilot, "Live")
        await pilot.press("C")
        await until(pilot, lambda: "is old" in notice(pilot))
        await pilot.press("slash", *"C", "escape")
        await pilot.app.workers.wait_for_complete()
        assert app.clipboard == "", "in a field it is a letter"


async def test_no_code_at_all_is_said(tmp_path: Path) -> None:
    app = make_app(tmp_path, messages=[message(1, "Привет")])
    async with app.run_test() as pilot:
        await state_is(pilot, "Live")
        await pilot.press("C")
        await until(pilot, lambda: notice(pilot) == "no code in the last 7 days")
