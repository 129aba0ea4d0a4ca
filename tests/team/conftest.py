"""A PostgreSQL server for all tests of a process, and a team in a database of its own."""

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
