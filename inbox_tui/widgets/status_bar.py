"""The line at the bottom: how the connection is doing, and the keys that matter most."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len
from textual.content import Content
from textual.events import Key
from textual.reactive import reactive
from textual.widget import Widget

from inbox_tui.commands import textual_key
from inbox_tui.locale import _
from inbox_tui.sync import State
from inbox_tui.text import sanitize
from inbox_tui.widgets.cells import Line, cut, wrapped
from inbox_tui.widgets.symbols import symbols

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events

    from inbox_tui.commands import Hint

_GAP: Final = "   "
_BREAK: Final = Content("\n")
_PARTS: Final = re.compile("(.+)(?: · |, ).*", re.DOTALL)
"""A notice, and the last of its parts."""
_REASON_LINES: Final = 3
"""How many lines below the first one a long reason may take."""
_MINUTE: Final = 60
_MINUTES_FROM: Final = 100
"""From so many seconds on, time is told in minutes."""

_SYMBOLS: Final = {
    State.LIVE: ("live", "$text-success"),
    State.CHECKING: ("checking", "$foreground 60%"),
    State.WAITING: ("waiting", "$text-warning"),
    State.OFFLINE: ("offline", "$text-warning"),
    State.HUB_AWAY: ("offline", "$text-warning"),
    State.BLOCKED: ("blocked", "$text-error"),
    State.SIGN_IN: ("sign_in", "$text-error"),
}
"""The symbol of each state, and its style."""


def span(seconds: int) -> str:
    """Return a time to come in as few words as tell it: `12 s`, `5 min`."""
    if seconds < _MINUTES_FROM:
        return _("{count} s").format(count=seconds)
    return _("{count} min").format(count=-(-seconds // _MINUTE))


def _longest_time() -> int:
    return cell_len(_("in {time}").format(time=_("{count} min").format(count=15)))


class StatusBar(Widget):
    """Shows the state, why it is so, when the next request goes, and a few keys.

    It is one line, and as many more as a reason takes that does not fit into it.
    """

    DEFAULT_CSS = """
    StatusBar {
        height: 1;
        min-height: 1;
        max-height: 34%;
        padding: 0 1;
        background: $panel;
        color: $foreground;
        text-wrap: nowrap;
    }
    """

    state: reactive[State] = reactive(State.CHECKING, repaint=False, init=False)
    """How the connection is doing."""
    reason: reactive[str] = reactive("", repaint=False, init=False)
    """Why it is so, in a few words."""
    next_in: reactive[int | None] = reactive(None, repaint=False, init=False)
    """Seconds until the next request; None when none is planned."""
    left: reactive[int] = reactive(3, repaint=False, init=False)
    """How many requests the limit leaves now."""
    allowed: reactive[int] = reactive(3, repaint=False, init=False)
    """How many requests the limit allows in its window; 0 shows none of it."""
    notice: reactive[str] = reactive("", repaint=False, init=False)
    """A word about what has just been done, in the place of the reason and all that follows.

    Where there is no room for it, the state gives way first, then what stands after its last ` · `
    or `, `: what was done, and with what, comes first in a notice.
    """
    hints: reactive[tuple[Hint, ...]] = reactive((), repaint=False, init=False)
    """Keys and what they do; the last give way first when room is short."""
    here: reactive[tuple[Hint, ...]] = reactive((), repaint=False, init=False)
    """More such keys, for where the user is; they stand before the others, and give way first."""

    def __init__(self) -> None:
        """Create a bar."""
        super().__init__()
        self._shown = Content()
        self._height = 1
        self._hint_spans: list[tuple[int, int, str]] = []
        """Where the hints shown are, in cells from the right edge, and their keys."""

    def _changed(self) -> None:
        """Repaint if what is to be read is other than what is shown."""
        lines = self._lines()
        if len(lines) != self._height:
            self._height = len(lines)
            self.styles.height = len(lines)
        elif not _BREAK.join(lines).is_same(self._shown):
            self.refresh()

    watch_state = watch_reason = watch_next_in = watch_left = _changed
    watch_allowed = watch_notice = watch_hints = watch_here = _changed

    def render(self) -> Content:
        """Return the line, and those of the reason."""
        self._shown = _BREAK.join(self._lines())
        return self._shown

    def _lines(self) -> list[Content]:
        """Return the first line, and a reason that does not fit into it as lines of its own."""
        symbol, style = _SYMBOLS[self.state]
        width = self.size.width
        line = Line(width)
        line.add(getattr(symbols(), symbol), style)
        notice = sanitize(self.notice)
        state = f" {_(self.state.value)}"
        if cell_len(state + _GAP + notice) <= width - line.width or not notice:
            line.add(state, "bold")
        else:
            notice = _shortened(notice, width - line.width - 1)
        reason = sanitize(self.reason)
        outlook, fits = self._outlook(reason, width - line.width)
        below = [] if fits or not reason else _paragraph(reason, width)
        if notice:
            line.add(_GAP if line.width > 1 else " ")
            line.add(notice)
        else:
            line.add(outlook)
        hints = self._hints_within(width - line.width - len(_GAP))
        return [line.beside(hints, width), *map(Content, below)]

    def _outlook(self, reason: str, room: int) -> tuple[str, bool]:
        """Return what fits of reason, next request and limit, and whether the reason did."""
        soon = again = ""
        if self.next_in is not None:
            time = span(self.next_in)
            soon = _GAP + _("in {time}").format(time=time)
            again = _("next in {time}") if self.state is State.LIVE else _("next try in {time}")
            again = _GAP + again.format(time=time)
        left = max(0, min(self.left, self.allowed))
        requests = _GAP + _("requests")
        requests += f" {symbols().free * left}{symbols().used * (self.allowed - left)}"
        requests *= bool(self.allowed)
        if reason:
            reason = _GAP + reason
            # So that the height does not change while the countdown gets shorter.
            longest = len(soon) and len(_GAP) + _longest_time()
            if self.state is State.SIGN_IN:  # nothing goes on without the key
                requests = ""
                longest = len(_GAP) + _width(self.hints[:1])
            if cell_len(reason) + longest > room:
                return (again if cell_len(again) <= room else soon), False
        elif self.hints and cell_len(again + requests + _GAP) + _width(self.hints[:1]) > room:
            requests = ""  # the key matters more
        fitting = (words for words in (again + requests, again) if cell_len(reason + words) <= room)
        return reason + next(fitting, soon), True

    def _hints_within(self, room: int) -> Line:
        """Return as many of the first hints as fit, and before them as many of `here`."""
        hints = list(self.hints)
        while hints and _width(hints) > room:
            del hints[-1]
        here = list(self.here) if hints else []
        while here and _width(here + hints) > room:
            del here[-1]
        line = Line()
        spans = []
        for number, hint in enumerate(here + hints):
            label, _, does = hint.text.partition(" ")
            start = line.add("  " if number else "").width
            line.add(label, "bold").add(f" {does}", "$foreground 60%")
            spans.append((start, line.width, hint.key))
        self._hint_spans = [
            (start - line.width, end - line.width, key) for start, end, key in spans
        ]
        return line

    def on_click(self, event: events.Click) -> None:
        """Do what the hint under the mouse says, as its key does."""
        x = event.x - self.gutter.left - self.size.width
        for start, end, key in self._hint_spans:
            if event.y == 0 and start <= x < end:
                character = key if len(key) == 1 else None
                self.app.post_message(Key(textual_key(key), character))

    def on_resize(self, event: events.Resize) -> None:
        """Fit the line to the new width."""
        self._changed()


def _paragraph(text: str, width: int) -> list[str]:
    """Return a text as lines of this width, the last one cut where there are too many."""
    spans = list(wrapped(text, width))[:_REASON_LINES]
    return [*(text[start:end] for start, end in spans[:-1]), cut(text[spans[-1][0] :], width)]


def _shortened(notice: str, width: int) -> str:
    """Return the beginning of a notice that fits, without the last of its parts."""
    while cell_len(notice) > width and (parts := _PARTS.fullmatch(notice)):
        notice = parts[1]
    return notice


def _width(hints: Sequence[Hint]) -> int:
    return cell_len("  ".join(hint.text for hint in hints))
