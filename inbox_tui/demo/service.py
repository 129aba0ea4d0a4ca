"""The service without a socket: what it keeps, what it counts and what it answers (api.md).

Where api.md leaves something open, the examples of its documentation are followed; where the
service refuses, the stricter reading is taken.
"""

from __future__ import annotations

import codecs
import json
import re
from bisect import bisect_left, bisect_right
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from inbox_tui.smsc.message import IncomingMessage

MOST_MESSAGES: Final = 10_000
"""The largest `cnt` (api.md, Request)."""
MOST_HOURS: Final = 168
"""The largest `hour` (api.md, Request)."""

PARAMETERS, SIGN_IN, BLOCKED, TOO_MANY = 1, 2, 4, 9
"""The numbers of the errors (api.md, Failure)."""

_DESCRIPTIONS: Final = {
    PARAMETERS: "parameters error",
    SIGN_IN: "authorise error",
    BLOCKED: "ip is blocked",
    TOO_MANY: "duplicate request, wait a minute",
}
_SECRETS: Final = frozenset({"psw", "apikey"})
_WHAT_IS_ASKED: Final = ("cnt", "hour", "after_id", "to_phone")
_CHARSETS: Final = {"": "windows-1251", "windows-1251": "windows-1251", "utf-8": "utf-8"}
_ESCAPED: Final = "inbox_tui.demo.json"
_NUMBER: Final = re.compile(r"\d{1,19}", re.ASCII)
_NOT_IN_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

Method = Literal["GET", "POST"]
End = Literal["whole", "cut", "closed", "reset"]


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it arrived; the password and the key are left out."""

    at: datetime
    """When it arrived, by the service's clock."""
    parameters: Mapping[str, str]
    method: Method
    error: int | None
    """The error it was refused with (api.md, Failure); None where it was answered."""

    @property
    def refused(self) -> bool:
        """Whether it was answered with an error."""
        return self.error is not None


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back over the connection, and how."""

    body: bytes
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    """Seconds from the arrival of the request to the first byte."""
    pause: float = 0.0
    """Seconds between the bytes of the body."""
    end: End = "whole"
    """`cut` ends the connection halfway through the body, `closed` before the first byte, and
    `reset` so that it also counts as broken."""


Fault: TypeAlias = "Callable[[Request, Reply], Reply | None]"
"""Looks at a request and its right reply, and returns what to send instead, or None."""


@dataclass(slots=True, eq=False)
class Exchange:
    """A request that the service is at work on, and what it will reply."""

    login: str
    request: Request
    reply: Reply


_NO_REPLY: Final = Reply(b"")


class _Stored(NamedTuple):
    """A message and when it becomes visible; None: it always is."""

    message: IncomingMessage
    visible_at: datetime | None


def moscow_now() -> datetime:
    """What the service's clock shows (api.md, Success)."""
    return datetime.now(UTC).replace(tzinfo=None) + timedelta(hours=3)


class DemoService:
    """The service for `accounts`, passwords by login (api.md); safe to use from several threads.

    All times are naive and what its `clock` shows. A request is refused when more than
    `IDENTICAL` arrivals that ask for the same lie within `window` seconds, the ends included, and
    when it makes `SIMULTANEOUS` under one login. Every arrival counts, whatever became of it, and
    neither `fmt` nor `charset` makes another question of the same one. `api_keys` are logins by
    key.
    """

    IDENTICAL = 3
    SIMULTANEOUS = 15

    def __init__(
        self,
        accounts: Mapping[str, str],
        *,
        clock: Callable[[], datetime] = moscow_now,
        window: float = 60.0,
        api_keys: Mapping[str, str] | None = None,
    ) -> None:
        self.accounts = dict(accounts)
        """Passwords by login; may be changed."""
        self.requests: list[Request] = []
        """Every request that arrived, in order."""
        self.over_limit: list[Request] = []
        """Those that were one too many within a window."""
        self.overlapping: list[Request] = []
        """Those that arrived while another of the same login was not answered yet."""
        self.fault: Fault | None = None
        """What goes wrong with each reply, if anything."""
        self._clock = clock
        self._window = timedelta(seconds=window)
        self._api_keys = dict(api_keys or {})
        self._lock = Lock()
        self._stored: defaultdict[str, list[_Stored]] = defaultdict(list)
        self._arrivals: defaultdict[tuple[str, ...], deque[datetime]] = defaultdict(deque)
        self._at_work: defaultdict[str, set[Exchange]] = defaultdict(set)

    @property
    def breaches(self) -> list[Request]:
        """Every request that the client should not have made: over the limit, or overlapping."""
        return [*self.over_limit, *self.overlapping]

    def add(
        self,
        message: IncomingMessage,
        visible_at: datetime | None = None,
        *,
        login: str | None = None,
    ) -> None:
        """Receive a message for an account, the first one unless `login` names another.

        It is in no answer before `visible_at`. Raises ValueError where the id is taken.
        """
        with self._lock:
            stored = self._stored[login or next(iter(self.accounts))]
            place = bisect_left(stored, message.id, key=_id_of)
            if place < len(stored) and _id_of(stored[place]) == message.id:
                raise ValueError(f"there is a message {message.id} already")
            stored.insert(place, _Stored(message, visible_at))

    def extend(self, messages: Iterable[IncomingMessage]) -> None:
        """Receive several messages for the first account."""
        for message in messages:
            self.add(message)

    def answer(self, parameters: Mapping[str, str], method: Method = "POST") -> Reply:
        """Return the reply to one request that arrives and is answered at this instant."""
        exchange = self.begin(parameters, method)
        self.finish(exchange)
        return exchange.reply

    def begin(self, parameters: Mapping[str, str], method: Method = "POST") -> Exchange:
        """Take in a request: it arrives now, and its reply holds what is visible now.

        It counts as being worked on until `finish`.
        """
        asked = {name: value for name, value in parameters.items() if value}
        login = self._api_keys.get(asked.get("apikey", ""), asked.get("login", ""))
        with self._lock:
            now = self._clock()
            beside = self._at_work[login]
            over = self._is_over_limit(login, asked, now)
            full = len(beside) + 1 >= self.SIMULTANEOUS
            error = self._refusal(login, asked, now, limited=over or full)
            shown = {name: value for name, value in parameters.items() if name not in _SECRETS}
            request = Request(now, shown, method, error)
            self.requests.append(request)
            if over:
                self.over_limit.append(request)
            if beside:
                self.overlapping.append(request)
            messages = [] if error is not None else self._selected(login, asked, now)
            exchange = Exchange(login, request, _NO_REPLY)
            beside.add(exchange)
        reply = _success(messages, asked) if error is None else _failure(error, asked)
        if self.fault is not None:
            reply = self.fault(request, reply) or reply
        exchange.reply = reply
        return exchange

    def finish(self, exchange: Exchange) -> None:
        """Be done with a request: its reply has been sent, or could not be."""
        with self._lock:
            self._at_work[exchange.login].discard(exchange)

    def _is_over_limit(self, login: str, asked: Mapping[str, str], now: datetime) -> bool:
        """Count an arrival, and tell whether it is one too many."""
        question = (login, *(asked.get(name, "") for name in _WHAT_IS_ASKED))
        arrivals = self._arrivals[question]
        while arrivals and abs(now - arrivals[0]) > self._window:
            arrivals.popleft()
        arrivals.append(now)
        return len(arrivals) > self.IDENTICAL

    def _refusal(
        self, login: str, asked: Mapping[str, str], now: datetime, *, limited: bool
    ) -> int | None:
        """Return the error that a request is refused with, if it is."""
        if not self._signed_in(login, asked):
            return SIGN_IN
        if limited:
            return TOO_MANY
        return None if _well_formed(asked) else PARAMETERS

    def _signed_in(self, login: str, asked: Mapping[str, str]) -> bool:
        if "apikey" in asked:
            return asked["apikey"] in self._api_keys
        return login in self.accounts and asked.get("psw", "") == self.accounts[login]

    def _selected(
        self, login: str, asked: Mapping[str, str], now: datetime
    ) -> list[IncomingMessage]:
        """Return the messages of an answer, in its order (api.md, Request)."""
        return self._asked_for(login, asked, now)[: int(asked.get("cnt", MOST_MESSAGES))]

    def _asked_for(
        self, login: str, asked: Mapping[str, str], now: datetime
    ) -> list[IncomingMessage]:
        """Return all messages that `cnt` chooses from, by id."""
        stored = self._stored[login]
        after = asked.get("after_id")
        begin = 0 if after is None else bisect_right(stored, int(after), key=_id_of)
        since = self._since(asked, now)
        to_phone = asked.get("to_phone")
        return [
            message
            for message, visible_at in stored[begin:]
            if (since is None or message.received >= since)
            and (visible_at is None or visible_at <= now)
            and to_phone in (None, message.to_phone)
        ]

    def _since(self, asked: Mapping[str, str], now: datetime) -> datetime | None:
        """Return where the period asked for begins; None where it has no bounds."""
        if "hour" in asked:
            return now - timedelta(hours=int(asked["hour"]))
        if "after_id" in asked:
            return None
        return now.replace(hour=0, minute=0, second=0, microsecond=0)


def _id_of(stored: _Stored) -> int:
    return stored.message.id


def _well_formed(asked: Mapping[str, str]) -> bool:
    return (
        asked.get("get_answers") == "1"
        and asked.get("fmt", "0") in ("0", "1", "2", "3")
        and asked.get("charset", "").lower() in _CHARSETS
        and _in_range(asked.get("cnt", "1"), 1, MOST_MESSAGES)
        and _in_range(asked.get("hour", "1"), 1, MOST_HOURS)
        and _in_range(asked.get("after_id", "0"), 0, 2**63 - 1)
    )


def _in_range(written: str, least: int, most: int) -> bool:
    return _NUMBER.fullmatch(written) is not None and least <= int(written) <= most


def _success(messages: Sequence[IncomingMessage], asked: Mapping[str, str]) -> Reply:
    """Return the answer in the form asked for (api.md, Success)."""
    records = [_fields(message) for message in messages]
    match asked.get("fmt", "0"):
        case "0":
            text = "".join(
                "id = {id}, received = {received}, phone = {phone}, message = {message}, "
                "to_phone = {to_phone}, sent = {sent}\n".format_map(record)
                for record in records
            )
        case "1":
            text = "".join(
                "{id},{received},{phone},{to_phone},{sent},{message}\n".format_map(record)
                for record in records
            )
        case "2":
            elements = (
                "<sms>"
                + "".join(f"<{name}>{_xml(str(value))}</{name}>" for name, value in parts)
                + "</sms>"
                for parts in (record.items() for record in records)
            )
            text = f"<sms_answers>{''.join(elements)}</sms_answers>"
        case _:
            text = json.dumps(records, ensure_ascii=False)
    return _reply(text, asked)


def _fields(message: IncomingMessage) -> dict[str, int | str]:
    return {
        "id": message.id,
        "received": _stamp(message.received),
        "phone": message.phone,
        "message": message.message,
        "to_phone": message.to_phone,
        "sent": "" if message.sent is None else _stamp(message.sent),
    }


def _stamp(moment: datetime) -> str:
    return moment.strftime("%d.%m.%Y %H:%M:%S")


def _failure(error: int, asked: Mapping[str, str]) -> Reply:
    """Return an error in the form asked for (api.md, Failure)."""
    description = _DESCRIPTIONS[error]
    match asked.get("fmt", "0"):
        case "1":
            text = f"0,-{error}"
        case "2":
            text = f"<result><error>{description}</error><error_code>{error}</error_code></result>"
        case "3":
            text = json.dumps({"error": description, "error_code": error})
        case _:
            text = f"ERROR = {error} ({description})"
    return _reply(text, asked)


def _reply(text: str, asked: Mapping[str, str]) -> Reply:
    """Return a reply in the character set asked for.

    A character it lacks is written as XML and JSON can, and as a question mark in plain text.
    """
    charset = _CHARSETS.get(asked.get("charset", "").lower(), "windows-1251")
    match asked.get("fmt", "0"):
        case "2":
            kind, body = "text/xml", text.encode(charset, "xmlcharrefreplace")
        case "3":
            kind, body = "application/json", text.encode(charset, _ESCAPED)
        case _:
            kind, body = "text/plain", text.encode(charset, "replace")
    return Reply(body, headers={"Content-Type": f"{kind}; charset={charset}"})


def _xml(text: str) -> str:
    text = _NOT_IN_XML.sub("\ufffd", text)
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text.replace("\r", "&#13;")


def _json_escape(error: UnicodeError) -> tuple[str, int]:
    """Write what a character set lacks as JSON does; an error handler of `str.encode`."""
    assert isinstance(error, UnicodeEncodeError)
    return json.dumps(error.object[error.start : error.end])[1:-1], error.end


codecs.register_error(_ESCAPED, _json_escape)
