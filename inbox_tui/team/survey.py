"""The accounts and members of a team, for `team status` and `doctor`."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from inbox_tui.team.member import SEEN_SECONDS
from inbox_tui.team.standing import standing

if TYPE_CHECKING:
    from asyncpg import Connection


class MemberSeen(NamedTuple):
    """A member of the team, as the hub last saw it."""

    name: str
    seen_ago: float
    """Seconds since then."""
    seq: int
    """The last number of the hub's sequence that the member had copied."""

    @property
    def here(self) -> bool:
        """Whether the member is connected, as far as is known."""
        return self.seen_ago < 2 * SEEN_SECONDS


class Survey(NamedTuple):
    """One account on the hub, and its members."""

    login: str
    host: str
    asker: str
    """Who asks; empty if nobody does."""
    last: int
    """The last number of the hub's sequence."""
    members: list[MemberSeen]


async def survey(connection: Connection) -> list[Survey]:
    """Return all accounts on the hub."""
    accounts = await connection.fetch(
        "SELECT account_id, login, host, last_seq FROM inbox_tui.accounts ORDER BY account_id"
    )
    found = []
    for account_id, login, host, last in accounts:
        stands = await standing(connection, account_id)
        members = await connection.fetch(
            "SELECT name, inbox_tui.now() - max(seen_at), max(seq) FROM inbox_tui.members"
            " WHERE account_id = $1 GROUP BY name ORDER BY name",
            account_id,
        )
        seen = [MemberSeen(*one) for one in members]
        found.append(Survey(login, host, stands.shown_asker, last, seen))
    return found
