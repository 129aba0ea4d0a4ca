"""The simulated network in real time, in a thread."""

from __future__ import annotations

import asyncio
import threading
from math import inf
from typing import Self

from support.network import Network


class Proxy:
    """A TCP proxy at `port` that forwards to `target`; while `frozen`, it forwards nothing.

    `rate` is its bandwidth in bytes a second, `delay` its latency in seconds.
    """

    def __init__(self, target: int, rate: float = inf, delay: float = 0.0) -> None:
        self._network = Network(target, lambda size: delay + size / rate)
        self._opened = threading.Event()
        self._ended = asyncio.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="proxy")

    def __enter__(self) -> Self:
        self._thread.start()
        self._opened.wait()
        self.port = self._network.port
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join()

    @property
    def frozen(self) -> bool:
        return not self._network.flows.is_set()

    @frozen.setter
    def frozen(self, frozen: bool) -> None:
        flows = self._network.flows
        self._loop.call_soon_threadsafe(flows.clear if frozen else flows.set)

    def cut(self) -> None:
        """End every connection."""
        self._loop.call_soon_threadsafe(self._network.cut)

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        await self._network.open()
        self._opened.set()
        await self._ended.wait()
        self._network.close()
