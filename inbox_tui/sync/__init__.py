"""When to ask the service, what to ask for, and what came of it; published as events.

Only what the first frame needs is imported here: the clock and the events.
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
