"""Failover to the backup server, over real sockets."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from support.loopback import Server, free_port, http, serving, trust

from inbox_tui.credentials import Secret
from inbox_tui.smsc import client as client_module
from inbox_tui.smsc import errors
from inbox_tui.smsc.backup import BACK_TO_MAIN_SECONDS, BackupClient
from inbox_tui.smsc.client import InboxClient
from inbox_tui.smsc.endpoint import documented_backup, endpoint
from inbox_tui.smsc.message import Answer

HERE = Path(__file__).parent
SECRET = Secret("s3cr3t")


@pytest.fixture
async def backup() -> AsyncIterator[Server]:
    async with serving(Server(http(b"[]"))) as served:
        yield served


def with_backup(
    main: str, backup: Server, seconds: Callable[[], float] = time.monotonic
) -> BackupClient:
    clients = (InboxClient(url, "alex", SECRET, seconds=seconds) for url in (main, backup.url))
    return BackupClient(*clients, seconds=seconds)


async def asked(main: str, backup: Server) -> Answer:
    client = with_backup(main, backup)
    try:
        return await client.fetch(cnt=10, hour=24)
    finally:
        await client.aclose()


@pytest.mark.parametrize("main", ["refuses", "has no name"])
async def test_the_backup_is_asked_if_the_main_server_cannot_be_reached(
    backup: Server, main: str
) -> None:
    refusing = f"http://127.0.0.1:{free_port()}"
    answer = await asked(refusing if main == "refuses" else "https://nonexistent.invalid", backup)
    assert answer.via == f"127.0.0.1:{backup.port}"
    assert len(backup.heads) == 1


async def test_the_backup_is_asked_if_the_main_servers_tls_handshake_hangs(
    backup: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "_CONNECT_SECONDS", 0.2)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        answer = await asked(f"https://localhost:{silent.getsockname()[1]}", backup)
    assert answer.via == f"127.0.0.1:{backup.port}"


async def test_the_backup_is_not_asked_if_the_main_server_answers(backup: Server) -> None:
    async with serving(Server(http(b"[]"))) as main:
        assert (await asked(main.url, backup)).via == ""
    assert backup.heads == []


async def test_the_backup_is_not_asked_if_the_main_server_fails_mid_answer(backup: Server) -> None:
    async with serving(Server(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[")) as main:
        with pytest.raises(errors.ConnectionLost) as raised:
            await asked(main.url, backup)
    assert raised.value.delivered
    assert len(main.heads) == 1
    assert backup.heads == []


@pytest.mark.parametrize("pem", ["localhost.pem", "expired.pem"])
async def test_the_backup_is_not_asked_if_the_main_servers_certificate_is_bad(
    backup: Server, pem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if pem == "expired.pem":
        trust(monkeypatch, HERE / pem)
    async with serving(Server(http(b"[]")), HERE / pem) as main:
        with pytest.raises(errors.TlsFailed, match="was not trusted"):
            await asked(f"https://localhost:{main.port}", backup)
    assert main.heads == backup.heads == []


async def test_if_neither_server_can_be_reached_both_are_named() -> None:
    backup = Server(port=free_port())
    with pytest.raises(errors.NotReached) as raised:
        await asked(f"http://127.0.0.1:{free_port()}", backup)
    assert str(raised.value).endswith(
        f"; the backup 127.0.0.1:{backup.port} could not be reached either"
    )
    assert not raised.value.delivered
    assert raised.value.__context__ is None


async def test_after_five_minutes_the_main_server_is_tried_first_again(backup: Server) -> None:
    now = 1000.0
    main = Server(http(b"[]"), port=free_port())
    client = with_backup(main.url, backup, seconds=lambda: now)
    assert (await client.fetch(cnt=10, hour=24)).via
    async with await asyncio.start_server(main.answer, "127.0.0.1", main.port):
        now += BACK_TO_MAIN_SECONDS - 1
        assert (await client.fetch(cnt=10, hour=24)).via
        now += 1
        assert (await client.fetch(cnt=10, hour=24)).via == ""
        assert (await client.fetch(cnt=10, hour=24)).via == ""
    await client.aclose()
    assert len(backup.heads) == len(main.heads) == 2


@pytest.mark.parametrize("sleeps", [50, 9000])
async def test_a_machine_that_slept_is_no_reason_to_ask_the_backup(
    backup: Server, sleeps: float
) -> None:
    slept = iter([0])

    def seconds() -> float:
        """Read the clock of a machine that falls asleep after the first reading."""
        return time.monotonic() + next(slept, sleeps)

    async with serving(Server(http(b"[]"))) as main:
        client = with_backup(main.url, backup, seconds=seconds)
        with pytest.raises(errors.NotSent, match="request could not be sent in time"):
            await client.fetch(cnt=10, hour=24)
        assert main.heads == []
        assert (await client.fetch(cnt=10, hour=24)).via == ""
        await client.aclose()
    assert backup.heads == []


async def test_both_servers_share_the_time_limit_of_one_request() -> None:
    """Otherwise a request could arrive after the log stopped counting it as in flight."""
    now = 1000.0

    class Slow(InboxClient):
        async def fetch(self, **asked: object) -> Answer:
            nonlocal now
            began.append(asked["began"])
            now += 20
            raise errors.NotReached("no route")

    began: list[object] = []
    clients = (Slow(url, "alex", SECRET) for url in ("smscentre.com", "www2.smscentre.com"))
    client = BackupClient(*clients, seconds=lambda: now)
    with pytest.raises(errors.NotReached):
        await client.fetch(cnt=10, hour=24)
    assert began == [1000.0, 1000.0]


@pytest.mark.parametrize(
    ("server", "backup"),
    [
        ("smscentre.com", "https://www2.smscentre.com/sys/get.php"),
        ("www.smsc.ru", "https://www2.smsc.ru/sys/get.php"),
        ("https://smsc.kz/x.php", "https://www2.smsc.kz/x.php"),
        ("www2.smsc.kz", None),
        ("smsc.ua", None),
        ("smsc.ru:8443", None),
        ("evil-smscentre.com", None),
        ("smscentre.com.evil.example", None),
    ],
)
def test_the_documented_backup_servers_are_known(server: str, backup: str | None) -> None:
    assert documented_backup(endpoint(server)) == backup
