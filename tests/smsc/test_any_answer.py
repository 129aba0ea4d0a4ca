"""Property tests: parsing of answers with arbitrary messages or arbitrary bytes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from unittest.mock import patch

import httpx
from hypothesis import given
from hypothesis import strategies as st
from support.answers import MESSAGE, fields, in_commas, in_json, in_text, in_xml

from inbox_tui.credentials import Secret
from inbox_tui.smsc import answers as answers_module
from inbox_tui.smsc.answers import read_answer
from inbox_tui.smsc.client import InboxClient
from inbox_tui.smsc.errors import BadAnswer, NotAnAnswer, ServiceError, SmscError
from inbox_tui.smsc.message import Answer, IncomingMessage

any_text = st.text(st.characters(exclude_categories=())).map(
    lambda text: text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
)
pieces = st.lists(
    st.sampled_from(
        [
            *(
                "a",
                "я",
                "😀",
                " ",
                ",",
                "\n",
                "\r\n",
                "\r",
                "7",
                "id = 7",
                "id = ",
                "<",
                "&",
                "]]>",
            ),
            *(", phone = ", ", message = ", ", to_phone = 79", ", sent = ", ", received = "),
            *("\n7,23.11.2026 10:00:00,7", "\nERROR = 9", "\n0,-9", '"', "\\", "[{", "\x85"),
        ]
    )
).map("".join)
texts = any_text | pieces
times = st.datetimes().map(lambda time: time.replace(microsecond=0))
TEXT_ENTRY = re.compile(r"\nid = [^,\n]*, received = [^,\n]*, phone = ")
COMMA_ENTRY = re.compile(r"\n\d+,\d\d\.\d\d\.\d{4} \d\d:\d\d:\d\d,")
NOT_IN_XML = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")


def lists(
    messages: st.SearchStrategy[str], phones: st.SearchStrategy[str], *, min_size: int = 0
) -> st.SearchStrategy[list[IncomingMessage]]:
    message = st.builds(
        IncomingMessage,
        id=st.integers(0, 2**63 - 1),
        received=times,
        phone=phones,
        to_phone=phones,
        message=messages,
        sent=st.none() | times,
        stamp=st.just(""),
    )
    return st.lists(message, min_size=min_size, max_size=5)


def encoded(text: str, *, bom: bool) -> bytes:
    return (b"\xef\xbb\xbf" if bom else b"") + text.encode("utf-8", "surrogatepass")


plain_phones = st.text(st.characters(exclude_characters=",\r\n", exclude_categories=["Cs"]))


@given(lists(texts, any_text), st.booleans(), st.booleans())
def test_any_messages_read_back_equal_from_json(
    messages: list[IncomingMessage], escaped: bool, bom: bool
) -> None:
    body = json.dumps([fields(message) for message in messages], ensure_ascii=escaped)
    assert read_answer(encoded(body, bom=bom)) == Answer(messages, [])


a_little_off = {
    "id": st.sampled_from([7, 0, 2**63 - 1, 2**63, -1, "7", 7.0, True, None, "x"]),
    "received": st.sampled_from(["23.11.2026 10:00:00", "23.11.2026", "2026-11-23 10:00:00", None]),
    "phone": st.sampled_from(["79990000000", 79990000000, None, "MTS", ["7"]]),
    "to_phone": st.sampled_from(["79110000000", "", 7]),
    "message": texts | st.sampled_from([None, 481516, {"text": "x"}]),
    "sent": st.sampled_from(["23.11.2026 09:59:58", "", None, "?", 0]),
    "more": st.sampled_from(["", [1, {"a": None}], 10**400]),
}


@given(st.lists(st.fixed_dictionaries({}, optional=a_little_off), max_size=4), st.booleans())
def test_the_quick_and_the_careful_json_reader_agree(
    entries: list[dict[str, object]], escaped: bool
) -> None:
    body = encoded(json.dumps(entries, ensure_ascii=escaped), bom=False)
    quickly = outcome(body)
    with patch.object(answers_module, "_fast_message", lambda entry: None):
        assert outcome(body) == quickly


def outcome(body: bytes) -> Answer | str:
    try:
        return read_answer(body)
    except SmscError as error:
        return f"{type(error).__name__}: {error}"


xml_texts = texts.map(lambda text: NOT_IN_XML.sub("", text))


@given(lists(xml_texts, xml_texts), st.booleans())
def test_any_messages_of_xml_characters_read_back_equal_from_xml(
    messages: list[IncomingMessage], bom: bool
) -> None:
    assert read_answer(encoded(in_xml(messages), bom=bom)) == Answer(messages, [])


@given(
    lists(texts.filter(lambda text: not TEXT_ENTRY.search(text)), plain_phones, min_size=1),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
)
def test_any_messages_without_entry_like_lines_read_back_equal_from_text(
    messages: list[IncomingMessage], line_break: str, last_ended: bool
) -> None:
    body = line_break.join(in_text([message]) for message in messages)
    body += line_break * last_ended
    assert read_answer(encoded(body, bom=False)) == Answer(messages, [])


@given(
    lists(
        texts.filter(lambda text: not COMMA_ENTRY.search(text)).map(
            lambda text: text.rstrip("\r\n")
        ),
        plain_phones,
        min_size=1,
    ),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
)
def test_any_messages_without_entry_like_lines_read_back_equal_from_commas(
    messages: list[IncomingMessage], line_break: str, last_ended: bool
) -> None:
    body = line_break.join(in_commas([message]) for message in messages)
    body += line_break * last_ended
    assert read_answer(encoded(body, bom=False)) == Answer(messages, [])


russian = st.text("абвгдежзийклмнопрстуфхцчшщъыьэюяАБВГДЕЖЯ Z7.", max_size=30)


@given(lists(russian, st.just("79"), min_size=1), st.sampled_from([in_text, in_commas, in_xml]))
def test_any_messages_in_russian_letters_read_back_equal_from_windows_1251(
    messages: list[IncomingMessage], write: Callable[[list[IncomingMessage]], str]
) -> None:
    assert read_answer(write(messages).encode("windows-1251")) == Answer(messages, [])


@st.composite
def mangled(draw: st.DrawFn) -> bytes:
    """Draw an answer in any format with a few bytes replaced, removed or inserted."""
    write = draw(st.sampled_from([in_text, in_commas, in_xml, in_json]))
    body = bytearray(write([MESSAGE, MESSAGE._replace(message="Заказ, \n")]).encode())
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(body)))
        body[start : start + draw(st.integers(0, 5))] = draw(st.binary(max_size=5))
    return bytes(body[: draw(st.integers(0, len(body)))] if draw(st.booleans()) else body)


tokens = st.lists(
    st.sampled_from(
        [
            *(b"[", b"]", b"{", b"}", b'"id"', b'"received"', b":", b",", b"7", b"null", b"1e999"),
            *(b"<sms_answers>", b"<sms>", b"</sms>", b"</sms_answers>", b"<id>", b"</id>", b"&#0;"),
            *(b"<result>", b"</result>", b"<error_code>", b"</error_code>", b"<!DOCTYPE a>"),
            *(b"ERROR = ", b"0,-", b"9", b"id = ", b", received = ", b", phone = ", b"\n", b"\xff"),
            *(b", message = ", b", to_phone = ", b"23.11.2026 10:00:00", b'"error_code"', b"NaN"),
        ]
    ),
    max_size=30,
).map(b"".join)
anything = st.binary() | mangled() | tokens


@given(anything)
def test_any_bytes_are_an_answer_or_one_of_our_errors(body: bytes) -> None:
    try:
        answer = read_answer(body)
    except (ServiceError, NotAnAnswer):
        return
    assert all(0 <= message.id < 2**63 for message in answer.messages)
    assert all(message.received.tzinfo is None for message in answer.messages)
    assert all(isinstance(raw, str) for raw in answer.unreadable)


@given(anything, st.integers(100, 999), st.sampled_from(["", "gzip", "br"]))
async def test_any_bytes_with_any_http_status_are_an_answer_or_one_of_our_errors(
    body: bytes, status: int, coding: str
) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        headers = {"Content-Encoding": coding} if coding else {}
        return httpx.Response(status, headers=headers, stream=httpx.ByteStream(body))

    client = InboxClient(
        "smscentre.com", "alex", Secret("secret"), transport=httpx.MockTransport(answer)
    )
    outcome: Answer | SmscError
    try:
        outcome = await client.fetch(cnt=10, hour=24)
    except SmscError as error:
        outcome = error
    await client.aclose()
    if isinstance(outcome, SmscError):
        assert isinstance(outcome, ServiceError | BadAnswer)
    else:
        assert status < 300
