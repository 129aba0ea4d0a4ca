"""The demo service's answers in each format (api.md, Success and Failure)."""

from __future__ import annotations

from random import Random

import pytest
from support.answers import DOCUMENTED, MESSAGE
from support.peer import ServerClock, incoming, parameters
from support.service import SwitchedService

from inbox_tui.demo.conversations import history
from inbox_tui.smsc.answers import read_answer

FORMS = ["0", "1", "2", "3"]
EXPECTED = {
    "0": DOCUMENTED["text"] + "\n",
    "1": DOCUMENTED["commas"] + "\n",
    "2": DOCUMENTED["xml"],
    "3": DOCUMENTED["json"],
}
FAILED = {
    "0": "ERROR = 1 (parameters error)",
    "1": "0,-1",
    "2": "<result><error>parameters error</error><error_code>1</error_code></result>",
    "3": '{"error": "parameters error", "error_code": 1}',
}


@pytest.mark.parametrize("fmt", FORMS)
def test_an_answer_is_as_documented(service: SwitchedService, fmt: str) -> None:
    service.add(MESSAGE)
    assert service.answer(parameters(fmt=fmt)).body.decode() == EXPECTED[fmt]


def test_the_default_format_is_text(service: SwitchedService) -> None:
    service.add(MESSAGE)
    assert service.answer(parameters(fmt=None)).body.decode() == EXPECTED["0"]


def test_an_unknown_format_is_answered_with_an_error_as_text(service: SwitchedService) -> None:
    assert service.answer(parameters(fmt="7")).body == b"ERROR = 1 (parameters error)"


@pytest.mark.parametrize("fmt", FORMS)
def test_every_message_of_a_week_is_read_back_unchanged(
    service: SwitchedService, clock: ServerClock, fmt: str
) -> None:
    week = history(clock.now, Random(5))
    week[0] = week[0]._replace(sent=None)
    service.extend(week)
    answer = read_answer(service.answer(parameters(fmt=fmt, hour=168)).body)
    assert answer.messages == week
    assert answer.unreadable == []


@pytest.mark.parametrize("fmt", FORMS)
def test_a_failure_is_as_documented(service: SwitchedService, fmt: str) -> None:
    assert service.answer(parameters(fmt=fmt, cnt=0)).body.decode() == FAILED[fmt]


@pytest.mark.parametrize("asked", [None, "windows-1251"])
def test_without_utf_8_the_answer_is_in_windows_1251(
    service: SwitchedService, asked: str | None
) -> None:
    service.add(incoming(1, "Привет"))
    reply = service.answer(parameters(charset=asked, fmt=1))
    assert "Привет".encode("windows-1251") in reply.body
    assert reply.headers["Content-Type"] == "text/plain; charset=windows-1251"
