"""Running a sync for a command, and showing its progress on the terminal."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

from rich.cells import set_cell_size

from inbox_tui.archive import ArchiveBusy, ArchiveError
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
    """Provide the sync of an account, which asks alone or as a member of a team.

    After the block no thread uses the archive, so that it may be closed.
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
    """A line on standard error with the progress of a sync; not shown unless it is a terminal."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._shown = at_terminal(sys.stderr)
        self._written = False

    def on_event(self, event: Event) -> None:
        """Update the line after an event of the sync."""
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
                    _("Waiting ({reason}){until}…").format(
                        reason=reason, until=until_words(status.next_at, self._clock)
                    )
                )
            case _:
                pass

    def show(self, words: str) -> None:
        """Replace the text of the line, without what is too wide for the terminal."""
        if self._shown:
            # The last column stays free: text in it can take the cursor to another row.
            width = max(0, _terminal_columns() - 1)
            sys.stderr.write(f"\r{set_cell_size(sanitize(words), width)}")
            sys.stderr.flush()
            self._written = True

    def clear(self) -> None:
        """Erase the line."""
        if self._written:
            self.show("")
            sys.stderr.write("\r")
            self._written = False


def _terminal_columns() -> int:
    return os.get_terminal_size(sys.stderr.fileno()).columns or 80  # some terminals report 0


def until_words(moment: float | None, clock: Clock) -> str:
    """Return " until TIME", in local time, for a moment of the clock; "" for None."""
    if moment is None:
        return ""
    at = clock.now() + timedelta(seconds=max(0.0, moment - clock.moment().seconds))
    now, at = clock.now().astimezone(), at.astimezone()
    time = f"{at:%H:%M:%S}" if at.date() == now.date() else f"{at:%Y-%m-%d %H:%M}"
    return _(" until {time}").format(time=time)


_TEAM_KINDS = {State.WAITING: "limited", State.BLOCKED: "blocked", State.OFFLINE: "offline"}
"""The kind of hold that the state of a team corresponds to."""


def fail_unless_live(
    status: Status, hold: Hold | None, clock: Clock, *, team: bool = False
) -> None:
    """End the program with the exit status that fits, unless the sync's state is `LIVE`.

    `hold` is the archive's current hold: it distinguishes network errors from errors of the
    archive, which set no hold. With `team`, the state distinguishes them instead.
    """
    if status.state is State.LIVE:
        return
    if status.state is State.HUB_AWAY:
        fail(
            _("no connection to the team's hub: {reason}.").format(reason=_(status.reason)),
            NO_CONNECTION,
        )
    kind = hold.kind if hold is not None and hold.reason == status.reason else ""
    if team:
        kind = _TEAM_KINDS.get(status.state, "")
    if status.state is State.SIGN_IN:
        fail(
            _(
                "sign-in refused: {reason}. The same password or API key is not sent "
                "again: run 'inbox-tui login' to enter another one."
            ).format(reason=_(status.reason)),
            SIGN_IN_REFUSED,
        )
    if kind in ("limited", "blocked"):
        fail(
            _("{kind}: {reason}. No requests are sent{until}.").format(
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
    """Refresh once and return the status; end the program if the refresh did not finish.

    With `insist`, the password is sent even if it was refused before.
    """
    progress = ProgressLine(clock)

    def both(event: Event) -> None:
        progress.on_event(event)
        on_event(event)

    async with running_sync(config, account, password, both, clock) as sync:
        progress.on_event(StatusChanged(sync.status))
        try:
            if insist and password is not None:
                with contextlib.suppress(ArchiveError):  # `once` reports it
                    if await sync.why_withheld(password):
                        await sync.allow_again()
            status = await sync.once()
        except ArchiveBusy as error:
            fail(f"{error}.")
        finally:
            progress.clear()
    fail_unless_live(
        status, account.requests.hold(clock.moment()), clock, team=bool(config.settings.team)
    )
    return status
