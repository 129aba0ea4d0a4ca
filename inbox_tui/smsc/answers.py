"""The bytes of an answer read into messages or an error: all four forms (api.md, Success, Failure).

The form is told by what the body is, not by what was asked: a service in trouble may answer in
another form than the one requested.
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
"""Twice what may be asked for (api.md, Request): whatever holds more is no answer."""
_LARGEST_ENTRY = 1024 * 1024
"""Bytes of an entry in JSON; of a larger one only the beginning is kept, as unreadable."""
_MOST_INNER_MARKS = 1_000_000
"""Brackets and strings in entries in JSON that are too large, or hold lists or objects, which no
documented one does."""
_SEARCHED = 256 * 1024
"""Bytes that are searched at a time: the interpreter is held for so long."""
_LARGEST_OTHER_FORM = 2 * 1024 * 1024
"""Bytes of an answer that is no list in JSON, which is what was asked for."""
_XML_SLICE = 8 * 1024
"""Characters of XML that are parsed at a time."""
_MOST_BRACKETS = 150_000
"""Of an answer in XML; 10,000 entries have 140,000."""
_MOST_UNREADABLE = 1000
_LONGEST_UNREADABLE = 10_000
"""How many unreadable entries are kept of an answer, and how many characters of each."""
_LARGEST_KEPT = 9_000
"""Bytes that are kept of an entry that is too large."""

_STRING = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+'
_PLAIN = rb'[^"{}\[\]]*+'
_FLAT_ENTRY = re.compile(rb"\{(?:" + _PLAIN + _STRING + rb'")*+' + _PLAIN + rb"\}", re.DOTALL)
"""An object in JSON with no other object or list in it."""
_MARK = re.compile(rb'["\[\]{}]')
"""A bracket, or where a string begins."""
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

_EMPTY = mark("an empty answer came")
_WEB = mark("a web page came instead of an answer: is there a login page on this network?")


_JSON = json.JSONDecoder(strict=False)
"""Lets raw control characters in strings pass."""

_Codec = tuple[str, str]
"""An encoding, and how its errors are handled."""
_UTF_8: _Codec = "utf-8", "strict"
_HALVES: _Codec = "utf-8", "surrogatepass"


def read_answer(body: bytes) -> Answer:
    """Read the body of an answer, in whichever of the four forms it is (api.md, Success).

    The body is utf-8, with or without a byte order mark, or else windows-1251. An entry needs an
    `id` and a `received` that can be read, and texts that are texts or numbers; one that lacks
    these is kept raw in `unreadable`, up to a bound, and costs the others nothing. A `sent` that
    cannot be read is None.

    JSON carries every message exactly. XML does but for control characters (it has none) and
    carriage returns (they read as line feeds). In the two text forms a line of a message that
    looks like the start of an entry is taken for one, and so is the line break at the very end
    for the entry's own.

    In a thread of its own it never holds the interpreter for long, whatever the body is: entries
    are counted before they are built, and built a few at a time.

    Raises ServiceError where the service answered with an error (api.md, Failure), and NotAnAnswer
    where the body is none of the forms, was cut off or holds far more than was asked for; its
    `str()` says what came.
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
    """Return the answer that holds these messages, and raw entries that could not be read."""
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
    """Return utf-8, or windows-1251 where most of what is not ASCII is not utf-8 either.

    One message with half an emoji, or with a character cut in two, does not spoil the others.
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
    """Return a text, the two halves of a character beyond the basic plane as one."""
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
    """Read JSON; None where it has an integer that Python will not read for its length."""
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
        elif codec == _UTF_8 and (message := _quickly_read(entry)):
            yield message
        else:
            raw = _decoded(entry, codec)
            yield _message(_json(raw)) or raw


def _quickly_read(entry: bytes) -> IncomingMessage | None:
    """Return the message in an entry in correct JSON, in a third of the time that others take."""
    try:
        return _message(msgspec.json.decode(entry))
    except (msgspec.MsgspecError, RecursionError):
        return None


def _cut_list(body: bytes) -> Iterator[bytes]:
    """Cut a list into its entries, without building any of them.

    Raises NotAnAnswer where that can't be told, at the latest at the end.
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
    """Return where an entry ends that holds others or is too large.

    `marks` are the brackets and strings of such entries so far, and returned with those of this.
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
    """Return where a string ends that has begun, looking at a part of it at a time."""
    while at < len(body):
        found = _IN_STRING.match(body, at, at + _SEARCHED)
        at = at if found is None else found.end()
        if body[at : at + 1] == b'"':
            return at + 1
        if body[at : at + 1] == b"\\" and at + 1 >= len(body):
            break
    raise NotAnAnswer


def _message(entry: Any) -> IncomingMessage | None:
    """Return the message in an entry; None where it is none."""
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
    """Read `DD.MM.YYYY hh:mm:ss`."""
    if len(stamp) != 19 or stamp[10] != " " or stamp[13] != ":" or stamp[16] != ":":
        raise ValueError
    return datetime.fromisoformat(_iso_date(stamp[:10]) + stamp[10:])


@lru_cache(maxsize=512)
def _iso_date(date: str) -> str:
    """Return `DD.MM.YYYY` in the other order; a page has the same few again and again."""
    if date[2] != "." or date[5] != ".":
        raise ValueError
    return f"{date[6:]}-{date[3:5]}-{date[:2]}"


def _received(stamp: str) -> tuple[datetime, str]:
    """Read the time of receipt; one that no calendar has is the latest there is, and as it came."""
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
    """Return the error for an `error_code`, a number or its digits (api.md, Failure)."""
    digits = str(code) if isinstance(code, int | str) else ""
    if not _ERROR_CODE.fullmatch(digits):
        return NotAnAnswer()
    return service_error(int(digits), description if isinstance(description, str) else "")


# -- the other forms


def _from_xml(text: str) -> Answer:
    """Read XML that begins with one of the two roots.

    Nothing may come before the root but the XML declaration, and so no DOCTYPE with entities to
    expand: after the root begins, it is no longer XML.
    """
    from xml.etree import ElementTree  # 0.4 MB that answers in JSON do without

    if not _XML_ROOT.match(text):
        raise _not_an_answer(text)
    if text.count("<") > _MOST_BRACKETS:
        raise NotAnAnswer
    parser = ElementTree.XMLParser()  # noqa: S314 - no DOCTYPE gets here
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
    """Return the texts of the parts of an `<sms>`; None where one has parts itself."""
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
    """Cut the text where a record starts, and the line break off that ends each."""
    starts = (found.start() for found in start.finditer(text))
    for begin, end in pairwise(chain(starts, [len(text)])):
        raw = text[begin:end].removesuffix("\n").removesuffix("\r")
        found = record.fullmatch(raw)
        yield (found and _message(found.groupdict())) or raw
