"""When an inbox asks the service, and for what, while nothing fails."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from itertools import pairwise

import pytest
from support.asking import BOOTED, Asked, Environment

from inbox_tui.archive import AccountArchive
from inbox_tui.smsc.message import Answer
from inbox_tui.sync import MessagesArrived, Progress, RefreshDeferred, State


async def test_the_first_request_asks_for_everything_the_service_keeps(env: Environment) -> None:
    terminal = env.start()
    await asyncio.sleep(1)
    (asked,) = env.asked
    assert asked[:5] == (0.0, 10_000, 168, None, None)
    assert terminal.status.state is State.LIVE


async def test_a_full_page_is_followed_by_the_next_at_once(env: Environment) -> None:
    for number in range(1, 8):
        env.receive(number * 10, ago=3600.0)
    terminal = env.start(page_size=3)
    await asyncio.sleep(1)
    assert [asked.after_id for asked in env.asked[:3]] == [None, 30, 60]
    assert env.times[:3] == [0.0, 0.0, 0.0]
    assert terminal.ids == [10, 20, 30, 40, 50, 60, 70]
    assert terminal.events_of(Progress)[0] == Progress(3, 1)
    assert not any(event.live for event in terminal.events_of(MessagesArrived))


async def test_a_page_of_exactly_the_requested_size_is_not_taken_for_the_last(
    env: Environment,
) -> None:
    env.receive(1, 2, 3)
    env.start(page_size=3)
    await asyncio.sleep(1)
    assert env.asked[1].after_id == 3


async def test_polls_ask_for_the_hours_since_the_last_one_plus_one(env: Environment) -> None:
    terminal = env.start()
    await asyncio.sleep(100)
    assert [(asked.hour, asked.after_id) for asked in env.asked[1:]] == [(2, None)] * 4
    terminal.kill()
    env.fall_asleep(5.5 * 3600)
    again = env.start(run=False)
    await again.sync.once()
    assert env.asked[-1].hour == 168  # over an hour since the last pass over the whole period
    await asyncio.sleep(30)
    await env.start(run=False).sync.once()
    assert env.asked[-1].hour == 2


async def test_time_spent_wiping_counts_towards_the_poll_interval(env: Environment) -> None:
    terminal = env.start()

    def wipe_slowly(name: str) -> None:
        if name == "wipe" and len(env.asked) == 1:
            env.fall_asleep(19.5)

    terminal.trouble = wipe_slowly
    await asyncio.sleep(2)
    assert env.times == [0.0, 0.83], "a third of 61 seconds after the first"


async def test_polling_continues_while_many_old_messages_are_deleted(
    env: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = []

    def expire_slowly(self: AccountArchive, before: int) -> Iterator[int]:
        for _ in range(1000):
            env.fall_asleep(0.2)
            steps.append(env.moment().seconds)
            yield 1

    monkeypatch.setattr(AccountArchive, "expire", expire_slowly)
    env.start(keep_days=1)
    asked_at: list[float] = []
    answer = env.answer

    async def note_and_answer(asked: Asked) -> Answer:
        asked_at.append(env.moment().seconds)
        return await answer(asked)

    monkeypatch.setattr(env, "answer", note_and_answer)
    await asyncio.sleep(600)
    assert len(steps) == 1000
    asked_meanwhile = [at for at in asked_at if at < steps[-1]]
    waits = [later - at for at, later in pairwise(asked_meanwhile)]
    assert len(waits) > 10
    assert max(waits) < 21


async def test_quitting_waits_for_at_most_one_step_of_deleting(
    env: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = []

    def expire_slowly(self: AccountArchive, before: int) -> Iterator[int]:
        for step in range(1000):
            taken.append(step)
            yield 1

    monkeypatch.setattr(AccountArchive, "expire", expire_slowly)
    terminal = env.start(keep_days=1)
    await asyncio.sleep(5)
    assert 0 < len(taken) < 100
    before = len(taken)
    await terminal.quit()
    assert len(taken) <= before + 1


async def test_the_whole_period_is_asked_for_at_every_start_and_every_hour(
    env: Environment,
) -> None:
    terminal = env.start()
    await asyncio.sleep(2 * 3600 + 100)
    whole = [asked.at for asked in env.asked if asked.hour == 168]
    assert whole == pytest.approx([0, 3600, 7200], abs=60)
    terminal.kill()
    env.start()
    await asyncio.sleep(30)
    assert env.asked[-1].hour == 168 or env.asked[-2].hour == 168


OUTLIERS = [2**63 - 1, 1_500_000_000]


@pytest.mark.parametrize("outlier", OUTLIERS)
async def test_an_outlier_id_does_not_hide_later_messages(env: Environment, outlier: int) -> None:
    env.receive(1_000_000, ago=60.0)
    env.receive(outlier, ago=30.0)
    terminal = env.start()
    await asyncio.sleep(600)
    env.receive(1_000_001)
    await asyncio.sleep(21)
    assert terminal.ids == [1_000_000, outlier, 1_000_001]


@pytest.mark.parametrize("outlier", OUTLIERS)
async def test_an_outlier_id_in_a_full_page_does_not_hide_other_messages(
    env: Environment, outlier: int
) -> None:
    for number in range(1, 9):
        env.receive(number, ago=3600.0 - number)
    env.receive(outlier, ago=3599.5)
    by_time = sorted(env.messages, key=lambda message: message.received)
    env.replies = [Answer(by_time[:4], [])]
    terminal = env.start(page_size=4)
    await asyncio.sleep(10)
    assert terminal.ids == [*range(1, 9), outlier] or set(terminal.ids) == {*range(1, 9), outlier}


async def test_messages_missed_by_polls_are_announced_and_counted_as_late(
    env: Environment,
) -> None:
    env.receive(5, ago=60.0)
    terminal = env.start()
    await asyncio.sleep(1000)
    env.receive(3, ago=20 * 3600.0)
    await asyncio.sleep(100)
    assert terminal.ids == [5]
    await asyncio.sleep(2600)
    assert terminal.ids == [3, 5]
    assert terminal.events_of(MessagesArrived)[-1] == MessagesArrived([3], live=True)
    late = terminal.account.sync_state.late()
    assert late.messages == 1
    assert late.longest == pytest.approx(20 * 3600 + 2600, abs=60)


async def test_two_out_of_three_polls_of_a_busy_inbox_use_after_id(env: Environment) -> None:
    for number in range(1, 2001):
        env.receive(number, ago=3 * (2000 - number))
    terminal = env.start()
    await asyncio.sleep(130)
    asked = [(asked.hour, asked.after_id) for asked in env.asked]
    assert asked[0] == (168, None)
    assert [after_id is None for _, after_id in asked[1:7]] == [False, False, True] * 2
    assert all(after_id is None or after_id < 2000 - 250 for _, after_id in asked)
    env.receive(2001)
    await asyncio.sleep(21)
    assert 2001 in terminal.ids
    env.receive(7)  # below the confirmed id
    await asyncio.sleep(62)
    assert 7 in terminal.ids


@pytest.mark.parametrize(("delay", "apart"), [(0.0, 61 / 3), (6.0, 67 / 3)])
async def test_polls_are_spaced_evenly_however_long_an_answer_takes(
    env: Environment, delay: float, apart: float
) -> None:
    env.delay = delay
    terminal = env.start()
    await asyncio.sleep(300)
    assert env.apart == pytest.approx([apart] * int(300 / apart), abs=0.02)
    assert State.WAITING not in {status.state for status in terminal.statuses}


@pytest.mark.parametrize("sequences", [[0], [0, 0, 10**9]], ids=["one sequence", "two"])
async def test_a_message_is_in_the_archive_within_21_seconds(
    env: Environment, sequences: list[int]
) -> None:
    terminal = env.start()
    for turn in range(1, 20):
        await asyncio.sleep(7.3)
        number = turn + sequences[turn % len(sequences)]
        env.receive(number)
        await asyncio.sleep(21)
        assert number in terminal.ids
    assert terminal.events_of(MessagesArrived)[0] == MessagesArrived([1], live=True)


async def test_a_longer_refresh_interval_in_the_settings_is_respected(env: Environment) -> None:
    env.start(refresh_seconds=120)
    await asyncio.sleep(500)
    assert env.times == pytest.approx([0, 120, 240, 360, 480], abs=0.05)


async def test_holding_r_keeps_the_limit_and_shows_when_the_next_request_is_due(
    env: Environment,
) -> None:
    terminal = env.start()
    await asyncio.sleep(70)
    asked = len(env.asked)
    for _ in range(30):
        terminal.sync.refresh()
    await asyncio.sleep(0.5)
    assert len(env.asked) <= asked + 1
    (deferred,) = terminal.events_of(RefreshDeferred)
    assert deferred.until is not None
    await asyncio.sleep(deferred.until - BOOTED - env.time() + 0.1)
    assert env.times[-1] == pytest.approx(deferred.until - BOOTED, abs=0.02)
    for _ in range(100):
        await asyncio.sleep(1)
        terminal.sync.refresh()
    assert min(env.three_apart) > 61 - 0.02


async def test_r_refreshes_at_once_if_there_is_room_without_delaying_polls(
    env: Environment,
) -> None:
    terminal = env.start(refresh_seconds=60)
    await asyncio.sleep(100)
    terminal.sync.refresh()
    await asyncio.sleep(0.5)
    assert env.times[-1] == pytest.approx(100, abs=0.02)
    assert terminal.events_of(RefreshDeferred) == []
    for _ in range(10):
        terminal.sync.refresh()
    await asyncio.sleep(200)
    assert max(env.apart) <= 60.02


async def test_r_refreshes_every_number(env: Environment) -> None:
    terminal = env.start(refresh_seconds=300, scopes=("1", "2", "3"))
    await asyncio.sleep(100)
    before = len(env.asked)
    terminal.sync.refresh()
    await asyncio.sleep(1)
    assert sorted(str(asked.to_phone) for asked in env.asked[before:]) == ["1", "2", "3"]


async def test_several_numbers_are_polled_in_turn(env: Environment) -> None:
    env.delay = 3.0
    env.start(scopes=("1", "2", "3"))
    await asyncio.sleep(600)
    counts = [sum(asked.to_phone == scope for asked in env.asked) for scope in "123"]
    assert max(counts) - min(counts) <= 1
    assert min(counts) > 20
    for scope in "123":
        times = [asked.at for asked in env.asked if asked.to_phone == scope]
        assert all(b - a > 61 for a, b in zip(times, times[3:], strict=False))


async def test_the_status_shows_how_many_requests_are_left(env: Environment) -> None:
    terminal = env.start(refresh_seconds=3600)
    left = []
    for _ in range(3):
        terminal.sync.refresh()
        await asyncio.sleep(1)
        left.append(terminal.status.left)
    assert left == [2, 1, 0]
    other = env.start(refresh_seconds=3600)
    await asyncio.sleep(57.5)
    assert terminal.status.left == other.status.left == 0
    for expected in (1, 2, 3, 3):
        await asyncio.sleep(1)
        assert terminal.status.left == other.status.left == expected
    assert terminal.status.allowed == 3
    assert terminal.status.next_at == pytest.approx(BOOTED + 3602, abs=0.1)
    assert len(env.asked) == 3


async def test_a_first_sync_continues_past_a_number_without_messages(
    env: Environment,
) -> None:
    env.receive(5, ago=86400.0, to_phone="2")
    env.receive(9, ago=10.0, to_phone="1")
    terminal = env.start(scopes=("1", "2", "3"))
    await asyncio.sleep(100)
    assert terminal.ids == [5, 9]
    assert not terminal.task.done()


async def test_a_repeated_page_neither_causes_a_loop_nor_loses_messages(env: Environment) -> None:
    env.receive(*range(1, 8), ago=3600.0)
    page = Answer(sorted(env.messages)[:3], [])
    env.replies = [page, page, page]
    terminal = env.start(page_size=3)
    await asyncio.sleep(10)
    assert len(env.asked) <= 3
    await asyncio.sleep(60)
    assert terminal.ids == [1, 2, 3, 4, 5, 6, 7]


async def test_unreadable_entries_are_counted_and_do_not_block_paging(env: Environment) -> None:
    env.replies = [Answer([env.message(1), env.message(2)], ["{}"])]
    env.receive(1)
    env.receive(2)
    env.receive(4)
    terminal = env.start(page_size=3)
    await asyncio.sleep(1)
    assert env.asked[1].after_id == 2
    assert terminal.ids == [1, 2, 4]
    assert terminal.account.messages.unreadable_count() == 1


async def test_a_full_page_of_unreadable_entries_is_not_requested_endlessly(
    env: Environment,
) -> None:
    env.replies = [Answer([], ["a", "b", "c"])] * 100
    terminal = env.start(page_size=3)
    await asyncio.sleep(60)
    assert len(env.asked) == 3
    assert terminal.status.state is State.LIVE


async def test_once_makes_one_pass(env: Environment) -> None:
    env.receive(1)
    terminal = env.start(run=False)
    status = await terminal.sync.once()
    assert status.state is State.LIVE
    assert len(env.asked) == 1
    assert terminal.ids == [1]


async def test_once_waits_for_the_limit_while_an_inbox_is_open(env: Environment) -> None:
    env.start()
    await asyncio.sleep(130)
    status = await env.start(run=False).sync.once()
    assert status.state is State.LIVE
    assert min(env.three_apart) > 61 - 0.02


async def test_once_finishes_even_if_the_wall_clock_is_set_back(env: Environment) -> None:
    env.delay = 5.0
    terminal = env.start(run=False)
    once = asyncio.create_task(terminal.sync.once())
    await asyncio.sleep(2)
    env.wall -= 7200
    assert (await once).state is State.LIVE
    assert env.time() < 10
