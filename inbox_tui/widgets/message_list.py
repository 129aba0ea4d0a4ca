"""The list of messages: a cursor over any number of them, at the cost of those in sight."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final, NamedTuple, Protocol, Self

from rich.segment import Segment
from rich.style import Style
from textual.cache import LRUCache
from textual.geometry import Region, Size, clamp
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from inbox_tui.archive import Gap, Row
from inbox_tui.commands import bindings
from inbox_tui.text import find_code, sanitize
from inbox_tui.widgets.cells import cells, cut, cut_before, padded, wrapped
from inbox_tui.widgets.symbols import symbols

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from textual import events
    from textual.binding import BindingType

    from inbox_tui.widgets.presentation import Presentation

_STEPS_A_CELL: Final = 8
"""The thumb of a scrollbar is drawn to an eighth of a cell."""
_STRIPS_KEPT: Final = 512
_CHARACTERS_A_CELL: Final = 4
"""How many characters of a text are looked at for each cell of its preview."""
_LOOKED_AT: Final = 1000
"""How many are looked at for a code: in a screenful of long texts all would take too long."""


class MessageSource(Protocol):
    """Where the list reads from: a number of items, newest first, that does not change."""

    def __len__(self) -> int: ...

    def window(self, start: int, stop: int) -> Sequence[Row | Gap]:
        """Return the items at these positions."""
        ...

    def position(self, row: int) -> int:
        """Return where the message is, or where it would be."""
        ...


class _Nothing:
    """The source of a list that has been shown nothing yet."""

    def __len__(self) -> int:
        return 0

    def window(self, start: int, stop: int) -> Sequence[Row | Gap]:
        return ()

    def position(self, row: int) -> int:
        return 0


class _Columns(NamedTuple):
    """Where the parts of a row begin, in cells from the left edge of the list."""

    time: int
    time_width: int
    sender: int
    sender_width: int
    text: int


_WIDE: Final = _Columns(time=3, time_width=6, sender=11, sender_width=17, text=29)
_NARROW: Final = _Columns(time=3, time_width=6, sender=10, sender_width=12, text=23)
_WIDE_FROM: Final = 44


def _short_number(number: str, width: int) -> str:
    """Return a phone number in at most `width` cells, the last digits kept: they tell the most.

    A name is returned as it is.
    """
    digits = number.replace(" ", "").replace("-", "")
    if cells(number) <= width or not digits.removeprefix("+").isdecimal():
        return number
    return digits if len(digits) <= width else symbols().ellipsis + digits[1 - width :]


class MessageList(ScrollView, can_focus=True):
    """A list of messages, newest first, with a cursor.

    It reads the items in sight and no others, so that a move costs the same at a million messages
    as at ten. The cursor belongs to a message rather than to a line: when new ones come in above,
    both the message and its line on screen stay, unless the list is `following` the newest.
    """

    ALLOW_SELECT = False

    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(
            {
                "up": "cursor_up",
                "down": "cursor_down",
                "page_up": "page_up",
                "page_down": "page_down",
                "first": "first",
                "last": "last",
                "open": "open",
            }
        )
    ]
    """
    | Key(s) | Description |
    | :- | :- |
    | up,k | Move the cursor up. |
    | down,j | Move the cursor down. |
    | pageup | Move the cursor up a page. |
    | pagedown | Move the cursor down a page. |
    | home,g | Move the cursor to the newest message. |
    | end,G | Move the cursor to the oldest message. |
    | enter | Open the message under the cursor. |
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "message-list--mark",
        "message-list--time",
        "message-list--sender",
        "message-list--text",
        "message-list--code",
        "message-list--unread",
        "message-list--gap",
        "message-list--empty",
        "message-list--hover",
        "message-list--cursor",
    }
    """
    | Class | Description |
    | :- | :- |
    | `message-list--mark` | Target the mark of an unread message. |
    | `message-list--time` | Target the time. |
    | `message-list--sender` | Target the sender. |
    | `message-list--text` | Target the beginning of the text. |
    | `message-list--code` | Target a one-time code within the text. |
    | `message-list--unread` | Target the time and sender of an unread message. |
    | `message-list--gap` | Target the line where messages may be missing. |
    | `message-list--empty` | Target the text of an empty list. |
    | `message-list--hover` | Target the row under the mouse. |
    | `message-list--cursor` | Target the row under the cursor. |
    """

    DEFAULT_CSS = """
    MessageList {
        height: 1fr;
        color: $foreground;
        background: $background;
        overflow-x: hidden;
        scrollbar-size-vertical: 1;
        scrollbar-background: $background;
        scrollbar-background-hover: $background;
        scrollbar-background-active: $background;

        & > .message-list--mark { color: $text-primary; text-style: bold; }
        & > .message-list--time { color: $foreground 60%; }
        & > .message-list--sender { color: $foreground; }
        & > .message-list--text { color: $foreground; }
        & > .message-list--code { text-style: bold underline; }
        & > .message-list--unread { color: $foreground; text-style: bold; }
        & > .message-list--gap { color: $text-warning; }
        & > .message-list--empty { color: $foreground 60%; }
        & > .message-list--hover { background: $foreground 5%; }
        & > .message-list--cursor { background: $foreground 10%; }

        &:focus > .message-list--cursor { background: $primary 30%; }
        &:nocolor:focus > .message-list--cursor { text-style: reverse; }
    }
    """

    cursor: reactive[int] = reactive(0, repaint=False, init=False)
    """The position the cursor is on, 0 for the newest."""
    empty_text: reactive[str] = reactive("", init=False)
    """What is shown when there are no messages: plain text, not markup."""
    following: reactive[bool] = reactive(False, repaint=False, init=False)
    """Whether the newest message is selected as it comes."""
    hover: reactive[int | None] = reactive(None, repaint=False, init=False)
    """The position under the mouse, if there is one."""

    class ListMessage(Message):
        """Base class of the messages of a list."""

        def __init__(self, message_list: MessageList) -> None:
            super().__init__()
            self.message_list = message_list
            """The list that sent the message."""

        @property
        def control(self) -> MessageList:
            """The list that sent the message, for use with the `on` decorator."""
            return self.message_list

    class Highlighted(ListMessage):
        """Posted when the cursor comes onto another message, or onto none."""

        def __init__(self, message_list: MessageList, row: Row | None, moved: bool) -> None:
            super().__init__(message_list)
            self.row = row
            """The message under the cursor; None on a gap and in an empty list."""
            self.moved = moved
            """Whether the cursor was moved; False where the messages changed below it."""

    class Opened(ListMessage):
        """Posted when a message is opened, by Enter or by a double click."""

        def __init__(self, message_list: MessageList, row: Row) -> None:
            super().__init__(message_list)
            self.row = row
            """The message."""

    class NewerChanged(ListMessage):
        """Posted when the number of messages that came in above out of sight changes."""

        def __init__(self, message_list: MessageList, count: int) -> None:
            super().__init__(message_list)
            self.count = count
            """How many came in since the top was last in sight."""

    def __init__(
        self,
        presentation: Presentation,
        *,
        name: str | None = None,
        id: str | None = None,  # noqa: A002 - as every widget of Textual has it
        classes: str | None = None,
        disabled: bool = False,
    ) -> None:
        """Create an empty list.

        Args:
            presentation: How times, numbers and names are shown.
            name: The name of the widget.
            id: The ID of the widget in the DOM.
            classes: The CSS classes of the widget.
            disabled: Whether the widget is disabled.

        """
        super().__init__(name=name, id=id, classes=classes, disabled=disabled)
        self._presentation = presentation
        self._source: MessageSource = _Nothing()
        self._newer = 0
        self._showing = False
        self.seen: int | None = None
        """The newest message when the top was last in sight; None counts from what is shown next.

        Set this before other messages are shown than those it was of.
        """
        self._under: Row | Gap | None = None
        """The item under the cursor."""
        self._read_from = 0
        self._read: list[Row | Gap] = []
        """The items read, from the position `_read_from` on: those in sight."""
        self._today: date | None = None
        self._width = 0
        self._strips: LRUCache[tuple[object, ...], Strip] = LRUCache(_STRIPS_KEPT)
        self._styles_by_part: dict[tuple[str, ...], Style] = {}
        self._painted: dict[int, Strip] = {}
        """What each line shows, but those that show no item or are to be drawn again."""

    # -- what it shows

    @property
    def row(self) -> Row | None:
        """The message under the cursor; None on a gap and in an empty list."""
        return self._under if isinstance(self._under, Row) else None

    @property
    def newer(self) -> int:
        """How many came in above, out of sight, since the top was last in sight."""
        return self._newer

    def show(self, source: MessageSource, *, keep: bool = True) -> None:
        """Show these messages from now on.

        Args:
            source: The messages.
            keep: Leave the cursor on its message and the message on its line, unless the list is
                following the newest. Without it the cursor goes to the top.

        """
        before = self._under
        follow = not keep or before is None or self.following
        length_changed = len(source) != len(self._source)
        self._source = source
        self._read = []
        self._showing = True
        cursor = 0 if follow or before is None else self._where(before)
        cursor = clamp(cursor, 0, max(0, len(source) - 1))
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
            line: The line on screen to have it on, as far as that goes. Without it the list stays
                as it is, and a message out of sight comes to the middle.

        """
        if not len(self._source):
            return
        cursor = clamp(self._source.position(row), 0, len(self._source) - 1)
        first, height = self._first_in_sight, self._height
        if line is not None:
            first = cursor - line
        elif not first <= cursor < first + height:
            first = cursor - height // 2
        self._go(cursor, first)

    def refresh_times(self) -> None:
        """Write the times again, now that time has passed, and repaint those that changed."""
        self._today = None
        self._repaint_changes(self._columns.time, self._columns.time_width)

    # -- moving

    def validate_cursor(self, cursor: int) -> int:
        """Keep the cursor within the list."""
        return clamp(cursor, 0, max(0, len(self._source) - 1))

    def watch_cursor(self, before: int, cursor: int) -> None:
        """Bring the cursor into sight, and tell what it is on."""
        self._go(cursor, self._first_in_sight)
        self._refresh_position(before)
        self._refresh_position(cursor)

    def action_cursor_up(self) -> None:
        """Move the cursor up."""
        self.cursor -= 1

    def action_cursor_down(self) -> None:
        """Move the cursor down."""
        self.cursor += 1

    def action_page_up(self) -> None:
        """Move the cursor up a page, keeping its line on screen."""
        self._turn_page(-1)

    def action_page_down(self) -> None:
        """Move the cursor down a page, keeping its line on screen."""
        self._turn_page(1)

    def action_first(self) -> None:
        """Move the cursor to the newest message."""
        self._go(0, 0)

    def action_last(self) -> None:
        """Move the cursor to the oldest message."""
        last = max(0, len(self._source) - 1)
        self._go(last, last)

    def action_open(self) -> None:
        """Open the message under the cursor."""
        if self.row is not None:
            self.post_message(self.Opened(self, self.row))

    def _turn_page(self, pages: int) -> None:
        lines = pages * max(1, self._height - 1)
        self._go(self.validate_cursor(self.cursor + lines), self._first_in_sight + lines)

    def _go(self, cursor: int, first: int) -> None:
        """Put the cursor on a position and a position on the first line, cursor in sight.

        Reads the items that come into sight, once.
        """
        height = self._height
        first = clamp(first, cursor - height + 1, cursor)
        first = clamp(first, 0, max(0, len(self._source) - height))
        self._read_window(first, first + height)
        if first != self.scroll_target_y or first != self._first_in_sight:
            self.scroll_to(y=first, animate=False, force=True, immediate=True)
        self.cursor = cursor
        self._set_under(self._item(cursor))

    def _set_under(self, item: Row | Gap | None) -> None:
        before, self._under = self._under, item
        was = None if before is None else before.row
        now = None if item is None else item.row
        if was != now:
            self.post_message(self.Highlighted(self, self.row, moved=not self._showing))

    def _count_newer(self) -> None:
        if self._first_in_sight == 0 or self.seen is None:
            item = self._item(0) or next(iter(self._source.window(0, 1)), None)
            if item is not None:  # a filter may have kept out what was seen before
                self.seen = max(item.row, self.seen or item.row)
        newer = 0 if self.seen is None else self._source.position(self.seen)
        if newer != self._newer:
            self._newer = newer
            self.post_message(self.NewerChanged(self, newer))

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Repaint, and see whether the top has come into sight."""
        if self.show_vertical_scrollbar:
            # The bar is drawn anew only where its thumb moves.
            step = max(1, self.virtual_size.height // (self._height * _STEPS_A_CELL))
            at_end = new_value >= self.max_scroll_y
            self.vertical_scrollbar.position = new_value if at_end else new_value // step * step
        if round(old_value) != round(new_value):
            self.refresh(self.size.region)
        if self.hover is not None:
            self.hover += round(new_value) - round(old_value)
        if round(new_value) == 0 and self._newer:
            # In a change of layout the list is at its top for a moment.
            self.call_after_refresh(self._count_newer)

    # -- reading

    @property
    def _page(self) -> Size:
        """The room for items: while the list is hidden, that of when it was last shown."""
        return self.outer_size - self.gutter.totals

    @property
    def _height(self) -> int:
        return max(1, self._page.height)

    @property
    def _first_in_sight(self) -> int:
        return self.scroll_offset.y

    def _where(self, item: Row | Gap) -> int:
        """Return the position of an item of the source shown before."""
        position = self._source.position(item.row)
        if isinstance(item, Gap):
            start = max(0, position - 1)
            around = list(self._source.window(start, position + 2))
            if item in around:
                return start + around.index(item)
        return position

    def _item(self, position: int) -> Row | Gap | None:
        index = position - self._read_from
        if not 0 <= index < len(self._read):
            return None
        return self._read[index]

    def _read_window(self, start: int, stop: int) -> None:
        """Read the items at these positions, except those read already; forget all others."""
        start, stop = max(0, start), min(stop, len(self._source))
        have_start, have_stop = self._read_from, self._read_from + len(self._read)
        if have_start <= start and stop <= have_stop:
            return
        window = self._source.window
        if have_start <= start < have_stop:
            items = [*self._read[start - have_start :], *window(have_stop, stop)]
        elif have_start < stop <= have_stop:
            items = [*window(start, have_start), *self._read[: stop - have_start]]
        else:
            items = list(window(start, stop))
        self._read_from, self._read = start, items

    # -- drawing

    @property
    def _columns(self) -> _Columns:
        return _WIDE if self._width >= _WIDE_FROM else _NARROW

    def notify_style_update(self) -> None:
        """Forget what was drawn in the styles before."""
        super().notify_style_update()
        self._strips.clear()
        self._styles_by_part.clear()
        self.refresh()

    def _style(self, *parts: str) -> Style:
        """Return the style of a part of a row, the later parts on top of the earlier."""
        style = self._styles_by_part.get(parts)
        if style is None:
            names = [f"message-list--{part}" for part in parts]
            style = self.get_visual_style(*names).rich_style
            # A visual style leaves reverse out.
            if any(self.get_component_styles(name).text_style.reverse for name in names):
                style += Style(reverse=True)
            _, background = self.background_colors
            for line_filter in self.get_line_filters():  # once, rather than for each segment
                style = line_filter.apply([Segment(" ", style)], background)[0].style or style
            self._styles_by_part[parts] = style
        return style

    def render_lines(self, crop: Region) -> list[Strip]:
        """Draw lines, reading the items in sight once for all of them.

        What Textual draws around a widget, and the filters of its segments, are left out where they
        change nothing, and lines that show what they did are not drawn anew: 7 ms of a key.
        """
        self._prepare()
        if self._decorated or crop.x > 0 or crop.width < self._width:
            return super().render_lines(crop)
        return [self._painted.get(y) or self.render_line(y) for y in crop.line_range]

    def refresh(
        self,
        *regions: Region,
        repaint: bool = True,
        layout: bool = False,
        recompose: bool = False,
    ) -> Self:
        """Have the lines of these regions drawn again, or all of them."""
        if repaint and not regions:
            self._painted.clear()
        elif repaint:
            for y in {y for region in regions for y in region.line_range}:
                self._painted.pop(y, None)
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    @property
    def _decorated(self) -> bool:
        """Whether the lines are drawn with anything around or over them."""
        styles = self.styles
        return (
            any(styles.gutter)
            or any(edge for edge, _ in styles.outline)
            or styles.tint.a > 0
            or styles.has_rule("hatch")
            or self.opacity < 1
        )

    def _prepare(self) -> None:
        """Find out once what every line is drawn with."""
        if self._today is None:
            self._today = self._presentation.today()
        if self._width != self._page.width:
            self._width = self._page.width
            self._painted.clear()
        first = self._first_in_sight
        self._read_window(first, first + self._height)

    def render_line(self, y: int) -> Strip:
        """Draw one line."""
        strip = self._strip(y)
        if strip is None:
            self._painted.pop(y, None)
            return self._empty_line(y)
        self._painted[y] = strip
        return strip

    def _strip(self, y: int) -> Strip | None:
        """Return what the line should show, None where it shows no item."""
        position = self._first_in_sight + y
        item = self._item(position)
        if item is None:
            return None
        width = self._width
        state: tuple[str, ...] = ()
        if position == self.cursor:
            state = ("cursor",)
        elif position == self.hover:
            state = ("hover",)
        time = "" if isinstance(item, Gap) else self._time_of(item)
        key = (item, width, state, time)
        strip = self._strips.get(key)
        if strip is None:
            if isinstance(item, Gap):
                segments = self._gap_segments(item, width, state)
            else:
                segments = self._row_segments(item, width, state, time)
            strip = self._strips[key] = Strip(segments, width)
        return strip

    def _time_of(self, row: Row) -> str:
        return self._presentation.short_time(row.received, self._today)

    def _row_segments(
        self, row: Row, width: int, state: tuple[str, ...], time: str
    ) -> list[Segment]:
        marks = symbols()
        columns = self._columns
        unread = ("unread",) if row.unread else ()
        cursor_mark = marks.cursor if "cursor" in state else " "
        unread_mark = marks.unread if row.unread else " "
        sender = _short_number(self._presentation.who(row.phone), columns.sender_width)
        return [
            Segment(f"{cursor_mark}{unread_mark} ", self._style("mark", *state)),
            Segment(
                time.ljust(columns.sender - columns.time),
                self._style("time", *unread, *state),
            ),
            Segment(
                padded(sender, columns.sender_width)
                + " " * (columns.text - columns.sender - columns.sender_width),
                self._style("sender", *unread, *state),
            ),
            *self._preview(
                row.message,
                width - columns.text,
                self._style("text", *state),
                self._style("text", "code", *state),
            ),
        ]

    def _preview(self, message: str, width: int, plain: Style, coded: Style) -> list[Segment]:
        """Return the beginning of a text in exactly `width` cells, its code marked.

        Where the code would be cut off, what comes before it is cut instead.
        """
        if width <= 0:
            return []
        code = find_code(message[:_LOOKED_AT])
        start, end = (code.start, code.end) if code else (0, 0)
        head = message[: end + width * _CHARACTERS_A_CELL]
        if code is None:
            shown = sanitize(head) if head == message else sanitize(head) + " " * width
            return [Segment(padded(shown, width), plain)]
        before, within, after = (
            sanitize(part) for part in (head[:start], head[start:end], head[end:])
        )
        before = cut_before(before, width - cells(within) - bool(after))
        whole = before + within + after
        shown = cut(whole, width) if len(head) == len(message) else cut(whole + " " * width, width)
        kept = shown if shown == whole else shown[:-1]
        filling = " " * (width - cells(shown))
        parts = (
            (kept[: len(before)], plain),
            (kept[len(before) : len(before) + len(within)], coded),
            (kept[len(before) + len(within) :] + shown[len(kept) :] + filling, plain),
        )
        return [Segment(text, style) for text, style in parts if text]

    def _gap_segments(self, gap: Gap, width: int, state: tuple[str, ...]) -> list[Segment]:
        marks = symbols()
        start, end = (self._presentation.gap_time(edge) for edge in gap)
        told = next(
            (
                text
                for text in (
                    f" messages from {start} to {end} may be missing ",
                    f" may be missing: {start} to {end} ",
                    f" {start}–{end} missing ",
                )
                if cells(text) <= width - 4
            ),
            " messages may be missing ",
        )
        lead = marks.cursor if "cursor" in state else " "
        line = f"{lead}{marks.rule * 2}{told}"
        style = self._style("gap", *state)
        line = cut(line, width)
        return [Segment(line + marks.rule * (width - cells(line)), style)]

    def _empty_line(self, y: int) -> Strip:
        """Draw a line below the items, or one of the text of an empty list."""
        width, height = self._page
        blank = Strip.blank(width, self._style("text"))
        if len(self._source) or not self.empty_text or width < 3:
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
        return Strip([Segment(padded(line, width), self._style("empty"))], width)

    def _refresh_position(self, position: int) -> None:
        if 0 <= position - self._first_in_sight < self._height:
            self.refresh_line(position)

    def _repaint_changes(self, x: int = 0, width: int | None = None) -> None:
        """Repaint the lines that no longer show what they should, from column `x` on."""
        self._prepare()
        width = self.size.width if width is None else width
        changed = [y for y in range(self._height) if self._strip(y) is not self._painted.get(y)]
        if changed:
            self.refresh(*(Region(x, y, width, 1) for y in changed))

    # -- events

    def on_resize(self) -> None:
        """Keep the cursor in sight."""
        self._painted.clear()
        self._go(self.cursor, self._first_in_sight)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Mark the row under the mouse."""
        position = self._first_in_sight + event.y
        self.hover = position

    def on_leave(self) -> None:
        """Mark no row when the mouse has left."""
        self.hover = None

    def validate_hover(self, hover: int | None) -> int | None:
        """Keep to the items there are."""
        return hover if hover is not None and 0 <= hover < len(self._source) else None

    def watch_hover(self, before: int | None, hover: int | None) -> None:
        """Repaint the row the mouse left and the row it came to."""
        for position in (before, hover):
            if position is not None:
                self._refresh_position(position)

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on the row; open it at a double click."""
        position = self._first_in_sight + event.y
        if position >= len(self._source):
            return
        self.cursor = position
        if event.chain == 2:
            self.action_open()
