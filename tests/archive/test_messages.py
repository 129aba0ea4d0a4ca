"""Storing answers: a page as a whole or not at all, texts unchanged, no message twice."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.archives import (
    BOOT,
    NOW,
    SERVER_NOW,
    at,
    ids,
    incoming,
    mark,
    opened,
    page,
    query_for,
    row_of,
    whole,
)
from support.programs import SPAWN, spawned, store_pages

from inbox_tui.archive import (
    SIGNED_IN,
    Archive,
    ArchiveError,
    Cursor,
    Gap,
    Hold,
    Permit,
    Polled,
    Query,
    Row,
)
from inbox_tui.archive.records import LateMessages, Pass
from inbox_tui.archive.team_copy import CopiedPage, TeamCopy
from inbox_tui.smsc.limit import Limit

anything = st.text(st.characters(), max_size=40)
"""Any text, also with lone surrogates, NUL and control characters."""


def test_the_same_id_in_two_accounts_is_two_messages(tmp_path: Path) -> None:
    archive, account = opened(tmp_path, incoming(1, "mine"))
    other = archive.account("other", "smscentre.com")
    assert other.store_page(page(incoming(1, "theirs"))) == [1]
    mark(other, [1], unread=False)
    mine, theirs = row_of(account, 1), row_of(other, 1)
    assert (mine.message, mine.unread) == ("mine", True)
    assert (theirs.message, theirs.unread) == ("theirs", False)


def test_the_same_login_at_another_host_is_another_account(tmp_path: Path) -> None:
    archive, account = opened(tmp_path)
    other = archive.account("alex", "smsc.kz")
    assert other != account
    assert archive.account("alex", "smscentre.com") == account
    assert archive.accounts() == [account, other]


@given(text=anything, phone=anything, to_phone=anything, raw=anything, word=anything)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_text_is_stored_unchanged(
    tmp_path: Path, text: str, phone: str, to_phone: str, raw: str, word: str
) -> None:
    with Archive.open(tmp_path / "inbox.db") as archive:
        account = archive.account(word, phone)
        account.purge()
        account = archive.account(word, phone)
        message = incoming(1, text, phone=phone, to_phone=to_phone)
        account.store_page(page(message, scope=to_phone, unreadable=[raw]))
        account.notes.set("filters", text)
        assert (word, phone) in [(known.login, known.host) for known in archive.accounts()]
    with Archive.open(tmp_path / "inbox.db") as archive:
        account = account.on(archive)
        (row,) = whole(archive, account, Query(to_phone=to_phone, phone=phone))
        assert isinstance(row, Row)
        assert (row.message, row.phone, row.to_phone) == (text, phone, to_phone)
        assert account.counts.to_phones(None) == [(to_phone, 1, 1)]
        assert account.notes.get("filters") == text
        assert account.messages.unreadable_count() == 1


@pytest.mark.parametrize(
    "received", [-5_000_000, 0, 2**33 - 1, 2**33, 10**11, 253_402_300_799], ids=str
)
def test_any_date_is_stored_and_sorted_correctly(tmp_path: Path, received: int) -> None:
    archive, account = opened(tmp_path)
    dated = [incoming(n, "code", received=received - n % 2, phone="7") for n in range(4)]
    account.store_page(page(incoming(10, "code", phone="7"), *dated))
    for wanted in (Query(), query_for("code"), Query(state="unread"), Query(phone="7")):
        shown = [2, 0, 3, 1]
        expected = [*shown, 10] if received > SERVER_NOW else [10, *shown]
        assert ids(whole(archive, account, wanted)) == expected
    row = row_of(account, 2)
    assert (row.received, row.sent) == (received, received - 2)


def test_a_message_without_a_sending_time_is_stored_without_one(tmp_path: Path) -> None:
    _archive, account = opened(tmp_path, incoming(1)._replace(sent=None))
    assert row_of(account, 1).sent is None


def test_the_smallest_and_largest_ids_are_stored(tmp_path: Path) -> None:
    archive, account = opened(tmp_path, incoming(0), incoming(2**63 - 1))
    mark(account, [0, 2**63 - 1], unread=False)
    assert ids(whole(archive, account, Query())) == [2**63 - 1, 0]
    assert account.counts.unread() == 0


def test_a_page_that_cannot_be_stored_completely_changes_nothing(tmp_path: Path) -> None:
    _archive, account = opened(tmp_path)
    permit = account.requests.begin("", "a", at(999), Limit())
    assert isinstance(permit, Permit)
    too_large = incoming(1)._replace(id=2**63)
    bad = page(
        incoming(5),
        incoming(1)._replace(to_phone="new"),
        too_large,
        unreadable=["raw"],
        cursor=Cursor(confirmed_id=5),
        gap=Gap(1, 2),
        entry=permit.entry,
    )
    with pytest.raises(OverflowError):
        account.store_page(bad)
    assert account.counts.total() == account.messages.unreadable_count() == 0
    assert account.sync_state.gaps() == []
    assert account.counts.to_phones(None) == []
    assert account.sync_state.cursor("") == Cursor()
    assert [entry.answered_at for entry in account.requests.entries(at(1000))] == [None]
    assert account.store_page(page(incoming(5))) == [5]


def test_the_same_unreadable_entry_is_stored_once(tmp_path: Path) -> None:
    _archive, account = opened(tmp_path)
    raws = ['{"id": "seven"}', "\ud800 half", "a\0b"]
    account.store_page(page(unreadable=[*raws, raws[0]]))
    account.store_page(page(unreadable=raws[:1]))
    assert account.messages.unreadable_count() == 3
    assert account.counts.total() == 0


def test_a_gap_found_several_times_is_listed_once(tmp_path: Path) -> None:
    _archive, account = opened(tmp_path)
    for scope in ("", "7", "7"):
        account.store_page(page(scope=scope, gap=Gap(10, 20)))
    account.store_page(page(gap=Gap(30, 40)))
    assert account.sync_state.gaps() == [Gap(30, 40), Gap(10, 20)]


def test_unreadable_entries_are_stored_up_to_a_maximum_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inbox_tui.archive.messages._MOST_UNREADABLE", 15)
    _archive, account = opened(tmp_path)
    for first in (0, 0, 10, 20):
        raws = [f"entry {number}" for number in range(first, first + 10)]
        account.store_page(page(unreadable=raws))
    assert account.messages.unreadable_count() == 20


def test_a_second_text_for_an_id_is_counted_and_the_first_is_kept(tmp_path: Path) -> None:
    _archive, account = opened(tmp_path, incoming(1, "first"), incoming(2, "half \udc00"))
    account.store_page(page(incoming(1, "first"), incoming(2, "half \udc00")))
    assert account.messages.conflicts() == 0
    for text in ("second", "third"):
        account.store_page(page(incoming(1, text)))
    assert account.messages.conflicts() == 1
    assert row_of(account, 1).message == "first"


# -- states


def test_messages_of_a_muted_sender_never_count_as_unread(tmp_path: Path) -> None:
    messages = [incoming(n, phone=("BANK", "SHOP")[n % 2]) for n in range(10)]
    archive, account = opened(tmp_path, *messages)
    change = account.messages.mute("BANK", muted=True)
    account.store_page(page(incoming(10, phone="BANK"), incoming(11, phone="SHOP")))
    assert (account.counts.total(), account.counts.unread()) == (12, 6)
    assert account.counts.to_phones(None) == [("79110000001", 12, 6)]
    assert len(whole(archive, account, Query(state="unread"))) == 6
    assert len(whole(archive, account, Query(state="muted"))) == 6
    with Archive.open(archive.path) as other:
        assert account.on(other).messages.muted_senders() == {"BANK"}
        account.on(other).messages.undo(change)
    assert account.counts.unread() == 12
    assert account.messages.mute("BANK", muted=False).senders == []


# -- read flags


def test_marking_a_message_twice_changes_the_unread_count_once(tmp_path: Path) -> None:
    _archive, account = opened(tmp_path, *[incoming(number) for number in range(2500)])
    mark(account, [*range(2400), *range(100), 7_000_000], unread=False)
    mark(account, range(10), unread=False)
    assert (account.counts.total(), account.counts.unread()) == (2500, 100)
    mark(account, [1, 1, 2], unread=True)
    assert account.counts.unread() == 102
    assert row_of(account, 1).unread


# -- sync state


def test_a_cursor_is_kept_for_each_scope(tmp_path: Path) -> None:
    archive, account = opened(tmp_path)
    polled = Polled(at(12.25), NOW, datetime(2026, 11, 23, 7, 0, 0, 5, tzinfo=UTC))
    running = Pass("whole", 168, at(1), 2**63 - 1, 3)
    cursor = Cursor(polled, polled, 2**63 - 1, True, running=running)
    account.store_page(page(cursor=cursor))
    account.store_page(page(scope="7", cursor=Cursor(newest_first=False)))
    assert account.sync_state.cursor("") == cursor
    assert account.sync_state.cursor("7") == Cursor(newest_first=False)
    assert account.sync_state.cursor("8") == Cursor()
    archive.database.execute("UPDATE sync_cursors SET cursor = '{'")
    assert account.sync_state.cursor("") == Cursor()


def test_late_messages_and_the_clock_difference_are_kept(tmp_path: Path) -> None:
    _archive, account = opened(tmp_path)
    assert account.sync_state.late() == LateMessages(0, 0.0)
    account.sync_state.add_late(2, 7200.0)
    account.sync_state.add_late(1, 3600.5)
    assert account.sync_state.late() == LateMessages(3, 7200.0)
    assert account.sync_state.clock_difference() is None
    account.sync_state.set_clock_difference(-12.5)
    assert account.sync_state.clock_difference() == -12.5


# -- notes and change counters


DAMAGED = (
    "",
    "nan",
    "inf -inf",
    "1e400 1",
    "-1e300",
    "1 x",
    "x 1",
    "hub 9e99",
    "\x00",
    "\ufffd" * 9,
)


@pytest.mark.parametrize("value", [*DAMAGED, b"\xff\xfe 5", b"hub \xed\xa0"], ids=ascii)
def test_a_damaged_note_counts_as_none(tmp_path: Path, value: str | bytes) -> None:
    archive, account = opened(tmp_path)
    account.sync_state.add_late(1, 2.0)
    account.sync_state.set_clock_difference(1.0)
    account.note_sign_in("https://smscentre.com/sys/get.php", NOW)
    sum(account.expire(5))
    copy = TeamCopy(account)
    copy.store(CopiedPage("hub", 7, [], [], [], [], NOW))
    assert copy.position("hub") == 7
    for stored in ("?", "CAST(? AS TEXT)"):
        archive.database.execute(f"UPDATE notes SET value = {stored}", (value,))
        assert account.sync_state.late() == LateMessages(0, 0.0)
        assert account.sync_state.clock_difference() is None
        assert account.expired_before() is None
        assert copy.position("hub") is None
        assert account.address == "smscentre.com"
        assert account.notes.get(SIGNED_IN) is not None
        account.sync_state.add_late(1, 2.0)


def test_the_address_of_another_host_is_not_used(tmp_path: Path) -> None:
    _archive, account = opened(tmp_path)
    for address in ("https://www.smscentre.com/sys/get.php", "https://smscentre.com:443/other"):
        account.note_sign_in(address, NOW)
        assert account.address == address
    account.note_sign_in("https://smscentrf.com/sys/get.php", NOW)
    assert account.address == "smscentre.com"


@pytest.mark.parametrize("value", ["", "2026", "2026-11-23T10:00:00", 5, b"\xff"], ids=ascii)
def test_a_hold_with_a_damaged_time_lasts_from_now(tmp_path: Path, value: object) -> None:
    archive, account = opened(tmp_path)
    account.requests.set_hold(Hold("limited", 1060.0, 1, "", NOW, b""), at(1000))
    archive.database.execute("UPDATE holds SET at = ?", (value,))
    hold = account.requests.hold(at(5, "another boot"))
    assert hold is not None
    assert hold.until == pytest.approx(65, abs=5)


def test_a_note_is_stored_until_it_is_deleted(tmp_path: Path) -> None:
    archive, account = opened(tmp_path)
    other = archive.account("other", "smscentre.com")
    assert account.notes.get("filters") is None
    account.notes.set("filters", "{}")
    account.notes.set("filters", "{'a': 1}")
    other.notes.set("filters", "theirs")
    with Archive.open(archive.path) as again:
        assert account.on(again).notes.get("filters") == "{'a': 1}"
        account.on(again).notes.set("filters", None)
    assert account.notes.get("filters") is None
    assert other.notes.get("filters") == "theirs"


def test_any_change_is_noticed_but_reading_is_not(tmp_path: Path) -> None:
    archive, account = opened(tmp_path, incoming(1))
    before = archive.database.data_version()
    whole(archive, account, query_for("hello"))
    account.counts.total()
    assert archive.database.data_version() == before
    mark(account, [1], unread=False)
    after_own = archive.database.data_version()
    assert after_own != before
    with Archive.open(archive.path) as other:
        assert archive.database.data_version() == after_own
        account.on(other).store_page(page(incoming(2)))
    assert archive.database.data_version() not in (before, after_own)


def test_only_changes_to_displayed_data_are_counted(tmp_path: Path) -> None:
    archive, account = opened(tmp_path, incoming(1))
    counted = [archive.changes()]

    def count() -> bool:
        counted.append(archive.changes())
        return counted[-1] > counted[-2]

    with Archive.open(archive.path) as other:
        account.on(other).store_page(page(incoming(2)))
        assert count()
        account.on(other).store_page(page(incoming(2)))
        assert not count()
        account.on(other).store_page(page(unreadable=["?"]))
        assert count()
        account.on(other).store_page(page(gap=Gap(1, 2)))
        assert count()
        mark(account.on(other), [1], unread=False)
        assert count()
        mark(account.on(other), [1], unread=False)
        assert not count()
        account.on(other).messages.mark_all_read(Query())
        assert count()
        account.on(other).notes.set("filters", "{}")
        account.on(other).requests.begin("", "a", BOOT, Limit())
        assert not count()
        sum(account.on(other).expire(2**40))
        assert count()


@pytest.mark.parametrize("phone", ["BANK", "SHOP", "nobody"])
def test_a_change_of_states_is_counted_once(tmp_path: Path, phone: str) -> None:
    archive, account = opened(tmp_path, *[incoming(n, phone="BANK") for n in range(2500)])
    account.store_page(page(incoming(3000, phone="SHOP")))
    before = archive.changes()
    change = account.messages.mute(phone, muted=True)
    assert archive.changes() == before + 1
    account.messages.undo(change)
    assert archive.changes() == before + 2
    account.messages.mark_all_read(Query())
    assert archive.changes() == before + 3


def test_closing_twice_is_harmless_and_using_a_closed_archive_is_an_error(tmp_path: Path) -> None:
    archive, account = opened(tmp_path, incoming(1))
    archive.close()
    archive.close()
    archive.database.interrupt()
    with pytest.raises(ArchiveError):
        account.counts.total()
    with pytest.raises(ArchiveError):
        mark(account, [1], unread=False)


# -- two programs


def test_two_programs_that_store_the_same_pages_store_each_message_once(tmp_path: Path) -> None:
    together = SPAWN.Barrier(2)
    programs = [(tmp_path / "inbox.db", together, downwards) for downwards in (False, True)]
    with spawned(store_pages, programs):
        pass
    archive, account = opened(tmp_path)
    shown = ids(whole(archive, account, Query()))
    assert [number // 7 for number in shown] == sorted(number // 7 for number in range(1010))
    assert sorted(shown) == list(range(1010))
    assert account.counts.total() == 1010
    assert account.counts.unread() == 960
    assert account.messages.unreadable_count() == 10
    assert account.counts.to_phones(None) == [
        (str(to_phone), len(whole(archive, account, Query(to_phone=str(to_phone)))), unread)
        for to_phone in range(4)
        for unread in [len(whole(archive, account, Query(to_phone=str(to_phone), state="unread")))]
    ]
    assert len(whole(archive, account, query_for("hello"))) == 1010
    assert archive.check() == []


def test_unreadable_entries_are_stored_up_to_a_million_characters(tmp_path: Path) -> None:
    _archive, account = opened(tmp_path)
    for poll in range(4):
        account.store_page(page(unreadable=[f"{poll} {n} {'x' * 10_000}" for n in range(60)]))
    assert account.messages.unreadable_count() == 104
