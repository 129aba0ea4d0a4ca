"""`inbox-tui login` and `logout`: storing a password in the keyring and removing it."""

from __future__ import annotations

import sys

import pytest
from support.command import (
    API_KEY,
    LOGIN,
    PASSWORD,
    Files,
    forget,
    incoming,
    limit_is_used_up,
    put,
    run,
)
from support.files import files_with
from support.keyrings import MemoryBackend
from support.russian import in_both_languages
from support.service import SwitchedService
from support.terminal import Terminal

from inbox_tui.archive import Archive
from inbox_tui.demo.server import DemoServer
from inbox_tui.paths import Paths

HOST = "smscentre.com"


def remembered(files: Files, host: str) -> list[str | None]:
    with Archive.open(files.archive) as archive:
        return [
            account.notes.get("signed_in") for account in archive.accounts() if account.host == host
        ]


def test_an_accepted_password_is_stored_in_the_keyring(
    files: Files, account: DemoServer, ring: MemoryBackend
) -> None:
    ended = run("login", "--password-stdin", stdin=f"{PASSWORD}\nanother line\n")
    assert ended == (
        0,
        "",
        f"Signed in as {LOGIN}@{account.host}; the password is in the keyring.\n",
    )
    assert ring.kept == {("inbox-tui", f"{LOGIN}@{account.host}"): PASSWORD}
    assert len(account.service.requests) == 1
    assert remembered(files, account.host) != [None]


def test_an_api_key_is_stored_and_sent_without_a_login(
    files: Files, account: DemoServer, ring: MemoryBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("INBOX_TUI_PASSWORD")
    ring.kept["inbox-tui", f"shop@{account.host}"] = "an older password"
    ended = run("login", "--login", "shop", "--api-key-stdin", stdin=f"{API_KEY}\n")
    said = f"Signed in as shop@{account.host}; the API key is in the keyring.\n"
    assert ended == (0, "", said)
    assert ring.kept == {("inbox-tui", f"shop@{account.host} (API key)"): API_KEY}
    assert run("sync", "--login", "shop") == (0, "no new messages\n", "")
    assert run("doctor", "--online", "--login", "shop").output.count("API key") == 2
    ended = run("logout", "--login", "shop")
    assert ended == (0, "", f"The API key was removed for shop@{account.host}.\n")
    assert ring.kept == {}
    assert len(account.service.requests) == 3
    for request in account.service.requests:
        assert request.error is None
        assert not {"login", "psw"} & {*request.parameters}


@in_both_languages
def test_an_api_key_can_come_from_the_environment(
    account: DemoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INBOX_TUI_API_KEY", API_KEY)
    both = run("sync")
    assert both.status == 2
    assert "INBOX_TUI_PASSWORD and INBOX_TUI_API_KEY are both set" in both.errors
    monkeypatch.setenv("INBOX_TUI_API_KEY", API_KEY)
    assert run("sync") == (0, "no new messages\n", "")
    (request,) = account.service.requests
    assert "login" not in request.parameters


@in_both_languages
def test_a_refused_api_key_is_reported_and_not_sent_again(
    account: DemoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("INBOX_TUI_PASSWORD")
    for _ in range(2):
        monkeypatch.setenv("INBOX_TUI_API_KEY", "withdrawn")
        ended = run("sync")
        assert ended.status == 3
        assert "the API key was refused (authorise error)" in ended.errors
    assert len(account.service.requests) == 1


def test_later_commands_use_the_server_of_the_login(
    account: DemoServer, monkeypatch: pytest.MonkeyPatch, ring: MemoryBackend
) -> None:
    assert run("login").status == 0
    monkeypatch.delenv("INBOX_TUI_SERVER")
    monkeypatch.delenv("INBOX_TUI_LOGIN")
    assert run("sync") == (0, "no new messages\n", "")
    assert run("sync", "--server", account.url) == (0, "no new messages\n", "")


@in_both_languages
def test_a_refused_password_is_not_stored_and_may_be_retried_by_hand(
    files: Files, account: DemoServer, ring: MemoryBackend
) -> None:
    account.service.accounts[LOGIN] = "changed"
    ended = run("login", "--password-stdin", stdin="mine\n")
    assert ended.status == 3
    assert "mine" not in ended.errors
    assert ring.kept == {}
    forget(files.archive, "requests")
    account.service.accounts[LOGIN] = "mine"
    assert run("login", "--password-stdin", stdin="mine").status == 0


@in_both_languages
def test_login_may_retry_a_refused_password_after_another_one_succeeded(
    files: Files, account: DemoServer, ring: MemoryBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("login", "--password-stdin", stdin="mine").status == 3
    assert run("login", "--password-stdin", stdin=PASSWORD).status == 0
    account.service.accounts[LOGIN] = "mine"
    monkeypatch.setenv("INBOX_TUI_PASSWORD", "mine")
    assert run("sync").status == 3
    assert len(account.service.requests) == 2
    assert run("login", "--password-stdin", stdin="mine").status == 0


@in_both_languages
def test_without_a_keyring_the_password_variable_is_named(account: DemoServer) -> None:
    ended = run("login", "--password-stdin", stdin=PASSWORD)
    assert ended.status == 1
    assert "The keyring can't be used" in ended.errors
    assert "INBOX_TUI_PASSWORD" in ended.errors


@in_both_languages
@pytest.mark.parametrize(
    ("stdin", "said"),
    [("", "no password on standard input"), ("\n", "no password"), (b"\xff\xfe\n", "not UTF-8")],
)
def test_a_missing_or_undecodable_password_on_stdin_is_wrong_usage(
    account: DemoServer, stdin: str | bytes, said: str
) -> None:
    ended = run("login", "--password-stdin", stdin=stdin)
    assert ended.status == 2
    assert said in ended.errors
    assert account.service.requests == []


@in_both_languages
def test_without_a_terminal_login_names_the_missing_option(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "--login" in run("login", "--password-stdin", stdin="x").errors
    assert "--login" in run("login").errors
    ended = run("login", "--login", LOGIN)
    assert ended.status == 2
    assert "--password-stdin" in ended.errors


@in_both_languages
def test_login_exits_with_5_without_a_connection_and_4_when_blocked(account: DemoServer) -> None:
    assert run("login", "--server=http://127.0.0.1:1", "--password-stdin", stdin="x").status == 5
    assert isinstance(account.service, SwitchedService)
    account.service.block()
    assert run("login", "--password-stdin", stdin=PASSWORD).status == 4


def test_on_a_terminal_the_password_is_asked_for_and_not_shown(
    files: Files, server: DemoServer
) -> None:
    command = [sys.executable, "-m", "inbox_tui", "login", "--server", server.url]
    environment = {**files.environment, "TERM": "xterm", "PATH": "/usr/bin:/bin"}
    with Terminal(command, environment=environment) as terminal:
        terminal.wait_for("Login:")
        terminal.press(LOGIN, "enter")
        terminal.wait_for("Password:")
        terminal.press(PASSWORD, "enter")
        assert terminal.wait() == 1  # there is no keyring
        terminal.wait_for("INBOX_TUI_PASSWORD")
    assert PASSWORD.encode() not in terminal.raw
    assert server.service.requests[0].error is None


def test_logout_removes_the_password_and_keeps_the_messages(
    files: Files, ring: MemoryBackend
) -> None:
    put(files.archive, HOST, incoming(1))
    ring.kept["inbox-tui", f"{LOGIN}@{HOST}"] = PASSWORD
    ended = run("logout")
    assert ended == (0, "", f"The password was removed for {LOGIN}@{HOST}.\n")
    assert ring.kept == {}
    assert remembered(files, HOST) == [None]
    assert run("export", "--login", LOGIN).errors == "1 message.\n"


def test_purge_deletes_the_messages_too(files: Files, ring: MemoryBackend) -> None:
    put(files.archive, HOST, incoming(1, "keep me not"))
    put(files.archive, HOST, incoming(2), login="other", signed_in=False)
    ended = run("logout", "--purge")
    assert ended.status == 0
    assert "There was no password" in ended.errors
    assert "deleted" in ended.errors
    with Archive.open(files.archive) as archive:
        assert [account.login for account in archive.accounts()] == ["other"]
    assert files_with("keep me not", files.home) == set()


@in_both_languages
def test_after_a_purge_a_refused_password_is_not_sent_again(
    account: DemoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INBOX_TUI_PASSWORD", "wrong")
    assert run("sync").status == 3
    assert run("logout", "--purge").status == 0
    monkeypatch.setenv("INBOX_TUI_PASSWORD", "wrong")
    assert run("sync").status == 3
    assert len(account.service.requests) == 1


def test_requests_from_before_a_purge_still_count_for_the_limit(
    account: DemoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        monkeypatch.setenv("INBOX_TUI_PASSWORD", PASSWORD)
        assert run("sync").status == 0
    assert len(account.service.requests) == 3
    assert run("logout", "--purge").status == 0
    with Archive.open(Paths.default().archive) as archive:
        assert limit_is_used_up(archive.account(LOGIN.upper(), "smsc.kz"))


def test_purge_works_without_a_keyring(files: Files) -> None:
    put(files.archive, HOST, incoming(1))
    assert run("logout", "--purge").status == 0
    assert remembered(files, HOST) == []


@in_both_languages
def test_a_locked_keyring_is_reported(
    files: Files, ring: MemoryBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    class KeyringLocked(Exception):  # noqa: N818 - as keyring names it
        pass

    def locked(*_: object) -> None:
        raise KeyringLocked

    monkeypatch.setattr(ring, "get_password", locked)
    ended = run("logout", "--login", LOGIN)
    assert ended.status == 1
    assert "locked" in ended.errors
    assert "may still be in it" in ended.errors


def test_logging_out_of_an_unknown_account_does_not_create_it(
    files: Files, ring: MemoryBackend
) -> None:
    ended = run("logout", "--login", "nobody", "--purge")
    assert ended == (0, "", f"There was no password or API key for nobody@{HOST}.\n")
    assert not files.archive.exists()
    put(files.archive, HOST, incoming(1))
    run("logout", "--login", "nobody")
    with Archive.open(files.archive) as archive:
        assert [account.login for account in archive.accounts()] == [LOGIN]


@pytest.mark.parametrize("options", [(), ("--login", LOGIN), ("--login", "nobody")])
@pytest.mark.parametrize("begun", [True, False])
def test_purge_removes_damaged_archives_whichever_account_is_named(
    files: Files, ring: MemoryBackend, options: tuple[str, ...], begun: bool
) -> None:
    put(files.archive, HOST, incoming(1))
    damaged = "inbox.db.damaged-20261123-100000"
    copies = [files.archive.with_name(damaged + suffix) for suffix in ("", "-wal")]
    for copy in copies:
        copy.write_bytes(b"a text of a message")
    if not begun:
        files.archive.unlink()
    ended = run("logout", "--purge", *options)
    assert ended.status == 0
    assert "2 files of damaged archives removed" in ended.errors
    assert not any(copy.exists() for copy in copies)


@in_both_languages
def test_purge_of_a_damaged_archive_removes_it_and_the_password(
    files: Files, ring: MemoryBackend
) -> None:
    files.archive.parent.mkdir(mode=0o700, parents=True)
    files.archive.write_bytes(b"a text of a message" * 100)
    files.archive.chmod(0o600)
    ring.kept["inbox-tui", f"{LOGIN}@{HOST}"] = PASSWORD
    ended = run("logout", "--purge", "--login", LOGIN)
    assert ended == (
        0,
        "",
        f"The password was removed for {LOGIN}@{HOST}. 1 file of damaged archives removed.\n",
    )
    assert ring.kept == {}
    assert files_with("a text of a message", files.home) == set()
