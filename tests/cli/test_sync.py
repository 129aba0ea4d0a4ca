"""`inbox-tui sync`: one refresh, and an exit status that a script can act on."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime, timedelta

import pytest
from support.command import LOGIN, PASSWORD, Files, forget, incoming, put, run
from support.keyrings import MemoryBackend
from support.russian import in_both_languages
from support.terminal import Terminal

from inbox_tui.archive import Archive, Query
from inbox_tui.demo.server import DemoServer
from inbox_tui.sync import SystemClock


def stored(files: Files, host: str) -> list[int]:
    with Archive.open(files.archive) as archive:
        return [row.id for row in archive.account(LOGIN, host).lists.export(Query())]


def test_sync_prints_how_many_messages_are_new(
    files: Files, account: DemoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    account.service.extend([incoming(1), incoming(2)])
    assert run("sync") == (0, "2 new messages\n", "")
    assert stored(files, account.host) == [1, 2]
    account.service.add(incoming(3))
    monkeypatch.setenv("INBOX_TUI_PASSWORD", PASSWORD)
    assert run("sync") == (0, "1 new message\n", "")
    assert account.service.breaches == []


def test_the_password_comes_from_the_keyring(
    account: DemoServer, ring: MemoryBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("INBOX_TUI_PASSWORD")
    ring.kept["inbox-tui", f"{LOGIN}@{account.host}"] = PASSWORD
    assert run("sync") == (0, "no new messages\n", "")


@in_both_languages
def test_without_a_password_sync_explains_how_to_give_one(
    account: DemoServer, ring: MemoryBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("INBOX_TUI_PASSWORD")
    ended = run("sync")
    assert ended.status == 3
    assert "inbox-tui login" in ended.errors
    assert "INBOX_TUI_PASSWORD" in ended.errors
    assert account.service.requests == []


@in_both_languages
def test_without_a_keyring_the_password_variable_is_named(
    account: DemoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("INBOX_TUI_PASSWORD")
    ended = run("sync")
    assert ended.status == 3
    assert "The keyring can't be used" in ended.errors
    assert "INBOX_TUI_PASSWORD" in ended.errors


@in_both_languages
def test_a_refused_password_is_not_sent_again(
    account: DemoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2):
        monkeypatch.setenv("INBOX_TUI_PASSWORD", "wrong")
        ended = run("sync")
        assert ended.status == 3
        assert ended.output == ""
        assert "refused" in ended.errors
        assert "inbox-tui login" in ended.errors
    assert len(account.service.requests) == 1


@in_both_languages
def test_an_unreachable_server_exits_with_5(
    account: DemoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = run("sync", "--server", "http://127.0.0.1:1")
    assert ended.status == 5
    assert ended.errors == "inbox-tui: no connection: 127.0.0.1:1 refused the connection.\n"


@in_both_languages
def test_after_archive_damage_sync_waits_because_the_request_log_is_lost(
    files: Files, account: DemoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    account.service.add(incoming(1))
    files.damage_archive()
    assert run("sync").status == 1
    monkeypatch.setenv("INBOX_TUI_PASSWORD", PASSWORD)
    ended = run("sync")
    assert ended.status == 4
    assert "the archive was recreated, so earlier requests may still count" in ended.errors
    assert " until " in ended.errors
    assert account.service.requests == []
    forget(files.archive, "holds")
    monkeypatch.setenv("INBOX_TUI_PASSWORD", PASSWORD)
    assert run("sync") == (0, "1 new message\n", "")


def test_messages_older_than_keep_days_are_deleted(files: Files, account: DemoServer) -> None:
    files.configure("keep_days = 1\n")
    put(files.archive, account.host, incoming(1, minutes_ago=60 * 30))
    assert stored(files, account.host) == [1]
    account.service.extend([incoming(1, minutes_ago=60 * 30), incoming(2)])
    assert run("sync").output == "1 new message\n"
    assert stored(files, account.host) == [2]


def test_a_clock_31_days_ahead_deletes_nothing(
    files: Files, account: DemoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    files.configure("keep_days = 30\n")
    account.service.add(incoming(1))
    ahead = datetime.now(UTC) + timedelta(days=31)
    monkeypatch.setattr(SystemClock, "now", lambda clock: ahead)
    assert run("sync").output == "1 new message\n"
    assert stored(files, account.host) == [1]


def test_progress_on_a_terminal_is_erased_at_the_end(account: DemoServer, files: Files) -> None:
    account.service.add(incoming(1))
    command = [sys.executable, "-m", "inbox_tui", "sync"]
    environment = dict(os.environ) | {"TERM": "xterm"}
    with Terminal(command, environment=environment) as terminal:
        assert terminal.wait() == 0
        terminal.read()
        assert terminal.text.split("\n")[0].rstrip() == "1 new message"
    assert b"Asking the server" in terminal.raw


PROGRESS = """
from inbox_tui.cli.run_sync import ProgressLine
from inbox_tui.sync import SystemClock

line = ProgressLine(SystemClock())
for words in ("as wide as a terminal", "much wider than a terminal is", "汉字" * 9, "汉字", "."):
    line.show(words)
"""


def test_progress_wider_than_the_terminal_stays_on_one_row() -> None:
    command = [sys.executable, "-c", PROGRESS]
    environment = dict(os.environ) | {"TERM": "xterm"}
    with Terminal(command, environment=environment, columns=21) as terminal:
        assert terminal.wait() == 0
        assert terminal.text.split() == ["."]
    assert "\r汉字汉字汉字汉字汉字\r" in terminal.raw.decode()


def test_progress_is_shown_in_a_terminal_that_reports_no_width() -> None:
    command = [sys.executable, "-c", PROGRESS]
    with Terminal(command, environment=dict(os.environ), columns=0) as terminal:
        assert terminal.wait() == 0
    assert b"much wider than a terminal is" in terminal.raw


@in_both_languages
def test_sync_refuses_filter_options(account: DemoServer) -> None:
    ended = run("--hours", "5", "sync")
    assert ended.status == 2
    assert "--hours" in ended.errors
    assert account.service.requests == []


def test_the_help_page_lists_the_exit_statuses() -> None:
    page = run("sync", "--help").output
    assert "4 limited or blocked" in " ".join(page.split())
