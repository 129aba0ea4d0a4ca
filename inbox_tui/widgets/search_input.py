"""The input of the filter bar; imported when the first search begins, as it costs time."""

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
    """One line to type a search in."""

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
        """Create an input that holds this search, cursor at its end and nothing selected.

        `end` ends the search; with `accepted` it stays.
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
        """Take leaving for another widget as keeping the search."""
        self.watch(self.screen, "focused", self._focus_moved, init=False)

    def _focus_moved(self, focused: Widget | None) -> None:
        if focused is not None and focused is not self and self.is_attached:
            self._end(accepted=True)

    def _on_paste(self, event: events.Paste) -> None:
        """Join the lines of what is pasted by spaces; Textual's own handler then puts it in."""
        event.text = " ".join(event.text.split())

    def action_done(self, accepted: bool) -> None:
        """End the search."""
        self._end(accepted=accepted)
