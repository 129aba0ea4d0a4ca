"""Commands that choose a filter from a list."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from textual.screen import Screen

from inbox_tui.screens.filters import Filters
from inbox_tui.session import Session
from inbox_tui.sessions import AllSessions
from inbox_tui.text import strip_separators
from inbox_tui.widgets.presentation import Presentation


class FilterCommands:
    """Offers what a filter can be, with the messages of each, and applies what is chosen.

    `current` gives the filters in force, `apply` shows what fits others.
    """

    def __init__(
        self,
        screen: Screen[Any],
        session: Session | AllSessions,
        presentation: Presentation,
        *,
        current: Callable[[], Filters],
        apply: Callable[[Filters], None],
    ) -> None:
        self._screen = screen
        self._session = session
        self._presentation = presentation
        self._current = current
        self._apply = apply

    async def pick_number(self) -> None:
        """Choose the receiving number."""
        from inbox_tui.screens.pickers import Choice, NumberPicker

        chosen_before = self._current().to_phone

        def find(typed: str, most: int) -> list[Choice[str]]:
            numbers = self.receiving_numbers(typed, most)
            choices = [Choice(label, number, messages) for number, label, messages in numbers]
            if typed:
                return choices
            if chosen_before is not None and chosen_before not in [one for one, _, _ in numbers]:
                label = self._presentation.who(chosen_before)
                choices.append(Choice(label, chosen_before, self._count(chosen_before)))
            return [Choice("all numbers", None, self._count(None)), *choices]

        def chosen(choice: Choice[str] | None) -> None:
            if choice is not None:
                self._apply(self._current()._replace(to_phone=choice.value))

        await self._screen.app.push_screen(
            NumberPicker("Receiving number", find, chosen_before), callback=chosen
        )

    def receiving_numbers(self, typed: str, most: int) -> list[tuple[str, str, int]]:
        """The numbers that fit what was typed and received anything in the window, at most `most`.

        Each is digits, label, messages.
        """
        parts = [word.strip("+") for word in strip_separators(typed).split()]
        numbers = self._session.archive.counts.to_phones(
            self._since(self._current().hours),
            parts=[(part, self._presentation.numbers_named(part)) for part in parts],
            most=most,
        )
        return [
            (number, self._presentation.who(number), messages) for number, messages, _ in numbers
        ]

    def _since(self, hours: int | None) -> int | None:
        return None if hours is None else self._session.window_start(hours)

    def _count(self, to_phone: str | None) -> int:
        """How many messages to a number, or to all, are in the window."""
        since = self._since(self._current().hours)
        return self._session.archive.counts.windows(to_phone, [since])[0][0]

    def jump_to(self, number: str) -> None:
        """Show the messages to this receiving number only, of whatever sender."""
        self._apply(self._current()._replace(to_phone=number, phone=None))

    async def pick_window(self) -> None:
        """Choose the hour window."""
        from inbox_tui.screens.pickers import Choice, WindowPicker

        def counted(hours: int | None) -> int:
            counts = self._session.archive.counts
            return counts.windows(self._current().to_phone, [self._since(hours)])[0][0]

        def chosen(choice: Choice[int] | None) -> None:
            if choice is not None:
                self._apply(self._current()._replace(hours=choice.value))

        picker = WindowPicker(counted, self._current().hours)
        await self._screen.app.push_screen(picker, callback=chosen)
