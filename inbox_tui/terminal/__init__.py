"""The terminal the inbox runs in: Textual's driver, notifications, title and clipboard."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from textual.driver import Driver


def driver_class() -> type[Driver]:
    """Textual's driver for the terminals of this system."""
    if sys.platform == "win32":
        from inbox_tui.terminal.windows import TerminalDriver
    else:
        from inbox_tui.terminal.posix import TerminalDriver
    return TerminalDriver
