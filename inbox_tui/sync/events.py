"""The events that synchronisation publishes: its status, and what has arrived."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from inbox_tui.locale import mark


class State(StrEnum):
    """The state that the status bar shows first."""

    LIVE = "Live"
    CHECKING = "Checking"
    WAITING = "Waiting"
    OFFLINE = "Offline"
    HUB_AWAY = "Hub away"
    BLOCKED = "Blocked"
    SIGN_IN = "Sign in"


# Values of `Status.reason` when no request has failed.
IN_FLIGHT_REASON = mark("an earlier request may still be under way")
LIMIT_REASON = mark("for the server's request limit")
TOO_SLOW_REASON = mark("requests take too long to start")
NOBODY_ASKS_REASON = mark("no colleague who can fetch messages is connected")
LOST_REQUESTS_REASON = mark("the archive was recreated, so earlier requests may still count")


class Status(NamedTuple):
    """The state of synchronisation, the reason for it, and the time of the next try.

    `next_at` is in seconds of `Clock.moment`, or None if nothing is planned. `left` of `allowed`
    identical requests may still be sent now. `reason` may quote the server: sanitize it before
    drawing.
    """

    state: State
    reason: str = ""
    next_at: float | None = None
    left: int = 3
    allowed: int = 3
    via: str = ""
    """The backup server that answered last; empty if it was the main server."""


class StatusChanged(NamedTuple):
    """The status has changed."""

    status: Status


class MessagesArrived(NamedTuple):
    """New messages are committed: their ids, newest first; `live` is False in the first pass."""

    new: Sequence[int]
    live: bool


class Progress(NamedTuple):
    """A pass of several pages continues: the messages received so far, and in how many pages."""

    messages: int
    page: int


class RefreshDeferred(NamedTuple):
    """A refresh was asked for but may not be sent yet.

    `until` is when it may, in seconds of `Clock.moment`, or None if nothing is planned.
    """

    until: float | None


class PasswordAccepted(NamedTuple):
    """The service has accepted the password or API key that was passed to `sign_in` last."""


class ZoneSuspected(NamedTuple):
    """The times of live messages show that `server_timezone` is wrong; `zone` would fit."""

    zone: str


class ClocksDisagree(NamedTuple):
    """Our clock is more than a day off the service's, so `keep_days` deletes nothing.

    `ahead` is how many seconds ours is ahead.
    """

    ahead: float


class TakenByColleague(NamedTuple):
    """A message that our user has just taken had already been taken by a colleague."""

    row: int
    """The message's row in the archive, which is unique across all accounts."""
    who: str


class HubCopied(NamedTuple):
    """The archive holds everything that was on the team's hub when the status became `LIVE`."""


Event = (
    StatusChanged
    | MessagesArrived
    | Progress
    | RefreshDeferred
    | PasswordAccepted
    | ZoneSuspected
    | ClocksDisagree
    | TakenByColleague
    | HubCopied
)
