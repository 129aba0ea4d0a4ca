"""Following: the newest message is selected as it comes, until a key or click stays on one."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from inbox_tui.locale import _
from inbox_tui.screens.shown_messages import ShownMessages
from inbox_tui.widgets.filter_bar import FilterBar


class Following:
    """Whether the newest message is followed, as the filter bar shows."""

    def __init__(
        self, shown: ShownMessages, filter_bar: FilterBar, *, say: Callable[[str], None]
    ) -> None:
        self._shown = shown
        self._filter_bar = filter_bar
        self._say = say
        self._before_input = True
        """Whether it was followed when the last key or click came."""
        self.handlers: Mapping[str, Callable[[], object]] = {"follow": self.toggle}
        """What each of these commands does, by its name in the table."""

    def start(self) -> None:
        """Follow the newest message."""
        self._follow(True)

    def stop(self) -> None:
        """Stay on the selected message, as a key or click has come."""
        self._before_input = self._shown.following
        if self._before_input:
            self._say("")  # that it follows is no longer so
        self._follow(False)

    def toggle(self) -> None:
        """Go to the newest message and follow, or stay: the other of what it was before the key."""
        following = not self._before_input
        self._follow(following)
        if following:
            self._shown.select_newest()
        self._say(_("following the newest") if following else _("staying on this message"))

    def _follow(self, following: bool) -> None:
        self._shown.following = self._filter_bar.following = following
