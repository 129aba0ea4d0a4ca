"""The three export formats: exact, and safe for the programs that open them."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.rows import MOSCOW, message

from inbox_tui.archive import Row
from inbox_tui.exports import FORMATS, Exporter, Written, format_of

anything = st.text(st.characters(), max_size=40)
"""Any text, including lone surrogates and control characters."""


def row(number: int = 1, text: str = "Hello", *, sent: int | None = None) -> Row:
    return message(
        number, received=1_795_428_000, sent=sent, phone="79991234567", message=text, unread=True
    )


def exported(form: str, *rows: Row, names: dict[str, str] | None = None) -> tuple[bytes, Written]:
    (known,) = [name for name in FORMATS if name == form]
    file = io.BytesIO()
    written = Exporter(known, server_zone=MOSCOW, names=names or {}).write(rows, file)
    return file.getvalue(), written


def test_times_have_the_offset_of_the_servers_clock() -> None:
    written, _ = exported("jsonl", row(sent=1_795_427_990))
    record = json.loads(written)
    assert record["received"] == "2026-11-23T10:00:00+03:00"
    assert record["sent"] == "2026-11-23T09:59:50+03:00"


def test_a_missing_sending_time_is_exported_as_null_or_empty() -> None:
    assert json.loads(exported("jsonl", row())[0])["sent"] is None
    assert b",2026-11-23T10:00:00+03:00,,7999" in exported("csv", row())[0]


@given(st.lists(anything, max_size=4))
def test_json_preserves_every_text(texts: list[str]) -> None:
    rows = [row(number, text) for number, text in enumerate(texts)]
    whole = json.loads(exported("json", *rows)[0])
    lines = [json.loads(line) for line in exported("jsonl", *rows)[0].decode().splitlines()]
    assert [record["message"] for record in whole] == texts
    assert lines == whole


@given(anything)
def test_json_contains_no_control_or_direction_characters(text: str) -> None:
    written = exported("jsonl", row(text=text))[0].decode()
    assert not any(ord(character) < 32 or 126 < ord(character) < 160 for character in written[:-1])
    assert not set("\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2069") & set(
        written
    )


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40))
def test_csv_preserves_every_text_except_for_a_guarding_apostrophe(text: str) -> None:
    written, counts = exported("csv", row(text=text))
    (cells,) = csv.DictReader(io.StringIO(written.decode(), newline=""))
    assert cells["message"].replace("'", "") == text.replace("'", "")
    assert (cells["message"] == text) == (counts.guarded == 0)


@pytest.mark.parametrize("text", ["=1+1", "+7 999", "-1", "@SUM(A1)", "\ttab", " =1"])
def test_csv_guards_texts_that_a_spreadsheet_would_run_as_formulas(text: str) -> None:
    written, counts = exported("csv", row(text=text), row(2, "plain"))
    first, second = csv.DictReader(io.StringIO(written.decode(), newline=""))
    assert first["message"] == f"'{text}"
    assert second["message"] == "plain"
    assert counts == Written(2, 1)


def test_half_a_surrogate_pair_is_written_as_an_escape_in_csv() -> None:
    assert b"a\\ud800b" in exported("csv", row(text="a\ud800b"))[0]


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("csv", b"id,received,sent,phone,to_phone,message,read,starred,done,code\r\n"),
        ("json", b"[]\n"),
        ("jsonl", b""),
    ],
)
def test_an_empty_export_is_still_a_valid_file(form: str, expected: bytes) -> None:
    assert exported(form) == (expected, Written(0))


def test_names_have_their_own_columns() -> None:
    written, _ = exported("csv", row(), names={"79991234567": "Anna"})
    (cells,) = csv.DictReader(io.StringIO(written.decode(), newline=""))
    assert (cells["phone_name"], cells["to_phone_name"]) == ("Anna", "")


def test_progress_is_reported_every_1000_messages() -> None:
    told: list[int] = []
    exporter = Exporter("jsonl", server_zone=UTC, names={})
    exporter.write((row(number) for number in range(2500)), io.BytesIO(), told.append)
    assert told == [1000, 2000]


def test_the_file_extension_determines_the_format() -> None:
    assert format_of(Path("a.CSV")) == "csv"
    assert format_of(Path("a.jsonl")) == "jsonl"
    assert format_of(Path("a.txt")) is None
    assert format_of(Path("csv")) is None
