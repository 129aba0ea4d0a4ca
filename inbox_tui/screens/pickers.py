"""Pickers: dialogues with a list of choices that is narrowed by typing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar, Generic, TypeVar

from rich.cells import cell_len
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from inbox_tui.locale import _, mark
from inbox_tui.screens.dialog import Dialog
from inbox_tui.screens.filters import STATE_NAMES, WINDOWS, window_name
from inbox_tui.smsc.limit import PERIOD_HOURS
from inbox_tui.text import fold_text, sanitize
from inbox_tui.text.search_query import MessageState
from inbox_tui.widgets.cells import padded
from inbox_tui.widgets.presentation import grouped
from inbox_tui.widgets.symbols import symbols

T = TypeVar("T")

LONGEST_LABEL = 30
COUNT_WIDTH, UNREAD_WIDTH = 7, 5
BESIDE_LABEL = 9 + COUNT_WIDTH + UNREAD_WIDTH
"""Cells of a picker's width that are not for labels: borders, mark, counts and scrollbar."""
MOST_CHOICES = 14
MOST_OFFERED = 200
"""How many choices are offered at a time; typing narrows them."""
BESIDE_CHOICES = 7
"""Lines of a picker that are not for choices: borders, title, input, hint, and two empty lines."""
SHORT = 18
"""In a terminal of fewer lines, the empty lines are left out."""


@dataclass(frozen=True, slots=True)
class Choice(Generic[T]):
    """A line of a picker: its label, its value, and how many messages and unread ones it has.

    A count is None if it is not known or not shown.
    """

    label: str
    value: T | None
    count: int | None = None
    unread: int | None = None


class Picker(Dialog[Choice[T] | None], Generic[T]):
    """Lets the user choose from a list: typing narrows it, Enter chooses, Esc changes nothing."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "cursor('down')", "Next", show=False, priority=True),
        Binding("up", "cursor('up')", "Previous", show=False, priority=True),
        Binding("pagedown", "cursor('page_down')", "Page down", show=False, priority=True),
        Binding("pageup", "cursor('page_up')", "Page up", show=False, priority=True),
    ]
    PLACEHOLDER: ClassVar[str]
    """The text in the empty input."""
    NOTHING: ClassVar[str]
    """The text shown when no choice matches."""

    def __init__(self, heading: str, choices: Sequence[Choice[T]], current: T | None) -> None:
        super().__init__(heading, _("Enter applies · Esc closes"))
        self._choices = list(choices)
        self._current = current
        self._offered: list[Choice[T]] = []

    def parts(self) -> ComposeResult:
        """Yield an input and the list of choices."""
        yield Input(
            placeholder=_(self.PLACEHOLDER),
            validate_on=(),  # otherwise Enter styles the whole dialogue again as it closes
        )
        yield OptionList()

    def on_mount(self) -> None:
        """Offer all choices, with the cursor on the current one."""
        self._fit()
        self._offer("")

    def on_resize(self) -> None:
        """Leave room for the input and the hint, however small the terminal is."""
        self._fit()
        listed = self.query_one(OptionList)
        at = listed.highlighted
        self._offer(self.query_one(Input).value)
        if at is not None:
            listed.highlighted = at

    def _fit(self) -> None:
        """Set the height of the list, which stays the same while the choices are narrowed."""
        lines = self.app.size.height
        short = lines < SHORT
        self.set_class(short, "-short")
        room = lines - BESIDE_CHOICES + 2 * short
        shown = max(1, min(len(self._choices), MOST_CHOICES, room))
        self.query_one(OptionList).styles.height = shown

    def matching(self, typed: str) -> list[Choice[T]]:
        """Return the choices that match what was typed."""
        words = [word.lstrip("+") for word in fold_text(typed).split()]
        if not words:
            return self._choices
        return [
            choice
            for choice, text in zip(self._choices, self._folded, strict=True)
            if all(word in text for word in words)
        ]

    @cached_property
    def _folded(self) -> list[str]:
        """The text of each choice that is compared with what is typed."""
        return [fold_text(choice.label) for choice in self._choices]

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        self._offer(event.value)

    def _offer(self, typed: str) -> None:
        matching = self.matching(typed)
        self._offered = matching[:MOST_OFFERED]
        if not typed and self._current not in [choice.value for choice in self._offered]:
            self._offered += [choice for choice in matching if choice.value == self._current]
        listed = self.query_one(OptionList)
        listed.clear_options()
        listed.add_options(Option(self._prompt(choice)) for choice in self._offered)
        if not self._offered:
            listed.add_option(Option(Content.styled(f"  {_(self.NOTHING)}", "dim"), disabled=True))
            return
        if len(matching) > len(self._offered):
            told = _("  there are more: type to narrow")
            listed.add_option(Option(Content.styled(told, "dim"), disabled=True))
        values = [choice.value for choice in self._offered]
        at = values.index(self._current) if self._current in values and not typed else 0
        listed.highlighted = at

    LABEL_WIDTH: ClassVar[int] = LONGEST_LABEL

    def _prompt(self, choice: Choice[T]) -> Content:
        mark = f"{symbols().chosen} " if choice.value == self._current else "  "
        label = padded(
            sanitize(choice.label), min(self.LABEL_WIDTH, self.app.size.width - BESIDE_LABEL)
        )
        count = "" if choice.count is None else grouped(choice.count)
        unread = f"{symbols().unread}{grouped(choice.unread)}" if choice.unread else ""
        return Content.assemble(
            mark,
            label,
            (" " * (COUNT_WIDTH - cell_len(count)) + count, "dim"),
            (" " * (UNREAD_WIDTH - cell_len(unread)) + unread, "bold"),
        )

    def action_cursor(self, move: str) -> None:
        """Move in the list of choices while the input keeps the focus."""
        getattr(self.query_one(OptionList), f"action_{'cursor_' * ('page' not in move)}{move}")()

    @on(Input.Submitted)
    def _applied(self) -> None:
        at = self.query_one(OptionList).highlighted
        if self._offered and at is not None:
            self.dismiss(self._offered[at])

    @on(OptionList.OptionSelected)
    def _clicked(self, event: OptionList.OptionSelected) -> None:
        if self._offered:
            self.dismiss(self._offered[event.option_index])


class NumberPicker(Picker[str]):
    """Lets the user choose a receiving number, reading only as many numbers as are offered."""

    PLACEHOLDER = mark("type digits or a name")
    NOTHING = mark("no such number")

    def __init__(
        self, title: str, find: Callable[[str, int], Sequence[Choice[str]]], current: str | None
    ) -> None:
        """Create a picker; `find(typed, most)` returns at most `most` matching choices."""
        super().__init__(title, find("", MOST_OFFERED), current)
        self._find = find

    def matching(self, typed: str) -> list[Choice[str]]:
        """Return the choices that match what was typed, at most one more than are offered."""
        return list(self._find(typed, MOST_OFFERED + 1)) if typed.strip() else self._choices


class AccountPicker(Picker[T]):
    """Lets the user choose an account, and shows the state and unread count of each."""

    PLACEHOLDER = mark("type a name")
    NOTHING = mark("no such account")
    LABEL_WIDTH = 50

    def __init__(self, choices: Sequence[Choice[T]], current: T | None) -> None:
        super().__init__(_("Account · unread"), choices, current)


class StatePicker(Picker[MessageState]):
    """Lets the user choose the state of the messages shown; the counts are added later."""

    PLACEHOLDER = mark("type a state")
    NOTHING = mark("no such state")

    def __init__(self, current: MessageState | None) -> None:
        choices: list[Choice[MessageState]] = [Choice(_("all messages"), None)]
        choices += [Choice(_(name), state) for state, name in STATE_NAMES.items()]
        super().__init__(_("State"), choices, current)

    def show_counts(self, counts: Mapping[MessageState | None, int]) -> None:
        """Show how many messages are in each state."""
        self._choices = [
            replace(choice, count=counts.get(choice.value)) for choice in self._choices
        ]
        self.on_resize()


class WindowPicker(Picker[int]):
    """Lets the user choose the hour window, or type any number of hours from 1 to 168."""

    PLACEHOLDER = mark("type hours, 1 to 168")
    NOTHING = mark("only whole hours, 1 to 168")

    def __init__(
        self, counted: Callable[[int | None], tuple[int, int]], current: int | None
    ) -> None:
        """Create a picker; `counted` returns the messages and unread messages in a window."""
        windows = sorted({current, *WINDOWS}, key=lambda hours: hours or PERIOD_HOURS + 1)
        choices = [Choice(_window_label(hours), hours, *counted(hours)) for hours in windows]
        super().__init__(_("Hour window"), choices, current)
        self._counted = counted

    def matching(self, typed: str) -> list[Choice[int]]:
        """Return the window of a typed number of hours, or else the windows that match the text."""
        typed = typed.strip()
        if typed.isascii() and typed.isdigit():
            hours = int(typed[:6])
            if not 1 <= hours <= PERIOD_HOURS:
                return []
            return [Choice(_window_label(hours), hours, *self._counted(hours))]
        return super().matching(typed)


def _window_label(hours: int | None) -> str:
    match hours:
        case None:
            return _("everything kept")
        case 1:
            return _("last hour")
        case 168:
            return _("last 168 h (7 days)")
    return _("last {window}").format(window=window_name(hours))
