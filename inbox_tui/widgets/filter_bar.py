"""The bar with the filters, the search and the number of messages shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from rich.cells import cell_len
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from inbox_tui.commands import after_search
from inbox_tui.locale import _, plural
from inbox_tui.text import sanitize
from inbox_tui.widgets.cells import Line, cut
from inbox_tui.widgets.presentation import ALL_NUMBERS, grouped
from inbox_tui.widgets.symbols import symbols

if TYPE_CHECKING:
    from textual import events
    from textual.content import Content

    from inbox_tui.widgets.search_input import SearchInput

ChipName = Literal["to", "window", "search", "state"]

_GAP: Final = 3
_SHORT_GAP: Final = 2
_MUTED: Final = "$foreground 60%"
_SHORTEST_CHIP: Final = 5
_SHORTEST_SEARCH: Final = 12


class _Chip(NamedTuple):
    """A filter as displayed: a label and a value, `active` if it leaves messages out."""

    name: ChipName
    label: str
    value: str
    active: bool

    @property
    def width(self) -> int:
        return cell_len(self.label) + cell_len(self.value)

    def add_to(self, line: Line) -> None:
        line.add(self.label, _MUTED).add(self.value, "bold" if self.active else "")


class FilterBar(Widget):
    """Shows the filters as chips that can be clicked, the search, and the number of messages."""

    DEFAULT_CSS = """
    FilterBar {
        height: 1;
        padding: 0 1;
        background: $background;
        color: $foreground;
    }
    """

    to: reactive[str] = reactive(ALL_NUMBERS)
    """The receiving number shown, or `ALL_NUMBERS`."""
    window: reactive[str] = reactive("")
    """The hour window shown."""
    search: reactive[str] = reactive("", repaint=False)
    """The text of the search."""
    state: reactive[str] = reactive("")
    """The state of the messages shown; empty for all."""
    shown: reactive[int | None] = reactive(None)
    """The number of messages shown; None while they are being counted."""
    total: reactive[int] = reactive(0)
    """The number of messages in all."""
    outside: reactive[str] = reactive("")
    """The number of matches of the search that the other filters leave out; empty if none."""
    outside_key: reactive[str] = reactive("")
    """The key that shows the matches left out."""
    following: reactive[bool] = reactive(False)
    """Whether each new message is selected as it arrives."""
    newer: reactive[int] = reactive(0)
    """The number of messages that arrived out of sight."""
    newer_below: reactive[bool] = reactive(False)
    """Whether the messages that arrived are below those in sight, rather than above."""

    class Chosen(Message):
        """Posted when a chip is clicked."""

        def __init__(self, chip: ChipName) -> None:
            super().__init__()
            self.chip = chip
            """The name of the chip."""

    class SearchDone(Message):
        """Posted when the search is no longer being typed."""

        def __init__(self, accepted: bool) -> None:
            super().__init__()
            self.accepted = accepted
            """Whether the search is kept; False if it was given up."""

    def __init__(self) -> None:
        super().__init__()
        self._input: SearchInput | None = None
        self._spans: list[tuple[int, int, ChipName]] = []
        """The start and end of each chip shown, in cells, and its name."""

    # -- searching

    @property
    def searching(self) -> bool:
        """Whether a search is being typed."""
        return self._input is not None

    def begin_search(self, value: str = "") -> None:
        """Replace the search chip by an input with this text in it, and focus it.

        The input posts `Input.Changed` at every key.
        """
        if self._input is not None:
            self.screen.set_focus(self._input)
            return
        from inbox_tui.widgets.search_input import SearchInput

        with self.prevent(SearchInput.Changed):
            self._input = SearchInput(value, end=self.end_search)
        self.mount(self._input)
        self.screen.set_focus(self._input)  # at once, so that the next keys go to it
        self._place_input()
        self.refresh()

    def end_search(self, *, accepted: bool) -> None:
        """Remove the input, and post `SearchDone`."""
        search, self._input = self._input, None
        if search is None:
            return
        self.post_message(self.SearchDone(accepted))
        search.remove()
        self.refresh()

    def _place_input(self) -> None:
        """Give the input the room between its label and the counts on the right."""
        if self._input is None:
            return
        before, after, _short = self._around_input()
        self._input.styles.margin = (0, 0, 0, before)
        self._input.styles.width = max(1, self.size.width - before - after)

    def _around_input(self) -> tuple[int, int, int]:
        """Return the cells taken before and after the input, and how much to shorten the counts."""
        width = self.size.width
        before = self._before_input(width).width
        for short in (0, 1):  # measured with the total, as each change of width costs a layout
            after = self._counts(self.total, short).width + _GAP
            if width - before - after >= _SHORTEST_SEARCH:
                return before, after, short
        return before, 0, 0

    # -- drawing

    def _chips(self, short: int = 0) -> list[_Chip]:
        """Return the chips, shorter for a higher `short`, from 0 to 3.

        With 3, chips that leave no messages out are omitted.
        """
        to, search = sanitize(self.to), sanitize(self.search)
        everyone = self.to == ALL_NUMBERS
        to_label, window_label, search_label = _("To: "), _("Window: "), _("Search: ")
        shorter = ((to_label, window_label, search_label), (to_label, "", "/"), ("", "", "/"))
        labels = shorter[min(short, 2)]
        if everyone:
            to = _("all") if short else _(ALL_NUMBERS)
        nothing = symbols().ellipsis if short else "·"
        chips = [
            _Chip("to", labels[0] or (to_label if everyone else ""), to, not everyone),
            _Chip("window", labels[1], self.window, self.window not in {"", _("everything")}),
            _Chip("search", labels[2], search or nothing, bool(search)),
        ]
        if self.state:
            chips.append(_Chip("state", "", self.state.capitalize(), True))
        return [chip for chip in chips if chip.value and (chip.active or short < 3)]

    def _counts(self, shown: int | None, short: int = 0) -> Line:
        """Return the counts on the right for this number of messages shown.

        They are shorter for a higher `short`, from 0 to 3.
        """
        line = Line()
        if self.newer:
            arrow = symbols().below if self.newer_below else symbols().above
            told = grouped(self.newer)
            if not short:
                told = plural("{count} new", "{count} new", self.newer, count=told)
            line.add(f"{told} {arrow}", "bold $text-primary")
        elif self.following:
            word = "" if short else " " + _("following")
            line.add(f"{symbols().following}{word}", "$text-primary")
        if shown is None or short > 2:
            return line
        line.add("  " if line.width else "")
        told = grouped(shown)
        if self.outside and short < 2:
            told += (
                f" +{self.outside}"
                if short
                else " · " + _("{count} outside").format(count=self.outside)
            )
            told += f": {after_search(self.outside_key, searching=self.searching)}"
        elif short < 2:
            told += _(" of {total}").format(total=grouped(self.total))
        return line.add(told, _MUTED)

    def _fitted(self) -> tuple[list[_Chip], int, Line]:
        """Return the chips, the gap after each, and the counts, in the longest form that fits."""
        width = self.size.width
        for short_chips, short_counts in ((0, 0), (1, 0), (1, 1), (1, 2), (2, 2), (2, 3), (3, 3)):
            chips, counts = self._chips(short_chips), self._counts(self.shown, short_counts)
            gap = _SHORT_GAP if short_chips else _GAP
            gaps = gap * (len(chips) if counts.width else len(chips) - 1)
            spare = width - counts.width - gaps - sum(chip.width for chip in chips)
            if spare >= 0:
                return chips, gap, counts
        return _narrowed(chips, -spare), gap, counts

    def render(self) -> Content:
        """Render the filters and counts, or those beside the input during a search."""
        self._spans = []
        width = self.size.width
        if self._input is not None:
            _before, after, short = self._around_input()
            counts = self._counts(self.shown, short) if after else Line()
            return self._before_input(width).beside(counts, width)
        chips, gap, counts = self._fitted()
        line = Line(width)
        for number, chip in enumerate(chips):
            line.add(" " * gap if number else "")
            start = line.width
            chip.add_to(line)
            self._spans.append((start, line.width, chip.name))
        return line.beside(counts, width)

    def _before_input(self, width: int) -> Line:
        """Return the chips before the input and its label, or a `/` if the bar is narrow."""
        line = Line(width)
        for chip in self._chips()[:2]:
            chip.add_to(line)
            line.add(" " * _GAP)
        line.add(_("Search: "), _MUTED)
        if width - line.width - self._counts(0).width < _SHORTEST_SEARCH * 2:
            return Line(width).add("/", _MUTED)
        return line

    # -- events

    def on_resize(self) -> None:
        """Fit the input to the new width."""
        self._place_input()

    def watch_search(self) -> None:
        """Repaint, unless the input shows the search."""
        if self._input is None:
            self.refresh()

    def watch_total(self) -> None:
        """Fit the input to the width of the counts beside it."""
        self._place_input()

    watch_newer = watch_outside = watch_following = watch_total

    def on_click(self, event: events.Click) -> None:
        """Post which chip was clicked."""
        x = event.x - self.gutter.left
        for start, end, name in self._spans:
            if start <= x < end:
                self.post_message(self.Chosen(name))


def _narrowed(chips: list[_Chip], excess: int) -> list[_Chip]:
    """Cut the longest values until `excess` cells are saved or none can be cut further."""
    chips = list(chips)
    while excess > 0:
        longest = max(range(len(chips)), key=lambda number: cell_len(chips[number].value))
        width = cell_len(chips[longest].value)
        if width <= _SHORTEST_CHIP:
            break
        saved = min(excess, max(1, width // 4), width - _SHORTEST_CHIP)
        chips[longest] = chips[longest]._replace(value=cut(chips[longest].value, width - saved))
        excess -= saved
    return chips
