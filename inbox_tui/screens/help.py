"""The help: all keys on one screen, as described in `commands.COMMANDS`."""

from __future__ import annotations

from typing import ClassVar

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from inbox_tui.commands import COMMANDS, GROUPS, CommandKeys
from inbox_tui.locale import _
from inbox_tui.screens.dialog import Dialog
from inbox_tui.widgets.symbols import PLAIN, symbols

KEY_WIDTH = 15
_ASCII = str.maketrans({"↑": "Up", "↓": "Down", "–": "-"})


class HelpScreen(Dialog[None]):
    """Shows what the keys do and what the symbols mean."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q,question_mark,enter", "dismiss(None)", "Close"),
    ]

    def __init__(self, keys: CommandKeys) -> None:
        super().__init__()
        self._keys = keys

    def compose(self) -> ComposeResult:
        """Yield a table for each group of commands, and one for the symbols."""
        plain = symbols() is PLAIN
        signs = (
            (symbols().unread, _("not read yet")),
            (
                _("requests") + f" {symbols().free * 2}{symbols().used}",
                _("how many more the limit allows now"),
            ),
        )
        groups = (
            (
                _(group),
                tuple(
                    (self._keys.labels(command.name), _(command.description))
                    for command in COMMANDS
                    if command.group == group and self._keys.of(command.name)
                ),
            )
            for group in GROUPS
        )
        with VerticalScroll(classes="dialog"):
            title = Content.assemble((_("Keys"), "bold"), ("   " + _("Esc closes"), "$text-muted"))
            yield Static(title, id="help-title")
            for heading, rows in (*groups, (_("Symbols"), signs)):
                yield Static(Content(heading), classes="help-heading")
                table = Table.grid()
                table.add_column(width=KEY_WIDTH)
                table.add_column()
                for key, does in rows:
                    shown = key.translate(_ASCII) if plain else key
                    table.add_row(Text(shown, "bold"), Text(does))
                yield Static(table)
