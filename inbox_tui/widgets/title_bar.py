"""The title bar: the account, and the number of unread messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual.reactive import reactive
from textual.widget import Widget

from inbox_tui.locale import _, plural
from inbox_tui.text import sanitize
from inbox_tui.widgets.cells import Line
from inbox_tui.widgets.presentation import grouped

if TYPE_CHECKING:
    from textual.content import Content


class TitleBar(Widget):
    """Shows the account on the left and the number of unread messages on the right."""

    DEFAULT_CSS = """
    TitleBar {
        height: 1;
        padding: 0 1;
        background: $panel;
        color: $foreground;
    }
    """

    account: reactive[str] = reactive("")
    """The account, as LOGIN@HOST."""
    demo: reactive[bool] = reactive(False)
    """Whether this is the demo, with invented messages."""
    unread: reactive[int | None] = reactive(None)
    """The number of unread messages, or None while it is unknown."""
    elsewhere: reactive[int] = reactive(0)
    """The number of unread messages in accounts that are not shown."""

    unreadable: reactive[int] = reactive(0)
    """The number of entries in answers that were set aside because they could not be parsed."""

    def render(self) -> Content:
        """Render the account on the left and the counts on the right."""
        right = Line()
        if self.unreadable:
            told = _("{count} unreadable").format(count=grouped(self.unreadable))
            right.add(told, "$text-warning").add("  ")
        if self.elsewhere:
            told = _("{count} elsewhere").format(count=grouped(self.elsewhere))
            right.add(told, "bold").add("  ")
        if self.unread:
            count = grouped(self.unread)
            told = plural("{count} unread", "{count} unread", self.unread, count=count)
            right.add(told, "bold")
        elif self.unread == 0:
            right.add(_("all read"), "$foreground 60%")
        room = self.size.width - right.width - 2
        account = sanitize(self.account)
        left = Line(room)
        if not account or cell_len(_("inbox") + account) + 2 + 8 * self.demo <= room:
            left.add(_("inbox"), "bold")
        if self.demo:
            left.add("  " if left.width else "")
            left.add(" DEMO ", "reverse")
        if account:
            left.add("  " if left.width else "")
            left.add(account)
        return left.beside(right, self.size.width)
