"""The selected message, for commands that act on it."""

from __future__ import annotations

from typing import Final

from inbox_tui.archive import Row
from inbox_tui.locale import _, mark
from inbox_tui.screens.context import InboxContext
from inbox_tui.screens.shown_messages import ShownMessages
from inbox_tui.text import sanitize

SETTLED_SECONDS: Final = 0.5
"""Seconds after which a message that was selected without a key press can be acted on."""
JUST_CAME: Final = mark("a new message just arrived: press the key again")


class Selection:
    """The selected message, which commands get only if the user had time to read it."""

    def __init__(self, context: InboxContext, messages: ShownMessages) -> None:
        self._context = context
        self._messages = messages
        self._arrived_at: float | None = None

    def arrived(self) -> None:
        """Record that a message was selected without a key press."""
        self._arrived_at = self._context.clock.moment().seconds

    def moved(self) -> None:
        """Record that the message was selected by a key or click."""
        self._arrived_at = None

    def settled(self) -> bool:
        """Return whether there was time to read the message; if not, show a notice."""
        now = self._context.clock.moment().seconds
        settled = self._arrived_at is None or now - self._arrived_at >= SETTLED_SECONDS
        if not settled:
            self._context.show_notice(_(JUST_CAME))
        return settled

    def row(self) -> Row | None:
        """Return the message to act on; if there is none, show a notice and return None."""
        row = self._messages.row
        if row is None:
            self._context.show_notice(_("no message selected"))
            return None
        return row if self.settled() else None

    def describe(self, row: Row) -> str:
        """Return the sender and the time of a message, for a notice."""
        presentation = self._context.presentation
        who = sanitize(presentation.who(row.phone))
        return f"{who}, {row.stamp or presentation.message_time(row.received)}"
