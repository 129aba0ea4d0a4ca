"""Commands that go to a message: the next unread one, or the first since a date."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial

from inbox_tui.archive import Query, Row, server_seconds
from inbox_tui.locale import _
from inbox_tui.screens.context import InboxContext
from inbox_tui.screens.listings import ListLoader
from inbox_tui.screens.shown_messages import ShownMessages
from inbox_tui.text.dates import in_zone


class MoveCommands:
    """Goes to messages in the list shown; `query` returns the archive query for that list."""

    def __init__(
        self,
        context: InboxContext,
        shown: ShownMessages,
        loader: ListLoader,
        query: Callable[[], Query],
    ) -> None:
        self._context = context
        self._shown = shown
        self._loader = loader
        self._query = query
        self.handlers: Mapping[str, Callable[[], object]] = {
            "next_unread": self.next_unread,
            "previous_unread": partial(self.next_unread, newer=True),
            "jump": self.jump_to_date,
        }
        """The functions of these commands, by name in the command table."""

    def next_unread(self, *, newer: bool = False) -> None:
        """Go to the next unread message below, wrapping to the top; with `newer`, upwards."""
        after = self._shown.row.row if self._shown.row is not None else None
        newer = newer != self._shown.in_conversation  # in a conversation, newer ones are below
        row = self._context.account.lists.next_unread(self._query(), after, newer=newer)
        if row is None:
            self._context.show_notice(_("nothing unread here"))
        else:
            self._shown.widget.move_to(row.row)

    async def jump_to_date(self) -> None:
        """Ask for a date, and go to the first message received then or later."""
        from inbox_tui.screens.date_dialog import DateScreen

        def chosen(moment: datetime | None) -> None:
            if moment is not None:
                screen.run_worker(self._go_to(moment), group="jump", exclusive=True)

        screen, clock = self._context.screen, self._context.clock
        zone = self._context.presentation.local_zone
        dialog = DateScreen(lambda: in_zone(clock.now(), zone), self._in_words)
        await screen.app.push_screen(dialog, callback=chosen)

    async def _go_to(self, moment: datetime) -> None:
        listing = await self._loader.wait_for_complete()
        if listing is None:
            return
        lists, presentation = self._context.account.lists, self._context.presentation
        at = lists.first_since(listing, server_seconds(moment, presentation.server_zone))
        items = [] if at is None else lists.window(listing, at, at + 1)
        row = items[0] if items else None
        if isinstance(row, Row):
            self._shown.widget.move_to(row.row)
            received = presentation.message_time(row.received)
            first = _("jumped to {received}, the first since {moment}")
            self._context.show_notice(
                first.format(moment=self._in_words(moment), received=received)
            )
        else:
            self._context.show_notice(
                _("nothing here since {moment}").format(moment=self._in_words(moment))
            )

    def _in_words(self, moment: datetime) -> str:
        """Return a moment in words, without the seconds if these are zero."""
        presentation = self._context.presentation
        seconds = server_seconds(moment, presentation.server_zone)
        return presentation.long_time(seconds).removesuffix(":00")
