"""The service behind a socket of this machine, and the demo it plays."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from random import Random
from socketserver import ThreadingTCPServer
from threading import Event, Thread
from typing import Any, Final, NamedTuple, Self
from urllib.parse import parse_qsl, urlsplit

from inbox_tui.demo.conversations import arrivals, history
from inbox_tui.demo.service import DemoService, moscow_now
from inbox_tui.smsc.endpoint import PATH
from inbox_tui.smsc.message import IncomingMessage

DEMO_WINDOW: Final = 6.0
"""Seconds in which the demo lets three identical requests pass; the service has 60."""

_LOGIN: Final = "demo"
_PASSWORD: Final = "demo"  # noqa: S105 - it guards nothing
_BRANCH: Final = "branch"
"""The login of a second account, with the same password."""
_BRANCH_NUMBER: Final = "79110000009"
_BRANCH_HOURS: Final = 24
_BRANCH_EVERY: Final = 3
_BRANCH_SHARE: Final = 0.2
"""How many of the messages that come in live are for the second account."""
_LARGEST_FORM: Final = 65_536
_POLL_SECONDS: Final = 0.05
"""How often, in seconds, a server looks whether it is to end."""


class DemoServer(ThreadingTCPServer):
    """Serves `service` over HTTP on 127.0.0.1 as long as the `with` block lasts."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, service: DemoService, *, port: int = 0) -> None:
        self.service = service
        super().__init__(("127.0.0.1", port), _Handler)
        self.host = f"127.0.0.1:{self.socket.getsockname()[1]}"
        """The address and the port."""
        self.url = f"http://{self.host}{PATH}"
        """The full address to ask."""

    def __enter__(self) -> Self:
        Thread(target=self.serve_forever, args=(_POLL_SECONDS,), name="demo server").start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a client that hung up; the rest is a bug and is shown."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    """Reads a request and sends the service's reply."""

    disable_nagle_algorithm = True
    server: DemoServer

    def do_GET(self) -> None:
        """Answer a request whose parameters are in the address."""
        self._answer(b"")

    def do_POST(self) -> None:
        """Answer a request whose parameters are in its body, or in the address."""
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal() or int(length) > _LARGEST_FORM:
            self.send_error(413)
            return
        self._answer(self.rfile.read(int(length)))

    def log_message(self, *_: object) -> None:
        """Keep quiet."""

    def _answer(self, form: bytes) -> None:
        address = urlsplit(self.path)
        if address.path != PATH:
            self.send_error(404)
            return
        parameters = _parameters(address.query, form.decode("latin-1"))
        reply = self.server.service.answer(parameters, in_address=bool(address.query))
        self.send_response(reply.status)
        headers = {"Content-Length": str(len(reply.body)), **reply.headers}
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(reply.body)


def _parameters(query: str, form: str) -> dict[str, str]:
    """Read the parameters of the address and the form, in the character set they name."""
    pairs = f"{query}&{form}"
    charset = dict(parse_qsl(pairs)).get("charset", "").lower()
    encoding = "utf-8" if charset == "utf-8" else "windows-1251"
    return dict(parse_qsl(pairs, encoding=encoding, errors="replace"))


class Demo(NamedTuple):
    """Where the demo is, and how to sign in."""

    url: str
    login: str
    password: str
    week: Sequence[IncomingMessage]
    """What has come in so far, oldest first."""
    branch: str
    """The login of a second account, with the same password."""


@contextmanager
def start_demo(random: Random) -> Iterator[Demo]:
    """Play the demo as long as the `with` block lasts: a week of messages, and new ones live."""
    service = DemoService({_LOGIN: _PASSWORD, _BRANCH: _PASSWORD}, window=DEMO_WINDOW)
    week = history(moscow_now(), random)
    service.extend(week)
    for message in history(moscow_now(), random, _BRANCH_HOURS)[::_BRANCH_EVERY]:
        service.add(message._replace(to_phone=_BRANCH_NUMBER), login=_BRANCH)
    ended = Event()
    player = Thread(
        target=_play, args=(service, week[-1].id, random, ended), name="demo player", daemon=True
    )
    with DemoServer(service) as server:
        player.start()
        try:
            yield Demo(server.url, _LOGIN, _PASSWORD, week, _BRANCH)
        finally:
            ended.set()
            player.join()


def _play(service: DemoService, last_id: int, random: Random, ended: Event) -> None:
    """Deliver messages, some seconds apart, until told to end."""
    number = last_id
    for arrival in arrivals(random, moscow_now):
        if ended.wait(arrival.pause):
            return
        number += random.randint(1, 9)
        received = moscow_now().replace(microsecond=0)
        sent = received - timedelta(seconds=random.randint(1, 4))
        message = IncomingMessage(
            number, received, arrival.phone, arrival.to_phone, arrival.message, sent
        )
        if random.random() < _BRANCH_SHARE:
            service.add(message._replace(to_phone=_BRANCH_NUMBER), login=_BRANCH)
        else:
            service.add(message)
