"""Messages that can no longer be fetched are reported as gaps, with their dates."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from operator import attrgetter
from random import Random

import pytest
from support.asking import ZONE, Environment

from inbox_tui.archive import to_server_seconds
from inbox_tui.smsc.message import Answer


def server(env: Environment, **ago: float) -> int:
    moment = env.now() - timedelta(**ago)
    return to_server_seconds(moment.astimezone(ZONE).replace(tzinfo=None))


@pytest.mark.parametrize("to_phone", ["", "79110000001"])
async def test_too_long_an_absence_leaves_a_gap_with_its_dates(
    env: Environment, to_phone: str
) -> None:
    terminal = env.start()
    await asyncio.sleep(1)
    left = server(env)
    terminal.kill()
    env.fall_asleep(200 * 3600)
    again = env.start(scopes=(to_phone,))
    await asyncio.sleep(1)
    (gap,) = again.account.sync_state.gaps()
    assert gap.start == pytest.approx(left - 300, abs=2)
    assert gap.end == pytest.approx(server(env, hours=168), abs=2)


async def test_a_number_has_no_gap_if_all_numbers_were_polled_in_between(env: Environment) -> None:
    for scope in ("79110000001", "", "79110000001"):
        terminal = env.start(scopes=(scope,))
        await asyncio.sleep(1)
        assert terminal.account.sync_state.gaps() == []
        terminal.kill()
        env.fall_asleep(100 * 3600)


async def test_an_absence_of_under_168_hours_leaves_no_gap(env: Environment) -> None:
    earlier = env.start()
    await asyncio.sleep(1)
    earlier.kill()
    env.fall_asleep(167 * 3600)
    again = env.start()
    await asyncio.sleep(100)
    assert again.account.sync_state.gaps() == []


async def test_a_wrong_clock_and_an_answer_without_a_date_leave_no_gap(env: Environment) -> None:
    env.wall = -40 * 86400.0
    env.dates = lambda: None
    terminal = env.start()
    await asyncio.sleep(50)
    env.dates = env.service_now
    await asyncio.sleep(100)
    assert terminal.account.sync_state.gaps() == []


def numbered(how: str, count: int) -> list[int]:
    """Return the ids of `count` messages in the order in which they were received."""
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
async def test_full_pages_lose_no_messages_whether_ordered_by_id_or_by_time(
    env: Environment, order: str, ids: str
) -> None:
    env.order = attrgetter(order)
    numbers = numbered(ids, 180)
    for place, number in enumerate(numbers[:100]):
        env.receive(number, ago=3600.0 * 1.6 * (101 - place))
    terminal = env.start(page_size=24)
    await asyncio.sleep(600)
    assert sorted(terminal.ids) == sorted(numbers[:100])
    terminal.kill()
    env.fall_asleep(100 * 3600)
    for place, number in enumerate(numbers[100:]):
        env.receive(number, ago=3600.0 * 1.2 * (81 - place))
    again = env.start(page_size=24)
    await asyncio.sleep(600)
    assert sorted(again.ids) == sorted(numbers)
    assert again.account.sync_state.gaps() == []


@pytest.mark.parametrize("newest_first", [False, True])
async def test_over_a_page_of_messages_in_one_hour_ordered_by_time_leaves_a_gap(
    env: Environment, newest_first: bool
) -> None:
    env.order = attrgetter("received")
    env.newest_first = newest_first
    for place, number in enumerate(numbered("in no order", 100)):
        env.receive(number, ago=30.0 * (101 - place))
    terminal = env.start(page_size=24)
    await asyncio.sleep(600)
    gaps = terminal.account.sync_state.gaps()
    missing = [one for one in env.messages if one.id not in terminal.ids]
    assert missing
    for message in missing:
        received = to_server_seconds(message.received)
        assert any(gap.start <= received <= gap.end for gap in gaps)


async def test_an_old_full_page_instead_of_the_next_one_leaves_no_gap(env: Environment) -> None:
    env.order = attrgetter("received")
    numbers = numbered("in no order", 24)
    for place, number in enumerate(numbers):
        env.receive(number, ago=3600.0 * 6.5 * (25 - place))
    terminal = env.start(page_size=24)
    await asyncio.sleep(600)
    terminal.kill()
    env.replies = [None, Answer(sorted(env.messages, key=env.order), [])]
    again = env.start(page_size=24)
    await asyncio.sleep(600)
    assert sorted(again.ids) == sorted(numbers)
    assert again.account.sync_state.gaps() == []


@pytest.mark.parametrize(
    ("clock", "longer"), [(20, 0), (0, 24)], ids=["our clock is ahead", "a day more in each answer"]
)
async def test_pages_by_time_lose_nothing_if_answers_look_old(
    env: Environment, clock: int, longer: int
) -> None:
    env.order = attrgetter("received")
    env.wall, env.dates = clock * 3600.0, lambda: None
    env.server_ahead = longer * -3600.0
    numbers = numbered("in no order", 100)
    for place, number in enumerate(numbers):
        env.receive(number, ago=3600.0 * (1.6 + longer / 100) * (101 - place))
    terminal = env.start(page_size=24)
    await asyncio.sleep(900)
    assert sorted(terminal.ids) == sorted(numbers)
    assert terminal.account.sync_state.gaps() == []


async def test_new_messages_come_although_every_full_page_looks_old(env: Environment) -> None:
    env.order = attrgetter("received")
    env.wall, env.dates = 400 * 86400.0, lambda: None
    for place, number in enumerate(numbered("in no order", 100)):
        env.receive(number, ago=3600.0 * 1.6 * (101 - place))
    terminal = env.start(page_size=24)
    await asyncio.sleep(900)
    env.receive(101)
    await asyncio.sleep(60)
    assert 101 in terminal.ids
    missing = [
        to_server_seconds(one.received) for one in env.messages if one.id not in terminal.ids
    ]
    (gap,) = terminal.account.sync_state.gaps()
    assert all(gap.start <= received <= gap.end for received in missing)


@pytest.mark.parametrize("hours", [-7, -3, 3, 7])
async def test_pages_by_time_lose_nothing_if_the_service_has_another_time_zone(
    env: Environment, hours: int
) -> None:
    env.order = attrgetter("received")
    env.server_ahead = hours * 3600.0
    numbers = numbered("in no order", 100)
    for place, number in enumerate(numbers):
        env.receive(number, ago=3600.0 * (1.4 * (101 - place) - hours))
    terminal = env.start(page_size=24)
    await asyncio.sleep(900)
    assert sorted(terminal.ids) == sorted(numbers)


async def test_a_service_that_sends_the_newest_first_leaves_a_gap(
    env: Environment,
) -> None:
    env.newest_first = True
    env.receive_hourly(range(1, 11), until=20)
    terminal = env.start(page_size=4)
    await asyncio.sleep(10)
    assert terminal.ids == [7, 8, 9, 10]
    (gap,) = terminal.account.sync_state.gaps()
    assert gap.start == pytest.approx(server(env, hours=168), abs=12)
    assert gap.end == server(env, hours=13) - 10


@pytest.mark.parametrize("answered", [[], [1, 2, 3]])
async def test_a_gap_is_reported_despite_a_stale_answer_in_between(
    env: Environment, answered: list[int]
) -> None:
    env.newest_first = True
    env.receive_hourly(range(1, 11), until=20)
    stale = Answer([env.message(number) for number in answered], [])
    env.replies = [None, None, stale]
    terminal = env.start(page_size=4)
    await asyncio.sleep(100)
    assert len(terminal.account.sync_state.gaps()) == 1


async def test_a_gap_in_the_first_sync_is_reported_despite_a_repeated_page(
    env: Environment,
) -> None:
    env.newest_first = True
    env.receive_hourly(range(1, 11), until=20)
    page = Answer(sorted(env.messages)[-4:], [])
    env.replies = [page, page]
    terminal = env.start(page_size=4)
    await asyncio.sleep(100)
    (gap,) = terminal.account.sync_state.gaps()
    assert gap.start == pytest.approx(server(env, hours=168), abs=101)


@pytest.mark.parametrize("cut_off", [False, True], ids=["", "a first page is cut off"])
async def test_each_number_has_its_own_gap_if_the_newest_messages_come_first(
    env: Environment, cut_off: bool
) -> None:
    env.newest_first = True
    env.receive_hourly(range(1, 21), until=40, to_phones="12")
    env.delay = 0.5
    if cut_off:  # before the service's order was known
        killed = env.start(page_size=4, scopes=("2",))
        await asyncio.sleep(0.7)
        killed.kill()
    terminal = env.start(page_size=4, scopes=("1", "2"))
    await asyncio.sleep(200)
    assert terminal.ids == list(range(13, 21))
    ends = [gap.end for gap in terminal.account.sync_state.gaps()]
    expected = [message.received for message in env.messages if message.id in (13, 14)]
    assert sorted(ends) == [to_server_seconds(received) for received in expected]


async def test_absence_and_newest_first_order_leave_one_continuous_gap(
    env: Environment,
) -> None:
    env.newest_first = True
    env.receive(1, ago=3600.0)
    terminal = env.start(page_size=4)
    await asyncio.sleep(1)
    left = server(env)
    terminal.kill()
    env.fall_asleep(200 * 3600)
    env.receive_hourly(range(2, 12), until=20)
    again = env.start(page_size=4)
    await asyncio.sleep(100)
    assert again.ids == [1, 8, 9, 10, 11]
    ends = [(gap.start, gap.end) for gap in again.account.sync_state.gaps()]
    assert min(start for start, _ in ends) == pytest.approx(left - 300, abs=2)
    oldest = next(message for message in env.messages if message.id == 8)
    assert ends[0][1] == to_server_seconds(oldest.received)
    assert ends[0][0] == pytest.approx(left - 300, abs=2)


async def test_a_message_hidden_by_a_stale_page_falls_in_a_reported_gap(env: Environment) -> None:
    env.newest_first = True
    env.receive_hourly(range(1, 11), until=20)
    terminal = env.start(page_size=4)
    await asyncio.sleep(80)
    env.receive(11)
    env.replies = [Answer(sorted(env.messages)[-5:-1], [])] * 4
    await asyncio.sleep(41)
    env.replies = []
    env.receive(*range(12, 16))
    await asyncio.sleep(30)
    assert 11 not in terminal.ids
    assert terminal.ids[-4:] == [12, 13, 14, 15]
    (hidden,) = (to_server_seconds(one.received) for one in env.messages if one.id == 11)
    assert any(gap.start <= hidden <= gap.end for gap in terminal.account.sync_state.gaps())


async def test_a_service_that_sends_the_oldest_first_leaves_no_gap(env: Environment) -> None:
    env.receive_hourly(range(1, 11), until=20)
    terminal = env.start(page_size=4)
    await asyncio.sleep(1000)
    assert terminal.ids == list(range(1, 11))
    assert terminal.account.sync_state.gaps() == []
    assert [asked.cnt for asked in env.asked].count(2) == 1
