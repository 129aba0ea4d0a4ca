"""When a quiet inbox asks, and for what."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from pathlib import Path

import pytest
from support.asking import BOOTED, Scene, virtually

from inbox_tui.smsc.message import Answer
from inbox_tui.sync import MessagesArrived, Progress, RefreshDeferred, State


@virtually
async def test_the_first_request_asks_for_everything_the_service_keeps(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    terminal = scene.start()
    await asyncio.sleep(1)
    (asked,) = scene.asked
    assert asked[:5] == (0.0, 10_000, 168, None, None)
    assert terminal.status.state is State.LIVE


@virtually
async def test_a_full_page_is_followed_by_the_next_at_once(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    for number in range(1, 8):
        scene.receive(number * 10, ago=3600.0)
    terminal = scene.start(page_size=3)
    await asyncio.sleep(1)
    assert [asked.after_id for asked in scene.asked[:3]] == [None, 30, 60]
    assert scene.times[:3] == [0.0, 0.0, 0.0]
    assert terminal.ids == [10, 20, 30, 40, 50, 60, 70]
    assert terminal.told(Progress)[0] == Progress(3, 1)
    assert not any(event.live for event in terminal.told(MessagesArrived))


@virtually
async def test_a_page_of_exactly_as_many_as_asked_for_is_not_taken_for_the_last(
    tmp_path: Path,
) -> None:
    scene = Scene(tmp_path)
    for number in (1, 2, 3):
        scene.receive(number)
    scene.start(page_size=3)
    await asyncio.sleep(1)
    assert scene.asked[1].after_id == 3


@virtually
async def test_every_request_names_the_period(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.receive(7, ago=7200.0)
    scene.start(page_size=1)
    await asyncio.sleep(1000)
    assert {asked.hour for asked in scene.asked} == {168}


@virtually
async def test_polls_are_spaced_evenly_by_default(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.start()
    await asyncio.sleep(300)
    gaps = [later - sooner for sooner, later in pairwise(scene.times)]
    assert gaps == pytest.approx([61 / 3] * 14, abs=0.02)


@virtually
async def test_polls_stay_even_where_answers_are_slow(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.delay = 6.0
    terminal = scene.start()
    await asyncio.sleep(300)
    gaps = [later - sooner for sooner, later in pairwise(scene.times)]
    assert gaps == pytest.approx([67 / 3] * 13, abs=0.02)
    assert State.WAITING not in {status.state for status in terminal.statuses}


@virtually
async def test_a_message_is_in_the_archive_within_21_seconds(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    terminal = scene.start()
    for number in range(1, 20):
        await asyncio.sleep(7.3)
        scene.receive(number)
        await asyncio.sleep(21)
        assert number in terminal.ids
    assert terminal.told(MessagesArrived)[0] == MessagesArrived([1], live=True)


@virtually
async def test_a_longer_interval_of_the_settings_is_kept(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.start(refresh_seconds=120)
    await asyncio.sleep(500)
    assert scene.times == pytest.approx([0, 120, 240, 360, 480], abs=0.05)


@virtually
async def test_r_held_down_asks_no_more_than_the_limit_and_says_when(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    terminal = scene.start()
    await asyncio.sleep(70)
    asked = len(scene.asked)
    for _ in range(30):
        terminal.sync.refresh()
    await asyncio.sleep(0.5)
    assert len(scene.asked) <= asked + 1
    (deferred,) = terminal.told(RefreshDeferred)
    assert deferred.until is not None
    await asyncio.sleep(deferred.until - BOOTED - scene.time() + 0.1)
    assert scene.times[-1] == pytest.approx(deferred.until - BOOTED, abs=0.02)
    for _ in range(100):
        await asyncio.sleep(1)
        terminal.sync.refresh()
    arrivals = scene.times
    assert all(b - a > 61 - 0.02 for a, b in zip(arrivals, arrivals[3:], strict=False))


@virtually
async def test_r_asks_at_once_where_there_is_room_and_no_poll_is_late_for_it(
    tmp_path: Path,
) -> None:
    scene = Scene(tmp_path)
    terminal = scene.start(refresh_seconds=60)
    await asyncio.sleep(100)
    terminal.sync.refresh()
    await asyncio.sleep(0.5)
    assert scene.times[-1] == pytest.approx(100, abs=0.02)
    assert terminal.told(RefreshDeferred) == []
    for _ in range(10):
        terminal.sync.refresh()
    await asyncio.sleep(200)
    gaps = [later - sooner for sooner, later in pairwise(scene.times)]
    assert max(gaps) <= 60.02


@virtually
async def test_r_asks_for_every_number_of_several(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    terminal = scene.start(refresh_seconds=300, scopes=("1", "2", "3"))
    await asyncio.sleep(100)
    before = len(scene.asked)
    terminal.sync.refresh()
    await asyncio.sleep(1)
    assert sorted(str(asked.to_phone) for asked in scene.asked[before:]) == ["1", "2", "3"]


@virtually
async def test_several_numbers_are_asked_for_in_turn(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.delay = 3.0
    scene.start(scopes=("1", "2", "3"))
    await asyncio.sleep(600)
    counts = [sum(asked.to_phone == scope for asked in scene.asked) for scope in "123"]
    assert max(counts) - min(counts) <= 1
    assert min(counts) > 20
    for scope in "123":
        times = [asked.at for asked in scene.asked if asked.to_phone == scope]
        assert all(b - a > 61 for a, b in zip(times, times[3:], strict=False))


@virtually
async def test_the_next_request_overlaps_by_five_minutes(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.receive(10, ago=7200.0)
    scene.receive(20, ago=3600.0)
    terminal = scene.start()
    await asyncio.sleep(100)
    scene.receive(40)
    await asyncio.sleep(200)
    scene.receive(30, ago=200.0)
    await asyncio.sleep(30)
    assert sorted(terminal.ids) == [10, 20, 30, 40]
    await asyncio.sleep(600)
    assert scene.asked[-1].after_id == 40


@virtually
async def test_a_smaller_id_that_shows_up_after_the_first_sync_is_not_lost(
    tmp_path: Path,
) -> None:
    scene = Scene(tmp_path)
    scene.receive(1, ago=7200.0)
    scene.receive(3, ago=50.0)
    terminal = scene.start()
    await asyncio.sleep(10)
    assert terminal.ids == [1, 3]
    scene.receive(2, ago=100.0)
    await asyncio.sleep(30)
    assert 2 in terminal.ids
    assert scene.asked[1].after_id == 1


@virtually
async def test_nor_is_one_that_is_late_behind_another_late_one(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.receive(1, ago=7200.0)
    scene.receive(20, ago=590.0)  # it has only just become visible
    scene.receive(30)
    terminal = scene.start()
    await asyncio.sleep(10)
    scene.receive(10, ago=600.0)
    await asyncio.sleep(30)
    assert sorted(terminal.ids) == [1, 10, 20, 30]


@virtually
async def test_the_status_counts_what_the_ledger_leaves(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    terminal = scene.start(refresh_seconds=3600)
    left = []
    for _ in range(3):
        terminal.sync.refresh()
        await asyncio.sleep(1)
        left.append(terminal.status.left)
    assert left == [2, 1, 0]
    other = scene.start(refresh_seconds=3600)
    await asyncio.sleep(57.5)
    assert terminal.status.left == other.status.left == 0
    for expected in (1, 2, 3, 3):
        await asyncio.sleep(1)
        assert terminal.status.left == other.status.left == expected
    assert terminal.status.allowed == 3
    assert terminal.status.next_at == pytest.approx(BOOTED + 3602, abs=0.1)
    assert len(scene.asked) == 3


@virtually
async def test_the_second_request_does_not_fetch_the_whole_week_again(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    for number in range(1, 200):
        scene.receive(number, ago=3600.0 * (200 - number) / 2)
    scene.start(page_size=50)
    await asyncio.sleep(30)
    assert scene.asked[-1].after_id == 198


@virtually
async def test_a_first_sync_of_several_numbers_with_nothing_for_one_goes_on(
    tmp_path: Path,
) -> None:
    scene = Scene(tmp_path)
    scene.receive(5, ago=86400.0, to_phone="2")
    scene.receive(9, ago=10.0, to_phone="1")
    terminal = scene.start(scopes=("1", "2", "3"))
    await asyncio.sleep(100)
    assert terminal.ids == [5, 9]
    assert not terminal.task.done()


@virtually
async def test_the_same_page_again_ends_neither_the_pass_nor_the_messages(
    tmp_path: Path,
) -> None:
    scene = Scene(tmp_path)
    for number in range(1, 8):
        scene.receive(number, ago=3600.0)
    page = Answer(sorted(scene.messages)[:3], [])
    scene.replies = [page, page, page]
    terminal = scene.start(page_size=3)
    await asyncio.sleep(10)
    assert len(scene.asked) <= 3
    await asyncio.sleep(60)
    assert terminal.ids == [1, 2, 3, 4, 5, 6, 7]


@virtually
async def test_entries_that_can_not_be_read_are_counted_and_block_nothing(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.replies = [Answer([scene.message(1), scene.message(2)], ["{}"])]
    scene.receive(1)
    scene.receive(2)
    scene.receive(4)
    terminal = scene.start(page_size=3)
    await asyncio.sleep(1)
    assert scene.asked[1].after_id == 2
    assert terminal.ids == [1, 2, 4]
    assert terminal.account.messages.unreadable_count() == 1


@virtually
async def test_a_full_page_of_nothing_that_can_be_read_does_not_go_round_and_round(
    tmp_path: Path,
) -> None:
    scene = Scene(tmp_path)
    scene.replies = [Answer([], ["a", "b", "c"])] * 100
    terminal = scene.start(page_size=3)
    await asyncio.sleep(60)
    assert len(scene.asked) == 3
    assert terminal.status.state is State.LIVE


@virtually
async def test_once_is_one_pass(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.receive(1)
    terminal = scene.start(run=False)
    status = await terminal.sync.once()
    assert status.state is State.LIVE
    assert len(scene.asked) == 1
    assert terminal.ids == [1]


@virtually
async def test_once_waits_for_the_limit_where_an_inbox_is_open(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.start()
    await asyncio.sleep(130)
    status = await scene.start(run=False).sync.once()
    assert status.state is State.LIVE
    times = scene.times
    assert all(b - a > 61 - 0.02 for a, b in zip(times, times[3:], strict=False))


@virtually
async def test_once_comes_to_its_end_though_the_wall_clock_is_set_back(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.delay = 5.0
    terminal = scene.start(run=False)
    once = asyncio.create_task(terminal.sync.once())
    await asyncio.sleep(2)
    scene.wall -= 7200
    assert (await once).state is State.LIVE
    assert scene.time() < 10
