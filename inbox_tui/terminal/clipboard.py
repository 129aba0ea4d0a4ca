"""Copying: through the terminal, and to the clipboards of this machine where there are any."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping

TIMEOUT_SECONDS = 3.0
_SHOWS_ARGUMENTS = "copy_klipper"
"""A way of pyperclip's to copy that has the text among the arguments, which everybody can see."""


def copy_here(text: str, environment: Mapping[str, str] = os.environ) -> list[str]:
    """Put text into tmux's buffer and the desktop's clipboard; return those that took it.

    For a thread: it starts programs, which get the text on standard input and never as an
    argument. The terminal's own clipboard (OSC 52) is Textual's part; tmux would swallow that, so
    tmux is asked to pass the text on to its terminal.
    """
    taken = []
    if environment.get("TMUX") and _copy_to_tmux(text):
        taken.append("tmux")
    if has_desktop(environment) and _copy_to_desktop(text):
        taken.append("clipboard")
    return taken


def has_desktop(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether a graphical desktop is at hand, with its clipboard and its browser."""
    desktop = environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY")
    return bool(desktop) or sys.platform in ("darwin", "win32")


def _copy_to_tmux(text: str) -> bool:
    encoded = text.encode("utf-8", "replace")
    for options in (["-w", "-"], ["-"]):  # -w came with tmux 3.2
        try:
            done = subprocess.run(  # noqa: S603
                ["tmux", "load-buffer", *options],  # noqa: S607
                input=encoded,
                capture_output=True,
                timeout=TIMEOUT_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            return False
        if done.returncode == 0:
            return True
    return False


def _copy_to_desktop(text: str) -> bool:
    import pyperclip

    copy, _ = pyperclip.determine_clipboard()
    if getattr(copy, "__name__", "") == _SHOWS_ARGUMENTS:
        return False
    try:
        copy(text)
    except (pyperclip.PyperclipException, OSError, UnicodeError):
        return False
    return True
