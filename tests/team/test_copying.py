"""What is on the hub comes to each member's archive."""

from __future__ import annotations

import pytest
from support.postgres import Cluster
from support.proxy import Proxy
from support.team import Team

from inbox_tui.team import hub


async def test_a_page_too_large_for_a_slow_network_is_copied_in_smaller_ones(
    team: Team, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [f"{number} {'a long text' * 20}" for number in range(400)]
    team.receive(*texts)
    anna = team.join("anna")
    await team.until(lambda: anna.texts == texts)
    monkeypatch.setattr(hub, "COMMAND_SECONDS", 0.4)
    with Proxy(cluster.port, rate=100_000) as proxy:
        vera = team.join("vera", password=None, port=proxy.port)
        await team.until(lambda: vera.texts == texts)
