"""The connection to the hub, which several threads use."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
from support.postgres import ADMIN_PASSWORD, Cluster
from support.team import Team

from inbox_tui.archive import Hold
from inbox_tui.credentials import Secret
from inbox_tui.smsc.limit import Moment
from inbox_tui.team.address import parse_hub
from inbox_tui.team.errors import HubAway
from inbox_tui.team.hub import Hub


def test_using_a_closed_hub_raises_hub_away(cluster: Cluster) -> None:
    hub = Hub(parse_hub(cluster.url(cluster.new_database())), Secret(ADMIN_PASSWORD))
    asyncio.run(hub.connect(checked=False))

    def ask() -> None:
        while True:
            hub.fetch("SELECT 1")

    with ThreadPoolExecutor(8) as threads:
        asking = [threads.submit(ask) for _ in range(8)]
        hub.close()
        for one in asking:
            with pytest.raises(HubAway, match="no connection to the hub"):
                one.result(20)


def test_the_settings_that_end_a_silent_session_are_in_effect(cluster: Cluster) -> None:
    """Among them those for a session that prepares a statement, where no idle timeout applies."""
    expected = {
        "idle_session_timeout": "10000",
        "tcp_keepalives_idle": "5",
        "tcp_keepalives_interval": "2",
        "tcp_keepalives_count": "3",
    }
    if int(cluster.sql("SHOW server_version_num")[0]) >= 17_00_00:
        expected["transaction_timeout"] = "120000"
    hub = Hub(parse_hub(cluster.url(cluster.new_database())), Secret(ADMIN_PASSWORD))
    asyncio.run(hub.connect(checked=False))
    found = hub.fetch(
        "SELECT name, setting FROM pg_settings WHERE name = ANY ($1)",
        [*expected, "transaction_timeout"],
    )
    hub.close()
    assert dict(found) == expected


async def test_a_block_reported_late_takes_precedence_over_a_shorter_wait(team: Team) -> None:
    """The blocked member lost its connection, and another member asked in the meantime."""
    async with team.store(asking=True) as (store, clock):
        for kind, set_at, until in (("offline", 105.0, 110.0), ("blocked", 100.0, 1000.0)):
            hold = Hold(kind, until, 1, "", team.clock.now(), b"")
            await asyncio.to_thread(store.requests.set_hold, hold, Moment("hub", set_at))
        stands = await asyncio.to_thread(store.requests.hold, clock.moment())
        assert stands is not None
        assert stands.kind == "blocked"
