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
"""Layouts by least number of columns: the list alone, above the message, or beside it."""
_SHARES: Final = {"-wide": 55, "-stacked": 50}
"""The list's share of the room in per cent, by layout."""
_SMALLEST, _LARGEST, _STEP = 25, 75, 5


def layout_for(columns: int) -> str:
    """Return the layout for a terminal with this many columns."""
    return [name for least, name in LAYOUTS if columns >= least][-1]


class SplitPane(Container):
    """A list and the view of the item selected in it, with a draggable line between them."""

    class Resized(Message):
        """Posted when the user has changed the list's share of the room."""

    def __init__(self, listed: Widget, opened: Widget) -> None:
        """Create a pane of a list and the view of its selected item."""
        super().__init__(id="body")
        self._listed = listed
        self._opened = opened
        self._divider = Divider()
        self._shares = dict(_SHARES)
        self.layout_name = ""
        """`-wide`, `-stacked` or `-narrow`."""

    def compose(self) -> ComposeResult:
        """Yield the list, the divider and the view."""
        yield self._listed
        yield self._divider
        yield self._opened

    def lay_out(self, layout_name: str) -> None:
        """Arrange list and view side by side, stacked, or the list alone."""
        self.layout_name = layout_name
        share = self._shares.get(layout_name, 50)
        side_by_side = layout_name == "-wide"
        self._divider.upright = side_by_side
        for widget, part in ((self._listed, f"{share}fr"), (self._opened, f"{100 - share}fr")):
            widget.styles.width = part if side_by_side else "1fr"
            widget.styles.height = "1fr" if side_by_side else part

    def resize(self, steps: int) -> bool:
        """Change the list's share by steps of 5 per cent; return False if the list is alone."""
        if self.layout_name not in self._shares:
            return False
        self._set_share(self._shares[self.layout_name] + steps * _STEP)
        self.post_message(self.Resized())
        return True

    def shares_as_text(self) -> str:
        """Return the shares as text, which is stored for the next start."""
        return " ".join(str(share) for share in self._shares.values())

    def restore_shares(self, written: str) -> None:
        """Restore the shares from the text returned by `shares_as_text`; ignore any other text."""
        shares = written.split()
        if len(shares) == len(_SHARES) and all(share.isdecimal() for share in shares):
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
