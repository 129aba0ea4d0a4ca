"""Commands that copy the code or text of a message, or open a link in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Final

from inbox_tui.archive import Query, Row, server_seconds
from inbox_tui.locale import _
from inbox_tui.screens.context import InboxContext
from inbox_tui.screens.selection import Selection
from inbox_tui.text import CODE_WITHIN, LINKS_WITHIN, find_code, find_links
from inbox_tui.text.search_query import Has, SearchQuery
from inbox_tui.widgets.presentation import grouped

if TYPE_CHECKING:
    from inbox_tui.screens.link_dialog import LinkChoice

_OLD_AFTER: Final = 3600
"""Age in seconds above which a code is copied only by a second key press."""
_AGAIN_WITHIN: Final = 10
"""Seconds within which a key press counts as the second one."""
_CODES_FROM: Final = 7 * 24 * 3600
"""Age in seconds up to which a code is looked for, so as not to search the whole archive."""


class CopyCommands:
    """Copies parts of the selected message, and opens its links."""

    def __init__(self, context: InboxContext, selection: Selection) -> None:
        self._context = context
        self._selection = selection
        self._old_code: int | None = None
        """The row of the newest code at the last key press."""
        self._old_code_at = 0.0
        self.handlers: Mapping[str, Callable[[], object]] = {
            "copy_code": self.copy_code,
            "copy_newest_code": self.copy_newest_code,
            "copy_message": self.copy_message,
            "open_link": self.open_link,
        }
        """The functions of these commands, by name in the command table."""

    def copy_code(self) -> None:
        """Copy the code in the selected message, letters and digits only."""
        if (row := self._selection.row()) is None:
            return
        code = find_code(row.message)
        if code is None:
            copies = _("{key} copies its text").format(key=self._context.keys.label("copy_message"))
            nothing = self._nothing_in(row, _("no code from {message}"), CODE_WITHIN)
            self._context.show_notice(f"{nothing} · {copies}")
        else:
            self.copy(code.text, self._of(row, _("copied {code} of {message}"), code=code.text))

    def copy_newest_code(self) -> None:
        """Copy the newest code of the last 7 days; if older than an hour, at the second press."""
        self._context.screen.run_worker(
            self._copy_newest_code(), group="newest code", exclusive=True
        )

    async def _copy_newest_code(self) -> None:
        clock = self._context.clock
        now = server_seconds(clock.now(), self._context.presentation.server_zone)
        wanted = Query(since=now - _CODES_FROM, search=SearchQuery(contents=(Has("code"),)))
        found = await self._context.in_archive(
            lambda account: account.lists.window(account.lists.open(wanted, first=1), 0, 1)
        )
        if found is None:
            return
        row = found[0] if found else None
        code = find_code(row.message) if isinstance(row, Row) else None
        if not isinstance(row, Row) or code is None:
            self._context.show_notice(_("no code in the last 7 days"))
            return
        pressed = clock.moment().seconds
        again = self._old_code == row.row and pressed - self._old_code_at <= _AGAIN_WITHIN
        self._old_code, self._old_code_at = row.row, pressed
        if again or now - row.received <= _OLD_AFTER:
            self.copy(code.text, self._of(row, _("copied {code} of {message}"), code=code.text))
        else:
            old = _("the newest code is old: {message} · {key} again copies it")
            self._context.show_notice(
                self._of(row, old, key=self._context.keys.label("copy_newest_code"))
            )

    def copy_message(self) -> None:
        """Copy the exact text of the selected message."""
        if (row := self._selection.row()) is not None:
            self.copy(row.message, self._of(row, _("copied the text of {message}")))

    def copy_part(self, text: str, row: Row | None) -> None:
        """Copy text selected with the mouse; `row` is the message it belongs to, if known."""
        whole = _("copied the selection")
        self.copy(text, self._of(row, _("copied the selection of {message}")) if row else whole)

    def copy(self, text: str, notice: str) -> None:
        """Copy text through the terminal, and to the clipboards of this machine if possible."""
        text = text.encode("utf-8", "replace").decode()  # lone surrogates can't be encoded
        self._context.screen.app.copy_to_clipboard(text)
        self._context.show_notice(notice)
        from inbox_tui.terminal.clipboard import copy_here

        self._context.screen.run_worker(lambda: copy_here(text), group="copy", thread=True)

    async def open_link(self) -> None:
        """Show where the links in the selected message lead, and open or copy one."""
        if (row := self._selection.row()) is None:
            return
        links = find_links(row.message)
        if not links:
            self._context.show_notice(
                self._nothing_in(row, _("no link from {message}"), LINKS_WITHIN)
            )
            return
        from inbox_tui.screens.link_dialog import LinkScreen

        await self._context.screen.app.push_screen(
            LinkScreen(links), callback=partial(self._link_chosen, row)
        )

    def _link_chosen(self, row: Row, choice: LinkChoice | None) -> None:
        from inbox_tui.terminal.clipboard import has_desktop

        if choice is None:
            return
        if choice.act == "open" and has_desktop():
            self._context.screen.app.open_url(choice.url)
            self._context.show_notice(
                self._of(row, _("opened the link of {message} · in the browser"))
            )
        elif choice.act == "open":
            copied = self._of(row, _("copied the link of {message}"))
            self.copy(choice.url, copied + " · " + _("no browser on this machine"))
        else:
            self.copy(choice.url, self._of(row, _("copied the link of {message}")))

    def _of(self, row: Row, sentence: str, **values: str) -> str:
        """Format a sentence, with a description of `row` as its `{message}`."""
        return sentence.format(message=self._selection.describe(row), **values)

    def _nothing_in(self, row: Row, sentence: str, within: int) -> str:
        """Return `sentence` and, for a message longer than `within`, how much was searched."""
        where = self._of(row, sentence)
        if len(row.message) > within:
            looked_at = _("checked its first {count} characters").format(count=grouped(within))
            return f"{where} · {looked_at}"
        return where
