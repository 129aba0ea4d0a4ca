"""Fixtures: a PostgreSQL server for each test process, and a team with its own database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from support.postgres import Cluster
from support.postgres import cluster as cluster
from support.team import Team


@pytest.fixture
async def team(cluster: Cluster, tmp_path: Path) -> AsyncIterator[Team]:
    team = Team(cluster, tmp_path)
    await team.init()
    yield team
    await team.close()
