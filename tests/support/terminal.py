"""A terminal to run the installed command in: a pty, and a screen that remembers what was drawn."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Self

import pyte

KEYS = {"enter": "\r", "escape": "\x1b", "up": "\x1b[A", "down": "\x1b[B", "tab": "\t"}


class Terminal:
    """A program in a pty of so many columns and lines; `raw` is every byte it has written."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        environment: Mapping[str, str],
        columns: int = 120,
        lines: int = 40,
    ) -> None:
        self.screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self.screen)
        self.raw = bytearray()
        self.status: int | None = None
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            os.execvpe(command[0], list(command), dict(environment))
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.status is None:
            self.kill()
        os.close(self._fd)

    @property
    def text(self) -> str:
        """What is on screen."""
        return "\n".join(self.screen.display)

    def read(self, seconds: float = 0.05) -> None:
        """Take in what the program writes within so many seconds."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            ready, _, _ = select.select([self._fd], [], [], left)
            if not ready:
                return
            try:
                written = os.read(self._fd, 65536)
            except OSError:
                written = b""
            if not written:
                time.sleep(min(left, 0.02))
                return
            self.raw += written
            self._stream.feed(written)

    def press(self, *keys: str) -> None:
        """Type keys; names such as `enter` stand for themselves."""
        for key in keys:
            os.write(self._fd, KEYS.get(key, key).encode())

    def wait_for(self, wanted: str | Callable[[str], bool], *, seconds: float = 15.0) -> str:
        """Read until the screen shows this; fails with the screen if it does not."""
        found = wanted if callable(wanted) else (lambda text: wanted in text)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.read()
            if found(self.text):
                return self.text
        raise AssertionError(f"not on screen after {seconds} s: {wanted!r}\n{self.text}")

    def wait(self, *, seconds: float = 15.0) -> int:
        """The exit status, once the program has ended."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.read()
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.read(1.0)  # its last words
                self.status = os.waitstatus_to_exitcode(status)
                return self.status
        raise AssertionError(f"still running after {seconds} s\n{self.text}")

    def kill(self, how: signal.Signals = signal.SIGKILL) -> None:
        """End the program as the machine would."""
        os.kill(self.pid, how)
        _, status = os.waitpid(self.pid, 0)
        self.status = os.waitstatus_to_exitcode(status)
