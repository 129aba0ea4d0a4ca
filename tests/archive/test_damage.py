"""Files that are damaged, of a later version, full, busy or read-only."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from support.archives import (
    BOOT,
    SERVER_NOW,
    changes_of,
    ids,
    incoming,
    mark,
    opened,
    page,
    query_for,
    whole,
)
from support.programs import SPAWN, open_and_tell, open_until, spawned

from inbox_tui.archive import (
    Archive,
    ArchiveBusy,
    ArchiveDamaged,
    ArchiveError,
    Query,
    opening,
)
from inbox_tui.archive.errors import ArchiveFull, ArchiveReadOnly
from inbox_tui.archive.opening import _set_aside
from inbox_tui.archive.records import LOST_REQUESTS
from inbox_tui.archive.schema import VERSION, has_tables, make_tables
from inbox_tui.smsc.limit import Limit

WALL = datetime(2026, 11, 23, 7, 42, 30, tzinfo=UTC)
DAMAGED = f"inbox.db.damaged-{WALL.astimezone():%Y%m%d-%H%M%S}"


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The bytes of an intact archive."""
    folder = tmp_path_factory.mktemp("sound")
    messages = [
        incoming(n, f"text {n} " * 20, received=SERVER_NOW - n * 300, phone=f"7{n}")
        for n in range(600)
    ]
    archive, _ = opened(folder, *messages)
    archive.close()
    return (folder / "inbox.db").read_bytes()


def at_wall(path: Path) -> Archive:
    return Archive.open(path, wall=lambda: WALL)


def lost_requests(archive: Archive, login: str = "alex") -> bool:
    account = archive.account(login, "smscentre.com")
    return account.notes.get(LOST_REQUESTS) is not None


def works(archive: Archive) -> bool:
    """Return whether the archive stores a message and lists it."""
    account = archive.account("works", "smscentre.com")
    account.store_page(page(incoming(1)))
    return ids(whole(archive, account, Query())) == [1]


# -- set aside


@pytest.mark.parametrize(
    "content",
    [b"this is no database" * 100, b"\0" * 4096, b"x" * 100, b"SQLite format 3\0" + b"\xff" * 5000],
    ids=["text", "zeroes", "a hundred bytes", "a head without a body"],
)
def test_a_file_that_is_not_a_database_is_set_aside_under_a_dated_name(
    tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "inbox.db"
    path.write_bytes(content)
    with at_wall(path) as archive:
        assert archive.set_aside == tmp_path / DAMAGED
        assert works(archive)
    assert (tmp_path / DAMAGED).read_bytes() == content
    with at_wall(path) as archive:
        assert archive.set_aside is None
        assert [account.login for account in archive.accounts()] == ["works"]


def test_every_account_of_a_recreated_archive_knows_its_request_log_was_lost(
    tmp_path: Path, sound: bytes
) -> None:
    path = tmp_path / "inbox.db"
    for content in (b"", sound):
        path.write_bytes(content)
        with at_wall(path) as archive:
            assert not lost_requests(archive)
    path.write_bytes(b"no database" * 500)
    at_wall(path).close()
    with at_wall(path) as archive:
        assert archive.accounts() == []
        assert lost_requests(archive)
        assert lost_requests(archive, "other")
        archive.account("alex", "smscentre.com").notes.set(LOST_REQUESTS, None)
    with at_wall(path) as archive:
        assert not lost_requests(archive)
        assert lost_requests(archive, "other")


def test_account_created_after_the_first_request_need_not_wait(
    tmp_path: Path,
) -> None:
    path = tmp_path / "inbox.db"
    path.write_bytes(b"no database" * 500)
    with at_wall(path) as archive:
        first = archive.account("first", "smscentre.com")
        assert lost_requests(archive, "before")
        assert first.requests.begin("", "a", BOOT, Limit()) is not None
        assert lost_requests(archive, "before")
        assert not lost_requests(archive, "after")


def test_an_empty_file_becomes_a_new_archive(tmp_path: Path) -> None:
    (tmp_path / "inbox.db").touch()
    with at_wall(tmp_path / "inbox.db") as archive:
        assert archive.set_aside is None
        assert works(archive)


@pytest.mark.parametrize("version", [0, VERSION])
def test_a_database_of_another_program_is_set_aside(tmp_path: Path, version: int) -> None:
    path = tmp_path / "inbox.db"
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE state (other)")
        other.execute("INSERT INTO state VALUES ('theirs')")
        other.execute(f"PRAGMA user_version = {version}")
        other.commit()
    with at_wall(path) as archive:
        assert archive.set_aside == tmp_path / DAMAGED
        assert works(archive)
    with closing(sqlite3.connect(tmp_path / DAMAGED)) as other:
        assert other.execute("SELECT * FROM state").fetchall() == [("theirs",)]


def test_an_archive_truncated_anywhere_is_set_aside(tmp_path: Path, sound: bytes) -> None:
    lengths = [*range(2, 5000, 499), *range(5000, len(sound), 33_333), len(sound) - 4096]
    for length in lengths:
        folder = tmp_path / str(length)
        folder.mkdir()
        (folder / "inbox.db").write_bytes(sound[:length])
        with at_wall(folder / "inbox.db") as archive:
            assert archive.set_aside == folder / DAMAGED, length
            assert works(archive)
        assert (folder / DAMAGED).read_bytes() == sound[:length]


def test_wal_and_shm_files_are_set_aside_with_the_archive(tmp_path: Path) -> None:
    path = tmp_path / "inbox.db"
    for suffix in ("", "-wal", "-shm"):
        path.with_name(f"{path.name}{suffix}").write_bytes(b"of " + suffix.encode())
    assert _set_aside(path, path.stat().st_ino, lambda: WALL) == tmp_path / DAMAGED
    for suffix in ("", "-wal", "-shm"):
        assert (tmp_path / f"{DAMAGED}{suffix}").read_bytes() == b"of " + suffix.encode()
    with at_wall(path) as fresh:
        assert works(fresh)


def spoil(path: Path) -> None:
    """Damage the head of an archive, so that the next program to open it notices."""
    with path.open("r+b") as file:
        file.write(b"no database")


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes moving a damaged file aside fail at once if another program has it open."""
    monkeypatch.setattr(opening, "_LONGEST_WAIT_FOR_LOCK_SECONDS", 0.0)


@pytest.mark.usefixtures("impatient")
def test_a_damaged_archive_open_in_another_program_is_not_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "inbox.db"
    opened(tmp_path, incoming(1))[0].close()
    begun, go_on = SPAWN.Queue(), SPAWN.Event()
    with spawned(open_until, [(path, begun, go_on)]) as (other,):
        assert begun.get(timeout=60)
        spoil(path)
        for _ in range(2):
            with pytest.raises(ArchiveDamaged, match="an inbox-tui still has it open"):
                at_wall(path)
        assert not list(tmp_path.glob("*.damaged-*"))
        go_on.set()
        other.join()
    with at_wall(path) as fresh:
        assert fresh.set_aside == tmp_path / DAMAGED
        assert works(fresh)


@pytest.mark.usefixtures("impatient")
def test_a_damaged_archive_open_in_this_program_is_not_set_aside(tmp_path: Path) -> None:
    archive, _ = opened(tmp_path, incoming(1))
    archive.database.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    spoil(archive.path)
    with pytest.raises(ArchiveDamaged, match="still has it open"):
        at_wall(archive.path)
    archive.close()
    with at_wall(archive.path) as fresh:
        assert fresh.set_aside == tmp_path / DAMAGED
        assert works(fresh)


def test_two_archives_damaged_within_a_second_are_both_kept(tmp_path: Path) -> None:
    path = tmp_path / "inbox.db"
    for content in (b"first" * 100, b"second" * 100):
        path.unlink(missing_ok=True)
        path.write_bytes(content)
        at_wall(path).close()
    kept = sorted(tmp_path.glob("inbox.db.damaged-*"))
    assert [found.read_bytes()[:5] for found in kept] == [b"first", b"secon"]


def test_damage_found_in_use_is_reported_and_set_aside_at_the_next_start(
    tmp_path: Path, sound: bytes
) -> None:
    path = tmp_path / "inbox.db"
    middle = len(sound) // 8192 * 4096
    bad = sound[:middle] + b"\xfe\xca" * 10_000 + sound[middle + 20_000 :]
    path.write_bytes(bad)
    with at_wall(path) as archive:
        assert archive.set_aside is None
        account = archive.account("alex", "smscentre.com")
        with pytest.raises(ArchiveDamaged, match=r"^the archive is damaged$"):
            list(account.lists.export(Query()))
    with at_wall(path) as archive:
        assert archive.set_aside == tmp_path / DAMAGED
        assert works(archive)
        assert archive.check() == []
    assert (tmp_path / DAMAGED).stat().st_size == len(bad)
    with at_wall(path) as archive:
        assert archive.set_aside is None


def test_damage_found_by_a_check_is_set_aside_at_the_next_start(
    tmp_path: Path, sound: bytes
) -> None:
    path = tmp_path / "inbox.db"
    bad = bytearray(sound)
    middle = len(sound) // 8192 * 4096
    for page_start in range(middle, middle + 40_960, 4096):
        bad[page_start + 3 : page_start + 8] = b"\xff" * 5  # number of cells and their start
    path.write_bytes(bad)
    with at_wall(path) as archive:
        assert archive.set_aside is None
        assert archive.check() != []
    with at_wall(path) as archive:
        assert archive.set_aside == tmp_path / DAMAGED
        assert archive.check() == []


def test_a_message_with_damaged_bytes_is_shown_and_does_not_stop_the_sync(
    tmp_path: Path,
) -> None:
    archive, account = opened(tmp_path, incoming(1), incoming(2, "Заказ"), incoming(3))
    damage = "UPDATE messages SET message = CAST(x'd097ff' AS TEXT) WHERE id = 2"
    archive.database.connection.execute(damage)
    texts = [row.message for row in account.lists.export(Query())]
    assert texts == ["Hello", "З\ufffd", "Hello"]
    assert account.store_page(page(incoming(2, "Заказ"), incoming(4))) == [4]
    assert sum(account.expire(SERVER_NOW + 1)) == 4


def test_a_damaged_search_index_is_rebuilt_and_the_archive_stays_in_place(tmp_path: Path) -> None:
    archive, account = opened(tmp_path, *[incoming(n, "some text") for n in range(30)])
    assert archive.check_search()
    archive.database.connection.execute("DELETE FROM search_data WHERE id > 10")
    assert archive.check() == []
    assert archive.check_search() == (sqlite3.sqlite_version_info < (3, 44))
    with pytest.raises(ArchiveDamaged):
        whole(archive, account, query_for("text"))
    archive.close()
    with at_wall(archive.path) as archive:
        assert archive.set_aside is None
        assert archive.check_search()
        assert len(whole(archive, account, query_for("text"))) == 30


@pytest.mark.parametrize("turn", range(3))
def test_programs_that_find_damage_at_the_same_time_share_one_new_archive(
    tmp_path: Path, sound: bytes, turn: int
) -> None:
    content = (sound[: len(sound) // 2], b"no database" * 1000, b"\0" * 100)[turn]
    path = tmp_path / "inbox.db"
    path.write_bytes(content)
    together, told = SPAWN.Barrier(3), SPAWN.Queue()
    with spawned(open_and_tell, [(path, together, told)] * 3):
        results = [told.get(timeout=60) for _ in range(3)]
    (kept,) = tmp_path.glob("inbox.db.damaged-*[0-9]")
    assert kept.read_bytes() == content
    assert [name for _, name in results if name] == [kept.name]
    archive, account = opened(tmp_path)
    assert sorted(ids(whole(archive, account, Query()))) == sorted(number for number, _ in results)


def test_a_program_with_the_old_file_still_open_can_no_longer_write(tmp_path: Path) -> None:
    old, account = opened(tmp_path, incoming(1))
    (tmp_path / "inbox.db").rename(tmp_path / "elsewhere.db")
    with Archive.open(tmp_path / "inbox.db") as fresh:
        assert works(fresh)
        with pytest.raises(ArchiveError, match="the archive was moved"):
            account.on(old).requests.begin("", "a", BOOT, Limit())
        with pytest.raises(ArchiveError, match="the archive was moved"):
            mark(account.on(old), [1], unread=False)
        old.close()
        assert works(fresh)
    with Archive.open(tmp_path / "inbox.db") as again:
        assert works(again)


# -- of a later version


def test_an_archive_of_a_later_version_is_left_unchanged(tmp_path: Path) -> None:
    archive, _ = opened(tmp_path, incoming(1))
    archive.close()
    path = tmp_path / "inbox.db"
    with closing(sqlite3.connect(path)) as other:
        other.execute(f"PRAGMA user_version = {VERSION + 1}")
    before = path.read_bytes()
    for _ in range(2):
        with pytest.raises(ArchiveError, match="later version"):
            Archive.open(path)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["inbox.db"]  # noqa: PTH208


# -- no room


def test_a_full_archive_can_still_be_read_and_messages_marked_read(tmp_path: Path) -> None:
    archive, account = opened(tmp_path, *[incoming(number) for number in range(100)])
    (pages,) = archive.database.connection.execute("PRAGMA page_count").fetchone()
    archive.database.connection.execute(f"PRAGMA max_page_count = {pages}")
    large = page(*[incoming(number, "large " * 1000) for number in range(1000, 1100)])
    with pytest.raises(ArchiveFull):
        account.store_page(large)
    assert account.counts.total() == len(whole(archive, account, Query())) == 100
    mark(account, [1], unread=False)
    assert account.counts.unread() == 99
    archive.database.connection.execute("PRAGMA max_page_count = 1000000")
    assert len(account.store_page(large)) == 100


# -- read-only


def check_read_only(path: Path) -> None:
    """Check that all reads work and all changes raise `ArchiveReadOnly`."""
    with Archive.open(path) as archive:
        assert archive.read_only
        (account,) = archive.accounts()
        assert archive.account("alex", "smscentre.com") == account
        assert ids(whole(archive, account, Query())) == [2, 1]
        assert ids(whole(archive, account, query_for("hello"))) == [2, 1]
        assert [row.id for row in account.lists.export(Query())] == [1, 2]
        assert account.counts.unread() == 2
        assert archive.check() == []
        changes = changes_of(account, page(incoming(3)))
        changes += [
            lambda: account.requests.end(1, BOOT, delivered=True, finished=True),
            lambda: archive.account("new", "smscentre.com"),
        ]
        for change in changes:
            with pytest.raises(ArchiveReadOnly, match=r"^the archive cannot be written to$"):
                change()
        assert ids(whole(archive, account, Query())) == [2, 1]


@pytest.fixture(params=["the file", "the folder"])
def not_to_be_written(
    tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """An archive whose file or folder cannot be written to, not even by the superuser."""
    folder = tmp_path / "data"
    folder.mkdir(0o700)
    archive, _ = opened(folder, incoming(1), incoming(2))
    archive.close()
    protected = archive.path if request.param == "the file" else folder
    protected.chmod(0o400 if request.param == "the file" else 0o500)
    allowed = os.access

    def access(path: os.PathLike[str], mode: int) -> bool:
        return not (mode == os.W_OK and Path(path) == protected) and allowed(path, mode)

    monkeypatch.setattr(os, "access", access)  # root may write to anything
    yield archive.path
    protected.chmod(0o700)


def test_a_read_only_archive_can_be_read(not_to_be_written: Path) -> None:
    before = not_to_be_written.read_bytes()
    check_read_only(not_to_be_written)
    assert not_to_be_written.read_bytes() == before


def test_a_read_only_archive_can_be_read_while_others_write(not_to_be_written: Path) -> None:
    with closing(sqlite3.connect(not_to_be_written)) as writer:
        writer.execute("PRAGMA journal_mode = WAL")
        writer.execute("UPDATE messages SET unread = 1")
        writer.commit()
        check_read_only(not_to_be_written)


def test_a_path_that_cannot_be_a_file_raises_an_archive_error(tmp_path: Path) -> None:
    (tmp_path / "inbox.db").mkdir()
    with pytest.raises(ArchiveError):
        Archive.open(tmp_path / "inbox.db")
    (tmp_path / "file").touch()
    with pytest.raises(ArchiveError):
        Archive.open(tmp_path / "file" / "inbox.db")


# -- in use


def test_a_writer_gives_up_on_a_busy_archive_and_works_once_it_is_free(tmp_path: Path) -> None:
    opened(tmp_path, incoming(1))[0].close()
    path = tmp_path / "inbox.db"
    with Archive.open(path, busy_seconds=0.02) as archive:
        account = archive.account("alex", "smscentre.com")
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(ArchiveBusy, match="in use by another program"):
                account.store_page(page(incoming(2)))
            with pytest.raises(ArchiveBusy):
                account.requests.begin("", "a", BOOT, Limit())
            assert ids(whole(archive, account, Query())) == [1]
            with Archive.open(path, busy_seconds=0.02) as third:
                assert account.on(third).counts.total() == 1
            other.execute("ROLLBACK")
        assert account.store_page(page(incoming(2))) == [2]


def test_an_exclusively_locked_archive_is_busy_not_damaged(tmp_path: Path) -> None:
    opened(tmp_path, incoming(1))[0].close()
    path = tmp_path / "inbox.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(ArchiveBusy):
            Archive.open(path, busy_seconds=0.02)
    with Archive.open(path) as archive:
        assert archive.set_aside is None
        assert archive.accounts()[0].counts.total() == 1


@pytest.mark.parametrize("after", range(3))
def test_tables_created_by_another_program_meanwhile_are_not_damage(
    tmp_path: Path, after: int
) -> None:
    path = tmp_path / "inbox.db"
    with closing(sqlite3.connect(path)) as first:
        first.execute("PRAGMA journal_mode = WAL")

    class Overtaken(sqlite3.Connection):
        statements = 0

        def execute(self, *statement: Any) -> sqlite3.Cursor:
            found = super().execute(*statement)
            if self.statements == after:
                with closing(sqlite3.connect(path)) as other:
                    make_tables(other)
            self.statements += 1
            return found

    with closing(sqlite3.connect(path, factory=Overtaken)) as connection:
        has_tables(connection)
        assert has_tables(connection)
