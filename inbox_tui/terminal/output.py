"""Writing to a terminal that may stop accepting output."""

from __future__ import annotations

import os
import select
import threading
from collections.abc import Callable
from typing import Final

FRAME_LIMIT: Final = 64 * 1024
"""Frames are dropped while more bytes than this are waiting."""
QUEUE_LIMIT: Final = 1024 * 1024
"""Everything is dropped while more bytes than this are waiting."""


class TerminalOutput:
    """Writes to a file descriptor in a thread, so that callers never wait.

    While the terminal accepts nothing (a frozen SSH connection, Ctrl+S), a little is kept and
    further frames are dropped. `on_caught_up` is called once everything kept has been written:
    the screen must be repainted then. `on_gone` is called when writing fails, which means that
    the terminal is gone. Both are called in the thread.
    """

    def __init__(
        self, fd: int, *, on_caught_up: Callable[[], None], on_gone: Callable[[], None]
    ) -> None:
        self._fd = fd
        self._on_caught_up = on_caught_up
        self._on_gone = on_gone
        self._changed = threading.Condition()
        self._waiting: list[bytes] = []
        self._waiting_bytes = 0
        self._writing = False
        self._dropped = False
        self._stopped = False
        self._gone = False
        # A daemon: a write that the terminal never accepts must not keep the process alive.
        self.thread = threading.Thread(target=self._run, daemon=True, name="terminal-output")
        self.thread.start()

    def send(self, data: bytes, *, droppable: bool = False) -> None:
        """Queue bytes for writing, unless too many are waiting.

        With `droppable` they are dropped above `FRAME_LIMIT` rather than `QUEUE_LIMIT`.
        """
        with self._changed:
            if self._gone or self._stopped:
                return
            if self._waiting_bytes > (FRAME_LIMIT if droppable else QUEUE_LIMIT):
                self._dropped = True
                return
            self._waiting.append(data)
            self._waiting_bytes += len(data)
            self._changed.notify_all()

    def drain(self, seconds: float) -> None:
        """Wait until everything is written, for at most this many seconds."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._gone or not (self._waiting or self._writing), seconds
            )

    def stop(self, seconds: float) -> None:
        """Write what is waiting, for at most this many seconds, and end the thread."""
        self.drain(seconds)
        with self._changed:
            self._stopped = True
            self._waiting.clear()
            self._changed.notify_all()

    def _run(self) -> None:
        """Write queued bytes until stopped, or until the terminal is gone."""
        while True:
            with self._changed:
                self._writing = False
                self._changed.notify_all()
                caught_up = self._dropped and not self._waiting
                if caught_up:
                    self._dropped = False
                else:
                    self._changed.wait_for(lambda: self._waiting or self._stopped)
                if self._stopped:
                    return
                data = b"".join(self._waiting)
                self._waiting.clear()
                self._waiting_bytes = 0
                self._writing = True
            if caught_up:
                self._on_caught_up()
            try:
                self._write(data)
            except OSError:
                with self._changed:
                    self._gone = True
                    self._changed.notify_all()
                self._on_gone()
                return

    def _write(self, data: bytes) -> None:
        while data:
            try:
                data = data[os.write(self._fd, data) :]
            except BlockingIOError:  # another program made the terminal non-blocking
                select.select([], [self._fd], [])
