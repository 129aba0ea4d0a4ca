"""The service over HTTP on this machine, and what can go wrong with its replies."""

from __future__ import annotations

import asyncio
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from random import Random
from urllib.parse import urlencode

import httpx
import pytest
from support import faults
from support.peer import ServerClock, incoming, parameters

from inbox_tui.credentials import Secret
from inbox_tui.demo.conversations import Arrival, arrivals
from inbox_tui.demo.server import DEMO_WINDOW, DemoServer, start_demo
from inbox_tui.demo.service import DemoService, Exchange, Fault
from inbox_tui.smsc.answers import read_answer
from inbox_tui.smsc.client import InboxClient
from inbox_tui.smsc.endpoint import endpoint, host_of
from inbox_tui.smsc.errors import (
    AnswerTimedOut,
    ConnectionLost,
    HttpStatus,
    NotAnAnswer,
    NotReached,
    Redirected,
    SignInRefused,
    SmscError,
)
from inbox_tui.smsc.limit import Limit
from inbox_tui.smsc.message import Answer

SHORT = 3.0 if sys.platform == "win32" else 0.2
"""Seconds in which a request is sent, under wine too, and then given up."""


def threads() -> set[threading.Thread]:
    """What runs; on Windows without what waits there for a client until the program ends."""
    running = threading.enumerate()
    return {thread for thread in running if sys.platform != "win32" or not thread.daemon}


@pytest.fixture
def server(service: DemoService) -> Iterator[DemoServer]:
    with DemoServer(service) as server:
        yield server


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False) as client:
        yield client


async def fetch(
    server: DemoServer, *, lifetime: float = 5.0, after_id: int | None = None
) -> Answer:
    client = InboxClient(
        server.url,
        "alex",
        Secret("correct horse"),
        limit=Limit().scaled(lifetime / Limit().lifetime),
    )
    try:
        return await client.fetch(cnt=10, hour=1, after_id=after_id)
    finally:
        await client.aclose()


def connected(server: DemoServer) -> socket.socket:
    host, _, port = server.host.partition(":")
    return socket.create_connection((host, int(port)))


def arrived(service: DemoService) -> None:
    """Wait until a request has arrived."""
    while not service.requests:
        time.sleep(0.001)


def test_the_address_is_one_that_the_client_accepts(server: DemoServer) -> None:
    assert endpoint(server.url) == server.url
    assert host_of(server.url) == server.host
    assert server.host.startswith("127.0.0.1:")


@pytest.mark.parametrize("fmt", ["0", "1", "2", "3"])
@pytest.mark.parametrize("charset", ["utf-8", None])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_message_comes_over_http_in_every_form(
    service: DemoService,
    server: DemoServer,
    client: httpx.Client,
    fmt: str,
    charset: str | None,
    method: str,
) -> None:
    message = incoming(1, "Привет, мир!\nКод: 4417")
    service.add(message)
    asked = parameters(fmt=fmt, charset=charset)
    if method == "GET":
        response = client.get(server.url, params=asked)
    else:
        response = client.post(server.url, data=asked)
    assert response.status_code == 200
    assert response.charset_encoding == (charset or "windows-1251")
    assert read_answer(response.content).messages == [message]
    assert service.requests[0].method == method


@pytest.mark.parametrize("charset", ["utf-8", "windows-1251"])
def test_parameters_are_in_the_charset_they_name(
    client: httpx.Client, clock: ServerClock, charset: str
) -> None:
    service = DemoService({"анна": "пароль"}, clock=clock)
    form = urlencode(parameters(login="анна", psw="пароль", charset=charset), encoding=charset)
    with DemoServer(service) as server:
        assert client.get(f"{server.url}?{form}").json() == []


def test_the_form_of_a_post_goes_before_its_address(
    service: DemoService, server: DemoServer, client: httpx.Client
) -> None:
    client.post(f"{server.url}?cnt=5&hour=2", data=parameters(cnt=7))
    assert service.requests[0].parameters["cnt"] == "7"
    assert service.requests[0].parameters["hour"] == "2"
    assert server.query_strings == ["cnt=5&hour=2"]


def test_a_connection_is_kept_for_the_next_request(server: DemoServer) -> None:
    with connected(server) as connection:
        for after_id in (1, 2):
            query = urlencode(parameters(after_id=after_id))
            connection.sendall(f"GET /sys/get.php?{query} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            answer = b""
            while not answer.endswith(b"[]"):
                answer += connection.recv(4096)
    assert len(server.service.requests) == 2


def test_there_is_nothing_at_another_address(
    service: DemoService, server: DemoServer, client: httpx.Client
) -> None:
    assert client.get(f"http://{server.host}/sys/send.php").status_code == 404
    assert service.requests == []


@pytest.mark.parametrize(
    ("length", "status"), [("-1", 413), ("x", 413), ("9999999", 413), (None, 411)]
)
def test_a_form_of_no_sane_length_is_turned_away(
    server: DemoServer, length: str | None, status: int
) -> None:
    header = "" if length is None else f"Content-Length: {length}\r\n"
    with connected(server) as connection:
        connection.sendall(f"POST /sys/get.php HTTP/1.1\r\nHost: x\r\n{header}\r\n".encode())
        assert connection.recv(4096).startswith(f"HTTP/1.1 {status} ".encode())
    assert server.service.requests == []


def test_it_writes_nothing_to_the_terminal(
    service: DemoService, client: httpx.Client, capfd: pytest.CaptureFixture[str]
) -> None:
    with DemoServer(service) as server:
        client.post(server.url, data=parameters())
        client.get(f"http://{server.host}/nothing")
        with connected(server) as connection:
            connection.sendall(b"nonsense\r\n\r\n")
        service.fault = faults.trickle(0.001)
        with connected(server) as connection:
            connection.sendall(b"GET /sys/get.php HTTP/1.1\r\nHost: x\r\n\r\n")
            connection.recv(1)
    assert capfd.readouterr() == ("", "")


async def test_our_client_is_answered(service: DemoService, server: DemoServer) -> None:
    service.add(incoming(1, "Ваш код 481516"))
    answer = await fetch(server)
    assert [message.message for message in answer.messages] == ["Ваш код 481516"]
    assert service.breaches == []
    assert server.query_strings == []


async def test_a_request_counts_when_it_arrives(service: DemoService, server: DemoServer) -> None:
    server.request_delay = 60.0
    with pytest.raises(AnswerTimedOut):
        await fetch(server, lifetime=SHORT)
    assert service.requests == []
    server.request_delay = 0.01
    await fetch(server)
    assert len(service.requests) == 1


async def test_a_slow_answer_keeps_its_request_at_work(
    service: DemoService, server: DemoServer
) -> None:
    server.answer_delay = 60.0
    asking = asyncio.create_task(fetch(server))
    await asyncio.to_thread(arrived, service)
    server.answer_delay = 0.0
    await fetch(server, after_id=1)
    assert not asking.done()
    asking.cancel()
    assert service.overlapping == [service.requests[1]]


async def test_the_server_stays_at_work_when_the_client_gives_up(
    service: DemoService, server: DemoServer
) -> None:
    server.answer_delay = 60.0
    with pytest.raises(AnswerTimedOut):
        await fetch(server, lifetime=SHORT)
    server.answer_delay = 0.0
    await fetch(server, after_id=1)
    assert service.overlapping == [service.requests[1]]


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (faults.status(503), HttpStatus),
        (faults.redirect("https://elsewhere.example.com/"), Redirected),
        (faults.web_page, NotAnAnswer),
        (faults.body(b"\x00\xff\x13 what?"), NotAnAnswer),
        (faults.empty, NotAnAnswer),
        (faults.shortened, NotAnAnswer),
        (faults.truncated, ConnectionLost),
        (faults.closed, ConnectionLost),
        (faults.reset, ConnectionLost),
        (faults.delay(5.0), AnswerTimedOut),
        (faults.trickle(0.05), AnswerTimedOut),
    ],
    ids=[
        "status",
        "redirect",
        "web page",
        "junk",
        "empty",
        "shortened",
        "truncated",
        "closed",
        "reset",
        "delay",
        "trickle",
    ],
)
async def test_a_fault_reaches_the_client(
    service: DemoService, server: DemoServer, fault: Fault, error: type[Exception]
) -> None:
    service.add(incoming(1, "Hello, how are you?"))
    service.fault = fault
    with pytest.raises(error):
        await fetch(server, lifetime=SHORT if error is AnswerTimedOut else 5.0)
    assert len(service.requests) == 1
    assert not service.requests[0].refused


def test_a_reset_and_an_end_can_be_told_apart(service: DemoService, server: DemoServer) -> None:
    ends: list[bytes | str] = []
    for fault in (faults.closed, faults.reset):
        service.fault = fault
        with connected(server) as connection:
            connection.sendall(b"GET /sys/get.php HTTP/1.1\r\nHost: x\r\n\r\n")
            try:
                ends.append(connection.recv(1))
            except ConnectionResetError:
                ends.append("reset")
    assert ends == [b"", "reset"]


async def test_a_trickle_that_ends_in_time_is_an_answer(
    service: DemoService, server: DemoServer
) -> None:
    service.add(incoming(1))
    service.fault = faults.trickle(0.0005)
    assert len((await fetch(server)).messages) == 1


async def test_windows_1251_in_place_of_utf_8(service: DemoService, server: DemoServer) -> None:
    service.add(incoming(1, "Привет"))
    service.fault = faults.windows_1251
    assert (await fetch(server)).messages[0].message == "Привет"


@pytest.mark.parametrize(
    "fault", [None, faults.empty, faults.truncated, faults.closed, faults.status(503)]
)
async def test_a_client_that_has_its_reply_may_ask_at_once(
    service: DemoService,
    server: DemoServer,
    monkeypatch: pytest.MonkeyPatch,
    fault: Fault | None,
) -> None:
    finish = service.finish

    def finish_late(exchange: Exchange) -> None:
        time.sleep(0.02)
        finish(exchange)

    monkeypatch.setattr(service, "finish", finish_late)
    service.fault = fault
    for after_id in range(3):
        with suppress(SmscError):
            await fetch(server, after_id=after_id)
    assert len(service.requests) == 3
    assert service.breaches == []


async def test_faults_come_in_turn_and_then_all_is_well(
    service: DemoService, server: DemoServer, clock: ServerClock
) -> None:
    service.fault = faults.in_turn(faults.status(500), None, faults.closed)
    outcomes: list[type[Exception] | None] = []
    for after_id in range(5):
        try:
            await fetch(server, after_id=after_id)
            outcomes.append(None)
        except (HttpStatus, ConnectionLost) as error:
            outcomes.append(type(error))
    assert outcomes == [HttpStatus, None, ConnectionLost, None, None]


async def test_a_fault_may_look_at_the_request(service: DemoService, server: DemoServer) -> None:
    service.fault = lambda request, reply: (
        faults.empty(request, reply) if request.parameters.get("after_id") == "7" else None
    )
    assert (await fetch(server, after_id=6)).messages == []
    with pytest.raises(NotAnAnswer):
        await fetch(server, after_id=7)


async def test_after_the_end_connections_are_refused(service: DemoService) -> None:
    with DemoServer(service) as server:
        await fetch(server)
    with pytest.raises(NotReached):
        await fetch(server)


async def test_it_can_come_back_at_the_same_port(service: DemoService) -> None:
    with DemoServer(service) as server:
        await fetch(server)
    with DemoServer(service, port=int(server.host.partition(":")[2])) as again:
        assert again.url == server.url
        await fetch(again, after_id=1)
    assert len(service.requests) == 2


def test_the_end_waits_for_no_one(service: DemoService) -> None:
    before = threads()
    server = DemoServer(service)
    with server:
        server.answer_delay = 60.0
        idle, asking = connected(server), connected(server)
        asking.sendall(b"GET /sys/get.php HTTP/1.1\r\nHost: x\r\n\r\n")
        arrived(service)
        began = time.monotonic()
    assert time.monotonic() - began < server.answer_delay / 2
    assert threads() <= before
    idle.close()
    asking.close()


def test_the_demo_plays_a_week_and_ends_with_its_block(client: httpx.Client) -> None:
    before = threads()
    with start_demo(Random(1)) as demo:
        assert endpoint(demo.url) == demo.url
        asked = {
            "get_answers": "1",
            "login": demo.login,
            "psw": demo.password,
            "hour": "168",
            "fmt": "3",
            "charset": "utf-8",
        }
        answers = [client.post(demo.url, data=asked).content for _ in range(4)]
        assert len(read_answer(answers[0]).messages) > 250
        assert b'"error_code": 9' in answers[3]
        refused = client.post(demo.url, data={**asked, "psw": "x"}).content
    with pytest.raises(SignInRefused):
        read_answer(refused)
    assert threads() <= before
    assert DEMO_WINDOW < 60


def test_the_demo_delivers_live(client: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def soon(random: Random, clock: Callable[[], datetime]) -> Iterator[Arrival]:
        return (arrival._replace(pause=0.005) for arrival in arrivals(random, clock))

    monkeypatch.setattr("inbox_tui.demo.server.arrivals", soon)
    with start_demo(Random(1)) as demo:
        seen: list[int] = []
        for cnt in range(9_000, 9_100):
            asked = {
                "get_answers": "1",
                "login": demo.login,
                "psw": demo.password,
                "hour": "1",
                "cnt": str(cnt),
                "fmt": "3",
                "charset": "utf-8",
            }
            body = client.post(demo.url, data=asked).content
            seen.append(len(read_answer(body).messages))
            if seen[-1] >= seen[0] + 3:
                break
    assert seen[-1] >= seen[0] + 3
