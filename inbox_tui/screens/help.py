"""Every key, on one screen."""

from __future__ import annotations

from typing import ClassVar

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from inbox_tui.widgets.symbols import PLAIN, symbols

KEYS: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    (
        "Move",
        (
            ("↑ ↓  j k", "one message"),
            ("PgUp PgDn", "one page"),
            ("Home End  g G", "newest, oldest"),
            ("n", "next unread"),
            ("Enter  Esc", "open, back"),
            ("Tab", "from the list to the message, and back"),
        ),
    ),
    (
        "Find",
        (
            ("/", "search text, sender and code as you type"),
            ("p", "choose the receiving number"),
            ("w", "choose the hour window"),
            ("u", "unread only"),
            ("x", "clear all filters"),
        ),
    ),
    (
        "Do",
        (
            ("m", "mark read or unread"),
            ("M", "mark all shown read; Ctrl+Z undoes"),
            ("c  y", "copy the code, the text"),
            ("Ctrl+C", "copy what is selected with the mouse"),
            ("o", "open the link"),
            ("t", "the conversation with this sender"),
            ("e", "export what is shown"),
            ("r", "refresh, as the server's limit allows"),
            ("<  >", "smaller, larger list"),
            ("?", "this help"),
            ("Ctrl+P", "all commands"),
            ("q", "quit"),
        ),
    ),
)
KEY_WIDTH = 15


class HelpScreen(ModalScreen[None]):
    """What every key does, and every sign means."""

    CSS_PATH = "help.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,enter", "dismiss(None)", "Close"),
    ]

    def compose(self) -> ComposeResult:
        """Tables of keys, under headings."""
        marks = symbols()
        signs = (
            (marks.unread, "not read yet"),
            (f"requests {marks.free * 2}{marks.used}", "how many may still go this minute"),
        )
        with VerticalScroll(id="help"):
            title = Content.assemble(("Keys", "bold"), ("   Esc closes", "$text-muted"))
            yield Static(title, id="help-title")
            for heading, rows in (*KEYS, ("Signs", signs)):
                yield Static(Content(heading), classes="help-heading")
                table = Table.grid()
                table.add_column(width=KEY_WIDTH)
                table.add_column()
                for key, does in rows:
                    shown = key.replace("↑ ↓", "Up Down") if marks is PLAIN else key
                    table.add_row(Text(shown, "bold"), Text(does))
                yield Static(table)
