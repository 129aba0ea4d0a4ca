"""Builders of answers, in each of the service's formats."""

from __future__ import annotations

import json
from datetime import datetime
from xml.sax.saxutils import escape

from inbox_tui.smsc.message import IncomingMessage

RECEIVED = datetime(2026, 11, 23, 10, 0, 0)  # noqa: DTZ001
SENT = datetime(2026, 11, 23, 9, 59, 58)  # noqa: DTZ001
MESSAGE = IncomingMessage(7, RECEIVED, "79990000000", "79110000000", "text", SENT)


def stamp(time: datetime | None) -> str:
    if time is None:
        return ""
    return f"{time:%d.%m}.{time.year:04} {time:%H:%M:%S}"


def fields(message: IncomingMessage) -> dict[str, object]:
    return {
        "id": message.id,
        "received": stamp(message.received),
        "phone": message.phone,
        "message": message.message,
        "to_phone": message.to_phone,
        "sent": stamp(message.sent),
    }


ENTRY = fields(MESSAGE)
DOCUMENTED = {
    "text": "id = 7, received = 23.11.2026 10:00:00, phone = 79990000000, message = text, "
    "to_phone = 79110000000, sent = 23.11.2026 09:59:58",
    "commas": "7,23.11.2026 10:00:00,79990000000,79110000000,23.11.2026 09:59:58,text",
    "xml": "<sms_answers><sms><id>7</id><received>23.11.2026 10:00:00</received>"
    "<phone>79990000000</phone><message>text</message><to_phone>79110000000</to_phone>"
    "<sent>23.11.2026 09:59:58</sent></sms></sms_answers>",
    "json": '[{"id": 7, "received": "23.11.2026 10:00:00", "phone": "79990000000", '
    '"message": "text", "to_phone": "79110000000", "sent": "23.11.2026 09:59:58"}]',
}
"""The answer with `MESSAGE` in each format, as in the examples of api.md."""


def in_text(messages: list[IncomingMessage]) -> str:
    return "\n".join(
        ", ".join(f"{name} = {value}" for name, value in fields(message).items())
        for message in messages
    )


def in_commas(messages: list[IncomingMessage]) -> str:
    return "\n".join(
        f"{message.id},{stamp(message.received)},{message.phone},{message.to_phone},"
        f"{stamp(message.sent)},{message.message}"
        for message in messages
    )


def in_xml(messages: list[IncomingMessage]) -> str:
    entries = (
        "".join(f"<{name}>{escape(str(value))}</{name}>" for name, value in fields(one).items())
        for one in messages
    )
    return f"<sms_answers>{''.join(f'<sms>{entry}</sms>' for entry in entries)}</sms_answers>"


def in_json(messages: list[IncomingMessage]) -> str:
    return json.dumps([fields(message) for message in messages])
