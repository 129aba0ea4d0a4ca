"""Commands that take something out of a message: its code, its text, a link."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from textual.screen import Screen

from inbox_tui.archive import Row
from inbox_tui.commands import CommandKeys
from inbox_tui.locale import _
from inbox_tui.screens.selection import Selection
from inbox_tui.text import CODE_WITHIN, LINKS_WITHIN, find_code, find_links
from inbox_tui.widgets.presentation import grouped

if TYPE_CHECKING:
    from inbox_tui.screens.link import LinkChoice


class CopyCommands:
    """Copies parts of the selected message, and opens its links."""

    def __init__(
        self,
        screen: Screen[Any],
        selection: Selection,
        *,
        say: Callable[[str], None],
        keys: CommandKeys,
    ) -> None:
        self._screen = screen
        self._selection = selection
        self._say = say
        self._keys = keys

    def copy_code(self) -> None:
        """Copy the code of the message: its letters and digits."""
        if (row := self._selection.row()) is None:
            return
        code = find_code(row.message)
        if code is None:
            copies = _("{key} copies its text").format(key=self._keys.label("copy_message"))
            nothing = self._nothing_in(row, _("no code from {message}"), CODE_WITHIN)
            self._say(f"{nothing} · {copies}")
        else:
            self.copy(code.text, self._of(row, _("copied {code} of {message}"), code=code.text))

    def copy_message(self) -> None:
        """Copy the text of the message, exact."""
        if (row := self._selection.row()) is not None:
            self.copy(row.message, self._of(row, _("copied the text of {message}")))

    def copy(self, text: str, notice: str) -> None:
        """Copy a text by way of the terminal, and of this machine where that can be."""
        text = text.encode("utf-8", "replace").decode()  # half a surrogate pair goes nowhere
        self._screen.app.copy_to_clipboard(text)
        self._say(notice)
        from inbox_tui.terminal.clipboard import copy_here

        self._screen.run_worker(lambda: copy_here(text), group="copy", thread=True)

    async def open_link(self) -> None:
        """Show where the links of the message lead, and open one."""
        if (row := self._selection.row()) is None:
            return
        links = find_links(row.message)
        if not links:
            self._say(self._nothing_in(row, _("no link from {message}"), LINKS_WITHIN))
            return
        from inbox_tui.screens.link import LinkScreen

        await self._screen.app.push_screen(
            LinkScreen(links), callback=partial(self._link_chosen, row)
        )

    def _link_chosen(self, row: Row, choice: LinkChoice | None) -> None:
        from inbox_tui.terminal.clipboard import has_desktop

        if choice is None:
            return
        if choice.act == "open" and has_desktop():
            self._screen.app.open_url(choice.url)
            self._say(self._of(row, _("opened the link of {message} · in the browser")))
        elif choice.act == "open":
            copied = self._of(row, _("copied the link of {message}"))
            self.copy(choice.url, f"{copied} · {_('no browser on this machine')}")
        else:
            self.copy(choice.url, self._of(row, _("copied the link of {message}")))

    def _of(self, row: Row, sentence: str, **values: str) -> str:
        """Return a sentence that says which `{message}` it is about."""
        return sentence.format(message=self._selection.describe(row), **values)

    def _nothing_in(self, row: Row, sentence: str, within: int) -> str:
        """Return that there is no code or link in a message, and how much of it was looked at."""
        where = self._of(row, sentence)
        if len(row.message) > within:
            looked_at = _("looked at its first {count} characters").format(count=grouped(within))
            return f"{where} · {looked_at}"
        return where
