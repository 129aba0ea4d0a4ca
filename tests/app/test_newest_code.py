"""Copying the newest code in the account, whatever is selected."""

from __future__ import annotations

from support.app_harness import Opener, message, until
from support.inbox_screen import notice

from inbox_tui.screens.filters import Filters


async def test_newest_code_is_copied_whatever_is_selected(live: Opener) -> None:
    messages = [
        message(1, "Код 111222", phone="OLD", minutes_ago=30),
        message(2, "Код 481516", phone="BANK", minutes_ago=10, to_phone="79110000002"),
        message(3, "Привет", minutes_ago=5),
    ]
    async with live(messages=messages, filters=Filters(to_phone="79110000001")) as pilot:
        await pilot.press("G", "C")
        await until(pilot, lambda: pilot.app.clipboard == "481516")
        assert notice(pilot) == "copied 481516 of BANK, 10:32"


async def test_a_code_older_than_an_hour_needs_a_second_press(live: Opener) -> None:
    async with live(messages=[message(1, "Код 481516", phone="BANK", minutes_ago=61)]) as pilot:
        await pilot.press("C")
        await until(pilot, lambda: "is old" in notice(pilot))
        assert notice(pilot) == "the newest code is old: BANK, 09:41 · C again copies it"
        assert pilot.app.clipboard == ""
        pilot.app.clock.move(11)
        await pilot.press("С")
        await pilot.app.workers.wait_for_complete()
        assert pilot.app.clipboard == "", "that was too late to be the second press"
        await pilot.press("C")
        await until(pilot, lambda: pilot.app.clipboard == "481516")


async def test_shift_c_typed_into_the_search_does_not_copy_the_old_code(live: Opener) -> None:
    async with live(messages=[message(1, "Код 481516", minutes_ago=61)]) as pilot:
        await pilot.press("C")
        await until(pilot, lambda: "is old" in notice(pilot))
        await pilot.press("slash", *"C", "escape")
        await pilot.app.workers.wait_for_complete()
        assert pilot.app.clipboard == "", "in a field it is a letter"


async def test_notice_says_that_there_is_no_recent_code(live: Opener) -> None:
    async with live(messages=[message(1, "Привет")]) as pilot:
        await pilot.press("C")
        await until(pilot, lambda: notice(pilot) == "no code in the last 7 days")
