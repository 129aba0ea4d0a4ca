"""After the hub's clock is set, the limit is kept and messages arrive as before."""

from __future__ import annotations

import asyncio

import pytest
from support.team import Team

from inbox_tui.archive import Cursor, Hold, Permit, Polled
from inbox_tui.smsc.limit import Limit


async def test_the_limit_is_kept_when_the_hubs_clock_is_set_forward(team: Team) -> None:
    anna = await team.live("anna")
    while len(team.asked) < 3:  # `Team.answer` checks the limit
        anna.member.refresh()
        await team.clock.sleep(1.0)
    team.set_hub_clock(3600.0)
    await team.clock.sleep(10.0)  # the next beat notices it
    anna.member.refresh()
    await team.until(lambda: len(team.asked) > 4)


async def test_an_unanswered_request_still_counts_after_the_hubs_clock_is_changed(
    team: Team,
) -> None:
    team.refresh_seconds = 30.0
    anna = await team.live("anna")
    team.sql(
        "INSERT INTO inbox_tui.requests (login_key, scope, fingerprint, sent_at)"
        " VALUES ('alex', 'elsewhere', 'another', inbox_tui.now())"
    )
    began, asked = team.clock.seconds(), len(team.asked)
    team.set_hub_clock(40.0)
    await team.clock.sleep(10.0)
    anna.member.refresh()
    await team.until(lambda: len(team.asked) > asked)
    assert team.clock.seconds() - began >= Limit().in_flight_seconds - 1.0


@pytest.mark.parametrize("seconds", [-3600.0, 3600.0])
async def test_messages_keep_arriving_after_the_hubs_clock_is_changed(
    team: Team, seconds: float
) -> None:
    anna = await team.live("anna")
    team.set_hub_clock(seconds)
    boris = team.join("boris")
    team.receive("after that")
    await team.until(lambda: anna.texts == boris.texts == ["after that"])
    team.receive("and again")
    await team.until(lambda: anna.texts == boris.texts == ["after that", "and again"])
    assert team.asked[-1].hour < 168, "not the whole period each time"


async def test_a_request_corrects_poll_times_after_the_clock_is_set_back(team: Team) -> None:
    async with team.store(asking=True) as (store, clock):
        polled = Polled(clock.moment(), team.clock.now(), team.clock.now())
        cursor = Cursor(polled, polled)
        await store._hub.run(
            lambda connection: store.sync_state.set_cursor_on(connection, "", cursor)
        )
        team.set_hub_clock(-3600.0)
        begin = store.requests.begin
        began = await asyncio.to_thread(begin, "", "asked", clock.moment(), Limit())
        assert isinstance(began, Permit)
        kept = await asyncio.to_thread(store.sync_state.cursor, "")
        assert kept.polled is not None
        assert kept.polled.moment.seconds <= clock.moment().seconds


@pytest.mark.parametrize("asking", [True, False])
@pytest.mark.parametrize("told", ["before", "after"])
async def test_a_block_keeps_its_duration_when_the_hubs_clock_is_set_forward(
    team: Team, told: str, *, asking: bool
) -> None:
    async with team.store(asking=asking) as (store, clock):
        at = clock.moment()
        block = Hold("blocked", at.seconds + 900.0, 1, "no", team.clock.now(), b"")
        if told == "after":
            team.set_hub_clock(3600.0)
        await asyncio.to_thread(store.requests.set_hold, block, at)
        if told == "before":
            team.set_hub_clock(3600.0)
            await store._hub.run(clock.read)
            assert clock.was_set
            await store._hub.run(store.mend_times)
        store._hub.asking = True
        stands = await asyncio.to_thread(store.requests.hold, clock.moment())
        assert stands is not None
        assert stands.until is not None
        assert 800.0 < stands.until - await store._hub.run(clock.read) <= 900.0
