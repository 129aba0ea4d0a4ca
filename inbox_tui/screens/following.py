"""Following: each new message is selected as it arrives, until a key or click stops that."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from inbox_tui.locale import _
from inbox_tui.screens.shown_messages import ShownMessages
from inbox_tui.widgets.filter_bar import FilterBar


class Following:
    """Turns following on and off, and shows in the filter bar whether it is on."""

    def __init__(
        self, shown: ShownMessages, filter_bar: FilterBar, *, show_notice: Callable[[str], None]
    ) -> None:
        self._shown = shown
        self._filter_bar = filter_bar
        self._show_notice = show_notice
        self._before_input = True
        """Whether following was on when the last key or click came."""
        self.handlers: Mapping[str, Callable[[], object]] = {"follow": self.toggle}
        """The functions of these commands, by name in the command table."""

    def start(self) -> None:
        """Follow the newest message."""
        self._follow(True)

    def stop(self) -> None:
        """Stop following, as a key or click has come."""
        self._before_input = self._shown.following
        if self._before_input:
            self._show_notice("")  # clears a notice that it follows
        self._follow(False)

    def toggle(self) -> None:
        """Stop following if it was on before the key; else go to the newest message and follow."""
        following = not self._before_input
        self._follow(following)
        if following:
            self._shown.select_newest()
        self._show_notice(_("following the newest") if following else _("staying on this message"))

    def _follow(self, following: bool) -> None:
        self._shown.following = self._filter_bar.following = following
