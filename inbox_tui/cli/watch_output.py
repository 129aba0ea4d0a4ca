"""Where `inbox-tui watch` writes, and what ends it: on Windows it is done otherwise."""

from __future__ import annotations

import asyncio
import errno
import os
import select
import signal
import sys
import threading
from contextlib import suppress

from inbox_tui.cli.failure import fail_to_write

RETRY_SECONDS = 0.05
"""How often a reader that takes nothing more is tried again."""
_GONE_ERRORS = (errno.EPIPE, errno.EINVAL)
"""What Windows says of a pipe whose reader is gone."""


class ThreadedOutput:
    """Standard output of systems where nothing tells whether a write would wait."""

    def __init__(self, file: int, stop: asyncio.Event) -> None:
        self._file = file
        self._stop = stop

    async def put(self, line: bytes) -> None:
        """Write a line; sets `stop` where the reader is gone, and gives up once that is set."""
        loop = asyncio.get_running_loop()
        ended = asyncio.Event()
        errors: list[OSError] = []

        def write() -> None:
            rest = line
            try:
                while rest:
                    rest = rest[os.write(self._file, rest) :]
            except OSError as error:
                errors.append(error)
            with suppress(RuntimeError):  # the loop has ended meanwhile
                loop.call_soon_threadsafe(ended.set)

        # A daemon: a write that the reader never takes must not keep the process alive.
        threading.Thread(target=write, daemon=True).start()
        await first_of(ended, self._stop)
        for error in errors:
            if error.errno not in _GONE_ERRORS:
                fail_to_write(error)
            self._stop.set()

    def gone(self) -> bool:
        """Only a write tells."""
        return False


if sys.platform == "win32":
    Output = ThreadedOutput
else:

    class Output:
        """Standard output, written to without ever waiting for its reader alone."""

        def __init__(self, file: int, stop: asyncio.Event) -> None:
            self._file = file
            self._stop = stop
            self._poll = select.poll()
            self._poll.register(file, select.POLLOUT)

        async def put(self, line: bytes) -> None:
            """Write a line; sets `stop` where the reader is gone, and gives up once that is set."""
            # What can't be polled, such as a terminal on some systems, is written to as it is.
            ready = select.POLLOUT | select.POLLNVAL
            while line:
                if self.gone():
                    self._stop.set()
                if self._stop.is_set():
                    return
                if not self._events() & ready:
                    await asyncio.sleep(RETRY_SECONDS)
                    continue
                try:
                    written = os.write(self._file, line[: select.PIPE_BUF])
                except BrokenPipeError:
                    self._stop.set()
                    return
                except OSError as error:
                    fail_to_write(error)
                line = line[written:]

        def gone(self) -> bool:
            """Whether nobody reads any more."""
            return bool(self._events() & (select.POLLERR | select.POLLHUP))

        def _events(self) -> int:
            return dict(self._poll.poll(0)).get(self._file, 0)


async def first_of(*events: asyncio.Event, seconds: float | None = None) -> None:
    """Wait until one of them is set, or for so long."""
    waits = [asyncio.ensure_future(event.wait()) for event in events]
    await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()


def stop_on_signals(stop: asyncio.Event) -> None:
    """Set `stop` when the program is interrupted or told to end."""
    loop = asyncio.get_running_loop()
    if sys.platform == "win32":
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGBREAK):
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop.set))
        # What wakes the loop is not to say so where it has no room for more.
        signal.set_wakeup_fd(signal.set_wakeup_fd(-1), warn_on_full_buffer=False)
    else:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
