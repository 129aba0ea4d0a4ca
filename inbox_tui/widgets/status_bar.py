"""The line at the bottom: how the connection is doing, and the keys that matter most."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.cells import cell_len
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from inbox_tui.text import drawn
from inbox_tui.widgets.cells import Line, cut
from inbox_tui.widgets.symbols import symbols

if TYPE_CHECKING:
    from textual import events

_GAP: Final = "   "
_REASON_AT_LEAST: Final = 12
"""How many cells of a reason, with the gap before it, are better than none."""
_MINUTE: Final = 60
_MINUTES_FROM: Final = 100
"""From so many seconds on, time is told in minutes."""

_STYLES: Final = {
    "Live": "$text-success",
    "Checking": "$foreground 60%",
    "Waiting": "$text-warning",
    "Offline": "$text-warning",
    "Blocked": "$text-error",
    "Sign in": "$text-error",
}


def span(seconds: int) -> str:
    """Return a time to come in as few words as tell it: `12 s`, `5 min`."""
    if seconds < _MINUTES_FROM:
        return f"{seconds} s"
    return f"{-(-seconds // _MINUTE)} min"


class StatusBar(Widget):
    """Shows the state, why it is so, when the next request goes, and a few keys."""

    DEFAULT_CSS = """
    StatusBar {
        height: 1;
        padding: 0 1;
        background: $panel;
        color: $foreground;
    }
    """

    state: reactive[str] = reactive("Checking", repaint=False, init=False)
    """Live, Checking, Waiting, Offline, Blocked or Sign in."""
    reason: reactive[str] = reactive("", repaint=False, init=False)
    """Why it is so, in a few words."""
    next_in: reactive[int | None] = reactive(None, repaint=False, init=False)
    """Seconds until the next request; None when none is planned."""
    left: reactive[int] = reactive(3, repaint=False, init=False)
    """How many requests the limit leaves now."""
    allowed: reactive[int] = reactive(3, repaint=False, init=False)
    """How many requests the limit allows in its window; 0 shows none of it."""
    notice: reactive[str] = reactive("", repaint=False, init=False)
    """A word about what has just been done, in the place of the reason and all that follows."""
    hints: reactive[str] = reactive("? help  / search  r refresh", repaint=False, init=False)
    """Keys and what they do, two spaces apart; the last give way first when room is short."""

    def __init__(
        self,
        *,
        name: str | None = None,
        id: str | None = None,  # noqa: A002 - as every widget of Textual has it
        classes: str | None = None,
    ) -> None:
        """Create a bar.

        Args:
            name: The name of the widget.
            id: The ID of the widget in the DOM.
            classes: The CSS classes of the widget.

        """
        super().__init__(name=name, id=id, classes=classes)
        self._shown = Content()

    def _changed(self) -> None:
        """Repaint if what is to be read is other than what is shown."""
        line = self._line()
        if not line.is_same(self._shown):
            self.refresh()

    watch_state = watch_reason = watch_next_in = watch_left = _changed
    watch_allowed = watch_notice = watch_hints = _changed

    def render(self) -> Content:
        """Return the line."""
        self._shown = self._line()
        return self._shown

    def _line(self) -> Content:
        marks = symbols()
        symbol = {
            "Live": marks.live,
            "Checking": marks.checking,
            "Waiting": marks.waiting,
            "Offline": marks.offline,
            "Blocked": marks.blocked,
            "Sign in": marks.sign_in,
        }.get(self.state, marks.checking)
        width = self.size.width
        line = Line(width)
        line.add(symbol, _STYLES.get(self.state, ""))
        line.add(f" {self.state}", "bold")
        if self.notice:
            line.add(_GAP)
            line.add(drawn(self.notice))
        else:
            self._add_outlook(line, width)
        return line.beside(self._hints_within(width - line.width - len(_GAP)), width)

    def _add_outlook(self, line: Line, width: int) -> None:
        """Add the reason, the next request and what the limit leaves, as far as there is room."""
        marks = symbols()
        soon = again = ""
        if self.next_in is not None:
            soon = f"{_GAP}in {span(self.next_in)}"
            again = (
                f"{_GAP}{'next' if self.state == 'Live' else 'next try'} in {span(self.next_in)}"
            )
        left = max(0, min(self.left, self.allowed))
        requests = f"{_GAP}requests {marks.free * left}{marks.used * (self.allowed - left)}"
        reason = f"{_GAP}{drawn(self.reason)}" if self.reason else ""
        room = width - line.width
        for words in (
            reason + again + requests * bool(self.allowed),
            reason + again,
            reason + soon,
        ):
            if cell_len(words) <= room:
                line.add(words)
                return
        reason = cut(reason, room - cell_len(soon))
        line.add(reason + soon if cell_len(reason) >= _REASON_AT_LEAST else again)

    def _hints_within(self, room: int) -> Line:
        """Return as many of the first hints as fit."""
        hints = [hint for hint in self.hints.split("  ") if hint]
        while hints and cell_len("  ".join(hints)) > room:
            del hints[-1]
        line = Line()
        for number, hint in enumerate(hints):
            key, _, does = hint.partition(" ")
            line.add("  " if number else "").add(key, "bold").add(f" {does}", "$foreground 60%")
        return line

    def on_resize(self, event: events.Resize) -> None:
        """Fit the line to the new width."""
        self._changed()
