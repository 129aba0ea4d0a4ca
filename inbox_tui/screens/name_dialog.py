"""Naming a sender or a receiving number."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Input, Static

from inbox_tui.locale import _
from inbox_tui.screens.dialog import Dialog
from inbox_tui.screens.selection import Selection
from inbox_tui.text import sanitize
from inbox_tui.widgets.presentation import Presentation

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
        super().__init__()
        self._number = number
        self._name_before = name

    def compose(self) -> ComposeResult:
        """The number above a line to type in."""
        with Vertical(classes="dialog"):
            yield Static(
                Content(_("Name for {number}").format(number=self._number)), classes="dialog-title"
            )
            yield Input(self._name_before, max_length=LONGEST_NAME)
            yield Static(
                Content(_("Enter saves · empty: no name · Esc closes")), classes="dialog-hint"
            )

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        self.dismiss(event.value.strip())


class NamingCommands:
    """Asks for a name of whoever wrote the selected message, or of the number that it is to."""

    def __init__(
        self,
        screen: Screen[Any],
        selection: Selection,
        presentation: Presentation,
        *,
        say: Callable[[str], None],
    ) -> None:
        self._screen = screen
        self._selection = selection
        self._presentation = presentation
        self._say = say
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

        number = self._presentation.number(phone)
        try:
            name_key(phone)
        except NotAPhoneNumber as error:
            unnamed = _("{number} can't be given a name: {reason}")
            self._say(unnamed.format(number=number or _("no number"), reason=error))
            return
        name = self._presentation.who(phone)

        def named(given: str | None) -> None:
            if given is not None:
                self._screen.post_message(NameGiven(phone, sanitize(given)))

        screen = NameScreen(number, "" if name == number else name)
        await self._screen.app.push_screen(screen, callback=named)
