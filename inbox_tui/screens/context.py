"""The context that the commands of an inbox share."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, NamedTuple, TypeVar

from textual.screen import Screen

from inbox_tui.archive import AnyAccount, ArchiveError, ArchiveWorker
from inbox_tui.commands import CommandKeys
from inbox_tui.session import Session
from inbox_tui.sessions import AllSessions
from inbox_tui.sync import Clock
from inbox_tui.widgets.presentation import Presentation

T = TypeVar("T")


class InboxContext(NamedTuple):
    """The screen of an inbox, its session and its archive."""

    screen: Screen[Any]
    session: Session | AllSessions
    presentation: Presentation
    worker: ArchiveWorker
    """Runs slow work on the archive in a thread, one piece at a time."""
    show_notice: Callable[[str], None]
    """Shows a short-lived notice in the status bar."""

    @property
    def account(self) -> AnyAccount:
        """The part of the archive that is shown, for quick reads on the event loop."""
        return self.session.archive

    @property
    def clock(self) -> Clock:
        """The clock of the session."""
        return self.session.clock

    @property
    def keys(self) -> CommandKeys:
        """The keys in force."""
        return self.presentation.keys

    def write(self, work: Coroutine[Any, Any, object]) -> None:
        """Start work that changes the archive, without waiting for it."""
        self.screen.run_worker(work, group="writes")

    async def in_archive(self, work: Callable[[AnyAccount], T]) -> T | None:
        """Do work in the thread of the archive; if it fails, show the error and return None."""
        try:
            return await self.worker.call(lambda archive: work(self.account.on(archive)))
        except ArchiveError as error:
            self.show_notice(str(error))
            return None

    def remember(self, note: str, value: str) -> None:
        """Store a note of the account in the archive, for the next start."""
        self.write(self.in_archive(lambda account: account.notes.set(note, value)))
