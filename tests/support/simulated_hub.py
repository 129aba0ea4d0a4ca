"""The hub of a simulated team: a PostgreSQL database with a simulated clock."""

from __future__ import annotations

import asyncio
from typing import Any

from support.postgres import Cluster
from support.team import made_hub

from inbox_tui.team.errors import HubAway
from inbox_tui.team.hub import Hub

ROLES = {"sim_asker": "inbox_tui_asker", "sim_reader": "inbox_tui_reader"}


class TeamHub:
    """The database that all simulated worlds use in turn, each with a separate account."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.database = cluster.new_database()
        self._clock = (cluster.folder / f"{self.database}.clock").open("wb", buffering=0)
        self._hub = asyncio.run(made_hub(cluster.url(self.database)))
        for user, role in ROLES.items():
            cluster.add_user(user, role)
        cluster.sql(
            "CREATE OR REPLACE FUNCTION inbox_tui.now() RETURNS double precision LANGUAGE sql"
            f" SECURITY DEFINER RETURN pg_read_file('{self._clock.name}')::float8",
            self.database,
        )

    def close(self) -> None:
        self._hub.close()

    def rows(self, statement: str) -> list[Any]:
        """Return the rows of a query as administrator; simulated time stands still meanwhile."""
        try:
            return self._hub.fetch(statement)
        except HubAway:  # the connection was idle for too long
            self._hub._submit(self._hub._connect(checked=False)).result()
            return self._hub.fetch(statement)

    def set_clock(self, seconds: float) -> None:
        self._clock.seek(0)
        self._clock.write(b"%-32.6f" % seconds)

    def refuse(self) -> None:
        """End every connection, and refuse new ones."""
        self.cluster.sql(
            f"ALTER DATABASE {self.database} ALLOW_CONNECTIONS false; SELECT pg_terminate_backend"
            f"(pid) FROM pg_stat_activity WHERE datname = '{self.database}'"
        )

    def let_in(self) -> None:
        self.cluster.sql(f"ALTER DATABASE {self.database} ALLOW_CONNECTIONS true")


class LoopHub(Hub):
    """A member's connection that runs in the simulation's event loop instead of a thread."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._loop = asyncio.get_running_loop()

    def _submit(self, work: Any) -> Any:
        future = super()._submit(work)
        try:
            asyncio.get_running_loop()
        except RuntimeError:  # called from a thread, which waits for the loop
            loop: Any = self._loop
            loop.blocked.add(future)
            future.add_done_callback(loop.blocked.discard)
        return future
