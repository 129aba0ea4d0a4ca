"""Files of every version become files of this one, whole or not at all."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from support.archives import ids, incoming, opened, page, whole
from support.programs import SPAWN, die_after, open_and_tell, spawned

from inbox_tui.archive import Archive, ArchiveError, Query
from inbox_tui.archive import schema as archive_schema
from inbox_tui.archive.schema import MIGRATIONS, migrate


def version_1(path: Path) -> None:
    """Make a file as the first version did."""
    with closing(sqlite3.connect(path, isolation_level=None)) as first:
        first.execute("PRAGMA journal_mode = WAL")
        for statement in MIGRATIONS[0]:
            first.execute(statement)
        first.execute("INSERT INTO accounts (login, host) VALUES ('alex', 'smscentre.com')")
        first.execute("INSERT INTO numbers (account, to_phone) VALUES (1, '79110000001')")
        row = (1 << 53) + (1_795_430_550 << 20)
        first.execute(
            "INSERT INTO messages VALUES (?, 1, 7, 1795430550, NULL, '7999', 1, 'Kept', 1, 1)",
            (row,),
        )
        first.execute("INSERT INTO unindexed VALUES (?)", (row,))
        day = 1_795_430_550 // 86400 * 86400
        first.executemany("INSERT INTO tally VALUES (1, ?, ?, 1, 1)", [(0, day), (1, day)])
        first.execute("UPDATE state SET changes = 1")
        first.execute("PRAGMA user_version = 1")


def description(path: Path) -> list[tuple[str, ...]]:
    """All tables and indexes, how each was made, and the version."""
    with closing(sqlite3.connect(path)) as raw:
        tables = raw.execute("SELECT type, name, sql FROM sqlite_schema ORDER BY name").fetchall()
        return [*tables, *raw.execute("PRAGMA user_version").fetchall()]


def test_a_file_of_the_first_version_is_opened_with_all_that_is_in_it(tmp_path: Path) -> None:
    version_1(tmp_path / "inbox.db")
    archive, account = opened(tmp_path)
    assert account.id == 1
    for wanted in (Query(), Query(search="kept"), Query(to_phone="79110000001", unread=True)):
        assert ids(whole(archive, account, wanted)) == [7]
    account.store_page(page(incoming(8)))
    assert not archive.index(10)
    assert account.counts.unread() == 2
    assert archive.check() == []


def test_a_file_of_the_first_version_becomes_as_one_made_now(tmp_path: Path) -> None:
    version_1(tmp_path / "inbox.db")
    Archive.open(tmp_path / "inbox.db").close()
    Archive.open(tmp_path / "new" / "inbox.db").close()
    assert description(tmp_path / "inbox.db") == description(tmp_path / "new" / "inbox.db")


def test_a_file_that_is_opened_again_is_not_changed(tmp_path: Path) -> None:
    archive, _ = opened(tmp_path, incoming(1))
    archive.close()
    before = archive.path.read_bytes()
    Archive.open(archive.path).close()
    with closing(sqlite3.connect(archive.path, isolation_level=None)) as raw:
        migrate(raw, lambda: None)
        migrate(raw, None)
    assert archive.path.read_bytes() == before


def test_a_migration_that_fails_leaves_the_version_before_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive, _ = opened(tmp_path, incoming(1))
    archive.close()
    before = description(archive.path)
    failing = ("ALTER TABLE notes ADD COLUMN later TEXT", "CREATE TABLE notes (again)")
    with monkeypatch.context() as to_come:
        to_come.setattr(archive_schema, "MIGRATIONS", (*MIGRATIONS, failing))
        with pytest.raises(ArchiveError):
            Archive.open(archive.path)
    assert description(archive.path) == before
    with monkeypatch.context() as to_come:
        to_come.setattr(archive_schema, "MIGRATIONS", (*MIGRATIONS, failing[:1]))
        Archive.open(archive.path).close()
    with closing(sqlite3.connect(archive.path)) as raw:
        assert raw.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS) + 1,)
        assert raw.execute("SELECT later FROM notes").fetchall() == []
        assert raw.execute("SELECT count(*) FROM messages").fetchone() == (1,)


def test_a_process_that_dies_in_a_migration_leaves_the_version_before_it(tmp_path: Path) -> None:
    path = tmp_path / "inbox.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as raw:
        raw.execute("PRAGMA journal_mode = WAL")
        empty = description(path)
    for statements in range(1, len(MIGRATIONS[0]), 8):
        process = SPAWN.Process(target=die_after, args=(path, statements))
        process.start()
        process.join(60)
        assert process.exitcode == -9
        assert description(path) == empty
    archive, account = opened(tmp_path, incoming(1))
    assert archive.set_aside is None
    assert account.counts.total() == 1


def test_programs_that_begin_the_archive_at_once_begin_one(tmp_path: Path) -> None:
    path = tmp_path / "inbox.db"
    together, told = SPAWN.Barrier(4), SPAWN.Queue()
    with spawned(open_and_tell, [(path, together, told)] * 4):
        results = [told.get(timeout=60) for _ in range(4)]
    assert [name for _, name in results] == [None] * 4
    archive, account = opened(tmp_path)
    assert sorted(ids(whole(archive, account, Query()))) == sorted(number for number, _ in results)
    assert len(archive.accounts()) == 1
