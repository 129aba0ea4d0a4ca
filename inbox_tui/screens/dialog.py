"""What all dialogues have in common."""

from __future__ import annotations

from typing import ClassVar, Generic, TypeVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

T = TypeVar("T")


class Dialog(ModalScreen[T], Generic[T]):
    """A box in the middle of the screen, above what is there, until Esc closes it."""

    CSS_PATH = "dialog.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", "Close")]

    def __init__(self, heading: str = "", keys: str = "") -> None:
        """Create a box with a heading and, below what `parts` yields, what keys do."""
        super().__init__()
        self._heading = heading
        self._keys_told = keys

    def compose(self) -> ComposeResult:
        """The heading, what is between, and the keys."""
        with Vertical(classes="dialog"):
            yield Static(Content(self._heading), classes="dialog-title")
            yield from self.parts()
            yield Static(Content(self._keys_told), classes="dialog-hint")

    def parts(self) -> ComposeResult:
        """What stands between the heading and the keys."""
        return ()
