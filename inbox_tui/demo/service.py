"""An in-memory model of the service, without HTTP (api.md).

What api.md leaves open follows the examples it quotes; for refusals, the stricter reading applies.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from inbox_tui.smsc.message import IncomingMessage

MOST_MESSAGES: Final = 10_000
"""The largest `cnt` (api.md, Request)."""
MOST_HOURS: Final = 168
"""The largest `hour` (api.md, Request)."""

MOST_KEPT: Final = 1000
"""How many requests are kept for tests to look at."""

PARAMETERS, SIGN_IN, BLOCKED, TOO_MANY = 1, 2, 4, 9
"""The numbers of the errors (api.md, Failure)."""

_DESCRIPTIONS: Final = {
    PARAMETERS: "parameters error",
    SIGN_IN: "authorise error",
    BLOCKED: "ip is blocked",
    TOO_MANY: "duplicate request, wait a minute",
}
_LINES: Final = {
    "0": "id = {id}, received = {received}, phone = {phone}, message = {message}, "
    "to_phone = {to_phone}, sent = {sent}\n",
    "1": "{id},{received},{phone},{to_phone},{sent},{message}\n",
}
"""The format of a message by `fmt`, for the two text formats (api.md, Success)."""
_FAILURES: Final = {
    "0": "ERROR = {error} ({description})",
    "1": "0,-{error}",
    "2": "<result><error>{description}</error><error_code>{error}</error_code></result>",
    "3": '{{"error": "{description}", "error_code": {error}}}',
}
"""The format of an error by `fmt` (api.md, Failure)."""
_SECRETS: Final = frozenset({"psw", "apikey"})
_WHAT_IS_ASKED: Final = ("cnt", "hour", "after_id", "to_phone")
_CHARSETS: Final = {"": "windows-1251", "windows-1251": "windows-1251", "utf-8": "utf-8"}
_NUMBER: Final = re.compile(r"\d{1,19}", re.ASCII)
_NOT_IN_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it arrived, without its password or API key."""

    at: datetime
    """When it arrived, by the service's clock."""
    parameters: Mapping[str, str]
    in_address: bool
    """Whether its URL had parameters."""
    error: int | None
    """The number of the error it was refused with (api.md, Failure), or None."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP response."""

    body: bytes
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


Fault: TypeAlias = "Callable[[Request, Reply], Reply]"
"""A function of a request and its correct reply that returns the reply to send instead."""


class Exchange(NamedTuple):
    """A request in progress and its reply."""

    login: str
    request: Request
    reply: Reply


def moscow_now() -> datetime:
    """Return the current time on the service's clock, naive (api.md, Success)."""
    return datetime.now(UTC).replace(tzinfo=None) + timedelta(hours=3)


class DemoService:
    """The service for `accounts`, which maps logins to passwords (api.md); thread-safe.

    All times are naive readings of `clock`. A request is refused if it is one of more than
    `IDENTICAL` identical arrivals within `window` seconds, ends included, or the `SIMULTANEOUS`th
    request in progress under one login. Every arrival counts, also a refused one, and requests that
    differ only in `fmt` or `charset` are identical. `api_keys` maps keys to logins.
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
        """The last `MOST_KEPT` requests, in order of arrival."""
        self.breaches: list[Request] = []
        """The last `MOST_KEPT` requests that a client must not make: over the limit, or while
        another request of the same login was in progress."""
        self.fault: Fault | None = None
        """If set, applied to every reply."""
        self._clock = clock
        self._window = timedelta(seconds=window)
        self._api_keys = dict(api_keys or {})
        self._lock = Lock()
        self._messages: defaultdict[str, dict[int, IncomingMessage]] = defaultdict(dict)
        self._arrivals: defaultdict[tuple[str, ...], deque[datetime]] = defaultdict(deque)
        self._at_work: Counter[str] = Counter()

    def add(self, message: IncomingMessage, *, login: str | None = None) -> None:
        """Add a message to an account, by default the first one."""
        with self._lock:
            self._messages[login or next(iter(self.accounts))][message.id] = message

    def extend(self, messages: Iterable[IncomingMessage]) -> None:
        """Add messages to the first account."""
        for message in messages:
            self.add(message)

    def answer(self, parameters: Mapping[str, str], *, in_address: bool = False) -> Reply:
        """Handle a request that arrives now, and return its reply."""
        exchange = self.begin(parameters, in_address=in_address)
        self.finish(exchange)
        return exchange.reply

    def begin(self, parameters: Mapping[str, str], *, in_address: bool = False) -> Exchange:
        """Start a request that arrives now; its reply holds the messages visible now.

        It counts as in progress until `finish` is called.
        """
        asked = {name: value for name, value in parameters.items() if value}
        login = self._api_keys.get(asked.get("apikey", ""), asked.get("login", ""))
        with self._lock:
            now = self._clock()
            beside = self._at_work[login]
            self._at_work[login] += 1
            over = self._is_over_limit(login, asked, now)
            full = beside + 1 >= self.SIMULTANEOUS
            error = self._refusal(login, asked, now, limited=over or full)
            shown = {name: value for name, value in parameters.items() if name not in _SECRETS}
            request = Request(now, shown, in_address, error)
            _keep(self.requests, request)
            if over or beside:
                _keep(self.breaches, request)
            messages = [] if error is not None else self._selected(login, asked, now)
        reply = _success(messages, asked) if error is None else _failure(error, asked)
        if self.fault is not None:
            reply = self.fault(request, reply)
        return Exchange(login, request, reply)

    def finish(self, exchange: Exchange) -> None:
        """End a request that `begin` started."""
        with self._lock:
            self._at_work[exchange.login] -= 1

    def _is_over_limit(self, login: str, asked: Mapping[str, str], now: datetime) -> bool:
        """Count an arrival, and return whether it exceeds the limit of identical requests."""
        question = (login, *(asked.get(name, "") for name in _WHAT_IS_ASKED))
        arrivals = self._arrivals[question]
        while arrivals and abs(now - arrivals[0]) > self._window:
            arrivals.popleft()
        arrivals.append(now)
        return len(arrivals) > self.IDENTICAL

    def _refusal(
        self, login: str, asked: Mapping[str, str], now: datetime, *, limited: bool
    ) -> int | None:
        """Return the number of the error that a request is refused with, or None."""
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
        """Return the messages of an answer, in order (api.md, Request)."""
        return self._asked_for(login, asked, now)[: int(asked.get("cnt", MOST_MESSAGES))]

    def _asked_for(
        self, login: str, asked: Mapping[str, str], now: datetime
    ) -> list[IncomingMessage]:
        """Return all messages that match a request before `cnt` is applied, sorted by id."""
        after_id = int(asked.get("after_id", -1))
        since = self._since(asked, now)
        to_phone = asked.get("to_phone")
        return [
            message
            for _, message in sorted(self._messages[login].items())
            if message.id > after_id
            and (since is None or message.received >= since)
            and to_phone in (None, message.to_phone)
        ]

    def _since(self, asked: Mapping[str, str], now: datetime) -> datetime | None:
        """Return the start of the requested period, or None if it is unbounded."""
        if "hour" in asked:
            return now - timedelta(hours=int(asked["hour"]))
        if "after_id" in asked:
            return None
        return now.replace(hour=0, minute=0, second=0, microsecond=0)


def _keep(requests: list[Request], request: Request) -> None:
    """Add a request; drop the oldest, so that a demo left open all day does not grow."""
    requests.append(request)
    del requests[:-MOST_KEPT]


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
    """Return an answer in the requested format (api.md, Success)."""
    records = [_fields(message) for message in messages]
    form = asked.get("fmt", "0")
    if form in _LINES:
        text = "".join(_LINES[form].format_map(record) for record in records)
    elif form == "2":
        elements = (
            "".join(f"<{name}>{_xml(str(value))}</{name}>" for name, value in record.items())
            for record in records
        )
        all_sms = "".join(f"<sms>{element}</sms>" for element in elements)
        text = f"<sms_answers>{all_sms}</sms_answers>"
    else:
        in_utf_8 = asked.get("charset", "").lower() == "utf-8"
        text = json.dumps(records, ensure_ascii=not in_utf_8)
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
    """Return an error in the requested format, or as text if there is no such format."""
    failure = _FAILURES.get(asked.get("fmt", ""), _FAILURES["0"])
    return _reply(failure.format(error=error, description=_DESCRIPTIONS[error]), asked)


def _reply(text: str, asked: Mapping[str, str]) -> Reply:
    """Return a reply in the requested charset; JSON is ASCII unless the charset is utf-8."""
    charset = _CHARSETS.get(asked.get("charset", "").lower(), "windows-1251")
    kind, errors = {
        "2": ("text/xml", "xmlcharrefreplace"),
        "3": ("application/json", "surrogatepass"),
    }.get(asked.get("fmt", "0"), ("text/plain", "replace"))
    headers = {"Content-Type": f"{kind}; charset={charset}"}
    return Reply(text.encode(charset, errors), headers=headers)


def _xml(text: str) -> str:
    return escape(_NOT_IN_XML.sub("\ufffd", text), {"\r": "&#13;"})
