"""What the service returns: incoming messages, and the answer that carries them."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple


class IncomingMessage(NamedTuple):
    """One SMS that arrived at one of the customer's numbers (api.md, Success).

    The two times are naive: they are what the server's clock showed, which the answer does not
    tell the zone of.
    """

    id: int
    """Assigned by the server; from 0 to 2**63 - 1."""
    received: datetime
    """When the server received it, by the server's clock."""
    phone: str
    """Who wrote; digits as a rule, a name at times, exactly as it came."""
    to_phone: str
    """The customer's number that received it."""
    message: str
    """The text, exactly as it came: line breaks, control characters, even lone surrogates."""
    sent: datetime | None
    """When it was sent, by the server's clock; None where the answer has no readable time."""
    stamp: str = ""
    """When it was received as it came, where there is no such date; `received` is the latest then.
    """


class Answer(NamedTuple):
    """A successful answer to one request."""

    messages: list[IncomingMessage]
    """In the order answered; an id the server repeats is here as often as it came."""
    unreadable: list[str]
    """Raw entries (JSON, XML or text) that could not be read as a message, long ones cut."""
    left_out: int = 0
    """How many more of those there were: only so many are kept."""
    date: datetime | None = None
    """When the server answered, aware, by the header `Date`; None where it gave no usable one."""
    via: str = ""
    """The backup server that answered; empty where it was the main one."""

    @property
    def entries(self) -> int:
        """Return how many entries the answer had, readable or not."""
        return len(self.messages) + len(self.unreadable) + self.left_out
