"""The view of one message in full."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, ClassVar, Final

from rich.cells import cell_len
from rich.segment import Segment
from textual.actions import SkipAction
from textual.binding import Binding
from textual.geometry import Size
from textual.strip import Strip

from inbox_tui.archive import server_seconds
from inbox_tui.archive.team_states import MINE, TAKEN
from inbox_tui.locale import _, mark
from inbox_tui.text import LINKS_WITHIN, find_code, find_links, sanitize
from inbox_tui.text.search_query import receiver_spans, sender_spans, text_spans
from inbox_tui.widgets.message_pane import MessagePane
from inbox_tui.widgets.paragraphs import (
    Paragraph,
    TextLine,
    mark_found,
    message_paragraphs,
    wrapped_lines,
)
from inbox_tui.widgets.presentation import not_shown, spaced_code
from inbox_tui.widgets.symbols import symbols

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from textual.binding import BindingType
    from textual.selection import Selection

    from inbox_tui.archive import Row
    from inbox_tui.archive.team_states import TeamState
    from inbox_tui.text import Code, Link
    from inbox_tui.text.search_query import SearchQuery
    from inbox_tui.widgets.presentation import Presentation

MOST_SHOWN: Final = LINKS_WITHIN
"""The number of characters of a text that are shown."""
_LABEL_WIDTH: Final = 10
_HINT_FROM: Final = 22
"""The column where the hint after a short value begins."""
_GAP: Final = 3
_SENT_LATER_SECONDS: Final = 60
_SET_BY: Final = {
    ("unread", False): mark("Read"),
    ("starred", True): mark("Starred"),
    ("done", True): mark("Done"),
    ("taken", True): mark("Taken"),
}
"""The labels of states set by a member of a team, by state and value."""
_NOTHING: Final = mark("No message selected")


class MessageView(MessagePane):
    """A message in full: who, when, its code and links, and the text.

    It is wrapped once, and only the lines in sight are drawn. Text selected with the mouse is
    copied as displayed, without the line breaks of wrapping.
    """

    ALLOW_SELECT = True

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "page(1)", "Page down", show=False, priority=True),
    ]
    """
    | Key(s) | Description |
    | :- | :- |
    | space | Scroll down a page. |
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"message--host"}
    """
    | Class | Description |
    | :- | :- |
    | `message--host` | Target the host in the field of a link. |
    """

    DEFAULT_CSS = """
    MessageView {
        padding: 0 0 0 1;
        scrollbar-gutter: stable;

        & > .message--host { text-style: bold; }
    }
    """

    def __init__(
        self,
        presentation: Presentation,
        *,
        team_states: Callable[[Row], Sequence[TeamState]] | None = None,
    ) -> None:
        """Create a view that shows no message.

        Args:
            presentation: Formats times, numbers and names.
            team_states: Returns which members of a team set which states of a message; None if
                there is no team.

        """
        super().__init__(presentation)
        self._team_states = team_states
        self._set_by: Sequence[TeamState] = ()
        self._search: SearchQuery | None = None
        self._code: Code | None = None
        self._links: list[Link] = []
        self._paragraphs: list[Paragraph] = []
        self._lines: list[TextLine] = []
        self._width = 0
        """The width the lines are wrapped to."""
        self.laid_out = asyncio.Event()
        """Set while the view is on screen and has its size."""

    # -- what it shows

    @property
    def has_code(self) -> bool:
        """Whether there is a code in the message."""
        return self._code is not None

    @property
    def has_link(self) -> bool:
        """Whether there is a link in the message."""
        return bool(self._links)

    def show(self, row: Row | None, search: SearchQuery | None = None) -> None:
        """Show a message from its beginning, or that none is selected.

        Args:
            row: The message, or None. If it is already shown, in another state, the scroll
                position stays.
            search: The search whose matches are marked.

        """
        set_by = () if row is None or self._team_states is None else self._team_states(row)
        if (row, search, set_by) == (self.row, self._search, self._set_by):
            return
        before, self._item = self.row, row
        self._search, self._set_by = search, set_by
        if row is not None and before is not None and row.row == before.row:
            self.rewrite()
            return
        text = "" if row is None else row.message[:MOST_SHOWN]
        self._code = find_code(text)
        self._links = find_links(text)
        if self in self.screen.selections:
            self.screen.clear_selection()
        self.rewrite()
        self.scroll_to(y=0, animate=False, force=True, immediate=True)

    # -- laying out

    def rewrite(self) -> None:
        """Lay out the message again, with the current names and width."""
        self._paragraphs = []
        if self.row is not None:
            self._paragraphs = [*self._fields(self.row), Paragraph()]
            body = message_paragraphs(self.row.message[:MOST_SHOWN], self._code, self._links)
            mark_found(body, self._search, text_spans)
            self._paragraphs += body
            if (left := len(self.row.message) - MOST_SHOWN) > 0:
                more = Paragraph()
                key = self._presentation.keys.label("copy_message")
                more.add(not_shown(left, key), "warning")
                self._paragraphs += [Paragraph(), more]
        width, height = self._page
        before = len(self._lines)
        self._lines = list(wrapped_lines(self._paragraphs, width)) if width else []
        # No size is set if there is nothing to scroll, as each change of size costs a layout.
        self.virtual_size = Size(0, len(self._lines) if len(self._lines) > height else 0)
        if before and self._lines and not self.scroll_offset.y and width == self._width:
            self.refresh_lines(0, max(before, len(self._lines)))
        else:
            self.refresh()
        self._width = width

    def _fields(self, row: Row) -> Iterable[Paragraph]:
        for label, phone, spans in (
            (_("From"), row.phone, sender_spans),
            (_("To"), row.to_phone, receiver_spans),
        ):
            field = list(self._field(label, *self._party(phone)))
            mark_found(field, self._search, spans)
            yield from field
        if account := self._presentation.account(row.account_id):
            yield from self._field(_("Account"), account)
        received = row.stamp or self._presentation.long_time(row.received)
        yield from self._field(_("Received"), received)
        if row.sent is not None and abs(row.received - row.sent) > _SENT_LATER_SECONDS:
            yield from self._field(_("Sent"), self._presentation.long_time(row.sent))
        if states := list(self._states(row)):
            yield from self._field(_("State"), *states)
        for state in self._set_by:
            if set_as := _SET_BY.get((state.state, state.value)):
                yield from self._field(
                    _(set_as),
                    _("by {who}").format(who=sanitize(state.who)),
                    self._time_set(state),
                )
        keys = self._presentation.keys
        if self._code is not None:
            code = spaced_code(sanitize(self._code.text))
            yield from self._field(
                _("Code"),
                code,
                part="code",
                hint=_("{key} copies").format(key=keys.label("copy_code")),
            )
        for number, link in enumerate(self._links):
            opens = _("{key} opens").format(key=keys.label("open_link"))
            yield self._link_field(link, "" if number else opens)
            if link.punycode:
                really = _labelled("")
                really.add(_("really {host}").format(host=sanitize(link.punycode)), "warning")
                yield really

    def _time_set(self, state: TeamState) -> str:
        try:
            at = datetime.fromtimestamp(state.at, UTC)
            return self._presentation.long_time(server_seconds(at, self._presentation.server_zone))
        except (ValueError, OverflowError, OSError):  # the hub may contain any number
            return ""

    def _states(self, row: Row) -> Iterable[str]:
        if row.starred:
            yield symbols().starred + " " + _("starred")
        if row.done:
            yield symbols().done + " " + _("done")
        if row.taken == MINE:
            yield symbols().mine + " " + _("yours")
        elif row.taken == TAKEN:
            yield symbols().taken + " " + _("taken")
        if row.muted:
            yield _("sender muted")

    def _party(self, phone: str) -> tuple[str, ...]:
        name, number = self._presentation.who(phone), self._presentation.number(phone)
        return (name,) if name == number else (name, number)

    def _field(
        self, label: str, *values: str, part: str = "", hint: str = ""
    ) -> Iterable[Paragraph]:
        """Yield the paragraphs of a field; its values are on one line if they fit."""
        field = _labelled(label)
        if _LABEL_WIDTH + cell_len("  ".join(values)) <= self._page.width:
            values = ("  ".join(values),)
        field.add(values[0], part)
        self._add_hint(field, hint)
        yield field
        for value in values[1:]:
            field = _labelled("")
            field.add(value)
            yield field

    def _link_field(self, link: Link, hint: str) -> Paragraph:
        field = _labelled(_("Link"))
        url, host = sanitize(link.url), sanitize(link.host)
        start = url.lower().find(host)
        if start < 0:  # the host is in punycode in the link
            start = len(url)
        field.add(url[:start])
        field.add(url[start : start + len(host)], "host")
        field.add(url[start + len(host) :])
        self._add_hint(field, hint)
        return field

    def _add_hint(self, field: Paragraph, hint: str) -> None:
        """Add a key and what it does; both move to the next line if they do not fit."""
        if hint:
            field.add(" " * max(_GAP, _HINT_FROM - cell_len(field.text)))
            field.add(hint.replace(" ", "\N{NO-BREAK SPACE}"), "muted")

    # -- drawing

    def render_line(self, y: int) -> Strip:
        """Draw one line."""
        width, height = self._page
        base = self.part_style()
        if self.row is None and y == height // 2:
            return Strip(
                [Segment(_(_NOTHING).center(width)[:width], self.part_style("empty"))], width
            )
        number = self.scroll_offset.y + y
        if number >= len(self._lines):
            return Strip.blank(width, base)
        line = self._lines[number]
        paragraph = self._paragraphs[line.paragraph]
        text = self._selectable_line(paragraph, line, line.paragraph, self.text_selection)
        if line.indent:
            text = Strip([Segment(" " * line.indent, base), *text])
        return text.adjust_cell_length(width, base)

    # -- selecting

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """Return the selected text, and a line break to follow it."""
        return selection.extract("\n".join(part.text for part in self._paragraphs)), "\n"

    # -- scrolling

    def on_resize(self) -> None:
        """Wrap the message to the new width."""
        self.rewrite()
        self.laid_out.set()

    def on_hide(self) -> None:
        """Remember that the size has to be set again."""
        self.laid_out.clear()

    def action_move(self, lines: int) -> None:
        """Scroll down by this many lines, or up if negative."""
        self._scroll_if_long(self.scroll_target_y + lines)

    def action_page(self, pages: int) -> None:
        """Scroll down by this many pages, or up if negative; one line stays in sight."""
        self._scroll_if_long(self.scroll_target_y + pages * max(1, self._page.height - 1))

    def action_first(self) -> None:
        """Scroll to the beginning."""
        self._scroll_if_long(0)

    def action_last(self) -> None:
        """Scroll to the end."""
        self._scroll_if_long(self.max_scroll_y)

    def _scroll_if_long(self, y: float) -> None:
        """Scroll to line `y` at once.

        If the whole message is in sight, raise SkipAction, so that the key can do something else.
        """
        if not self.max_scroll_y:
            raise SkipAction
        self.scroll_to(y=y, animate=False, force=True)  # before the scrollbar is shown, too


def _labelled(label: str) -> Paragraph:
    field = Paragraph(_LABEL_WIDTH)
    field.add(label.ljust(_LABEL_WIDTH), "muted")
    return field
