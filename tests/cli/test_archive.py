"""Commands with an archive that is damaged, of a later version, read-only, or on a full disk."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from support.command import LOGIN, PASSWORD, Files, forget, incoming, put, run
from support.russian import in_both_languages

from inbox_tui.archive import Archive, Query
from inbox_tui.demo.server import DemoServer


@pytest.fixture
def kept(files: Files, account: DemoServer) -> Files:
    """An archive of several pages with messages of the account."""
    put(files.archive, account.host, *[incoming(n, f"text {n} " * 40) for n in range(100)])
    return files


def no_database(path: Path) -> None:
    path.write_bytes(b"this is no database" * 100)


def cut_short(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


@in_both_languages
@pytest.mark.parametrize("damage", [no_database, cut_short])
@pytest.mark.parametrize("command", ["sync", "export"])
def test_a_damaged_archive_is_set_aside_and_the_command_exits_with_1(
    kept: Files, account: DemoServer, command: str, damage: Callable[[Path], None]
) -> None:
    damage(kept.archive)
    content = kept.archive.read_bytes()
    ended = run(command)
    assert (ended.status, ended.output) == (1, "")
    (aside,) = kept.archive.parent.glob("inbox.db.damaged-2*")
    assert f"the archive was damaged: it is kept as {aside}, and a new one" in ended.errors
    assert aside.read_bytes() == content
    assert account.service.requests == []


@in_both_languages
@pytest.mark.parametrize("command", ["sync", "export"])
def test_an_archive_of_a_later_version_is_refused_and_left_unchanged(
    kept: Files, account: DemoServer, command: str
) -> None:
    with closing(sqlite3.connect(kept.archive)) as database:
        database.execute("PRAGMA user_version = 99")
    content = kept.archive.read_bytes()
    assert run(command) == (
        1,
        "",
        "inbox-tui: a later version of inbox-tui made this archive: install that version to open "
        "it.\n",
    )
    assert kept.archive.read_bytes() == content
    assert account.service.requests == []


@in_both_languages
def test_a_read_only_archive_can_be_exported_but_not_synced(
    kept: Files, account: DemoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, allowed = kept.archive.parent, os.access
    monkeypatch.setattr(  # the superuser may write to anything
        os, "access", lambda path, mode: Path(path) != folder and allowed(path, mode)
    )
    assert run("sync") == (1, "", "inbox-tui: the archive cannot be written to.\n")
    assert run("export").errors.startswith("100 messages")
    assert account.service.requests == []


def test_a_full_disk_exits_with_1_and_missed_messages_come_once_there_is_room(
    kept: Files, account: DemoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    account.service.extend([incoming(n, "no room " * 400) for n in range(1000, 1500)])
    room = kept.archive.stat().st_size // 1024 + 100
    ended = subprocess.run(
        ["bash", "-c", f'ulimit -f {room}; "{sys.executable}" -m inbox_tui sync'],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (
        1,
        "",
        "inbox-tui: the disk is full: nothing can be added to the archive.\n",
    )
    forget(kept.archive, "requests")
    monkeypatch.setenv("INBOX_TUI_PASSWORD", PASSWORD)
    assert run("sync").output == "500 new messages\n"
    with Archive.open(kept.archive) as archive:
        number = archive.account(LOGIN, account.host)
        assert number.counts.total() == len(list(number.lists.export(Query()))) == 600
        assert archive.check() == []
