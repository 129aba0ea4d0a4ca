"""The bytes of an answer read into messages or an error: all four forms (api.md, Success, Failure).

The form is told by what the body is, not by what was asked: a service in trouble may answer in
another form than the one requested.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any
from xml.etree import ElementTree

import msgspec

from inbox_tui.smsc.errors import NotAnAnswer, ServiceError, service_error
from inbox_tui.smsc.message import Answer, IncomingMessage

if TYPE_CHECKING:
    from collections.abc import Iterator

_LARGEST_ID = 2**63 - 1
_MOST_ENTRIES = 100_000
"""Ten times what may be asked for (api.md, Request): whatever holds more is no answer."""
_MOST_BRACKETS = 20 * _MOST_ENTRIES
"""An entry in XML has 14 of them."""
_STAMP = r"\d\d\.\d\d\.\d{4} \d\d:\d\d:\d\d"
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

_EMPTY = "an empty answer came"
_WEB = "a web page came instead of an answer: is there a login page on this network?"
_JUNK = "an answer came that could not be read"


class _Entry(msgspec.Struct, gc=False):
    """A message in JSON as documented (api.md, Success)."""

    id: Annotated[int, msgspec.Meta(ge=0, le=_LARGEST_ID)]
    received: str
    phone: str = ""
    to_phone: str = ""
    message: str = ""
    sent: str = ""


_ENTRIES = msgspec.json.Decoder(list[_Entry])


def read_answer(body: bytes) -> Answer:
    """Read the body of an answer, in whichever of the four forms it is (api.md, Success).

    The body is utf-8, with or without a byte order mark, or else windows-1251. An entry needs an
    `id` and a `received` that can be read, and texts that are texts or numbers; one that lacks
    these is kept raw in `unreadable` and costs the others nothing. A `sent` that cannot be read
    is None.

    JSON carries every message exactly. XML does but for control characters (it has none) and
    carriage returns (they read as line feeds). In the two text forms a line of a message that
    looks like the start of an entry is taken for one, and so is the line break at the very end
    for the entry's own.

    Raises ServiceError where the service answered with an error (api.md, Failure), and NotAnAnswer
    where the body is none of the forms, was cut off or holds far more than was asked for; its
    `str()` says what came.
    """
    if (answer := _as_documented(body)) is not None:
        return answer
    text = _decoded(body)
    inner = text.strip()
    if not inner:
        raise NotAnAnswer(_EMPTY)
    if inner[0] in "[{":
        return _from_json(text)
    if inner[0] == "<":
        return _from_xml(inner)
    if error := _TEXT_ERROR.fullmatch(inner):
        raise service_error(int(error[1]), error[2] or "")
    if error := _COMMA_ERROR.fullmatch(inner):
        raise service_error(int(error[1]))
    text = text.lstrip("\r\n")
    for start, record in ((_TEXT_START, _TEXT_RECORD), (_COMMA_START, _COMMA_RECORD)):
        if start.match(text):
            return _from_records(text, start, record)
    raise _not_an_answer(inner)


def _as_documented(body: bytes) -> Answer | None:
    """Return the messages of JSON in which everything is as documented, in a third of the time.

    None for anything else, of which every part is then looked at by itself.
    """
    if not body.startswith(b"["):
        return None
    try:
        messages = [
            IncomingMessage._make(  # in less time than by its name
                (
                    entry.id,
                    _time(entry.received),
                    entry.phone,
                    entry.to_phone,
                    entry.message,
                    _time(entry.sent) if entry.sent else None,
                )
            )
            for entry in _ENTRIES.decode(body)
        ]
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None
    return Answer(messages, [])


def _decoded(body: bytes) -> str:
    """Read utf-8, or windows-1251 where most of what is not ASCII is not utf-8 either.

    One message with half an emoji, or with a character cut in two, does not spoil the others.
    """
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    with suppress(UnicodeDecodeError):
        halves = body.decode("utf-8-sig", "surrogatepass").encode("utf-16-le", "surrogatepass")
        return halves.decode("utf-16-le", "surrogatepass")
    text = body.decode("utf-8-sig", "replace")
    beyond_ascii = len(text) - len(text.encode("ascii", "ignore"))
    if text.count(_FAULT) * 2 < beyond_ascii:
        return text
    return body.decode("windows-1251", "replace")


def _not_an_answer(text: str) -> NotAnAnswer:
    return NotAnAnswer(_WEB if _WEB_PAGE.search(text, 0, _WEB_PAGE_WITHIN) else _JUNK)


def _from_json(text: str) -> Answer:
    try:
        answer = _json(text)
        if isinstance(answer, list):
            return _from_entries(answer)
    except (ValueError, RecursionError):
        raise NotAnAnswer(_JUNK) from None
    raise _failure(answer.get("error_code"), answer.get("error"))


def _json(text: str) -> Any:
    """Read JSON, with raw control characters in its strings let pass.

    An integer that Python will not read for its length (over 4300 digits) stays a string.
    """
    try:
        return json.loads(text, strict=False)
    except json.JSONDecodeError:
        raise
    except ValueError:
        return json.loads(text, strict=False, parse_int=_integer)


def _integer(digits: str) -> int | str:
    try:
        return int(digits)
    except ValueError:
        return digits


def _from_entries(entries: list[Any]) -> Answer:
    if len(entries) > _MOST_ENTRIES:
        raise NotAnAnswer(_JUNK)
    messages: list[IncomingMessage] = []
    unreadable: list[str] = []
    for entry in entries:
        try:
            messages.append(_message(entry))
        except (ValueError, TypeError, LookupError):
            unreadable.append(json.dumps(entry, ensure_ascii=False))
    return Answer(messages, unreadable)


def _message(entry: dict[str, Any]) -> IncomingMessage:
    """Return the message in an entry; raises ValueError, TypeError or LookupError if none is."""
    number = entry["id"]
    if type(number) is not int:
        number = _id(number)
    if not 0 <= number <= _LARGEST_ID:
        raise ValueError
    phone = entry.get("phone")
    to_phone = entry.get("to_phone")
    message = entry.get("message")
    sent = entry.get("sent")
    return IncomingMessage(
        number,
        _time(entry["received"]),
        phone if type(phone) is str else _text(phone),
        to_phone if type(to_phone) is str else _text(to_phone),
        message if type(message) is str else _text(message),
        _time_or_none(sent) if sent else None,
    )


def _id(value: object) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value)
    raise ValueError


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, str | int | float) and not isinstance(value, bool):
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


def _time_or_none(stamp: str) -> datetime | None:
    try:
        return _time(stamp)
    except (ValueError, TypeError, LookupError):
        return None


def _failure(code: object, description: object) -> ServiceError | NotAnAnswer:
    """Return the error for an `error_code`, a number or its digits (api.md, Failure)."""
    digits = str(code) if isinstance(code, int | str) else ""
    if not _ERROR_CODE.fullmatch(digits):
        return NotAnAnswer(_JUNK)
    return service_error(int(digits), description if isinstance(description, str) else "")


def _from_xml(text: str) -> Answer:
    """Read XML that begins with one of the two roots.

    Nothing may come before the root but the XML declaration, and so no DOCTYPE with entities to
    expand: after the root begins, it is no longer XML.
    """
    if not _XML_ROOT.match(text):
        raise _not_an_answer(text)
    if text.count("<") > _MOST_BRACKETS:
        raise NotAnAnswer(_JUNK)
    try:
        root = ElementTree.fromstring(text)  # noqa: S314 - no DOCTYPE gets here
    except (ElementTree.ParseError, ValueError):
        raise NotAnAnswer(_JUNK) from None
    if root.tag == "result":
        raise _failure((root.findtext("error_code") or "").strip(), root.findtext("error"))
    messages: list[IncomingMessage] = []
    unreadable: list[str] = []
    for element in root:
        try:
            messages.append(_message(_fields(element)))
        except (ValueError, LookupError):
            element.tail = None
            unreadable.append(_raw(element))
    return Answer(messages, unreadable)


def _fields(element: ElementTree.Element) -> dict[str, str]:
    """Return the texts of the parts of an `<sms>`; raises ValueError where one has parts itself."""
    if element.tag != "sms" or any(len(part) for part in element):
        raise ValueError
    fields = {part.tag: part.text or "" for part in element}
    for name in ("id", "received", "sent"):
        if name in fields:
            fields[name] = fields[name].strip()
    return fields


def _raw(element: ElementTree.Element) -> str:
    try:
        return ElementTree.tostring(element, encoding="unicode")
    except RecursionError:
        raise NotAnAnswer(_JUNK) from None


def _from_records(text: str, start: re.Pattern[str], record: re.Pattern[str]) -> Answer:
    messages: list[IncomingMessage] = []
    unreadable: list[str] = []
    for raw in _records(text, start):
        try:
            found = record.fullmatch(raw)
            if found is None:
                raise ValueError
            messages.append(_message(found.groupdict()))
        except ValueError:
            unreadable.append(raw)
    return Answer(messages, unreadable)


def _records(text: str, start: re.Pattern[str]) -> Iterator[str]:
    """Cut the text where a record starts, and the line break off that ends each."""
    starts = [found.start() for found in start.finditer(text)]
    if len(starts) > _MOST_ENTRIES:
        raise NotAnAnswer(_JUNK)
    for begin, end in zip(starts, [*starts[1:], len(text)], strict=True):
        yield text[begin:end].removesuffix("\n").removesuffix("\r")
