"""Parsing of answers in each format, and of bodies that are no answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime

import pytest
from support.answers import (
    DOCUMENTED,
    ENTRY,
    MESSAGE,
    RECEIVED,
    in_commas,
    in_json,
    in_text,
    in_xml,
)

from inbox_tui.smsc import errors
from inbox_tui.smsc.answers import read_answer
from inbox_tui.smsc.errors import NotAnAnswer, ServiceError
from inbox_tui.smsc.message import Answer, IncomingMessage


def texts_of(answer: Answer) -> list[str]:
    return [message.message for message in answer.messages]


# -- success


@pytest.mark.parametrize("body", DOCUMENTED.values(), ids=DOCUMENTED)
@pytest.mark.parametrize("around", ["{}", "\ufeff{}", "{}\n", "{}\r\n", "\r\n{}"])
def test_the_documented_message_is_read_in_each_format(body: str, around: str) -> None:
    assert read_answer(around.format(body).encode()) == Answer([MESSAGE], [])


@pytest.mark.parametrize(
    "body", [b"[]", b" [ ]\n", b"<sms_answers/>", b"<sms_answers></sms_answers>"]
)
def test_an_answer_without_messages_is_read(body: bytes) -> None:
    assert read_answer(body) == Answer([], [])


HARD_TEXTS = [
    "",
    " two  spaces, a comma,, and = signs ",
    "three\nlines\r\nand one",
    "\n\n",
    "call me, phone = 79, message = hi, to_phone = 79, sent = now",
    "1,2,3\n8,soon,79,79,,later",
    "ERROR = 9 (not really)\n0,-9",
    '<b>&amp;</b> ]]> "quoted" \\n',
    "Ваш код 481516 😀",
]


@pytest.mark.parametrize("text", HARD_TEXTS)
@pytest.mark.parametrize("write", [in_text, in_commas, in_xml, in_json])
def test_texts_with_line_breaks_commas_and_field_names_are_read_exactly(
    text: str, write: Callable[[list[IncomingMessage]], str]
) -> None:
    if write is in_xml:
        text = text.replace("\r\n", "\n")
    messages = [
        MESSAGE,
        MESSAGE._replace(id=8, message=text),
        MESSAGE._replace(id=9, sent=None),
    ]
    assert read_answer(write(messages).encode()) == Answer(messages, [])


def test_crlf_line_endings_leave_nothing_in_the_text() -> None:
    for write in (in_text, in_commas):
        body = write([MESSAGE, MESSAGE]).replace("\n", "\r\n") + "\r\n"
        assert read_answer(body.encode()) == Answer([MESSAGE, MESSAGE], [])


def test_a_line_of_text_that_looks_like_an_entry_is_taken_for_one() -> None:
    other = MESSAGE._replace(id=8, message="other")
    in_one = MESSAGE._replace(message=f"text\n{in_commas([other])}")
    assert read_answer(in_commas([in_one]).encode()) == Answer([MESSAGE, other], [])
    in_one = MESSAGE._replace(message=f"text\n{in_text([other])}")
    answer = read_answer(in_text([in_one]).encode())
    assert [message.id for message in answer.messages] == [8]
    assert answer.unreadable == [in_text([MESSAGE]).partition(", to_phone")[0]]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"id": "7"}, MESSAGE),
        ({"id": "9223372036854775807"}, MESSAGE._replace(id=2**63 - 1)),
        ({"id": 0}, MESSAGE._replace(id=0)),
        ({"phone": 79990000000, "to_phone": 79110000000}, MESSAGE),
        ({"phone": None, "to_phone": None}, MESSAGE._replace(phone="", to_phone="")),
        ({"phone": "Bank", "message": 481516}, MESSAGE._replace(phone="Bank", message="481516")),
        ({"message": None}, MESSAGE._replace(message="")),
        ({"message": "\ud83d"}, MESSAGE._replace(message="\ud83d")),
        ({"message": "\x1b[2J\x00"}, MESSAGE._replace(message="\x1b[2J\x00")),
        ({"sent": None}, MESSAGE._replace(sent=None)),
        ({"sent": ""}, MESSAGE._replace(sent=None)),
        ({"sent": "0"}, MESSAGE._replace(sent=None)),
        ({"sent": 1763884798}, MESSAGE._replace(sent=None)),
        ({"sent": "00.00.0000 00:00:00"}, MESSAGE._replace(sent=None)),
        ({"more": [1, 2]}, MESSAGE),
    ],
)
def test_a_json_entry_with_small_deviations_is_read(
    changed: dict[str, object], message: IncomingMessage
) -> None:
    assert read_answer(json.dumps([ENTRY | changed]).encode()) == Answer([message], [])


def test_a_json_entry_needs_only_an_id_and_the_time_received() -> None:
    body = b'[{"id": 7, "received": "23.11.2026 10:00:00"}]'
    assert read_answer(body).messages == [IncomingMessage(7, RECEIVED, "", "", "", None)]


def test_raw_control_characters_in_json_are_read() -> None:
    body = json.dumps([ENTRY]).replace("text", "a\n\tb\x00")
    assert texts_of(read_answer(body.encode())) == ["a\n\tb\x00"]


@pytest.mark.parametrize("declared", ["utf-8", "windows-1251"])
@pytest.mark.parametrize("written", ["utf-8", "windows-1251"])
def test_xml_is_read_whatever_character_set_it_declares(declared: str, written: str) -> None:
    body = f'<?xml version="1.0" encoding="{declared}"?>\n' + in_xml(
        [MESSAGE._replace(message="Заказ готов")]
    )
    assert texts_of(read_answer(body.encode(written))) == ["Заказ готов"]


def test_xml_may_be_indented_and_use_cdata() -> None:
    body = """
        <sms_answers>
          <sms>
            <id> 7 </id><received>
            23.11.2026 10:00:00 </received>
            <message><![CDATA[ <a> & b ]]></message>
          </sms>
        </sms_answers>"""
    assert read_answer(body.encode()) == Answer(
        [IncomingMessage(7, RECEIVED, "", "", " <a> & b ", None)], []
    )


# -- character sets


@pytest.mark.parametrize("write", [in_text, in_commas, in_xml, in_json])
def test_an_answer_in_windows_1251_is_read(
    write: Callable[[list[IncomingMessage]], str],
) -> None:
    messages = [MESSAGE._replace(message="Съешь ещё этих мягких булок, № 5 — «ё»")]
    body = write(messages)
    if write is in_json:
        body = json.dumps(json.loads(body), ensure_ascii=False)
    assert read_answer(body.encode("windows-1251")) == Answer(messages, [])


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"\xed\xa0\xbd\xed\xb8\x80", "😀"),
        (b"\xed\xa0\xbd", "\ud83d"),
        ("код ".encode() + b"\xd0", "код \ufffd"),
    ],
    ids=["emoji in two halves", "half an emoji", "half a letter"],
)
def test_one_faulty_text_does_not_spoil_the_others(raw: bytes, text: str) -> None:
    other = MESSAGE._replace(message="Ваш код 481516")
    body = in_text([other, MESSAGE._replace(message="HERE"), other]).encode().replace(b"HERE", raw)
    assert texts_of(read_answer(body)) == ["Ваш код 481516", text, "Ваш код 481516"]


# -- entries that can't be read


@pytest.mark.parametrize(
    "entry",
    [
        1,
        None,
        "text",
        [],
        {},
        [ENTRY],
        ENTRY | {"id": None},
        ENTRY | {"id": True},
        ENTRY | {"id": 7.0},
        ENTRY | {"id": -1},
        ENTRY | {"id": 2**63},
        ENTRY | {"id": "٧"},
        ENTRY | {"id": "7 "},
        ENTRY | {"id": ""},
        ENTRY | {"received": None},
        ENTRY | {"received": ""},
        ENTRY | {"received": "31.02.2026 10:00:0٠"},
        ENTRY | {"received": "23.11.2026 10:00"},
        ENTRY | {"received": "2026-11-23 10:00:00"},
        ENTRY | {"received": 1763884798},
        ENTRY | {"received": ["2"] * 19},
        ENTRY | {"message": ["text"]},
        ENTRY | {"message": True},
        ENTRY | {"phone": {}},
    ],
    ids=repr,
)
def test_an_unreadable_json_entry_is_kept_and_the_others_are_read(
    entry: object,
) -> None:
    answer = read_answer(json.dumps([ENTRY, entry, ENTRY]).encode())
    assert answer.messages == [MESSAGE, MESSAGE]
    assert [json.loads(raw) for raw in answer.unreadable] == [entry]


@pytest.mark.parametrize("write", [in_json, in_xml, in_text, in_commas])
@pytest.mark.parametrize("stamp", ["31.02.2026 10:00:00", "00.00.0000 00:00:00"])
def test_a_message_with_an_impossible_date_keeps_the_date_as_written(
    write: Callable[[list[IncomingMessage]], str], stamp: str
) -> None:
    body = write([MESSAGE]).replace("23.11.2026 10:00:00", stamp, 1)
    latest = datetime(9999, 12, 31, 23, 59, 59)  # noqa: DTZ001
    answer = read_answer(body.encode())
    assert answer == Answer([MESSAGE._replace(received=latest, stamp=stamp)], [])


def test_an_entry_with_a_number_of_thousands_of_digits_is_unreadable() -> None:
    digits = "9" * 5000
    answer = read_answer(f'[{json.dumps(ENTRY)}, {{"id": {digits}}}]'.encode())
    assert answer.messages == [MESSAGE]
    assert digits in answer.unreadable[0]


@pytest.mark.parametrize(
    "entry",
    [
        "<sms><id>x</id><received>23.11.2026 10:00:00</received></sms>",
        "<sms><id>7</id></sms>",
        "<sms><id>7</id><received>soon</received></sms>",
        "<sms><id>7</id><received>23.11.2026 10:00:00</received><message><b>a</b></message></sms>",
        "<other>7</other>",
    ],
)
def test_an_unreadable_xml_entry_is_kept_and_the_others_are_read(
    entry: str,
) -> None:
    body = in_xml([MESSAGE, MESSAGE]).replace("</sms><sms>", f"</sms>{entry} and so on<sms>")
    assert read_answer(body.encode()) == Answer([MESSAGE, MESSAGE], [entry])


@pytest.mark.parametrize(
    "entry",
    [
        "id = x, received = 23.11.2026 10:00:00, phone = 7, message = a\nb, to_phone = 7, sent = ",
        "id = 7, received = soon, phone = 7, message = a, to_phone = 7, sent = ",
        "id = 9223372036854775808, received = 23.11.2026 10:00:00, phone = 7, message = a, "
        "to_phone = 7, sent = ",
        "id = 7, received = 23.11.2026 10:00:00, phone = 7, message = cut o",
    ],
)
def test_an_unreadable_text_entry_is_kept_and_the_others_are_read(
    entry: str,
) -> None:
    good = in_text([MESSAGE])
    assert read_answer(f"{good}\n{entry}\n{good}".encode()) == Answer([MESSAGE, MESSAGE], [entry])
    assert read_answer(f"{entry}\n{good}".encode()) == Answer([MESSAGE], [entry])


@pytest.mark.parametrize("text", ["a", "a\nb"])
def test_an_unreadable_comma_entry_is_kept_and_the_others_are_read(
    text: str,
) -> None:
    entry = f"9223372036854775808,23.11.2026 10:00:00,79,79,,{text}"
    good = in_commas([MESSAGE])
    assert read_answer(f"{good}\n{entry}\n{good}".encode()) == Answer([MESSAGE, MESSAGE], [entry])


def test_messages_keep_the_order_and_duplicates_of_the_answer() -> None:
    messages = [MESSAGE._replace(id=number) for number in (9, 7, 8, 7)]
    assert read_answer(in_json(messages).encode()).messages == messages


# -- failure


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (1, errors.ParameterError),
        (2, errors.SignInRefused),
        (4, errors.AddressBlocked),
        (9, errors.TooManyRequests),
        (3, errors.UnknownServiceError),
        (0, errors.UnknownServiceError),
    ],
)
@pytest.mark.parametrize(
    ("form", "description"),
    [
        ("ERROR = {} (authorise error)", "authorise error"),
        ("ERROR = {} (an (inner) one)\n", "an (inner) one"),
        ("ERROR = {}", ""),
        ("0,-{}", ""),
        ("0,-{}\r\n", ""),
        (
            "<result><error>authorise error</error><error_code>{}</error_code></result>",
            "authorise error",
        ),
        (
            '<?xml version="1.0"?>\n<result>\n<error_code> {} </error_code></result>',
            "",
        ),
        ('{{"error": "authorise error", "error_code": {}}}', "authorise error"),
        ('{{"error": "authorise error", "error_code": "{}"}}', "authorise error"),
        ('\ufeff{{"error_code": {}}}', ""),
        ('{{"error": ["odd"], "error_code": {}}}', ""),
    ],
)
def test_a_service_error_is_read_in_each_format(
    code: int, kind: type[ServiceError], form: str, description: str
) -> None:
    with pytest.raises(ServiceError) as raised:
        read_answer(form.format(code).encode())
    assert type(raised.value) is kind
    assert (raised.value.code, raised.value.description) == (code, description)


def test_an_error_described_in_windows_1251_is_read() -> None:
    with pytest.raises(ServiceError) as raised:
        read_answer("ERROR = 4 (адрес заблокирован)".encode("windows-1251"))
    assert raised.value.description == "адрес заблокирован"


# -- bodies that are no answer


@pytest.mark.parametrize(
    "body",
    [
        "<!DOCTYPE html><html><body>Sign in to this network</body></html>",
        "\n<HTML><body>502 Bad Gateway</body></HTML>",
        "<!-- cached -->\n<html lang='ru'>",
        "Warning: something\n<html>",
        '<?xml version="1.0"?><!DOCTYPE html PUBLIC "-//W3C//DTD XHTML"><html></html>',
    ],
)
def test_a_web_page_is_reported_as_one(body: str) -> None:
    with pytest.raises(NotAnAnswer, match="received a web page instead of an answer"):
        read_answer(body.encode())


@pytest.mark.parametrize("body", [b"", b" \r\n\t", b"\xef\xbb\xbf", b"\xef\xbb\xbf\n"])
def test_an_empty_answer_is_reported_as_one(body: bytes) -> None:
    with pytest.raises(NotAnAnswer, match="the answer was empty"):
        read_answer(body)


@pytest.mark.parametrize(
    "body",
    [
        b"OK",
        b"null",
        b"{}",
        b"{",
        b'"ERROR = 2"',
        b'{"error": "why"}',
        b'{"error": "why", "error_code": null}',
        b'{"error": "why", "error_code": true}',
        b'{"error": "why", "error_code": -2}',
        b'{"error": "why", "error_code": 2.0}',
        b'{"error": "why", "error_code": 9999999999}',
        b'{"error_code": [' * 5 + b"]}" * 5,
        b"[" * 100_000,
        b"[" * 900 + b"]" * 900 + b"x",
        b"ERROR",
        b"ERROR = x",
        b"ERROR = 12345678901",
        b"0,-",
        b"0,-x",
        b"1,-2",
        b"<result/>",
        b"<result><error_code>x</error_code></result>",
        b"<sms>7</sms>",
        b"<sms_answersome/>",
        b"<sms_answers>&undefined;</sms_answers>",
        b'<!DOCTYPE a [<!ENTITY b "c">]><sms_answers>&b;</sms_answers>',
        b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><sms_answers/>',
        b"<sms_answers>" + b"<a>" * 20_000 + b"</a>" * 20_000 + b"</sms_answers>",
        b"id = 7",
        b"Notice: id = 7, received = 23.11.2026 10:00:00, phone = 7, message = a",
        b"7,23.11.2026 10:00:00",
        b"\x00\xff\xfe",
    ],
    ids=lambda body: repr(body[:60]),
)
def test_a_body_in_no_known_format_is_rejected(body: bytes) -> None:
    with pytest.raises(NotAnAnswer, match="the answer could not be read"):
        read_answer(body)


@pytest.mark.parametrize("write", [in_xml, in_json])
def test_an_xml_or_json_answer_truncated_anywhere_is_rejected(
    write: Callable[[list[IncomingMessage]], str],
) -> None:
    body = write([MESSAGE._replace(message="Заказ"), MESSAGE]).encode()
    for length in range(1, len(body)):
        with pytest.raises(NotAnAnswer):
            read_answer(body[:length])


@pytest.mark.parametrize(
    "large",
    [
        {**ENTRY, "id": 8, "message": "Я" * 1_000_000},
        {**ENTRY, "id": 8, "message": '\\"' * 500_000},
        {"id": 8, "more": ["[{"] * 300_000},
        "x" * 1_500_000,
        "\\" * 600_000,
    ],
    ids=["text", "quotes", "nested", "string", "backslashes"],
)
def test_an_oversized_entry_is_shortened_and_the_others_are_read(large: object) -> None:
    last = {**ENTRY, "id": 9}
    answer = read_answer(json.dumps([ENTRY, large, last, large], ensure_ascii=False).encode())
    assert [message.id for message in answer.messages] == [ENTRY["id"], 9]
    assert len(answer.unreadable) == 2
    for raw in answer.unreadable:
        assert raw[:4] == json.dumps(large)[:4]
        assert raw.endswith(" bytes more)")
        assert len(raw) < 10_000


def test_unreadable_entries_beyond_1000_are_only_counted() -> None:
    answer = read_answer(json.dumps([ENTRY, *["x" * 20_000] * 1500]).encode())
    assert (len(answer.messages), answer.entries) == (1, 1501)
    assert [len(raw) for raw in answer.unreadable] == [10_000] * 1000


@pytest.mark.parametrize(
    ("around", "entry"),
    [
        ("[{}0]", "1,"),
        ("<sms_answers>{}</sms_answers>", "<sms></sms>"),
        ("{}", "id = 1, received = , phone = \n"),
        ("{}", "1,23.11.2026 10:00:00,,,,\n"),
    ],
)
def test_an_answer_of_over_20_000_entries_is_rejected(around: str, entry: str) -> None:
    assert read_answer(around.format(entry * 50).encode()) != Answer([], [])
    with pytest.raises(NotAnAnswer, match="the answer could not be read"):
        read_answer(around.format(entry * 20_001).encode())
