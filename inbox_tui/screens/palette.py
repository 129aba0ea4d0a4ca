"""The command palette: every key as a command, and a jump to each receiving number."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any, Final, NamedTuple

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from textual.theme import ThemeProvider

from inbox_tui.commands import COMMANDS, CommandKeys, key_label
from inbox_tui.locale import _, plural
from inbox_tui.screens.inbox import InboxScreen
from inbox_tui.text import fold_text, sanitize
from inbox_tui.widgets.presentation import capital, grouped

HINT_WIDTH = 7
MOST_NUMBERS = 100
"""So many receiving numbers are offered: typing narrows them."""
_WORD: Final = re.compile(r"\w+")
_RANK_STEP: Final = 1000
"""More than the score of any match, and than the letters of any line."""


class _Offer(NamedTuple):
    """A line of the palette."""

    words: str
    hint: str
    """What stands before them: a key, or how many messages there are."""
    run: Callable[[], object]
    names: str = ""
    """What it is found by beside its words, with commas between."""
    found: bool = False
    """Whether what is typed has found it already: a number with a name is found by its digits."""


def _rank(typed: str, words: str, names: str) -> int:
    """Return how well words fit what is typed.

    3: it is one of the names, 2: whole words, 1: beginnings of words, 0: less.
    """
    typed = fold_text(typed)
    if typed.strip() in fold_text(names).split(", "):
        return 3
    there = _WORD.findall(fold_text(f"{words} {names}"))
    looked_for = _WORD.findall(typed)
    if not looked_for:
        return 0
    if all(word in there for word in looked_for):
        return 2
    return int(all(any(each.startswith(word) for each in there) for word in looked_for))


class InboxCommands(Provider):
    """What can be done in the inbox, by name. A number may be anyone's words: it is no markup."""

    async def discover(self) -> Hits:
        """Everything, while nothing is typed."""
        async for offer in self._offers():
            yield DiscoveryHit(_line(Content(offer.words), offer.hint), offer.run, text=offer.words)

    async def search(self, query: str) -> Hits:
        """What fits the words typed: whole words first, then beginnings, then scattered letters."""
        matcher = self.matcher(query)
        hits = []
        async for offer in self._offers(query):
            words = offer.words
            score, places = matcher.fuzzy_search.match(query, words)
            if rank := _rank(query, words, offer.names):
                score = rank * _RANK_STEP - len(words)
            if score > 0 or offer.found:
                shown = Content(words)
                for place in places:
                    shown = shown.stylize(self.match_style or "bold", place, place + 1)
                hits.append(Hit(score, _line(shown, offer.hint), offer.run, text=words))
        for hit in hits or [_nothing_found()]:
            yield hit

    async def _offers(self, typed: str = "") -> AsyncIterator[_Offer]:
        screen = self.screen
        inbox = screen if isinstance(screen, InboxScreen) else None
        keys = CommandKeys() if inbox is None else inbox.context.keys
        for command in COMMANDS:
            action = command.textual_action
            everywhere = action.startswith("app.")
            if not command.in_palette or not (inbox or everywhere):
                continue
            run = screen.run_action if inbox is None or everywhere else inbox.do
            yield _Offer(
                capital(_(command.description)),
                keys.label(command.name) if keys.of(command.name) else "",
                partial(run, action),
                f"{_(command.hint)}, {_(command.also)}",
            )
        if inbox is not None:
            filtering = inbox.filtering
            view_keys = keys.of("view")
            for place, name in enumerate(filtering.views()):
                key = key_label(view_keys[place]) if place < len(view_keys) else ""
                yield _Offer(
                    _("View {name}").format(name=sanitize(name)),
                    key,
                    partial(filtering.show_view, place + 1),
                )
            leads = ("to", _("To ").strip().casefold())
            wanted = " ".join(word for word in typed.split() if word.casefold() not in leads)
            for number, label, messages, unread in filtering.receiving_numbers(
                wanted, MOST_NUMBERS
            ):
                words = _("To ") + sanitize(label)
                if unread:
                    words += " · " + plural("{count} unread", "{count} unread", unread)
                jump = partial(filtering.jump_to, number)
                yield _Offer(words, grouped(messages), jump, found=True)


class ThemeCommands(ThemeProvider):
    """The themes, by name; the one chosen is kept."""

    @property
    def commands(self) -> list[tuple[str, Callable[[], Any]]]:
        """The names of the themes, and what chooses each."""
        return [
            (name, partial(self.app.run_action, f"app.choose_theme({name!r})"))
            for name in sorted(self.app.available_themes)
        ]

    async def search(self, query: str) -> Hits:
        """The themes that fit what is typed."""
        for hit in [hit async for hit in super().search(query)] or [_nothing_found()]:
            yield hit


def _nothing_found() -> Hit:
    """Stand in the place of commands where none fits: Textual's own line is English alone."""
    return Hit(0, Content.styled(_("nothing found"), "dim"), lambda: None)


def _line(words: Content, hint: str) -> Content:
    """Put the key of a command before it, or the number of messages, in a column of its own."""
    return Content.assemble((hint.ljust(HINT_WIDTH), "$foreground 60%"), words)
