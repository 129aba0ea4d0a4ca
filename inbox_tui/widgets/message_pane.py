"""The base class of the widgets that show messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from rich.segment import Segment
from rich.style import Style
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from inbox_tui.archive import Row
from inbox_tui.commands import bindings

if TYPE_CHECKING:
    from textual.binding import BindingType
    from textual.geometry import Size
    from textual.selection import Selection
    from textual.widget import Widget

    from inbox_tui.archive import Gap
    from inbox_tui.widgets.paragraphs import Paragraph, TextLine
    from inbox_tui.widgets.presentation import Presentation


MOVES: Final = {
    "up": "move(-1)",
    "down": "move(1)",
    "page_up": "page(-1)",
    "page_down": "page(1)",
    "first": "first",
    "last": "last",
}
"""The actions that move among messages or within one, by the name of their command."""


class MessagePane(ScrollView, can_focus=True):
    """Base class of widgets that draw messages line by line, with a style for each part."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(MOVES)]
    """
    | Key(s) | Description |
    | :- | :- |
    | up,k | Move up. |
    | down,j | Move down. |
    | pageup | Move up a page. |
    | pagedown | Move down a page. |
    | home,g | Move to the beginning. |
    | end,G | Move to the end. |
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "message--mark",
        "message--muted",
        "message--unread",
        "message--code",
        "message--link",
        "message--match",
        "message--warning",
        "message--empty",
        "message--cursor",
    }
    """
    | Class | Description |
    | :- | :- |
    | `message--mark` | Target the marks of a message: unread, starred, done. |
    | `message--muted` | Target secondary text: days, receiving numbers, labels, keys. |
    | `message--unread` | Target time and sender of an unread message, and the unread count. |
    | `message--code` | Target a one-time code. |
    | `message--link` | Target a link. |
    | `message--match` | Target the matches of a search. |
    | `message--warning` | Target a gap, and the punycode of a host. |
    | `message--empty` | Target the text shown if there is no message. |
    | `message--cursor` | Target the selected message. |
    """

    DEFAULT_CSS = """
    MessagePane {
        height: 1fr;
        color: $foreground;
        background: $background;
        overflow-x: hidden;
        scrollbar-size-vertical: 1;
        scrollbar-background: $background;
        scrollbar-background-hover: $background;
        scrollbar-background-active: $background;

        & > .message--mark { color: $text-primary; text-style: bold; }
        & > .message--muted { color: $foreground 60%; }
        & > .message--unread { color: $foreground; text-style: bold; }
        & > .message--code { text-style: bold underline; }
        & > .message--link { text-style: underline; }
        & > .message--match { background: $warning 40%; }
        & > .message--warning { color: $text-warning; }
        & > .message--empty { color: $foreground 60%; }
        & > .message--cursor { background: $foreground 10%; }

        &:focus > .message--cursor { background: $primary 30%; }
        &:nocolor:focus > .message--cursor { text-style: reverse; }
        &:nocolor > .message--match { text-style: reverse; }
    }
    """

    class Highlighted(Message):
        """Posted when another message is selected, or none."""

        def __init__(self, row: Row | None, moved: bool) -> None:
            super().__init__()
            self.row = row
            """The selected message; None on a gap or if there is none."""
            self.moved = moved
            """Whether the selection was moved; False if it changed with the messages shown."""

    class NewerChanged(Message):
        """Posted when the number of messages that arrived out of sight changes."""

    def __init__(self, presentation: Presentation) -> None:
        """Create a pane; `presentation` formats times, numbers and names."""
        super().__init__()
        self._presentation = presentation
        self._item: Row | Gap | None = None
        """The selected message or gap."""
        self._part_styles: dict[tuple[str, ...], Style] = {}

    @property
    def row(self) -> Row | None:
        """The message that is selected or shown; None on a gap or if there is none."""
        return self._item if isinstance(self._item, Row) else None

    def _select_item(self, item: Row | Gap | None, *, moved: bool) -> None:
        """Select an item, and post `Highlighted` if it is another one than before."""
        before, self._item = self._item, item
        if (before and before.row) != (item and item.row):
            self.post_message(self.Highlighted(self.row, moved))

    @property
    def _page(self) -> Size:
        """The size available for lines."""
        return self.scrollable_content_region.size

    @property
    def select_container(self) -> Widget:
        """The widget whose text a triple click selects: this one alone."""
        return self

    def notify_style_update(self) -> None:
        """Discard the cached styles."""
        super().notify_style_update()
        self._part_styles.clear()

    def part_style(self, *parts: str) -> Style:
        """Return the style of these parts of a message, later ones on top of earlier ones."""
        style = self._part_styles.get(parts)
        if style is None:
            names = [f"message--{part}" for part in parts]
            style = self.get_visual_style(*names).rich_style
            # A visual style omits `reverse`; two reversed parts cancel each other out.
            if sum(bool(self.get_component_styles(n).text_style.reverse) for n in names) % 2:
                style += Style(reverse=True)
            _, background = self.background_colors
            for line_filter in self.get_line_filters():  # once, rather than for each segment
                style = line_filter.apply([Segment(" ", style)], background)[0].style or style
            self._part_styles[parts] = style
        return style

    def _selectable_line(
        self,
        paragraph: Paragraph,
        line: TextLine,
        at: int,
        selection: Selection | None,
        *state: str,
    ) -> Strip:
        """Draw a line of a paragraph, with the styles of its parts and of the text selection.

        `at` is the paragraph's line number in Textual's text selection. The styles of `state` are
        below all others.
        """
        start, end = (None if selection is None else selection.get_span(at)) or (0, 0)
        selected = start, len(paragraph.text) if end == -1 else end
        segments = []
        if line.start == line.end:
            segments.append(Segment(" ", self.part_style(*state)))  # a selection can begin here
        for begin, text, parts in paragraph.pieces(line.start, line.end, *selected):
            style = self.part_style(*state, *parts)
            if begin in range(*selected):
                style += self.screen.get_component_rich_style("screen--selection")
            segments.append(Segment(text, style))
        return Strip(segments).apply_offsets(line.start, at)
