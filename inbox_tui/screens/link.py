"""Opening a link, after a look at where it leads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal, NamedTuple

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from inbox_tui.text import Link, drawn


class LinkChoice(NamedTuple):
    """What to do with which link."""

    url: str
    act: Literal["open", "copy"]


class LinkScreen(ModalScreen[LinkChoice | None]):
    """Shows each link of a message in full, with its host; opens or copies the one chosen."""

    CSS_PATH = "link.tcss"
    AUTO_FOCUS = "OptionList"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Close"),
        Binding("y", "copy", "Copy"),
    ]

    def __init__(self, links: Sequence[Link]) -> None:
        super().__init__()
        self._links = links

    def compose(self) -> ComposeResult:
        """The hosts to choose from, each above its whole link."""
        with Vertical(id="link"):
            yield Static(Content("Open this link?"), id="link-title")
            yield OptionList(*(Option(_described(link)) for link in self._links), id="link-choices")
            yield Static(Content("Enter opens · y copies · Esc closes"), id="link-hint")

    def on_mount(self) -> None:
        """Begin at the first link."""
        self.query_one(OptionList).highlighted = 0

    @on(OptionList.OptionSelected)
    def _opened(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(LinkChoice(self._links[event.option_index].url, "open"))

    def action_copy(self) -> None:
        """Copy the link instead."""
        at = self.query_one(OptionList).highlighted
        if at is not None:
            self.dismiss(LinkChoice(self._links[at].url, "copy"))


def _described(link: Link) -> Content:
    host: list[str | tuple[str, str]] = ["at ", (drawn(link.host), "bold")]
    if link.punycode:
        host += [", really ", (drawn(link.punycode), "bold $text-warning")]
    return Content.assemble(*host, "\n", drawn(link.url))
