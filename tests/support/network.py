"""A TCP proxy between a team member and the hub that can delay, freeze and cut connections.

It runs in the event loop that opens it, and uses the loop's clock.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

IDLE_SECONDS = 10.0
"""The hub's `idle_session_timeout`, after which it ends the session of a silent member."""


class Network:
    """Forwards connections to `port`, each piece of data after a delay; while frozen, nothing.

    `delay` returns the delay in seconds for a number of bytes.
    """

    def __init__(self, target: int, delay: Callable[[int], float]) -> None:
        self._target = target
        self._delay = delay
        self.flows = asyncio.Event()
        self.flows.set()
        self._pairs: list[tuple[asyncio.StreamWriter, asyncio.StreamWriter]] = []
        self._asked: set[asyncio.StreamWriter] = set()
        self._freezes = 0

    async def open(self) -> None:
        self._listening = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._listening.sockets[0].getsockname()[1]

    def close(self) -> None:
        self._listening.close()
        self.cut()

    def waits(self) -> bool:
        """Return whether the hub has received data and has not answered yet."""
        return bool(self._asked)

    def cut(self) -> None:
        """Abort every connection; data on its way is lost."""
        for pair in self._pairs:
            for end in pair:
                end.transport.abort()
        self._pairs = []

    def freeze(self, seconds: float) -> None:
        """Stop forwarding for some seconds; neither side notices.

        After `IDLE_SECONDS`, if still frozen, the connections to the hub are aborted.
        """
        self._freezes += 1
        self.flows.clear()
        loop = asyncio.get_running_loop()
        loop.call_later(IDLE_SECONDS, self._end_sessions, self._freezes)
        loop.call_later(seconds, self.thaw, self._freezes)

    def thaw(self, freeze: int | None = None) -> None:
        if freeze in (None, self._freezes):
            self.flows.set()

    def _end_sessions(self, freeze: int) -> None:
        if not self.flows.is_set() and freeze == self._freezes:
            for _, far in self._pairs:
                far.transport.abort()

    async def _accept(self, reader: asyncio.StreamReader, near: asyncio.StreamWriter) -> None:
        await self.flows.wait()
        try:
            far_reader, far = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            near.transport.abort()
            return
        pair = near, far
        self._pairs.append(pair)
        try:
            async with asyncio.TaskGroup() as ways:
                ways.create_task(self._pass_on(reader, far, far))
                ways.create_task(self._pass_on(far_reader, near, far))
        except* OSError:
            pass
        self._asked.discard(far)
        for end in pair:
            end.transport.abort()
        with contextlib.suppress(ValueError):
            self._pairs.remove(pair)

    async def _pass_on(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, far: asyncio.StreamWriter
    ) -> None:
        while True:
            data = await reader.read(65536)
            if writer is not far:
                self._asked.discard(far)
            await self.flows.wait()
            if delay := self._delay(len(data)):
                await asyncio.sleep(delay)
                await self.flows.wait()
            if not data:
                raise ConnectionError
            if writer is far:
                self._asked.add(far)
            writer.write(data)
