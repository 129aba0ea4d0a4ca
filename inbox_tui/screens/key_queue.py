"""A queue for keys and clicks that arrive faster than they are handled."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from textual.errors import NoWidget
from textual.events import InputEvent, MouseEvent, MouseMove, Paste

if TYPE_CHECKING:
    from textual.app import App
    from textual.dom import DOMNode
    from textual.message_pump import MessagePump

LONGEST_WAIT: Final = 0.5
"""Seconds that a key waits at most for the one before it."""


class KeyQueue:
    """Handles each key, paste and click only after the one before it has been handled completely.

    A command acts on what the input before it led to, and typed text stays where it began.
    """

    def __init__(
        self,
        app: App[Any],
        handle: Callable[[InputEvent | Paste], Awaitable[None]],
        awaited: Callable[[], asyncio.Event | None],
    ) -> None:
        """Create a queue.

        `handle` handles one event. `awaited` returns an event that is set once what earlier
        input requested is shown, or None if it is shown already.
        """
        self._app = app
        self._handle = handle
        self._awaited = awaited
        self._waiting: deque[InputEvent | Paste] = deque()
        self._busy: asyncio.Task[None] | None = None

    async def put(self, event: InputEvent | Paste) -> None:
        """Handle an event, now or once those before it are done."""
        self._waiting.append(event)
        await self._handle_waiting()

    async def _handle_waiting(self) -> None:
        while self._waiting and self._busy is None:
            event = self._waiting.popleft()
            target = self._target(event)
            await self._handle(event)
            if not isinstance(event, MouseMove):
                rounds = 1 + event.is_forwarded  # for itself, and for what it led to
                self._busy = asyncio.create_task(self._finish(target, rounds))

    def _target(self, event: InputEvent | Paste) -> DOMNode:
        """Return the widget that the event is meant for."""
        if isinstance(event, MouseEvent):
            with suppress(NoWidget):
                return self._app.get_widget_at(event.x, event.y)[0]
        return self._app.focused or self._app.screen

    async def _finish(self, target: DOMNode, rounds: int) -> None:
        """Wait until the target and all its ancestors have handled what they were sent."""
        path = target.ancestors_with_self
        with suppress(TimeoutError):
            async with asyncio.timeout(LONGEST_WAIT):
                for _round in range(rounds):
                    for pump in path:
                        await _done_so_far(pump)
                if (shown := self._awaited()) is not None:
                    try:
                        await shown.wait()
                    finally:
                        shown.set()  # later keys need not wait for this again
        self._busy = None
        if self._waiting:
            self._app.call_later(self._handle_waiting)


async def _done_so_far(pump: MessagePump) -> None:
    """Wait until the messages now in a queue are handled; returns at once if it is closed."""
    done = asyncio.Event()
    if pump.call_later(done.set):
        await done.wait()
