"""The command palette: every key as a command, and a jump to each receiving number."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from typing import Any

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from inbox_tui.commands import COMMANDS, CommandKeys, key_label
from inbox_tui.locale import _, plural
from inbox_tui.screens.inbox import InboxScreen
from inbox_tui.text import sanitize
from inbox_tui.widgets.presentation import capital, grouped

HINT_WIDTH = 7
MOST_NUMBERS = 100
"""So many receiving numbers are offered: typing narrows them."""


class InboxCommands(Provider):
    """What can be done in the inbox, by name. A number may be anyone's words: it is no markup."""

    async def discover(self) -> Hits:
        """Everything, while nothing is typed."""
        async for words, hint, run in self._commands():
            yield DiscoveryHit(_line(Content(words), hint), run, text=words)

    async def search(self, query: str) -> Hits:
        """What fits the words typed."""
        matcher = self.matcher(query)
        nothing = True
        async for words, hint, run in self._commands(query):
            score, places = matcher.fuzzy_search.match(query, words)
            if score > 0 or words.startswith(
                _("To ")
            ):  # a number with a name is found by its digits
                nothing = False
                shown = Content(words)
                for place in places:
                    shown = shown.stylize(self.match_style or "bold", place, place + 1)
                yield Hit(score, _line(shown, hint), run, text=words)
        if nothing:
            yield _nothing_found()

    async def _commands(self, typed: str = "") -> AsyncIterator[tuple[str, str, partial[Any]]]:
        screen = self.screen
        inbox = screen if isinstance(screen, InboxScreen) else None
        keys = CommandKeys() if inbox is None else inbox.keys
        for command in COMMANDS:
            action = command.textual_action
            everywhere = action.startswith("app.")
            if not command.in_palette or not (inbox or everywhere):
                continue
            words = _(command.description)
            words = capital(words)
            run = screen.run_action if inbox is None or everywhere else inbox.do
            key = keys.label(command.name) if keys.of(command.name) else ""
            yield words, key, partial(run, action)
        if inbox is not None:
            filtering = inbox.filtering
            view_keys = keys.of("view")
            for place, name in enumerate(filtering.views()):
                key = key_label(view_keys[place]) if place < len(view_keys) else ""
                yield (
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
                yield (
                    words,
                    grouped(messages),
                    partial(filtering.jump_to, number),
                )


class ThemeCommands(Provider):
    """The themes, by name; the one chosen is kept."""

    async def discover(self) -> Hits:
        """Every theme, while nothing is typed."""
        for name in sorted(self.app.available_themes):
            yield DiscoveryHit(name, self._choose(name))

    async def search(self, query: str) -> Hits:
        """The themes that fit what is typed."""
        matcher = self.matcher(query)
        nothing = True
        for name in sorted(self.app.available_themes):
            if (score := matcher.match(name)) > 0:
                nothing = False
                yield Hit(score, matcher.highlight(name), self._choose(name))
        if nothing:
            yield _nothing_found()

    def _choose(self, name: str) -> partial[Any]:
        return partial(self.app.run_action, f"app.choose_theme({name!r})")


def _nothing_found() -> Hit:
    """Stand in the place of commands where none fits: Textual's own line is English alone."""
    return Hit(0, Content.styled(_("nothing found"), "dim"), lambda: None)


def _line(words: Content, hint: str) -> Content:
    """Put the key of a command before it, or the number of messages, in a column of its own."""
    return Content.assemble((hint.ljust(HINT_WIDTH), "$foreground 60%"), words)
