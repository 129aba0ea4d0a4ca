"""The service behind a socket of this machine, and the demo it plays."""

from __future__ import annotations

import socket
import struct
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from socketserver import TCPServer
from threading import Event, Lock, Thread
from types import TracebackType
from typing import Any, Final, NamedTuple, Self
from urllib.parse import parse_qsl, urlsplit

from inbox_tui.demo.conversations import arrivals, history
from inbox_tui.demo.service import DemoService, Exchange, Method, moscow_now
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
_LOOK_UP: Final = 0.05
"""How often, in seconds, a server looks whether it is to end."""
_RESET: Final = struct.pack("ii", 1, 0)


class DemoServer:
    """Serves `service` over HTTP on 127.0.0.1 as long as the `with` block lasts.

    `request_delay` seconds pass before a request counts as arrived, `answer_delay` between its
    arrival and the answer; both may be changed at any time.
    """

    def __init__(self, service: DemoService, *, port: int = 0) -> None:
        self.service = service
        self.request_delay = 0.0
        self.answer_delay = 0.0
        self.query_strings: list[str] = []
        """What came in addresses after a `?`, where our client puts nothing."""
        self.closing = Event()
        """Set when the server ends: no delay outlasts it."""
        self._http = _Http(self, port)
        self._thread = Thread(target=self._http.serve_forever, args=(_LOOK_UP,), name="demo server")

    @property
    def host(self) -> str:
        """The address and the port."""
        return f"127.0.0.1:{self._http.server_port}"

    @property
    def url(self) -> str:
        """The full address to ask."""
        return f"http://{self.host}{PATH}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.closing.set()
        self._http.shutdown()
        self._thread.join()
        self._http.hang_up()
        self._http.server_close()


class _Http(ThreadingHTTPServer):
    """Accepts connections, and ends those still open when it is closed."""

    # On Windows nothing ends a thread that waits for a client who says nothing.
    daemon_threads = sys.platform == "win32"
    request_queue_size = 64

    def __init__(self, demo: DemoServer, port: int) -> None:
        self.demo = demo
        self._open: set[socket.socket] = set()
        self._to_reset: set[socket.socket] = set()
        self._lock = Lock()
        super().__init__(("127.0.0.1", port), _Handler)

    def server_bind(self) -> None:
        """Bind, without looking up the name of this machine."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = "127.0.0.1", self.socket.getsockname()[1]

    def get_request(self) -> tuple[socket.socket, Any]:
        """Accept a connection and remember it."""
        connection, address = super().get_request()
        with self._lock:
            self._open.add(connection)
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        """Close a connection and forget it."""
        with self._lock:
            self._open.discard(request)
        if request in self._to_reset:
            self._to_reset.discard(request)
            self.close_request(request)
        else:
            super().shutdown_request(request)

    def reset_at_end(self, connection: socket.socket) -> None:
        """Have a connection end with a reset instead of a regular end."""
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self._to_reset.add(connection)

    def hang_up(self) -> None:
        """End every connection, so that no thread waits for one."""
        with self._lock:
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a client that hung up; the rest is a bug and is shown."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    """Reads requests off one connection and sends the service's replies."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Http

    def do_GET(self) -> None:
        """Answer a request whose parameters are in the address."""
        self._serve("GET", b"")

    def do_POST(self) -> None:
        """Answer a request whose parameters are in its body, or in the address."""
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit() and int(length) <= _LARGEST_FORM):
            self.send_error(411 if not length else 413)
            return
        self._serve("POST", self.rfile.read(int(length)))

    def log_message(self, *_: object) -> None:
        """Keep quiet."""

    def _serve(self, method: Method, form: bytes) -> None:
        address = urlsplit(self.path)
        if address.path != PATH:
            self.send_error(404)
            return
        demo = self.server.demo
        if demo.closing.wait(demo.request_delay):
            self.close_connection = True
            return
        if address.query:
            demo.query_strings.append(address.query)
        delay = demo.answer_delay
        query = address.query.encode("ascii", "replace")
        exchange = demo.service.begin(_parameters(query, form), method)
        try:
            demo.closing.wait(delay + exchange.reply.delay)
            self._send(exchange)
        finally:
            demo.service.finish(exchange)

    def _send(self, exchange: Exchange) -> None:
        reply = exchange.reply
        if reply.end in ("closed", "reset"):
            if reply.end == "reset":
                self.server.reset_at_end(self.connection)
            self.close_connection = True
            return
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        body = reply.body
        if reply.end == "cut":
            body = body[: len(body) // 2]
            self.close_connection = True
        # A client that has the last byte may ask at once, so the service is done by then.
        finish = self.server.demo.service.finish
        if not body:
            finish(exchange)
        self.end_headers()
        self._write(body[:-1], reply.pause)
        finish(exchange)
        self.wfile.write(body[-1:])

    def _write(self, body: bytes, pause: float) -> None:
        """Send a body, with a pause after each byte if there is to be any."""
        if not pause:
            self.wfile.write(body)
            return
        for byte in body:
            self.wfile.write(bytes([byte]))
            if self.server.demo.closing.wait(pause):
                pause = 0.0


def _parameters(query: bytes, form: bytes) -> dict[str, str]:
    """Read the parameters of the address and the form, in the character set they name."""
    pairs = f"{query.decode('latin-1')}&{form.decode('latin-1')}"
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
