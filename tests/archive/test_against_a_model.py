"""Whatever is done to an archive, it shows what a brute-force model shows."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.archives import SERVER_NOW, Model, incoming, order, page, without_row

from inbox_tui.archive import AccountArchive, Archive, Gap, Key, Listing, Query, Row

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
)  # fmt: skip

instants = st.one_of(
    st.integers(SERVER_NOW - 3 * 3600, SERVER_NOW),
    st.integers(SERVER_NOW - 200 * 3600, SERVER_NOW + 3600),
    st.sampled_from([SERVER_NOW - SERVER_NOW % 3600, SERVER_NOW - SERVER_NOW % 86400]),
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
filters = st.builds(
    Query,
    to_phone=st.sampled_from([None, None, *TO_PHONES, "unheard of"]),
    since=st.one_of(st.none(), instants),
    phone=st.sampled_from([None, None, *PHONES]),
    search=st.sampled_from(SEARCHES),
    unread=st.booleans(),
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


def check(archive: Archive, account: AccountArchive, model: Model, wanted: Query) -> Listing:
    expected = model.listing(wanted)
    listing = account.lists.open(wanted)
    assert len(listing) == len(expected)
    assert listing.complete
    assert listing.messages == sum(isinstance(item, Row) for item in expected)
    assert without_row(account.lists.window(listing, 0, len(listing))) == expected
    for start in range(0, len(expected), 3):
        assert (
            without_row(account.lists.window(listing, start, start + 4))
            == expected[start : start + 4]
        )
    check_positions(account, listing, expected)
    first = account.lists.open(wanted, first=5)
    shown = without_row(account.lists.window(first, 0, len(first)))
    assert shown == expected[: len(shown)]
    assert len(shown) >= min(5, len(expected))
    assert first.complete == (len(shown) == len(expected)) or not first.complete
    return listing


def check_positions(account: AccountArchive, listing: Listing, expected: list[Row | Gap]) -> None:
    for place, item in enumerate(expected):
        if isinstance(item, Row):
            assert account.lists.position(listing, item.key) == place
        else:
            at_end = Key(item.end, -1)
            newer = sum(order(other)[:2] > at_end for other in expected)
            assert account.lists.position(listing, at_end) == newer
    assert account.lists.position(listing, Key(2**40, 0)) == 0
    assert account.lists.position(listing, Key(-1, 0)) == len(expected)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_lists_positions_and_counts_are_those_of_the_model(data: st.DataObject) -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        Archive.open(Path(folder) / "inbox.db") as archive,
    ):
        other = archive.account("other", "smscentre.com")
        other.store_page(page(*[incoming(n, "code код") for n in range(5)]))
        account = archive.account("alex", "smscentre.com")
        model = Model()
        for _ in range(data.draw(st.integers(1, 3))):
            batch = data.draw(messages)
            assert list(account.store_page(page(*batch)).new) == model.store(batch)
            for scope, gap in data.draw(gaps):
                account.store_page(page(scope=scope, gap=gap))
                model.gaps.add((scope, gap))
            known = sorted(model.rows)
            if known:
                some = data.draw(st.lists(st.sampled_from(known), max_size=10))
                unread = data.draw(st.booleans())
                account.messages.set_unread(some, unread=unread)
                model.mark(some, unread=unread)
            archive.index(data.draw(st.sampled_from([0, 1, 7, 1000])))
            if data.draw(st.booleans()):
                before = data.draw(instants)
                assert account.expire(before) == model.expire(before)
            for wanted in data.draw(st.lists(filters, min_size=1, max_size=5)):
                check(archive, account, model, wanted)
                keys = [st.sampled_from([row.key]) for row in model.rows.values()]
                after = data.draw(
                    st.one_of(st.none(), st.builds(Key, instants, st.integers(0, 60)), *keys)
                )
                row = account.lists.next_unread(wanted, after)
                assert (row and row._replace(row=0)) == model.next_unread(wanted, after)
        check_counts(archive, account, model, data)
        wanted = data.draw(filters)
        exported = [row._replace(row=0) for row in account.lists.export(wanted)]
        assert exported == model.messages(wanted)[::-1]
        marked = account.messages.mark_all_read(wanted)
        unread_shown = [row.id for row in model.messages(wanted._replace(unread=True))]
        assert sorted(marked) == sorted(unread_shown)
        model.mark(marked, unread=False)
        check(archive, account, model, Query())
        check_counts(archive, account, model, data)
        assert other.counts.total() == other.counts.unread() == 5


def check_counts(
    archive: Archive, account: AccountArchive, model: Model, data: st.DataObject
) -> None:
    rows = list(model.rows.values())
    assert account.counts.total() == len(rows)
    assert account.counts.unread() == sum(row.unread for row in rows)
    for since in (None, data.draw(instants)):
        counted = {}
        for to_phone in TO_PHONES:
            fitting = model.messages(Query(to_phone=to_phone, since=since))
            if fitting:
                counted[to_phone] = (len(fitting), sum(row.unread for row in fitting))
            windows = account.counts.windows(to_phone, [since, None])
            assert windows == [
                len(fitting),
                len(model.messages(Query(to_phone=to_phone))),
            ]
            lowest = min((row.id for row in fitting), default=None)
            if to_phone and since is not None:
                assert account.messages.lowest_id(to_phone, since) == lowest
        numbers = account.counts.to_phones(since)
        assert numbers == [(number, *counted[number]) for number in sorted(counted)]
        assert account.counts.windows(None, [since]) == [len(model.messages(Query(since=since)))]
    newest = account.messages.newest()
    assert (newest and newest._replace(row=0)) == next(iter(model.messages(Query())), None)
    for row in rows[:5]:
        found = account.messages.get(row.id)
        assert found is not None
        assert found._replace(row=0) == row
    assert set(account.sync_state.gaps()) == {gap for _, gap in model.gaps}
