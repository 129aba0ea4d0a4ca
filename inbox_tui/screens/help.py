"""Every key, on one screen."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

KEYS: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    (
        "Move",
        (
            ("↑ ↓  j k", "one message"),
            ("PgUp PgDn", "one page"),
            ("Home End  g G", "newest, oldest"),
            ("n", "next unread"),
            ("Enter  Esc", "open, back"),
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


class HelpScreen(ModalScreen[None]):
    """What every key does."""

    CSS_PATH = "help.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,enter", "dismiss(None)", "Close"),
    ]

    def compose(self) -> ComposeResult:
        """A table of keys, under headings."""
        with VerticalScroll(id="help"):
            yield Static(Content("Keys"), id="help-title")
            for heading, keys in KEYS:
                yield Static(Content(heading), classes="help-heading")
                for key, does in keys:
                    yield Static(Content.assemble((key.ljust(15), "bold"), does))
            yield Static(Content("Esc closes"), id="help-hint")
