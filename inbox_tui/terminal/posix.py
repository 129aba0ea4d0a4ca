"""Textual's driver for Linux and macOS."""

from __future__ import annotations

import sys

assert sys.platform != "win32"

import os
import re
import select
import shutil
import signal
import termios
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from textual import events
from textual.constants import DISABLE_KITTY_KEY
from textual.driver import Driver
from textual.geometry import Size

from inbox_tui.terminal.character_widths import pin_columns
from inbox_tui.terminal.input import ASK_FOR_BACKGROUND, InputParser
from inbox_tui.terminal.output import TerminalOutput

if TYPE_CHECKING:
    from textual.app import App

ENDING_SECONDS: Final = 8
"""Seconds the process may take to end once its terminal is gone or it is told to end."""
DRAIN_SECONDS: Final = 1.0
"""Seconds to wait, on leaving a terminal, for its output to be written."""

_KITTY_FLAGS: Final = 0b11001  # unambiguous escape codes; all keys reported, with their text
_MOUSE: Final = (1000, 1003, 1015, 1006)  # buttons, moves, and the formats of the reports
_ENTER: Final = (
    "\x1b[?1049h"  # the alternate screen
    "\x1b[?25l"  # no cursor
    "\x1b[?1004h"  # report the focus
    + ("" if DISABLE_KITTY_KEY else f"\x1b[>{_KITTY_FLAGS}u")
    + "\x1b[?2004h"  # bracketed paste
    "\x1b[?7l"  # no line wrap
     + "".join(f"\x1b[?{mode}h" for mode in _MOUSE)
)
_ASK_FOR_SYNCHRONIZED_OUTPUT: Final = "\x1b[?2026$p"
_LEAVE: Final = (
    "\x1b[?2004l\x1b[?7h"
    + "".join(f"\x1b[?{mode}l" for mode in _MOUSE)
    + ("" if DISABLE_KITTY_KEY else "\x1b[<u")
    + "\x1b[?1049l\x1b[?25h\x1b[?1004l"
)
_DROPPABLE: Final = re.compile(r"\x1b\[[0-9;]*H|\x1b\[\?2026|\a|\x1b\](?:9|777);|\x1bPtmux;")
"""The beginning of a frame or notification: output that may be dropped if it can't be written."""


class TerminalDriver(Driver):
    """Reads keys from standard input and writes frames to standard output.

    Unlike Textual's own driver, it never makes the event loop wait for the terminal, ends the
    program when the terminal is gone, repaints the screen after the process was stopped, and never
    takes pasted text for keys.
    """

    def __init__(
        self,
        app: App[Any],
        *,
        debug: bool = False,
        mouse: bool = True,
        size: tuple[int, int] | None = None,
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        assert sys.__stdin__ is not None
        assert sys.__stdout__ is not None
        self.input_fd = sys.__stdin__.fileno()
        self.output_fd = sys.__stdout__.fileno()
        self.encoding = sys.__stdout__.encoding
        self._output: TerminalOutput | None = None
        self._input: threading.Thread | None = None
        self._wake_fds = (-1, -1)
        self._mode_before: list[Any] | None = None
        self._reported_size: Size | None = None

    @property
    def can_suspend(self) -> bool:
        """Whether the terminal can be handed to another program for a while."""
        return True

    def get_size(self) -> tuple[int, int]:
        """Return the terminal's columns and lines."""
        return shutil.get_terminal_size()

    # -- output

    def write(self, data: str) -> None:
        """Write to the terminal, without waiting for it."""
        if self._output is not None:
            self._output.send(
                pin_columns(data).encode(self.encoding, "replace"),
                droppable=_DROPPABLE.match(data) is not None,
            )

    def _repaint(self) -> None:
        self._app.call_later(self._app.refresh)

    # -- beginning and end

    def start_application_mode(self) -> None:
        """Take over the terminal, at the start and after a stop."""
        if self._output is None:
            self._output = TerminalOutput(
                self.output_fd, on_caught_up=self._repaint, on_gone=self._end_program
            )
            signal.signal(signal.SIGALRM, signal.SIG_DFL)  # see _end_program
            handlers = {
                signal.SIGWINCH: self._report_size,
                signal.SIGTSTP: self._stop,
                signal.SIGCONT: self._continue,
                signal.SIGHUP: self._end_program,
                signal.SIGTERM: self._end_program,
            }
            for number, handler in handlers.items():
                self._loop.add_signal_handler(number, handler)
        self._set_raw_mode()
        self.write(_ENTER)
        if os.environ.get("TERM_PROGRAM") != "Apple_Terminal":  # it would show part of the query
            self.write(_ASK_FOR_SYNCHRONIZED_OUTPUT)
        if os.environ.get("TERM") != "linux":  # the console would show part of the query
            self.write(ASK_FOR_BACKGROUND)
        self._report_size()
        if self._input is None:
            self._wake_fds = os.pipe()
            self._input = threading.Thread(
                target=self._read_input, daemon=True, name="terminal-input"
            )
            self._input.start()

    def _set_raw_mode(self) -> None:
        try:
            mode = termios.tcgetattr(self.input_fd)
            if self._mode_before is None:
                self._mode_before = [*mode[:6], list(mode[6])]
            # Make Ctrl+S, Ctrl+Q, Enter, Ctrl+C and the like ordinary keys.
            mode[0] &= ~(
                termios.IXON | termios.IXOFF | termios.ICRNL | termios.INLCR | termios.IGNCR
            )
            mode[3] &= ~(termios.ECHO | termios.ICANON | termios.IEXTEN | termios.ISIG)
            mode[6][termios.VMIN] = 1
            termios.tcsetattr(self.input_fd, termios.TCSANOW, mode)
        except termios.error:
            pass  # the terminal is gone, as reading from it will show

    def disable_input(self) -> None:
        """Stop reading input."""
        if self._input is None:
            return
        os.write(self._wake_fds[1], b"x")
        self._input.join(DRAIN_SECONDS)
        if not self._input.is_alive():  # else it is waiting for input that another program read
            for fd in self._wake_fds:
                os.close(fd)
        self._input = None
        with suppress(termios.error):  # pending mouse reports must not reach the shell
            termios.tcflush(self.input_fd, termios.TCIFLUSH)

    def stop_application_mode(self) -> None:
        """Stop reading input and restore the terminal's state."""
        self.disable_input()
        self.write(_LEAVE)
        if self._mode_before is not None:
            with suppress(termios.error):
                termios.tcsetattr(self.input_fd, termios.TCSANOW, self._mode_before)
            self._mode_before = None

    def suspend_application_mode(self) -> None:
        """Hand the terminal to another program or to the shell."""
        self.stop_application_mode()
        if self._output is not None:
            self._output.drain(DRAIN_SECONDS)

    def close(self) -> None:
        """Stop writing; output that the terminal does not accept in time is lost."""
        if self._output is not None:
            self._output.stop(DRAIN_SECONDS)

    # -- signals

    def _report_size(self) -> None:
        size = Size(*self.get_size())
        if size != self._reported_size:
            self._reported_size = size
            self.send_message(events.Resize(size, size))

    def _stop(self) -> None:
        """Stop the process until it is continued, as SIGTSTP does by default."""
        if self._auto_restart:
            self.suspend_application_mode()
        os.kill(os.getpid(), signal.SIGSTOP)

    def _continue(self) -> None:
        """Take over the terminal again and repaint, as other programs may have written to it."""
        if self._auto_restart:
            self.start_application_mode()
            self._repaint()

    def _end_program(self) -> None:
        """Exit the app; after `ENDING_SECONDS` the system ends the process."""
        signal.alarm(ENDING_SECONDS)
        with suppress(RuntimeError):  # the event loop has already ended
            self._loop.call_soon_threadsafe(self._app.exit)

    # -- input

    def _read_input(self) -> None:
        """Read and pass on what the terminal sends; runs in a separate thread."""
        parser = InputParser()
        fds = [self.input_fd, self._wake_fds[0]]
        while True:
            ready, _, _ = select.select(fds, [], [], parser.timeout)
            if self._wake_fds[0] in ready:
                return
            if not ready:
                messages = parser.tick()
            else:
                try:
                    data = os.read(self.input_fd, 65536)
                except BlockingIOError:  # another program made it non-blocking, and read the input
                    continue
                except OSError:
                    data = b""
                if not data:
                    self._end_program()
                    return
                messages = parser.feed(data)
            for message in messages:
                self.process_message(message)
