"""What is deleted is gone: from lists, counts, search, and from the bytes of the files."""

from __future__ import annotations

import asyncio
import re
import sqlite3
import stat
import sys
import threading
from collections.abc import Sequence
from contextlib import closing, suppress
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from support.archives import BOOT, NOW, SERVER_NOW, ids, incoming, opened, page, whole

from inbox_tui.archive import (
    Archive,
    ArchiveError,
    ArchiveFull,
    Desk,
    Filter,
    Gap,
    Hold,
    Key,
    QueryCancelled,
    Row,
    Sweep,
    from_server_seconds,
)
from inbox_tui.smsc.limit import Limit
from inbox_tui.smsc.message import IncomingMessage

HOUR = 3600
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def secret(kind: str, random: Random) -> str:
    """A word that is nowhere else, and by which it is known where it came from."""
    return f"{kind}{''.join(random.choices(LETTERS, k=14))}"


def some(count: int, first: int, newest: int, seed: int) -> list[IncomingMessage]:
    """Messages a few minutes apart, each with secret words in its text and as its sender."""
    random = Random(seed)
    return [
        incoming(
            number,
            " ".join(secret("qxtext", random) for _ in range(random.choice((1, 3, 40)))),
            received=newest - (number - first) * random.randrange(60, 600),
            phone=secret("qxfrom", random),
        )
        for number in range(first, first + count)
    ]


def words(messages: list[IncomingMessage]) -> set[str]:
    return {
        word
        for message in messages
        for text in (message.phone, message.message)
        for word in re.findall("qx[a-z]{18}", text)
    }


def traces(folder: Path, gone: set[str]) -> list[str]:
    """What is still to be read of these words in any file, whole or a part of them."""
    content = b"".join(path.read_bytes() for path in folder.iterdir())
    there = {found.decode() for found in re.findall(rb"(?=(qx(?:text|from)[a-z]{8}))", content)}
    return sorted(word for word in gone if word[:14] in there)


def index_all(archive: Archive) -> None:
    while archive.index(400):
        pass


@pytest.mark.parametrize(("indexed", "large"), [(True, False), (False, False), (True, True)])
def test_what_is_expired_leaves_no_trace_in_any_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, indexed: bool, large: bool
) -> None:
    if large:
        monkeypatch.setattr("inbox_tui.archive.search._REWRITTEN_IN_MEMORY", 0)
    old = some(700, 1, SERVER_NOW - 100 * HOUR, 1)
    young = some(300, 5000, SERVER_NOW, 2)
    archive, account = opened(tmp_path)
    random = Random(3)
    mixed = random.sample([*old, *young], 1000)
    for start in range(0, 1000, 100):
        archive.store_page(account, page(*mixed[start : start + 100]))
        if indexed:
            archive.index(130)
    archive.mark(account, [message.id for message in mixed[::3]], unread=False)
    raw = ["qxtextunreadable"]
    archive.store_page(account, page(unreadable=raw, seen=NOW - timedelta(days=30)))
    gone = words(old) | {"qxtextunreadable"}
    assert len(traces(tmp_path, gone)) > 700
    before = SERVER_NOW - 99 * HOUR
    assert max(message.received for message in old) < min(message.received for message in young)
    assert archive.expire(account, before) == 700
    assert traces(tmp_path, gone) == []
    assert len(traces(tmp_path, words(young))) == len(words(young))
    assert sorted(ids(whole(archive, account, Filter()))) == sorted(m.id for m in young)
    assert archive.total(account) == 300
    assert archive.unreadable(account) == 0
    index_all(archive)
    for message in young[::50]:
        word = message.message.split()[0]
        assert ids(whole(archive, account, Filter(search=word[4:12]))) == [message.id]
    assert [m for m in old[::50] if whole(archive, account, Filter(search=m.phone))] == []
    assert archive.check() == []
    assert check_index(archive) == []


def check_index(archive: Archive) -> list[str]:
    """What the search index itself finds wrong with it."""
    try:
        archive._connection.execute("INSERT INTO search (search) VALUES ('integrity-check')")
    except sqlite3.DatabaseError as error:
        return [str(error)]
    return []


def test_what_was_let_go_does_not_come_back_and_all_else_does(tmp_path: Path) -> None:
    archive, account = opened(tmp_path)
    before = SERVER_NOW - HOUR
    old, older = incoming(7, received=before - 1), incoming(9, received=before - 100)
    archive.store_page(account, page(old, older, incoming(8)))
    assert archive.expire(account, before) == 2
    assert archive.expire(account, before - HOUR) == 0
    late, young = incoming(5, received=before - 1), incoming(6, received=before)
    new = incoming(10, received=before - 1)  # its clock is off
    stored = archive.store_page(account, page(old, older, late, young, new))
    assert list(stored.new) == [6, 10]
    assert archive.expire(account, before) == 1
    assert list(archive.store_page(account, page(new, young)).new) == []
    with Archive.open(archive.path) as again:
        other = again.account("other", "smscentre.com")
        assert list(again.store_page(other, page(old)).new) == [7]


def test_no_three_digits_of_a_code_stay_in_the_index(tmp_path: Path) -> None:
    def without_digits(number: int, text: str, received: int) -> IncomingMessage:
        return incoming(number, text, received=received, phone="BANK", to_phone="SHOP")

    archive, account = opened(tmp_path)
    for text, received in (("Your code is 913042", SERVER_NOW - HOUR), ("hello", SERVER_NOW)):
        first = received % 1000 * 100
        archive.store_page(
            account, page(*(without_digits(first + n, text, received) for n in range(60)))
        )
        index_all(archive)

    def kept() -> set[bytes]:
        blocks = b"".join(block for (block,) in archive._all("SELECT block FROM search_data"))
        return {digits for digits in (b"913", b"130", b"304", b"042") if digits in blocks}

    assert kept()
    assert archive.expire(account, SERVER_NOW - 1) == 60
    assert kept() == set()


def test_a_little_at_a_time_leaves_no_trace_either(tmp_path: Path) -> None:
    messages = some(400, 1, SERVER_NOW, 4)
    archive, account = opened(tmp_path, *messages)
    index_all(archive)
    for hours in (20, 16, 12, 8, 4, 1):
        before = SERVER_NOW - hours * HOUR
        archive.expire(account, before)
        gone = words([m for m in messages if m.received < from_server_seconds(before)])
        assert traces(tmp_path, gone) == []
    assert archive.expire(account, SERVER_NOW - HOUR) == 0
    assert check_index(archive) == []


@pytest.mark.skipif(sys.platform != "linux", reason="looks at open files as Linux shows them")
def test_a_large_file_is_rewritten_by_way_of_one_beside_it_that_nobody_else_can_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inbox_tui.archive.search._REWRITTEN_IN_MEMORY", 0)
    folder = tmp_path / "it's mine"
    archive, account = opened(folder, *some(800, 1, SERVER_NOW - HOUR, 12), incoming(9000))
    archive._connection.execute("PRAGMA cache_size = 10")

    def opened_files() -> dict[str, int]:
        files: dict[str, int] = {}
        for file in Path("/proc/self/fd").iterdir():
            with suppress(OSError):
                files[str(file.readlink())] = stat.S_IMODE(file.stat().st_mode)
        return files

    before, seen = opened_files(), dict[str, int]()

    def look() -> None:
        seen.update(opened_files())

    archive._connection.set_progress_handler(look, 100)
    archive.expire(account, SERVER_NOW - 100 * HOUR)
    archive._connection.set_progress_handler(None, 0)
    beside = {path: mode for path, mode in seen.items() if path not in before and "/fd" not in path}
    assert beside
    for path, mode in beside.items():
        assert Path(path).parent == folder
        assert path.endswith(" (deleted)")
        assert mode == 0o600
    assert archive._one("PRAGMA temp_store") == (2,)


def test_what_has_no_room_to_be_rewritten_is_deleted_all_the_same_and_not_tried_without_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    messages = some(50, 1, SERVER_NOW - HOUR, 13)
    opened(tmp_path, *messages)[0].close()
    archive = Archive.open(tmp_path / "inbox.db", busy_seconds=0.02)
    account = archive.account("alex", "smscentre.com")
    index_all(archive)
    tried = []

    def full(self: Archive, sql: str, parameters: Sequence[Any] = ()) -> int:
        if sql == "VACUUM":
            tried.append(sql)
            raise ArchiveFull("the disk is full")
        return done(self, sql, parameters)

    done = Archive._do
    monkeypatch.setattr(Archive, "_do", full)
    with closing(sqlite3.connect(archive.path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM messages").fetchone()
        assert archive.expire(account, SERVER_NOW) == 50
        archive.index(10)
        assert archive.total(account) == 0
        assert len(tried) == 1
    archive.index(10)
    assert archive._one("SELECT scrub FROM state") == (0,)
    assert len(tried) == 1
    assert traces(tmp_path, words(messages)) == []


@pytest.mark.parametrize("deletes", [False, True])
def test_only_what_another_program_deletes_meanwhile_has_to_be_wiped_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, deletes: bool
) -> None:
    archive, account = opened(tmp_path, *some(50, 1, SERVER_NOW - HOUR, 14), incoming(900))
    rewrite = Archive._rewrite

    def rewrite_and_meanwhile(self: Archive) -> None:
        rewrite(self)
        with monkeypatch.context() as cut, Archive.open(archive.path) as other:
            cut.setattr(Archive, "_scrub", lambda self: None)
            other.store_page(account, page(incoming(901)))
            if deletes:
                other.expire(account, SERVER_NOW + 1)

    monkeypatch.setattr(Archive, "_rewrite", rewrite_and_meanwhile)
    assert archive.expire(account, SERVER_NOW) == 50
    assert (archive._one("SELECT scrub FROM state") != (0,)) == deletes


def test_what_another_program_reads_meanwhile_is_wiped_off_the_log_later(tmp_path: Path) -> None:
    messages = some(50, 1, SERVER_NOW - HOUR, 5)
    opened(tmp_path, *messages)[0].close()
    with Archive.open(tmp_path / "inbox.db", busy_seconds=0.02) as archive:
        account = archive.account("alex", "smscentre.com")
        index_all(archive)
        with closing(sqlite3.connect(archive.path, isolation_level=None)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT * FROM messages").fetchone()
            assert archive.expire(account, SERVER_NOW) == 50
            assert archive.total(account) == 0
        archive.index(10)
        assert traces(tmp_path, words(messages)) == []


def test_an_expiry_cut_off_half_way_is_finished_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    messages = some(300, 1, SERVER_NOW - HOUR, 6)
    archive, account = opened(tmp_path, *messages)
    index_all(archive)
    with monkeypatch.context() as cut:
        cut.setattr(Archive, "_scrub", lambda self: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            archive.expire(account, SERVER_NOW)
    assert archive.total(account) == 0
    archive.index(10)
    assert traces(tmp_path, words(messages)) == []


@pytest.mark.parametrize("at", ["INSERT INTO search (search, rank)", "VACUUM"])
def test_whoever_leaves_does_not_wait_for_the_wiping_and_the_next_one_does_it(
    tmp_path: Path, at: str
) -> None:
    messages = some(300, 1, SERVER_NOW - HOUR, 15)
    archive, account = opened(tmp_path, *messages)
    index_all(archive)
    begun: list[str] = []

    def leave(statement: str) -> None:
        begun.append(statement)
        if statement.startswith(at):
            archive.hurry()

    archive._connection.set_trace_callback(leave)
    with pytest.raises(QueryCancelled):
        archive.expire(account, SERVER_NOW)
    archive._connection.set_trace_callback(None)
    assert ("VACUUM" in begun) == (at == "VACUUM")
    assert archive.total(account) == 0
    archive.close()
    with Archive.open(archive.path) as again:
        again.index(10)
    assert traces(tmp_path, words(messages)) == []


async def test_a_desk_is_closed_without_the_wiping_that_it_is_at(tmp_path: Path) -> None:
    archive, account = opened(tmp_path, *some(1200, 1, SERVER_NOW - HOUR, 16))
    desk = Desk(archive.path)
    at_work = threading.Event()

    def expire(archive: Archive) -> int:
        archive._connection.set_trace_callback(lambda statement: at_work.set())
        return archive.expire(account, SERVER_NOW)

    expiring = asyncio.create_task(desk.run(expire, await desk.archive()))
    await asyncio.to_thread(at_work.wait, 5)
    await desk.close()
    with pytest.raises(QueryCancelled):
        await expiring
    assert archive._one("SELECT scrub > 0 FROM state") == (1,)


def test_expiry_takes_gaps_that_are_over_and_keeps_the_rest(tmp_path: Path) -> None:
    archive, account = opened(tmp_path, incoming(1, received=100), incoming(2, received=200))
    for gap in (Gap(10, 90), Gap(50, 150), Gap(150, 199), Gap(190, 300)):
        archive.store_page(account, page(gap=gap))
    assert archive.expire(account, 150) == 1
    assert archive.gaps(account) == [Gap(190, 300), Gap(150, 199)]
    assert ids(whole(archive, account, Filter(unread=True))) == [2]


# -- a whole account


@pytest.fixture
def two(tmp_path: Path) -> tuple[Archive, int, int, list[IncomingMessage], list[IncomingMessage]]:
    """An archive with two accounts full of secrets."""
    archive, mine = opened(tmp_path)
    other = archive.account("qxtextother", "smscentre.com")
    ours, theirs = some(400, 1, SERVER_NOW, 7), some(200, 1, SERVER_NOW, 8)
    for account, messages, word in ((mine, ours, "mine"), (other, theirs, "theirs")):
        for start in range(0, len(messages), 100):
            sweep = Sweep(start, None, BOOT, NOW)
            archive.store_page(account, page(*messages[start : start + 100], sweep=sweep))
        archive.store_page(account, page(scope=f"qxtextscope{word}", gap=Gap(1, 2)))
        archive.store_page(account, page(unreadable=[f"qxtextraw{word}"]))
        archive.remember(account, "filters", f"qxtextnote{word}")
        archive.begin_request(account, f"qxtextscope{word}", f"qxtextmark{word}", BOOT, Limit())
        hold = Hold("refused", None, 1, f"qxtexthold{word}", NOW, b"qxtextkey")
        archive.set_hold(account, hold, BOOT)
        archive.mark(account, [1, 2], unread=False)
    archive.index(500)
    return archive, mine, other, ours, theirs


def test_a_purged_account_leaves_no_trace_and_the_other_stays_whole(
    two: tuple[Archive, int, int, list[IncomingMessage], list[IncomingMessage]],
) -> None:
    archive, mine, other, ours, theirs = two
    before = whole(archive, other, Filter())
    archive.purge(mine)
    assert archive.accounts() == [(other, "qxtextother", "smscentre.com")]
    gone = words(ours) | {f"qxtext{what}mine" for what in ("scope", "raw", "note", "mark", "hold")}
    kept = {word for word in gone if "mine" in word}
    folder = archive.path.parent
    content = b"".join(path.read_bytes() for path in folder.iterdir())
    assert [word for word in kept if word.encode() in content] == []
    assert traces(folder, words(ours)) == []
    assert whole(archive, other, Filter()) == before
    assert (archive.total(other), archive.unread(other)) == (200, 198)
    assert archive.unreadable(other) == 1
    assert archive.recall(other, "filters") == "qxtextnotetheirs"
    assert archive.hold(other, BOOT) is not None
    assert len(archive.ledger(other, BOOT)) == 1
    assert archive.gaps(other) == [Gap(1, 2)]
    index_all(archive)
    for message in theirs[::40]:
        assert ids(whole(archive, other, Filter(search=message.phone))) == [message.id]
    assert whole(archive, other, Filter(search=ours[0].phone)) == []
    assert check_index(archive) == []


def test_the_only_account_leaves_no_trace(tmp_path: Path) -> None:
    ours = some(400, 1, SERVER_NOW, 9)
    archive, account = opened(tmp_path, *ours)
    index_all(archive)
    archive.purge(account)
    assert traces(tmp_path, words(ours)) == []
    assert archive.accounts() == []
    again = archive.account("alex", "smscentre.com")
    assert again != account
    assert whole(archive, again, Filter(search="qx")) == whole(archive, again, Filter()) == []


def test_whoever_still_knows_a_purged_account_reads_nothing_and_changes_nothing(
    two: tuple[Archive, int, int, list[IncomingMessage], list[IncomingMessage]],
) -> None:
    archive, mine, _, ours, _ = two
    with Archive.open(archive.path) as late:
        listing = late.listing(mine, Filter())
        found = late.listing(mine, Filter(search="qx"))
        assert len(listing) == 401
        archive.purge(mine)
        hold = Hold("blocked", 1.0, 1, "", NOW, b"")
        for write in (
            lambda: late.store_page(mine, page(*ours[:5], unreadable=["qxtextraw"])),
            lambda: late.mark(mine, [1], unread=True),
            lambda: late.mark_shown_read(mine, Filter()),
            lambda: late.expire(mine, 2**40),
            lambda: late.purge(mine),
            lambda: late.remember(mine, "a", "b"),
            lambda: late.begin_request(mine, "", "a", BOOT, Limit()),
            lambda: late.set_hold(mine, hold, BOOT),
            lambda: late.clear_hold(mine, BOOT),
            lambda: late.forgive(mine),
        ):
            with pytest.raises(ArchiveError, match=r"^this account is no longer in the archive$"):
                write()
        late.end_request(1, BOOT, delivered=True, finished=True)
        late.index(1000)
        assert not [item for item in late.window(listing, 0, 401) if isinstance(item, Row)]
        assert late.window(found, 0, 400) == []
        assert late.position(listing, Key(SERVER_NOW, 5)) == 0
        assert whole(late, mine, Filter()) == whole(late, mine, Filter(search="qx")) == []
        assert late.total(mine) == late.unread(mine) == late.unreadable(mine) == 0
        assert late.to_phones(mine, None) == []
        assert late.ledger(mine, BOOT) == []
        assert late.newest(mine) is None
        assert late.recall(mine, "filters") is None
    assert traces(archive.path.parent, words(ours)) == []


def test_an_account_made_again_is_a_new_one(tmp_path: Path) -> None:
    archive, account = opened(tmp_path, incoming(1))
    archive.remember(account, "signed_in", "yes")
    with Archive.open(archive.path) as late:
        archive.purge(account)
        again = archive.account("alex", "smscentre.com")
        with pytest.raises(ArchiveError):
            late.store_page(account, page(incoming(2)))
        assert archive.recall(again, "signed_in") is None
        assert late.total(again) == 0
