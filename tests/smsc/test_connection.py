"""Connections, timeouts and their failures: DNS, sockets, TLS, and a machine that sleeps."""

from __future__ import annotations

import asyncio
import socket
import struct
import sys
import time
from pathlib import Path

import httpx
import pytest
from support.loopback import Server, http, serving, trust
from support.smsc_client import GOOD, MESSAGE, PASSWORD, Hidden, at, failure_of, refusing

from inbox_tui.smsc import errors
from inbox_tui.smsc.client import InboxClient
from inbox_tui.smsc.limit import Limit

pytestmark = pytest.mark.usefixtures("kind", "without_a_proxy")
HERE = Path(__file__).parent
SHORT = 2.0 if sys.platform == "win32" else 0.2
"""A request timeout that is short, but long enough to send the request, under wine too."""


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="there is no IPv6 here")
@pytest.mark.parametrize("host", ["localhost", "[::1]"])
async def test_a_server_with_only_an_ipv6_address_can_be_reached(
    monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    async def only_ipv6(*args: object, **kwargs: object) -> list[object]:
        address = ("::1", listening.sockets[0].getsockname()[1], 0, 0)
        return [(socket.AF_INET6, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", address)]

    served = Server(reply=http(GOOD))
    listening = await asyncio.start_server(served.answer, "::1", 0)
    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", only_ipv6)
    async with listening:
        port = listening.sockets[0].getsockname()[1]
        client = InboxClient(f"http://{host}:{port}", "alex", Hidden())
        assert (await client.fetch(cnt=10, hour=24)).messages == [MESSAGE]
        await client.aclose()
    assert len(served.heads) == 1


async def test_a_host_that_does_not_resolve_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    async def unknown(*args: object, **kwargs: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", unknown)
    error = await failure_of(InboxClient("nonexistent.invalid", "alex", Hidden()))
    assert type(error) is errors.NotReached
    assert str(error) == "nonexistent.invalid could not be found (DNS)"


async def test_a_refused_connection_is_reported() -> None:
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        port = unheard.getsockname()[1]
        error = await failure_of(InboxClient(f"http://127.0.0.1:{port}", "alex", Hidden()))
    assert type(error) is errors.NotReached
    assert str(error) == f"127.0.0.1:{port} refused the connection"


async def test_a_connection_reset_counts_as_a_lost_connection(server: Server) -> None:
    async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        raw = writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()

    server.reply = reset
    error = await failure_of(at(server))
    assert type(error) is errors.ConnectionLost
    assert error.delivered
    assert error.finished


@pytest.mark.parametrize("reply", [http(GOOD, "200 OK")[:-9], b"", b"HTTP/1.1 200 OK\r\nContent-"])
async def test_a_connection_closed_mid_answer_is_reported_as_cut_off(
    server: Server, reply: bytes
) -> None:
    server.reply = reply
    error = await failure_of(at(server))
    assert type(error) is errors.ConnectionLost
    assert error.finished
    assert str(error) == "the connection was cut off"


async def test_losing_the_network_leaves_the_request_unfinished() -> None:
    lost = httpx.ReadError("")
    lost.__cause__ = OSError(101, "Network is unreachable")
    client = InboxClient("smscentre.com", "alex", Hidden(), transport=refusing(lost))
    error = await failure_of(client)
    assert type(error) is errors.ConnectionLost
    assert error.delivered
    assert not error.finished


async def test_an_answer_that_trickles_in_is_abandoned_at_the_deadline(server: Server) -> None:
    async def trickle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while True:
            writer.write(b"[")
            await writer.drain()
            await asyncio.sleep(0.02)

    server.reply = trickle
    error = await failure_of(at(server, request_timeout=SHORT))
    assert type(error) is errors.AnswerTimedOut
    assert str(error) == f"no answer within {SHORT:g} s"


async def test_nothing_of_an_abandoned_request_arrives_later(server: Server) -> None:
    ends: asyncio.Queue[bytes | ConnectionError] = asyncio.Queue()

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            ends.put_nowait(await reader.read())
        except ConnectionError as error:
            ends.put_nowait(error)

    server.reply = listen
    assert type(await failure_of(at(server, request_timeout=SHORT))) is errors.AnswerTimedOut
    async with asyncio.timeout(5):
        assert isinstance(await ends.get(), ConnectionResetError)


class Machine:
    """A clock of a machine that falls asleep after the first reading, for `sleeps` seconds."""

    def __init__(self, *, sleeps: float) -> None:
        self.sleeps = sleeps
        self.awake = True

    def seconds(self) -> float:
        slept = 0.0 if self.awake else self.sleeps
        self.awake = False
        return time.monotonic() + slept


@pytest.mark.parametrize(("sleeps", "leaves"), [(2.0, True), (3.0, False), (9000.0, False)])
async def test_a_request_is_not_sent_late_after_the_machine_slept(
    server: Server, sleeps: float, leaves: bool
) -> None:
    server.reply = http(b"[]")
    machine = Machine(sleeps=sleeps)
    client = InboxClient(
        server.url, "alex", Hidden(), limit=Limit(request_timeout=5.0), seconds=machine.seconds
    )
    if leaves:
        assert (await client.fetch(cnt=10, hour=24)).messages == []
    else:
        error = await failure_of(client)
        assert type(error) is errors.NotSent
    assert len(server.heads) == leaves


async def test_the_machines_sleep_does_not_extend_the_request_timeout(
    server: Server,
) -> None:
    async def fall_asleep(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        machine.sleeps = 3600.0
        await reader.read()

    server.reply = fall_asleep
    machine = Machine(sleeps=0.0)
    limit = Limit(request_timeout=30.0)
    client = InboxClient(server.url, "alex", Hidden(), limit=limit, seconds=machine.seconds)
    began = time.monotonic()
    error = await failure_of(client)
    assert type(error) is errors.AnswerTimedOut
    assert time.monotonic() - began < limit.request_timeout / 2


@pytest.mark.parametrize(
    ("raised", "kind"),
    [
        (httpx.ConnectTimeout(""), errors.NotReached),
        (httpx.PoolTimeout(""), errors.NotReached),
        (httpx.ReadTimeout(""), errors.AnswerTimedOut),
        (httpx.WriteTimeout(""), errors.AnswerTimedOut),
        (httpx.ProxyError("407"), errors.NotReached),
        (httpx.ConnectError("no route"), errors.NotReached),
        (httpx.LocalProtocolError("bug"), errors.ClientFault),
        (TypeError(PASSWORD), errors.ClientFault),
        (BaseExceptionGroup(PASSWORD, [SystemExit(PASSWORD)]), errors.ClientFault),
    ],
)
async def test_every_transport_failure_becomes_one_of_our_errors(
    raised: BaseException, kind: type
) -> None:
    client = InboxClient("smscentre.com", "alex", Hidden(), transport=refusing(raised))
    error = await failure_of(client)
    assert type(error) is kind


@pytest.mark.parametrize(
    ("pem", "host", "trusted", "says"),
    [
        ("localhost.pem", "localhost", False, "self-signed"),
        ("expired.pem", "localhost", True, "expired"),
        ("localhost.pem", "127.0.0.1", True, "for another"),
    ],
)
async def test_a_server_with_an_untrusted_certificate_gets_no_request(
    monkeypatch: pytest.MonkeyPatch, pem: str, host: str, trusted: bool, says: str
) -> None:
    if trusted:
        trust(monkeypatch, HERE / pem)
    async with serving(Server(http(GOOD)), HERE / pem) as served:
        error = await failure_of(InboxClient(f"https://{host}:{served.port}", "alex", Hidden()))
    assert type(error) is errors.TlsFailed
    assert f"{host}:{served.port} was not trusted: its certificate" in str(error)
    # Only OpenSSL is certain to report this fault; other systems report the first they find.
    assert says in str(error) or sys.platform != "linux"
    assert served.heads == []


async def test_a_trusted_server_is_asked_over_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    trust(monkeypatch, HERE / "localhost.pem")
    async with serving(Server(http(GOOD)), HERE / "localhost.pem") as served:
        client = InboxClient(f"localhost:{served.port}", "alex", Hidden())
        assert (await client.fetch(cnt=10, hour=24)).messages == [MESSAGE]
        await client.aclose()
    assert len(served.heads) == 1


async def test_a_server_without_tls_never_gets_the_password_of_an_https_request(
    server: Server,
) -> None:
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        received.append(await reader.read(5000))
        writer.write(http(GOOD))
        writer.close()

    received: list[bytes] = []
    listening = await asyncio.start_server(plain, "127.0.0.1", 0)
    async with listening:
        port = listening.sockets[0].getsockname()[1]
        error = await failure_of(InboxClient(f"https://127.0.0.1:{port}", "alex", Hidden()))
    assert type(error) is errors.TlsFailed
    assert str(error) == f"127.0.0.1:{port} did not accept a secure connection"
    assert b"psw" not in b"".join(received)
