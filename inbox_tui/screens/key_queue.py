"""Keys that come faster than they are done, as over a slow connection."""

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
"""Seconds that a key waits at most for those before it."""


class KeyQueue:
    """Takes each key and paste once all that the one before it began is done and on its way."""

    def __init__(
        self,
        app: App[Any],
        take: Callable[[Key | Paste], Awaitable[None]],
        list_awaited: Callable[[], asyncio.Event | None],
    ) -> None:
        """Create a queue.

        `take` does what a key is for; `list_awaited` returns what is set when the list is shown
        that a key has asked for, None where that is so already.
        """
        self._app = app
        self._take = take
        self._list_awaited = list_awaited
        self._waiting: deque[Key | Paste] = deque()
        self._busy: asyncio.Task[None] | None = None

    async def put(self, event: Key | Paste) -> None:
        """Take a key or paste now, or when those before it are done."""
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
        """Wait until what has gone to a widget is done, there and in all that it is in."""
        path = target.ancestors_with_self
        with suppress(TimeoutError):
            async with asyncio.timeout(LONGEST_WAIT):
                for _messages in ("the key", "what the widget made of it"):
                    for pump in path:
                        await _done_so_far(pump)
                if (shown := self._list_awaited()) is not None:
                    try:
                        await shown.wait()
                    finally:
                        shown.set()  # the keys after this one need not wait again
        self._busy = None
        if self._waiting:
            self._app.call_later(self._take_waiting)


async def _done_so_far(pump: MessagePump) -> None:
    """Wait until a widget has handled the messages that it has now; one that is closed has none."""
    done = asyncio.Event()
    if pump.call_later(done.set):
        await done.wait()
