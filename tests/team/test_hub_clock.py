"""The hub's clock is set anew: the limit is kept, and messages come as before."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
from support.postgres import ADMIN_PASSWORD
from support.team import Colleague, Team

from inbox_tui.archive import Cursor, Hold, Permit, Polled
from inbox_tui.credentials import Secret
from inbox_tui.smsc.limit import Limit
from inbox_tui.sync import State
from inbox_tui.team.address import parse_hub
from inbox_tui.team.hub import Hub, HubClock
from inbox_tui.team.store import HubStore


async def live(team: Team) -> Colleague:
    anna = team.join("anna")
    await team.until(lambda: anna.asking and anna.state is State.LIVE)
    return anna


async def test_the_limit_is_kept_where_the_hubs_clock_is_set_forward(team: Team) -> None:
    anna = await live(team)
    while len(team.asked) < 3:  # `Team.answer` looks at the limit
        anna.member.refresh()
        await team.clock.sleep(1.0)
    team.set_hub_clock(3600.0)
    await team.clock.sleep(10.0)  # a beat takes note of it
    anna.member.refresh()
    await team.until(lambda: len(team.asked) > 4)


async def test_an_unanswered_request_still_counts_after_the_hubs_clock_was_set(
    team: Team,
) -> None:
    team.refresh_seconds = 30.0
    anna = await live(team)
    team.sql(
        "INSERT INTO inbox_tui.requests (login_key, scope, fingerprint, sent_at)"
        " VALUES ('alex', 'elsewhere', 'another', inbox_tui.now())"
    )
    began, asked = team.clock.seconds(), len(team.asked)
    team.set_hub_clock(40.0)
    await team.clock.sleep(10.0)
    anna.member.refresh()
    await team.until(lambda: len(team.asked) > asked)
    assert team.clock.seconds() - began >= Limit().lifetime - 1.0


@pytest.mark.parametrize("seconds", [-3600.0, 3600.0])
async def test_messages_come_as_before_where_the_hubs_clock_is_set(
    team: Team, seconds: float
) -> None:
    anna = await live(team)
    team.set_hub_clock(seconds)
    boris = team.join("boris")
    team.receive("after that")
    await team.until(lambda: anna.texts == boris.texts == ["after that"])
    team.receive("and again")
    await team.until(lambda: anna.texts == boris.texts == ["after that", "and again"])
    assert team.asked[-1].hour < 168, "not the whole period each time"


@contextlib.asynccontextmanager
async def store_of(team: Team, *, asking: bool) -> AsyncIterator[tuple[HubStore, HubClock]]:
    hub = Hub(parse_hub(team.cluster.url(team.database)), Secret(ADMIN_PASSWORD))
    await asyncio.to_thread(hub.connect)
    hub.asking = asking
    clock = HubClock(team.clock)
    await hub.run(clock.read)
    yield HubStore(hub, clock, 1, "alex"), clock
    await asyncio.to_thread(hub.close)


async def test_a_request_takes_note_of_a_clock_set_back_for_the_polls_too(team: Team) -> None:
    async with store_of(team, asking=True) as (store, clock):
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
async def test_a_block_stands_for_its_time_where_the_hubs_clock_is_set_forward(
    team: Team, told: str, *, asking: bool
) -> None:
    async with store_of(team, asking=asking) as (store, clock):
        at = clock.moment()
        block = Hold("blocked", at.seconds + 900.0, 1, "no", team.clock.now(), b"")
        if told == "after":
            team.set_hub_clock(3600.0)
        await asyncio.to_thread(store.requests.set_hold, block, at)
        if told == "before":
            team.set_hub_clock(3600.0)
            await store._hub.run(clock.read)
            await store._hub.run(store.requests._take_note_of_jump)
        stands = await asyncio.to_thread(store.requests.standing)
        assert stands is not None
        assert stands.until is not None
        assert 800.0 < stands.until - await store._hub.run(clock.read) <= 900.0
