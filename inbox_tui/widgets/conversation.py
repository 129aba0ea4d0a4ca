"""All that one sender wrote, as a transcript: at the cost of the messages near those in sight."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar, Final

from rich.segment import Segment
from textual.geometry import Region, Size, clamp
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from inbox_tui.archive import Day, Row
from inbox_tui.commands import bindings
from inbox_tui.widgets.cells import cells, cut, padded
from inbox_tui.widgets.paragraphs import selectable_line
from inbox_tui.widgets.part_styles import PartStyles
from inbox_tui.widgets.rows import state_marks
from inbox_tui.widgets.symbols import symbols
from inbox_tui.widgets.transcript import Transcript

if TYPE_CHECKING:
    from textual import events
    from textual.binding import BindingType
    from textual.selection import Selection

    from inbox_tui.text.search_query import SearchQuery
    from inbox_tui.widgets.message_source import MessageSource
    from inbox_tui.widgets.presentation import Presentation

_TEXT_AT: Final = 10
"""Where texts begin, in cells: after the marks and the time."""
_DIGITS: Final = 4
"""So many last digits of a receiving number are shown where it has no name."""
_NUMBER_WIDTH: Final = 10
_NUMBERS_FROM: Final = 60
"""The width from which on the receiving numbers have a column."""
_WHEEL_LINES: Final = 3
_MOST_PARAGRAPHS: Final = 2**20
"""So many lines are counted for each message where it is said what of which is selected."""


def indent(*, shows_number: bool) -> int:
    """Return where texts begin, in cells."""
    return _TEXT_AT + (_NUMBER_WIDTH + 2) * shows_number


class _Lines:
    """Draws the lines of a transcript; `style` gives the style of parts of a message."""

    def __init__(
        self, transcript: Transcript, presentation: Presentation, style: PartStyles
    ) -> None:
        self._transcript = transcript
        self._presentation = presentation
        self._style = style

    def top(self, width: int) -> Strip:
        """Draw the sender, and the day of the message at the top where nothing else tells it."""
        top = next(
            (row for at, _ in self._transcript.lines if (row := self._transcript.row(at))), None
        )
        if top is None:
            return Strip.blank(width, self._style())
        who, number = self._presentation.who(top.phone), self._presentation.number(top.phone)
        rule = symbols().rule
        lead, end = f"{rule * 2} ", f" {rule * 2}"
        source = self._transcript.source
        shown = None if source is None else source.day_at(self._transcript.lines[0][0])
        day = ""
        if shown is not None and not shown[1]:  # else the line below says it
            day = f" {self._presentation.day_name(shown[0].day)}{end}"
        name = cut(who, width - len(lead))
        number = "" if who == number else f"  {number}"
        if cells(lead + name + number + day) + 2 > width:
            number = ""
        if cells(lead + name + day) + 2 > width:
            day = ""
        filling = rule * (width - cells(lead + name + number + day) - 1)
        muted = self._style("muted")
        return Strip(
            [
                Segment(lead, muted),
                Segment(name, self._style("sender")),
                Segment(f"{number} {filling}{day}", muted),
            ]
        ).adjust_cell_length(width)

    def before(
        self, row: Row, number: int, state: tuple[str, ...], *, shows_number: bool
    ) -> list[Segment]:
        """Draw what is before a line of a message: marks, time and receiving number."""
        before, after = state_marks(row, selected=bool(state))
        if number:
            spaces = before[0].ljust(indent(shows_number=shows_number))
            return [Segment(spaces, self._style("mark", *state))]
        time = row.stamp[11:16] or self._presentation.clock_time(row.received)
        shown = ("unread",) if row.unread and not row.muted else ("muted",)
        segments = [
            Segment(before, self._style("mark", *state)),
            Segment(time, self._style(*shown, *state)),
            Segment(f"{after} ", self._style("mark", *state)),
        ]
        if shows_number:
            receiver = self._presentation.short_number(row.to_phone, _DIGITS)
            to = f"{padded(receiver, _NUMBER_WIDTH)}  "
            segments.append(Segment(to, self._style("muted", *state)))
        return segments


class Conversation(ScrollView, can_focus=True):
    """The messages of one sender, oldest first, whole, one of them selected and in sight.

    Messages differ in height, and only those near the ones in sight are ever wrapped: the place
    shown is that of a message, and the scrollbar counts messages, not lines. Text selected with
    the mouse is copied as it is drawn, without what is before it.
    """

    ALLOW_SELECT = True
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(
            {
                "up": "move(-1)",
                "down": "move(1)",
                "page_up": "page(-1)",
                "page_down": "page(1)",
                "first": "first",
                "last": "last",
            }
        )
    ]
    """
    | Key(s) | Description |
    | :- | :- |
    | up,k | Select the message above, or scroll up in a long one. |
    | down,j | Select the message below, or scroll down in a long one. |
    | pageup | Scroll up a page. |
    | pagedown | Scroll down a page. |
    | home,g | Select the oldest message. |
    | end,G | Select the newest message. |
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "conversation--sender",
        "conversation--muted",
        "conversation--mark",
        "conversation--unread",
        "conversation--code",
        "conversation--link",
        "conversation--match",
        "conversation--cursor",
    }
    """
    | Class | Description |
    | :- | :- |
    | `conversation--sender` | Target the name of the sender, at the top. |
    | `conversation--muted` | Target the lines of days, the times and the receiving numbers. |
    | `conversation--mark` | Target the marks before a message. |
    | `conversation--unread` | Target the time of an unread message. |
    | `conversation--code` | Target a one-time code. |
    | `conversation--link` | Target a link. |
    | `conversation--match` | Target what was searched for. |
    | `conversation--cursor` | Target the selected message. |
    """

    DEFAULT_CSS = """
    Conversation {
        height: 1fr;
        color: $foreground;
        background: $background;
        overflow-x: hidden;
        scrollbar-gutter: stable;
        scrollbar-size-vertical: 1;
        scrollbar-background: $background;
        scrollbar-background-hover: $background;
        scrollbar-background-active: $background;

        & > .conversation--sender { text-style: bold; }
        & > .conversation--muted { color: $foreground 60%; }
        & > .conversation--mark { color: $text-primary; text-style: bold; }
        & > .conversation--unread { color: $foreground; text-style: bold; }
        & > .conversation--code { text-style: bold underline; }
        & > .conversation--link { text-style: underline; }
        & > .conversation--match { background: $warning 40%; }
        & > .conversation--cursor { background: $foreground 10%; }

        &:focus > .conversation--cursor { background: $primary 30%; }
    }
    """

    class Highlighted(Message):
        """Posted when another message is selected, or none."""

        def __init__(self, row: Row | None, moved: bool) -> None:
            super().__init__()
            self.row = row
            """The selected message."""
            self.moved = moved
            """Whether the message was chosen; False where others were shown and left it so."""

    class NewerChanged(Message):
        """Posted when `newer` changes."""

    def __init__(self, presentation: Presentation) -> None:
        """Create a conversation of no messages; `presentation` says how they are shown."""
        super().__init__()
        self.following = False
        """Whether the newest message is selected as it comes."""
        self.newer = 0
        """How many messages came in below, out of sight, since the last was in sight."""
        self._presentation = presentation
        self._transcript = Transcript(presentation.keys.label("copy_message"))
        self._style = PartStyles(self, "conversation")
        self._painter = _Lines(self._transcript, presentation, self._style)
        self._cursor = 0
        self._selected: Row | None = None
        self._seen = 0
        """How many items there were when the last one was last in sight."""
        self._laid_out = Size()
        """The size that the lines are for."""
        self._items_a_page = 1.0
        self._placing = False

    # -- what it shows

    @property
    def row(self) -> Row | None:
        """The selected message."""
        return self._selected

    @property
    def search(self) -> SearchQuery | None:
        """What was searched for; it is marked."""
        return self._transcript.search

    def show(self, source: MessageSource, row: int | None = None) -> None:
        """Show these messages, oldest first, with this one selected.

        Without `row` the selected message stays selected and on its line on screen, whatever is
        new, unless the conversation follows the newest.
        """
        before, chosen = self._selected, row is not None
        line = self._transcript.line_of(self._cursor)
        anew = chosen or before is None
        if row is None and before is not None and not self.following:
            row = before.row
        self._transcript.show(source)
        self._fit()
        at = self._count - 1 if row is None else source.position(row)
        if anew:
            self._seen = self._count
            line = self._room // 2
        self._cursor = self._transcript.message_near(clamp(at, 0, max(0, self._count - 1)))
        if line is not None and (row is not None or anew):
            self._arrange(self._cursor, line)
        if anew or line is None or row is None:
            self._bring_into_sight(1)
        self._tell(moved=chosen)

    def clear(self) -> None:
        """Show nothing, until the next `show`."""
        if self in self.screen.selections:
            self.screen.clear_selection()
        self._transcript.show(None)
        self._transcript.lines = []
        self._selected = None
        self.newer = 0

    def move_to(self, row: int) -> None:
        """Select a message."""
        source = self._transcript.source
        if source is not None and self._count:
            at = clamp(source.position(row), 0, self._count - 1)
            self._select(self._transcript.message_near(at), 1)

    # -- moving

    def action_move(self, step: int) -> None:
        """Select the next message up or down; scroll a line where more of this one is that way."""
        lines = [line for position, line in self._lines if position == self._cursor]
        edge = 0 if step < 0 else self._transcript.height(self._cursor) - 1
        if lines and edge not in lines:
            self._scroll(step)
            return
        beyond = self._transcript.next_message(self._cursor, step)
        if beyond is not None:
            self._select(beyond, step)
        elif step < 0:
            self._arrange(0, 0)

    def action_page(self, pages: int) -> None:
        """Scroll a page, selecting what comes to the place of the selected message."""
        before = self._lines
        at = max(0, self._transcript.line_of(self._cursor) or 0)
        self._scroll(pages * max(1, self._room - 1))
        if self._lines == before:
            self._cursor = self._transcript.message_near(0 if pages < 0 else self._count - 1)
        elif self._lines:
            self._cursor = self._transcript.message_near(
                self._lines[min(at, len(self._lines) - 1)][0]
            )
        self._bring_into_sight(pages)
        self._tell(moved=True)

    def action_first(self) -> None:
        """Select the oldest message."""
        self._select(self._transcript.message_near(0), -1)
        self._arrange(0, 0)

    def action_last(self) -> None:
        """Select the newest message."""
        self._select(self._transcript.message_near(self._count - 1), 1)

    def _select(self, position: int, direction: int) -> None:
        self._cursor = position
        self._bring_into_sight(direction)
        self._tell(moved=True)

    def _scroll(self, lines: int) -> None:
        """Scroll by so many lines, up where it is below 0."""
        if self._lines:
            position, line = self._lines[0]
            self._arrange(position, -line - lines)

    def _scrolled(self) -> None:
        """Select a message in sight, where the selected one no longer is."""
        in_sight = [
            position for position, _ in self._lines if self._transcript.row(position) is not None
        ]
        if in_sight and self._cursor not in in_sight:
            self._cursor = in_sight[0] if self._cursor < in_sight[0] else in_sight[-1]
            self._tell(moved=True)

    def _tell(self, *, moved: bool) -> None:
        before, self._selected = self._selected, self._transcript.row(self._cursor)
        if (before and before.row) != (self._selected and self._selected.row):
            self.post_message(self.Highlighted(self._selected, moved))
        self.refresh()

    # -- placing

    @property
    def _count(self) -> int:
        return self._transcript.count

    @property
    def _lines(self) -> list[tuple[int, int]]:
        return self._transcript.lines

    @property
    def _page(self) -> Size:
        return self.scrollable_content_region.size

    @property
    def _room(self) -> int:
        """The lines for messages: all but the top one."""
        return max(1, self._page.height - 1)

    @property
    def _shows_numbers(self) -> bool:
        """Whether the messages are to several numbers, and there is room to say to which."""
        source = self._transcript.source
        several = source is not None and len(source.receivers) > 1
        return several and self._page.width >= _NUMBERS_FROM

    def _bring_into_sight(self, direction: int) -> None:
        """Place the selected message in sight as a whole, of a long one what comes first."""
        height, y = self._transcript.height(self._cursor), self._transcript.line_of(self._cursor)
        if y is None:
            y = self._room if direction > 0 else -height
        least, most = sorted((0, self._room - height))
        if height > self._room and self._transcript.line_of(self._cursor) is None:
            y = most if direction > 0 else least
        self._arrange(self._cursor, clamp(y, least, most))

    def _arrange(self, position: int, y: int) -> None:
        """Put the first line of an item on a line, as far as the ends of the list allow."""
        if not self._page.width:
            return  # it is not shown yet
        self._fit()
        self._transcript.lay_out(position, y)
        self._show_place()
        self.refresh()

    def _fit(self) -> None:
        """Tell the transcript how much room there is."""
        self._laid_out = self._page
        self._transcript.width = self._page.width - indent(shows_number=self._shows_numbers)
        self._transcript.room = self._room

    def _lay_out_again(self) -> None:
        self._fit()
        y = self._transcript.line_of(self._cursor)
        self._transcript.lay_out(self._cursor, self._room // 2 if y is None else y)

    def _show_place(self) -> None:
        """Have the scrollbar show where this is, and count what is new below."""
        height = self._page.height
        last = self._lines[-1][0] if self._lines else -1
        all_in_sight = self._transcript.first == 0 and last == self._count - 1
        first_of_last_page, _ = self._transcript.up(self._count, self._room)
        self._items_a_page = max(0.01, self._count - first_of_last_page)
        lines_an_item = height / self._items_a_page
        self._placing = True
        lines = 0 if all_in_sight else round(self._count * lines_an_item)
        self.virtual_size = Size(0, lines)
        y = (
            self.max_scroll_y
            if last == self._count - 1
            else round(self._transcript.first * lines_an_item)
        )
        self.scroll_to(y=y, animate=False, force=True, immediate=True)
        self._placing = False
        if last == self._count - 1:
            self._seen = self._count
        unseen = range(self._seen, self._count)
        newer = sum(self._transcript.row(position) is not None for position in unseen)
        if newer != self.newer:
            self.newer = newer
            self.post_message(self.NewerChanged())

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Go where the scrollbar was dragged to."""
        super().watch_scroll_y(old_value, new_value)
        if not self._placing and self._count:
            position = round(new_value * self._items_a_page / max(1, self._page.height))
            self._arrange(clamp(position, 0, self._count - 1), 0)
            self._scrolled()

    # -- drawing

    def render_lines(self, crop: Region) -> list[Strip]:
        """Draw lines, laid out anew where the size is another one since."""
        if self._laid_out != self._page and self._count:
            self._lay_out_again()
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """Draw one line."""
        width = self._page.width
        if y == 0:
            return self._painter.top(width)
        if y > len(self._lines):
            return Strip.blank(width, self.visual_style.rich_style)
        position, number = self._lines[y - 1]
        item = self._transcript.item(position)
        state = ("cursor",) if position == self._cursor else ()
        if isinstance(item, Row):
            text = self._transcript.text(item)
            line = text.lines[number]
            at = position * _MOST_PARAGRAPHS + line.paragraph
            selection = self.text_selection
            if selection is not None and position not in self._messages_of(selection):
                selection = None
            segments = self._painter.before(item, number, state, shows_number=self._shows_numbers)
            segments += selectable_line(
                text.paragraphs[line.paragraph],
                line,
                at,
                selection,
                partial(self._style, *state),
                partial(self.screen.get_component_rich_style, "screen--selection"),
            )
        elif isinstance(item, Day):
            name = f"{symbols().rule * 2} {self._presentation.day_name(item.day)} "
            rule = symbols().rule * max(0, width - cells(name))
            segments = [Segment(cut(name + rule, width), self._style("muted"))]
        else:
            segments = []
        return Strip(segments).adjust_cell_length(width, self._style(*state))

    def notify_style_update(self) -> None:
        """Forget the styles before."""
        super().notify_style_update()
        self._style.clear()

    # -- selecting with the mouse

    def _messages_of(self, selection: Selection) -> range:
        """Return the positions that a selection goes over; beyond its message there is none."""
        ends = [end.y // _MOST_PARAGRAPHS for end in selection if end is not None]
        return range(min(ends, default=self._cursor), max(ends, default=self._cursor) + 1)

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """Return the text that is selected, and the line break after it."""
        lines: list[str] = []
        for position in self._messages_of(selection):
            if (row := self._transcript.row(position)) is not None:
                for number, paragraph in enumerate(self._transcript.text(row).paragraphs):
                    span = selection.get_span(position * _MOST_PARAGRAPHS + number)
                    if span is not None:
                        lines.append(paragraph.text[span[0] : None if span[1] == -1 else span[1]])
        return "\n".join(lines), "\n"

    # -- events

    def on_resize(self) -> None:
        """Keep the selected message where it is, as far as there is room."""
        if self._count:
            self._lay_out_again()
            self._bring_into_sight(1)

    def on_click(self, event: events.Click) -> None:
        """Select the message that was clicked."""
        offset = event.get_content_offset(self)
        if offset is not None and 0 < offset.y <= len(self._lines):
            position, _ = self._lines[offset.y - 1]
            if self._transcript.row(position) is not None:
                self._cursor = position
                self._tell(moved=True)

    def _on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self._scroll(_WHEEL_LINES)
        self._scrolled()

    def _on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self._scroll(-_WHEEL_LINES)
        self._scrolled()
