"""Requests go only to the named server, and only over a secure connection."""

from __future__ import annotations

import socket
import ssl
from pathlib import Path

import pytest
from support.command import Files, run
from support.loopback import Server, http, serving

import inbox_tui
from inbox_tui.credentials import Secret
from inbox_tui.smsc.client import InboxClient
from inbox_tui.smsc.errors import Redirected, SmscError

GOOD = http(b"[]")
SOURCES = sorted(Path(inbox_tui.__file__).parent.rglob("*.py"))


@pytest.mark.parametrize("words", [[], ["login", "--password-stdin"], ["sync"], ["watch"]])
@pytest.mark.parametrize("place", ["option", "environment", "settings"])
def test_plain_http_to_another_machine_exits_with_2_before_connecting(
    files: Files, monkeypatch: pytest.MonkeyPatch, words: list[str], place: str
) -> None:
    connect = socket.socket.connect

    def connect_here(connecting: socket.socket, address: tuple[str, int]) -> None:
        assert address[0] == "127.0.0.1"  # the event loop of Windows connects to itself
        connect(connecting, address)

    monkeypatch.setattr("socket.socket.connect", connect_here)
    monkeypatch.delattr("socket.getaddrinfo")
    monkeypatch.setenv("INBOX_TUI_PASSWORD", "correct horse")
    monkeypatch.setenv("INBOX_TUI_LOGIN", "alex")
    url = "http://smscentre.com/sys/get.php"
    if place == "environment":
        monkeypatch.setenv("INBOX_TUI_SERVER", url)
    elif place == "settings":
        files.configure(f'server = "{url}"\n')
    ended = run(*(["--server", url] if place == "option" else []), *words, stdin="word\n")
    assert ended.status == 2
    assert "plain http:// is for this machine only" in ended.errors
    assert not files.archive.exists()


@pytest.mark.parametrize("status", ["301 No", "302 No", "303 No", "307 No", "308 No"])
async def test_redirects_are_not_followed(status: str) -> None:
    async with serving(Server()) as here, serving(Server(GOOD)) as there:
        here.reply = http(b"", status, f"Location: {there.url}/sys/get.php")
        client = InboxClient(here.url, "alex", Secret("s3cr3t"))
        with pytest.raises(Redirected):
            await client.fetch(cnt=1, hour=1)
        await client.aclose()
    assert len(here.heads) == 1
    assert there.heads == []


async def test_cookies_are_not_sent_back_to_the_server() -> None:
    answer = http(b"[]", "200 OK", "Set-Cookie: who=alex; Path=/")
    async with serving(Server(answer)) as served:
        client = InboxClient(served.url, "alex", Secret("s3cr3t"))
        for _ in range(2):
            await client.fetch(cnt=1, hour=1)
        await client.aclose()
    assert len(served.heads) == 2
    assert "cookie" not in "".join(served.heads).lower()


def test_no_code_turns_off_certificate_checks() -> None:
    for source in SOURCES:
        text = source.read_text(encoding="utf-8")
        for way in ("verify=False", "CERT_NONE", "check_hostname = False", "_create_unverified"):
            assert way not in text, source


async def test_certificates_are_checked_with_system_trust_and_keys_never_logged(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import truststore

    made: list[ssl.SSLContext] = []
    kept = truststore.SSLContext

    def context(protocol: int) -> ssl.SSLContext:
        made.append(kept(protocol))
        return made[-1]

    monkeypatch.setattr("truststore.SSLContext", context)
    keys = tmp_path / "keys"
    monkeypatch.setenv("SSLKEYLOGFILE", str(keys))
    client = InboxClient("https://127.0.0.1:1", "alex", Secret("s3cr3t"))
    with pytest.raises(SmscError):
        await client.fetch(cnt=1, hour=1)
    await client.aclose()
    (used,) = made
    assert used.verify_mode is ssl.CERT_REQUIRED
    assert used.check_hostname
    assert not keys.exists()
