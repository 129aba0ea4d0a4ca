"""The conversation with one sender, at a cost that depends only on the messages in sight."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from rich.segment import Segment
from textual.geometry import Offset, Region, Size, clamp
from textual.selection import Selection
from textual.strip import Strip

from inbox_tui.archive import Day, Row
from inbox_tui.widgets.cells import cells, cut, padded
from inbox_tui.widgets.message_pane import MessagePane
from inbox_tui.widgets.message_source import NO_MESSAGES
from inbox_tui.widgets.rows import state_marks
from inbox_tui.widgets.symbols import symbols
from inbox_tui.widgets.transcript import Transcript

if TYPE_CHECKING:
    from textual import events

    from inbox_tui.text.search_query import SearchQuery
    from inbox_tui.widgets.message_source import MessageSource
    from inbox_tui.widgets.presentation import Presentation

_TEXT_AT: Final = 10
"""The column where texts begin, after the marks and the time."""
_DIGITS: Final = 4
"""The number of last digits that are shown of a receiving number without a name."""
_NUMBER_WIDTH: Final = 10
_NUMBERS_FROM: Final = 60
"""The least width at which the receiving numbers have a column."""
_WHEEL_LINES: Final = 3
_MOST_PARAGRAPHS: Final = 2**20
"""The line numbers of Textual's text selection for each message, one for each paragraph."""


class Conversation(MessagePane):
    """The messages of one sender, oldest first and in full, one of them selected and in sight.

    Messages differ in height, and only those near the ones in sight are ever wrapped. The scroll
    position is therefore that of a message, and the scrollbar counts messages, not lines. Text
    selected with the mouse is copied as displayed, without the marks and the time before it.
    """

    ALLOW_SELECT = True
    COMPONENT_CLASSES: ClassVar[set[str]] = {"message--sender"}
    """
    | Class | Description |
    | :- | :- |
    | `message--sender` | Target the name of the sender at the top. |
    """

    DEFAULT_CSS = """
    Conversation {
        scrollbar-gutter: stable;

        & > .message--sender { text-style: bold; }
    }
    """

    def __init__(self, presentation: Presentation) -> None:
        """Create an empty conversation; `presentation` formats times, numbers and names."""
        super().__init__(presentation)
        self.following = False
        """Whether each new message is selected as it arrives."""
        self.newer = 0
        """The number of messages that arrived below since the last one was in sight."""
        self._transcript = Transcript(presentation.keys.label("copy_message"))
        self._cursor = 0
        self._seen = 0
        """The number of items when the last one was last in sight."""
        self._laid_out = Size()
        """The size that the lines were laid out for."""
        self._items_a_page = 1.0
        self._placing = False

    # -- what it shows

    @property
    def search(self) -> SearchQuery | None:
        """The search whose matches are marked."""
        return self._transcript.source.search

    def show(self, source: MessageSource, row: int | None = None) -> None:
        """Show these messages, oldest first, with the one of this row selected.

        Without `row` the selected message stays selected and on its line on screen, even if there
        are new ones, unless the conversation is `following` the newest.
        """
        before, chosen = self._item, row is not None
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
        self._cursor = self._transcript.place(at)
        if line is not None and (row is not None or anew):
            self._arrange(self._cursor, line)
        if anew or line is None or row is None:
            self._bring_into_sight(1)
        self._selection_changed(moved=chosen)

    def clear(self) -> None:
        """Show nothing until the next `show`."""
        if self in self.screen.selections:
            self.screen.clear_selection()
        self._transcript.show(NO_MESSAGES)
        self._transcript.lines = []
        self._item = None
        self.newer = 0

    def move_to(self, row: int) -> None:
        """Select the message of this row."""
        if self._count:
            source = self._transcript.source
            self._select(self._transcript.place(source.position(row)), 1)

    # -- moving

    def action_move(self, step: int) -> None:
        """Select the next message up or down, or scroll a line if this one continues there."""
        lines = [line for position, line in self._lines if position == self._cursor]
        edge = 0 if step < 0 else self._transcript.height(self._cursor) - 1
        if lines and edge not in lines:
            self._scroll(step)
            return
        beyond = self._transcript.place(self._cursor + step, step)
        if beyond != self._cursor:
            self._select(beyond, step)
        elif step < 0:
            self._arrange(0, 0)

    def action_page(self, pages: int) -> None:
        """Scroll a page, and select the message now on the line of the selected one."""
        before = self._lines
        at = max(0, self._transcript.line_of(self._cursor) or 0)
        self._scroll(pages * max(1, self._room - 1))
        if self._lines == before:
            self._cursor = self._transcript.place(0 if pages < 0 else self._count - 1)
        elif self._lines:
            self._cursor = self._transcript.place(self._lines[min(at, len(self._lines) - 1)][0])
        self._bring_into_sight(pages)
        self._selection_changed(moved=True)

    def action_first(self) -> None:
        """Select the oldest message."""
        self._select(self._transcript.place(0), -1)
        self._arrange(0, 0)

    def action_last(self) -> None:
        """Select the newest message."""
        self._select(self._transcript.place(self._count - 1), 1)

    def _select(self, position: int, direction: int) -> None:
        self._cursor = position
        self._bring_into_sight(direction)
        self._selection_changed(moved=True)

    def _scroll(self, lines: int) -> None:
        """Scroll down by this many lines, or up if negative."""
        if self._lines:
            position, line = self._lines[0]
            self._arrange(position, -line - lines)

    def _scrolled(self) -> None:
        """Select a message in sight if the selected one no longer is."""
        in_sight = [
            position for position, _ in self._lines if self._transcript.row(position) is not None
        ]
        if in_sight and self._cursor not in in_sight:
            self._cursor = in_sight[0] if self._cursor < in_sight[0] else in_sight[-1]
            self._selection_changed(moved=True)

    def _selection_changed(self, *, moved: bool) -> None:
        self._select_item(self._transcript.row(self._cursor), moved=moved)
        self.refresh()

    # -- placing

    @property
    def _count(self) -> int:
        return len(self._transcript)

    @property
    def _lines(self) -> list[tuple[int, int]]:
        return self._transcript.lines

    @property
    def _room(self) -> int:
        """The number of lines for messages: all but the top one."""
        return max(1, self._page.height - 1)

    @property
    def _shows_numbers(self) -> bool:
        """Whether the messages are to several numbers and there is room for a column of them."""
        several = len(self._transcript.source.receivers) > 1
        return several and self._page.width >= _NUMBERS_FROM

    @property
    def _text_at(self) -> int:
        """The column where texts begin."""
        return _TEXT_AT + (_NUMBER_WIDTH + 2) * self._shows_numbers

    def _bring_into_sight(self, direction: int) -> None:
        """Bring the whole selected message into sight.

        One that is too long shows its beginning when moving down, and its end when moving up.
        """
        height, y = self._transcript.height(self._cursor), self._transcript.line_of(self._cursor)
        if y is None:
            y = self._room if direction > 0 else -height
        least, most = sorted((0, self._room - height))
        if height > self._room and self._transcript.line_of(self._cursor) is None:
            y = most if direction > 0 else least
        self._arrange(self._cursor, clamp(y, least, most))

    def _arrange(self, position: int, y: int) -> None:
        """Put the first line of an item on line `y`, as far as the ends of the list allow."""
        if not self._page.width:
            return  # not laid out by Textual yet
        self._fit()
        self._transcript.lay_out(position, y)
        self._show_place()
        self.refresh()

    def _fit(self) -> None:
        """Pass the size available to the transcript."""
        self._laid_out = self._page
        self._transcript.width = self._page.width - self._text_at
        self._transcript.room = self._room

    def _lay_out_again(self) -> None:
        self._fit()
        y = self._transcript.line_of(self._cursor)
        self._transcript.lay_out(self._cursor, self._room // 2 if y is None else y)

    def _show_place(self) -> None:
        """Update the scrollbar, and count the new messages below."""
        height = self._page.height
        first, last = (self._lines[0][0], self._lines[-1][0]) if self._lines else (0, -1)
        all_in_sight = first == 0 and last == self._count - 1
        first_of_last_page, _ = self._transcript.up(self._count, self._room)
        self._items_a_page = max(0.01, self._count - first_of_last_page)
        lines_an_item = height / self._items_a_page
        self._placing = True
        lines = 0 if all_in_sight else round(self._count * lines_an_item)
        self.virtual_size = Size(0, lines)
        y = self.max_scroll_y if last == self._count - 1 else round(first * lines_an_item)
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
        """Move to where the scrollbar was dragged."""
        super().watch_scroll_y(old_value, new_value)
        if not self._placing and self._count:
            position = round(new_value * self._items_a_page / max(1, self._page.height))
            self._arrange(clamp(position, 0, self._count - 1), 0)
            self._scrolled()

    # -- drawing

    def render_lines(self, crop: Region) -> list[Strip]:
        """Draw lines, after laying them out again if the size has changed."""
        if self._laid_out != self._page and self._count:
            self._lay_out_again()
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """Draw one line."""
        width = self._page.width
        if y == 0:
            return self._top_line(width)
        if y > len(self._lines):
            return Strip.blank(width, self.part_style())
        position, number = self._lines[y - 1]
        item = self._transcript.item(position)
        state = ("cursor",) if position == self._cursor else ()
        segments: list[Segment] = []
        if isinstance(item, Row):
            text = self._transcript.text(item)
            line = text.lines[number]
            selection = self.text_selection
            if selection is not None and position not in self._messages_of(selection):
                selection = None
            at = position * _MOST_PARAGRAPHS + line.paragraph
            paragraph = text.paragraphs[line.paragraph]
            segments = [
                *self._before_text(item, number, state),
                *self._selectable_line(paragraph, line, at, selection, *state),
            ]
        elif isinstance(item, Day):
            name = f"{symbols().rule * 2} {self._presentation.day_names(item.day)[0]} "
            rule = symbols().rule * max(0, width - cells(name))
            segments = [Segment(cut(name + rule, width), self.part_style("muted"))]
        return Strip(segments).adjust_cell_length(width, self.part_style(*state))

    def _top_line(self, width: int) -> Strip:
        """Draw the sender, and the day of the topmost message unless the line below shows it."""
        top = next((row for at, _ in self._lines if (row := self._transcript.row(at))), None)
        if top is None:
            return Strip.blank(width, self.part_style())
        who, number = self._presentation.who(top.phone), self._presentation.number(top.phone)
        rule = symbols().rule
        lead, end = f"{rule * 2} ", f" {rule * 2}"
        shown = self._transcript.source.day_at(self._lines[0][0])
        day = ""
        if shown is not None and not shown[1]:  # otherwise the line below is that of the day
            day = f" {self._presentation.day_names(shown[0].day)[0]}{end}"
        name = cut(who, width - len(lead))
        number = "" if who == number else f"  {number}"
        if cells(lead + name + number + day) + 2 > width:
            number = ""
        if cells(lead + name + day) + 2 > width:
            day = ""
        filling = rule * (width - cells(lead + name + number + day) - 1)
        muted = self.part_style("muted")
        return Strip(
            [
                Segment(lead, muted),
                Segment(name, self.part_style("sender")),
                Segment(f"{number} {filling}{day}", muted),
            ]
        ).adjust_cell_length(width)

    def _before_text(self, row: Row, number: int, state: tuple[str, ...]) -> list[Segment]:
        """Draw the marks, time and receiving number before a line of a message."""
        before, after = state_marks(row, selected=bool(state))
        mark = self.part_style("mark", *state)
        if number:
            return [Segment(before[0].ljust(self._text_at), mark)]
        time = row.stamp[11:16] or self._presentation.clock_time(row.received)
        shown = "unread" if row.unread and not row.muted else "muted"
        segments = [
            Segment(before, mark),
            Segment(time, self.part_style(shown, *state)),
            Segment(f"{after} ", mark),
        ]
        if self._shows_numbers:
            receiver = self._presentation.short_number(row.to_phone, _DIGITS)
            to = f"{padded(receiver, _NUMBER_WIDTH)}  "
            segments.append(Segment(to, self.part_style("muted", *state)))
        return segments

    # -- selecting with the mouse

    def _messages_of(self, selection: Selection) -> range:
        """Return the positions of the messages between the known ends of a selection."""
        ends = [end.y // _MOST_PARAGRAPHS for end in selection if end is not None]
        return range(min(ends, default=self._cursor), max(ends, default=self._cursor) + 1)

    def text_select_all(self) -> None:
        """Select the text of the selected message, as after a double click."""
        row = self._transcript.row(self._cursor)
        if row is not None:
            paragraphs = self._transcript.text(row).paragraphs
            first = self._cursor * _MOST_PARAGRAPHS
            end = Offset(len(paragraphs[-1].text), first + len(paragraphs) - 1)
            self.screen.selections = {self: Selection(Offset(0, first), end)}

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """Return the selected text, and a line break to follow it."""
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
        """Keep the selected message on its line, as far as there is room."""
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
                self._selection_changed(moved=True)

    def _on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self._scroll(_WHEEL_LINES)
        self._scrolled()

    def _on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self._scroll(-_WHEEL_LINES)
        self._scrolled()
