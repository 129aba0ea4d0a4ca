"""The selected message, for commands that act on it."""

from __future__ import annotations

from typing import Final

from inbox_tui.archive import Row
from inbox_tui.locale import _, mark
from inbox_tui.screens.context import InboxContext
from inbox_tui.screens.shown_messages import ShownMessages
from inbox_tui.text import sanitize

SETTLED_SECONDS: Final = 0.5
"""A message that came under the cursor by itself can be acted on after so long."""
JUST_CAME: Final = mark("a new message has just come: press the key again")


class Selection:
    """Gives the selected message, once it can have been read before the key was pressed."""

    def __init__(self, context: InboxContext, messages: ShownMessages) -> None:
        self._context = context
        self._messages = messages
        self._arrived_at: float | None = None

    def arrived(self) -> None:
        """Note that a message came under the cursor by itself."""
        self._arrived_at = self._context.clock.moment().seconds

    def moved(self) -> None:
        """Note that a key or click has chosen the message."""
        self._arrived_at = None

    def settled(self) -> bool:
        """Return whether the message can have been read before the key was pressed; else say so."""
        now = self._context.clock.moment().seconds
        settled = self._arrived_at is None or now - self._arrived_at >= SETTLED_SECONDS
        if not settled:
            self._context.say(_(JUST_CAME))
        return settled

    def row(self) -> Row | None:
        """Return the message to act on; None where there is none, which is said."""
        row = self._messages.row
        if row is None:
            self._context.say(_("no message selected"))
            return None
        return row if self.settled() else None

    def describe(self, row: Row) -> str:
        """Return whose message it is and of when, for a notice."""
        presentation = self._context.presentation
        who = sanitize(presentation.who(row.phone))
        return f"{who}, {row.stamp or presentation.message_time(row.received)}"
