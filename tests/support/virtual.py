"""Event loops in virtual time, which jumps ahead whenever there is nothing to do."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from typing import Any

PATIENCE = 0.008
"""Real seconds without input after which virtual time passes although others are at work."""
SILENCE = 5.0


class _NoWait(selectors.DefaultSelector):
    """A selector that advances the virtual time instead of waiting."""

    passed = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is None:
            raise AssertionError("everything waits for something that never comes")
        self.passed += max(0.0, timeout)
        return []


class _Outside(_NoWait):
    """A selector that advances the time once sockets and working threads have nothing more."""

    def __init__(self, at_work: Callable[[], bool], on_time: Callable[[float], None]) -> None:
        super().__init__()
        self._at_work = at_work
        self._on_time = on_time

    def select(self, timeout: float | None = None) -> list[Any]:
        wait = 0.0 if timeout is not None and timeout <= 0 else PATIENCE * self._at_work()
        found = selectors.DefaultSelector.select(self, wait if timeout is not None else SILENCE)
        if not found and timeout != 0:
            super().select(timeout)
            self._on_time(self.passed)
        return found


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose time begins at 0 and stands still while anything runs."""

    def __init__(self, selector: _NoWait | None = None) -> None:
        self._no_wait = selector or _NoWait()
        super().__init__(self._no_wait)

    def time(self) -> float:
        return self._no_wait.passed


class OutsideLoop(VirtualLoop):
    """A virtual loop with real sockets and threads: time stands still while these are at work.

    `blocked` holds the futures of this loop that threads are waiting for. `servers` are called to
    tell whether a server is at work for us. `on_time` is called with each new time.
    """

    def __init__(self, on_time: Callable[[float], None]) -> None:
        self.threads: set[Any] = set()
        self.blocked: set[Any] = set()
        self.servers: list[Callable[[], bool]] = []
        super().__init__(_Outside(self._is_others_turn, on_time))

    def _is_others_turn(self) -> bool:
        return len(self.threads) > len(self.blocked) or any(busy() for busy in self.servers)

    def run_in_executor(self, executor: Any, func: Any, *args: Any) -> Any:  # type: ignore[override] # types of no interest here
        future = super().run_in_executor(executor, func, *args)
        self.threads.add(future)
        future.add_done_callback(self.threads.discard)
        return future


def run_virtually(main: Coroutine[Any, Any, Any], loop: VirtualLoop | None = None) -> Any:
    """Run a coroutine to its end in virtual time."""
    loop = loop or VirtualLoop()
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
    assert faults == [], faults
    return result
