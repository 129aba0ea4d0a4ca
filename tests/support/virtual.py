"""An event loop in which time passes by itself whenever there is nothing to do."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any


class _NoWait(selectors.DefaultSelector):
    """Lets the time pass that it is asked to wait."""

    passed = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is None:
            raise AssertionError("everything waits for something that never comes")
        self.passed += max(0.0, timeout)
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """Its time begins at 0 and stands still while anything runs."""

    def __init__(self) -> None:
        self._no_wait = _NoWait()
        super().__init__(self._no_wait)

    def time(self) -> float:
        return self._no_wait.passed


def run_virtually(main: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine to its end; hours take a moment."""
    loop = VirtualLoop()
    faults: list[str] = []
    loop.set_exception_handler(lambda loop, context: faults.append(str(context)))
    asyncio.set_event_loop(loop)
    try:
        result = loop.run_until_complete(main)
    finally:
        left = asyncio.all_tasks(loop)
        for task in left:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        asyncio.set_event_loop(None)
        loop.close()
    assert faults == []
    return result
