"""Simulated teams under every kind of failure: all get every message, and the limit is kept.

`INBOX_TUI_SEEDS=1000 pytest -n 2 tests/team/test_simulation.py` simulates that many teams.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from support.postgres import Cluster
from support.simulated_hub import TeamHub
from support.team_simulation import simulate_team

SEEDS = int(os.environ.get("INBOX_TUI_SEEDS") or 5)
SECONDS = 240.0


@pytest.fixture(scope="module")
def hub(cluster: Cluster) -> Iterator[TeamHub]:
    with closing(TeamHub(cluster)) as hub:
        yield hub


@pytest.mark.parametrize("seed", range(SEEDS))
def test_whatever_happens_all_members_get_everything_and_the_limit_is_kept(
    hub: TeamHub, tmp_path: Path, seed: int
) -> None:
    simulate_team(tmp_path, seed, SECONDS, hub)
