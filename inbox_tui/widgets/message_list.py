"""The list of messages, at a cost that depends only on the messages in sight."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from rich.segment import Segment
from textual.geometry import Region, Size, clamp
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip

from inbox_tui.archive import Day, Row
from inbox_tui.commands import bindings
from inbox_tui.text import sanitize
from inbox_tui.widgets.cells import cells, padded, wrapped
from inbox_tui.widgets.message_pane import MessagePane
from inbox_tui.widgets.message_source import ItemWindow
from inbox_tui.widgets.rows import Rows
from inbox_tui.widgets.symbols import symbols

if TYPE_CHECKING:
    from textual import events
    from textual.binding import BindingType

    from inbox_tui.text.search_query import SearchQuery
    from inbox_tui.widgets.message_source import MessageSource
    from inbox_tui.widgets.presentation import Presentation

_STEPS_A_CELL: Final = 8
"""The thumb of a scrollbar is drawn to an eighth of a cell."""
_HEADED_FROM: Final = 4
"""The least number of lines at which the day of the topmost message is kept in sight."""


class MessageList(MessagePane):
    """A list of messages, newest first, with a cursor.

    Only the items in sight are read, so that a move costs the same with a million messages as with
    ten. The cursor belongs to a message rather than to a line: when new messages arrive above, it
    stays on its message and the message on its line on screen, unless the list is `following` the
    newest. It is never on the line of a day. The first line of the list shows the day of the
    topmost message.
    """

    ALLOW_SELECT = False

    BINDINGS: ClassVar[list[BindingType]] = [*bindings({"open": "open"})]
    """
    | Key(s) | Description |
    | :- | :- |
    | enter | Open the message under the cursor. |
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"message--time", "message--hover"}
    """
    | Class | Description |
    | :- | :- |
    | `message--time` | Target the time of a message. |
    | `message--hover` | Target the row under the mouse. |
    """

    DEFAULT_CSS = """
    MessageList {
        & > .message--time { color: $foreground 60%; }
        & > .message--hover { background: $foreground 5%; }
    }
    """

    cursor: reactive[int] = reactive(0, repaint=False, init=False)
    """The position of the cursor, counted from 0 at the top of the list."""
    empty_text: reactive[str] = reactive("", init=False)
    """The plain text, not markup, that is shown if there are no messages."""
    hover: reactive[int | None] = reactive(None, repaint=False, init=False)
    """The position under the mouse, or None."""

    class Opened(Message):
        """Posted when a message is opened, by Enter or a double click."""

        def __init__(self, row: Row) -> None:
            super().__init__()
            self.row = row
            """The message."""

    def __init__(self, presentation: Presentation) -> None:
        """Create an empty list; `presentation` formats times, numbers and names."""
        super().__init__(presentation)
        self._window = ItemWindow()
        self._rows = Rows(presentation, self.part_style)
        self.following = False
        """Whether each new message is selected as it arrives."""
        self.newer = 0
        """The number of messages that arrived above since the top was last in sight."""
        self._showing = False
        self.seen: int | None = None
        """The row of the newest message when the top was last in sight; `newer` counts from there.

        None starts the count with the messages shown next. Set this before showing the messages of
        another list or moving the cursor.
        """
        self._painted: dict[int, Strip | None] = {}
        """The strip drawn on each line, None if it shows no item."""

    # -- what it shows

    @property
    def search(self) -> SearchQuery | None:
        """The search that found the messages, whose matches are marked."""
        return self._window.source.search

    def show(self, source: MessageSource, *, keep: bool = True) -> None:
        """Show these messages.

        Args:
            source: The messages.
            keep: Whether to keep the cursor on its message and the message on its line, unless the
                list is following the newest. Otherwise the cursor goes to the top.

        """
        before = self._item
        follow = not keep or before is None or self.following
        length_changed = len(source) != len(self._window)
        self._window = ItemWindow(source)
        self._rows.prepare(source.search, source.receivers, narrow=not keep)
        self._showing = True
        at = 0 if follow or before is None else self._window.position(before)
        cursor = self._window.place(at)
        first = 0 if follow else self._first_in_sight + cursor - self.cursor
        if length_changed:
            self.virtual_size = Size(0, len(source))
        self._go(cursor, first)
        self._showing = False
        if not length_changed:
            self._repaint_changes()
        self._count_newer()

    @property
    def line(self) -> int:
        """The line on screen that the cursor is on."""
        return self.cursor - self._first_in_sight

    def move_to(self, row: int, line: int | None = None) -> None:
        """Put the cursor on a message.

        Args:
            row: The message's row.
            line: The line on screen to have it on, if possible. Without it the list only scrolls
                to a message that is out of sight, and puts it in the middle.

        """
        if not len(self._window):
            return
        cursor = self._window.place(self._window.source.position(row))
        first, height = self._first_in_sight, self._height
        if line is not None:
            first = cursor - line
        elif not first <= cursor < first + height:
            first = cursor - height // 2
        self._go(cursor, first)
        self._count_newer()

    # -- moving

    def validate_cursor(self, cursor: int) -> int:
        """Keep the cursor within the list."""
        return clamp(cursor, 0, max(0, len(self._window) - 1))

    def watch_cursor(self, before: int, cursor: int) -> None:
        """Bring the cursor into sight, select its message, and repaint the old and new rows."""
        self._go(cursor, self._first_in_sight)
        self._refresh_position(before)
        self._refresh_position(cursor)

    def action_move(self, step: int) -> None:
        """Move the cursor up or down."""
        self.cursor = self._window.place(self.cursor + step, step)

    def action_page(self, pages: int) -> None:
        """Move the cursor a page up or down, keeping its line on screen."""
        lines = pages * max(1, self._height - 1 - self._is_headed(self.cursor))
        cursor = self._window.place(self.cursor + lines, pages)
        self._go(cursor, self._first_in_sight + lines)

    def action_first(self) -> None:
        """Move the cursor to the newest message."""
        self._go(self._window.place(0), 0)

    def action_last(self) -> None:
        """Move the cursor to the oldest message."""
        last = self._window.place(len(self._window) - 1, -1)
        self._go(last, last)

    def action_open(self) -> None:
        """Open the message under the cursor."""
        if self.row is not None:
            self.post_message(self.Opened(self.row))

    def _is_headed(self, position: int) -> bool:
        """Return whether the line of the item's day is kept in sight with it."""
        return self._height >= _HEADED_FROM and self._window.source.day_at(position) is not None

    def _go(self, cursor: int, first: int) -> None:
        """Move the cursor, and scroll to position `first` as far as the cursor stays in sight.

        Reads the items that come into sight, once.
        """
        height = self._height
        first = clamp(first, cursor - height + 1, cursor - self._is_headed(cursor))
        first = clamp(first, 0, max(0, len(self._window) - height))
        self._read(first)
        if first != self.scroll_target_y or first != self._first_in_sight:
            self.scroll_to(y=first, animate=False, force=True, immediate=True)
        self.cursor = cursor
        item = self._window.item(cursor)
        self._select_item(None if isinstance(item, Day) else item, moved=not self._showing)

    def _read(self, first: int) -> None:
        self._rows.fit(self._window.read(first, first + self._height))

    def _count_newer(self) -> None:
        if self._first_in_sight == 0 or self.seen is None:
            newest = self._window.newest()
            if newest is not None:  # a filter may hide newer ones that were seen before
                self.seen = max(newest.row, self.seen or newest.row)
        newer = 0 if self.seen is None else self._window.source.newer(self.seen)
        if newer != self.newer:
            self.newer = newer
            self.post_message(self.NewerChanged())

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Repaint, and count the new messages again if the top has come into sight."""
        if self.show_vertical_scrollbar:
            # The bar is redrawn only if its thumb moves.
            step = max(1, self.virtual_size.height // (self._height * _STEPS_A_CELL))
            at_end = new_value >= self.max_scroll_y
            self.vertical_scrollbar.position = new_value if at_end else new_value // step * step
        if round(old_value) != round(new_value):
            self.refresh(self.size.region)
        if self.hover is not None:
            self.hover += round(new_value) - round(old_value)
        if round(new_value) == 0 and self.newer:
            # During a change of layout the list is at its top for a moment.
            self.call_after_refresh(self._count_newer)

    # -- drawing

    @property
    def _page(self) -> Size:
        """The size available for items; while the list is hidden, the size when last shown."""
        return self.outer_size - self.gutter.totals

    @property
    def _height(self) -> int:
        """The number of lines for items; before the first layout, the height of the terminal."""
        return max(1, self._page.height or self.app.size.height)

    @property
    def _first_in_sight(self) -> int:
        return self.scroll_offset.y

    def notify_style_update(self) -> None:
        """Discard the strips that were drawn in the old styles."""
        super().notify_style_update()
        self._rows.clear()
        self.refresh()

    def render_lines(self, crop: Region) -> list[Strip]:
        """Draw lines, reading the items in sight once for all of them.

        This bypasses Textual's own cache, as the strips of items are cached and nothing is drawn
        around or over a line. That saves 2 ms for each key and 3 ms for each page.
        """
        self._prepare()
        return [self.render_line(y).adjust_cell_length(crop.width) for y in crop.line_range]

    def _prepare(self) -> None:
        """Set the width of the rows and read the items in sight."""
        self._rows.width = self._page.width
        self._read(self._first_in_sight)

    def render_line(self, y: int) -> Strip:
        """Draw one line."""
        strip = self._painted[y] = self._strip(y)
        return self._empty_line(y) if strip is None else strip

    def _strip(self, y: int) -> Strip | None:
        """Return what the line should show, or None if it shows no item."""
        position = self._first_in_sight + y
        item = self._window.item(position)
        if item is None:
            return None
        state: tuple[str, ...] = ()
        if y == 0 and self._is_headed(position):
            item, _ = self._window.source.day_at(position) or (item, False)
        elif position == self.cursor:
            state = ("cursor",)
        elif position == self.hover:
            state = ("hover",)
        return self._rows.strip(item, state)

    def _empty_line(self, y: int) -> Strip:
        """Draw a line below the items, or a line of the text of an empty list."""
        width, height = self._page
        blank = Strip.blank(width, self.part_style())
        if y == 0:
            return Strip([Segment(symbols().rule * width, self.part_style("muted"))], width)
        if len(self._window) or not self.empty_text or width < 3:
            return blank
        lines = [
            paragraph[start:end]
            for paragraph in sanitize(self.empty_text, lines=True).split("\n")
            for start, end in wrapped(paragraph, width - 2)
        ]
        index = y - max(0, (height - len(lines)) // 2)
        if not 0 <= index < len(lines):
            return blank
        line = " " * ((width - cells(lines[index])) // 2) + lines[index]
        return Strip([Segment(padded(line, width), self.part_style("empty"))], width)

    def _refresh_position(self, position: int) -> None:
        if 0 <= position - self._first_in_sight < self._height:
            self.refresh_line(position)

    def _repaint_changes(self) -> None:
        """Repaint the lines whose contents have changed."""
        self._prepare()
        width = self.size.width
        changed = [y for y in range(self._height) if self._strip(y) is not self._painted.get(y)]
        if changed:
            self.refresh(*(Region(0, y, width, 1) for y in changed))

    # -- events

    def on_resize(self) -> None:
        """Keep the cursor in sight."""
        self._go(self.cursor, self._first_in_sight)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Highlight the row under the mouse."""
        self.hover = self._first_in_sight + event.y

    def on_leave(self) -> None:
        """Highlight no row once the mouse has left."""
        self.hover = None

    def watch_hover(self, before: int | None, hover: int | None) -> None:
        """Repaint the rows that the mouse left and entered."""
        for position in (before, hover):
            if position is not None:
                self._refresh_position(position)

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on the clicked row; open it on a double click."""
        position = self._first_in_sight + event.y
        is_heading = event.y == 0 and self._is_headed(position)
        if position >= len(self._window) or is_heading or self._window.is_day_line(position):
            return
        self.cursor = position
        if event.chain == 2:
            self.action_open()
