"""The copy of a team's hub in the archive, and the position up to which it was copied."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from inbox_tui.archive.encoding import number_in
from inbox_tui.archive.records import Cursor, Gap, Polled
from inbox_tui.archive.team_states import MINE, TAKEN, TeamState

if TYPE_CHECKING:
    from inbox_tui.archive.archive import AccountArchive
    from inbox_tui.smsc.message import IncomingMessage

_COPIED = "team_copied"


class CopiedPage(NamedTuple):
    """A range of the hub's sequence, stored in one transaction."""

    hub: str
    """The id of the hub."""
    last: int
    """The last number of the hub's sequence in this page."""
    messages: Sequence[IncomingMessage]
    unreadable: Sequence[str]
    gaps: Sequence[tuple[str, Gap]]
    """Pairs of scope and gap."""
    states: Sequence[TeamState]
    seen: datetime
    """When the page was read, by the wall clock, aware."""


class TeamCopy:
    """An account of the archive as a copy of the hub."""

    def __init__(self, account: AccountArchive, name: str = "") -> None:
        self._account = account
        self._name = name
        """Our name in the team."""

    def position(self, hub: str) -> int | None:
        """Return the last number copied of this hub's sequence, or None if none was."""
        known, _, last = (self._account.notes.get(_COPIED) or "").partition(" ")
        number = number_in(last) if known == hub else None
        return None if number is None else int(number)

    def store(self, page: CopiedPage) -> list[int]:
        """Store a page of the hub; returns the ids of messages new to the archive, newest first."""
        account = self._account
        with account.archive.database.transaction(account.id):
            new = account.messages.add(page.messages)
            account.messages.add_unreadable(page.unreadable, page.seen)
            for scope, gap in page.gaps:
                account.sync_state.add_gap(scope, gap)
            states = account.team.of_messages(new)  # a state may be copied before its message
            if page.last > (self.position(page.hub) or -1):  # else another program was faster
                account.team.keep(page.states)
                states += page.states
                account.notes.set(_COPIED, f"{page.hub} {page.last}")
            self._set_states(states)
        return new

    def note_polled(self, polled: Mapping[str, Polled]) -> bool:
        """Store when any member last requested each scope, so that a member who leaves can go on.

        Returns whether any of these times is later than the one known here.
        """
        sync_state = self._account.sync_state
        known = sync_state.polled()
        later = {
            scope: one
            for scope, one in polled.items()
            if scope not in known or known[scope].service < one.service
        }
        with self._account.archive.database.transaction(self._account.id):
            for scope, one in later.items():
                sync_state.set_cursor(scope, Cursor(polled=one))
        return bool(later)

    def _set_states(self, states: Sequence[TeamState]) -> None:
        account = self._account
        if states:  # also if no message changes: the screen shows who set them
            account.archive.database.count_change()
        alike = defaultdict(list)
        for one in states:
            value = int(one.value)
            if one.state == "taken" and one.value:
                value = MINE if one.who == self._name else TAKEN
            if not account.team.is_unsent(one.state, one.subject):
                alike[one.state, value].append(one.subject)
        for (state, value), subjects in alike.items():
            account.messages.copy_state(state, subjects, value)

    def start_over(self) -> None:
        """Make the next copy start from the beginning; messages already here are kept."""
        self._account.notes.set(_COPIED, None)
