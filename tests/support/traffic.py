"""Messages received at the present time, and pages of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from inbox_tui.archive import Cursor, Page, Polled
from inbox_tui.smsc.limit import Moment
from inbox_tui.smsc.message import IncomingMessage


def server_now() -> datetime:
    """Return the time on the service's clock, which is Moscow's; naive, in whole seconds."""
    return datetime.now(UTC).replace(tzinfo=None, microsecond=0) + timedelta(hours=3)


def incoming(
    number: int,
    text: str = "Hello",
    *,
    minutes_ago: float = 5,
    phone: str = "79991234567",
    to_phone: str = "79110000001",
) -> IncomingMessage:
    """Return a message received `minutes_ago`, two seconds after it was sent."""
    received = server_now() - timedelta(minutes=minutes_ago)
    return IncomingMessage(number, received, phone, to_phone, text, received - timedelta(seconds=2))


def page_of(messages: Sequence[IncomingMessage]) -> Page:
    """Return a page with these messages, as sync stores it now."""
    now = datetime.now(UTC)
    polled = Polled(Moment("boot", 0.5), now, now)
    cursor = Cursor(polled, polled)
    return Page("", None, messages, [], cursor, Moment("boot", 1.0), None, now)
