"""Running a sync for a command, and telling on the terminal how it goes."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

from inbox_tui.archive import ArchiveError
from inbox_tui.cli.connect import dependencies
from inbox_tui.cli.failure import (
    FAILED,
    LIMITED,
    NO_CONNECTION,
    SIGN_IN_REFUSED,
    at_terminal,
    fail,
)
from inbox_tui.credentials import Secret
from inbox_tui.locale import _, plural
from inbox_tui.session import new_asking
from inbox_tui.sync import Clock, Event, State, Status, StatusChanged
from inbox_tui.sync.events import LIMIT_REASON, Progress
from inbox_tui.sync.stores import Asking
from inbox_tui.text import sanitize

if TYPE_CHECKING:
    from inbox_tui.archive import AccountArchive, Hold
    from inbox_tui.cli.account import Config

T = TypeVar("T")


@contextlib.asynccontextmanager
async def running_sync(
    config: Config,
    account: AccountArchive,
    password: Secret | None,
    on_event: Callable[[Event], None],
    clock: Clock,
) -> AsyncIterator[Asking]:
    """What keeps the account's archive up to date: alone, or as a member of a team.

    At the end of the block no thread is at work on the archive any more: it may be closed.
    """
    shared = dependencies(account.archive, config.settings, clock)
    with ThreadPoolExecutor(1) as thread:

        def in_thread(function: Callable[..., T], *arguments: object) -> Awaitable[T]:
            return asyncio.get_running_loop().run_in_executor(thread, function, *arguments)

        yield await new_asking(
            account,
            config.url,
            password,
            shared,
            publish=on_event,
            in_thread=in_thread,
        )


class ProgressLine:
    """One line on the terminal that tells how far the asking is; nothing where there is none."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._shown = at_terminal(sys.stderr)
        self._width = 0

    def on_event(self, event: Event) -> None:
        """Show what the sync publishes."""
        match event:
            case Progress(messages):
                self.show(
                    plural(
                        "{count} message received so far…",
                        "{count} messages received so far…",
                        messages,
                    )
                )
            case StatusChanged(Status(state=State.CHECKING)):
                self.show(_("Asking the server…"))
            case StatusChanged(status) if status.next_at is not None:
                reason = _(status.reason or LIMIT_REASON)
                self.show(
                    _("Waiting {reason}{until}…").format(
                        reason=reason, until=until_words(status.next_at, self._clock)
                    )
                )
            case _:
                pass

    def show(self, words: str) -> None:
        """Write over the line."""
        if self._shown:
            words = sanitize(words)
            sys.stderr.write(f"\r{words:{self._width}}")
            sys.stderr.flush()
            self._width = len(words)

    def clear(self) -> None:
        """Leave no trace of the line."""
        if self._width:
            self.show("")
            sys.stderr.write("\r")
            self._width = 0


def until_words(moment: float | None, clock: Clock) -> str:
    """A moment of the clock's in the user's time, in words that follow others; may be empty."""
    if moment is None:
        return ""
    at = clock.now() + timedelta(seconds=max(0.0, moment - clock.moment().seconds))
    now, at = clock.now().astimezone(), at.astimezone()
    time = f"{at:%H:%M:%S}" if at.date() == now.date() else f"{at:%Y-%m-%d %H:%M}"
    return _(" until {time}").format(time=time)


_TEAM_KINDS = {State.WAITING: "limited", State.BLOCKED: "blocked", State.OFFLINE: "offline"}
"""What stands in the way of a team, by its state."""


def fail_unless_live(
    status: Status, hold: Hold | None, clock: Clock, *, team: bool = False
) -> None:
    """End the program with the exit status that fits what stands in the way.

    `team`: it is the status of a team. `hold` is what the archive holds against asking; it tells
    the network's troubles from the archive's own, which have no hold.
    """
    if status.state is State.LIVE:
        return
    if status.state is State.HUB_AWAY:
        fail(_("the team's hub is away: {reason}.").format(reason=_(status.reason)), NO_CONNECTION)
    kind = hold.kind if hold is not None and hold.reason == status.reason else ""
    if team:
        kind = _TEAM_KINDS.get(status.state, "")
    if status.state is State.SIGN_IN:
        fail(
            _(
                "sign-in refused: {reason}. The same password or API key is not sent "
                "again: 'inbox-tui login' takes another one."
            ).format(reason=_(status.reason)),
            SIGN_IN_REFUSED,
        )
    if kind in ("limited", "blocked"):
        fail(
            _("{kind}: {reason}. Nothing is asked{until}.").format(
                kind=_("limited") if kind == "limited" else _("blocked"),
                reason=_(status.reason),
                until=until_words(status.next_at, clock),
            ),
            LIMITED,
        )
    if kind == "offline":
        fail(_("no connection: {reason}.").format(reason=_(status.reason)), NO_CONNECTION)
    fail(f"{_(status.reason)}.", FAILED)


async def sync_once(
    config: Config,
    account: AccountArchive,
    password: Secret | None,
    on_event: Callable[[Event], None],
    clock: Clock,
    *,
    insist: bool = False,
) -> Status:
    """One refresh; ends the program where it did not come to its end.

    With `insist` a password is sent also where it was refused before.
    """
    progress = ProgressLine(clock)

    def both(event: Event) -> None:
        progress.on_event(event)
        on_event(event)

    async with running_sync(config, account, password, both, clock) as sync:
        progress.on_event(StatusChanged(sync.status))
        try:
            if insist and password is not None:
                with contextlib.suppress(ArchiveError):  # `once` tells of it
                    if await sync.why_withheld(password):
                        await sync.allow_again()
            status = await sync.once()
        finally:
            progress.clear()
    fail_unless_live(
        status, account.requests.hold(clock.moment()), clock, team=bool(config.settings.team)
    )
    return status
