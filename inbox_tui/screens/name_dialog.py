"""The commands and the dialogue that name a sender or a receiving number."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from textual import on
from textual.app import ComposeResult
from textual.message import Message
from textual.widgets import Input

from inbox_tui.locale import _
from inbox_tui.screens.context import InboxContext
from inbox_tui.screens.dialog import Dialog
from inbox_tui.screens.selection import Selection
from inbox_tui.text import sanitize

LONGEST_NAME = 60


class NameGiven(Message):
    """Posted when the user has entered a name for a number or sender."""

    def __init__(self, phone: str, name: str) -> None:
        super().__init__()
        self.phone = phone
        """The number or sender, as the service writes it."""
        self.name = name
        """The new name; empty to remove the name."""


class NameScreen(Dialog[str | None]):
    """Asks for the name of a number; an empty one removes the name."""

    def __init__(self, number: str, name: str) -> None:
        heading = _("Name for {number}").format(number=number)
        super().__init__(heading, _("Enter saves · empty: no name · Esc closes"))
        self._name_before = name

    def parts(self) -> ComposeResult:
        """Yield an input with the current name."""
        yield Input(self._name_before, max_length=LONGEST_NAME)

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        self.dismiss(event.value.strip())


class NamingCommands:
    """Asks for a name for the sender or the receiving number of the selected message."""

    def __init__(self, context: InboxContext, selection: Selection) -> None:
        self._context = context
        self._selection = selection
        self.handlers: Mapping[str, Callable[[], object]] = {
            "name_sender": self.name_sender,
            "name_receiver": self.name_receiver,
        }
        """The functions of these commands, by name in the command table."""

    async def name_sender(self) -> None:
        """Ask for a name for the sender."""
        if (row := self._selection.row()) is not None:
            await self._ask(row.phone)

    async def name_receiver(self) -> None:
        """Ask for a name for the receiving number."""
        if (row := self._selection.row()) is not None:
            await self._ask(row.to_phone)

    async def _ask(self, phone: str) -> None:
        from inbox_tui.settings_file import name_key
        from inbox_tui.text.phones import NotAPhoneNumber

        screen, presentation = self._context.screen, self._context.presentation
        number = presentation.number(phone)
        try:
            name_key(phone)
        except NotAPhoneNumber as error:
            unnamed = _("{number} can't be given a name: {reason}")
            self._context.show_notice(unnamed.format(number=number or _("no number"), reason=error))
            return
        name = presentation.who(phone)

        def named(given: str | None) -> None:
            if given is not None:
                screen.post_message(NameGiven(phone, sanitize(given)))

        dialog = NameScreen(number, "" if name == number else name)
        await screen.app.push_screen(dialog, callback=named)
