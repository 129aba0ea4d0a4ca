"""The requests that the client sends, and its handling of responses."""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
import threading
from urllib.parse import parse_qsl, quote_plus

import pytest
from support.loopback import Server, http
from support.smsc_client import (
    ENTRY,
    GOOD,
    MESSAGE,
    PASSWORD,
    Hidden,
    assert_holds_no_password,
    at,
    failure_of,
)

from inbox_tui import __version__
from inbox_tui.smsc import client as client_module
from inbox_tui.smsc import errors
from inbox_tui.smsc.answers import read_answer
from inbox_tui.smsc.client import InboxClient
from inbox_tui.smsc.endpoint import EndpointRefused
from inbox_tui.smsc.message import Answer

pytestmark = pytest.mark.usefixtures("kind", "without_a_proxy")


@pytest.mark.parametrize("charset", ["utf-8", "windows-1251"])
async def test_a_request_returns_the_messages_of_the_answer(server: Server, charset: str) -> None:
    server.reply = http(GOOD.decode().encode(charset))
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


async def test_a_large_gzipped_answer_is_parsed_off_the_event_loop(
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
    ("code", "error_type"),
    [
        (1, errors.ParameterError),
        (2, errors.SignInRefused),
        (4, errors.AddressBlocked),
        (9, errors.TooManyRequests),
        (17, errors.UnknownServiceError),
    ],
)
async def test_a_service_error_is_reported_with_any_http_status(
    server: Server, status: str, code: int, error_type: type, kind: str
) -> None:
    server.reply = http(f"ERROR = {code} (why)".encode(), status)
    error = await failure_of(at(server))
    assert type(error) is (errors.ApiKeyRefused if (code, kind) == (2, "API key") else error_type)
    assert isinstance(error, errors.ServiceError)
    assert error.code == code


async def test_a_password_echoed_by_the_service_is_removed(server: Server) -> None:
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
        ("http://[", "another address"),
    ],
)
async def test_a_redirect_is_not_followed(server: Server, location: str, host: str) -> None:
    server.reply = http(b"", "302 Found", f"Location: {location}")
    error = await failure_of(at(server))
    assert isinstance(error, errors.Redirected)
    assert str(error) == f"the server redirects to {host}; redirects are not followed"
    assert len(server.heads) == 1


@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_an_http_error_status_is_reported(server: Server, status: int) -> None:
    server.reply = http(b"<html>oops</html>", f"{status} Oh")
    error = await failure_of(at(server))
    assert isinstance(error, errors.HttpStatus)
    assert str(error) == f"the server answered with HTTP status {status}"


@pytest.mark.parametrize(
    "reply",
    [
        b"SSH-2.0-OpenSSH_9.9\r\n\r\n",
        http(b"not gzip", "200 OK", "Content-Encoding: gzip"),
        http(GOOD, "200 OK", "Content-Encoding: gzip, gzip"),
        http(GOOD, "200 OK", "Content-Encoding: br"),
    ],
)
async def test_a_response_in_the_wrong_protocol_or_encoding_is_rejected(
    server: Server, reply: bytes
) -> None:
    server.reply = reply
    assert type(await failure_of(at(server))) is errors.NotAnAnswer


@pytest.mark.parametrize("zipped", [False, True])
async def test_an_answer_over_the_size_limit_is_aborted(
    server: Server, monkeypatch: pytest.MonkeyPatch, zipped: bool
) -> None:
    monkeypatch.setattr(client_module, "_BODY_CEILING", 100_000)
    body = b" " * 100_001
    server.reply = (
        http(gzip.compress(body), "200 OK", "Content-Encoding: gzip") if zipped else http(body)
    )
    assert type(await failure_of(at(server))) is errors.AnswerTooLarge


async def test_an_internal_error_is_reported_with_its_type() -> None:
    client = InboxClient("smscentre.com", "alex", Hidden("\ud800" + PASSWORD))
    error = await failure_of(client)
    assert type(error) is errors.ClientFault
    assert "UnicodeEncodeError" in str(error)


async def test_cancelling_a_request_does_not_expose_the_password(server: Server) -> None:
    async def never(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asking.cancel()
        await reader.read()

    server.reply = never
    asking = asyncio.create_task(at(server).fetch(cnt=10, hour=24))
    with pytest.raises(asyncio.CancelledError) as raised:
        await asking
    assert_holds_no_password(raised.value)


async def test_debug_logs_never_contain_the_password(
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


def test_a_client_for_an_unsafe_url_is_refused() -> None:
    with pytest.raises(EndpointRefused):
        InboxClient("http://smscentre.com", "alex", Hidden())
