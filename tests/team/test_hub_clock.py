"""The hub's clock is set anew: the limit is kept, and messages come as before."""

from __future__ import annotations

import pytest
from support.team import Colleague, Team

from inbox_tui.smsc.limit import Limit
from inbox_tui.sync import State


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
