"""Textual's driver for Windows."""

from __future__ import annotations

from textual.drivers.windows_driver import WindowsDriver

from inbox_tui.terminal.character_widths import pin_columns


class TerminalDriver(WindowsDriver):
    """Textual's own driver, with columns kept aligned by `pin_columns`."""

    def write(self, data: str) -> None:
        """Write to the terminal, with columns kept aligned."""
        super().write(pin_columns(data))
