"""An archive whose program is killed has every change it acknowledged, and none in part.

There are some forty kills; for more, run `INBOX_TUI_KILLS=400 pytest tests/archive/test_kill.py`.
"""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any

import pytest
from support.archives import SERVER_NOW, ids, incoming, opened, query_for, whole
from support.files import files_with
from support.programs import SPAWN, expire_and_tell, write_until_killed

from inbox_tui.archive import AccountArchive, Archive, Query, Row
from inbox_tui.smsc.limit import Moment

KILLS = int(os.environ.get("INBOX_TUI_KILLS") or 40)
FILES = 4


class Promised:
    """The contents an archive must have after the changes that its writers reported."""

    def __init__(self) -> None:
        self.unread: dict[int, bool] = {}
        self.raws: set[int] = set()
        self.floor: int | None = None

    def make(self, change: tuple[Any, ...]) -> None:
        match change:
            case ("store", turn, numbers):
                self.unread = dict.fromkeys(numbers, True) | self.unread
                self.raws = self.raws | {turn}
                self.floor = turn
            case ("mark", unread, numbers):
                there = [number for number in numbers if number in self.unread]
                self.unread = self.unread | dict.fromkeys(there, unread)

    def with_change(self, change: tuple[Any, ...]) -> Promised:
        other = Promised()
        other.unread, other.raws, other.floor = self.unread, self.raws, self.floor
        other.make(change)
        return other

    def kept_by(self, archive: Archive, account: AccountArchive) -> bool:
        rows = whole(archive, account, Query())
        return (
            {row.id: row.unread for row in rows if isinstance(row, Row)} == self.unread
            and account.messages.unreadable_count() == len(self.raws)
            and account.sync_state.cursor("").confirmed_id == self.floor
        )


def one_life(path: Path, seed: int, random: Random) -> list[tuple[Any, ...] | None]:
    """Let a writer write for a moment, kill it, and return all that it reported."""
    listening, told = SPAWN.Pipe(duplex=False)
    writer = SPAWN.Process(target=write_until_killed, args=(path, seed, told))
    writer.start()
    told.close()
    received = []
    with closing(listening):
        for _ in range(random.randrange(1, 30)):
            assert listening.poll(60)
            received.append(listening.recv())
        time.sleep(random.uniform(0, 0.005))
        writer.kill()
        writer.join()
        try:
            while True:
                received.append(listening.recv())
        except (EOFError, OSError):
            return received


def check_file(path: Path) -> None:
    """Check the file with SQLite, and its daily counts by counting all messages."""
    with closing(sqlite3.connect(path)) as raw:
        assert raw.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        raw.execute("INSERT INTO search (search) VALUES ('integrity-check')")
        counted = raw.execute(
            "SELECT to_phone, (row >> 20) / 86400 AS day, count(*), sum(unread)"
            " FROM messages GROUP BY to_phone, day ORDER BY to_phone, day"
        ).fetchall()
        of_days = "SELECT to_phone, day, total, unread FROM daily_counts WHERE to_phone"
        assert raw.execute(f"{of_days} <> x'' ORDER BY to_phone, day").fetchall() == counted
        assert (
            raw.execute(f"{of_days} = x'' ORDER BY day").fetchall()
            == raw.execute(
                "SELECT x'', (row >> 20) / 86400 AS day, count(*), sum(unread)"
                " FROM messages GROUP BY day ORDER BY day"
            ).fetchall()
        )


@pytest.mark.parametrize("file", range(FILES))
def test_acknowledged_changes_survive_a_kill(tmp_path: Path, file: int) -> None:
    random = Random(file)
    path = tmp_path / "inbox.db"
    promised = Promised()
    for life in range(KILLS // FILES):
        received = one_life(path, life, random)
        changes = [change for change in received if change is not None]
        for told, made in zip(changes[::2], changes[1::2], strict=False):
            assert told == made
            promised.make(made)
        with Archive.open(path) as archive:
            assert archive.set_aside is None
            account = archive.account("alex", "smscentre.com")
            if len(changes) % 2:  # the last change had begun, and was not acknowledged
                done = promised.with_change(changes[-1])
                assert promised.kept_by(archive, account) or done.kept_by(archive, account)
                if done.kept_by(archive, account):
                    promised = done
            assert promised.kept_by(archive, account)
            unread = sum(promised.unread.values())
            assert (account.counts.total(), account.counts.unread()) == (
                len(promised.unread),
                unread,
            )
            now = Moment("boot", max(promised.raws, default=0) * 100.0 + 2)
            for turn in list(promised.raws)[-3:]:
                request = account.requests.state(now).last.get(str(turn))
                assert request is not None
                assert request.answered_at == turn * 100.0 + 1
        check_file(path)


def test_every_commit_is_synced_to_disk(tmp_path: Path) -> None:
    archive, _ = opened(tmp_path)
    assert archive.database.connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert archive.database.connection.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL


def test_a_kill_during_expiry_keeps_the_remaining_messages(tmp_path: Path) -> None:
    random = Random(5)
    messages = [incoming(n, f"oldword{n} " * 5, received=SERVER_NOW - n) for n in range(3000)]
    archive, account = opened(tmp_path, *messages)
    archive.close()
    for left in range(2500, 0, -500):
        listening, told = SPAWN.Pipe(duplex=False)
        program = SPAWN.Process(
            target=expire_and_tell, args=(archive.path, SERVER_NOW - left, told)
        )
        program.start()
        assert listening.poll(60)
        time.sleep(random.uniform(0, 0.1))
        program.kill()
        program.join()
        listening.close()
        told.close()
        check_file(archive.path)
        with Archive.open(archive.path) as archive:
            kept = ids(whole(archive, account, Query()))
            assert kept == list(range(len(kept)))
            assert left < len(kept) <= left + 501
            found = ids(whole(archive, account, query_for("oldword")))
            assert found == kept
            sum(account.on(archive).expire(SERVER_NOW - left))
            assert ids(whole(archive, account, Query())) == list(range(left + 1))
    assert files_with("oldword2999 ", tmp_path) == set()
    assert files_with("oldword501 ", tmp_path) == set()
    assert files_with("oldword500 ", tmp_path) != set()
