"""Clocks that jump, machines that sleep, programs that are killed, several at once."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from support.asking import Scene, virtually

from inbox_tui.smsc.errors import AddressBlocked
from inbox_tui.sync import State, ZoneSuspected
from inbox_tui.sync.clock import _boot_clock
from inbox_tui.sync.next_request import IN_FLIGHT_REASON, LOST_REQUESTS_REASON, TOO_SLOW_REASON


@pytest.mark.parametrize("hours", [-5, -1, 1, 5])
@virtually
async def test_a_wall_clock_that_jumps_makes_nobody_wait(tmp_path: Path, hours: int) -> None:
    scene = Scene(tmp_path)
    terminal = scene.start()
    await asyncio.sleep(100)
    scene.wall += hours * 3600
    await asyncio.sleep(300)
    gaps = [later - sooner for sooner, later in pairwise(scene.times)]
    assert max(gaps) < 20.4
    assert terminal.account.sync_state.gaps() == []


@virtually
async def test_on_waking_it_asks_at_once(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.start()
    await asyncio.sleep(85)
    before = len(scene.asked)
    scene.fall_asleep(8 * 3600)
    await asyncio.sleep(1.1)
    assert len(scene.asked) == before + 1


@virtually
async def test_a_request_planned_before_the_machine_slept_is_not_sent_after(
    tmp_path: Path,
) -> None:
    scene = Scene(tmp_path)
    terminal = scene.start()
    begin = terminal.account.requests.begin

    def begin_and_fall_asleep(*arguments: Any) -> Any:
        terminal.account.requests.begin = begin  # type: ignore[method-assign]
        begun = begin(*arguments)
        scene.fall_asleep(3600)
        return begun

    terminal.account.requests.begin = begin_and_fall_asleep  # type: ignore[method-assign, assignment] # takes anything
    await asyncio.sleep(1)
    assert len(scene.asked) == 1
    assert len(terminal.account.requests.entries(scene.moment())) == 1


@virtually
async def test_where_no_request_begins_in_time_it_is_tried_later_and_later(
    tmp_path: Path,
) -> None:
    scene = Scene(tmp_path)
    terminal = scene.start()
    slow = True
    began: list[float] = []
    begin = terminal.account.requests.begin

    def begin_slowly(*arguments: Any) -> Any:
        begun = begin(*arguments)
        began.append(scene.time())
        scene.fall_asleep(6.0 if slow else 0.0)
        return begun

    terminal.account.requests.begin = begin_slowly  # type: ignore[method-assign, assignment] # takes anything
    await asyncio.sleep(120)
    assert terminal.status[:2] == (State.OFFLINE, TOO_SLOW_REASON)
    assert not scene.asked
    assert 3 <= len(began) <= 8
    slow = False
    await asyncio.sleep(200)
    assert terminal.status.state is State.LIVE


@virtually
async def test_after_a_kill_the_request_under_way_is_waited_for_and_told(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.delay = 30.0
    killed = scene.start()
    await asyncio.sleep(5)
    killed.kill()
    scene.delay = 0.0
    again = scene.start()
    await asyncio.sleep(5)
    assert again.status[:2] == (State.WAITING, IN_FLIGHT_REASON)
    await asyncio.sleep(100)
    assert scene.times[1] == pytest.approx(90, abs=0.02)
    assert again.status.state is State.LIVE


@virtually
async def test_a_request_of_another_terminal_shows_until_it_is_answered_or_given_up(
    tmp_path: Path,
) -> None:
    scene = Scene(tmp_path)
    watching = scene.start(refresh_seconds=3600)
    await asyncio.sleep(1)
    asking = scene.start()
    scene.delay = 5.0
    await asyncio.sleep(22)
    assert watching.status.state is State.CHECKING
    await asyncio.sleep(5)
    assert watching.status.state is State.LIVE
    scene.delay = 60.0
    await asyncio.sleep(20)
    asking.kill()
    await asyncio.sleep(30)
    assert watching.status.state is State.CHECKING
    await asyncio.sleep(60)
    assert watching.status.state is State.LIVE


@virtually
async def test_after_a_reboot_an_earlier_request_may_still_be_on_its_way(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.delay = 30.0
    killed = scene.start()
    await asyncio.sleep(5)
    killed.kill()
    scene.boot, scene.booted, scene.delay = "another boot", 10.0 - scene.time(), 0.0
    scene.start()
    await asyncio.sleep(100)
    assert scene.times[1] == pytest.approx(5 + 90, abs=0.05)


@virtually
async def test_two_terminals_share_the_polls_and_both_see_the_messages(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    first = scene.start()
    await asyncio.sleep(1)
    second = scene.start()
    for number in range(1, 11):
        await asyncio.sleep(30)
        scene.receive(number)
    await asyncio.sleep(21)
    times = scene.times
    assert all(later - sooner > 20.3 for sooner, later in pairwise(times))
    assert first.ids == second.ids == list(range(1, 11))
    for terminal in (first, second):
        assert terminal.status.state is State.LIVE
        assert State.WAITING not in {status.state for status in terminal.statuses}


@virtually
async def test_a_pass_cut_short_by_a_kill_goes_on_where_it_was(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    for number in range(1, 8):
        scene.receive(number, ago=3600.0)
    scene.delay = 1.0
    killed = scene.start(page_size=3)
    await asyncio.sleep(1.5)
    killed.kill()
    scene.delay = 0.0
    again = scene.start(page_size=3)
    await asyncio.sleep(100)
    assert scene.asked[2].after_id == 3
    assert again.ids == [1, 2, 3, 4, 5, 6, 7]


@pytest.mark.parametrize(
    ("boot", "up"), [("another boot", 10.0), ("another boot", 90_000.0), ("boot", 10.0)]
)
@virtually
async def test_a_pass_cut_short_by_a_reboot_begins_anew(
    tmp_path: Path, boot: str, up: float
) -> None:
    scene = Scene(tmp_path)
    for number in range(1, 8):
        scene.receive(number, ago=3600.0)
    scene.delay = 1.0
    killed = scene.start(page_size=3)
    await asyncio.sleep(1.5)
    killed.kill()
    scene.delay, scene.boot, scene.booted = 0.0, boot, up - scene.time()
    again = scene.start(page_size=3)
    await asyncio.sleep(100)
    assert [asked.after_id for asked in scene.asked[2:5]] == [None, 3, 6]
    assert again.ids == [1, 2, 3, 4, 5, 6, 7]
    polled = again.account.sync_state.cursor("").polled
    assert polled is not None
    assert polled.service <= scene.service_now()


@virtually
async def test_after_damage_nobody_asks_until_what_was_asked_can_no_longer_count(
    tmp_path: Path,
) -> None:
    scene = Scene(tmp_path)
    scene.receive(1, ago=3600.0)
    killed = scene.start()
    await asyncio.sleep(62)
    killed.kill()
    asked = len(scene.asked)
    scene.path.write_bytes(b"no database" * 500)
    for terminal in (scene.start(password=None, run=False), scene.start(), scene.start()):
        await asyncio.sleep(20)
        assert terminal.ids == []
    assert terminal.status[:2] == (State.WAITING, LOST_REQUESTS_REASON)
    await asyncio.sleep(70)
    assert len(scene.asked) == asked
    await asyncio.sleep(80)
    assert terminal.ids == [1]
    assert scene.times[asked] == pytest.approx(62 + 151, abs=0.02)


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
@virtually
async def test_live_messages_of_another_clock_again_and_again_name_the_zone_that_fits(
    tmp_path: Path, hours: float, zone: str
) -> None:
    scene = Scene(tmp_path)
    scene.server_ahead = hours * 3600.0
    terminal = scene.start()
    await asyncio.sleep(1)
    for number in range(1, 8):
        scene.receive(number, ago=-hours * 3600.0)
        await asyncio.sleep(25)
        assert len(terminal.events_of(ZoneSuspected)) == (number >= 3)
    assert terminal.events_of(ZoneSuspected) == [ZoneSuspected(zone)]


@virtually
async def test_old_messages_of_the_first_sync_say_nothing_of_the_zone(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    for number in range(1, 20):
        scene.receive(number, ago=3 * 3600.0)
    terminal = scene.start()
    await asyncio.sleep(100)
    assert terminal.events_of(ZoneSuspected) == []


@virtually
async def test_one_message_that_fits_ends_the_suspicion(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    terminal = scene.start()
    await asyncio.sleep(1)
    for number in range(1, 12):
        scene.receive(number, ago=7200.0 if number % 3 else 0.0)
        await asyncio.sleep(25)
    assert terminal.events_of(ZoneSuspected) == []


@pytest.mark.parametrize("minutes", [-14, 11, 14])
@virtually
async def test_a_machine_whose_clock_is_some_minutes_off_is_not_sent_to_the_zone_it_has(
    tmp_path: Path, minutes: int
) -> None:
    scene = Scene(tmp_path)
    terminal = scene.start()
    await asyncio.sleep(1)
    for number in range(1, 8):
        scene.receive(number, ago=minutes * -60.0)
        await asyncio.sleep(25)
    assert terminal.events_of(ZoneSuspected) == []


@virtually
async def test_a_clock_that_no_zone_explains_is_nobodys(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    terminal = scene.start()
    await asyncio.sleep(1)
    for number in range(1, 8):
        scene.receive(number, ago=86400.0 * 3)
        await asyncio.sleep(25)
    assert terminal.events_of(ZoneSuspected) == []


# -- containers


def test_a_time_namespace_is_a_boot_of_its_own(tmp_path: Path) -> None:
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


@virtually
async def test_a_container_started_anew_keeps_the_limit(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    for start in range(8):
        scene.boot = f"container {start}"  # over a boot clock that goes on
        terminal = scene.start()
        await asyncio.sleep(12)
        terminal.kill()
    scene.start()
    await asyncio.sleep(200)
    assert len(scene.times) > 8
    for first, fourth in zip(scene.times, scene.times[3:], strict=False):
        assert fourth - first > 60


@virtually
async def test_a_block_is_waited_for_by_a_container_started_anew(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.replies = [AddressBlocked(4, "ip is blocked")]
    terminal = scene.start()
    await asyncio.sleep(10)
    terminal.kill()
    scene.boot = "another container"
    terminal = scene.start()
    await asyncio.sleep(880)
    assert len(scene.asked) == 1
    assert terminal.status.state is State.BLOCKED
    await asyncio.sleep(15)
    assert len(scene.asked) == 2


@virtually
async def test_an_answer_that_is_about_to_come_is_waited_for_on_closing(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.receive(1)
    scene.delay = 1.0
    terminal = scene.start()
    await asyncio.sleep(0.5)
    terminal.task.cancel()
    await asyncio.wait([terminal.task])
    assert terminal.ids == [1]
    (request,) = terminal.account.requests.entries(scene.moment())
    assert request.answered_at is not None


@virtually
async def test_closing_takes_no_longer_than_two_seconds(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.delay = 60.0
    terminal = scene.start()
    await asyncio.sleep(0.5)
    terminal.task.cancel()
    await asyncio.wait([terminal.task])
    assert scene.time() == pytest.approx(2.5, abs=0.1)
