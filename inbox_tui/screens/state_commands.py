"""Commands that change the states of messages, and what takes them back."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from inbox_tui.archive import AnyAccount, ArchiveError, ArchiveWorker, Query, Row, StateChange
from inbox_tui.commands import CommandKeys
from inbox_tui.widgets.presentation import grouped


class StateCommands:
    """Changes the states of messages in the archive, one change after another.

    `run`: starts a coroutine. `changed`: called when something has changed.
    """

    def __init__(
        self,
        account: AnyAccount,
        worker: ArchiveWorker,
        *,
        run: Callable[[Coroutine[Any, Any, None]], object],
        changed: Callable[[], None],
        say: Callable[[str], None],
        keys: CommandKeys,
    ) -> None:
        self._account = account
        self._worker = worker
        self._run = run
        self._changed = changed
        self._say = say
        self._keys = keys
        self._marked: StateChange | None = None

    def mark(self, row: Row | None, *, unread: bool) -> None:
        """Set the read flag of a message, if it is another one."""
        if row is not None and row.unread != unread:
            self._run(self.mark_rows([row.row], unread=unread))

    async def mark_rows(self, rows: Sequence[int], *, unread: bool) -> None:
        """Set the read flags of these messages."""
        try:
            await self._worker.call(
                lambda archive: self._account.on(archive).messages.set_state(
                    rows, "unread", value=unread
                )
            )
        except ArchiveError as error:
            self._say(str(error))
        self._changed()

    def mark_all_read(self, query: Query, change: int) -> None:
        """Mark what fits as read, as far as it had come by this change of the archive."""
        self._run(self._mark_all_read(query, change))

    async def _mark_all_read(self, query: Query, change: int) -> None:
        try:
            self._marked = await self._worker.call(
                lambda archive: self._account.on(archive).messages.mark_all_read(query, change)
            )
        except ArchiveError as error:
            self._say(str(error))
            return
        read = f"{grouped(len(self._marked.rows))} read · {self._keys.label('undo')} undoes"
        self._say(read if self._marked.rows else "all read already")
        self._changed()

    def undo(self) -> None:
        """Make unread again what was marked read all at once."""
        change, self._marked = self._marked, None
        if change is not None and change.rows:
            self._say(f"{grouped(len(change.rows))} unread again")
            self._run(self.mark_rows(change.rows, unread=True))
        else:
            self._say("nothing to undo")
