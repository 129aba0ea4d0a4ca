"""Captures what the application writes to a terminal through its real driver."""

from __future__ import annotations

import os
import re
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from support.systems import skip_exception
from support.terminal import set_size
from textual.app import App

if sys.platform != "win32":
    import pty

SEQUENCE = re.compile(
    r"\r\n"  # between the lines of a screen
    r"|\x1b\[[0-?]*[ -/]*[@-~]"  # CSI
    r"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)"  # OSC
    r"|\x1b[PX^_][^\x1b]*\x1b\\"  # DCS and the like
    r"|\x1b[ -/]*[0-~]?"
    r"|[\x00-\x1f\x7f-\x9f]"
)
"""A control sequence, or a single control character."""
ANCHOR = re.compile(r"\x1b\[[0-9]+[XG]")
"""Erasing cells (ECH), or moving the cursor to a column (CHA)."""
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
PLACE = re.compile(r"\x1b\[([0-9]+);([0-9]+)H")
_MARK = "\x1b[?77n"
_SIGNALS = [
    getattr(signal, name)
    for name in ("SIGTSTP", "SIGCONT", "SIGWINCH", "SIGTTOU", "SIGTTIN")
    if hasattr(signal, name)
]


class CapturedOutput:
    """A terminal of this size that records every byte written to it."""

    def __init__(self, size: tuple[int, int]) -> None:
        skip_exception("tests/support/captured_output.py")
        self.size = size
        self._master, self._slave = pty.openpty()
        set_size(self._slave, *size)
        self._bytes = bytearray()
        self._marked = threading.Event()
        self._reader = threading.Thread(target=self._take_down, daemon=True)
        self._reader.start()

    def _take_down(self) -> None:
        while True:
            try:
                self._bytes += os.read(self._master, 65536)
            except OSError:
                return
            if self._bytes.endswith(_MARK.encode()):
                self._marked.set()

    def attach(self, app: App[Any]) -> None:
        """Make an application that is not running yet write to this terminal."""
        terminal = self

        driver_class: Any = app.driver_class

        class Driver(driver_class):  # type: ignore[misc] # the base is known only at run time
            def __init__(self, app: App[Any], **options: Any) -> None:
                super().__init__(app, **options)
                self.input_fd = self.output_fd = terminal._slave
                self.encoding = "utf-8"

            def get_size(self) -> tuple[int, int]:
                return terminal.size

        app.driver_class = Driver

    def take(self, app: App[Any]) -> str:
        """Return everything written since the last call."""
        assert app._driver is not None
        app._driver.write(_MARK)
        app._driver.flush()
        return self._taken()

    def _taken(self) -> str:
        assert self._marked.wait(10)
        self._marked.clear()
        written = bytes(self._bytes).decode().removesuffix(_MARK)
        self._bytes.clear()
        return written

    def take_all(self) -> str:
        """Return everything written since the last call by an application that has ended."""
        os.write(self._slave, _MARK.encode())
        return self._taken()

    def close(self) -> None:
        os.close(self._slave)
        self._reader.join(10)
        os.close(self._master)


@contextmanager
def terminal(size: tuple[int, int]) -> Iterator[CapturedOutput]:
    """Open a terminal for the block, and restore the signal handlers afterwards."""
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    written = CapturedOutput(size)
    try:
        yield written
    finally:
        written.close()
        for number, handler in before.items():
            signal.signal(number, handler)


def told(written: str) -> list[str]:
    """Return the control sequences, without colours, cursor moves, erasing and line breaks."""
    return [
        sequence
        for sequence in SEQUENCE.findall(written)
        if sequence != "\r\n"
        and not any(paints.fullmatch(sequence) for paints in (COLOUR, PLACE, ANCHOR))
    ]


def colours(written: str) -> set[str]:
    """Return the sequences that set colours and styles."""
    return {sequence for sequence in SEQUENCE.findall(written) if COLOUR.fullmatch(sequence)}


def places(written: str) -> set[tuple[int, int]]:
    """Return the positions that the cursor was moved to, as line and column."""
    return {(int(line), int(column)) for line, column in PLACE.findall(written)}
