"""The demo service over HTTP on loopback, and the demo that feeds it messages."""

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
"""The demo's limit window in seconds, shorter than the service's 60."""

_LOGIN: Final = "demo"
_PASSWORD: Final = "demo"  # noqa: S105 - it guards nothing
_BRANCH: Final = "branch"
"""The login of a second account, with the same password."""
_BRANCH_NUMBER: Final = "79110000009"
_BRANCH_HOURS: Final = 24
_BRANCH_EVERY: Final = 3
"""The second account starts with every third message of a generated day."""
_BRANCH_SHARE: Final = 0.2
"""The share of live messages that go to the second account."""
_LARGEST_FORM: Final = 65_536
_POLL_SECONDS: Final = 0.05
"""How often a server checks whether it should shut down."""


class DemoServer(ThreadingTCPServer):
    """An HTTP server for `service` on 127.0.0.1, running for the duration of its `with` block."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, service: DemoService, *, port: int = 0) -> None:
        self.service = service
        super().__init__(("127.0.0.1", port), _Handler)
        self.host = f"127.0.0.1:{self.socket.getsockname()[1]}"
        """The address with the port."""
        self.url = f"http://{self.host}{PATH}"
        """The full URL for requests."""

    def __enter__(self) -> Self:
        Thread(target=self.serve_forever, args=(_POLL_SECONDS,), name="demo server").start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore clients that disconnect; print any other exception, which is a bug."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    disable_nagle_algorithm = True
    server: DemoServer

    def do_GET(self) -> None:
        """Answer a request with its parameters in the URL."""
        self._answer(b"")

    def do_POST(self) -> None:
        """Answer a request with its parameters in the body or the URL."""
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal() or int(length) > _LARGEST_FORM:
            self.send_error(413)
            return
        self._answer(self.rfile.read(int(length)))

    def log_message(self, *_: object) -> None:
        """Suppress the log of requests on stderr."""

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
    """Parse the parameters of the URL and the form in the charset that they name.

    Without `charset=utf-8` that is windows-1251.
    """
    pairs = f"{query}&{form}"
    charset = dict(parse_qsl(pairs)).get("charset", "").lower()
    encoding = "utf-8" if charset == "utf-8" else "windows-1251"
    return dict(parse_qsl(pairs, encoding=encoding, errors="replace"))


class Demo(NamedTuple):
    """The URL and credentials of a running demo, and its messages."""

    url: str
    login: str
    password: str
    week: Sequence[IncomingMessage]
    """The messages of the week before the start, oldest first."""
    branch: str
    """The login of a second account, with the same password."""


@contextmanager
def start_demo(random: Random) -> Iterator[Demo]:
    """Run a demo server for the `with` block: a week of messages, then new ones live."""
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
    """Add live messages to the service until `ended` is set."""
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
