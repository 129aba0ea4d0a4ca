"""The service as the other side of a test: its clock, its messages, and a way to ask it."""

from __future__ import annotations

from datetime import datetime, timedelta

from inbox_tui.demo.service import DemoService
from inbox_tui.smsc.answers import read_answer
from inbox_tui.smsc.message import IncomingMessage

NOON = datetime(2026, 11, 23, 12, 0, 0)  # noqa: DTZ001 - what the service's clock shows


class ServerClock:
    """Shows noon until it is moved on."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


def incoming(
    number: int, text: str = "Hello", *, to_phone: str = "79110000001", **before_noon: float
) -> IncomingMessage:
    """A message received at noon, or some time before."""
    received = NOON - timedelta(**before_noon)
    sent = received - timedelta(seconds=2)
    return IncomingMessage(number, received, "79991234567", to_phone, text, sent)


def parameters(**others: object) -> dict[str, str]:
    """What the client always sends, with others beside it or in its place; None leaves one out."""
    asked: dict[str, object] = {
        "get_answers": 1,
        "login": "alex",
        "psw": "correct horse",
        "fmt": 3,
        "charset": "utf-8",
        **others,
    }
    return {name: str(value) for name, value in asked.items() if value is not None}


def ids(service: DemoService, **asked: object) -> list[int]:
    """Ask the service; the ids in its answer, or its error raised."""
    answer = read_answer(service.answer(parameters(**asked)).body)
    assert answer.unreadable == []
    return [message.id for message in answer.messages]
