"""The states of messages on the hub: who set them, and when by the hub's clock."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, get_args

from inbox_tui.archive.records import ChangedState
from inbox_tui.archive.team_states import TeamState, UnsentState
from inbox_tui.team.encoding import from_bytes, to_bytes
from inbox_tui.team.hub import EPOCH
from inbox_tui.team.store import announce, next_seq

if TYPE_CHECKING:
    from asyncpg import Connection

    from inbox_tui.team.hub import HubClock

SENT_TOGETHER = 1000

_SEND = """
INSERT INTO inbox_tui.states AS known
SELECT $1, $2 + number - 1, state, subject, value, $3, least(at, inbox_tui.now())
FROM unnest($4::text[], $5::bytea[], $6::boolean[], $7::float8[])
    WITH ORDINALITY AS sent (state, subject, value, at, number)
ON CONFLICT (account_id, state, subject) DO UPDATE SET seq = excluded.seq,
    value = CASE WHEN {wins} THEN excluded.value ELSE known.value END,
    who = CASE WHEN {wins} THEN excluded.who ELSE known.who END,
    at = CASE WHEN {wins} THEN excluded.at ELSE known.at END
RETURNING state, subject, value, who
""".replace(
    "{wins}",
    "(excluded.at >= known.at OR known.at > inbox_tui.now()) AND NOT"
    " (known.state = 'taken' AND known.value AND known.who <> excluded.who)",
)


async def send_states(
    connection: Connection,
    account_id: int,
    who: str,
    states: Sequence[UnsentState],
    wall: Callable[[], datetime],
    clock: HubClock,
) -> list[tuple[int, str]]:
    """Set states on the hub as of when they were set here, unless they were set there later.

    A time in the hub's future, as after its clock was set back, does not count as later. Each state
    gets a new sequence number, so that all members, this one too, copy the result. A message that a
    colleague has taken stays theirs, even if it is given back here. `wall` is this machine's wall
    clock. Returns the ids of messages to take that a colleague has, with the colleague's name.
    """
    now, hub_now = wall().timestamp(), clock.moment().seconds
    async with connection.transaction():
        first = await next_seq(connection, account_id, len(states))
        found = await connection.fetch(
            _SEND,
            account_id,
            first,
            who,
            [one.state for one in states],
            [to_bytes(str(one.subject)) for one in states],
            [one.value for one in states],
            [hub_now - max(0.0, now - one.at) for one in states],
        )
        await announce(connection, account_id)
    wanted = {one.subject for one in states if one.state == "taken" and one.value}
    return [
        (int(subject), holder)
        for state, subject, value, holder in found
        if state == "taken" and value and holder != who and int(subject) in wanted
    ]


def read_state(state: str, subject: bytes, value: bool, who: str, at: float) -> TeamState | None:
    """Return a state from the hub, or None if it is invalid: its data is not trusted."""
    text = from_bytes(subject)
    if state not in get_args(ChangedState):
        return None
    name: ChangedState = state  # type: ignore[assignment] # checked above
    when = EPOCH.timestamp() + at
    if state == "muted":
        return TeamState(name, text, value, who, when)
    if not (text.isascii() and text.isdigit() and len(text) < 20 and int(text) < 2**63):
        return None
    return TeamState(name, int(text), value, who, when)
