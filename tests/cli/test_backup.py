"""Commands while the server can't be reached, with and without a backup server."""

from __future__ import annotations

import pytest
from support import faults
from support.command import LOGIN, Files, forget, limit_is_used_up, run
from support.loopback import free_port
from support.russian import in_both_languages

from inbox_tui.archive import Archive
from inbox_tui.demo.server import DemoServer
from inbox_tui.demo.service import DemoService


@pytest.fixture
def main() -> str:
    """The address of the main server, on which nothing listens."""
    return f"127.0.0.1:{free_port()}"


@pytest.fixture
def configured(
    files: Files, main: str, account: DemoServer, monkeypatch: pytest.MonkeyPatch
) -> DemoServer:
    """The backup server, which the settings name besides the main one."""
    monkeypatch.delenv("INBOX_TUI_SERVER")
    files.configure(f'server = "http://{main}"\nbackup_server = "{account.url}"\n')
    return account


def sync(monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setenv("INBOX_TUI_PASSWORD", "correct horse")
    return run("sync").status


def test_requests_to_the_backup_count_for_the_main_servers_account(
    files: Files, main: str, configured: DemoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        assert sync(monkeypatch) == 0
    assert len(configured.service.requests) == 3
    with Archive.open(files.archive) as archive:
        (kept,) = archive.accounts()
        assert (kept.login, kept.host) == (LOGIN, main)
        assert limit_is_used_up(kept)


@in_both_languages
def test_with_the_backup_off_an_unreachable_server_exits_with_5(
    files: Files, main: str, configured: DemoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    files.configure(f'server = "http://{main}"\nbackup_server = "off"\n')
    assert sync(monkeypatch) == 5
    assert configured.service.requests == []


@in_both_languages
def test_the_backup_of_another_server_never_gets_the_password(
    files: Files, main: str, configured: DemoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    files.configure(f'server = "smsc.kz"\nbackup_server = "{configured.url}"\n')
    monkeypatch.setenv("INBOX_TUI_SERVER", f"http://{main}")
    assert sync(monkeypatch) == 5
    assert configured.service.requests == []


@in_both_languages
def test_the_backup_is_not_asked_if_the_main_server_fails_mid_answer(
    files: Files, service: DemoService, account: DemoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = DemoService(service.accounts)
    with DemoServer(other) as backup:
        monkeypatch.delenv("INBOX_TUI_SERVER")
        files.configure(f'server = "{account.url}"\nbackup_server = "{backup.url}"\n')
        service.fault = faults.truncated
        for _ in range(3):
            assert sync(monkeypatch) == 5
            forget(files.archive, "holds")
        with Archive.open(files.archive) as archive:
            (kept,) = archive.accounts()
            assert limit_is_used_up(kept)
    assert len(service.requests) == 3
    assert other.requests == []


def test_the_doctor_tries_both_servers(configured: DemoServer) -> None:
    report = run("doctor", "--online").output
    assert "✗ server    no connection: 127.0.0.1:" in report
    assert "✓ backup    it answers and accepts the password" in report
    assert len(configured.service.requests) == 1


@in_both_languages
@pytest.mark.parametrize("value", ["http://smsc.example", "a b"])
def test_an_invalid_or_unsafe_backup_server_exits_with_2(
    files: Files, account: DemoServer, value: str
) -> None:
    files.configure(f'backup_server = "{value}"\n')
    ended = run("sync")
    assert ended.status == 2
    assert "config.toml, line 1: " in ended.errors
    assert account.service.requests == []
