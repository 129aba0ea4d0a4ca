"""Commands that change the states of messages, and undo."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Final

from inbox_tui.archive import AnyAccount, Listing, Row, StateChange
from inbox_tui.archive.team_states import TAKEN
from inbox_tui.locale import _, mark
from inbox_tui.screens.context import InboxContext
from inbox_tui.screens.selection import Selection
from inbox_tui.session import UndoableChange
from inbox_tui.text import sanitize
from inbox_tui.widgets.presentation import grouped

if TYPE_CHECKING:
    from textual.timer import Timer

    from inbox_tui.archive.messages import Messages
    from inbox_tui.archive.records import ChangedState

DWELL_SECONDS = 1.0
"""Seconds after which a message that is on screen counts as read."""
_WORDS: Final[dict[tuple[ChangedState, bool], str]] = {
    ("unread", False): mark("marked read: {message}"),
    ("unread", True): mark("marked unread: {message}"),
    ("starred", True): mark("starred: {message}"),
    ("starred", False): mark("star removed: {message}"),
    ("done", True): mark("marked done: {message}"),
    ("done", False): mark("marked to do: {message}"),
    ("taken", True): mark("taken: {message}"),
    ("taken", False): mark("given back: {message}"),
}
"""The notice for each change of a message's state."""


class StateCommands:
    """Changes the states of messages in the archive, one change after another.

    `changed` is called after each change.
    """

    def __init__(
        self, context: InboxContext, selection: Selection, changed: Callable[[], None]
    ) -> None:
        self._context = context
        self._selection = selection
        self._changed = changed
        self._dwell: Timer | None = None
        self._wanted: dict[tuple[int | str, str], bool] = {}
        """Changes that are not in the archive yet: values by row or sender, and state."""
        self.handlers: Mapping[str, Callable[[], object]] = {
            "toggle_read": partial(self.toggle, "unread"),
            "star": partial(self.toggle, "starred"),
            "done": partial(self.toggle, "done"),
            "mute": self.toggle_muted,
            "take": self.take,
            "undo": self.undo,
        }
        """The functions of these commands, by name in the command table."""

    def toggle(self, state: ChangedState) -> None:
        """Set or clear a state (`unread`, `starred`, `done`, `taken`) of the selected message."""
        if (row := self._selection.row()) is not None:
            value = not self._wanted.get((row.row, state), getattr(row, state))
            self._context.show_notice(self._words(row, state, value))
            self._set(row, state, value)

    def begin_reading(self, row: Row | None) -> None:
        """Mark a message read after `DWELL_SECONDS`, unless this is called again before."""
        if self._dwell is not None:
            self._dwell.stop()
            self._dwell = None
        if row is not None and row.unread:
            self._dwell = self._context.screen.set_timer(
                DWELL_SECONDS, partial(self.mark_read, row)
            )

    def mark_read(self, row: Row) -> None:
        """Mark a message read, without a notice."""
        if self._wanted.get((row.row, "unread"), row.unread):
            self._set(row, "unread", False)

    def toggle_muted(self) -> None:
        """Mute or unmute the sender of the selected message."""
        if (row := self._selection.row()) is None:
            return
        muted = not self._wanted.get((row.phone, "muted"), row.muted)
        who = sanitize(self._context.presentation.who(row.phone))
        words = (_("muted: {who}") if muted else _("no longer muted: {who}")).format(who=who)
        told = _("no notices, not counted as unread")
        told = told if muted else _("announced and counted again")
        self._context.show_notice(f"{words} · {told}")
        self._ask(
            (row.phone, "muted"),
            muted,
            words,
            lambda it: it.mute(row.phone, muted=muted, account_id=row.account_id),
        )

    def take(self) -> None:
        """Take the selected message, or give it back, unless a colleague has taken it."""
        if (row := self._selection.row()) is None:
            return
        team = self._context.account.team
        if not team.has(row.account_id):
            self._context.show_notice(_("taking needs a team: see 'inbox-tui team --help'"))
        elif row.taken == TAKEN and (row.row, "taken") not in self._wanted:
            who = next((one.who for one in team.of_message(row) if one.state == "taken"), "")
            self._context.show_notice(self._by(_("{who} has it: {message}"), who, row))
        else:
            self.toggle("taken")

    def show_taken(self, row: int, who: str) -> None:
        """Say that a colleague took the message with this row first."""
        if (found := self._context.account.messages.read([row]).get(row)) is not None:
            self._context.show_notice(self._by(_("{who} took it first: {message}"), who, found))

    def _by(self, sentence: str, who: str, row: Row) -> str:
        return sentence.format(who=sanitize(who), message=self._selection.describe(row))

    def mark_all_read(self, listing: Listing | None) -> None:
        """Mark everything read that matches a list's query and had come when it was loaded."""
        if listing is not None and self._selection.settled():
            self._context.write(self._mark_all_read(listing))

    async def _mark_all_read(self, listing: Listing) -> None:
        made = await self._apply(
            lambda messages: messages.mark_all_read(listing.query, listing.change), _read_words
        )
        if made is not None:
            undoes = _("{key} undoes").format(key=self._context.keys.label("undo"))
            said = f"{_read_words(made)} · {undoes}"
            self._context.show_notice(said if made.rows else _("all read already"))

    def undo(self) -> None:
        """Undo the last change that has not been undone yet."""
        self._context.write(self._undo())

    def _words(self, row: Row, state: ChangedState, value: bool) -> str:
        return _(_WORDS[state, value]).format(message=self._selection.describe(row))

    def _set(self, row: Row, state: ChangedState, value: bool) -> None:
        words = self._words(row, state, value)
        self._ask(
            (row.row, state), value, words, lambda it: it.set_state([row.row], state, value=value)
        )

    def _ask(
        self,
        what: tuple[int | str, str],
        value: bool,
        words: str,
        change: Callable[[Messages], StateChange],
    ) -> None:
        async def make() -> None:
            await self._apply(change, lambda made: words)
            if self._wanted.get(what) is value:
                del self._wanted[what]

        self._wanted[what] = value
        self._context.write(make())

    async def _apply(
        self, change: Callable[[Messages], StateChange], words: Callable[[StateChange], str]
    ) -> StateChange | None:
        """Make a change in the archive that can be undone, or return None if that failed."""
        changes = self._context.session.changes

        def make(account: AnyAccount) -> StateChange:
            made = change(account.messages)
            if made.rows or made.senders:
                changes.append(UndoableChange(made, words(made)))
            return made

        made = await self._context.in_archive(make)
        self._changed()
        return made

    async def _undo(self) -> None:
        changes = self._context.session.changes

        def take_back(account: AnyAccount) -> str:
            if not changes:
                return _("nothing to undo")
            account.messages.undo(changes[-1].change)
            return _("undone: {change}").format(change=changes.pop().words)

        told = await self._context.in_archive(take_back)
        if told is not None:
            self._context.show_notice(told)
            self._changed()


def _read_words(change: StateChange) -> str:
    return _("{count} read").format(count=grouped(len(change.rows)))
