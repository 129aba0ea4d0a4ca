"""Deleted messages are gone from lists, counts, search, and the bytes of the files."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import timedelta
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

import pytest
from support.archives import (
    BOOT,
    NOW,
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
from support.files import files_with

from inbox_tui.archive import (
    AccountArchive,
    Archive,
    ArchiveError,
    Cursor,
    Gap,
    Hold,
    Query,
    Row,
    from_server_seconds,
)
from inbox_tui.archive.database import Database
from inbox_tui.archive.errors import ArchiveFull
from inbox_tui.archive.maintenance import Maintenance
from inbox_tui.archive.records import row_at
from inbox_tui.archive.team_states import TeamState
from inbox_tui.smsc.limit import Limit
from inbox_tui.smsc.message import IncomingMessage

HOUR = 3600
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def secret(kind: str, random: Random) -> str:
    """Return a random word that begins with `kind`."""
    return f"{kind}{''.join(random.choices(LETTERS, k=14))}"


def some(count: int, first: int, newest: int, seed: int) -> list[IncomingMessage]:
    """Return messages a few minutes apart, each with secret words in its text and its sender."""
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
    """Return the words of which at least the beginning is still in a file of the folder."""
    content = b"".join(path.read_bytes() for path in folder.iterdir())
    there = {found.decode() for found in re.findall(rb"(?=(qx(?:text|from)[a-z]{8}))", content)}
    return sorted(word for word in gone if word[:14] in there)


@pytest.mark.parametrize("large", [False, True])
def test_expired_messages_leave_no_trace_in_any_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, large: bool
) -> None:
    if large:
        monkeypatch.setattr("inbox_tui.archive.maintenance._SMALL_FILE", 0)
    old = some(700, 1, SERVER_NOW - 100 * HOUR, 1)
    young = some(300, 5000, SERVER_NOW, 2)
    archive, account = opened(tmp_path)
    random = Random(3)
    mixed = random.sample([*old, *young], 1000)
    if large:  # only the oldest messages kept are rewritten, so the order matters
        mixed.sort(key=lambda message: message.received)
    for start in range(0, 1000, 100):
        account.store_page(page(*mixed[start : start + 100]))
    mark(account, [message.id for message in mixed[::3]], unread=False)
    raw = ["qxtextunreadable"]
    account.store_page(page(unreadable=raw, seen=NOW - timedelta(days=30)))
    gone = words(old) | {"qxtextunreadable"}
    assert len(traces(tmp_path, gone)) > 700
    before = SERVER_NOW - 99 * HOUR
    assert max(message.received for message in old) < min(message.received for message in young)
    assert sum(account.expire(before)) == 700
    assert traces(tmp_path, gone) == []
    assert len(traces(tmp_path, words(young))) == len(words(young))
    assert sorted(ids(whole(archive, account, Query()))) == sorted(m.id for m in young)
    assert account.counts.total() == 300
    assert account.messages.unreadable_count() == 0
    for message in young[::50]:
        word = message.message.split()[0]
        assert ids(whole(archive, account, query_for(word[4:12]))) == [message.id]
    assert [m for m in old[::50] if whole(archive, account, query_for(m.phone))] == []
    assert archive.check() == []
    assert check_index(archive) == []


def check_index(archive: Archive) -> list[str]:
    """Return the problems that the search index finds in itself."""
    try:
        archive.database.connection.execute(
            "INSERT INTO search (search) VALUES ('integrity-check')"
        )
    except sqlite3.DatabaseError as error:
        return [str(error)]
    return []


def test_no_three_digits_of_an_expired_code_stay_in_the_search_index(tmp_path: Path) -> None:
    def without_digits(number: int, text: str, received: int) -> IncomingMessage:
        return incoming(number, text, received=received, phone="BANK", to_phone="SHOP")

    archive, account = opened(tmp_path)
    for text, received in (("Your code is 913042", SERVER_NOW - HOUR), ("hello", SERVER_NOW)):
        first = received % 1000 * 100
        account.store_page(page(*(without_digits(first + n, text, received) for n in range(60))))

    def kept() -> set[bytes]:
        blocks = b"".join(
            block for (block,) in archive.database.query("SELECT block FROM search_data")
        )
        return {digits for digits in (b"913", b"130", b"304", b"042") if digits in blocks}

    assert kept()
    assert sum(account.expire(SERVER_NOW - 1)) == 60
    assert kept() == set()


def test_messages_expired_in_small_steps_leave_no_trace(tmp_path: Path) -> None:
    messages = some(400, 1, SERVER_NOW, 4)
    archive, account = opened(tmp_path, *messages)
    for hours in (20, 16, 12, 8, 4, 1):
        before = SERVER_NOW - hours * HOUR
        sum(account.expire(before))
        gone = words([m for m in messages if m.received < from_server_seconds(before)])
        assert traces(tmp_path, gone) == []
    assert sum(account.expire(SERVER_NOW - HOUR)) == 0
    assert check_index(archive) == []


def test_expiry_works_without_room_to_rewrite_and_tries_the_rewrite_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    messages = some(50, 1, SERVER_NOW - HOUR, 13)
    opened(tmp_path, *messages)[0].close()
    archive = Archive.open(tmp_path / "inbox.db", busy_seconds=0.02)
    account = archive.account("alex", "smscentre.com")
    tried = []

    def full(self: Database, sql: str, parameters: Sequence[Any] = ()) -> int:
        if sql == "VACUUM":
            tried.append(sql)
            raise ArchiveFull("the disk is full")
        return done(self, sql, parameters)

    done = Database.execute
    monkeypatch.setattr(Database, "execute", full)
    with closing(sqlite3.connect(archive.path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM messages").fetchone()
        assert sum(account.expire(SERVER_NOW)) == 50
        sum(archive.maintenance.wipe())
        assert account.counts.total() == 0
        assert len(tried) == 1
    sum(archive.maintenance.wipe())
    assert archive.database.query_row("SELECT wipe_pending FROM state") == (0,)
    assert len(tried) == 1
    assert traces(tmp_path, words(messages)) == []


@pytest.mark.parametrize("deletes", [False, True])
def test_only_deletions_by_another_program_during_a_wipe_need_a_second_wipe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, deletes: bool
) -> None:
    archive, account = opened(tmp_path, *some(50, 1, SERVER_NOW - HOUR, 14), incoming(900))
    rewrite = Maintenance._rewrite

    def rewrite_and_meanwhile(self: Maintenance) -> None:
        rewrite(self)
        with monkeypatch.context() as cut, Archive.open(archive.path) as other:
            cut.setattr(Maintenance, "wipe", lambda self: [])
            account.on(other).store_page(page(incoming(901)))
            if deletes:
                sum(account.on(other).expire(SERVER_NOW + 1))

    monkeypatch.setattr(Maintenance, "_rewrite", rewrite_and_meanwhile)
    assert sum(account.expire(SERVER_NOW)) == 50
    assert (archive.database.query_row("SELECT wipe_pending FROM state") != (0,)) == deletes


@pytest.mark.parametrize("steps", range(1, 6))
def test_an_interrupted_expiry_is_completed_the_next_time(tmp_path: Path, steps: int) -> None:
    messages = some(600, 1, SERVER_NOW - HOUR, 15)
    archive, account = opened(tmp_path, *messages)
    deleted = sum(islice(account.expire(SERVER_NOW), steps))
    assert deleted == min(steps, 3) * 200
    assert account.counts.total() == 600 - deleted
    archive.close()
    with Archive.open(archive.path) as again:
        assert sum(account.on(again).expire(SERVER_NOW)) == 600 - deleted
    assert traces(tmp_path, words(messages)) == []


def test_others_can_write_after_every_step_of_deleting_and_wiping(tmp_path: Path) -> None:
    archive, account = opened(tmp_path, *some(600, 1, SERVER_NOW - HOUR, 16), incoming(9000))
    with Archive.open(archive.path, busy_seconds=0) as other:
        for step, _ in enumerate(account.expire(SERVER_NOW)):
            account.on(other).store_page(page(incoming(9001 + step)))
    assert account.counts.total() == 2 + step


@pytest.mark.parametrize("received", [-62135596790, -5_000_000, -1], ids=str)
def test_messages_dated_before_1970_stay_when_others_expire(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, received: int
) -> None:
    monkeypatch.setattr("inbox_tui.archive.maintenance._SMALL_FILE", 0)
    archive, account = opened(tmp_path, incoming(1, received=SERVER_NOW - HOUR))
    other = archive.account("other", "smscentre.com")
    other.store_page(page(incoming(1, "early", received=received), incoming(2)))
    assert sum(account.expire(SERVER_NOW)) == 1
    assert ids(whole(archive, other, Query())) == [2, 1]
    assert ids(whole(archive, other, query_for("early"))) == [1]
    assert check_index(archive) == []


def test_team_states_and_numbers_are_deleted_with_their_last_message(tmp_path: Path) -> None:
    old, young = SERVER_NOW - 100 * HOUR, SERVER_NOW
    archive, account = opened(
        tmp_path,
        incoming(1, received=old, to_phone="1"),
        incoming(2, received=old, to_phone="2"),
        incoming(3, received=young, to_phone="2"),
    )
    other = archive.account("other", "smscentre.com")
    other.store_page(page(incoming(1, received=old, to_phone="1")))

    def starred(message_id: int, at: float) -> TeamState:
        return TeamState("starred", message_id, True, "anna", at)

    sender = TeamState("muted", "1", True, "anna", old)
    with archive.database.transaction():
        other.team.keep([starred(1, young)])
        account.team.keep([sender, starred(1, old), starred(2, young), starred(3, old)])
        not_here = [starred(4, old - 25 * HOUR), starred(5, old)]
        account.team.keep(not_here)
    assert sum(account.expire(SERVER_NOW - 99 * HOUR)) == 2
    assert archive.database.query("SELECT account_id, subject, state FROM team_states") == [
        (account.id, "1", "muted"),
        (account.id, "3", "starred"),
        (account.id, "5", "starred"),
        (other.id, "1", "starred"),
    ]
    assert archive.database.query("SELECT * FROM to_phones") == [("1", other.id), ("2", account.id)]
    assert account.counts.in_use() == ["2"]


# -- a whole account


Two = tuple[Archive, AccountArchive, AccountArchive, list[IncomingMessage], list[IncomingMessage]]


@pytest.fixture
def two(tmp_path: Path) -> Two:
    """An archive with two accounts and secret words in all their tables."""
    archive, mine = opened(tmp_path)
    other = archive.account("qxtextother", "smscentre.com")
    ours, theirs = some(400, 1, SERVER_NOW, 7), some(200, 1, SERVER_NOW, 8)
    for account, messages, word in ((mine, ours, "mine"), (other, theirs, "theirs")):
        for start in range(0, len(messages), 100):
            cursor = Cursor(confirmed_id=start)
            account.store_page(page(*messages[start : start + 100], cursor=cursor))
        account.store_page(page(scope=f"qxtextscope{word}", gap=Gap(1, 2)))
        account.store_page(page(unreadable=[f"qxtextraw{word}"]))
        account.notes.set("filters", f"qxtextnote{word}")
        account.requests.begin(f"qxtextscope{word}", f"qxtextmark{word}", BOOT, Limit())
        hold = Hold("refused", None, 1, f"qxtexthold{word}", NOW, b"qxtextkey")
        account.requests.set_hold(hold, BOOT)
        mark(account, [1, 2], unread=False)
    sum(archive.maintenance.wipe())
    return archive, mine, other, ours, theirs


def test_a_purged_account_leaves_no_trace_and_the_other_stays_complete(two: Two) -> None:
    archive, mine, other, ours, theirs = two
    before = whole(archive, other, Query())
    mine.purge()
    assert archive.accounts() == [other]
    gone = words(ours) | {f"qxtext{what}mine" for what in ("raw", "note")}
    kept = {word for word in gone if "mine" in word}
    folder = archive.path.parent
    assert [word for word in kept if files_with(word, folder)] == []
    assert traces(folder, words(ours)) == []
    assert whole(archive, other, Query()) == before
    assert (other.counts.total(), other.counts.unread()) == (200, 198)
    assert other.messages.unreadable_count() == 1
    assert other.notes.get("filters") == "qxtextnotetheirs"
    assert other.requests.hold(BOOT) is not None
    assert len(other.requests.entries(BOOT)) == 1
    assert other.sync_state.gaps() == [Gap(1, 2)]
    for message in theirs[::40]:
        assert ids(whole(archive, other, query_for(message.phone))) == [message.id]
    assert whole(archive, other, query_for(ours[0].phone)) == []
    assert check_index(archive) == []


def test_purging_the_only_account_leaves_no_trace(tmp_path: Path) -> None:
    ours = some(400, 1, SERVER_NOW, 9)
    archive, account = opened(tmp_path, *ours)
    account.purge()
    assert traces(tmp_path, words(ours)) == []
    assert archive.accounts() == []
    again = archive.account("alex", "smscentre.com")
    assert again != account
    assert whole(archive, again, query_for("qx")) == whole(archive, again, Query()) == []


def test_a_program_still_using_a_purged_account_cannot_read_or_change_it(two: Two) -> None:
    archive, mine, _, ours, _ = two
    with Archive.open(archive.path) as late:
        listing = mine.on(late).lists.open(Query())
        found = mine.on(late).lists.open(query_for("qx"))
        assert len(listing) == 401
        mine.purge()
        for change in changes_of(mine.on(late), page(*ours[:5], unreadable=["qxtextraw"])):
            with pytest.raises(ArchiveError, match=r"^this account is no longer in the archive$"):
                change()
        mine.on(late).requests.end(1, BOOT, delivered=True, finished=True)
        sum(late.maintenance.wipe())
        assert not [
            item for item in mine.on(late).lists.window(listing, 0, 401) if isinstance(item, Row)
        ]
        assert mine.on(late).lists.window(found, 0, 400) == []
        assert mine.on(late).lists.position(listing, row_at(SERVER_NOW)) == 0
        assert whole(late, mine, Query()) == whole(late, mine, query_for("qx")) == []
        assert (
            mine.on(late).counts.total()
            == mine.on(late).counts.unread()
            == mine.on(late).messages.unreadable_count()
            == 0
        )
        assert mine.on(late).counts.to_phones(None) == []
        assert mine.on(late).messages.newest() is None
        assert mine.on(late).notes.get("filters") is None
    assert traces(archive.path.parent, words(ours)) == []
