"""How each command ends where it can't do its work, through the installed program."""

from __future__ import annotations

import re
import stat
from dataclasses import replace
from pathlib import Path

import pytest
from support.installed_user import PASSWORD, User
from support.service import SwitchedService

from inbox_tui.demo.server import DemoServer

pytestmark = pytest.mark.e2e

NOBODY = "http://127.0.0.1:1"
"""A server that is not there."""
COMMANDS = ("login", "logout", "sync", "watch", "export", "doctor", "config", "completion")


@pytest.mark.parametrize("command", COMMANDS)
def test_a_wrong_usage_is_2(user: User, command: str) -> None:
    ended = user.run(command, "--nothing")
    assert (ended.status, ended.output) == (2, "")
    assert f"'inbox-tui {command} --help' says what is allowed" in ended.errors


HOURS = "whole hours from 1 to 168"


@pytest.mark.parametrize(
    ("words", "allowed"),
    [
        ("--hours=0", HOURS),
        ("--hours=169 export", HOURS),
        ("export --hours=1.5", HOURS),
        ("watch --since=day", HOURS),
        ("watch --since=1 --from-now", "give one of them"),
        ("--to-phone=office", "'+7 911 000-00-01'"),
        ("export --to-phone=", "'+7 911 000-00-01'"),
        ("export --to-phone=226-44-58", "its area code is missing"),
        ("export --format=xml", "'csv', 'json', 'jsonl'"),
        ("watch --format=csv", "'jsonl', 'text'"),
        ("export --output=", "the name of a file, and -"),
        ("export --force", "goes with -o FILE"),
        ("sync --login=", "the login is empty"),
        ("sync --server=http://smscentre.com", "use https://"),
        ("--demo --login=alex", "leave --login out"),
        ("completion tcsh", "'bash', 'zsh', 'fish'"),
    ],
)
def test_an_option_that_can_not_be_is_2_and_nothing_opens(
    user: User, service: SwitchedService, words: str, allowed: str
) -> None:
    ended = user.run(*words.split())
    assert (ended.status, ended.output) == (2, "")
    assert allowed in ended.errors
    assert list(user.home.iterdir()) == []
    assert service.requests == []


def test_the_inbox_without_a_terminal_is_2(user: User) -> None:
    ended = user.run()
    assert (ended.status, ended.output) == (2, "")
    assert "needs a terminal" in ended.errors


@pytest.mark.parametrize("command", ["login", "logout", "sync", "watch", "export", "doctor"])
def test_an_archive_that_can_not_be_used_is_1(user: User, command: str) -> None:
    user.archive.mkdir(mode=0o700, parents=True)
    ended = user.run(command)
    assert ended.status == 1
    assert "inbox.db" in ended.output + ended.errors


def test_an_inbox_whose_archive_can_not_be_used_is_1(user: User) -> None:
    user.archive.mkdir(mode=0o700, parents=True)
    with user.inbox() as terminal:
        assert terminal.wait() == 1
        terminal.read()
        assert terminal.text.startswith(f"inbox-tui: {user.archive}"[:120])


@pytest.mark.parametrize("command", ["login", "sync", "watch"])
def test_a_request_that_the_server_finds_fault_with_is_1(
    user: User, service: SwitchedService, command: str
) -> None:
    service.fault = lambda request, reply: replace(
        reply, body=b'{"error": "parameters error", "error_code": 1}'
    )
    ended = user.run(command)
    assert (ended.status, ended.output) == (1, "")
    assert "parameters error" in ended.errors


def test_an_editor_that_can_not_be_used_is_1(user: User) -> None:
    user.environment["EDITOR"] = "no-such-editor"
    assert user.run("config", "--edit").status == 1
    user.environment["EDITOR"] = "false"
    assert user.run("config", "--edit").status == 1


@pytest.mark.parametrize(
    "command",
    ["sync", "watch --since 1", "export", "doctor", "config", "completion bash", "--help"],
)
def test_an_output_that_takes_nothing_is_1(user: User, messages: None, command: str) -> None:
    user.run("sync")
    ended = user.shell(f"inbox-tui {command} >/dev/full")
    assert ended.status == 1
    assert ended.errors.endswith("standard output can't be written to: No space left on device.\n")


def test_a_password_that_can_not_be_kept_is_1(user: User) -> None:
    ended = user.run("login")
    assert ended.status == 1
    assert "the server took the password, but it was not stored" in ended.errors


@pytest.mark.parametrize("command", ["login", "sync", "watch"])
def test_a_wrong_password_is_3_and_sent_once(
    user: User, service: SwitchedService, command: str
) -> None:
    user.environment["INBOX_TUI_PASSWORD"] = "wrong"
    for _ in range(1 if command == "login" else 2):
        ended = user.run(command)
        assert (ended.status, ended.output) == (3, "")
        assert "sign-in refused" in ended.errors
    assert len(service.requests) == 1


@pytest.mark.parametrize("command", ["sync", "watch"])
def test_no_password_is_3(user: User, service: SwitchedService, command: str) -> None:
    del user.environment["INBOX_TUI_PASSWORD"]
    ended = user.run(command)
    assert (ended.status, ended.output) == (3, "")
    assert "INBOX_TUI_PASSWORD" in ended.errors
    assert service.requests == []


@pytest.mark.parametrize("command", ["login", "sync"])
def test_a_blocked_address_is_4_and_left_in_peace(
    user: User, service: SwitchedService, command: str
) -> None:
    service.block()
    for _ in range(2):
        ended = user.run(command)
        assert (ended.status, ended.output) == (4, "")
        assert "ip is blocked" in ended.errors
        assert "Nothing is asked until" in ended.errors
    assert len(service.requests) == 1


def test_somebody_else_who_asks_too_often_is_4(
    installed: Path, environment: dict[str, str]
) -> None:
    with DemoServer(SwitchedService({"alex": PASSWORD}, identical=0)) as server:
        user = User(installed, environment, server)
        ended = user.run("sync")
        assert ended.status == 4
        assert "is another program asking for this account?" in ended.errors
        with user.start("watch") as watch:
            assert watch.stderr is not None
            assert b"another program" in watch.stderr.readline()
            watch.terminate()
            assert watch.wait(20) == 0


@pytest.mark.parametrize("command", ["login", "sync"])
def test_no_connection_is_5(user: User, command: str) -> None:
    ended = user.run(command, "--server", NOBODY)
    assert (ended.status, ended.output) == (5, "")
    assert "no connection: 127.0.0.1:1 refused the connection" in ended.errors


def test_a_doctor_who_finds_the_server_gone_is_1(user: User) -> None:
    ended = user.run("doctor", "--online", "--server", NOBODY)
    assert ended.status == 1
    assert "✗ server    no connection: 127.0.0.1:1 refused the connection" in ended.output


def test_debug_writes_where_a_failure_arose_and_nothing_private(
    user: User, messages: None, service: SwitchedService
) -> None:
    user.run("sync")
    service.accounts["alex"] = "another one"
    assert user.run("--debug", "sync").status == 3
    log = user.home / "state" / "inbox-tui" / "inbox-tui.log"
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    written = log.read_text(encoding="utf-8")
    assert re.search(r"/inbox_tui/cli/run_sync\.py:\d+ in fail_unless_live\n", written)
    assert "inbox_tui.cli.failure.Failure" in written
    for secret in (PASSWORD, "alex", "7999", "7911", "Заказ", "481516", "authorise"):
        assert secret not in written


def test_a_damaged_archive_is_kept_aside(user: User, messages: None) -> None:
    user.archive.parent.mkdir(mode=0o700, parents=True)
    user.archive.write_bytes(b"this is no database" * 1000)
    ended = user.run("sync")
    assert ended.status == 1
    (aside,) = user.archive.parent.glob("inbox.db.damaged-*")
    assert str(aside) in ended.errors
    assert aside.read_bytes() == b"this is no database" * 1000
