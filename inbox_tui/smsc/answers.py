"""Parsers for the body of an answer, in all four formats (api.md, Success, Failure).

The format is detected from the body, not taken from the request: a failing service may answer in a
format other than the one requested.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from functools import lru_cache
from itertools import chain, islice, pairwise
from typing import TYPE_CHECKING, Any

import msgspec

from inbox_tui.locale import mark
from inbox_tui.smsc.errors import NotAnAnswer, ServiceError, service_error
from inbox_tui.smsc.message import Answer, IncomingMessage

if TYPE_CHECKING:
    from xml.etree import ElementTree

_LARGEST_ID = 2**63 - 1
_MOST_ENTRIES = 20_000
"""Twice the largest `cnt` (api.md, Request); a body with more entries is rejected."""
_LARGEST_ENTRY = 1024 * 1024
"""The largest JSON entry, in bytes; a larger one is unreadable, and only its beginning is kept."""
_MOST_INNER_MARKS = 1_000_000
"""The most brackets and strings in all JSON entries that are too large or hold lists or objects.

A documented entry is neither; a body with more is rejected.
"""
_SEARCHED = 256 * 1024
"""Bytes per regular expression search, which holds the GIL until it returns."""
_LARGEST_OTHER_FORM = 2 * 1024 * 1024
"""The largest body, in bytes, that is not the requested JSON list."""
_XML_SLICE = 8 * 1024
"""Characters of XML that are parsed at a time."""
_MOST_BRACKETS = 150_000
"""The most `<` in XML; 10,000 entries have 140,000."""
_MOST_UNREADABLE = 1000
"""The most unreadable entries that are kept of an answer."""
_LONGEST_UNREADABLE = 10_000
"""Characters that are kept of each unreadable entry."""
_LARGEST_KEPT = 9_000
"""Bytes that are kept of an entry over `_LARGEST_ENTRY`."""

_STRING = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+'
_PLAIN = rb'[^"{}\[\]]*+'
_FLAT_ENTRY = re.compile(rb"\{(?:" + _PLAIN + _STRING + rb'")*+' + _PLAIN + rb"\}", re.DOTALL)
"""A JSON object that contains no other object or list."""
_MARK = re.compile(rb'["\[\]{}]')
"""A bracket, or the quote that begins a string."""
_IN_STRING = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+', re.DOTALL)
_SCALAR = re.compile(rb'[^\s\[\]{},"]++|' + _STRING + b'"', re.DOTALL)
_SPACE = rb"[ \t\r\n]{0,65536}+"
_LIST = re.compile(_SPACE + rb"\[")
_LIST_START = re.compile(rb"\[" + _SPACE)
_SEPARATOR = re.compile(_SPACE + rb"([,\]])" + _SPACE)
_STAMP = r"\d\d\.\d\d\.\d{4} \d\d:\d\d:\d\d"
_IS_STAMP = re.compile(_STAMP, re.ASCII)
_LATEST = datetime(9999, 12, 31, 23, 59, 59)  # noqa: DTZ001 - the service's clock has no zone
_ERROR_CODE = re.compile(r"\d{1,9}", re.ASCII)

_TEXT_START = re.compile(r"^id = [^,\n]*, received = [^,\n]*, phone = ", re.MULTILINE)
_TEXT_RECORD = re.compile(
    r"id = (?P<id>\d+), received = (?P<received>[^,\n]*), phone = (?P<phone>[^,\n]*), "
    r"message = (?P<message>.*), to_phone = (?P<to_phone>[^,\r\n]*)"
    r"(?:, sent = ?(?P<sent>[^,\r\n]*))?",
    re.ASCII | re.DOTALL,
)
_TEXT_ERROR = re.compile(r"ERROR = (\d{1,9})\s*(?:\((.*)\))?", re.ASCII | re.DOTALL)

_COMMA_START = re.compile(rf"^\d+,{_STAMP},[^,\n]*,[^,\n]*,(?:{_STAMP})?,", re.ASCII | re.MULTILINE)
_COMMA_RECORD = re.compile(
    r"(?P<id>\d+),(?P<received>[^,]*),(?P<phone>[^,]*),(?P<to_phone>[^,]*),(?P<sent>[^,]*),"
    r"(?P<message>.*)",
    re.ASCII | re.DOTALL,
)
_COMMA_ERROR = re.compile(r"0,-(\d{1,9})", re.ASCII)

_XML_ROOT = re.compile(r"(?:<\?xml[^>]*\?>)?\s*<(?:sms_answers|result)[\s/>]")
_WEB_PAGE = re.compile(r"<(?:!doctype\s+html|html|head|body)\b", re.ASCII | re.IGNORECASE)
_WEB_PAGE_WITHIN = 4096

_FAULT = "\N{REPLACEMENT CHARACTER}"

_EMPTY = mark("the answer was empty")
_WEB = mark("received a web page instead of an answer: does this network have a login page?")


_JSON = json.JSONDecoder(strict=False)
"""A decoder that accepts raw control characters in strings."""

_Codec = tuple[str, str]
"""An encoding and its error handler."""
_UTF_8: _Codec = "utf-8", "strict"
_HALVES: _Codec = "utf-8", "surrogatepass"


def read_answer(body: bytes) -> Answer:
    """Parse the body of an answer in any of the four formats (api.md, Success).

    The body is utf-8, with or without a byte order mark, or else windows-1251. An entry needs a
    valid `id` and `received`, and its texts must be strings or numbers; an entry that does not meet
    this is kept raw in `unreadable`, up to a limit, without affecting the others. An invalid `sent`
    becomes None.

    JSON preserves every message exactly. XML cannot represent control characters and turns carriage
    returns into line feeds. In the two text formats, a line of a message that looks like the start
    of an entry is parsed as one, and a line break that ends the last message is dropped.

    When called in a thread, it never holds the GIL for long, whatever the body: entries are counted
    before any object is built, and built a few at a time.

    Raises ServiceError if the service answered with an error (api.md, Failure), and NotAnAnswer if
    the body has none of the formats, is truncated or holds far more entries than can be requested;
    its `str()` describes the body.
    """
    body = body.removeprefix(codecs.BOM_UTF8)
    if _LIST.match(body):
        return _answer(_json_entries(body.strip()))
    if len(body) > _LARGEST_OTHER_FORM:
        raise _not_an_answer(body[:_WEB_PAGE_WITHIN].decode("ascii", "replace"))
    text = _decoded(body, _codec([body]))
    inner = text.strip()
    if not inner:
        raise NotAnAnswer(_EMPTY)
    if inner[0] == "{":
        return _from_json_object(inner)
    if inner[0] == "<":
        return _from_xml(inner)
    if error := _TEXT_ERROR.fullmatch(inner):
        raise service_error(int(error[1]), error[2] or "")
    if error := _COMMA_ERROR.fullmatch(inner):
        raise service_error(int(error[1]))
    text = text.lstrip("\r\n")
    for start, record in ((_TEXT_START, _TEXT_RECORD), (_COMMA_START, _COMMA_RECORD)):
        if start.match(text):
            return _answer(_records(text, start, record))
    raise _not_an_answer(inner)


def _answer(entries: Iterable[IncomingMessage | str]) -> Answer:
    """Return an answer with these messages and, given as `str`, raw unreadable entries.

    Raises NotAnAnswer if there are too many entries.
    """
    messages: list[IncomingMessage] = []
    unreadable: list[str] = []
    left_out = 0
    for number, entry in enumerate(entries):
        if number == _MOST_ENTRIES:
            raise NotAnAnswer
        if not isinstance(entry, str):
            messages.append(entry)
        elif len(unreadable) < _MOST_UNREADABLE:
            unreadable.append(entry[:_LONGEST_UNREADABLE])
        else:
            left_out += 1
    return Answer(messages, unreadable, left_out)


def _codec(pieces: Sequence[bytes]) -> _Codec:
    """Return utf-8, or windows-1251 if most of the non-ASCII text is not valid utf-8.

    This way one message with half an emoji or a truncated character does not garble the others.
    """
    for codec in (_UTF_8, _HALVES):
        with suppress(UnicodeDecodeError):
            for piece in pieces:
                piece.decode(*codec)
            return codec
    faults = beyond_ascii = 0
    for piece in pieces:
        text = piece.decode("utf-8", "replace")
        faults += text.count(_FAULT)
        beyond_ascii += len(text) - len(text.encode("ascii", "ignore"))
    return ("utf-8" if faults * 2 < beyond_ascii else "windows-1251"), "replace"


def _decoded(piece: bytes, codec: _Codec) -> str:
    """Decode a text, joining surrogate pairs that were encoded one by one."""
    text = piece.decode(*codec)
    if codec == _HALVES:
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
    return text


def _not_an_answer(text: str) -> NotAnAnswer:
    return NotAnAnswer(_WEB if _WEB_PAGE.search(text, 0, _WEB_PAGE_WITHIN) else "")


# -- JSON


def _from_json_object(text: str) -> Answer:
    answer = _json(text) or {}
    raise _failure(answer.get("error_code"), answer.get("error"))


def _json(text: str) -> Any:
    """Parse JSON; return None if it contains an integer with more digits than Python parses.

    Raises NotAnAnswer if it is not valid JSON.
    """
    try:
        return _JSON.decode(text)
    except (json.JSONDecodeError, RecursionError):
        raise NotAnAnswer from None
    except ValueError:
        return None


def _json_entries(body: bytes) -> Iterator[IncomingMessage | str]:
    entries = list(islice(_cut_list(body), _MOST_ENTRIES + 1))
    codec = _codec([entry for entry in entries if len(entry) <= _LARGEST_ENTRY])
    for entry in entries:
        if len(entry) > _LARGEST_ENTRY:
            kept = entry[:_LARGEST_KEPT].decode(codec[0], "replace")
            yield f"{kept}… ({len(entry) - _LARGEST_KEPT} bytes more)"
        elif codec == _UTF_8 and (message := _fast_message(entry)):
            yield message
        else:
            raw = _decoded(entry, codec)
            yield _message(_json(raw)) or raw


def _fast_message(entry: bytes) -> IncomingMessage | None:
    """Return the message in an entry of strictly valid JSON, or None.

    This takes a third of the time that `_json` does.
    """
    try:
        return _message(msgspec.json.decode(entry))
    except (msgspec.MsgspecError, RecursionError):
        return None


def _cut_list(body: bytes) -> Iterator[bytes]:
    """Split a JSON list into the bytes of its entries, without parsing them.

    Raises NotAnAnswer, possibly after some entries, if the list is malformed or incomplete.
    """
    found = _LIST_START.match(body)
    if found is None:
        raise NotAnAnswer
    at = found.end()
    if body[at : at + 2] == b"]":
        return
    marks = 0
    while True:
        limit = at + _LARGEST_ENTRY
        flat = _FLAT_ENTRY.match(body, at, limit) or _SCALAR.match(body, at, limit)
        if flat is not None:
            end = flat.end()
        else:
            end, marks = _end_of_unusual(body, at, marks)
        yield body[at:end]
        found = _SEPARATOR.match(body, end)
        if found is None:
            raise NotAnAnswer
        at = found.end()
        if found[1] == b"]":
            if at != len(body):
                raise NotAnAnswer
            return


def _end_of_unusual(body: bytes, at: int, marks: int) -> tuple[int, int]:
    """Return the end of an entry that is nested or too large, and the updated `marks`.

    `marks` counts the brackets and strings in all such entries so far. Raises NotAnAnswer if there
    are too many of them, or the entry is malformed or incomplete.
    """
    if body[at : at + 1] not in (b"[", b"{", b'"'):
        raise NotAnAnswer
    depth = 0
    while at < len(body) and marks < _MOST_INNER_MARKS:
        found = _MARK.search(body, at, at + _SEARCHED)
        if found is None:
            at += _SEARCHED
            continue
        marks += 1
        at = found.end()
        if found[0] == b'"':
            at = _end_of_string(body, at)
        else:
            depth += 1 if found[0] in b"[{" else -1
        if depth <= 0:
            return at, marks
    raise NotAnAnswer


def _end_of_string(body: bytes, at: int) -> int:
    """Return the end of the string whose opening quote is before `at`, searching it in parts."""
    while at < len(body):
        found = _IN_STRING.match(body, at, at + _SEARCHED)
        assert found is not None  # it matches the empty string, too
        at = found.end()
        if body[at : at + 1] == b'"':
            return at + 1
        if body[at : at + 1] == b"\\" and at + 1 >= len(body):
            break
    raise NotAnAnswer


def _message(entry: Any) -> IncomingMessage | None:
    """Return the message in a parsed entry, or None if the entry is not a valid message."""
    try:
        number = entry["id"]
        if type(number) is not int:
            number = _id(number)
        if not 0 <= number <= _LARGEST_ID:
            return None
        received, stamp = _received(entry["received"])
        return IncomingMessage(
            number,
            received,
            _text(entry.get("phone")),
            _text(entry.get("to_phone")),
            _text(entry.get("message")),
            _sent(entry.get("sent")),
            stamp,
        )
    except (ValueError, TypeError, LookupError):
        return None


def _id(value: object) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value)
    raise ValueError


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    raise ValueError


def _time(stamp: str) -> datetime:
    """Parse `DD.MM.YYYY hh:mm:ss`; raises ValueError if it is no valid date."""
    if len(stamp) != 19 or stamp[10] != " " or stamp[13] != ":" or stamp[16] != ":":
        raise ValueError
    return datetime.fromisoformat(_iso_date(stamp[:10]) + stamp[10:])


@lru_cache(maxsize=512)
def _iso_date(date: str) -> str:
    """Return `DD.MM.YYYY` as `YYYY-MM-DD`; cached, because a page repeats the same few dates."""
    if date[2] != "." or date[5] != ".":
        raise ValueError
    return f"{date[6:]}-{date[3:5]}-{date[:2]}"


def _received(stamp: str) -> tuple[datetime, str]:
    """Parse the time of receipt, and return it with an empty string.

    For a well-formed time that does not exist (31 February), return the latest datetime and the raw
    text. Raises ValueError for anything else.
    """
    try:
        return _time(stamp), ""
    except ValueError:
        if not _IS_STAMP.fullmatch(stamp):
            raise
        return _LATEST, stamp


def _sent(stamp: Any) -> datetime | None:
    try:
        return _time(stamp)
    except (ValueError, TypeError, LookupError):
        return None


def _failure(code: object, description: object) -> ServiceError | NotAnAnswer:
    """Return the error for an `error_code`, an int or a string of digits (api.md, Failure)."""
    digits = str(code) if isinstance(code, int | str) else ""
    if not _ERROR_CODE.fullmatch(digits):
        return NotAnAnswer()
    return service_error(int(digits), description if isinstance(description, str) else "")


# -- the other formats


def _from_xml(text: str) -> Answer:
    """Parse XML whose root is `sms_answers` or `result`.

    Only the XML declaration may come before the root. This rules out a DOCTYPE, with its entity
    expansion, since a DOCTYPE after the start of the root is not well-formed XML.
    """
    from xml.etree import ElementTree  # takes 0.4 MB, and answers in JSON do not need it

    if not _XML_ROOT.match(text):
        raise _not_an_answer(text)
    if text.count("<") > _MOST_BRACKETS:
        raise NotAnAnswer
    parser = ElementTree.XMLParser()  # noqa: S314 - there is no DOCTYPE
    try:
        for start in range(0, len(text), _XML_SLICE):
            parser.feed(text[start : start + _XML_SLICE])
        root: ElementTree.Element = parser.close()
    except (ElementTree.ParseError, ValueError):
        raise NotAnAnswer from None
    if root.tag == "result":
        raise _failure((root.findtext("error_code") or "").strip(), root.findtext("error"))
    return _answer(_message(_fields(element)) or _raw(element) for element in root)


def _fields(element: ElementTree.Element) -> dict[str, str] | None:
    """Return the fields of an `<sms>` by name; None if it is no `<sms>` or a field is nested."""
    if element.tag != "sms" or any(len(part) for part in element):
        return None
    fields = {part.tag: part.text or "" for part in element}
    for name in ("id", "received", "sent"):
        if name in fields:
            fields[name] = fields[name].strip()
    return fields


def _raw(element: ElementTree.Element) -> str:
    from xml.etree import ElementTree

    element.tail = None
    try:
        return ElementTree.tostring(element, encoding="unicode")
    except RecursionError:
        raise NotAnAnswer from None


def _records(
    text: str, start: re.Pattern[str], record: re.Pattern[str]
) -> Iterator[IncomingMessage | str]:
    """Split a text at each match of `start`, and yield each record without its last line break."""
    starts = (found.start() for found in start.finditer(text))
    for begin, end in pairwise(chain(starts, [len(text)])):
        raw = text[begin:end].removesuffix("\n").removesuffix("\r")
        found = record.fullmatch(raw)
        yield (found and _message(found.groupdict())) or raw
