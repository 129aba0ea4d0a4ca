"""Property tests that compare the archive with a brute-force model."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.archives import SERVER_NOW, Model, in_state, incoming, page

from inbox_tui.archive import (
    AccountArchive,
    Archive,
    Day,
    DayStart,
    Gap,
    Item,
    Listing,
    Query,
    Row,
    StateChange,
    service_day,
)
from inbox_tui.archive.records import ChangedState, row_at
from inbox_tui.text.search_query import parse_query

TO_PHONES = ("79110000001", "79110000002", "")
PHONES = ("79991234567", "TINKOFF", "7 (916) 000", "\ud800")
TEXTS = (
    "Your code is 481-516",
    "ВАШ КОД 48 15 16",
    "Заказ 5512 готов, ёлка",
    "ok",
    "a\0b c",
    "lone \udc00 code",
    'quote " AND (код) * -',
    "",
)
SEARCHES = (
    "", "code", "код", "КОД ваш", "481516", "48 1516", "o", "ok", '"', "готов 55", "tink",
    "+79991234567", "+7 (999) 123-45-67", "елка", "AND", "нет такого", "code 5", "NEAR(",
    "-code", "-o", "-code -код", "код -готов", "from:tin", "from:tin from:7999", "-from:7999",
    "to:0001 code", "to:2", "банк", "-банк", "from:банк", "код is:unread", "-is:done",
    "is:starred is:unread", "is:muted", "is:todo o", "is:taken", "-is:taken код",
)  # fmt: skip

NAMES = {"TINKOFF": "Банк", "79110000001": "Заказы"}


def in_zone(hours: int, day: int) -> int:
    """Return when a day begins for a reader whose clock is `hours` ahead of the service's."""
    return service_day(day) - hours * 3600


instants = st.one_of(
    st.integers(SERVER_NOW - 3 * 3600, SERVER_NOW),
    st.integers(SERVER_NOW - 200 * 3600, SERVER_NOW + 3600),
    st.sampled_from([SERVER_NOW - SERVER_NOW % 3600, SERVER_NOW - SERVER_NOW % 86400]),
)
day_starts = st.sampled_from(
    [
        None,
        service_day,
        *(partial(in_zone, hours) for hours in (-3, 2, 9, 11, -10)),
    ]
)
messages = st.lists(
    st.builds(
        incoming,
        st.one_of(st.integers(0, 60), st.integers(0, 2**63 - 1)),
        st.sampled_from(TEXTS),
        received=instants,
        phone=st.sampled_from(PHONES),
        to_phone=st.sampled_from(TO_PHONES),
    ),
    max_size=30,
)
queries = st.builds(
    Query,
    to_phone=st.sampled_from([None, None, *TO_PHONES, "unheard of"]),
    since=st.one_of(st.none(), instants),
    before=st.one_of(st.none(), st.none(), instants),
    phone=st.sampled_from([None, None, *PHONES]),
    search=st.sampled_from(SEARCHES).map(
        lambda typed: parse_query(typed, datetime(2026, 11, 23, tzinfo=UTC), NAMES)
    ),
    state=st.sampled_from([None, None, "unread", "starred", "todo", "done", "muted"]),
) | st.tuples(st.sampled_from([None, *TO_PHONES]), st.none() | instants).map(
    lambda plain: Query(to_phone=plain[0], since=plain[1])
)
gaps = st.lists(
    st.builds(
        lambda scope, end, length: (scope, Gap(end - length, end)),
        st.sampled_from(["", TO_PHONES[0]]),
        instants,
        st.integers(1, 10**6),
    ),
    max_size=3,
)


def check(
    account: AccountArchive,
    model: Model,
    wanted: Query,
    *,
    days: DayStart | None,
    oldest_first: bool,
) -> None:
    lists = account.lists
    expected = model.listing(wanted, days=days, oldest_first=oldest_first)
    messages = [item for item in expected if isinstance(item, Row)]
    listing = lists.open(wanted, days=days, oldest_first=oldest_first)
    assert lists.window(listing, 0, len(listing)) == expected
    assert listing.complete
    assert (len(listing), listing.messages) == (len(expected), len(messages))
    assert lists.count(wanted) == len(messages)
    for start in range(0, len(expected), 3):
        assert lists.window(listing, start, start + 4) == expected[start : start + 4]
    check_positions(account, listing, expected)
    first = lists.open(wanted, first=5, oldest_first=oldest_first)
    shown = [item for item in lists.window(first, 0, len(first)) if isinstance(item, Row)]
    assert shown == (messages if first.complete else messages[:5])
    exported = list(lists.export(wanted))
    assert exported == sorted(messages, key=lambda row: row.row)


def check_positions(account: AccountArchive, listing: Listing, expected: list[Item]) -> None:
    lists = account.lists
    for item in expected:
        if isinstance(item, Row | Gap):
            found = expected[lists.position(listing, item.row)]
            assert isinstance(found, type(item))
            assert found.row == item.row
    above: Day | None = None
    newer = 0
    for place, item in enumerate(expected):
        above = item if isinstance(item, Day) else above
        told = None if above is None else (above, item is above)
        assert lists.day_at(listing, place) == told
        if isinstance(item, Row) and not listing.oldest_first:
            assert lists.newer(listing, item.row) == newer
            newer += 1
    assert lists.day_at(listing, len(expected)) is None
    ends = (0, len(expected)) if listing.oldest_first else (len(expected), 0)
    assert (lists.position(listing, -(2**60)), lists.position(listing, 2**60)) == ends
    for moment in (SERVER_NOW - 3600, SERVER_NOW - 86400 * 3, SERVER_NOW + 10**6):
        later = [item for item in expected if isinstance(item, Row) and item.received >= moment]
        first = lists.first_since(listing, moment)
        assert (None if first is None else expected[first]) == min(
            later, key=lambda row: row.row, default=None
        )


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_lists_positions_and_counts_match_the_model(data: st.DataObject) -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        Archive.open(Path(folder) / "inbox.db") as archive,
    ):
        account = archive.account("alex", "smscentre.com")
        other = archive.account("other", "smscentre.com")
        theirs = [incoming(n, "code код", received=10**9 + n) for n in range(5)]
        if data.draw(st.booleans()):
            other.store_page(page(*theirs))
        kept = other.counts.total()
        model = Model(account.id)
        for _ in range(data.draw(st.integers(1, 3))):
            batch = data.draw(messages)
            assert account.store_page(page(*batch)) == model.store(batch)
            for scope, gap in data.draw(gaps):
                account.store_page(page(scope=scope, gap=gap))
                model.gaps.add((scope, gap))
            change_states(account, model, data)
            if data.draw(st.booleans()):
                before = data.draw(instants)
                assert sum(account.expire(before)) == model.expire(before)
            for wanted in data.draw(st.lists(queries, min_size=1, max_size=5)):
                days, oldest_first = data.draw(day_starts), data.draw(st.booleans())
                check(account, model, wanted, days=days, oldest_first=oldest_first)
                rows = [st.just(row.row) for row in model.rows.values()]
                after = data.draw(st.one_of(st.none(), instants.map(row_at), *rows))
                newer = data.draw(st.booleans())
                unread = account.lists.next_unread(wanted, after, newer=newer)
                assert unread == model.next_unread(wanted, after, newer=newer)
        check_counts(account, model, data)
        wanted = data.draw(queries)
        marked = account.messages.mark_all_read(wanted)
        expected = [row for row in model.messages(wanted) if row.unread]
        if wanted.state is None:
            expected = [row for row in expected if not row.muted]
        assert sorted(marked.rows) == sorted(row.row for row in expected)
        model.set_state([row.id for row in expected], "unread", value=False)
        check(account, model, Query(), days=service_day, oldest_first=False)
        check_counts(account, model, data)
        assert other.counts.total() == other.counts.unread() == kept


def change_states(account: AccountArchive, model: Model, data: st.DataObject) -> None:
    """Change states of some messages in archive and model, and undo some of the changes."""
    if not model.rows:
        return
    for _ in range(data.draw(st.integers(0, 4))):
        before = dict(model.rows)
        muted = set(model.muted)
        change: StateChange
        if data.draw(st.booleans()):
            phone, value = data.draw(st.sampled_from(PHONES)), data.draw(st.booleans())
            change = account.messages.mute(phone, muted=value)
            changed = model.mute(phone, muted=value)
        else:
            some = data.draw(st.lists(st.sampled_from(sorted(model.rows)), max_size=10))
            state: ChangedState = data.draw(st.sampled_from(["unread", "starred", "done"]))
            value = data.draw(st.booleans())
            rows = [model.rows[number].row for number in some]
            change = account.messages.set_state(rows, state, value=value)
            changed = model.set_state(some, state, value=value)
        assert sorted(change.rows) == sorted(model.rows[number].row for number in changed)
        if data.draw(st.booleans()):
            account.messages.undo(change)
            model.rows, model.muted = before, muted


def check_counts(account: AccountArchive, model: Model, data: st.DataObject) -> None:
    counts = account.counts

    def counted(wanted: Query) -> tuple[int, int]:
        rows = model.messages(wanted)
        return len(rows), sum(in_state(row, "unread") for row in rows)

    assert (counts.total(), counts.unread()) == counted(Query())
    for since in (None, data.draw(instants)):
        of_numbers = {number: counted(Query(to_phone=number, since=since)) for number in TO_PHONES}
        assert counts.to_phones(since) == [
            (number, *of_numbers[number]) for number in sorted(TO_PHONES) if of_numbers[number][0]
        ]
        for number in (None, *TO_PHONES):
            assert counts.since(since, number) == counted(Query(to_phone=number, since=since))
    assert account.messages.newest() == next(iter(model.messages(Query())), None)
    for row in list(model.rows.values())[:5]:
        assert account.messages.get(row.id) == row
    assert account.messages.muted_senders() == model.muted
    assert set(account.sync_state.gaps()) == {gap for _, gap in model.gaps}
