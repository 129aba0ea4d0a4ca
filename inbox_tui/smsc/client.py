"""The HTTP client: sends a POST over verified TLS and parses the answer.

Imported lazily, because it imports httpx.

The password or API key is in the request body and nowhere else. So that no traceback contains it,
`InboxClient.fetch` raises from a frame that never held it: the functions below it return failures
as values, without traceback, cause or context.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import struct
import time
import zlib
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy
from io import BytesIO
from typing import TYPE_CHECKING, Protocol
from urllib.parse import quote_plus, urljoin, urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx
import truststore

from inbox_tui import __version__
from inbox_tui.locale import mark
from inbox_tui.smsc.answers import read_answer
from inbox_tui.smsc.endpoint import endpoint, host_of, is_loopback
from inbox_tui.smsc.errors import (
    AnswerTimedOut,
    AnswerTooLarge,
    ApiKeyRefused,
    ClientFault,
    ConnectionLost,
    HttpStatus,
    NotAnAnswer,
    NotReached,
    NotSent,
    Redirected,
    ServiceError,
    SignInRefused,
    SmscError,
    TlsFailed,
    certificate_fault,
    service_error,
)
from inbox_tui.smsc.limit import Limit

if TYPE_CHECKING:
    from inbox_tui.smsc.message import Answer

API_KEY = "API key"
"""The `Password.kind` that is sent as `apikey`."""
_CONNECT_SECONDS = 10.0
_POLL_SECONDS = 0.5
"""How often the clock is checked while waiting, in case the machine has slept."""
_BODY_CEILING = 32 * 1024 * 1024
_UNZIPPED_AT_A_TIME = 256 * 1024
_PARSE_IN_THREAD_FROM = 64 * 1024
_FIRST_YEAR, _LAST_YEAR = 2000, 2999
"""The range in which the year of a server's date is plausible."""
_RESET_WHEN_CLOSED = (socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
"""Makes closing a socket drop unsent data, so that an abandoned request can't arrive later."""
_HEADERS = {
    "User-Agent": f"inbox-tui/{__version__} (+python-httpx)",
    "Accept-Encoding": "gzip",
    "Connection": "close",
}


class Password(Protocol):
    """A password or API key whose text is returned by `reveal` only."""

    @property
    def kind(self) -> str:
        """`password` or `API key`."""
        ...

    def reveal(self) -> str:
        """Return the secret text."""
        ...


class InboxClient:
    """Requests incoming messages from the service (api.md, Request), one request per call.

    Each request opens a new connection, so that none is sent on a dead one. Redirects are not
    followed, and cookies are not kept. A proxy from the environment is used for https only, and
    never for loopback.

    `url` is parsed by `endpoint`, which raises EndpointRefused. `password` is revealed only while a
    request is made; an API key is sent without the login (api.md, Also known). `transport` replaces
    the network. A request takes at most `limit.request_timeout` seconds by `seconds`, a clock that
    keeps counting while the machine sleeps. It is sent within the first half of that time or not at
    all, which leaves the second half for the way to the server and the answer.
    """

    def __init__(
        self,
        url: str,
        login: str,
        password: Password,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        limit: Limit = Limit(),  # noqa: B008 - immutable
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url = endpoint(url)
        self._login = login
        self._password = password
        self._transport = transport
        self._limit = limit
        self._seconds = seconds
        self._http: httpx.AsyncClient | None = None
        self._through_proxy = False

    @property
    def host(self) -> str:
        """The server's host, with `:port` if the URL has one."""
        return host_of(self._url)

    async def fetch(
        self,
        *,
        cnt: int,
        hour: int,
        after_id: int | None = None,
        to_phone: str | None = None,
        began: float | None = None,
    ) -> Answer:
        """Send one request and return its answer (api.md, Request).

        It requests at most `cnt` messages (10000 at most) of the last `hour` hours (168 at most),
        only with ids above `after_id`, and only those that arrived at `to_phone`. The timeout
        counts from `began`, a reading of the clock `seconds`, or else from now. Raises SmscError if
        the request fails; see its subclasses and attributes for the reason and for whether the
        request was delivered.
        """
        asked = {"cnt": str(cnt), "hour": str(hour)}
        if after_id is not None:
            asked["after_id"] = str(after_id)
        if to_phone is not None:
            asked["to_phone"] = to_phone
        outcome = await self._outcome(asked, self._seconds() if began is None else began)
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    async def aclose(self) -> None:
        """Close open connections; the client may still be used afterwards."""
        http, self._http = self._http, None
        if http is not None:
            await http.aclose()

    async def _outcome(self, asked: dict[str, str], began: float) -> Answer | BaseException:
        """Return the answer, or the exception to raise, without traceback, cause and context."""
        failure: BaseException
        try:
            return await self._exchange(asked, began)
        except ServiceError as error:
            description = self._without_password(error.description)
            if isinstance(error, SignInRefused) and self._password.kind == API_KEY:
                failure = ApiKeyRefused(error.code, description)
            else:
                failure = service_error(error.code, description)
        except SmscError as error:
            failure = error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            failure = self._plain(error)
        except (Exception, BaseExceptionGroup) as error:
            failure = ClientFault(error)
        except BaseException as error:
            failure = type(error)(*error.args)
        failure.__cause__ = failure.__context__ = failure.__traceback__ = None
        return failure

    async def _exchange(self, asked: dict[str, str], began: float) -> Answer:
        timeout = self._limit.request_timeout
        end = began + timeout
        left = end - self._seconds()
        if left <= 0:  # the machine slept before anything was sent
            raise NotSent
        try:
            async with asyncio.timeout(left) as deadline:
                watching = asyncio.create_task(self._watch(deadline, end))
                try:
                    status, body, date = await self._post(asked, last_call=began + timeout / 2)
                finally:
                    watching.cancel()
        except TimeoutError:
            raise AnswerTimedOut(timeout) from None
        if status >= 400:
            with contextlib.suppress(NotAnAnswer):
                await _read(body)
            raise HttpStatus(status)
        return (await _read(body))._replace(date=_date_of(date))

    async def _post(self, asked: dict[str, str], *, last_call: float) -> tuple[int, bytes, str]:
        """Return the HTTP status, the decompressed body and the `Date` header.

        Raises NotSent if the request would be sent after `last_call`.
        """
        form = {
            "get_answers": "1",
            **self._credentials(),
            **asked,
            "fmt": "3",
            "charset": "utf-8",
        }

        async def stop_if_late(event: str, _: Mapping[str, object]) -> None:
            if event.endswith("send_request_headers.started") and self._seconds() > last_call:
                raise NotSent

        body = BytesIO()
        async with self._connected().stream(
            "POST", self._url, data=form, extensions={"trace": stop_if_late}
        ) as response:
            if 300 <= response.status_code < 400:
                raise Redirected(_redirect_host(self._url, response.headers.get("Location")))
            coding = response.headers.get("Content-Encoding", "identity")
            if coding not in ("identity", "gzip"):
                raise NotAnAnswer
            chunks = response.aiter_raw()
            async for chunk in _unzipped(chunks) if coding == "gzip" else chunks:
                if body.tell() + len(chunk) > _BODY_CEILING:
                    raise AnswerTooLarge
                body.write(chunk)
        return response.status_code, body.getvalue(), response.headers.get("Date", "")

    async def _watch(self, deadline: asyncio.Timeout, end: float) -> None:
        """Expire the deadline at `end`: the event loop's clock stops while the machine sleeps."""
        while self._seconds() < end:  # noqa: ASYNC110 - there is no event to wait for
            await asyncio.sleep(_POLL_SECONDS)
        if not deadline.expired():
            deadline.reschedule(asyncio.get_running_loop().time())

    def _connected(self) -> httpx.AsyncClient:
        if self._http is None:
            self._http = httpx.AsyncClient(
                headers=_HEADERS,
                cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
                transport=self._transport or self._network(),
                trust_env=False,
                follow_redirects=False,
                timeout=httpx.Timeout(self._limit.request_timeout, connect=_CONNECT_SECONDS),
            )
        return self._http

    def _network(self) -> httpx.AsyncHTTPTransport:
        proxy = _proxy_for(self._url)
        self._through_proxy = proxy is not None
        return httpx.AsyncHTTPTransport(
            verify=_verifying(),
            proxy=proxy,
            trust_env=False,
            limits=httpx.Limits(max_keepalive_connections=0),
            socket_options=[_RESET_WHEN_CLOSED],
        )

    def _credentials(self) -> dict[str, str]:
        if self._password.kind == API_KEY:
            return {"apikey": self._password.reveal()}
        return {"login": self._login, "psw": self._password.reveal()}

    def _without_password(self, text: str) -> str:
        password = self._password.reveal()
        for written in {password, quote_plus(password, errors="replace")} - {""}:
            text = text.replace(written, "…")
        return text

    def _plain(self, error: httpx.HTTPError | httpx.InvalidURL) -> SmscError:
        """Return the `SmscError` for an exception of httpx."""
        causes = list(_causes(error))
        host = self.host
        met = mark("the proxy") if self._through_proxy else host
        match error:
            case httpx.ConnectTimeout() | httpx.PoolTimeout():
                return NotReached(mark("{met} could not be reached in time"), met=met)
            case httpx.TimeoutException():
                return AnswerTimedOut(self._limit.request_timeout)
            case httpx.ProxyError():
                return NotReached(mark("the proxy refused to connect"))
            case httpx.ConnectError():
                return _no_connection(causes, met, host)
            case httpx.NetworkError():
                return ConnectionLost(finished=any(map(_ended_by_other_side, causes)))
            case httpx.RemoteProtocolError() if _CUT_OFF & set(str(error).split()):
                return ConnectionLost()
            case httpx.RemoteProtocolError() | httpx.DecodingError():
                return NotAnAnswer()
            case _:
                return ClientFault(error)


_CUT_OFF = {"disconnected", "closed"}
"""Words in httpx's message for a response that was cut off, rather than one that is not HTTP."""


async def _unzipped(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Decompress gzip in small steps, because a few bytes can expand a thousandfold."""
    decoder = zlib.decompressobj(zlib.MAX_WBITS | 16)
    async for chunk in chunks:
        rest = chunk
        while rest and not decoder.eof:
            try:
                yield decoder.decompress(rest, _UNZIPPED_AT_A_TIME)
            except zlib.error:
                raise NotAnAnswer from None
            rest = decoder.unconsumed_tail
            await asyncio.sleep(0)


async def _read(body: bytes) -> Answer:
    if len(body) < _PARSE_IN_THREAD_FROM:
        return read_answer(body)
    return await asyncio.to_thread(read_answer, body)


def _date_of(header: str) -> datetime | None:
    """Return the time in an HTTP `Date` header, aware, or None if it is missing or implausible."""
    try:
        date = parsedate_to_datetime(header)
    except (ValueError, OverflowError):
        return None
    date = date.replace(tzinfo=UTC) if date.tzinfo is None else date
    return date if _FIRST_YEAR <= date.year <= _LAST_YEAR else None


def _verifying() -> ssl.SSLContext:
    """Return an SSL context that verifies certificates with the system's trust store."""
    return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _redirect_host(url: str, location: str | None) -> str:
    """Return the host that a redirect points to, or "" if it has none."""
    if location is None:
        return ""
    try:
        return urlsplit(urljoin(url, location)).hostname or ""
    except ValueError:
        return ""


def _proxy_for(url: str) -> httpx.Proxy | None:
    """Return the environment's proxy for `url`; None for plain http and for loopback.

    Raises NotReached if that proxy cannot be used.
    """
    parts = urlsplit(url)
    if parts.scheme != "https" or is_loopback(parts.hostname or ""):
        return None
    proxies = getproxies()
    named = proxies.get("https") or proxies.get("all")
    if not named or proxy_bypass(host_of(url)):
        return None
    named = named if "://" in named else f"http://{named}"
    try:
        if not urlsplit(named).hostname:
            raise ValueError
        proxy = httpx.Proxy(named)
    except (ValueError, httpx.InvalidURL):
        raise NotReached(mark("the proxy in the environment cannot be used")) from None
    if proxy.url.scheme not in ("http", "https"):
        raise NotReached(mark("the proxy in the environment is not an HTTP proxy"))
    if proxy.url.scheme == "https":
        proxy.ssl_context = _verifying()
    return proxy


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception, then its causes and contexts, including those of a group's members."""
    yield error
    causes = [error.__cause__ or error.__context__]
    if isinstance(error, BaseExceptionGroup):
        causes += error.exceptions
    for cause in filter(None, causes):
        yield from _causes(cause)


def _no_connection(causes: list[BaseException], met: str, host: str) -> SmscError:
    """Return the error for a failed connection to `met`: the server `host`, or a proxy."""
    for cause in causes:
        match cause:
            case socket.gaierror():
                return NotReached(mark("{met} could not be found (DNS)"), met=met)
            case ssl.SSLCertVerificationError():
                fault = certificate_fault(cause)
                return TlsFailed(mark("{host} was not trusted: {fault}"), host=host, fault=fault)
            case ssl.SSLError():
                return TlsFailed(mark("{host} did not accept a secure connection"), host=host)
            case ConnectionRefusedError():
                return NotReached(mark("{met} refused the connection"), met=met)
            case _:
                pass
    return NotReached(mark("no connection could be made to {met}"), met=met)


def _ended_by_other_side(cause: BaseException) -> bool:
    return isinstance(cause, ConnectionResetError | BrokenPipeError | ssl.SSLEOFError)
