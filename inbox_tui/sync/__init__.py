"""When to ask the service, what to ask for, and what came of it; published as events."""

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
from inbox_tui.sync.inbox_sync import Inbox, InboxSync
from inbox_tui.sync.next_request import (
    IN_FLIGHT_REASON,
    LIMIT_REASON,
    LOST_REQUESTS_REASON,
    NOBODY_ASKS_REASON,
    STATE_OF_HOLD,
    TOO_SLOW_REASON,
)
from inbox_tui.sync.stores import Asking, MessageStore
from inbox_tui.sync.zone import ZONE_AHEAD

__all__ = [
    "IN_FLIGHT_REASON",
    "LIMIT_REASON",
    "LOST_REQUESTS_REASON",
    "NOBODY_ASKS_REASON",
    "STATE_OF_HOLD",
    "TOO_SLOW_REASON",
    "ZONE_AHEAD",
    "Asking",
    "Clock",
    "ClocksDisagree",
    "Event",
    "HubCopied",
    "Inbox",
    "InboxSync",
    "MessageStore",
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
