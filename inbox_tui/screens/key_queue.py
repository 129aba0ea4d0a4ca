"""A queue for keys that arrive faster than they are handled, as over a slow connection."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from textual.events import Key, Paste

if TYPE_CHECKING:
    from textual.app import App
    from textual.dom import DOMNode
    from textual.message_pump import MessagePump

LONGEST_WAIT: Final = 0.5
"""Seconds that a key waits at most for the one before it."""


class KeyQueue:
    """Handles each key and paste only after the one before it has been handled completely."""

    def __init__(
        self,
        app: App[Any],
        take: Callable[[Key | Paste], Awaitable[None]],
        list_awaited: Callable[[], asyncio.Event | None],
    ) -> None:
        """Create a queue.

        `take` handles one key. `list_awaited` returns an event that is set once the list requested
        by an earlier key is shown, or None if there is no such list.
        """
        self._app = app
        self._take = take
        self._list_awaited = list_awaited
        self._waiting: deque[Key | Paste] = deque()
        self._busy: asyncio.Task[None] | None = None

    async def put(self, event: Key | Paste) -> None:
        """Handle a key or paste, now or once those before it are done."""
        self._waiting.append(event)
        await self._take_waiting()

    async def _take_waiting(self) -> None:
        while self._waiting and self._busy is None:
            target = self._app.focused or self._app.screen
            event = self._waiting.popleft()
            await self._take(event)
            if event.is_forwarded or self._list_awaited() is not None:
                self._busy = asyncio.create_task(self._finish(target))

    async def _finish(self, target: DOMNode) -> None:
        """Wait until the target and all its ancestors have handled what they were sent."""
        path = target.ancestors_with_self
        with suppress(TimeoutError):
            async with asyncio.timeout(LONGEST_WAIT):
                for _round in range(2):  # for the key, and for the messages that it led to
                    for pump in path:
                        await _done_so_far(pump)
                if (shown := self._list_awaited()) is not None:
                    try:
                        await shown.wait()
                    finally:
                        shown.set()  # later keys need not wait for this list again
        self._busy = None
        if self._waiting:
            self._app.call_later(self._take_waiting)


async def _done_so_far(pump: MessagePump) -> None:
    """Wait until the messages now in a queue are handled; returns at once if it is closed."""
    done = asyncio.Event()
    if pump.call_later(done.set):
        await done.wait()
