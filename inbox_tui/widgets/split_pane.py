"""List and message side by side, one above the other, or the list alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from textual import on
from textual.containers import Container
from textual.message import Message

from inbox_tui.widgets.divider import Divider

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.widget import Widget

LAYOUTS: Final = [(0, "-narrow"), (60, "-stacked"), (110, "-wide")]
"""Columns from which on the list is alone, above the message, or beside it."""
_SHARES: Final = {"-wide": 55, "-stacked": 50}
"""Per cent of the room that the list takes, by layout."""
_SMALLEST, _LARGEST, _STEP = 25, 75, 5


def layout_for(columns: int) -> str:
    """Return the layout in a terminal of so many columns."""
    return [name for least, name in LAYOUTS if columns >= least][-1]


class SplitPane(Container):
    """A list and what is selected in it, with a line between them that can be dragged."""

    class Resized(Message):
        """Posted when the user has given the list more or less of the room."""

    def __init__(self, listed: Widget, opened: Widget) -> None:
        """Create a pane of these two."""
        super().__init__(id="body")
        self._listed = listed
        self._opened = opened
        self._divider = Divider()
        self._shares = dict(_SHARES)
        self.layout_name = ""
        """`-wide`, `-stacked` or `-narrow`."""

    def compose(self) -> ComposeResult:
        """The list, the line, and what is selected."""
        yield self._listed
        yield self._divider
        yield self._opened

    def lay_out(self, layout_name: str) -> None:
        """Lay them out anew: side by side, stacked, or the list alone."""
        self.layout_name = layout_name
        share = self._shares.get(layout_name, 50)
        side_by_side = layout_name == "-wide"
        self._divider.upright = side_by_side
        for widget, part in ((self._listed, f"{share}fr"), (self._opened, f"{100 - share}fr")):
            widget.styles.width = part if side_by_side else "1fr"
            widget.styles.height = "1fr" if side_by_side else part

    def resize(self, steps: int) -> bool:
        """Give the list more or less of the room; returns False where it stands alone."""
        if self.layout_name not in self._shares:
            return False
        self._set_share(self._shares[self.layout_name] + steps * _STEP)
        self.post_message(self.Resized())
        return True

    def written(self) -> str:
        """Return the shares as they are remembered for the next start."""
        return " ".join(str(share) for share in self._shares.values())

    def recall(self, written: str) -> None:
        """Take over what `written` gave; anything else is passed over."""
        shares = written.split()
        if len(shares) == len(_SHARES) and all(share.isdigit() for share in shares):
            for name, share in zip(_SHARES, shares, strict=True):
                self._shares[name] = min(max(int(share), _SMALLEST), _LARGEST)

    def _set_share(self, share: int) -> None:
        self._shares[self.layout_name] = min(max(share, _SMALLEST), _LARGEST)
        self.lay_out(self.layout_name)

    @on(Divider.Dragged)
    def _divider_dragged(self, event: Divider.Dragged) -> None:
        event.stop()
        room = self.content_region
        if event.dropped:
            self.post_message(self.Resized())
        elif self.layout_name == "-wide":
            self._set_share(round(100 * (event.x - room.x) / max(1, room.width)))
        else:
            self._set_share(round(100 * (event.y - room.y) / max(1, room.height)))
