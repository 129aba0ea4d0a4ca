"""The output of `inbox-tui watch`, and the signals that end it."""

from __future__ import annotations

import asyncio
import errno
import os
import select
import signal
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress

from inbox_tui.cli.failure import fail_to_write

_GONE_ERRORS = (errno.EPIPE, errno.EINVAL)
"""The errors of POSIX and of Windows for a pipe whose reader is gone."""


class Output:
    """Standard output; a reader that takes nothing does not keep the program from stopping."""

    def __init__(self, file: int, stop: asyncio.Event) -> None:
        self._file = file
        self._stop = stop

    async def put(self, lines: Sequence[bytes]) -> None:
        """Write lines; return early when `stop` is set, and set it if the reader is gone.

        Each line is written separately: a pipe takes up to 4 KB as a whole or not at all, so the
        output ends with a complete line whenever the program ends.
        """
        loop = asyncio.get_running_loop()
        ended = asyncio.Event()
        errors: list[OSError] = []

        def write() -> None:
            try:
                for rest in lines:
                    self._write(rest)
            except OSError as error:
                errors.append(error)
            with suppress(RuntimeError):  # the loop was closed meanwhile
                loop.call_soon_threadsafe(ended.set)

        # A daemon: a write that the reader never takes must not keep the process alive.
        threading.Thread(target=write, daemon=True).start()
        await first_of(ended, self._stop)
        for error in errors:
            if error.errno not in _GONE_ERRORS:
                fail_to_write(error)
            self._stop.set()

    def _write(self, rest: bytes) -> None:
        while rest:
            try:
                rest = rest[os.write(self._file, rest) :]
            except BlockingIOError:  # another program, such as Node, made it non-blocking
                select.select((), (self._file,), ())

    def gone(self) -> bool:
        """Return whether the reader is gone; on Windows always False, as only a write shows it."""
        if sys.platform == "win32":
            return False
        poll = select.poll()
        poll.register(self._file, select.POLLOUT)
        return any(events & (select.POLLERR | select.POLLHUP) for _, events in poll.poll(0))


async def first_of(*events: asyncio.Event, seconds: float | None = None) -> None:
    """Wait until one of the events is set, for at most `seconds`."""
    waits = [asyncio.ensure_future(event.wait()) for event in events]
    await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()


def stop_on_signals(stop: asyncio.Event) -> None:
    """Set `stop` when the program is interrupted or terminated."""
    loop = asyncio.get_running_loop()
    if sys.platform == "win32":
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGBREAK):
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop.set))
        # Python is not to warn when the socket that wakes the loop is full.
        signal.set_wakeup_fd(signal.set_wakeup_fd(-1), warn_on_full_buffer=False)
    else:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
