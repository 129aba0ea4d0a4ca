"""Runs a program in a pty and measures its times by the bytes it writes."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Self

from support.terminal import set_size

COLUMNS, LINES = 120, 40
ASKED, ANSWER = b"\x1b[?2026$p", b"\x1b[?2026;2$y"
"""The query for synchronized output, and the answer of a terminal that supports it."""
FRAME_END = b"\x1b[?2026l"
QUIET = 0.05
"""The seconds without output after which a key counts as handled."""
_PLACED = re.compile(rb"\x1b\[([0-9]+);[0-9]+H")
_TICKS = os.sysconf("SC_CLK_TCK")


class Frame(NamedTuple):
    """The bytes of a frame, and when the last of them was read."""

    at: float
    drawn: bytes

    @property
    def lines(self) -> set[int]:
        """The screen lines that were drawn on, counting from 1."""
        return {int(line) for line in _PLACED.findall(self.drawn)}


class Program:
    """A program running in a terminal of 120 columns and 40 lines; killed on exit."""

    def __init__(self, command: Sequence[str | Path], environment: Mapping[str, str]) -> None:
        self._fd, terminal = pty.openpty()
        set_size(terminal, COLUMNS, LINES)
        self.begun = time.perf_counter()
        self._process = subprocess.Popen(
            command,
            env=dict(environment),
            stdin=terminal,
            stdout=terminal,
            stderr=terminal,
            start_new_session=True,
        )
        os.close(terminal)
        self.written = bytearray()
        self.read_at = self.begun
        """When the last bytes were read."""
        self._answered = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._fd)

    def read(self, seconds: float) -> bool:
        """Wait for output and read it; return whether any came within this time."""
        ready, _, _ = select.select([self._fd], [], [], max(0.0, seconds))
        if not ready:
            return False
        try:
            self.written += os.read(self._fd, 1 << 20)
        except OSError:
            raise AssertionError(f"it ended: {bytes(self.written[-2000:])!r}") from None
        self.read_at = time.perf_counter()
        if not self._answered and ASKED in self.written:
            self._answered = True
            os.write(self._fd, ANSWER)
        return True

    def until(self, *wanted: bytes, seconds: float = 60.0) -> float:
        """Read until all of `wanted` has been written; return the seconds since the start."""
        end = time.perf_counter() + seconds
        while not all(text in self.written for text in wanted):
            left = end - time.perf_counter()
            if left <= 0 or not self.read(left):
                raise AssertionError(f"{wanted} not drawn, but {bytes(self.written[-2000:])!r}")
        return self.read_at - self.begun

    def rest(self, seconds: float) -> None:
        """Read the program's output for this long."""
        end = time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            self.read(left)

    def settle(self, quiet: float = 0.5) -> None:
        """Read until nothing has been written for `quiet` seconds."""
        while self.read(quiet):
            pass

    def press(self, key: bytes, shows: Callable[[Frame], bool]) -> tuple[float, float]:
        """Press a key; return the seconds until its first and its last frame were drawn.

        Only frames for which `shows` returns True count.
        """
        self.written.clear()
        begun = time.perf_counter()
        os.write(self._fd, key)
        taken: list[float] = []
        done = 0
        while self.read(QUIET if taken else 10.0):
            while (end := self.written.find(FRAME_END, done)) >= 0:
                frame = Frame(self.read_at, bytes(self.written[done:end]))
                done = end + len(FRAME_END)
                if shows(frame):
                    taken.append(frame.at - begun)
        assert taken, f"nothing was drawn after {key!r}: {bytes(self.written[-2000:])!r}"
        return taken[0], taken[-1]

    def echo(self, key: bytes) -> float:
        """Press a key; return the seconds until the first output, ten at most."""
        self.settle(QUIET)
        begun = time.perf_counter()
        os.write(self._fd, key)
        self.read(10.0)
        return time.perf_counter() - begun

    def type(self, keys: bytes) -> None:
        """Press keys, and read until the output stops."""
        os.write(self._fd, keys)
        self.read(10.0)
        self.settle(0.3)

    # -- resources

    @property
    def seconds_of_a_core(self) -> float:
        """The processor time used so far, including finished children."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return sum(int(ticks) for ticks in fields[11:15]) / _TICKS

    @property
    def memory(self) -> int:
        """The proportional set size (PSS) of the program and its children, in bytes."""
        return sum(_memory_of(process) for process in _with_children(self._process.pid))


def ready(programs: Sequence[Program], seconds: float) -> list[Program]:
    """Return the programs with output to read, waiting at most `seconds` for any."""
    by_fd = {program._fd: program for program in programs}
    return [by_fd[fd] for fd in select.select(by_fd, [], [], seconds)[0]]


def _with_children(process: int) -> list[int]:
    found = [process]
    for task in Path(f"/proc/{process}/task").iterdir():
        for child in (task / "children").read_text().split():
            found += _with_children(int(child))
    return found


def _memory_of(process: int) -> int:
    for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    return 0
