"""The state of an account on the hub: who asks, what hold applies, and the status to show for it.

It is only read here: `TeamMember` takes the lock and releases it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from inbox_tui.locale import _, mark
from inbox_tui.sync import State, Status
from inbox_tui.sync.events import LOST_REQUESTS_REASON, NOBODY_ASKS_REASON
from inbox_tui.sync.next_request import STATE_OF_HOLD
from inbox_tui.team.encoding import from_bytes
from inbox_tui.team.errors import HubRefused

if TYPE_CHECKING:
    from asyncpg import Connection

LOCK = 0x696E6278
"""The first half of the key of the lock that lets one member ask; the account id follows."""

NEW_TO_HUB = mark("the account is new to the hub: earlier requests may still count")
_STANDING = """
SELECT inbox_tui.now(), a.last_seq, a.clock_difference, h.kind, h.until, h.reason,
    l.pid IS NOT NULL,
    (SELECT name FROM inbox_tui.members m WHERE m.account_id = a.account_id AND m.pid = l.pid
     ORDER BY seen_at DESC LIMIT 1)
FROM inbox_tui.accounts a
LEFT JOIN inbox_tui.holds h ON h.login_key = a.login_key
LEFT JOIN pg_locks l ON l.locktype = 'advisory' AND l.granted AND l.classid = $2
    AND l.objid = a.account_id AND l.objsubid = 2
    AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
WHERE a.account_id = $1
"""


class Standing(NamedTuple):
    """The state of an account on the hub."""

    now: float
    last: int
    clock_ahead: float | None
    """How many seconds the hub's clock is ahead of the service's."""
    hold_kind: str | None
    hold_until: float | None
    hold_reason: bytes | None
    somebody_asks: bool
    asker: str | None

    @property
    def hold(self) -> tuple[str | None, float | None]:
        """The kind of the hold and its end."""
        return self.hold_kind, self.hold_until

    @property
    def shown_asker(self) -> str:
        """The name of whoever asks, as shown to users; empty if nobody does."""
        return (self.asker or _("a colleague")) if self.somebody_asks else ""


async def standing(connection: Connection, account_id: int) -> Standing:
    """Return the state of an account on the hub. Raises `HubRefused` if it is not there."""
    found = await connection.fetchrow(_STANDING, account_id, LOCK)
    if found is None:
        raise HubRefused(_("the account is no longer on the hub"))
    return Standing(*found)


def shown_status(
    stands: Standing, inner: Status, *, asking: bool, may_ask: bool, has_password: bool
) -> Status:
    """Return the status of a member; its `next_at` is by the hub's clock.

    `inner` is the status of the member's own `InboxSync`, shown while it holds the lock.
    """
    if asking or (inner.state is State.SIGN_IN and has_password):
        status = inner
    elif stands.hold_kind is not None and stands.somebody_asks:
        status = Status(
            STATE_OF_HOLD.get(stands.hold_kind, State.OFFLINE),
            from_bytes(stands.hold_reason or b""),
            stands.hold_until,
            left=0,
            allowed=0,
        )
    elif stands.somebody_asks:
        reason = _("{name} is fetching messages").format(name=stands.shown_asker)
        status = Status(State.LIVE, reason, left=0, allowed=0)
    elif may_ask and has_password:
        status = inner._replace(next_at=None)
    else:
        state = State.SIGN_IN if may_ask else State.OFFLINE
        status = Status(state, NOBODY_ASKS_REASON, left=0, allowed=0)
    return status._replace(reason=NEW_TO_HUB) if status.reason == LOST_REQUESTS_REASON else status
