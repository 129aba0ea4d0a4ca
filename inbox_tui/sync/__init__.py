"""Keeping an account's archive up to date with the service; results are published as events.

Only the clock and the events are imported here: the app's first frame needs nothing else.
"""

from __future__ import annotations

from inbox_tui.sync.clock import Clock, SystemClock
from inbox_tui.sync.events import (
    ClocksDisagree,
    Event,
    HubCopied,
    MessagesArrived,
    PasswordAccepted,
    Progress,
    RefreshDeferred,
    State,
    Status,
    StatusChanged,
    TakenByColleague,
    ZoneSuspected,
)

__all__ = [
    "Clock",
    "ClocksDisagree",
    "Event",
    "HubCopied",
    "MessagesArrived",
    "PasswordAccepted",
    "Progress",
    "RefreshDeferred",
    "State",
    "Status",
    "StatusChanged",
    "SystemClock",
    "TakenByColleague",
    "ZoneSuspected",
]
