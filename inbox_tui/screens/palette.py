"""The command palette: commands, the user's views, and receiving numbers to show."""

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
"""How many receiving numbers are offered at most; typing narrows them."""
_WORD: Final = re.compile(r"\w+")
_RANK_STEP: Final = 1000
"""More than the score of any fuzzy match, and more than the length of any line."""


class _Offer(NamedTuple):
    """A line of the palette."""

    words: str
    hint: str
    """The text before the words: a key, or how many messages there are."""
    run: Callable[[], object]
    names: str = ""
    """Other words by which it is found, separated by commas."""
    found: bool = False
    """Whether it matches even if its words do not: a named number is also found by its digits."""


def _rank(typed: str, words: str, names: str) -> int:
    """Return how well a line matches what is typed.

    3: it is one of the names, 2: whole words, 1: beginnings of words, 0: none of these.
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
    """What can be done in the inbox. Lines are not markup: a number may hold any characters."""

    async def discover(self) -> Hits:
        """Yield everything, while nothing is typed."""
        async for offer in self._offers():
            yield DiscoveryHit(_line(Content(offer.words), offer.hint), offer.run, text=offer.words)

    async def search(self, query: str) -> Hits:
        """Yield the lines that match, by whole words, by beginnings of words or by letters."""
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
            run = screen.run_action if inbox is None or everywhere else inbox.run_from_palette
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
                    partial(inbox.run_from_palette, f"view({place + 1})"),
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
    """The themes by name; the one chosen is written to the settings."""

    @property
    def commands(self) -> list[tuple[str, Callable[[], Any]]]:
        """The names of the themes, each with the function that chooses it."""
        return [
            (name, partial(self.app.run_action, f"app.choose_theme({name!r})"))
            for name in sorted(self.app.available_themes)
        ]

    async def search(self, query: str) -> Hits:
        """Yield the themes that match what is typed."""
        for hit in [hit async for hit in super().search(query)] or [_nothing_found()]:
            yield hit


def _nothing_found() -> Hit:
    """Return a line for when nothing matches: Textual's own is in English only."""
    return Hit(0, Content.styled(_("nothing found"), "dim"), lambda: None)


def _line(words: Content, hint: str) -> Content:
    """Return a line of the palette: a key or a number of messages in a column, then the words."""
    return Content.assemble((hint.ljust(HINT_WIDTH), "$foreground 60%"), words)
