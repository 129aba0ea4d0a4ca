"""The connection to the hub, which several threads use."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from support.postgres import ADMIN_PASSWORD, Cluster

from inbox_tui.credentials import Secret
from inbox_tui.team.address import parse_hub
from inbox_tui.team.errors import HubAway
from inbox_tui.team.hub import Hub


def test_whoever_still_asks_a_hub_that_is_closed_is_told_that_it_is_away(cluster: Cluster) -> None:
    hub = Hub(parse_hub(cluster.url(cluster.new_database())), Secret(ADMIN_PASSWORD))
    hub.connect(checked=False)

    def ask() -> None:
        while True:
            hub.call(lambda connection: connection.fetchval("SELECT 1"))

    with ThreadPoolExecutor(8) as threads:
        asking = [threads.submit(ask) for _ in range(8)]
        hub.close()
        for one in asking:
            with pytest.raises(HubAway, match="no connection to the hub"):
                one.result(20)
