"""Commands that change the filters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

from inbox_tui.archive import AnyAccount, Query
from inbox_tui.locale import _
from inbox_tui.screens.context import InboxContext
from inbox_tui.screens.filters import CurrentFilters, Filters
from inbox_tui.text import strip_separators
from inbox_tui.text.phones import phone_key
from inbox_tui.widgets.filter_bar import ChipName

if TYPE_CHECKING:
    from inbox_tui.screens.pickers import Choice, Picker, StatePicker
    from inbox_tui.text.search_query import MessageState

T = TypeVar("T")

CHIPS: Final[dict[ChipName, str]] = {
    "to": "pick_number",
    "window": "pick_window",
    "search": "search",
    "state": "pick_state",
}
"""The command that a click on each chip of the filter bar runs."""


class FilterCommands:
    """Offers the values of a filter with their message counts, and applies the one chosen.

    `apply` shows the messages that match new filters.
    """

    def __init__(
        self, context: InboxContext, filters: CurrentFilters, apply: Callable[[Filters], None]
    ) -> None:
        self._context = context
        self._filters = filters
        self._apply = apply
        self.handlers: Mapping[str, Callable[[], object]] = {
            "pick_number": self.pick_number,
            "pick_window": self.pick_window,
            "pick_state": self.pick_state,
            "toggle_unread": self.toggle_unread,
            "clear_filters": self.clear,
        }
        """The functions of these commands, by name in the command table."""

    async def pick_number(self) -> None:
        """Let the user choose the receiving number."""
        from inbox_tui.screens.pickers import Choice, NumberPicker

        filters = self._filters.chosen
        chosen_before, account = filters.to_phone, self._context.account

        def find(typed: str, most: int) -> list[Choice[str]]:
            numbers, since = self.receiving_numbers(typed, most), self._since(filters.hours)
            count = partial(account.counts.since, since)
            if filters.phone is not None:
                count = partial(_to_number, account.counts.of_sender(filters.phone, since))
                numbers = [(one, label, *count(one)) for one, label, *_ in numbers]
            choices = [Choice(label, number, *counts) for number, label, *counts in numbers]
            choices += self._named_only(typed, most - len(choices))
            if typed:
                return choices
            if chosen_before is not None and chosen_before not in [one for one, *_ in numbers]:
                label = self._context.presentation.who(chosen_before)
                choices.append(Choice(label, chosen_before, *count(chosen_before)))
            return [Choice(_("all numbers"), None, *count(None)), *choices]

        picker = NumberPicker(_("Receiving number"), find, chosen_before)
        await self._pick(picker, lambda filters, number: filters._replace(to_phone=number))

    async def _pick(
        self, picker: Picker[T], change: Callable[[Filters, T | None], Filters]
    ) -> None:
        """Open a picker, and apply the filters that `change` returns for the choice."""

        def chosen(choice: Choice[T] | None) -> None:
            if choice is not None:
                self._apply(change(self._filters.chosen, choice.value))

        await self._context.screen.app.push_screen(picker, callback=chosen)

    def receiving_numbers(self, typed: str, most: int) -> list[tuple[str, str, int, int]]:
        """Return at most `most` receiving numbers with messages in the window that match `typed`.

        Each is a tuple of the number, its label, its messages and its unread messages.
        """
        parts = [word.strip("+") for word in strip_separators(typed).split()]
        numbers = self._context.account.counts.to_phones(
            self._since(self._filters.chosen.hours),
            parts=[(part, self._context.presentation.numbers_named(part)) for part in parts],
            most=most,
        )
        return [
            (number, self._context.presentation.who(number), messages, unread)
            for number, messages, unread in numbers
        ]

    def _named_only(self, typed: str, most: int) -> list[Choice[str]]:
        """Return choices for numbers named in the settings that have no messages yet."""
        from inbox_tui.screens.pickers import Choice

        counts, parts = self._context.account.counts, strip_separators(typed).split()
        in_use = set(map(phone_key, counts.in_use()))
        named = {
            phone: name
            for phone, name in self._context.session.settings.names.items()
            if phone.isdecimal()
            and phone_key(phone) not in in_use
            and all(part.strip("+") in f"{phone} {strip_separators(name)}" for part in parts)
        }
        senders = counts.senders_among(named)
        unused = [Choice(name, phone, 0) for phone, name in named.items() if phone not in senders]
        return unused[:most]

    def _since(self, hours: int | None) -> int | None:
        return None if hours is None else self._context.session.window_start(hours)

    def _count(self, to_phone: str | None, hours: int | None) -> tuple[int, int]:
        """Return how many messages to a number, or to all, are in a window, and how many unread.

        In a conversation, only messages from its sender count.
        """
        since, phone = self._since(hours), self._filters.chosen.phone
        return _counted(self._context.account, Query(to_phone=to_phone, since=since, phone=phone))

    def jump_to(self, number: str) -> None:
        """Show only messages to this receiving number, from any sender."""
        self._apply(self._filters.chosen._replace(to_phone=number, phone=None))

    async def pick_window(self) -> None:
        """Let the user choose the hour window."""
        from inbox_tui.screens.pickers import WindowPicker

        filters = self._filters.chosen
        picker = WindowPicker(partial(self._count, filters.to_phone), filters.hours)
        await self._pick(picker, lambda filters, hours: filters._replace(hours=hours))

    def toggle_unread(self) -> None:
        """Show unread messages only, or all again."""
        filters = self._filters.chosen
        self._apply(filters._replace(state=None if filters.state == "unread" else "unread"))

    def clear(self) -> None:
        """Clear all filters or, if a search is combined with others, only those others."""
        filters = self._filters.chosen
        if not filters.any:
            self._context.show_notice(_("no filters are set"))
        self._apply(Filters(search=filters.search if filters.beside_search else ""))

    def views(self) -> list[str]:
        """Return the names of the views in the settings."""
        return list(self._context.session.settings.views)

    def show_view(self, number: int) -> None:
        """Show a view from the settings (1 is the first): the messages that its search finds."""
        searches = list(self._context.session.settings.views.values())
        if number <= len(searches):
            self._apply(Filters(search=searches[number - 1]))
        else:
            none = _("no view {number} yet: add one to [views] in config.toml")
            self._context.show_notice(none.format(number=number))

    async def pick_state(self) -> None:
        """Let the user choose the state of the messages shown."""
        from inbox_tui.screens.pickers import StatePicker

        picker = StatePicker(self._filters.chosen.state)
        await self._pick(picker, lambda filters, state: filters._replace(state=state))
        self._context.screen.run_worker(self._show_counts(picker), group="counts", exclusive=True)

    async def _show_counts(self, picker: StatePicker) -> None:
        filters = self._filters.chosen
        query = Query(
            to_phone=filters.to_phone, since=self._since(filters.hours), phone=filters.phone
        )

        def count(account: AnyAccount) -> dict[MessageState | None, int]:
            states: tuple[MessageState, ...] = ("starred", "done", "muted")
            counts: dict[MessageState | None, int] = {
                state: account.lists.count(query._replace(state=state)) for state in states
            }
            total, unread = _counted(account, query)
            return counts | {None: total, "unread": unread, "todo": total - counts["done"]}

        counts = await self._context.in_archive(count)
        if counts is not None and picker.is_current:
            picker.show_counts(counts)


def _counted(account: AnyAccount, query: Query) -> tuple[int, int]:
    """Return how many messages match the number, window and sender, and how many are unread."""
    if query.phone is None:
        return account.counts.since(query.since, query.to_phone)
    return _to_number(account.counts.of_sender(query.phone, query.since), query.to_phone)


def _to_number(
    of_sender: Mapping[str, tuple[int, int]], to_phone: str | None = None
) -> tuple[int, int]:
    """Return the messages and unread messages from a sender to one receiving number or to all.

    `of_sender` has both counts by receiving number.
    """
    if to_phone is not None:
        return of_sender.get(to_phone, (0, 0))
    return sum(total for total, _ in of_sender.values()), sum(
        unread for _, unread in of_sender.values()
    )
