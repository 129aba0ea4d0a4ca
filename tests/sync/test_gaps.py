"""What can't be had any more is told with its dates, whichever messages a full page holds."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from operator import attrgetter
from pathlib import Path
from random import Random

import pytest
from support.asking import ZONE, Scene, virtually

from inbox_tui.archive import to_server_seconds
from inbox_tui.smsc.message import Answer


def server(scene: Scene, **ago: float) -> int:
    moment = scene.now() - timedelta(**ago)
    return to_server_seconds(moment.astimezone(ZONE).replace(tzinfo=None))


@pytest.mark.parametrize("to_phone", ["", "79110000001"])
@virtually
async def test_away_longer_than_the_service_keeps_is_told_with_the_dates(
    tmp_path: Path, to_phone: str
) -> None:
    scene = Scene(tmp_path)
    terminal = scene.start()
    await asyncio.sleep(1)
    left = server(scene)
    terminal.kill()
    scene.fall_asleep(200 * 3600)
    again = scene.start(scopes=(to_phone,))
    await asyncio.sleep(1)
    (gap,) = again.account.sync_state.gaps()
    assert gap.start == pytest.approx(left - 300, abs=2)
    assert gap.end == pytest.approx(server(scene, hours=168), abs=2)


@virtually
async def test_a_number_asked_for_with_all_others_meanwhile_has_no_gap(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    for scope in ("79110000001", "", "79110000001"):
        terminal = scene.start(scopes=(scope,))
        await asyncio.sleep(1)
        assert terminal.account.sync_state.gaps() == []
        terminal.kill()
        scene.fall_asleep(100 * 3600)


@virtually
async def test_away_for_less_leaves_no_gap(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    earlier = scene.start()
    await asyncio.sleep(1)
    earlier.kill()
    scene.fall_asleep(167 * 3600)
    again = scene.start()
    await asyncio.sleep(100)
    assert again.account.sync_state.gaps() == []


@virtually
async def test_a_wrong_clock_and_an_answer_without_a_date_leave_no_gap(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.wall = -40 * 86400.0
    scene.dates = lambda: None
    terminal = scene.start()
    await asyncio.sleep(50)
    scene.dates = scene.service_now
    await asyncio.sleep(100)
    assert terminal.account.sync_state.gaps() == []


def numbered(how: str, count: int) -> list[int]:
    """The ids of so many messages, in the order in which they were received."""
    numbers = list(range(1, count + 1))
    if how == "two sequences":
        return [1000 + n if n % 2 else 500_000 + n for n in numbers]
    if how == "the first out of its sequence":
        return [10**9, *numbers[1:]]
    if how == "in no order":
        Random(1).shuffle(numbers)
    return numbers


IDS = ["one sequence", "two sequences", "the first out of its sequence", "in no order"]


@pytest.mark.parametrize("ids", IDS)
@pytest.mark.parametrize("order", ["id", "received"])
@virtually
async def test_full_pages_lose_nothing_whether_they_go_by_id_or_by_time(
    tmp_path: Path, order: str, ids: str
) -> None:
    scene = Scene(tmp_path)
    scene.order = attrgetter(order)
    numbers = numbered(ids, 180)
    for place, number in enumerate(numbers[:100]):
        scene.receive(number, ago=3600.0 * 1.6 * (101 - place))
    terminal = scene.start(page_size=24)
    await asyncio.sleep(600)
    assert sorted(terminal.ids) == sorted(numbers[:100])
    terminal.kill()
    scene.fall_asleep(100 * 3600)
    for place, number in enumerate(numbers[100:]):
        scene.receive(number, ago=3600.0 * 1.2 * (81 - place))
    again = scene.start(page_size=24)
    await asyncio.sleep(600)
    assert sorted(again.ids) == sorted(numbers)
    assert again.account.sync_state.gaps() == []


@pytest.mark.parametrize("newest_first", [False, True])
@virtually
async def test_more_than_a_page_in_one_hour_by_time_is_a_gap_that_is_told(
    tmp_path: Path, newest_first: bool
) -> None:
    scene = Scene(tmp_path)
    scene.order = attrgetter("received")
    scene.newest_first = newest_first
    for place, number in enumerate(numbered("in no order", 100)):
        scene.receive(number, ago=30.0 * (101 - place))
    terminal = scene.start(page_size=24)
    await asyncio.sleep(600)
    gaps = terminal.account.sync_state.gaps()
    missing = [one for one in scene.messages if one.id not in terminal.ids]
    assert missing
    for message in missing:
        received = to_server_seconds(message.received)
        assert any(gap.start <= received <= gap.end for gap in gaps)


@pytest.mark.parametrize("hours", [-7, -3, 3, 7])
@virtually
async def test_pages_by_time_lose_nothing_where_the_services_zone_is_another_one(
    tmp_path: Path, hours: int
) -> None:
    scene = Scene(tmp_path)
    scene.order = attrgetter("received")
    scene.server_ahead = hours * 3600.0
    numbers = numbered("in no order", 100)
    for place, number in enumerate(numbers):
        scene.receive(number, ago=3600.0 * (1.4 * (101 - place) - hours))
    terminal = scene.start(page_size=24)
    await asyncio.sleep(900)
    assert sorted(terminal.ids) == sorted(numbers)


@virtually
async def test_a_service_that_gives_the_newest_first_leaves_a_gap_that_is_told(
    tmp_path: Path,
) -> None:
    scene = Scene(tmp_path)
    scene.newest_first = True
    for number in range(1, 11):
        scene.receive(number, ago=3600.0 * (20 - number))
    terminal = scene.start(page_size=4)
    await asyncio.sleep(10)
    assert terminal.ids == [7, 8, 9, 10]
    (gap,) = terminal.account.sync_state.gaps()
    assert gap.start == pytest.approx(server(scene, hours=168), abs=12)
    assert gap.end == server(scene, hours=13) - 10


@pytest.mark.parametrize("answered", [[], [1, 2, 3]])
@virtually
async def test_a_gap_is_told_though_a_stale_answer_comes_in_between(
    tmp_path: Path, answered: list[int]
) -> None:
    scene = Scene(tmp_path)
    scene.newest_first = True
    for number in range(1, 11):
        scene.receive(number, ago=3600.0 * (20 - number))
    stale = Answer([scene.message(number) for number in answered], [])
    scene.replies = [None, None, stale]
    terminal = scene.start(page_size=4)
    await asyncio.sleep(100)
    assert len(terminal.account.sync_state.gaps()) == 1


@virtually
async def test_a_gap_of_the_first_sync_is_told_though_the_same_page_came_twice(
    tmp_path: Path,
) -> None:
    scene = Scene(tmp_path)
    scene.newest_first = True
    for number in range(1, 11):
        scene.receive(number, ago=3600.0 * (20 - number))
    page = Answer(sorted(scene.messages)[-4:], [])
    scene.replies = [page, page]
    terminal = scene.start(page_size=4)
    await asyncio.sleep(100)
    (gap,) = terminal.account.sync_state.gaps()
    assert gap.start == pytest.approx(server(scene, hours=168), abs=101)


@virtually
async def test_each_of_several_numbers_has_its_own_gap_where_the_newest_come_first(
    tmp_path: Path,
) -> None:
    scene = Scene(tmp_path)
    scene.newest_first = True
    for number in range(1, 21):
        scene.receive(number, ago=3600.0 * (40 - number), to_phone="12"[number % 2])
    scene.delay = 0.5
    terminal = scene.start(page_size=4, scopes=("1", "2"))
    await asyncio.sleep(200)
    assert terminal.ids == list(range(13, 21))
    ends = [gap.end for gap in terminal.account.sync_state.gaps()]
    expected = [number.received for number in scene.messages if number.id in (13, 14)]
    assert sorted(ends) == [to_server_seconds(received) for received in expected]


@virtually
async def test_a_page_cut_off_before_anybody_knew_which_come_first_is_asked_for_again(
    tmp_path: Path,
) -> None:
    scene = Scene(tmp_path)
    scene.newest_first = True
    for number in range(1, 21):
        scene.receive(number, ago=3600.0 * (40 - number), to_phone="12"[number % 2])
    scene.delay = 0.5
    killed = scene.start(page_size=4, scopes=("2",))
    await asyncio.sleep(0.7)
    killed.kill()
    terminal = scene.start(page_size=4, scopes=("1", "2"))
    await asyncio.sleep(200)
    ends = [gap.end for gap in terminal.account.sync_state.gaps()]
    expected = [number.received for number in scene.messages if number.id in (13, 14)]
    assert sorted(ends) == [to_server_seconds(received) for received in expected]


@virtually
async def test_away_too_long_from_a_service_of_the_newest_first_is_one_gap(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.newest_first = True
    scene.receive(1, ago=3600.0)
    terminal = scene.start(page_size=4)
    await asyncio.sleep(1)
    left = server(scene)
    terminal.kill()
    scene.fall_asleep(200 * 3600)
    for number in range(2, 12):
        scene.receive(number, ago=3600.0 * (20 - number))
    again = scene.start(page_size=4)
    await asyncio.sleep(100)
    assert again.ids == [1, 8, 9, 10, 11]
    ends = [(gap.start, gap.end) for gap in again.account.sync_state.gaps()]
    assert min(start for start, _ in ends) == pytest.approx(left - 300, abs=2)
    oldest = next(message for message in scene.messages if message.id == 8)
    assert ends[0][1] == to_server_seconds(oldest.received)
    assert ends[0][0] == pytest.approx(left - 300, abs=2)


@virtually
async def test_what_a_stale_page_hid_is_in_the_gap_that_follows(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.newest_first = True
    for number in range(1, 11):
        scene.receive(number, ago=3600.0 * (20 - number))
    terminal = scene.start(page_size=4)
    await asyncio.sleep(80)
    scene.receive(11)
    scene.replies = [Answer(sorted(scene.messages)[-5:-1], [])] * 4
    await asyncio.sleep(41)
    scene.replies = []
    for number in range(12, 16):
        scene.receive(number)
    await asyncio.sleep(30)
    assert 11 not in terminal.ids
    assert terminal.ids[-4:] == [12, 13, 14, 15]
    (hidden,) = (to_server_seconds(one.received) for one in scene.messages if one.id == 11)
    assert any(gap.start <= hidden <= gap.end for gap in terminal.account.sync_state.gaps())


@virtually
async def test_a_service_that_gives_the_oldest_first_leaves_none(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    for number in range(1, 11):
        scene.receive(number, ago=3600.0 * (20 - number))
    terminal = scene.start(page_size=4)
    await asyncio.sleep(1000)
    assert terminal.ids == list(range(1, 11))
    assert terminal.account.sync_state.gaps() == []
    assert [asked.cnt for asked in scene.asked].count(2) == 1
