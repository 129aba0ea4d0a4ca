"""Naming a sender or a receiving number."""

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
    """Posted by the inbox when a number or sender is to have another name."""

    def __init__(self, phone: str, name: str) -> None:
        super().__init__()
        self.phone = phone
        """The number or sender, as the service writes it."""
        self.name = name
        """Its name; empty for none."""


class NameScreen(Dialog[str | None]):
    """Asks for the name of a number; an empty one takes its name away."""

    def __init__(self, number: str, name: str) -> None:
        heading = _("Name for {number}").format(number=number)
        super().__init__(heading, _("Enter saves · empty: no name · Esc closes"))
        self._name_before = name

    def parts(self) -> ComposeResult:
        """A line to type in."""
        yield Input(self._name_before, max_length=LONGEST_NAME)

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        self.dismiss(event.value.strip())


class NamingCommands:
    """Asks for a name of whoever wrote the selected message, or of the number that it is to."""

    def __init__(self, context: InboxContext, selection: Selection) -> None:
        self._context = context
        self._selection = selection
        self.handlers: Mapping[str, Callable[[], object]] = {
            "name_sender": self.name_sender,
            "name_receiver": self.name_receiver,
        }
        """What each of these commands does, by its name in the table."""

    async def name_sender(self) -> None:
        """Name the sender."""
        if (row := self._selection.row()) is not None:
            await self._ask(row.phone)

    async def name_receiver(self) -> None:
        """Name the receiving number."""
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
            self._context.say(unnamed.format(number=number or _("no number"), reason=error))
            return
        name = presentation.who(phone)

        def named(given: str | None) -> None:
            if given is not None:
                screen.post_message(NameGiven(phone, sanitize(given)))

        dialog = NameScreen(number, "" if name == number else name)
        await screen.app.push_screen(dialog, callback=named)
