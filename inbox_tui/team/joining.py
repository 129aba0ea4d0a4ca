"""Handing over to the hub what an account that joins a team was asked for before.

The limit, the holds and the refused passwords then hold for the team, too, and the first member to
ask finds the gap since the last request.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from inbox_tui.archive import TEAM, AccountArchive

if TYPE_CHECKING:
    from inbox_tui.smsc.limit import Moment
    from inbox_tui.team.store import HubStore

_KINDS_HANDED_OVER = ("limited", "blocked")
"""The kinds of hold by which the service makes everybody wait; others are this machine's own."""


def note_team(account: AccountArchive) -> None:
    """Mark the account as the team's: states set here from now on are to be sent."""
    if account.notes.get(TEAM) is None:
        account.notes.set(TEAM, "")


async def hand_over(
    account: AccountArchive,
    store: HubStore,
    place: str,
    now: Moment,
    *,
    in_thread: Callable[..., Awaitable[Any]],
) -> None:
    """Store on the hub at `place`, once, what is known here from before the account joined.

    Only for a member whose role may ask: a reader may not write it, and hands it over if it gets
    that role later. `in_thread` runs a function in the thread that `account` is used in.
    """

    def before() -> tuple[Any, ...] | None:
        if account.notes.get(TEAM) == place:
            return None
        log = account.requests
        hold = log.hold_without_team(now)
        if hold is not None and not (
            hold.kind in _KINDS_HANDED_OVER and hold.in_force_at(now.seconds)
        ):
            hold = None
        return log.entries(now), log.refusals(), hold, account.sync_state.polled()

    found = await in_thread(before)
    if found is None:
        return
    *of_log, polled = found
    await asyncio.to_thread(store.requests.add_earlier, *of_log)
    if polled:
        await asyncio.to_thread(store.sync_state.add_earlier, polled)
    await in_thread(account.notes.set, TEAM, place)
