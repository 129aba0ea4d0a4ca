"""The types that the service's answers are parsed into."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple


class IncomingMessage(NamedTuple):
    """One SMS that arrived at one of the customer's numbers (api.md, Success).

    Both times are naive: they show the server's clock, and the answer does not give its zone.
    """

    id: int
    """Assigned by the server; 0 to 2**63 - 1."""
    received: datetime
    """When the server received it, by the server's clock."""
    phone: str
    """The sender exactly as it came: usually digits, sometimes a name."""
    to_phone: str
    """The customer's number that received it."""
    message: str
    """The text, exactly as it came: line breaks, control characters, even lone surrogates."""
    sent: datetime | None
    """When it was sent, by the server's clock; None if the answer has no readable time."""
    stamp: str = ""
    """The raw time of receipt if it is no valid date (`received` is the latest datetime then)."""


class Answer(NamedTuple):
    """A successful answer to one request."""

    messages: list[IncomingMessage]
    """The messages in the server's order; an id that the server repeats is repeated here."""
    unreadable: list[str]
    """Raw entries (JSON, XML or text) that could not be read as a message, long ones cut short."""
    left_out: int = 0
    """The number of unreadable entries not kept in `unreadable`, whose length is limited."""
    date: datetime | None = None
    """The time in the `Date` header, aware; None if it is missing or unusable."""
    via: str = ""
    """The host of the backup server that answered; empty if the main server did."""

    @property
    def entries(self) -> int:
        """The number of entries in the answer, readable or not."""
        return len(self.messages) + len(self.unreadable) + self.left_out
