"""Which accounts there are, and all of them combined as one."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from inbox_tui.archive import SIGNED_IN, Archive
from inbox_tui.locale import _, mark
from inbox_tui.smsc.endpoint import EndpointRefused, endpoint
from inbox_tui.sync import State, Status

if TYPE_CHECKING:
    from inbox_tui.archive import AccountArchive
    from inbox_tui.config import Settings
    from inbox_tui.session import Session, SessionEvent, UndoableChange

ALL_ACCOUNTS: Final = mark("All accounts")
_WORST_FIRST: Final = (
    State.SIGN_IN,
    State.BLOCKED,
    State.HUB_AWAY,
    State.OFFLINE,
    State.WAITING,
    State.CHECKING,
    State.LIVE,
)


def is_in_use(account: AccountArchive) -> bool:
    """Return whether an account was signed in or has messages, unlike one that was mistyped."""
    return account.notes.get(SIGNED_IN) is not None or account.counts.total() > 0


def known_accounts(archive: Archive) -> list[tuple[str, str]]:
    """Return the login and the URL of every account in use."""
    known = []
    for account in archive.accounts():
        if is_in_use(account):
            try:
                url = endpoint(account.address)
            except EndpointRefused:  # stored by another version
                continue
            known.append((account.login, url))
    return known


class AllSessions:
    """All accounts in the role of one session: their messages form one list, newest first."""

    def __init__(self, sessions: Sequence[Session], archive: Archive) -> None:
        """Combine the accounts of `sessions`, a sequence that may change later."""
        first = sessions[0]
        self.changes: deque[UndoableChange] = deque(maxlen=first.changes.maxlen)
        """The changes made in the combined list that can be undone, the latest one last."""
        self._sessions = sessions
        self.archive = archive.all_accounts()
        """The messages of all accounts, for quick reads on the event loop."""
        self.name = _(ALL_ACCOUNTS)
        self.clock = first.clock
        self.server_zone = first.server_zone
        self.refresh_seconds = first.refresh_seconds
        self.limit = first.limit
        self.window_start = first.window_start

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        return self._sessions[0].settings

    @property
    def labels(self) -> dict[int, str]:
        """The label of each account by its archive id: its login, or `LOGIN@HOST` if not unique."""
        logins = [one.login for one in self._sessions]
        return {
            one.archive.id: one.login if logins.count(one.login) == 1 else one.name
            for one in self._sessions
        }

    @property
    def status(self) -> Status:
        """The status of the account with the most serious problem, which the reason names.

        If all are live, it has the time of the earliest next request.
        """
        worst = min(self._sessions, key=lambda one: _WORST_FIRST.index(one.status.state))
        status = worst.status._replace(left=0, allowed=0)
        if status.state is State.LIVE:
            due = [one.status.next_at for one in self._sessions if one.status.next_at is not None]
            return status._replace(next_at=min(due, default=None))
        if not status.reason:
            return status
        return status._replace(reason=f"{worst.name}: {_(status.reason)}")

    @property
    def signed_out(self) -> bool:
        """Whether every account needs a password or API key."""
        return all(one.signed_out for one in self._sessions)

    def on_event(self, listener: Callable[[SessionEvent], None]) -> Callable[[], None]:
        """Call `listener` with every event of each account; return a function that stops this."""
        ends = [one.on_event(listener) for one in self._sessions]

        def end() -> None:
            for one in ends:
                one()

        return end

    def states_changed(self) -> None:
        """Share states that were set in the archive with the teams of the accounts."""
        for one in self._sessions:
            one.states_changed()

    def refresh(self) -> None:
        """Send a request now for every account whose limit allows it."""
        for one in self._sessions:
            one.refresh()
