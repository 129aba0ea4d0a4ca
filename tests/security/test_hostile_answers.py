"""Ceilings for the memory and processor time that any answer of a server may cost."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.smsc_client import ENTRY, TESTS

MIB = 1024 * 1024
MOST_MEBIBYTES = 256
MOST_UNITS = 600
LONGEST_STALL = 5
"""The longest time that the event loop may be blocked, in units of processor time: about 50 ms.

A unit is 10 ms on the machine that the figures in CONTRIBUTING are of, and more on a slower one.
"""
TRIES = 3
"""Attempts to stay within the time limits: a busy machine spoils one, an expensive answer all."""


def cost(body: bytes) -> dict[str, Any]:
    """Measure what reading an answer costs the inbox; fail if it needs too much memory."""
    done = subprocess.run(
        [sys.executable, "-m", "support.answer_cost"],
        input=gzip.compress(body, 1),
        capture_output=True,
        cwd=TESTS,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()[-500:]
    figures: dict[str, Any] = json.loads(done.stdout)
    return figures


def assert_cheap(body: bytes) -> str:
    """Check that reading an answer stays within the ceilings, and return its outcome."""
    for _ in range(TRIES):
        figures = cost(body)
        assert figures["mebibytes"] <= MOST_MEBIBYTES, figures
        if cheap := figures["took"] <= MOST_UNITS and figures["stall"] <= LONGEST_STALL:
            break
    assert cheap, figures
    return str(figures["outcome"])


def repeated(piece: bytes, size: int, start: bytes = b"[", end: bytes = b"]") -> bytes:
    """Return about `size` bytes of a repeated piece, separated by commas."""
    return start + b",".join([piece] * (size // (len(piece) + 1))) + end


ENTRY_BYTES = json.dumps(ENTRY).encode()
XML_ENTRY = b"<sms><id>7</id><received>23.11.2026 10:00:00</received></sms>"

BODIES = {
    "64 MiB of empty lists": repeated(b"[]", 64 * MIB),
    "empty lists": repeated(b"[]", 30 * MIB),
    "documented entries": repeated(ENTRY_BYTES, 30 * MIB),
    "shortest entries": repeated(b'{"id":7,"received":"23.11.2026 10:00:00"}', 30 * MIB),
    "one list of lists": b"[" + repeated(b"[]", 30 * MIB) + b"]",
    "lists of lists": repeated(repeated(b"[]", MIB // 2), 30 * MIB),
    "entries of many fields": repeated(repeated(b'"a":1', MIB // 2, b"{", b"}"), 30 * MIB),
    "deep lists": b"[" * 30 * MIB,
    "strings that do not end": b'["' + b'\\"' * 15 * MIB,
    "objects that do not end": repeated(b'{"a":"\\"', 30 * MIB),
    "only spaces": b" " * 30 * MIB,
    "XML": b"<sms_answers>" + XML_ENTRY * (30 * MIB // len(XML_ENTRY)),
    "a little XML": b"<sms_answers>" + b"<a/>" * 149_000 + b"</sms_answers>",
    "XML with an endless tag": b"<sms_answers " + b"a" * 2_000_000,
    "a little of lines": b"7,23.11.2026 10:00:00,,,,\n" * 70_000,
    "lines of text": b"id = 1, received = , phone = \n" * 60_000,
    "bytes of no charset": b"\xff" * 2_000_000,
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_oversized_or_malformed_answer_is_refused_cheaply(body: bytes) -> None:
    assert assert_cheap(body).startswith(("NotAnAnswer", "AnswerTooLarge", "0 messages, "))


def filled(entry: dict[str, object], text: str, *, escaped: bool = False) -> bytes:
    """Return a full answer: 10,000 entries with this text."""
    entries = [entry | {"id": number, "message": text} for number in range(10_000)]
    return json.dumps(entries, ensure_ascii=escaped).encode("utf-8", "surrogatepass")


@pytest.mark.parametrize(
    "body",
    [
        filled(ENTRY, "a" * 2900 + "😀"),
        filled(ENTRY, "Я" * 500, escaped=True),
        filled(ENTRY, "[{" * 1000),
        filled(ENTRY | {"id": "7"}, "\ud83d" + "Я" * 500),
        filled(ENTRY | {"phone": 7}, "\x00" + "\\" * 1000),
    ],
    ids=["long", "escaped", "brackets", "half an emoji", "unusual"],
)
def test_ten_thousand_messages_with_unusual_text_are_all_read(body: bytes) -> None:
    assert assert_cheap(body) == "10000 messages, 10000 entries"


def test_a_text_of_half_a_million_letters_is_read_whole() -> None:
    body = json.dumps([ENTRY | {"message": "Я" * 500_000}], ensure_ascii=False).encode()
    assert assert_cheap(body) == "1 messages, 1 entries"


pieces = st.sampled_from(
    [b"[", b"]", b"{", b"}", b'"', b"\\", b",", b":", b"1", b" ", b"\xff", b"[]", b"{}", b'"a":1']
)


@settings(max_examples=5)
@given(st.lists(pieces, min_size=1, max_size=4).map(b"".join), st.sampled_from([b"", b"["]))
def test_answer_of_endlessly_repeated_bytes_is_handled_cheaply(piece: bytes, start: bytes) -> None:
    assert_cheap(start + piece * (30 * MIB // len(piece)))
