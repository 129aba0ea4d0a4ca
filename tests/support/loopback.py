"""Free ports and a server with a fixed reply on loopback, for tests of real connections."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from support.systems import skip_exception

from inbox_tui.smsc import client

Reply = bytes | Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def trust(monkeypatch: pytest.MonkeyPatch, certificate: Path) -> None:
    """Make the client trust a certificate in addition to the system's."""
    skip_exception("tests/support/loopback.py")
    if sys.platform == "linux":
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        return
    verifying = client._verifying

    def trusting() -> ssl.SSLContext:
        context = verifying()
        context.load_verify_locations(certificate)
        return context

    monkeypatch.setattr(client, "_verifying", trusting)


def free_port() -> int:
    """Return a port of 127.0.0.1 at which nothing listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
    return port


def http(body: bytes, status: str = "200 OK", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


@dataclass
class Server:
    """A loopback server that always sends `reply`, and records the requests."""

    reply: Reply = b""
    port: int = 0
    heads: list[str] = field(default_factory=list)
    bodies: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            self.heads.append(head)
            length = int(head.lower().split("content-length:")[1].split("\r\n")[0])
            self.bodies.append((await reader.readexactly(length)).decode())
            if isinstance(self.reply, bytes):
                writer.write(self.reply)
                await writer.drain()
            else:
                await self.reply(reader, writer)
        writer.close()


@contextlib.asynccontextmanager
async def serving(server: Server, certificate: Path | None = None) -> AsyncIterator[Server]:
    """Run a server on a free port for the block, over TLS if there is a certificate."""
    context = None
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
    listening = await asyncio.start_server(server.answer, "127.0.0.1", 0, ssl=context)
    server.port = listening.sockets[0].getsockname()[1]
    async with listening:
        yield server
