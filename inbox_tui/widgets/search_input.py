"""The input of the filter bar, imported only for the first search because the import is slow."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.binding import Binding
from textual.widgets import Input

from inbox_tui.locale import _

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.binding import BindingType
    from textual.widget import Widget


class SearchInput(Input):
    """An input of one line for a search."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,down", "done(True)", "Keep the search", show=False),
        Binding("escape", "done(False)", "Give up the search", show=False),
    ]
    """
    | Key(s) | Description |
    | :- | :- |
    | enter,down | Keep the search and go to the list. |
    | escape | Give up the search. |
    """

    DEFAULT_CSS = """
    SearchInput {
        height: 1;
        background: $boost;
    }
    """

    def __init__(self, value: str, end: Callable[..., None]) -> None:
        """Create an input with this search in it, the cursor at its end and nothing selected.

        `end` is called when the search ends; its argument `accepted` tells whether to keep it.
        """
        super().__init__(
            value,
            placeholder=_("text, sender or code"),
            validate_on=(),
            select_on_focus=False,
            compact=True,
        )
        self.cursor_blink = False
        self._end = end

    def on_mount(self) -> None:
        """Watch the focus: if it moves to another widget, the search is kept."""
        self.watch(self.screen, "focused", self._focus_moved, init=False)

    def _focus_moved(self, focused: Widget | None) -> None:
        if focused is not None and focused is not self and self.is_attached:
            self._end(accepted=True)

    def _on_paste(self, event: events.Paste) -> None:
        """Join the lines of a paste by spaces; Textual's own handler then inserts it."""
        event.text = " ".join(event.text.split())

    def action_done(self, accepted: bool) -> None:
        """End the search; keep it if `accepted`."""
        self._end(accepted=accepted)
