"""Export of messages as CSV, JSON and JSON Lines."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import tzinfo
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol, get_args

from inbox_tui.archive import Row, from_server_seconds
from inbox_tui.text import find_code, name_finder, sanitize
from inbox_tui.text.spreadsheet import csv_cell

ExportFormat = Literal["csv", "json", "jsonl"]
FORMATS: tuple[ExportFormat, ...] = get_args(ExportFormat)
STATES = ("read", "starred", "done")
FIELDS = ("id", "received", "sent", "phone", "to_phone", "message", *STATES, "code")
NAME_FIELDS = ("phone_name", "to_phone_name")
"""Fields added if the settings give names to numbers."""
REPORT_EVERY = 1000


class Written(NamedTuple):
    """The result of an export: counts of messages, and of CSV cells guarded against formulas."""

    messages: int
    guarded: int = 0


class Sink(Protocol):
    """Receives the exported bytes; for example a file opened in binary mode."""

    def write(self, line: bytes, /) -> object:
        """Write some bytes; a character is never split between two calls."""


class Exporter:
    """Writes messages in one format.

    Texts are exported unchanged, except that CSV cells which a spreadsheet would run as a formula
    get an apostrophe and are counted. `server_zone` is the time zone of the service's clock;
    `names` are the user's names by phone number, as `parse_sender` returns it; `accounts` are
    names of accounts by `Row.account_id`, and add the field `account` to each message.
    """

    def __init__(
        self,
        export_format: ExportFormat,
        *,
        server_zone: tzinfo,
        names: Mapping[str, str],
        accounts: Mapping[int, str] | None = None,
    ) -> None:
        self._format = export_format
        self._zone = server_zone
        self._names = names
        self._accounts = accounts
        self._name = name_finder(names)

    def record(self, row: Row) -> dict[str, Any]:
        """Return a message by field names; times are ISO 8601 with offset, `code` may be None.

        An impossible date of reception is returned as the service wrote it.
        """
        code = find_code(row.message)
        record: dict[str, Any] = {
            "id": row.id,
            "received": row.stamp or self._time(row.received),
            "sent": None if row.sent is None else self._time(row.sent),
            "phone": row.phone,
            "to_phone": row.to_phone,
            "message": row.message,
            "read": not row.unread,
            "starred": row.starred,
            "done": row.done,
            "code": None if code is None else code.text,
        }
        if self._accounts is not None:
            record["account"] = self._accounts.get(row.account_id, "")
        if self._names:
            record["phone_name"] = self._name(row.phone)
            record["to_phone_name"] = self._name(row.to_phone)
        return record

    def _time(self, server_seconds: int) -> str:
        return from_server_seconds(server_seconds).replace(tzinfo=self._zone).isoformat()

    def line(self, row: Row) -> bytes:
        """Return a message as one line of JSON in UTF-8, with its line break."""
        return _encoded(self.record(row)) + b"\n"

    def write(
        self, rows: Iterable[Row], file: Sink, progress: Callable[[int], None] | None = None
    ) -> Written:
        """Write messages in order; call `progress` with their count every `REPORT_EVERY`."""
        writer = {"csv": self._write_csv, "json": self._write_json, "jsonl": self._write_lines}
        return writer[self._format](_counted(rows, progress), file)

    def _write_lines(self, rows: Iterable[Row], file: Sink) -> Written:
        messages = 0
        for row in rows:
            file.write(self.line(row))
            messages += 1
        return Written(messages)

    def _write_json(self, rows: Iterable[Row], file: Sink) -> Written:
        messages = 0
        for row in rows:
            file.write(b",\n" if messages else b"[\n")
            file.write(_encoded(self.record(row)))
            messages += 1
        file.write(b"\n]\n" if messages else b"[]\n")
        return Written(messages)

    def _write_csv(self, rows: Iterable[Row], file: Sink) -> Written:
        fields = FIELDS + (() if self._accounts is None else ("account",))
        fields += NAME_FIELDS if self._names else ()
        cells = csv.DictWriter(_Encoder(file), fields, lineterminator="\r\n")
        cells.writeheader()
        messages = guarded = 0
        for row in rows:
            record = self.record(row)
            record |= {state: str(record[state]).lower() for state in STATES}
            for field, value in record.items():
                if isinstance(value, str) and (safe := csv_cell(value)) != value:
                    record[field] = safe
                    guarded += 1
            cells.writerow(record)
            messages += 1
        return Written(messages, guarded)


def format_of(path: Path) -> ExportFormat | None:
    """Return the format for the extension of a file's name, or None for any other extension."""
    ending = path.suffix.lower().removeprefix(".")
    return next((known for known in FORMATS if known == ending), None)


class _Encoder:
    """Writes text to a file as UTF-8, and lone surrogates as escapes."""

    def __init__(self, file: Sink) -> None:
        self._file = file

    def write(self, text: str) -> None:
        self._file.write(text.encode("utf-8", "backslashreplace"))


def line_for_terminal(line: bytes) -> bytes:
    """Return a line of JSON unchanged if it is safe to show on a terminal, otherwise in ASCII."""
    text = line.decode().removesuffix("\n")
    if sanitize(text) == text:
        return line
    escaped = json.dumps(json.loads(text)).replace("\x7f", "\\u007f")
    return f"{escaped}\n".encode()


def _encoded(record: Mapping[str, Any]) -> bytes:
    """Return a record as JSON, with terminal controls, line breaks and surrogates escaped."""
    written = json.dumps(record, ensure_ascii=False)
    return _ESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", written).encode()


_ESCAPED = re.compile(
    "[\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


def _counted(rows: Iterable[Row], progress: Callable[[int], None] | None) -> Iterable[Row]:
    for number, row in enumerate(rows, start=1):
        yield row
        if progress is not None and number % REPORT_EVERY == 0:
            progress(number)
