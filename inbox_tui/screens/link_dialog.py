"""The dialogue that shows where links lead before one is opened."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final, Literal, NamedTuple

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from inbox_tui.locale import _
from inbox_tui.screens.dialog import Dialog
from inbox_tui.text import Link, sanitize

_HOST_LONGEST: Final = 50
"""How many characters of a host name are shown, from its end: that says whose it is, and must be
visible in a terminal of any size."""


class LinkChoice(NamedTuple):
    """A link, and what to do with it."""

    url: str
    act: Literal["open", "copy"]


class LinkScreen(Dialog[LinkChoice | None]):
    """Shows each link of a message in full, with its host; opens or copies the one chosen.

    A click only selects a link; it takes a key to open it, so that the host is visible first.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose('open')", "Open", priority=True),
        Binding("y", "choose('copy')", "Copy"),
        Binding("pagedown", "scroll(1)", "Scroll down", show=False, priority=True),
        Binding("pageup", "scroll(-1)", "Scroll up", show=False, priority=True),
    ]

    def __init__(self, links: Sequence[Link]) -> None:
        super().__init__(_("Open this link?"), _("Enter opens · y copies · Esc closes"))
        self._links = links

    def parts(self) -> ComposeResult:
        """Yield the list of links, each below its host."""
        yield OptionList(*(Option(_described(link)) for link in self._links))

    def on_mount(self) -> None:
        """Highlight the first link."""
        self.query_one(OptionList).highlighted = 0

    @on(OptionList.OptionHighlighted)
    def _show_host(self, event: OptionList.OptionHighlighted) -> None:
        event.option_list.scroll_to_highlight(top=True)

    def action_choose(self, act: Literal["open", "copy"]) -> None:
        """Open or copy the highlighted link."""
        at = self.query_one(OptionList).highlighted
        if at is not None:
            self.dismiss(LinkChoice(self._links[at].url, act))

    def action_scroll(self, pages: int) -> None:
        """Scroll by pages, to read a link that is longer than the dialogue."""
        choices = self.query_one(OptionList)
        choices.scroll_relative(y=pages * choices.size.height, animate=False)


def _described(link: Link) -> Content:
    host: list[str | tuple[str, str]] = [_("at "), (_end(link.host), "bold")]
    if link.punycode:
        host += [_(", really "), (_end(link.punycode), "bold $text-warning")]
    return Content.assemble(*host, "\n", sanitize(link.url))


def _end(host: str) -> str:
    return sanitize(host if len(host) <= _HOST_LONGEST else f"…{host[-_HOST_LONGEST:]}")
