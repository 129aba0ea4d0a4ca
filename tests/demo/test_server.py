"""The demo service over HTTP, and the running demo."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from datetime import datetime
from random import Random
from urllib.parse import urlencode

import httpx
import pytest
from support.peer import ServerClock, incoming, parameters

from inbox_tui.credentials import Secret
from inbox_tui.demo.conversations import Arrival, arrivals
from inbox_tui.demo.server import Demo, DemoServer, start_demo
from inbox_tui.demo.service import DemoService
from inbox_tui.smsc.answers import read_answer
from inbox_tui.smsc.client import InboxClient
from inbox_tui.smsc.errors import NotReached, SignInRefused, TooManyRequests
from inbox_tui.smsc.message import Answer


@pytest.fixture
def server(service: DemoService) -> Iterator[DemoServer]:
    with DemoServer(service) as server:
        yield server


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False) as client:
        yield client


async def fetch(server: DemoServer, *, after_id: int | None = None) -> Answer:
    client = InboxClient(server.url, "alex", Secret("correct horse"))
    try:
        return await client.fetch(cnt=10, hour=1, after_id=after_id)
    finally:
        await client.aclose()


def connected(server: DemoServer) -> socket.socket:
    return socket.create_connection(server.socket.getsockname())


@pytest.mark.parametrize("charset", ["utf-8", "windows-1251"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_answer_over_http_uses_the_charset_of_the_request(
    client: httpx.Client, clock: ServerClock, charset: str, method: str
) -> None:
    service = DemoService({"анна": "пароль"}, clock=clock)
    message = incoming(1, "Привет, мир!\nКод: 4417")
    service.add(message)
    form = urlencode(parameters(login="анна", psw="пароль", charset=charset), encoding=charset)
    with DemoServer(service) as server:
        if method == "GET":
            response = client.get(f"{server.url}?{form}")
        else:
            kind = {"Content-Type": "application/x-www-form-urlencoded"}
            response = client.post(server.url, content=form, headers=kind)
    assert response.status_code == 200
    assert response.charset_encoding == charset
    assert read_answer(response.content).messages == [message]
    assert service.requests[0].in_address == (method == "GET")


def test_another_path_is_not_found(
    service: DemoService, server: DemoServer, client: httpx.Client
) -> None:
    assert client.get(f"http://{server.host}/sys/send.php").status_code == 404
    assert service.requests == []


@pytest.mark.parametrize("length", ["-1", "x", "9999999"])
def test_a_post_with_an_invalid_content_length_is_rejected(server: DemoServer, length: str) -> None:
    with connected(server) as connection:
        head = f"POST /sys/get.php HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n"
        connection.sendall(head.encode())
        assert b" 413 " in connection.recv(4096)
    assert server.service.requests == []


def test_the_server_writes_nothing_to_the_terminal(
    server: DemoServer, client: httpx.Client, capfd: pytest.CaptureFixture[str]
) -> None:
    client.post(server.url, data=parameters())
    client.get(f"http://{server.host}/nothing")
    with connected(server) as connection:
        connection.sendall(b"nonsense\r\n\r\n")
        connection.recv(1)
    assert capfd.readouterr() == ("", "")


async def test_our_client_gets_an_answer(service: DemoService, server: DemoServer) -> None:
    service.add(incoming(1, "Ваш код 481516"))
    answer = await fetch(server)
    assert [message.message for message in answer.messages] == ["Ваш код 481516"]
    assert service.breaches == []
    assert not service.requests[0].in_address


async def test_the_server_stops_at_once_and_can_restart_on_the_same_port(
    service: DemoService,
) -> None:
    with DemoServer(service) as server:
        await fetch(server)
        idle = connected(server)
    with pytest.raises(NotReached):
        await fetch(server)
    with DemoServer(service, port=server.server_address[1]) as again:
        assert again.url == server.url
        await fetch(again, after_id=1)
    idle.close()
    assert len(service.requests) == 2


def ask(client: httpx.Client, demo: Demo, **others: object) -> Answer:
    asked = parameters(login=demo.login, psw=demo.password, hour=168, **others)
    return read_answer(client.post(demo.url, data=asked).content)


def test_the_demo_serves_a_week_of_messages_and_enforces_a_limit(client: httpx.Client) -> None:
    with start_demo(Random(1)) as demo:
        for _ in range(3):
            assert len(ask(client, demo).messages) > 250
        with pytest.raises(TooManyRequests):
            ask(client, demo)
    with pytest.raises(httpx.ConnectError):
        ask(client, demo)


def test_the_demo_refuses_a_wrong_password(client: httpx.Client) -> None:
    with start_demo(Random(1)) as demo, pytest.raises(SignInRefused):
        ask(client, demo._replace(password="x"))


def test_the_demo_delivers_new_messages_while_it_runs(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def soon(random: Random, clock: Callable[[], datetime]) -> Iterator[Arrival]:
        return (arrival._replace(pause=0.005) for arrival in arrivals(random, clock))

    monkeypatch.setattr("inbox_tui.demo.server.arrivals", soon)
    with start_demo(Random(1)) as demo:
        before = len(ask(client, demo).messages)
        now = (len(ask(client, demo, cnt=cnt).messages) for cnt in range(9_000, 9_100))
        assert any(count >= before + 3 for count in now)
