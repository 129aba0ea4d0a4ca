"""Clocks that jump, machines that sleep, and programs that are killed or run side by side."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from support.asking import Environment

from inbox_tui.sync import State, ZoneSuspected
from inbox_tui.sync.clock import _boot_clock
from inbox_tui.sync.events import IN_FLIGHT_REASON, LOST_REQUESTS_REASON, TOO_SLOW_REASON


@pytest.mark.parametrize("hours", [-5, -1, 1, 5])
async def test_a_jump_of_the_wall_clock_delays_no_poll(env: Environment, hours: int) -> None:
    terminal = env.start()
    await asyncio.sleep(100)
    env.wall += hours * 3600
    await asyncio.sleep(300)
    assert max(env.apart) < 20.4
    assert terminal.account.sync_state.gaps() == []


async def test_a_poll_is_made_as_soon_as_the_machine_wakes(env: Environment) -> None:
    env.start()
    await asyncio.sleep(85)
    before = len(env.asked)
    env.fall_asleep(8 * 3600)
    await asyncio.sleep(1.1)
    assert len(env.asked) == before + 1


async def test_a_request_planned_before_the_machine_slept_is_not_sent_afterwards(
    env: Environment,
) -> None:
    terminal = env.start()
    begin = terminal.account.requests.begin

    def begin_and_fall_asleep(*arguments: Any) -> Any:
        terminal.account.requests.begin = begin  # type: ignore[method-assign]
        begun = begin(*arguments)
        env.fall_asleep(3600)
        return begun

    terminal.account.requests.begin = begin_and_fall_asleep  # type: ignore[method-assign, assignment] # takes anything
    await asyncio.sleep(1)
    assert len(env.asked) == 1
    assert len(terminal.account.requests.entries(env.moment())) == 1


async def test_requests_that_are_slow_to_begin_are_retried_ever_less_often(
    env: Environment,
) -> None:
    terminal = env.start()
    slow = True
    began: list[float] = []
    begin = terminal.account.requests.begin

    def begin_slowly(*arguments: Any) -> Any:
        begun = begin(*arguments)
        began.append(env.time())
        env.fall_asleep(6.0 if slow else 0.0)
        return begun

    terminal.account.requests.begin = begin_slowly  # type: ignore[method-assign, assignment] # takes anything
    await asyncio.sleep(120)
    assert terminal.status[:2] == (State.OFFLINE, TOO_SLOW_REASON)
    assert not env.asked
    assert 3 <= len(began) <= 8
    slow = False
    await asyncio.sleep(200)
    assert terminal.status.state is State.LIVE


async def test_after_a_kill_the_unfinished_request_is_shown_and_waited_for(
    env: Environment,
) -> None:
    env.delay = 30.0
    killed = env.start()
    await asyncio.sleep(5)
    killed.kill()
    env.delay = 0.0
    again = env.start()
    await asyncio.sleep(5)
    assert again.status[:2] == (State.WAITING, IN_FLIGHT_REASON)
    await asyncio.sleep(100)
    assert env.times[1] == pytest.approx(90, abs=0.02)
    assert again.status.state is State.LIVE


async def test_another_terminals_request_shows_as_checking_until_it_ends(
    env: Environment,
) -> None:
    watching = env.start(refresh_seconds=3600)
    await asyncio.sleep(1)
    asking = env.start()
    env.delay = 5.0
    await asyncio.sleep(22)
    assert watching.status.state is State.CHECKING
    await asyncio.sleep(5)
    assert watching.status.state is State.LIVE
    env.delay = 60.0
    await asyncio.sleep(20)
    asking.kill()
    await asyncio.sleep(30)
    assert watching.status.state is State.CHECKING
    await asyncio.sleep(60)
    assert watching.status.state is State.LIVE


async def test_after_a_reboot_an_unanswered_request_is_still_waited_for(env: Environment) -> None:
    env.delay = 30.0
    killed = env.start()
    await asyncio.sleep(5)
    killed.kill()
    env.boot, env.booted, env.delay = "another boot", 10.0 - env.time(), 0.0
    env.start()
    await asyncio.sleep(100)
    assert env.times[1] == pytest.approx(5 + 90, abs=0.05)


async def test_two_terminals_share_the_polls_and_both_see_the_messages(env: Environment) -> None:
    first = env.start()
    await asyncio.sleep(1)
    second = env.start()
    for number in range(1, 11):
        await asyncio.sleep(30)
        env.receive(number)
    await asyncio.sleep(21)
    assert min(env.apart) > 20.3
    assert first.ids == second.ids == list(range(1, 11))
    for terminal in (first, second):
        assert terminal.status.state is State.LIVE
        assert State.WAITING not in {status.state for status in terminal.statuses}


async def test_a_pass_interrupted_by_a_kill_resumes_where_it_stopped(env: Environment) -> None:
    env.receive(*range(1, 8), ago=3600.0)
    env.delay = 1.0
    killed = env.start(page_size=3)
    await asyncio.sleep(1.5)
    killed.kill()
    env.delay = 0.0
    again = env.start(page_size=3)
    await asyncio.sleep(100)
    assert env.asked[2].after_id == 3
    assert again.ids == [1, 2, 3, 4, 5, 6, 7]


@pytest.mark.parametrize(
    ("boot", "up"), [("another boot", 10.0), ("another boot", 90_000.0), ("boot", 10.0)]
)
async def test_a_pass_interrupted_by_a_reboot_starts_over(
    env: Environment, boot: str, up: float
) -> None:
    env.receive(*range(1, 8), ago=3600.0)
    env.delay = 1.0
    killed = env.start(page_size=3)
    await asyncio.sleep(1.5)
    killed.kill()
    env.delay, env.boot, env.booted = 0.0, boot, up - env.time()
    again = env.start(page_size=3)
    await asyncio.sleep(100)
    assert [asked.after_id for asked in env.asked[2:5]] == [None, 3, 6]
    assert again.ids == [1, 2, 3, 4, 5, 6, 7]
    polled = again.account.sync_state.cursor("").polled
    assert polled is not None
    assert polled.service <= env.service_now()


async def test_after_damage_no_request_is_sent_while_lost_ones_may_still_count(
    env: Environment,
) -> None:
    env.receive(1, ago=3600.0)
    killed = env.start()
    await asyncio.sleep(62)
    killed.kill()
    asked = len(env.asked)
    env.path.write_bytes(b"no database" * 500)
    for terminal in (env.start(password=None, run=False), env.start(), env.start()):
        await asyncio.sleep(20)
        assert terminal.ids == []
    assert terminal.status[:2] == (State.WAITING, LOST_REQUESTS_REASON)
    await asyncio.sleep(70)
    assert len(env.asked) == asked
    await asyncio.sleep(80)
    assert terminal.ids == [1]
    assert env.times[asked] == pytest.approx(62 + 151, abs=0.02)


# -- the zone


@pytest.mark.parametrize(
    ("hours", "zone"),
    [
        (-3, "UTC"),
        (4, "Asia/Krasnoyarsk"),
        (-1, "Europe/Kyiv"),
        (1, "Europe/Samara"),
        (0.5, "Asia/Tehran"),
    ],
)
async def test_repeated_live_messages_from_another_time_zone_suggest_that_zone(
    env: Environment, hours: float, zone: str
) -> None:
    env.server_ahead = hours * 3600.0
    terminal = env.start()
    await asyncio.sleep(1)
    for number in range(1, 8):
        env.receive(number, ago=-hours * 3600.0)
        await asyncio.sleep(25)
        assert len(terminal.events_of(ZoneSuspected)) == (number >= 3)
    assert terminal.events_of(ZoneSuspected) == [ZoneSuspected(zone)]


async def test_old_messages_of_the_first_sync_suggest_no_time_zone(env: Environment) -> None:
    env.receive(*range(1, 20), ago=3 * 3600.0)
    terminal = env.start()
    await asyncio.sleep(100)
    assert terminal.events_of(ZoneSuspected) == []


@pytest.mark.parametrize(
    "agos",
    [[7200, 7200, 0], [840], [-660], [-840], [3 * 86400]],
    ids=["one fits", "14 minutes", "-11 minutes", "-14 minutes", "no zone explains it"],
)
async def test_times_that_another_time_zone_does_not_explain_suggest_none(
    env: Environment, agos: list[float]
) -> None:
    terminal = env.start()
    await asyncio.sleep(1)
    for number in range(1, 12):
        env.receive(number, ago=agos[number % len(agos) - 1])
        await asyncio.sleep(25)
    assert terminal.events_of(ZoneSuspected) == []


# -- containers


def test_a_time_namespace_counts_as_a_separate_boot(tmp_path: Path) -> None:
    kernel, own = tmp_path / "sys/kernel/random", tmp_path / "self"
    kernel.mkdir(parents=True)
    own.mkdir()
    (kernel / "boot_id").write_text("43466d31\n")
    ids = [_boot_clock(tmp_path)[0]]
    for offset in (0, 100_000, 100_001):
        (own / "timens_offsets").write_text(f"monotonic  0  0\nboottime  {offset}  0\n")
        ids.append(_boot_clock(tmp_path)[0])
    assert ids[0] == ids[1] == "43466d31"
    assert len(set(ids)) == 3


async def test_restarted_containers_keep_the_limit(env: Environment) -> None:
    for start in range(8):
        env.boot = f"container {start}"  # but the same boot clock
        terminal = env.start()
        await asyncio.sleep(12)
        terminal.kill()
    env.start()
    await asyncio.sleep(200)
    assert len(env.times) > 8
    assert min(env.three_apart) > 60


async def test_closing_waits_for_an_answer_that_is_about_to_arrive(env: Environment) -> None:
    env.receive(1)
    env.delay = 1.0
    terminal = env.start()
    await asyncio.sleep(0.5)
    await terminal.quit()
    assert terminal.ids == [1]
    (request,) = terminal.account.requests.entries(env.moment())
    assert request.answered_at is not None


async def test_closing_takes_no_longer_than_two_seconds(env: Environment) -> None:
    env.delay = 60.0
    terminal = env.start()
    await asyncio.sleep(0.5)
    await terminal.quit()
    assert env.time() == pytest.approx(2.5, abs=0.1)
