"""Handing an account's log of requests and sync state to the hub when it joins a team."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from inbox_tui.archive import TEAM, AccountArchive, Polled
from inbox_tui.smsc.limit import LoggedRequest, Moment

if TYPE_CHECKING:
    from inbox_tui.team.store import HubStore


def note_team(account: AccountArchive) -> None:
    """Mark the account as the team's: states set here from now on are to be sent."""
    if account.notes.get(TEAM) is None:
        account.notes.set(TEAM, "")


async def tell_before(
    account: AccountArchive,
    store: HubStore,
    place: str,
    now: Moment,
    *,
    may_ask: bool,
    in_thread: Callable[..., Awaitable[Any]],
) -> None:
    """Tell the hub at `place`, once, what was asked here before the account joined the team.

    `in_thread` runs a function in the thread that `account` is used in.
    """

    def before() -> tuple[list[LoggedRequest], dict[str, Polled]]:
        if account.notes.get(TEAM) == place:
            return [], {}
        return account.requests.entries(now), account.sync_state.polled()

    requests, polled = await in_thread(before)
    if requests and may_ask:
        await asyncio.to_thread(store.requests.add_foreign, requests)
    if polled and may_ask:
        await asyncio.to_thread(store.sync_state.add_foreign, polled)
    await in_thread(account.notes.set, TEAM, place)
