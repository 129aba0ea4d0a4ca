"""The status bar: the state of the connection, and the most important keys."""

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
"""A notice; the group is the notice without its last part."""
_REASON_LINES: Final = 3
"""The number of lines below the first one that a long reason may take."""
_MINUTE: Final = 60
_MINUTES_FROM: Final = 100
"""The number of seconds from which times are given in minutes."""

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
    """Return a remaining time in short form: `12 s`, `5 min`."""
    if seconds < _MINUTES_FROM:
        return _("{count} s").format(count=seconds)
    return _("{count} min").format(count=-(-seconds // _MINUTE))


def _longest_time() -> int:
    return cell_len(_("in {time}").format(time=_("{count} min").format(count=15)))


class StatusBar(Widget):
    """Shows the state, the reason for it, the time of the next request, and a few keys.

    It has one line, and more below it if the reason does not fit.
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
    """The state of the connection."""
    reason: reactive[str] = reactive("", repaint=False, init=False)
    """The reason for the state, in a few words."""
    next_in: reactive[int | None] = reactive(None, repaint=False, init=False)
    """Seconds until the next request, or None if none is planned."""
    left: reactive[int] = reactive(3, repaint=False, init=False)
    """The number of requests that the limit still allows now."""
    allowed: reactive[int] = reactive(3, repaint=False, init=False)
    """The number of requests that the limit allows in its window; 0 hides the requests."""
    notice: reactive[str] = reactive("", repaint=False, init=False)
    """A short text on what has just been done, in place of the reason and everything after it.

    If it does not fit, the name of the state is dropped first, then what follows the last ` · ` or
    `, ` of the notice, which begins with what was done and to what.
    """
    hints: reactive[tuple[Hint, ...]] = reactive((), repaint=False, init=False)
    """Keys and what they do; if room is short, the last ones are dropped first."""
    here: reactive[tuple[Hint, ...]] = reactive((), repaint=False, init=False)
    """Keys for the place where the user is, shown before `hints` and dropped before them."""

    def __init__(self) -> None:
        super().__init__()
        self._shown = Content()
        self._height = 1
        self._hint_spans: list[tuple[int, int, str]] = []
        """The start and end of each hint shown, in cells from the right edge, and its key."""

    def _changed(self) -> None:
        """Repaint if the text differs from the one shown."""
        lines = self._lines()
        if len(lines) != self._height:
            self._height = len(lines)
            self.styles.height = len(lines)
        elif not _BREAK.join(lines).is_same(self._shown):
            self.refresh()

    watch_state = watch_reason = watch_next_in = watch_left = _changed
    watch_allowed = watch_notice = watch_hints = watch_here = _changed

    def render(self) -> Content:
        """Render the bar's line, and those of a long reason."""
        self._shown = _BREAK.join(self._lines())
        return self._shown

    def _lines(self) -> list[Content]:
        """Return the first line, followed by the lines of a reason that does not fit into it."""
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
        """Return what fits of reason, next request and limit, and whether the reason fits."""
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
            # Reserve the longest time, so that the height does not change during the countdown.
            longest = len(soon) and len(_GAP) + _longest_time()
            if self.state is State.SIGN_IN:  # the user must see the key to continue
                requests = ""
                longest = len(_GAP) + _width(self.hints[:1])
            if cell_len(reason) + longest > room:
                return (again if cell_len(again) <= room else soon), False
        elif self.hints and cell_len(again + requests + _GAP) + _width(self.hints[:1]) > room:
            requests = ""  # the key is more important
        fitting = (words for words in (again + requests, again) if cell_len(reason + words) <= room)
        return reason + next(fitting, soon), True

    def _hints_within(self, room: int) -> Line:
        """Return as many of `hints` as fit, after as many of `here` as fit before them."""
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
        """Send the key of the hint under the mouse."""
        x = event.x - self.gutter.left - self.size.width
        for start, end, key in self._hint_spans:
            if event.y == 0 and start <= x < end:
                character = key if len(key) == 1 else None
                self.app.post_message(Key(textual_key(key), character))

    def on_resize(self, event: events.Resize) -> None:
        """Fit the text to the new width."""
        self._changed()


def _paragraph(text: str, width: int) -> list[str]:
    """Return a text as lines of this width, the last one cut if there are too many."""
    spans = list(wrapped(text, width))[:_REASON_LINES]
    return [*(text[start:end] for start, end in spans[:-1]), cut(text[spans[-1][0] :], width)]


def _shortened(notice: str, width: int) -> str:
    """Return a notice without as many of its last parts as needed for it to fit."""
    while cell_len(notice) > width and (parts := _PARTS.fullmatch(notice)):
        notice = parts[1]
    return notice


def _width(hints: Sequence[Hint]) -> int:
    return cell_len("  ".join(hint.text for hint in hints))
