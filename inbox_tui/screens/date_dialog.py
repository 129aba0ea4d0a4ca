"""The dialogue for a date to jump to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Input, Static

from inbox_tui.locale import _
from inbox_tui.screens.dialog import Dialog
from inbox_tui.text import sanitize
from inbox_tui.text.dates import parse_date
from inbox_tui.text.search_query import bad_date


class DateScreen(Dialog[datetime | None]):
    """Asks for a date or a time, and shows how the input is understood.

    `now` returns the current time in the reader's zone; `tell` formats a time for the reader.
    """

    def __init__(self, now: Callable[[], datetime], tell: Callable[[datetime], str]) -> None:
        super().__init__(_("Jump to a date"), _("Enter jumps · Esc closes"))
        self._now = now
        self._tell = tell

    def parts(self) -> ComposeResult:
        """Yield an input, and a line for its meaning."""
        yield Input(placeholder=_("type a date or a time"))
        yield Static(id="date-meaning")

    def on_mount(self) -> None:
        """Show examples of what can be typed."""
        self._say(_("such as 20.11, 2026-11-20, yesterday, mon, 9:30"))

    def _say(self, words: str) -> None:
        self.query_one("#date-meaning", Static).update(Content(sanitize(words)))

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        date = parse_date(event.value, self._now())
        if date is not None:
            self._say(self._tell(date.start))
        elif event.value.strip():
            self._say(str(bad_date(event.value.strip())))
        else:
            self.on_mount()

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        date = parse_date(event.value, self._now())
        if date is not None:
            self.dismiss(date.start)
        elif not event.value.strip():
            self._say(_("Type a date or a time."))
