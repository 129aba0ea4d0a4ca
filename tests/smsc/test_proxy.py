"""The proxy of the environment: when it is used, and that it never gets the password."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from support.loopback import Server, http, serving, trust
from support.smsc_client import GOOD, Hidden, at, failure_of

from inbox_tui.smsc import client as client_module
from inbox_tui.smsc import errors
from inbox_tui.smsc.client import InboxClient

pytestmark = pytest.mark.usefixtures("kind", "without_a_proxy")
HERE = Path(__file__).parent


@asynccontextmanager
async def refusing_proxy(scheme: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[list[str]]:
    """Put a proxy that refuses all requests into the environment; yields the heads it receives."""
    asked: list[str] = []

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append((await reader.readuntil(b"\r\n\r\n")).decode())
        writer.write(b"HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    context, host = None, "127.0.0.1"
    if scheme == "https":
        host = "localhost"
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(HERE / "localhost.pem")
    listening = await asyncio.start_server(refuse, "127.0.0.1", 0, ssl=context)
    port = listening.sockets[0].getsockname()[1]
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, f"{scheme}://user:word@{host}:{port}")
    async with listening:
        yield asked


@pytest.fixture
async def proxy(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[list[str]]:
    async with refusing_proxy("http", monkeypatch) as asked:
        yield asked


async def test_a_proxy_gets_the_host_and_port_but_never_the_password(proxy: list[str]) -> None:
    error = await failure_of(InboxClient("smscentre.example", "alex", Hidden()))
    assert type(error) is errors.NotReached
    assert str(error) == "the proxy refused to connect"
    assert len(proxy) == 1
    assert proxy[0].startswith("CONNECT smscentre.example:443 ")
    assert "s3cr3t" not in proxy[0]


@pytest.mark.parametrize("trusted", [True, False])
async def test_the_system_must_trust_the_certificate_of_an_https_proxy(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, trusted: bool
) -> None:
    if trusted:
        trust(monkeypatch, HERE / "localhost.pem")
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys"))
    async with refusing_proxy("https", monkeypatch) as asked:
        error = await failure_of(InboxClient("smscentre.example", "alex", Hidden()))
    assert type(error) is (errors.NotReached if trusted else errors.TlsFailed)
    assert [head.split(" ")[0] for head in asked] == ["CONNECT"] * trusted
    assert not (tmp_path / "keys").exists()


async def test_a_proxy_is_never_used_for_this_machine(
    server: Server, proxy: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    server.reply = http(b"[]")
    await at(server).fetch(cnt=10, hour=24)
    trust(monkeypatch, HERE / "localhost.pem")
    async with serving(Server(http(GOOD)), HERE / "localhost.pem") as served:
        await InboxClient(f"localhost:{served.port}", "alex", Hidden()).fetch(cnt=10, hour=24)
    assert len(server.heads) == len(served.heads) == 1
    assert proxy == []


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:1", "http://u:p@[", "nonsense://x"])
async def test_an_unusable_proxy_is_reported(monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    monkeypatch.setenv("all_proxy", proxy)
    error = await failure_of(InboxClient("smscentre.example", "alex", Hidden()))
    assert type(error) is errors.NotReached
    assert "the proxy in the environment" in str(error)


def test_a_proxy_is_used_for_https_only(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert client_module._proxy_for("https://smscentre.example/sys/get.php") is not None
    assert client_module._proxy_for("http://smscentre.example/sys/get.php") is None


@pytest.mark.parametrize("no_proxy", ["smscentre.example", "*"])
def test_the_no_proxy_variable_is_respected(monkeypatch: pytest.MonkeyPatch, no_proxy: str) -> None:
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("no_proxy", no_proxy)
    assert client_module._proxy_for("https://smscentre.example/sys/get.php") is None
