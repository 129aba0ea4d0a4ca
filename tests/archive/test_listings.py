"""Lists: what later changes do to them, gaps, and the plans behind every key press."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.archives import BOOT, SERVER_NOW, ids, incoming, opened, page, whole

from inbox_tui.archive import Archive, Filter, Gap, Key, QueryCancelled, Row

HOUR = 3600


def hourly(first: int, count: int, **more: str) -> list:
    """Messages an hour apart, the id rising, the newest at `SERVER_NOW`."""
    return [
        incoming(number, received=SERVER_NOW - (first + count - 1 - number) * HOUR, **more)
        for number in range(first, first + count)
    ]


@pytest.mark.parametrize(
    "wanted", [Filter(), Filter(to_phone="79110000001"), Filter(unread=True), Filter(search="hell")]
)
def test_a_listing_does_not_change_by_what_comes_later(tmp_path: Path, wanted: Filter) -> None:
    archive, account = opened(tmp_path, *hourly(100, 60))
    listing = archive.listing(account, wanted)
    before = archive.window(listing, 0, 60)
    late = [incoming(number, received=SERVER_NOW - number * 1800) for number in range(1, 50)]
    archive.store_page(account, page(*late))
    archive.index(1000)
    assert len(listing) == 60
    assert archive.window(listing, 0, 60) == before
    for place, row in enumerate(before):
        assert archive.window(listing, place, place + 1) == [row]
        assert archive.position(listing, row.key) == place
    assert len(archive.listing(account, wanted)) == 109


def test_a_listing_is_read_by_every_connection(tmp_path: Path) -> None:
    archive, account = opened(tmp_path, *hourly(100, 60))
    with Archive.open(tmp_path / "inbox.db") as other:
        for wanted in (Filter(), Filter(search="hello")):
            listing = archive.listing(account, wanted)
            assert ids(other.window(listing, 3, 6)) == [156, 155, 154]


@given(st.data())
@settings(max_examples=15, deadline=None)
def test_a_listing_gets_shorter_where_messages_are_deleted(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    archive, account = opened(tmp_path_factory.mktemp("a"), *hourly(100, 60))
    wanted = data.draw(st.sampled_from([Filter(), Filter(unread=True), Filter(since=SERVER_NOW)]))
    listing = archive.listing(account, wanted)
    archive.expire(account, SERVER_NOW - data.draw(st.integers(-1, 60)) * HOUR)
    kept = ids(whole(archive, account, wanted))
    assert ids(archive.window(listing, 0, 60)) == kept
    for start in range(0, 60, 7):
        shown = ids(archive.window(listing, start, start + 7))
        assert shown == kept[start : start + 7]
    for row in whole(archive, account, wanted):
        assert isinstance(row, Row)
        assert archive.position(listing, row.key) == kept.index(row.id)


def test_what_arrived_is_told_once_however_old_it_is(tmp_path: Path) -> None:
    archive, account = opened(tmp_path, incoming(5, received=SERVER_NOW))
    since = SERVER_NOW - 500
    rows, changes = archive.arrived(account, since, 0)
    assert ids(rows) == [5]
    with Archive.open(archive.path) as other:
        older = [incoming(n, received=SERVER_NOW - 100 * n) for n in (1, 2, 3, 6)]
        other.store_page(account, page(*older, incoming(5)))
        other.store_page(other.account("vera", "smscentre.com"), page(incoming(9)))
        other.mark(account, [5], unread=False)
    rows, changes = archive.arrived(account, since, changes)
    assert ids(rows) == [3, 2, 1]
    assert archive.arrived(account, since, changes) == ([], changes)


def test_many_messages_of_one_second_and_of_one_hour_are_all_found(tmp_path: Path) -> None:
    same = [incoming(number, "crowd", received=SERVER_NOW) for number in range(0, 20_000, 2)]
    hour = [incoming(number, "crowd", received=SERVER_NOW - number) for number in range(1, 2000, 2)]
    archive, account = opened(tmp_path, *same[::-1], *hour)
    archive.store_page(account, page(incoming(4001, "crowd", received=SERVER_NOW)))
    archive.index(6000)
    for wanted in (Filter(), Filter(search="crowd"), Filter(unread=True)):
        listing = archive.listing(account, wanted)
        assert len(listing) == 11_001
        assert ids(archive.window(listing, 0, 3)) == [19_998, 19_996, 19_994]
        assert ids(archive.window(listing, 7998, 8001)) == [4002, 4001, 4000]
        assert ids(archive.window(listing, 9_999, 11_001)) == [2, 0, *range(1, 2000, 2)]
        assert archive.position(listing, Key(SERVER_NOW, 4001)) == 7999
        assert archive.position(listing, Key(SERVER_NOW - 1999, 1999)) == 11_000


def test_a_gap_lies_just_below_what_is_as_new_as_its_end(tmp_path: Path) -> None:
    archive, account = opened(tmp_path, *hourly(0, 5))
    gap = Gap(SERVER_NOW - 9 * HOUR, SERVER_NOW - 2 * HOUR)
    archive.store_page(account, page(gap=gap))
    archive.store_page(account, page(gap=gap))
    shown = whole(archive, account, Filter())
    assert shown[3] == gap
    assert ids(shown) == [4, 3, 2, 1, 0]
    listing = archive.listing(account, Filter())
    assert (len(listing), listing.messages) == (6, 5)
    assert archive.window(listing, 3, 4) == [gap]
    assert archive.position(listing, Key(SERVER_NOW - 3 * HOUR, 1)) == 4
    assert archive.gaps(account) == [gap]


def test_a_gap_is_shown_where_it_concerns_what_is_listed(tmp_path: Path) -> None:
    archive, account = opened(tmp_path, *hourly(0, 5), *hourly(10, 2, to_phone="7"))
    gap = Gap(SERVER_NOW - 9 * HOUR, SERVER_NOW - 2 * HOUR)
    archive.store_page(account, page(scope="79110000001", gap=gap))
    assert gap in whole(archive, account, Filter())
    assert gap in whole(archive, account, Filter(to_phone="79110000001"))
    assert gap in whole(archive, account, Filter(since=gap.end - 1))
    assert gap not in whole(archive, account, Filter(since=gap.end))
    assert gap not in whole(archive, account, Filter(to_phone="7"))
    assert gap not in whole(archive, account, Filter(search="hello"))
    assert gap not in whole(archive, account, Filter(unread=True))


def test_what_is_read_meanwhile_stays_in_the_list_of_unread(tmp_path: Path) -> None:
    archive, account = opened(tmp_path, *hourly(0, 6))
    wanted = Filter(unread=True, since=SERVER_NOW - 4 * HOUR)
    shown = archive.listing(account, wanted)
    archive.mark(account, [3, 5], unread=False)
    archive.store_page(account, page(incoming(9)))
    kept = archive.listing(account, wanted._replace(since=SERVER_NOW - 3 * HOUR), keep=shown)
    rows = archive.window(kept, 0, 10)
    assert ids(rows) == [9, 5, 4, 3, 2]
    assert [row.unread for row in rows if isinstance(row, Row)] == [True, False, True, False, True]
    assert ids(archive.window(archive.listing(account, wanted), 0, 10)) == [9, 4, 2, 1]
    other = archive.listing(account, Filter(unread=True, search="hello"), keep=shown)
    assert ids(archive.window(other, 0, 10)) == [9, 4, 2, 1, 0]


def test_the_first_of_a_search_come_without_looking_for_the_rest(tmp_path: Path) -> None:
    archive, account = opened(tmp_path, *hourly(0, 300))
    archive.index(200)
    first = archive.listing(account, Filter(search="hell"), first=20)
    assert ids(archive.window(first, 0, 20)) == list(range(299, 279, -1))
    assert not first.complete
    every = archive.listing(account, Filter(search="hell"), first=301)
    assert every.complete
    assert len(every) == 300


def test_a_window_beyond_the_list_is_empty(tmp_path: Path) -> None:
    archive, account = opened(tmp_path, incoming(1))
    listing = archive.listing(account, Filter())
    assert archive.window(listing, 5, 9) == []
    assert ids(archive.window(listing, -5, 9)) == [1]
    assert archive.window(listing, 1, 0) == []


def test_a_query_is_cancelled_from_another_thread(tmp_path: Path) -> None:
    archive, account = opened(tmp_path, *hourly(0, 50))
    archive._connection.set_progress_handler(archive.interrupt, 100)
    with pytest.raises(QueryCancelled):
        archive.listing(account, Filter(search="no such text"))
    archive._connection.set_progress_handler(None, 0)
    assert len(archive.listing(account, Filter(search="hello"))) == 50


@pytest.fixture
def grown(tmp_path: Path) -> tuple[Archive, int]:
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
    archive.mark(account, range(0, 3000, 2), unread=False)
    archive.store_page(account, page(gap=Gap(SERVER_NOW - 9 * HOUR, SERVER_NOW - 2 * HOUR)))
    archive.index(2500)
    return archive, account


def test_no_key_press_reads_the_whole_table(grown: tuple[Archive, int]) -> None:
    archive, account = grown
    asked: set[str] = set()
    archive._connection.set_trace_callback(asked.add)
    since = SERVER_NOW - 100 * HOUR - 77
    for wanted in (
        Filter(),
        Filter(to_phone="1"),
        Filter(since=since),
        Filter(since=since, to_phone="2"),
        Filter(unread=True),
        Filter(unread=True, to_phone="1", since=since),
        Filter(phone="sender 1"),
        Filter(phone="sender 1", unread=True),
        Filter(search="code"),
        Filter(search="code", to_phone="1", since=since),
    ):
        listing = archive.listing(account, wanted, first=50)
        archive.window(listing, 10, 40)
        archive.position(listing, Key(SERVER_NOW - 50 * HOUR, 300))
        archive.next_unread(account, wanted, Key(SERVER_NOW - 50 * HOUR, 300))
    archive.message(account, 5)
    archive.newest(account)
    archive.total(account)
    archive.unread(account)
    archive.to_phones(account, since)
    archive.windows(account, "1", [since, None])
    archive.lowest_id(account, "", since)
    archive.recall(account, "x")
    archive.sweep(account, "")
    archive.settled(account, "", BOOT, 300)
    archive.hold(account, BOOT)
    archive.last_request(account, "", BOOT)
    archive._connection.set_trace_callback(None)
    selects = [sql for sql in asked if sql.startswith("SELECT") and "FROM" in sql]
    assert len(selects) > 40
    for sql in selects:
        plan = [step for *_, step in archive._connection.execute(f"EXPLAIN QUERY PLAN {sql}")]
        assert not [step for step in plan if re.match("SCAN (messages|tally|senders)", step)], sql
        assert not [step for step in plan if "TEMP B-TREE" in step and "ORDER" in step], sql


def test_a_position_deep_in_a_crowded_day_costs_no_look_at_the_messages_above(
    grown: tuple[Archive, int],
) -> None:
    archive, account = grown
    asked: list[str] = []
    listing = archive.listing(account, Filter())
    archive._connection.set_trace_callback(asked.append)
    archive.window(listing, 2800, 2850)
    archive._connection.set_trace_callback(None)
    (read,) = [sql for sql in asked if "message, messages.unread" in sql]
    offset = int(read.rpartition("OFFSET ")[2])
    assert offset < 150
