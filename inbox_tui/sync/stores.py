"""What asking keeps, and where: small protocols that SQLite stands behind, or another store.

All are used away from the event loop, by one thread at a time, and raise `ArchiveError`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from inbox_tui.archive import Cursor, Hold, LogState, Page, Permit
from inbox_tui.credentials import Secret
from inbox_tui.smsc.limit import Limit, Moment
from inbox_tui.sync.events import Status


class Asking(Protocol):
    """What keeps an account's archive up to date: `InboxSync`, or a member of a team."""

    status: Status

    def refresh(self) -> None:
        """Ask now if the limit has room; else `RefreshDeferred` says when."""

    def sign_in(self, password: Secret | None) -> None:
        """Go on with this password; None: stop asking until there is one."""

    def states_changed(self) -> None:
        """Take note that states of messages were set in the archive: a team shares them."""

    async def why_withheld(self, password: Secret) -> str | None:
        """Return why this password was refused in an earlier request; None: it was not."""

    async def allow_again(self) -> None:
        """Let any password be sent, also one that was refused: the user insists."""

    async def run(self) -> None:
        """Ask whenever it is due, until cancelled."""

    async def once(self) -> Status:
        """Finish one pass, or return what stands in the way."""


class RequestLog(Protocol):
    """What was asked of the service, and what everybody must wait for.

    See `archive/request_log.py`, which says more of each.
    """

    def begin(self, scope: str, fingerprint: str, now: Moment, limit: Limit) -> Permit | None:
        """Put a request into the log if the limit lets it go now; None where it does not."""

    def end(self, entry: int, now: Moment, *, delivered: bool, finished: bool) -> None:
        """Note what became of a request."""

    def state(self, now: Moment) -> LogState:
        """Return all that the log says now."""

    def note_waited(self) -> None:
        """Note that requests which are not in the log have been waited for."""

    def set_hold(self, hold: Hold, now: Moment) -> None:
        """Keep everybody from asking until the hold is over or cleared."""

    def clear_hold(self, now: Moment) -> None:
        """Let requests go again, unless the hold was set after `now`."""

    def hold(self, now: Moment) -> Hold | None:
        """Return what keeps us from asking; it may be over already."""

    def refusals(self) -> Sequence[tuple[bytes, str]]:
        """Return the digests of the passwords that were refused, and why, newest first."""

    def allow_again(self) -> None:
        """Let any password be sent, also one that was refused: the user insists."""


class SyncState(Protocol):
    """How far the service has been asked, by scope."""

    def cursor(self, scope: str) -> Cursor:
        """Return how far a scope has been asked for."""

    def add_late(self, count: int, longest: float) -> None:
        """Count messages that polls missed."""

    def set_clock_difference(self, seconds: float) -> None:
        """Keep how far our clock was ahead of the service's at its last answer."""

    def clock_difference(self) -> float | None:
        """Return how many seconds our clock was ahead of the service's; None: it did not tell."""


class MessageStore(Protocol):
    """The messages of one account, with all that asking for them needs."""

    @property
    def requests(self) -> RequestLog:
        """What was asked."""

    @property
    def sync_state(self) -> SyncState:
        """How far that has come."""

    def store_page(self, page: Page) -> Sequence[int]:
        """Keep an answer and all that came with it, in one transaction: all of it or nothing.

        Returns the ids of the messages that were not kept before, newest first.
        """

    def expire(self, before: int) -> Iterator[int]:
        """Delete for good what was received before these server seconds, in small steps."""

    def expired_before(self) -> int | None:
        """Return the server seconds given to the last `expire`; None where there was none."""

    def wipe(self) -> Iterator[int]:
        """Wipe what was deleted and could not be wiped at once, in small steps."""

    def data_version(self) -> int:
        """Return a number that is another one once anybody has changed what is kept."""
