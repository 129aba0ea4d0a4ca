"""The base class of all dialogues."""

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
    """A box in the middle, on top of the current screen, that Esc closes."""

    CSS_PATH = "dialog.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", "Close")]

    def __init__(self, heading: str = "", keys: str = "") -> None:
        """Create a dialogue with a heading at the top, and `keys`, a line about keys, below."""
        super().__init__()
        self._heading = heading
        self._key_line = keys

    def compose(self) -> ComposeResult:
        """Yield the heading, the parts and the line about keys."""
        with Vertical(classes="dialog"):
            yield Static(Content(self._heading), classes="dialog-title")
            yield from self.parts()
            yield Static(Content(self._key_line), classes="dialog-hint")

    def parts(self) -> ComposeResult:
        """Yield the widgets between the heading and the line about keys."""
        return ()
