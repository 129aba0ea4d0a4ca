"""Protocols for synchronisation and its stores: the SQLite archive, or a team's hub.

The stores are used away from the event loop, by one thread at a time, and raise `ArchiveError`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from inbox_tui.archive import Cursor, Hold, LogState, Page, Permit
from inbox_tui.credentials import Secret
from inbox_tui.smsc.limit import Limit, Moment
from inbox_tui.sync.events import Status


class Asking(Protocol):
    """Keeps an account's archive up to date: `InboxSync`, or a member of a team."""

    status: Status

    def refresh(self) -> None:
        """Ask now if the limit has room; otherwise publish `RefreshDeferred`."""

    def sign_in(self, password: Secret | None) -> None:
        """Use this password from now on; None stops asking."""

    def states_changed(self) -> None:
        """Share message states that were just set in the archive, if there is a team."""

    async def why_withheld(self, password: Secret) -> str | None:
        """Return why this password was refused in an earlier request, or None if it was not."""

    async def allow_again(self) -> None:
        """Allow every password to be sent, even refused ones, because the user insists."""

    async def run(self) -> None:
        """Ask whenever a request is due, until cancelled."""

    async def once(self) -> Status:
        """Finish one pass, or return the status that prevents it.

        A member of a team raises `ArchiveError` if its local archive fails.
        """


class RequestLog(Protocol):
    """The requests made to the service, and the holds that keep everybody from asking.

    See `archive/request_log.py` for details.
    """

    def begin(self, scope: str, fingerprint: str, now: Moment, limit: Limit) -> Permit | None:
        """Log a request if the limit allows it now; otherwise return None."""

    def end(self, entry: int, now: Moment, *, delivered: bool, finished: bool) -> None:
        """Record how a request ended."""

    def state(self, now: Moment) -> LogState:
        """Return everything that the log holds, as of `now`."""

    def note_waited(self) -> None:
        """Record that requests missing from the log have been waited for."""

    def set_hold(self, hold: Hold, now: Moment) -> None:
        """Keep everybody from asking until the hold is over or cleared."""

    def clear_hold(self, now: Moment) -> None:
        """Allow requests again, unless the hold was set after `now`."""

    def hold(self, now: Moment) -> Hold | None:
        """Return the hold that keeps us from asking, if any; it may be over already."""

    def refusals(self) -> Sequence[tuple[bytes, str]]:
        """Return the digests of refused passwords, with the reasons, newest first."""

    def allow_again(self) -> None:
        """Allow every password to be sent, even refused ones, because the user insists."""


class SyncState(Protocol):
    """The sync cursor of each scope, and the clock difference."""

    def cursor(self, scope: str) -> Cursor:
        """Return the sync cursor of a scope."""

    def add_late(self, count: int, longest: float) -> None:
        """Count messages that polls missed; the longest delay is in seconds."""

    def set_clock_difference(self, seconds: float) -> None:
        """Store how many seconds our clock was ahead of the service's at its last answer."""

    def clock_difference(self) -> float | None:
        """Return how many seconds our clock was ahead of the service's, or None if unknown."""


class MessageStore(Protocol):
    """The messages of one account, and the state needed to ask for more."""

    @property
    def requests(self) -> RequestLog:
        """The log of requests."""

    @property
    def sync_state(self) -> SyncState:
        """How far the service has been asked."""

    def store_page(self, page: Page) -> Sequence[int]:
        """Store an answer and everything that belongs to it in one transaction.

        Returns the ids of the messages that were not stored before, newest first.
        """

    def expire(self, before: int) -> Iterator[int]:
        """Delete messages received before these server seconds, in small steps."""

    def expired_before(self) -> int | None:
        """Return the server seconds given to the last `expire`, or None if there was none."""

    def wipe(self) -> Iterator[int]:
        """Wipe deleted data that could not be wiped at once, in small steps."""

    def data_version(self) -> int:
        """Return a number that changes whenever anybody changes the stored data."""
