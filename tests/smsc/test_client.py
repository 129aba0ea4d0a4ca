from __future__ import annotations

import asyncio
import gzip
import json
import logging
import socket
import ssl
import struct
import sys
import threading
import time
import types
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from pathlib import Path
from urllib.parse import parse_qsl, quote_plus

import httpx
import pytest
from support.loopback import Server, http, trust

from inbox_tui import __version__
from inbox_tui.smsc import client as client_module
from inbox_tui.smsc import errors
from inbox_tui.smsc.answers import read_answer
from inbox_tui.smsc.client import InboxClient
from inbox_tui.smsc.endpoint import EndpointRefused
from inbox_tui.smsc.limit import Limit
from inbox_tui.smsc.message import Answer, IncomingMessage

PASSWORD = "s3cr3t&Пароль=ö"
HERE = Path(__file__).parent
SHORT = 2.0 if sys.platform == "win32" else 0.2
"""Seconds in which a request is sent, under wine too, and then given up."""
ENTRY = {
    "id": 7,
    "received": "23.11.2026 10:00:00",
    "phone": "79990000000",
    "message": "Ваш код 481516",
    "to_phone": "79110000000",
    "sent": "23.11.2026 09:59:58",
}
MESSAGE = IncomingMessage(
    7,
    datetime(2026, 11, 23, 10, 0, 0),  # noqa: DTZ001
    "79990000000",
    "79110000000",
    "Ваш код 481516",
    datetime(2026, 11, 23, 9, 59, 58),  # noqa: DTZ001
)
GOOD = json.dumps([ENTRY], ensure_ascii=False).encode()


class Hidden:
    kind = "password"

    def __init__(self, text: str = PASSWORD) -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text


@pytest.fixture(autouse=True, params=["password", "API key"])
def kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """All that is promised of a password is promised of an API key."""
    monkeypatch.setattr(Hidden, "kind", request.param)
    return str(request.param)


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("https_proxy", "all_proxy", "http_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def held(value: object, depth: int = 6, seen: set[int] | None = None) -> Iterator[str]:
    """Every text that can be reached from a value, but for the password's own object."""
    seen = set() if seen is None else seen
    if depth == 0 or id(value) in seen or isinstance(value, Hidden | type | types.ModuleType):
        return
    seen.add(id(value))
    yield repr(value)
    if isinstance(value, bytes | bytearray):
        yield value.decode("utf-8", "replace")
    inner = list(getattr(value, "__dict__", {}).values())
    if isinstance(value, dict):
        inner += [*value, *value.values()]
    elif isinstance(value, list | tuple | set | frozenset):
        inner += value
    for one in inner:
        yield from held(one, depth - 1, seen)


def assert_holds_no_password(error: BaseException) -> None:
    assert error.__cause__ is None
    assert error.__context__ is None
    texts = [str(error), repr(error), *held(error.args), *held(vars(error))]
    trace, frames = error.__traceback__, 0
    while trace is not None:
        if not trace.tb_frame.f_code.co_filename.startswith(str(HERE)):
            frames += 1
            for value in trace.tb_frame.f_locals.values():
                texts += held(value)
        trace = trace.tb_next
    assert frames == 1, "only the frame of fetch() is to be seen"
    for written in (PASSWORD, quote_plus(PASSWORD)):
        assert not any(written in text for text in texts)


async def failure_of(client: InboxClient) -> BaseException:
    try:
        await client.fetch(cnt=10, hour=24)
    except BaseException as error:
        assert_holds_no_password(error)
        return error
    finally:
        await client.aclose()
    pytest.fail("the request went well")


def at(server: Server, patience: float = 5.0) -> InboxClient:
    return InboxClient(server.url, "alex", Hidden(), limit=Limit(patience=patience))


async def test_an_answer_brings_its_messages(server: Server) -> None:
    server.reply = http(GOOD)
    client = at(server)
    assert (await client.fetch(cnt=10, hour=24)).messages == [MESSAGE]
    await client.aclose()


async def test_a_request_is_one_post_with_the_secret_in_its_body_only(
    server: Server, kind: str
) -> None:
    server.reply = http(b"[]", "200 OK", "Set-Cookie: a=b; Path=/")
    client = at(server)
    await client.fetch(cnt=10, hour=24, after_id=5, to_phone="79110000000")
    await client.fetch(cnt=10000, hour=168)
    await client.aclose()
    assert len(server.heads) == 2
    assert parse_qsl(server.bodies[0]) == [
        ("get_answers", "1"),
        *([("apikey", PASSWORD)] if kind == "API key" else [("login", "alex"), ("psw", PASSWORD)]),
        ("cnt", "10"),
        ("hour", "24"),
        ("after_id", "5"),
        ("to_phone", "79110000000"),
        ("fmt", "3"),
        ("charset", "utf-8"),
    ]
    assert [name for name, _ in parse_qsl(server.bodies[1])] == [
        "get_answers",
        *(["apikey"] if kind == "API key" else ["login", "psw"]),
        *("cnt", "hour", "fmt", "charset"),
    ]
    for head in server.heads:
        lines = head.lower().split("\r\n")
        assert lines[0] == "post /sys/get.php http/1.1"
        assert f"user-agent: inbox-tui/{__version__} (+python-httpx)" in lines
        assert "connection: close" in lines
        assert not any(line.startswith(("cookie", "authorization", "referer")) for line in lines)
        assert "s3cr3t" not in head
        assert "alex" not in head


async def test_an_answer_in_windows_1251_is_read(server: Server) -> None:
    server.reply = http(json.dumps([ENTRY], ensure_ascii=False).encode("windows-1251"))
    client = at(server)
    assert (await client.fetch(cnt=10, hour=24)).messages == [MESSAGE]


async def test_a_big_zipped_answer_is_read_off_the_event_loop(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[threading.Thread] = []

    def read(body: bytes) -> Answer:
        threads.append(threading.current_thread())
        return read_answer(body)

    monkeypatch.setattr(client_module, "read_answer", read)
    body = json.dumps([ENTRY | {"id": number} for number in range(1000)]).encode()
    server.reply = http(gzip.compress(body), "200 OK", "Content-Encoding: gzip")
    assert len((await at(server).fetch(cnt=10000, hour=24)).messages) == 1000
    assert threads
    assert threads[0] is not threading.current_thread()


@pytest.mark.parametrize("status", ["200 OK", "403 Forbidden", "500 Oh"])
@pytest.mark.parametrize(
    "form",
    [
        "ERROR = {} (why)",
        "0,-{}",
        "<result><error>why</error><error_code>{}</error_code></result>",
        '{{"error": "why", "error_code": {}}}',
    ],
)
@pytest.mark.parametrize(
    ("code", "error_type"),
    [
        (1, errors.ParameterError),
        (2, errors.SignInRefused),
        (4, errors.AddressBlocked),
        (9, errors.TooManyRequests),
        (17, errors.UnknownServiceError),
    ],
)
async def test_an_error_of_the_service_is_told_in_any_form_and_status(
    server: Server, form: str, status: str, code: int, error_type: type, kind: str
) -> None:
    server.reply = http(form.format(code).encode(), status)
    error = await failure_of(at(server))
    assert type(error) is (errors.ApiKeyRefused if (code, kind) == (2, "API key") else error_type)
    assert isinstance(error, errors.ServiceError)
    assert error.code == code
    assert error.delivered
    assert error.finished


async def test_a_password_echoed_by_the_service_is_taken_out(server: Server) -> None:
    wrong = f"bad {PASSWORD} and {quote_plus(PASSWORD)}"
    server.reply = http(json.dumps({"error": wrong, "error_code": 1}).encode())
    error = await failure_of(at(server))
    assert isinstance(error, errors.ParameterError)
    assert error.description == "bad … and …"
    assert str(error) == "the service found an error in the request (bad … and …)"


@pytest.mark.parametrize(
    ("location", "host"),
    [
        ("https://evil.example/x?psw=1", "evil.example"),
        ("/login", "127.0.0.1"),
        ("http://[", ""),
    ],
)
async def test_a_redirect_is_not_followed(server: Server, location: str, host: str) -> None:
    server.reply = http(b"", "302 Found", f"Location: {location}")
    error = await failure_of(at(server))
    assert isinstance(error, errors.Redirected)
    assert error.location_host == host
    assert "psw" not in str(error)
    assert len(server.heads) == 1


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"<!DOCTYPE html><html><body>Sign in</body></html>", "a web page came"),
        (b"", "an empty answer came"),
        (b"hello", "could not be read"),
        (GOOD[:-9], "could not be read"),
    ],
)
async def test_what_is_no_answer_is_told_in_plain_words(
    server: Server, body: bytes, says: str
) -> None:
    server.reply = http(body)
    error = await failure_of(at(server))
    assert type(error) is errors.NotAnAnswer
    assert says in str(error)


@pytest.mark.parametrize(
    ("status", "finished"), [(500, True), (502, True), (503, True), (504, True)]
)
async def test_a_bare_http_status_is_told(server: Server, status: int, finished: bool) -> None:
    server.reply = http(b"<html>oops</html>", f"{status} Oh")
    error = await failure_of(at(server))
    assert isinstance(error, errors.HttpStatus)
    assert error.status == status
    assert error.finished is finished
    assert str(status) in str(error)


@pytest.mark.parametrize("reply", [http(GOOD, "200 OK")[:-9], b"", b"HTTP/1.1 200 OK\r\nContent-"])
async def test_an_answer_cut_off_is_told(server: Server, reply: bytes) -> None:
    server.reply = reply
    error = await failure_of(at(server))
    assert type(error) is errors.ConnectionLost
    assert error.finished
    assert str(error) == "the connection was cut off"


async def test_a_reset_is_told_as_cut_off(server: Server) -> None:
    async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        raw = writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()

    server.reply = reset
    error = await failure_of(at(server))
    assert type(error) is errors.ConnectionLost
    assert error.delivered
    assert error.finished


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="there is no IPv6 here")
@pytest.mark.parametrize("host", ["localhost", "[::1]"])
async def test_a_server_with_an_ipv6_address_alone_is_asked(
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


def _refusing(error: BaseException) -> httpx.MockTransport:
    def handle(request: httpx.Request) -> httpx.Response:
        raise error

    return httpx.MockTransport(handle)


async def test_a_network_that_goes_away_leaves_the_request_unfinished() -> None:
    lost = httpx.ReadError("")
    lost.__cause__ = OSError(101, "Network is unreachable")
    client = InboxClient("smscentre.com", "alex", Hidden(), transport=_refusing(lost))
    error = await failure_of(client)
    assert type(error) is errors.ConnectionLost
    assert error.delivered
    assert not error.finished


@pytest.mark.parametrize(
    "reply",
    [
        b"SSH-2.0-OpenSSH_9.9\r\n\r\n",
        http(b"not gzip", "200 OK", "Content-Encoding: gzip"),
        http(GOOD, "200 OK", "Content-Encoding: gzip, gzip"),
        http(GOOD, "200 OK", "Content-Encoding: br"),
    ],
)
async def test_an_answer_that_is_not_http_as_asked_is_no_answer(
    server: Server, reply: bytes
) -> None:
    server.reply = reply
    assert type(await failure_of(at(server))) is errors.NotAnAnswer


@pytest.mark.parametrize("zipped", [False, True])
async def test_an_answer_over_the_ceiling_is_broken_off(
    server: Server, monkeypatch: pytest.MonkeyPatch, zipped: bool
) -> None:
    monkeypatch.setattr(client_module, "_BODY_CEILING", 100_000)
    body = b" " * 100_001
    server.reply = (
        http(gzip.compress(body), "200 OK", "Content-Encoding: gzip") if zipped else http(body)
    )
    assert type(await failure_of(at(server))) is errors.AnswerTooLarge


@pytest.mark.parametrize("junk", [b"<html>", b"[", b"[[],", b"\xe0\xff\x00", b"0,-9\n"])
async def test_thirty_megabytes_of_junk_are_no_answer(server: Server, junk: bytes) -> None:
    server.reply = http(junk * (30_000_000 // len(junk)))
    error = await failure_of(at(server))
    assert type(error) is errors.NotAnAnswer


async def test_an_answer_that_trickles_is_given_up_at_the_deadline(server: Server) -> None:
    async def trickle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while True:
            writer.write(b"[")
            await writer.drain()
            await asyncio.sleep(0.02)

    server.reply = trickle
    error = await failure_of(at(server, patience=SHORT))
    assert type(error) is errors.AnswerTimedOut
    assert str(error) == f"no answer within {SHORT:g} s"
    assert error.delivered
    assert not error.finished


async def test_nothing_of_a_request_given_up_arrives_later(server: Server) -> None:
    ends: asyncio.Queue[bytes | ConnectionError] = asyncio.Queue()

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            ends.put_nowait(await reader.read())
        except ConnectionError as error:
            ends.put_nowait(error)

    server.reply = listen
    assert type(await failure_of(at(server, patience=SHORT))) is errors.AnswerTimedOut
    async with asyncio.timeout(5):
        assert isinstance(await ends.get(), ConnectionResetError)


class Machine:
    """A clock that counts while the machine sleeps, which it does at the next look at it."""

    def __init__(self, *, sleeps: float) -> None:
        self.sleeps = sleeps
        self.awake = True

    def seconds(self) -> float:
        slept = 0.0 if self.awake else self.sleeps
        self.awake = False
        return time.monotonic() + slept


@pytest.mark.parametrize(("sleeps", "leaves"), [(2.0, True), (3.0, False), (9000.0, False)])
async def test_a_request_the_machine_slept_over_does_not_leave_late(
    server: Server, sleeps: float, leaves: bool
) -> None:
    server.reply = http(b"[]")
    machine = Machine(sleeps=sleeps)
    client = InboxClient(
        server.url, "alex", Hidden(), limit=Limit(patience=5.0), seconds=machine.seconds
    )
    if leaves:
        assert (await client.fetch(cnt=10, hour=24)).messages == []
    else:
        error = await failure_of(client)
        assert type(error) is errors.ConnectTimedOut
        assert not error.delivered
    assert len(server.heads) == leaves


async def test_an_answer_is_not_waited_for_longer_because_the_machine_slept(
    server: Server,
) -> None:
    async def fall_asleep(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        machine.sleeps = 3600.0
        await reader.read()

    server.reply = fall_asleep
    machine = Machine(sleeps=0.0)
    limit = Limit(patience=30.0)
    client = InboxClient(server.url, "alex", Hidden(), limit=limit, seconds=machine.seconds)
    began = time.monotonic()
    error = await failure_of(client)
    assert type(error) is errors.AnswerTimedOut
    assert not error.finished
    assert time.monotonic() - began < limit.patience / 2


async def test_a_name_without_an_address_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    async def unknown(*args: object, **kwargs: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", unknown)
    error = await failure_of(InboxClient("nonexistent.invalid", "alex", Hidden()))
    assert type(error) is errors.NameNotResolved
    assert str(error) == "nonexistent.invalid could not be found (DNS)"
    assert not error.delivered
    assert error.finished


async def test_a_refused_port_is_told() -> None:
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        port = unheard.getsockname()[1]
        error = await failure_of(InboxClient(f"http://127.0.0.1:{port}", "alex", Hidden()))
    assert type(error) is errors.ConnectionRefused
    assert str(error) == f"127.0.0.1:{port} refused the connection"
    assert not error.delivered
    assert error.finished


@pytest.mark.parametrize(
    ("raised", "kind", "delivered"),
    [
        (httpx.ConnectTimeout(""), errors.ConnectTimedOut, False),
        (httpx.PoolTimeout(""), errors.ConnectTimedOut, False),
        (httpx.ReadTimeout(""), errors.AnswerTimedOut, True),
        (httpx.WriteTimeout(""), errors.AnswerTimedOut, True),
        (httpx.ProxyError("407"), errors.ConnectionRefused, False),
        (httpx.ConnectError("no route"), errors.ConnectionRefused, False),
        (httpx.LocalProtocolError("bug"), errors.ClientFault, True),
        (TypeError(PASSWORD), errors.ClientFault, True),
        (BaseExceptionGroup(PASSWORD, [SystemExit(PASSWORD)]), errors.ClientFault, True),
    ],
)
async def test_every_failure_of_the_transport_is_one_of_ours(
    raised: BaseException, kind: type, delivered: bool
) -> None:
    client = InboxClient("smscentre.com", "alex", Hidden(), transport=_refusing(raised))
    error = await failure_of(client)
    assert type(error) is kind
    assert isinstance(error, errors.SmscError)
    assert error.delivered is delivered


async def test_a_bug_stays_visible_by_its_type() -> None:
    client = InboxClient("smscentre.com", "alex", Hidden("\ud800" + PASSWORD))
    error = await failure_of(client)
    assert type(error) is errors.ClientFault
    assert "UnicodeEncodeError" in str(error)


async def test_a_cancelled_request_is_cancelled_without_the_secret(server: Server) -> None:
    async def never(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asking.cancel()
        await reader.read()

    server.reply = never
    asking = asyncio.create_task(at(server).fetch(cnt=10, hour=24))
    with pytest.raises(asyncio.CancelledError) as raised:
        await asking
    assert_holds_no_password(raised.value)


async def _tls_server(pem: str) -> tuple[asyncio.Server, int, Server]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(HERE / pem)
    served = Server(reply=http(GOOD))
    listening = await asyncio.start_server(served.answer, "127.0.0.1", 0, ssl=context)
    return listening, listening.sockets[0].getsockname()[1], served


@pytest.mark.parametrize(
    ("pem", "host", "trusted", "says"),
    [
        ("localhost.pem", "localhost", False, "self-signed"),
        ("expired.pem", "localhost", True, "expired"),
        ("localhost.pem", "127.0.0.1", True, "for another"),
    ],
)
async def test_a_server_that_cannot_prove_itself_gets_nothing(
    monkeypatch: pytest.MonkeyPatch, pem: str, host: str, trusted: bool, says: str
) -> None:
    if trusted:
        trust(monkeypatch, HERE / pem)
    listening, port, served = await _tls_server(pem)
    async with listening:
        error = await failure_of(InboxClient(f"https://{host}:{port}", "alex", Hidden()))
    assert type(error) is errors.TlsFailed
    assert f"{host}:{port} was not trusted: its certificate" in str(error)
    # OpenSSL names the fault, the others what they find first.
    assert says in str(error) or sys.platform != "linux"
    assert not error.delivered
    assert served.heads == []


async def test_a_trusted_server_is_asked_over_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    trust(monkeypatch, HERE / "localhost.pem")
    listening, port, served = await _tls_server("localhost.pem")
    async with listening:
        client = InboxClient(f"localhost:{port}", "alex", Hidden())
        assert (await client.fetch(cnt=10, hour=24)).messages == [MESSAGE]
        await client.aclose()
    assert len(served.heads) == 1


async def test_a_server_without_tls_gets_nothing_of_a_secure_request(server: Server) -> None:
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
    assert str(error) == f"127.0.0.1:{port} would not make a secure connection"
    assert b"psw" not in b"".join(received)


@pytest.fixture
async def proxy(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[list[str]]:
    """What a proxy is asked that the environment names for everything, and that refuses it."""
    asked: list[str] = []

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append((await reader.readuntil(b"\r\n\r\n")).decode())
        writer.write(b"HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    listening = await asyncio.start_server(refuse, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{port}")
    async with listening:
        yield asked


async def test_a_proxy_gets_a_name_and_a_port_and_never_the_password(proxy: list[str]) -> None:
    error = await failure_of(InboxClient("smscentre.example", "alex", Hidden()))
    assert type(error) is errors.ConnectionRefused
    assert str(error) == "the proxy refused to connect"
    assert len(proxy) == 1
    assert proxy[0].startswith("CONNECT smscentre.example:443 ")
    assert "s3cr3t" not in proxy[0]


@pytest.mark.parametrize("trusted", [True, False])
async def test_a_proxy_that_is_asked_over_tls_has_to_prove_itself_to_the_system_too(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, trusted: bool
) -> None:
    asked: list[bytes] = []

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(HERE / "localhost.pem")
    if trusted:
        trust(monkeypatch, HERE / "localhost.pem")
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys"))
    listening = await asyncio.start_server(refuse, "127.0.0.1", 0, ssl=context)
    port = listening.sockets[0].getsockname()[1]
    monkeypatch.setenv("https_proxy", f"https://user:word@localhost:{port}")
    async with listening:
        error = await failure_of(InboxClient("smscentre.example", "alex", Hidden()))
    assert type(error) is (errors.ConnectionRefused if trusted else errors.TlsFailed)
    assert [head.split(b" ")[0] for head in asked] == [b"CONNECT"] * trusted
    assert not (tmp_path / "keys").exists()


async def test_a_proxy_is_never_used_for_this_machine(
    server: Server, proxy: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    server.reply = http(b"[]")
    await at(server).fetch(cnt=10, hour=24)
    trust(monkeypatch, HERE / "localhost.pem")
    listening, port, served = await _tls_server("localhost.pem")
    async with listening:
        await InboxClient(f"localhost:{port}", "alex", Hidden()).fetch(cnt=10, hour=24)
    assert len(server.heads) == len(served.heads) == 1
    assert proxy == []


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:1", "http://u:p@[", "nonsense://x"])
async def test_a_proxy_that_cannot_be_used_is_told(
    monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    monkeypatch.setenv("all_proxy", proxy)
    error = await failure_of(InboxClient("smscentre.example", "alex", Hidden()))
    assert type(error) is errors.ConnectionRefused
    assert "the proxy in the environment" in str(error)
    assert not error.delivered


def test_a_proxy_is_used_for_https_only(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert client_module._proxy_for("https://smscentre.example/sys/get.php") is not None
    assert client_module._proxy_for("http://smscentre.example/sys/get.php") is None


@pytest.mark.parametrize("no_proxy", ["smscentre.example", "*"])
def test_no_proxy_is_heeded(monkeypatch: pytest.MonkeyPatch, no_proxy: str) -> None:
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("no_proxy", no_proxy)
    assert client_module._proxy_for("https://smscentre.example/sys/get.php") is None


async def test_debug_logs_never_write_the_password(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.reply = http(GOOD)
    await at(server).fetch(cnt=10, hour=24)
    server.reply = http(b"", "500 Oh")
    await failure_of(at(server))
    assert any(record.name.startswith("httpcore") for record in caplog.records)
    written = caplog.text + "".join(repr(record.__dict__) for record in caplog.records)
    assert "s3cr3t" not in written


def test_a_client_shows_its_url_and_login_only() -> None:
    client = InboxClient("smscentre.com", "alex", Hidden())
    assert repr(client) == "InboxClient(url='https://smscentre.com/sys/get.php', login='alex')"


def test_a_client_of_an_unsafe_url_is_not_made() -> None:
    with pytest.raises(EndpointRefused):
        InboxClient("http://smscentre.com", "alex", Hidden())
