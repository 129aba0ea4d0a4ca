"""Drawing of the lines of a message list: messages, gaps and days."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from rich.segment import Segment
from textual.cache import LRUCache
from textual.strip import Strip

from inbox_tui.archive import Day, Gap, Row
from inbox_tui.archive.team_states import MINE, TAKEN
from inbox_tui.locale import _, plural
from inbox_tui.text import find_code, sanitize
from inbox_tui.text.search_query import receiver_spans, sender_spans, text_spans
from inbox_tui.widgets.cells import cells, cut, cut_before, padded
from inbox_tui.widgets.paragraphs import Paragraph, mark_found
from inbox_tui.widgets.presentation import grouped
from inbox_tui.widgets.symbols import symbols

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from rich.style import Style

    from inbox_tui.archive import Item
    from inbox_tui.text.search_query import SearchQuery
    from inbox_tui.widgets.paragraphs import Find
    from inbox_tui.widgets.presentation import Presentation

_STRIPS_KEPT: Final = 512
_CHARACTERS_A_CELL: Final = 4
"""The number of characters of a text that are read for each cell of its preview."""
_LOOKED_AT: Final = 1000
"""The number of characters searched for codes and matches; whole long texts take too long."""
_MARKS_WIDTH, _TIME_WIDTH = 3, 5
_WIDE_FROM: Final = 44
_TEXT_AT_LEAST: Final = 20
"""The least width left to the text if receiving numbers are shown."""
_SENDER_AT_LEAST, _SENDER_AT_MOST = 8, 24
_SENDER_IN_NARROW, _SENDER_IN_WIDE = 12, 17
_RECEIVER_AT_MOST: Final = 10
_DIGITS_AT_LEAST: Final = 4


class _Columns(NamedTuple):
    """The widths of the parts of a row, in cells."""

    gap: int
    receiver: int
    """0 if receiving numbers are not shown."""
    sender: int
    text: int


class Rows:
    """Draws the items of a list as lines of one width, with columns as wide as the items need."""

    def __init__(self, presentation: Presentation, part_style: Callable[..., Style]) -> None:
        """Create rows; `part_style` returns the style of parts of a message."""
        self._presentation = presentation
        self._style = part_style
        self._strips: LRUCache[tuple[object, ...], Strip] = LRUCache(_STRIPS_KEPT)
        self._search: SearchQuery | None = None
        self._receivers: Sequence[str] = ()
        self._digits = _DIGITS_AT_LEAST
        self._receiver_width = 0
        self._sender_width = 0
        self.width = 0
        """The width of the lines."""

    def clear(self) -> None:
        """Discard the lines drawn so far, after a change of styles or names."""
        self._strips.clear()
        self._fit_receivers()

    def prepare(
        self, search: SearchQuery | None, receivers: Sequence[str], *, narrow: bool = False
    ) -> None:
        """Prepare to draw other items.

        Args:
            search: The search whose matches are marked.
            receivers: The receiving numbers, which have a column if there are several.
            narrow: Whether to narrow the sender's column to what these items need.

        """
        if search != self._search:
            self._search = search
            self._strips.clear()
        if receivers != self._receivers:
            self._receivers = receivers
            self._fit_receivers()
        if narrow:
            self._sender_width = 0

    def _fit_receivers(self) -> None:
        numbers = self._receivers
        digits = _DIGITS_AT_LEAST
        longest = max(map(len, numbers), default=0)
        while digits < longest and len({number[-digits:] for number in numbers}) < len(numbers):
            digits += 1
        accounts = self._presentation.accounts
        shown = [cells(self._presentation.account(number)) for number in accounts] or [
            cells(self._presentation.short_number(number, digits)) for number in numbers
        ]
        if digits != self._digits:
            self._digits = digits
            self._strips.clear()
        self._receiver_width = min(max(shown), _RECEIVER_AT_MOST) if len(shown) > 1 else 0

    def fit(self, items: Iterable[Item]) -> None:
        """Widen the sender's column if these items need it."""
        for item in items:
            if isinstance(item, Row):
                sender = min(cells(self._presentation.who(item.phone)), _SENDER_AT_MOST)
                self._sender_width = max(self._sender_width, sender)

    @property
    def _columns(self) -> _Columns:
        wide = self.width >= _WIDE_FROM
        gap = 2 if wide else 1
        most = max(_SENDER_IN_WIDE, self.width // 4) if wide else _SENDER_IN_NARROW
        sender = min(max(self._sender_width, _SENDER_AT_LEAST), most)
        text = self.width - _MARKS_WIDTH - _TIME_WIDTH - gap - sender - gap
        receiver = self._receiver_width
        if not receiver or text - receiver - gap < _TEXT_AT_LEAST:
            return _Columns(gap, 0, sender, text)
        return _Columns(gap, receiver, sender, text - receiver - gap)

    def strip(self, item: Item, state: tuple[str, ...]) -> Strip:
        """Return the line of an item; the styles of `state`, such as `cursor`, are on top."""
        columns = self._columns
        names = self._presentation.day_names(item.day) if isinstance(item, Day) else ()
        key = (item, self.width, columns, state, names)
        strip = self._strips.get(key)
        if strip is None:
            if isinstance(item, Day):
                segments = self._day(item, names)
            elif isinstance(item, Gap):
                segments = self._gap(item, state)
            else:
                segments = self._row(item, columns, state)
            strip = self._strips[key] = Strip(segments, self.width)
        return strip

    def _row(self, row: Row, columns: _Columns, state: tuple[str, ...]) -> list[Segment]:
        unread = ("unread",) if row.unread and not row.muted else ()
        first, both = state_marks(row, selected="cursor" in state)
        gap = " " * columns.gap
        time = row.stamp[11:16] or self._presentation.clock_time(row.received)
        sender = _short_number(self._presentation.who(row.phone), columns.sender)
        mark = self._style("mark", *state)
        segments = [
            Segment(first, mark),
            Segment(time, self._style("time", *unread, *state)),
            Segment(both + gap[1:], mark),
        ]
        if columns.receiver:
            receiver = self._presentation.account(row.account_id)
            receiver = receiver or self._presentation.short_number(row.to_phone, self._digits)
            receiver = padded(receiver, columns.receiver)
            segments += self._party(receiver, gap, receiver_spans, "muted", *state)
        sender = padded(sender, columns.sender)
        segments += self._party(sender, gap, sender_spans, *unread, *state)
        preview = self._preview(row.message, columns.text)
        return [
            *segments,
            *(Segment(text, self._style(*parts, *state)) for text, parts in preview),
        ]

    def _party(self, shown: str, gap: str, find: Find, *parts: str) -> list[Segment]:
        """Return a sender or receiver and a gap, with matches of the search marked."""
        if self._search is None:
            return [Segment(shown + gap, self._style(*parts))]
        line = Paragraph()
        line.add(shown)
        mark_found([line], self._search, find)
        line.add(gap)
        return [
            Segment(piece, self._style(*found, *parts))
            for _, piece, found in line.pieces(0, len(line.text))
        ]

    def _preview(self, message: str, width: int) -> list[tuple[str, Sequence[str]]]:
        """Return the beginning of a text in exactly `width` cells, as pieces with their parts.

        If the first match with some text after it, or the code too if both fit, would be cut off,
        the text before it is cut instead.
        """
        if width <= 0:
            return []
        message, whole = message[:_LOOKED_AT], message
        code = find_code(message)
        start, end = (code.start, code.end) if code else (0, 0)
        head = message if self._search else message[: end + width * _CHARACTERS_A_CELL]
        line = Paragraph()
        line.add(sanitize(head[:start]))
        line.add(sanitize(head[start:end]), "code" if code else "")
        line.add(sanitize(head[end:]))
        mark_found([line], self._search, text_spans)
        more = " " * width if len(head) < len(whole) else ""
        if not line.spans:
            return [(padded(line.text + more, width), ())]
        lead, begin = "", 0
        spans = sorted(line.spans, key=lambda span: span.part == "code")
        first, last = spans[0], spans[-1]
        stretches = [(first.start, first.end)]
        if self._search is not None:
            stretches.insert(0, (first.start, first.end + width // 3))
        if code is not None:
            both = min(first.start, last.start), max(first.end, last.end)
            stretches.insert(0, both)
        start, end = next(
            (part for part in stretches if cells(line.text[slice(*part)]) <= width - 2),
            stretches[-1],
        )
        before = line.text[:start]
        room = width - cells(line.text[start:end]) - (end < len(line.text))
        kept = cut_before(before, room)
        if kept != before:
            lead, begin = kept[0], start - len(kept) + 1
        text = lead + line.text[begin:]
        shown = cut(text + more, width)
        kept_to = len(text) if shown.startswith(text) else max(len(lead), len(shown) - 1)
        rest = shown[kept_to:] + " " * (width - cells(shown))
        pieces = line.pieces(begin, begin + kept_to - len(lead))
        shown_pieces = [(lead, ()), *((piece, parts) for _, piece, parts in pieces), (rest, ())]
        return [(piece, parts) for piece, parts in shown_pieces if piece]

    def _gap(self, gap: Gap, state: tuple[str, ...]) -> list[Segment]:
        start, end = (self._presentation.gap_time(edge) for edge in gap)
        sentences = (
            _(" messages from {start} to {end} may be missing "),
            _(" may be missing: {start} to {end} "),
            _(" {start}–{end} missing "),
            _(" messages may be missing "),
        )
        told = [sentence.format(start=start, end=end) for sentence in sentences]
        told = [text for text in told if cells(text) <= self.width - 4] or told[-1:]
        lead = symbols().cursor if "cursor" in state else " "
        line = cut(f"{lead}{symbols().rule * 2}{told[0]}", self.width)
        style = self._style("warning", *state)
        return [Segment(line + symbols().rule * (self.width - cells(line)), style)]

    def _day(self, day: Day, names: Sequence[str]) -> list[Segment]:
        rule = symbols().rule
        total = "" if day.total in (None, day.unread) else grouped(day.total or 0)
        unread = ""
        if day.unread:
            count = grouped(day.unread)
            unread = plural("{count} unread", "{count} unread", day.unread, count=count)
        counts = ", ".join(filter(None, (total, unread)))
        end = f" {counts} {rule * 2}" if counts else ""
        room = self.width - cells(end)
        name = next((name for name in names if cells(name) + 5 <= room), names[-1])
        left = f"{rule * 2} {name} "
        if cells(left) > room:
            end = ""
        left = cut(left, self.width)
        filling = rule * (self.width - cells(left + end))
        before, bold, after = end.partition(unread) if unread else (end, "", "")
        plain = self._style("muted")
        segments = [
            Segment(left + filling + before, plain),
            Segment(bold, self._style("muted", "unread")),
            Segment(after, plain),
        ]
        return [segment for segment in segments if segment.text]


def state_marks(row: Row, *, selected: bool) -> tuple[str, str]:
    """Return the three marks before a message's time, and the one after it.

    A message that is done is not also marked as taken.
    """
    taken = {MINE: symbols().mine, TAKEN: symbols().taken}.get(row.taken, "")
    work = symbols().done if row.done else taken
    first, *second = (symbols().starred, work) if row.starred else (work,)
    before = (
        (symbols().cursor if selected else " ")
        + (" " if not row.unread else symbols().muted if row.muted else symbols().unread)
        + (first or " ")
    )
    return before, "".join(second) or " "


def _short_number(number: str, width: int) -> str:
    """Return a phone number in at most `width` cells, keeping the last digits, which differ most.

    A name is returned unchanged.
    """
    digits = number.replace(" ", "").replace("-", "")
    if cells(number) <= width or not digits.removeprefix("+").isdecimal():
        return number
    return digits if len(digits) <= width else symbols().ellipsis + digits[1 - width :]
