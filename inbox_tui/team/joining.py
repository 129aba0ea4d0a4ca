"""What becomes of an account's own notes when it comes to a team."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from inbox_tui.archive import TEAM, AccountArchive, Archive, Polled
from inbox_tui.smsc.limit import LoggedRequest, Moment

if TYPE_CHECKING:
    from inbox_tui.team.store import HubStore


def note_team(account: AccountArchive) -> None:
    """Note that the account is the team's: what is set here from now on is to be sent."""
    if account.notes.get(TEAM) is None:
        account.notes.set(TEAM, "")


async def tell_before(
    account: AccountArchive,
    store: HubStore,
    place: str,
    now: Moment,
    *,
    may_ask: bool,
    in_archive: Callable[..., Awaitable[Any]],
    in_thread: Callable[..., Awaitable[Any]],
) -> None:
    """Tell the hub at `place`, once, what was asked for here before the account was the team's.

    `in_archive` calls a function with the archive, `in_thread` one that uses the hub.
    """

    def before(archive: Archive) -> tuple[list[LoggedRequest], dict[str, Polled]]:
        own = account.on(archive)
        if own.notes.get(TEAM) == place:
            return [], {}
        ages = [
            one._replace(
                sent_at=now.seconds - one.sent_at,
                answered_at=None if one.answered_at is None else now.seconds - one.answered_at,
            )
            for one in own.requests.entries(now)
        ]
        return ages, own.sync_state.polled()

    ages, polled = await in_archive(before)
    if ages and may_ask:
        await in_thread(store.requests.add_foreign, ages)
    if polled and may_ask:
        await in_thread(store.sync_state.add_foreign, polled)
    await in_archive(lambda archive: account.on(archive).notes.set(TEAM, place))
