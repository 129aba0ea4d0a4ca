"""A terminal for running the program: a pty, and an emulated screen."""

from __future__ import annotations

import os
import select
import signal
import struct
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Self

import pyte
from support.systems import KILL, skip_exception

if sys.platform != "win32":
    import fcntl
    import pty
    import termios

KEYS = {"enter": "\r", "escape": "\x1b", "up": "\x1b[A", "down": "\x1b[B", "tab": "\t"}


def set_size(fd: int, columns: int, lines: int) -> None:
    """Resize a pty; the program in it is notified."""
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))


def have_much_written(fd: int, columns: int, lines: int) -> None:
    """Make the program in a pty write more than the pty buffers, by resizing it repeatedly."""
    for _ in range(15):
        for narrower in (1, 0):
            set_size(fd, columns - narrower, lines)
            time.sleep(0.1)


class Terminal:
    """A program in a pty of this size; `raw` is every byte it has written."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        environment: Mapping[str, str],
        columns: int = 120,
        lines: int = 40,
        ignoring: signal.Signals | None = None,
    ) -> None:
        skip_exception("tests/support/terminal.py")
        self.screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self.screen)
        self.raw = bytearray()
        self.status: int | None = None
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            if ignoring is not None:
                signal.signal(ignoring, signal.SIG_IGN)
            os.execvpe(command[0], list(command), dict(environment))
        set_size(self._fd, columns, lines)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.status is None:
            self.kill()
        if self._fd >= 0:
            os.close(self._fd)

    def resize(self, columns: int, lines: int) -> None:
        """Resize the terminal; the program is notified."""
        self.screen.resize(lines, columns)
        set_size(self._fd, columns, lines)

    def freeze(self) -> None:
        """Stop reading, and make the program write until the pty's buffer is full."""
        have_much_written(self._fd, self.screen.columns, self.screen.lines)

    def hang_up(self) -> None:
        """Close the terminal, as when the window of an emulator is closed."""
        os.close(self._fd)
        self._fd = -1

    @property
    def text(self) -> str:
        """The text on screen."""
        return "\n".join(self.screen.display)

    def read(self, seconds: float = 0.05) -> None:
        """Read and draw the program's output, for at most this long."""
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
        """Press keys, given as text or as one of the names in `KEYS`."""
        for key in keys:
            self.send(KEYS.get(key, key).encode())

    def send(self, data: bytes) -> None:
        """Send bytes, reading the program's output meanwhile."""
        while data:
            _, ready, _ = select.select([], [self._fd], [], 0.05)
            if ready:
                data = data[os.write(self._fd, data[:1024]) :]
            else:
                self.read(0)

    def wait_for(self, wanted: str | Callable[[str], bool], *, seconds: float = 15.0) -> str:
        """Read until the screen shows this, and return its text; the failure message quotes it."""
        found = wanted if callable(wanted) else (lambda text: wanted in text)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.read()
            if found(self.text):
                return self.text
        raise AssertionError(f"not on screen after {seconds} s: {wanted!r}\n{self.text}")

    def has_ended(self) -> bool:
        """Return whether the program has ended; `status` is its exit status then."""
        if self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self.status = os.waitstatus_to_exitcode(status) if pid else None
        return self.status is not None

    def wait(self, *, seconds: float = 15.0, reading: bool = True) -> int:
        """Wait until the program ends, `reading` its output or not; return its exit status."""
        end = time.monotonic() + seconds
        while not self.has_ended():
            assert time.monotonic() < end, f"still running after {seconds} s\n{self.text}"
            if reading:
                self.read()
            else:
                time.sleep(0.02)
        if reading:
            self.read(1.0)  # the rest of its output
        assert self.status is not None
        return self.status

    def quit(self) -> None:
        """Quit the inbox with `q`, and check that it exits with status 0."""
        self.press("q")
        assert self.wait() == 0, self.text

    def wait_stopped(self) -> None:
        """Read until the program is stopped, as by SIGTSTP."""
        while True:
            self.read()
            pid, status = os.waitpid(self.pid, os.WNOHANG | os.WUNTRACED)
            if pid:
                assert os.WIFSTOPPED(status)
                self.read()
                return

    def send_signal(self, which: signal.Signals) -> None:
        os.kill(self.pid, which)

    def kill(self) -> None:
        """Kill the program with `KILL`."""
        self.send_signal(KILL)
        self.wait(reading=False)
