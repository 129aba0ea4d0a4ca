"""What an answer looks like in each form (api.md, Success and Failure)."""

from __future__ import annotations

import json
from datetime import datetime
from random import Random
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.peer import ServerClock, incoming, parameters
from support.service import SwitchedService

from inbox_tui.demo.conversations import history
from inbox_tui.smsc.answers import read_answer
from inbox_tui.smsc.errors import service_error
from inbox_tui.smsc.message import IncomingMessage

DOCUMENTED = IncomingMessage(
    7,
    datetime(2026, 11, 23, 10, 0, 0),  # noqa: DTZ001
    "79990000000",
    "79110000000",
    "text",
    datetime(2026, 11, 23, 9, 59, 58),  # noqa: DTZ001
)
FORMS = ["0", "1", "2", "3"]
EXPECTED = {
    "0": "id = 7, received = 23.11.2026 10:00:00, phone = 79990000000, message = text, "
    "to_phone = 79110000000, sent = 23.11.2026 09:59:58\n",
    "1": "7,23.11.2026 10:00:00,79990000000,79110000000,23.11.2026 09:59:58,text\n",
    "2": "<sms_answers><sms><id>7</id><received>23.11.2026 10:00:00</received>"
    "<phone>79990000000</phone><message>text</message><to_phone>79110000000</to_phone>"
    "<sent>23.11.2026 09:59:58</sent></sms></sms_answers>",
    "3": '[{"id": 7, "received": "23.11.2026 10:00:00", "phone": "79990000000", '
    '"message": "text", "to_phone": "79110000000", "sent": "23.11.2026 09:59:58"}]',
}
FAILED = {
    "0": "ERROR = {} ({})",
    "1": "0,-{}",
    "2": "<result><error>{1}</error><error_code>{0}</error_code></result>",
    "3": '{{"error": "{1}", "error_code": {0}}}',
}
DESCRIBED = {
    1: "parameters error",
    2: "authorise error",
    4: "ip is blocked",
    9: "duplicate request, wait a minute",
}


@pytest.mark.parametrize("fmt", FORMS)
def test_an_answer_is_as_documented(service: SwitchedService, fmt: str) -> None:
    service.add(DOCUMENTED)
    assert service.answer(parameters(fmt=fmt)).body.decode() == EXPECTED[fmt]


def test_the_default_form_is_text(service: SwitchedService) -> None:
    service.add(DOCUMENTED)
    assert service.answer(parameters(fmt=None)).body.decode() == EXPECTED["0"]


@pytest.mark.parametrize(
    ("fmt", "empty"), [("0", ""), ("1", ""), ("2", "<sms_answers></sms_answers>"), ("3", "[]")]
)
def test_an_answer_without_messages_is_empty(
    service: SwitchedService, fmt: str, empty: str
) -> None:
    assert service.answer(parameters(fmt=fmt)).body.decode() == empty


def failing(service: SwitchedService, error: int, fmt: str) -> bytes:
    if error == 4:
        service.block()
    for _ in range(3 if error == 9 else 0):
        service.answer(parameters(fmt=fmt))
    wrong: dict[int, dict[str, object]] = {1: {"cnt": 0}, 2: {"psw": "wrong"}}
    return service.answer(parameters(fmt=fmt, **wrong.get(error, {}))).body


@pytest.mark.parametrize("fmt", FORMS)
@pytest.mark.parametrize("error", [1, 2, 4, 9])
def test_a_failure_is_as_documented(service: SwitchedService, error: int, fmt: str) -> None:
    body = failing(service, error, fmt)
    assert body.decode() == FAILED[fmt].format(error, DESCRIBED[error])
    with pytest.raises(type(service_error(error))):
        read_answer(body)


def test_a_failure_in_a_form_there_is_not_is_told_as_text(service: SwitchedService) -> None:
    assert service.answer(parameters(fmt="7")).body == b"ERROR = 1 (parameters error)"


@pytest.mark.parametrize("fmt", FORMS)
def test_every_message_of_a_week_comes_back_as_it_was(clock: ServerClock, fmt: str) -> None:
    service = SwitchedService({"alex": "correct horse"}, clock=clock)
    week = history(clock.now, Random(5))
    service.extend(week)
    answer = read_answer(service.answer(parameters(fmt=fmt, hour=168)).body)
    assert answer.messages == week
    assert answer.unreadable == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    texts=st.lists(st.text(st.characters(exclude_categories=["Cs"])), max_size=4),
    charset=st.sampled_from(["utf-8", "windows-1251"]),
)
def test_json_carries_any_text_in_any_charset(
    clock: ServerClock, texts: list[str], charset: str
) -> None:
    service = SwitchedService({"alex": "correct horse"}, clock=clock)
    service.extend(incoming(number, text) for number, text in enumerate(texts))
    body = service.answer(parameters(charset=charset)).body
    assert [entry["message"] for entry in json.loads(body.decode(charset))] == texts


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    texts=st.lists(
        st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn"], include_characters="\r\n\t"))
    ),
    charset=st.sampled_from(["utf-8", "windows-1251"]),
)
def test_xml_carries_any_printable_text_in_any_charset(
    clock: ServerClock, texts: list[str], charset: str
) -> None:
    service = SwitchedService({"alex": "correct horse"}, clock=clock)
    service.extend(incoming(number, text) for number, text in enumerate(texts))
    body = service.answer(parameters(charset=charset, fmt=2)).body
    root = ElementTree.fromstring(body.decode(charset))
    assert [element.findtext("message") for element in root] == texts


def test_what_xml_cannot_hold_is_replaced(service: SwitchedService) -> None:
    service.add(incoming(1, "a\0b\x1bc\ud83dd"))
    answer = read_answer(service.answer(parameters(fmt=2)).body)
    assert answer.messages[0].message == "a\ufffdb\ufffdc\ufffdd"


def test_json_carries_half_an_emoji(service: SwitchedService) -> None:
    service.add(incoming(1, "half \ud83d, привет"))
    answer = read_answer(service.answer(parameters()).body)
    assert answer.messages[0].message == "half \ud83d, привет"


@pytest.mark.parametrize("fmt", ["0", "1"])
def test_text_is_raw_even_where_it_looks_like_a_record(service: SwitchedService, fmt: str) -> None:
    text = 'one, two\n"3" <b> & {x}'
    service.add(incoming(1, text))
    assert text in service.answer(parameters(fmt=fmt)).body.decode()


@pytest.mark.parametrize("asked", [None, "windows-1251"])
def test_without_utf_8_the_answer_is_in_windows_1251(
    service: SwitchedService, asked: str | None
) -> None:
    service.add(incoming(1, "Привет"))
    reply = service.answer(parameters(charset=asked, fmt=1))
    assert "Привет".encode("windows-1251") in reply.body
    assert reply.headers["Content-Type"] == "text/plain; charset=windows-1251"


def test_plain_windows_1251_has_question_marks_for_what_it_lacks(service: SwitchedService) -> None:
    service.add(incoming(1, "Привет 😊"))
    body = service.answer(parameters(charset=None, fmt=0)).body
    assert "Привет ?" in body.decode("windows-1251")


def test_charset_may_be_in_capitals(service: SwitchedService) -> None:
    service.add(incoming(1, "Привет"))
    assert "Привет".encode() in service.answer(parameters(charset="UTF-8")).body


@pytest.mark.parametrize("fmt", FORMS)
def test_a_message_may_lack_when_it_was_sent(service: SwitchedService, fmt: str) -> None:
    message = DOCUMENTED._replace(sent=None)
    service.add(message)
    if fmt == "0":
        assert service.answer(parameters(fmt=fmt)).body.endswith(b", sent = \n")
    assert read_answer(service.answer(parameters(fmt=fmt)).body).messages == [message]
