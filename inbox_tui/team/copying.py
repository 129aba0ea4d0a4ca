"""Copying from the hub into the archive, in pages of the hub's sequence."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from inbox_tui.archive import Gap, from_server_seconds
from inbox_tui.archive.team_copy import CopiedPage, TeamCopy
from inbox_tui.smsc.message import IncomingMessage
from inbox_tui.team.encoding import from_bytes
from inbox_tui.team.errors import HubAway
from inbox_tui.team.states import read_state
from inbox_tui.team.store import read_cursors

if TYPE_CHECKING:
    from asyncpg import Connection

    from inbox_tui.archive import AccountArchive
    from inbox_tui.team.hub import Hub

PAGE_SIZE = 10_000
"""How many sequence numbers are copied at once."""
LEAST_PAGE_SIZE = 100
NOTE_POLLED_EVERY = timedelta(hours=1)


class Copier:
    """Brings one account of the archive up to date with the hub."""

    def __init__(
        self,
        hub: Hub,
        account: AccountArchive,
        in_thread: Callable[..., Awaitable[Any]],
        *,
        name: str,
    ) -> None:
        """Create a copier; `in_thread` runs a function in the thread that `account` is used in."""
        self._hub = hub
        self._copy = TeamCopy(account, name)
        self._in_thread = in_thread
        self._page_size = PAGE_SIZE
        self._hub_id = ""
        self._account_id = 0
        self._caught_up = False
        self._noted_polled: datetime | None = None
        self.position: int | None = None
        """The last sequence number copied, or None if nothing was."""

    async def begin(self, hub_id: str, account_id: int, last: int) -> None:
        """Find how far this hub was copied before; `last` is the last number of its sequence."""
        self._hub_id, self._account_id = hub_id, account_id
        self.position = await self._in_thread(self._copy.position, hub_id)
        if self.position is not None and self.position > last:  # an older backup was restored
            await self._in_thread(self._copy.start_over)
            self.position = None
        self._caught_up = self.position is not None

    async def copy(
        self, seen: Callable[[], datetime], on_new: Callable[[list[int], bool], None]
    ) -> None:
        """Copy everything new, reading each page while the one before it is stored.

        `on_new` is called for each page with the ids that are new here, newest first, and whether
        they are live: new messages when the hub received them, and the hub was copied before.
        """
        reading = asyncio.ensure_future(self._read(self.position or 0, seen()))
        try:
            while True:
                page, live, last = await reading
                if page.last == self.position:
                    break
                if page.last < last:
                    reading = asyncio.ensure_future(self._read(page.last, seen()))
                new = await self._in_thread(self._copy.store, page)
                self.position = page.last
                if new:
                    on_new(new, live and self._caught_up)
                if page.last >= last:
                    break
            self._caught_up = True
        except HubAway:  # perhaps because a page took too long
            self._page_size = max(self._page_size // 4, LEAST_PAGE_SIZE)
            raise
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)

    async def note_polled(self, now: datetime) -> None:
        """Store when the service was last asked; after a newer time is stored, skip an hour."""
        if self._noted_polled is not None and abs(now - self._noted_polled) < NOTE_POLLED_EVERY:
            return
        cursors = await self._hub.run(partial(read_cursors, account_id=self._account_id))
        polled = {scope: one.polled for scope, one in cursors.items() if one.polled is not None}
        if await self._in_thread(self._copy.note_polled, polled):
            self._noted_polled = now

    async def _read(self, after: int, seen: datetime) -> tuple[CopiedPage, bool, int]:
        """Return the page after a number of the hub's sequence.

        Also returns whether its messages were new ones when the hub received them, and the last
        number of the sequence.
        """
        return await self._hub.run(lambda connection: self._read_on(connection, after, seen))

    async def _read_on(
        self, connection: Connection, after: int, seen: datetime
    ) -> tuple[CopiedPage, bool, int]:
        last = await connection.fetchval(
            "SELECT last_seq FROM inbox_tui.accounts WHERE account_id = $1", self._account_id
        )
        upper = min(last, after + self._page_size)

        async def rows(columns: str, table: str) -> Any:
            return await connection.fetch(
                f"SELECT {columns} FROM inbox_tui.{table}"
                " WHERE account_id = $1 AND seq > $2 AND seq <= $3 ORDER BY seq",
                self._account_id,
                after,
                upper,
            )

        found = await rows("id, received, sent, phone, to_phone, message, stamp, live", "messages")
        messages, unreadable = [], []
        for *columns, _ in found:
            message = _message(*columns)
            if message is None:
                unreadable.append(repr(columns))
            else:
                messages.append(message)
        unreadable += [from_bytes(raw) for (raw,) in await rows("raw", "unreadable")]
        gaps = [
            (from_bytes(scope), Gap(start, end))
            for scope, start, end in await rows("scope, start_at, end_at", "gaps")
        ]
        states = [
            state
            for columns in await rows("state, subject, value, who, at", "states")
            if (state := read_state(*columns)) is not None
        ]
        page = CopiedPage(self._hub_id, upper, messages, unreadable, gaps, states, seen)
        return page, all(live for *_, live in found), last


def _message(
    message_id: int,
    received: int,
    sent: int | None,
    phone: bytes,
    to_phone: bytes,
    text: bytes,
    stamp: str,
) -> IncomingMessage | None:
    """Return a message from the hub, or None if it is invalid: its data is not trusted."""
    if message_id < 0:
        return None
    try:
        return IncomingMessage(
            message_id,
            from_server_seconds(received),
            from_bytes(phone),
            from_bytes(to_phone),
            from_bytes(text),
            None if sent is None else from_server_seconds(sent),
            stamp,
        )
    except OverflowError:
        return None
