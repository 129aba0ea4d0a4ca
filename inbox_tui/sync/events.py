"""What is published of the asking: how it stands, and what came."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from inbox_tui.locale import mark


class State(StrEnum):
    """What the status bar says first."""

    LIVE = "Live"
    CHECKING = "Checking"
    WAITING = "Waiting"
    OFFLINE = "Offline"
    HUB_AWAY = "Hub away"
    BLOCKED = "Blocked"
    SIGN_IN = "Sign in"


# What `Status.reason` says where nothing went wrong with a request.
IN_FLIGHT_REASON = mark("an earlier request may still be under way")
LIMIT_REASON = mark("for the server's limit of requests")
TOO_SLOW_REASON = mark("requests take too long to begin")
NOBODY_ASKS_REASON = mark("no colleague who can ask is connected")
LOST_REQUESTS_REASON = mark("the archive was begun anew, and with it the count of requests")


class Status(NamedTuple):
    """How things stand: the state, why, and the moment of the next try.

    `next_at` is in seconds of `Clock.moment`, None where nothing is planned. `left` of `allowed`
    identical requests may still go now. `reason` may hold the server's words: unsafe to draw as is.
    """

    state: State
    reason: str = ""
    next_at: float | None = None
    left: int = 3
    allowed: int = 3
    via: str = ""
    """The backup server that answered last; empty where it was the main one."""


class StatusChanged(NamedTuple):
    """The status is another one now."""

    status: Status


class MessagesArrived(NamedTuple):
    """New messages are committed: their ids, newest first. `live` is False in the first pass."""

    new: Sequence[int]
    live: bool


class Progress(NamedTuple):
    """A pass of several pages goes on: messages received so far, and the page they came with."""

    messages: int
    page: int


class RefreshDeferred(NamedTuple):
    """A refresh was asked for that may not go yet; `until` in seconds of `Clock.moment`.

    `until` is None where nothing is planned.
    """

    until: float | None


class PasswordAccepted(NamedTuple):
    """The password or API key that was handed over last was in a request that was answered."""


class ZoneSuspected(NamedTuple):
    """Live messages are dated so that `server_timezone` must be wrong; `zone` would fit."""

    zone: str


class ClocksDisagree(NamedTuple):
    """Our clock is more than a day off the service's, so nothing is deleted by `keep_days`.

    `ahead` is by how many seconds ours is ahead.
    """

    ahead: float


class TakenByColleague(NamedTuple):
    """A message that we have just taken was taken by a colleague before."""

    message_id: int
    who: str


class HubCopied(NamedTuple):
    """All that a team's hub had is in the archive, once the service was asked for it."""


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
