"""The line of filters: what is shown, and the search."""

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
    """A filter as it is drawn: a label and a value, `active` when it leaves something out."""

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
    """Shows the filters as chips that can be clicked, the search, and how much is shown."""

    DEFAULT_CSS = """
    FilterBar {
        height: 1;
        padding: 0 1;
        background: $background;
        color: $foreground;
    }
    """

    to: reactive[str] = reactive(ALL_NUMBERS)
    """The receiving number shown, or what stands for all."""
    window: reactive[str] = reactive("")
    """The hour window shown."""
    search: reactive[str] = reactive("", repaint=False)
    """What is searched for."""
    state: reactive[str] = reactive("")
    """The state of the messages shown; empty for all."""
    shown: reactive[int | None] = reactive(None)
    """How many messages are shown; None while they are being counted."""
    total: reactive[int] = reactive(0)
    """How many messages there are in all."""
    outside: reactive[str] = reactive("")
    """How many messages the search finds that other filters leave out, if any."""
    outside_key: reactive[str] = reactive("")
    """The key that shows them."""
    following: reactive[bool] = reactive(False)
    """Whether the newest message is selected as it comes."""
    newer: reactive[int] = reactive(0)
    """How many messages came in out of sight."""
    newer_below: reactive[bool] = reactive(False)
    """Whether they are below those in sight, rather than above."""

    class Chosen(Message):
        """Posted when a chip is clicked."""

        def __init__(self, chip: ChipName) -> None:
            super().__init__()
            self.chip = chip
            """Which chip."""

    class SearchDone(Message):
        """Posted when the search is no longer being typed."""

        def __init__(self, accepted: bool) -> None:
            super().__init__()
            self.accepted = accepted
            """Whether the search stays; False where it was given up."""

    def __init__(self) -> None:
        """Create a bar."""
        super().__init__()
        self._input: SearchInput | None = None
        self._spans: list[tuple[int, int, ChipName]] = []
        """Where the chips are, in cells, from and to."""

    # -- searching

    @property
    def searching(self) -> bool:
        """Whether a search is being typed."""
        return self._input is not None

    def begin_search(self, value: str = "") -> None:
        """Put an input in the place of the search chip, with this text in it, and go to it.

        It posts `Input.Changed` at every key.
        """
        if self._input is not None:
            self.screen.set_focus(self._input)
            return
        from inbox_tui.widgets.search_input import SearchInput

        with self.prevent(SearchInput.Changed):
            self._input = SearchInput(value, end=self.end_search)
        self.mount(self._input)
        self.screen.set_focus(self._input)  # at once, for the keys that follow
        self._place_input()
        self.refresh()

    def end_search(self, *, accepted: bool) -> None:
        """Take the input away again."""
        search, self._input = self._input, None
        if search is None:
            return
        self.post_message(self.SearchDone(accepted))
        search.remove()
        self.refresh()

    def _place_input(self) -> None:
        """Give the input the room between its label and what is on the right."""
        if self._input is None:
            return
        before, after, _short = self._around_input()
        self._input.styles.margin = (0, 0, 0, before)
        self._input.styles.width = max(1, self.size.width - before - after)

    def _around_input(self) -> tuple[int, int, int]:
        """Return the cells taken before and after the input, and how short the counts are there."""
        width = self.size.width
        before = self._before_input(width).width
        for short in (0, 1):  # by the total: another width costs a layout
            after = self._counts(self.total, short).width + _GAP
            if width - before - after >= _SHORTEST_SEARCH:
                return before, after, short
        return before, 0, 0

    # -- drawing

    def _chips(self, short: int = 0) -> list[_Chip]:
        """Return the chips, the shorter the higher `short` is, from 0 to 2.

        With 3 those that leave nothing out are not there.
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
        """Return what stands on the right when so many messages are shown.

        It is the less the higher `short` is, from 0 to 3.
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
            told += f": {after_search(self.outside_key) if self.searching else self.outside_key}"
        elif short < 2:
            told += _(" of {total}").format(total=grouped(self.total))
        return line.add(told, _MUTED)

    def _fitted(self) -> tuple[list[_Chip], int, Line]:
        """Return the chips, the gap after each, and the counts, as long as there is room."""
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
        """Return the line."""
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
        """Return the chips before the input and its label, or a `/` where the bar is narrow."""
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
        """Give the input the room there is now."""
        self._place_input()

    def watch_search(self) -> None:
        """Show what is searched for, unless the input does."""
        if self._input is None:
            self.refresh()

    def watch_total(self) -> None:
        """Leave room for the counts beside the input."""
        self._place_input()

    watch_newer = watch_outside = watch_following = watch_total

    def on_click(self, event: events.Click) -> None:
        """Tell which chip was clicked."""
        x = event.x - self.gutter.left
        for start, end, name in self._spans:
            if start <= x < end:
                self.post_message(self.Chosen(name))


def _narrowed(chips: list[_Chip], excess: int) -> list[_Chip]:
    """Cut the longest values until `excess` cells are saved, as far as that goes."""
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
