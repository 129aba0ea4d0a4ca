"""Lists: the effect of later changes, days, and the query plans behind a key press."""

from __future__ import annotations

import asyncio
import re
import threading
from array import array
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.archives import (
    BOOT,
    SERVER_NOW,
    ids,
    incoming,
    mark,
    opened,
    page,
    query_for,
    row_of,
    steps,
    whole,
)
from support.rows import presentation

from inbox_tui.archive import (
    AccountArchive,
    Archive,
    ArchiveWorker,
    Day,
    Gap,
    Query,
    Row,
    service_day,
)
from inbox_tui.archive.lists import _DayOfList, _Line
from inbox_tui.archive.records import row_at
from inbox_tui.smsc.message import IncomingMessage

HOUR = 3600


def hourly(first: int, count: int, **more: str) -> list[IncomingMessage]:
    """Return messages an hour apart with ascending ids, the newest at `SERVER_NOW`."""
    return [
        incoming(number, received=SERVER_NOW - (first + count - 1 - number) * HOUR, **more)
        for number in range(first, first + count)
    ]


@pytest.mark.parametrize(
    "wanted", [Query(), Query(to_phone="79110000001"), Query(state="unread"), query_for("hell")]
)
def test_a_listing_is_unaffected_by_later_messages(tmp_path: Path, wanted: Query) -> None:
    _archive, account = opened(tmp_path, *hourly(100, 60))
    listing = account.lists.open(wanted)
    before = account.lists.window(listing, 0, 60)
    late = [incoming(number, received=SERVER_NOW - number * 1800) for number in range(1, 50)]
    account.store_page(page(*late))
    assert len(listing) == 60
    assert account.lists.window(listing, 0, 60) == before
    for place, row in enumerate(before):
        assert account.lists.window(listing, place, place + 1) == [row]
        assert isinstance(row, Row)
        assert account.lists.position(listing, row.row) == place
    assert len(account.lists.open(wanted)) == 109


def test_a_listing_can_be_read_through_any_connection(tmp_path: Path) -> None:
    _archive, account = opened(tmp_path, *hourly(100, 60))
    with Archive.open(tmp_path / "inbox.db") as other:
        for wanted in (Query(), query_for("hello")):
            listing = account.lists.open(wanted)
            assert ids(account.on(other).lists.window(listing, 3, 6)) == [156, 155, 154]


@given(st.data())
@settings(max_examples=15, deadline=None)
def test_a_listing_shrinks_when_messages_are_deleted(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    archive, account = opened(tmp_path_factory.mktemp("a"), *hourly(100, 60))
    wanted = data.draw(st.sampled_from([Query(), Query(state="unread"), Query(since=SERVER_NOW)]))
    listing = account.lists.open(wanted)
    sum(account.expire(SERVER_NOW - data.draw(st.integers(-1, 60)) * HOUR))
    kept = ids(whole(archive, account, wanted))
    assert ids(account.lists.window(listing, 0, 60)) == kept
    for start in range(0, 60, 7):
        shown = ids(account.lists.window(listing, start, start + 7))
        assert shown == kept[start : start + 7]
    for row in whole(archive, account, wanted):
        assert isinstance(row, Row)
        assert account.lists.position(listing, row.row) == kept.index(row.id)


def test_arrivals_are_returned_once_even_if_older_than_known_messages(tmp_path: Path) -> None:
    archive, account = opened(tmp_path, incoming(5, received=SERVER_NOW))
    since = SERVER_NOW - 500
    rows, changes = account.messages.arrived(since, 0)
    assert ids(rows) == [5]
    with Archive.open(archive.path) as other:
        older = [incoming(n, received=SERVER_NOW - 100 * n) for n in (1, 2, 3, 6)]
        account.on(other).store_page(page(*older, incoming(5)))
        other.account("vera", "smscentre.com").store_page(page(incoming(9)))
        mark(account.on(other), [5], unread=False)
    rows, changes = account.messages.arrived(since, changes)
    assert ids(rows) == [3, 2, 1]
    assert account.messages.arrived(since, changes) == ([], changes)


def test_thousands_of_messages_in_one_second_or_hour_are_all_listed(tmp_path: Path) -> None:
    same = [incoming(number, "crowd", received=SERVER_NOW) for number in range(0, 20_000, 2)]
    hour = [incoming(number, "crowd", received=SERVER_NOW - number) for number in range(1, 2000, 2)]
    _archive, account = opened(tmp_path, *same[::-1], *hour)
    account.store_page(page(incoming(4001, "crowd", received=SERVER_NOW)))
    for wanted in (Query(), query_for("crowd"), Query(state="unread")):
        listing = account.lists.open(wanted)
        assert len(listing) == 11_001
        assert ids(account.lists.window(listing, 0, 3)) == [4001, 19_998, 19_996]
        assert ids(account.lists.window(listing, 9_999, 11_001)) == [2, 0, *range(1, 2000, 2)]
        for number, place in ((4001, 0), (19_998, 1), (1999, 11_000)):
            assert account.lists.position(listing, row_of(account, number).row) == place


def test_messages_read_meanwhile_stay_in_the_unread_list(tmp_path: Path) -> None:
    _archive, account = opened(tmp_path, *hourly(0, 6))
    wanted = Query(state="unread", since=SERVER_NOW - 4 * HOUR)
    shown = account.lists.open(wanted)
    mark(account, [3, 5], unread=False)
    account.store_page(page(incoming(9)))
    kept = account.lists.open(wanted._replace(since=SERVER_NOW - 3 * HOUR), keep=shown)
    rows = account.lists.window(kept, 0, 10)
    assert ids(rows) == [9, 5, 4, 3, 2]
    assert [row.unread for row in rows if isinstance(row, Row)] == [True, False, True, False, True]
    assert ids(account.lists.window(account.lists.open(wanted), 0, 10)) == [9, 4, 2, 1]
    other = account.lists.open(query_for("hello", state="unread"), keep=shown)
    assert ids(account.lists.window(other, 0, 10)) == [9, 4, 2, 1, 0]


def test_a_search_can_stop_after_the_first_results(tmp_path: Path) -> None:
    _archive, account = opened(tmp_path, *hourly(0, 300))
    first = account.lists.open(query_for("hell"), first=20)
    assert ids(account.lists.window(first, 0, 20)) == list(range(299, 279, -1))
    assert not first.complete
    every = account.lists.open(query_for("hell"), first=301)
    assert every.complete
    assert len(every) == 300


def test_a_window_beyond_the_list_is_empty(tmp_path: Path) -> None:
    _archive, account = opened(tmp_path, incoming(1))
    listing = account.lists.open(Query())
    assert account.lists.window(listing, 5, 9) == []
    assert ids(account.lists.window(listing, -5, 9)) == [1]
    assert account.lists.window(listing, 1, 0) == []


@pytest.fixture
def grown(tmp_path: Path) -> tuple[Archive, AccountArchive]:
    messages = [
        incoming(
            n,
            f"code {n}",
            received=SERVER_NOW - n * 600,
            to_phone=str(n % 3),
            phone=f"sender {n % 5}",
        )
        for n in range(3000)
    ]
    archive, account = opened(tmp_path, *messages)
    mark(account, range(0, 3000, 2), unread=False)
    account.store_page(page(gap=Gap(SERVER_NOW - 9 * HOUR, SERVER_NOW - 2 * HOUR)))
    return archive, account


def test_no_key_press_reads_the_whole_table(grown: tuple[Archive, AccountArchive]) -> None:
    archive, account = grown
    asked: set[str] = set()
    archive.database.connection.set_trace_callback(asked.add)
    since = SERVER_NOW - 100 * HOUR - 77
    for wanted in (
        Query(),
        Query(to_phone="1"),
        Query(since=since),
        Query(since=since, to_phone="2"),
        Query(state="unread"),
        Query(state="unread", to_phone="1", since=since),
        Query(phone="sender 1"),
        Query(phone="sender 1", state="unread"),
        query_for("code"),
        query_for("code", to_phone="1", since=since),
    ):
        listing = account.lists.open(wanted, first=50)
        account.lists.window(listing, 10, 40)
        account.lists.position(listing, row_at(SERVER_NOW - 50 * HOUR))
        account.lists.next_unread(wanted, row_at(SERVER_NOW - 50 * HOUR))
    account.messages.get(5)
    account.messages.newest()
    account.counts.total()
    account.counts.unread()
    account.counts.to_phones(since, parts=[("79", ["1"])], most=9)
    account.counts.to_phones(None)
    account.counts.since(since, "1")
    account.notes.get("x")
    account.sync_state.cursor("")
    account.requests.hold(BOOT)
    account.requests.entries(BOOT)
    archive.database.connection.set_trace_callback(None)
    selects = [sql for sql in asked if sql.startswith("SELECT") and "FROM" in sql]
    assert len(selects) > 40
    for sql in selects:
        plan = [
            step for *_, step in archive.database.connection.execute(f"EXPLAIN QUERY PLAN {sql}")
        ]
        assert not [step for step in plan if re.fullmatch("SCAN (messages|daily_counts)", step)], (
            sql
        )
        assert not [step for step in plan if "TEMP B-TREE" in step and "ORDER" in step], sql


@pytest.mark.parametrize("hours", [0, 2, -3])
@pytest.mark.parametrize("wanted", [Query(), query_for("code"), Query(state="unread")])
def test_a_window_reads_its_messages_and_each_day_once(
    grown: tuple[Archive, AccountArchive], wanted: Query, hours: int
) -> None:
    archive, account = grown
    asked: list[str] = []
    listing = account.lists.open(wanted, days=lambda day: service_day(day) - hours * HOUR)
    archive.database.connection.set_trace_callback(asked.append)

    def selects() -> int:
        return len([sql for sql in asked if sql.startswith("SELECT")])

    middle = len(listing) - 200
    for start in (middle, middle + 10, 0):
        asked.clear()
        account.lists.day_at(listing, start)
        account.lists.window(listing, start, start + 40)
        assert selects() <= (3 if hours == 0 else 6)
    asked.clear()
    account.lists.window(listing, middle + 5, middle + 45)
    for place in range(middle, middle + 45):
        account.lists.day_at(listing, place)
    assert selects() == 1


@pytest.mark.parametrize("wanted", [Query(), Query(to_phone="1"), Query(since=SERVER_NOW - HOUR)])
def test_days_in_another_time_zone_are_found_through_the_index(
    grown: tuple[Archive, AccountArchive], wanted: Query
) -> None:
    archive, account = grown
    asked: list[str] = []
    archive.database.connection.set_trace_callback(asked.append)
    account.lists.open(wanted, days=lambda day: service_day(day) - 2 * HOUR)
    archive.database.connection.set_trace_callback(None)
    (sql,) = [sql for sql in asked if "json_extract" in sql]
    plan = [step for *_, step in archive.database.connection.execute(f"EXPLAIN QUERY PLAN {sql}")]
    assert any(step.startswith("SEARCH messages USING") for step in plan), plan


@pytest.mark.parametrize("received", [-62135596790, 253402300799], ids=["first", "last"])
@pytest.mark.parametrize("zone", ["Europe/Moscow", "Asia/Kamchatka", "Pacific/Honolulu"])
def test_the_first_and_the_last_moment_of_the_calendar_have_a_day(
    tmp_path: Path, received: int, zone: str
) -> None:
    reader = presentation(ZoneInfo(zone))
    _, account = opened(tmp_path, incoming(1, received=received))
    for wanted in (Query(), query_for("hello")):
        listing = account.lists.open(wanted, days=reader.day_start)
        day, row = account.lists.window(listing, 0, 3)
        assert isinstance(day, Day)
        assert isinstance(row, Row)
        assert reader.day_names(day.day)


def test_looking_for_a_sender_reads_no_messages_of_other_accounts(
    tmp_path: Path,
) -> None:
    senders = ("79990000001", "79990000002")
    archive, _ = opened(tmp_path, *(incoming(n, phone=senders[0]) for n in range(1, 1001)))
    counts = archive.account("other", "smscentre.com").counts
    found: set[str] = set()
    taken = steps(archive, lambda: found.update(counts.senders_among(senders)))
    assert found == {senders[0]}
    assert taken * 10 < 1000


def test_the_newest_message_is_found_without_reading_later_ones_of_other_accounts(
    tmp_path: Path,
) -> None:
    archive, mine = opened(tmp_path, incoming(1, received=SERVER_NOW - 30 * 24 * HOUR))
    theirs = archive.account("vera", "smscentre.com")
    theirs.store_page(page(*(incoming(n, received=SERVER_NOW - n) for n in range(1, 1001))))
    found = []
    taken = steps(archive, lambda: found.append(mine.messages.newest()))
    assert [one.id for one in found if one is not None] == [1]
    assert taken * 10 < 1000


def test_only_numbers_with_messages_are_in_use(tmp_path: Path) -> None:
    archive, account = opened(tmp_path, *hourly(0, 3, to_phone="1"), *hourly(10, 2, to_phone="2"))
    other = archive.account("vera", "smscentre.com")
    other.store_page(page(*hourly(0, 1, to_phone="2"), *hourly(5, 1, to_phone="3")))
    assert account.counts.in_use() == ["1", "2"]
    assert archive.all_accounts().counts.in_use() == ["1", "2", "3"]
    sum(account.expire(SERVER_NOW + HOUR))
    assert account.counts.in_use() == []


def test_messages_of_all_accounts_form_one_list_newest_first(tmp_path: Path) -> None:
    archive, mine = opened(tmp_path, *hourly(0, 5))
    theirs = archive.account("vera", "smscentre.com")
    theirs.store_page(page(*(m._replace(message="theirs") for m in hourly(0, 5))))
    every = archive.all_accounts()
    assert (every.counts.total(), every.counts.unread()) == (10, 10)
    assert every.counts.since(None, "79110000001") == (10, 10)
    for wanted in (Query(), Query(state="unread"), Query(to_phone="79110000001")):
        rows = list(every.lists.window(every.lists.open(wanted), 0, 10))
        assert [row.row for row in rows if isinstance(row, Row)] == sorted(
            (row.row for row in rows if isinstance(row, Row)), reverse=True
        )
        assert {row.account_id for row in rows if isinstance(row, Row)} == {mine.id, theirs.id}
    assert len(every.lists.open(query_for("theirs"))) == 5
    change = every.messages.mark_all_read(query_for("theirs"))
    assert (mine.counts.unread(), theirs.counts.unread(), every.counts.unread()) == (5, 0, 5)
    every.messages.undo(change)
    assert theirs.counts.unread() == 5
    first, *_ = every.lists.window(every.lists.open(Query(), days=service_day), 0, 3)
    assert isinstance(first, Day)


@pytest.mark.parametrize("oldest_first", [False, True])
def test_a_window_in_a_day_of_a_million_messages_reads_few_of_them(oldest_first: bool) -> None:
    looked_at = 0

    class Rows(array):  # type: ignore[type-arg] # array can't be subscripted at run time
        def __getitem__(self, index: Any) -> Any:
            nonlocal looked_at
            looked_at += 1
            return super().__getitem__(index)

    rows = Rows("q", range(1_000_000))
    day = _DayOfList(0, len(rows), None, rows, [Gap(1, 5)], (), [_Line(0, 700_000)])
    assert len(day.items(500_000, 500_036, oldest_first=oldest_first)) == 36
    assert looked_at < 200


async def test_closing_the_archive_worker_waits_for_the_running_call(tmp_path: Path) -> None:
    archive, _account = opened(tmp_path)
    worker = ArchiveWorker(archive.path)
    mine = await worker.call(lambda opened: opened)
    began, go_on = threading.Event(), threading.Event()

    def pause() -> int:
        began.set()
        return int(go_on.wait(10))

    mine.database.connection.create_function("pause", 0, pause)
    written = asyncio.ensure_future(
        worker.run(mine.database.query, "SELECT pause() UNION ALL SELECT 2")
    )
    await asyncio.to_thread(began.wait, 10)
    closed = asyncio.ensure_future(worker.close())
    await asyncio.sleep(0)
    go_on.set()
    assert await written == [(1,), (2,)]
    await closed
