"""Messages as they come in just now."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from inbox_tui.smsc.message import IncomingMessage


def server_now() -> datetime:
    """What the service's clock shows: Moscow's."""
    return datetime.now(UTC).replace(tzinfo=None, microsecond=0) + timedelta(hours=3)


def incoming(
    number: int,
    text: str,
    *,
    minutes_ago: float = 0,
    phone: str = "79991234567",
    to_phone: str = "79110000001",
) -> IncomingMessage:
    """A message that arrived so many minutes ago."""
    received = server_now() - timedelta(minutes=minutes_ago)
    return IncomingMessage(number, received, phone, to_phone, text, received)
