"""What the screen remembers for the next start."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from textual.screen import Screen

from inbox_tui.archive import AnyAccount, ArchiveError, ArchiveWorker


class NoteWriter:
    """Writes notes of an account into the archive, over a worker."""

    def __init__(
        self,
        screen: Screen[Any],
        account: AnyAccount,
        worker: ArchiveWorker,
        *,
        say: Callable[[str], None],
    ) -> None:
        self._screen = screen
        self._account = account
        self._worker = worker
        self._say = say

    def remember(self, name: str, value: str) -> None:
        """Keep a note under a name; a failure is said."""
        self._screen.run_worker(self._write(name, value), group="writes")

    async def _write(self, name: str, value: str) -> None:
        try:
            await self._worker.call(
                lambda archive: self._account.on(archive).notes.set(name, value)
            )
        except ArchiveError as error:
            self._say(str(error))
