"""Detects that the service's clock is in another zone than the settings say.

Answers carry no zone (api.md, Success), but the times of messages that have just arrived show it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from datetime import datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, available_timezones

from inbox_tui.smsc.message import IncomingMessage
from inbox_tui.sync.events import ZoneSuspected

ZONE_AHEAD = 600.0
"""A message dated this many seconds in the future does not fit the zone."""
ZONE_BEHIND = 3600.0
"""A message that has just arrived and is dated this many seconds back does not fit either."""
_MESSAGES_TO_JUDGE = 3
_SERVED = (
    "Europe/Moscow",
    "UTC",
    "Europe/Kyiv",
    "Europe/Samara",
    "Asia/Almaty",
    "Asia/Omsk",
    "Asia/Krasnoyarsk",
    "Asia/Irkutsk",
    "Asia/Yakutsk",
    "Asia/Vladivostok",
    "Asia/Magadan",
    "Asia/Kamchatka",
)
"""Zones in which the service has customers, preferred to others of the same offset."""


class ZoneJudge:
    """Suspects that `zone` is wrong when several live messages in a row do not fit it."""

    def __init__(self, zone: tzinfo) -> None:
        self._zone = zone
        self._skews: deque[float] = deque(maxlen=_MESSAGES_TO_JUDGE)
        self._suspected: float | None = None

    def judge(self, live: Iterable[IncomingMessage], seen: datetime) -> ZoneSuspected | None:
        """Check messages that arrived just before `seen`; return each suspicion only once."""
        here = seen.astimezone(self._zone)
        for message in live:
            skew = (message.received - here.replace(tzinfo=None)).total_seconds()
            if -ZONE_BEHIND < skew < ZONE_AHEAD:
                self._skews.clear()
                self._suspected = None
            else:
                self._skews.append(skew)
        if len(self._skews) < _MESSAGES_TO_JUDGE:
            return None
        least, middle, most = sorted(self._skews)
        if most - least > ZONE_AHEAD:
            return None  # late messages, each by a different time
        offset = here.utcoffset() or timedelta()
        hours = round((offset.total_seconds() + middle) / 1800) / 2
        if hours in (self._suspected, offset / timedelta(hours=1)):
            return None  # already reported, or no zone explains it: this machine's clock is off
        self._suspected = hours
        zone = _zone_with_offset(hours, seen)
        return None if zone is None else ZoneSuspected(zone)


def _zone_with_offset(hours: float, at: datetime) -> str | None:
    """Return a zone with this UTC offset at that time, preferably one of `_SERVED`."""
    offset = timedelta(hours=hours)
    for zone in (*_SERVED, *sorted(available_timezones())):
        if at.astimezone(ZoneInfo(zone)).utcoffset() == offset:
            return zone
    return None
