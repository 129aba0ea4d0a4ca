"""Commands that choose a filter from a list."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from textual.screen import Screen

from inbox_tui.screens.filters import Filters
from inbox_tui.session import Session
from inbox_tui.widgets.presentation import Presentation

MOST_NAMED: Final = 1000
"""So many receiving numbers are written as their countries do; more would take too long."""


class FilterCommands:
    """Offers what a filter can be, with the messages of each, and applies what is chosen.

    `current` gives the filters in force, `apply` shows what fits others.
    """

    def __init__(
        self,
        screen: Screen[Any],
        session: Session,
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
        from inbox_tui.screens.pickers import Choice, Picker

        numbers = self.receiving_numbers()
        choices: list[Choice[str]] = [
            Choice("all numbers", None, sum(messages for _, _, messages in numbers)),
            *(Choice(label, number, messages, number) for number, label, messages in numbers),
        ]

        def chosen(choice: Choice[str] | None) -> None:
            if choice is not None:
                self._apply(self._current()._replace(to_phone=choice.value))

        await self._screen.app.push_screen(
            Picker("Receiving number", choices, self._current().to_phone), callback=chosen
        )

    def receiving_numbers(self) -> list[tuple[str, str, int]]:
        """The numbers that received anything in the window: digits, label, messages."""
        hours = self._current().hours
        since = None if hours is None else self._session.window_start(hours)
        numbers = self._session.archive.counts.to_phones(since)
        return [
            (number, self._presentation.who(number) if at < MOST_NAMED else number, messages)
            for at, (number, messages, _) in enumerate(numbers)
        ]

    def jump_to(self, number: str) -> None:
        """Show the messages to this receiving number only, of whatever sender."""
        self._apply(self._current()._replace(to_phone=number, phone=None))

    async def pick_window(self) -> None:
        """Choose the hour window."""
        from inbox_tui.screens.pickers import Choice, WindowPicker

        def counted(hours: int | None) -> int:
            since = None if hours is None else self._session.window_start(hours)
            counts = self._session.archive.counts
            return counts.windows(self._current().to_phone, [since])[0][0]

        def chosen(choice: Choice[int] | None) -> None:
            if choice is not None:
                self._apply(self._current()._replace(hours=choice.value))

        picker = WindowPicker(counted, self._current().hours)
        await self._screen.app.push_screen(picker, callback=chosen)
