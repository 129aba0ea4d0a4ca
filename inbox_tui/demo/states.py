"""The states of the demo's messages (read, starred, done), and the names of its numbers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from inbox_tui.demo.scenes import CLINIC, CODES, SHOP

if TYPE_CHECKING:
    from inbox_tui.smsc.message import IncomingMessage

NAMES: Final = {SHOP: "Orders", CLINIC: "Clinic", CODES: "Codes"}
"""The names of receiving numbers."""
MUTED: Final = "MONITOR"
"""The muted sender."""
_AWAY: Final = timedelta(minutes=90)
"""The age below which messages are new."""
_DONE: Final = timedelta(hours=12)
"""The age from which messages of people are done, unless starred."""
_STAR_WORDS: Final = ("счёт на", "invoice", "гарантия", "возврат")


class MessageStates(NamedTuple):
    """The demo's messages by state; `starred` and `done` are ids."""

    known: Sequence[IncomingMessage]
    """The messages that arrived before the inbox was last closed; all are read."""
    starred: Sequence[int]
    done: Sequence[int]


def message_states(week: Sequence[IncomingMessage]) -> MessageStates:
    """Return the states of a week of messages, oldest first; the last one's time counts as now."""
    now = week[-1].received
    known = [message for message in week if message.received <= now - _AWAY]
    people = [message for message in known if message.to_phone in (SHOP, CLINIC)]
    people = [message for message in people if message.phone.isdigit()]
    starred = [m for m in known if any(word in m.message for word in _STAR_WORDS)]
    starred_ids = [message.id for message in [*starred, people[-1]]]
    done = [m.id for m in people if m.received <= now - _DONE and m.id not in starred_ids]
    return MessageStates(known, starred_ids, done)
