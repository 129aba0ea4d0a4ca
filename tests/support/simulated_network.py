"""A simulated network that loses, delays and damages requests and their answers."""

from __future__ import annotations

import asyncio
import codecs
import gzip
import json
import socket
import ssl
from collections.abc import AsyncIterator
from datetime import UTC
from email.utils import format_datetime
from errno import ENETUNREACH
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

import httpx
from support.simulation_plan import CEILING, FATES, LIMIT, WEEK, ZONE

from inbox_tui.demo.service import Exchange
from inbox_tui.smsc.backup import BACK_TO_MAIN_SECONDS

if TYPE_CHECKING:
    from support.simulation import World

AT_WORK = LIMIT.in_flight_seconds - 6.0
"""The longest that the service works on a request, counted from when the client began. The limit
gives a request up `Limit.in_flight_seconds` after it was planned, which is up to 5 s earlier."""
PORTAL = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body>Hotel</body></html>"
ERRORS = (
    "ERROR = {} (<b>no</b>)",
    "0,-{}",
    "<result><error>no</error><error_code>{}</error_code></result>",
    '{{"error": "no", "error_code": {}}}',
)
ESCAPED = "what a character set lacks, as JSON writes it"


def escape(error: UnicodeError) -> tuple[str, int]:
    """Replace characters that the charset lacks by JSON escapes; see `codecs.register_error`."""
    assert isinstance(error, UnicodeEncodeError)
    return json.dumps(error.object[error.start : error.end])[1:-1], error.end


codecs.register_error(ESCAPED, escape)


class ServiceNetwork:
    """Carries requests to the service of a world, or loses, delays and damages them."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.main_down_until = 0.0
        self._main_failed_at = -BACK_TO_MAIN_SECONDS
        """When a connection to the main server last failed."""
        self._stale: bytes | None = None

    async def carry(self, request: httpx.Request, began: float) -> httpx.Response:
        """Carry a request to the service, and return its response or raise a failure.

        `began` is when the client began, with the main server or the backup.
        """
        world = self.world
        random, plan = world.random, world.plan
        slow = 0.3 if world.calm else plan.slow
        to_main = request.url.host == world.host
        down_until = max(world.machine.offline_until, self.main_down_until * to_main)
        if world.time() < down_until and not world.calm:
            await world.sleep(0.1)
            raise self._no_connection(to_main=to_main)
        failed = world.time() - self._main_failed_at
        assert to_main or failed <= BACK_TO_MAIN_SECONDS + LIMIT.request_timeout
        await world.sleep(random.uniform(0, slow / 5))
        await request.extensions["trace"]("http11.send_request_headers.started", {})
        way_there, work, way_back = (
            random.uniform(0, slow),
            random.uniform(0, slow / 2),
            random.uniform(0, slow / 2),
        )
        fate = "well"
        if not world.calm and random.random() < plan.faults:
            fate = random.choice(FATES)
        if fate in ("trickle", "died"):  # the service may take long
            work = random.uniform(0, began + AT_WORK - world.time() - way_there)
        arrival: asyncio.Future[bytes] = world.loop.create_future()
        if fate not in ("never", "portal"):
            form = parse_qsl((await request.aread()).decode(), keep_blank_values=True)
            parameters = dict(form) | {"charset": plan.charset}
            world.loop.call_later(way_there, self._arrive, parameters, work, arrival)
        match fate:
            case "lost" | "never":
                await asyncio.sleep(WEEK)
            case "died":
                await asyncio.sleep(random.uniform(0, way_there + work))
                raise httpx.ReadError("") from OSError(ENETUNREACH, "Network is unreachable")
            case "gateway":
                await asyncio.sleep(way_there + work)
                return httpx.Response(random.choice((502, 504)), stream=httpx.ByteStream(PORTAL))
            case "fault":
                await asyncio.sleep(random.uniform(0, way_there + work))
                raise TypeError
        await asyncio.sleep(way_there + work + way_back)
        return self._response(fate, arrival)

    def _no_connection(self, *, to_main: bool) -> httpx.TransportError:
        world = self.world
        error = httpx.ConnectError("")
        error.__cause__ = world.random.choice(
            (socket.gaierror(), ssl.SSLError(), ConnectionRefusedError(), OSError(ENETUNREACH, ""))
        )
        raised = world.random.choice((error, httpx.ConnectTimeout("")))
        if to_main and not isinstance(raised.__cause__, ssl.SSLError):
            self._main_failed_at = world.time()
        return raised

    def _response(self, fate: str, arrival: asyncio.Future[bytes]) -> httpx.Response:
        """Return the response for this fate, or raise the failure."""
        world, random = self.world, self.world.random
        match fate:
            case "reset":
                raise httpx.ReadError("") from ConnectionResetError()
            case "not http":
                raise httpx.RemoteProtocolError("illegal status line")
            case "status":
                return httpx.Response(random.choice((500, 503)), stream=httpx.ByteStream(PORTAL))
            case "redirect":
                return httpx.Response(
                    302,
                    headers={"Location": "https://login.example/"},
                    stream=httpx.ByteStream(b""),
                )
            case "large":
                return httpx.Response(200, stream=httpx.ByteStream(b"[" * 2 * CEILING))
            case "portal":
                return httpx.Response(200, stream=httpx.ByteStream(PORTAL))
            case "empty":
                return httpx.Response(200, stream=httpx.ByteStream(b""))
            case "junk":
                return httpx.Response(200, stream=httpx.ByteStream(random.randbytes(300)))
            case "error":
                code = random.choice((1, 4, 9, 9, 17, 17))
                body = random.choice(ERRORS).format(code).encode()
                return httpx.Response(random.choice((200, 403)), stream=httpx.ByteStream(body))
        body = arrival.result()
        match fate:
            case "trickle":
                return httpx.Response(200, stream=Trickle(body))
            case "cut":
                return httpx.Response(200, stream=Trickle(body, cut=True))
            case "truncated":
                return httpx.Response(
                    200, stream=httpx.ByteStream(body[: random.randrange(len(body))])
                )
            case "twice":
                return httpx.Response(200, stream=httpx.ByteStream(self._spoiled(body, twice=True)))
            # If the newest come first, a repeated page looks like a time without messages.
            case "again" if self._stale is not None and world.plan.first == "oldest":
                body = self._stale
        self._stale = body if body.count(b'"to_phone"') >= world.plan.page_size else None
        date = world.server_now().replace(tzinfo=ZONE).astimezone(UTC)
        headers = {"Date": format_datetime(date, usegmt=True)}
        if random.random() < 0.3:
            headers["Content-Encoding"] = "gzip"
            body = gzip.compress(body)
        return httpx.Response(200, headers=headers, stream=httpx.ByteStream(body))

    def _arrive(
        self, parameters: dict[str, str], work: float, arrival: asyncio.Future[bytes]
    ) -> None:
        service = self.world.service
        exchange: Exchange = service.begin(parameters)
        self.world.loop.call_later(work, service.finish, exchange)
        arrival.set_result(self._spoiled(exchange.reply.body))

    def _spoiled(self, body: bytes, *, twice: bool = False) -> bytes:
        """Return the answer as written by a service that deviates from the documentation."""
        world = self.world
        charset = world.plan.charset
        records = json.loads(body.decode(charset))
        if not isinstance(records, list):
            return body
        for record in records:
            if stamp := world.messages[int(record["id"])].stamp:
                record["received"] = stamp
            if int(record["id"]) in world.unreadable:
                record["received"] = "?"
            if world.plan.string_ids:
                record["id"] = str(record["id"])
        if twice and records:
            records.append(world.random.choice(records))
        text = json.dumps(records, ensure_ascii=False)
        return text.encode(charset, ESCAPED)


class Trickle(httpx.AsyncByteStream):
    """A body that arrives byte by byte, and with `cut` breaks off in the middle."""

    def __init__(self, body: bytes, *, cut: bool = False) -> None:
        self.body = body
        self.cut = cut

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for place in range(len(self.body)):
            if self.cut and place * 2 > len(self.body):
                raise httpx.RemoteProtocolError("peer closed connection without sending it all")
            await asyncio.sleep(0.001 if self.cut else 5.0)
            yield self.body[place : place + 1]
