"""The command palette: every key as a command, and a jump to each receiving number."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from typing import Any, NamedTuple

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from inbox_tui.screens.inbox import InboxScreen
from inbox_tui.text import sanitize
from inbox_tui.widgets.presentation import grouped

HINT_WIDTH = 7


class _Command(NamedTuple):
    words: str
    key: str
    action: str


COMMANDS = (
    _Command("Refresh", "r", "refresh"),
    _Command("Search text, sender or code", "/", "search"),
    _Command("Choose the receiving number", "p", "pick_number"),
    _Command("Choose the hour window", "w", "pick_window"),
    _Command("Show unread only, or all", "u", "toggle_unread"),
    _Command("Clear all filters", "x", "clear_filters"),
    _Command("Go to the next unread", "n", "next_unread"),
    _Command("Mark read or unread", "m", "toggle_read"),
    _Command("Mark all shown read", "M", "mark_all_read"),
    _Command("Undo mark all read", "Ctrl+Z", "undo_marks"),
    _Command("Copy the code", "c", "copy_code"),
    _Command("Copy the text", "y", "copy_message"),
    _Command("Open the link", "o", "open_link"),
    _Command("The sender's conversation", "t", "conversation"),
    _Command("Export what is shown", "e", "export"),
    _Command("Make the list smaller", "<", "share(-1)"),
    _Command("Make the list larger", ">", "share(1)"),
    _Command("Help: all keys", "?", "help"),
)
"""What can be done in the inbox."""
EVERYWHERE = (_Command("Theme", "", "app.change_theme"), _Command("Quit", "Ctrl+Q", "app.quit"))
"""What can be done on every screen."""


class InboxCommands(Provider):
    """What can be done in the inbox, by name. A number may be anyone's words: it is no markup."""

    async def discover(self) -> Hits:
        """Everything, while nothing is typed."""
        async for words, hint, run in self._commands():
            yield DiscoveryHit(_line(Content(words), hint), run, text=words)

    async def search(self, query: str) -> Hits:
        """What fits the words typed."""
        matcher = self.matcher(query)
        async for words, hint, run in self._commands():
            score, places = matcher.fuzzy_search.match(query, words)
            if score > 0:
                shown = Content(words)
                for place in places:
                    shown = shown.stylize(self.match_style or "bold", place, place + 1)
                yield Hit(score, _line(shown, hint), run, text=words)

    async def _commands(self) -> AsyncIterator[tuple[str, str, partial[Any]]]:
        screen = self.screen
        if isinstance(screen, InboxScreen):
            for command in COMMANDS:
                yield command.words, command.key, partial(screen.do, command.action)
        for command in EVERYWHERE:
            yield command.words, command.key, partial(screen.run_action, command.action)
        if isinstance(screen, InboxScreen):
            for number, label, messages in screen.receiving_numbers():
                yield f"To {sanitize(label)}", grouped(messages), partial(screen.jump_to, number)


def _line(words: Content, hint: str) -> Content:
    """Put the key of a command before it, or the number of messages, in a column of its own."""
    return Content.assemble((hint.ljust(HINT_WIDTH), "$foreground 60%"), words)
