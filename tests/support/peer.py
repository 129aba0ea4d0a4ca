"""Helpers for tests of the demo service: a clock, messages and requests."""

from __future__ import annotations

from datetime import datetime, timedelta

from inbox_tui.demo.service import DemoService
from inbox_tui.smsc.answers import read_answer
from inbox_tui.smsc.message import IncomingMessage

NOON = datetime(2026, 11, 23, 12, 0, 0)  # noqa: DTZ001 - what the service's clock shows


class ServerClock:
    """A clock that shows noon until `move` is called."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


def incoming(
    number: int, text: str = "Hello", *, to_phone: str = "79110000001", **before_noon: float
) -> IncomingMessage:
    """Return a message received at noon, or some time before."""
    received = NOON - timedelta(**before_noon)
    sent = received - timedelta(seconds=2)
    return IncomingMessage(number, received, "79991234567", to_phone, text, sent)


def parameters(**others: object) -> dict[str, str]:
    """Return the parameters of every request, updated with `others`; None removes one."""
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
    """Send a request to the service and return the ids in its answer; raises its errors."""
    answer = read_answer(service.answer(parameters(**asked)).body)
    assert answer.unreadable == []
    return [message.id for message in answer.messages]
