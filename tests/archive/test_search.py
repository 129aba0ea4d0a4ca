"""Search finds the messages that contain what was typed, with or without the index."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.archives import (
    SERVER_NOW,
    Model,
    ids,
    incoming,
    mark,
    opened,
    page,
    query_for,
    whole,
)

from inbox_tui.archive import AccountArchive, Archive, QueryCancelled, search_index
from inbox_tui.text import find_links
from inbox_tui.text.links import Link

TEXTS = {
    1: "Your code is 481-516. Do not tell it to anybody",
    2: "Заказ №5512 ГОТОВ, ждём Вас до 20:00",
    3: "Берёза и ЁЛКА по 1 200 руб.",
    4: "STRASSE, Straße; ΑΘΗΝΑ, Σίσυφος",
    5: 'He said "never AND not" (NEAR) code:* ^x -y',
    6: "Call +7 (999) 123-45-67 or 8 800 555 35 35",
    7: "a%b_c\\d'e;DROP TABLE messages--",
    8: "e\u0301clair, naïve, İstanbul",
    9: "🎉 你好世界 今日は",
    10: "x",
    11: "",
    12: "nul\0inside and \udc00 alone",
    13: "fi\nnal  line\r\n\tend",
}


@pytest.fixture
def stored(tmp_path: Path) -> tuple[Archive, AccountArchive]:
    messages = [
        incoming(
            number, text, received=SERVER_NOW - number, phone=("MTC", "79031112233")[number % 2]
        )
        for number, text in TEXTS.items()
    ]
    archive, account = opened(tmp_path, *messages)
    other = archive.account("other", "smscentre.com")
    other.store_page(page(*[incoming(n + 50, text) for n, text in TEXTS.items()]))
    return archive, account


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("code", [1, 5]),
        ("CODE", [1, 5]),
        ("ode is", [1]),
        ("is code your", [1]),
        ("code заказ", []),
        ("481516", [1]),
        ("481 516", [1]),
        ("481-516", [1]),
        ("48151", [1]),
        ("4815167", []),
        ("заказ", [2]),
        ("гОтОв", [2]),
        ("ждем вас", [2]),
        ("ЖДЁМ", [2]),
        ("елка береза", [3]),
        ("ёлка", [3]),
        ("1200", [3]),
        ("strasse", [4]),
        ("straße", [4]),
        ("αθηνα", [4]),
        ("ΣΊΣΥΦΟΣ", [4]),
        ('"never and', [5]),
        ("(NEAR)", [5]),
        ("never AND not", [5]),
        ("NEAR(code x)", []),
        ('"code:*"', [5]),
        ("code*", []),
        ("^x", [5]),
        ('"-y"', [5]),
        ("79991234567", [6]),
        ("+79991234567", [6]),
        ("+7 999 123-45-67", [6]),
        ("(999) 123-45", [6]),
        ("+7(999)1234567", [6]),
        ("9991234567 call", [6]),
        ("88005553535", [6]),
        ("a%b", [7]),
        ("%", [7]),
        ("_", [7]),
        ("\\d'e", [7]),
        ("';--", []),
        ("DROP TABLE", [7]),
        ("éclair", [8]),
        ("ÉCLAIR", [8]),
        ("naïve", [8]),
        ("naive", []),
        ("🎉", [9]),
        ("世界", [9]),
        ("好", [9]),
        ("mtc", [2, 4, 6, 8, 10, 12]),
        ("+79031112233", [1, 3, 5, 7, 9, 11, 13]),
        ("903", [1, 3, 5, 7, 9, 11, 13]),
        ("79110000001", list(TEXTS)),
        ("code mtc", []),
        ("code 903 79110000001", [1, 5]),
        ("x", [5, 10]),
        ("ис", []),
        ("nul", [12]),
        ("inside alone", [12]),
        ("final", []),
        ("final line", []),
        ("fi nal line end", [13]),
        ("  code  ", [1, 5]),
        ("\t", list(TEXTS)),
        ("code " * 500, [1, 5]),
        ("z" * 5000, []),
    ],
)
def test_search_finds_the_expected_messages(
    stored: tuple[Archive, AccountArchive], search: str, found: list[int]
) -> None:
    archive, account = stored
    assert ids(whole(archive, account, query_for(search))) == found
    unread = query_for(search, state="unread", since=SERVER_NOW - 7)
    assert ids(whole(archive, account, unread)) == [number for number in found if number <= 7]


letters = st.sampled_from([*"abкКеЁ1 29-()\"'*:^+%_\n\0", "ё", "е\u0308", "ß", "SS", "界"])
texts = st.lists(letters, max_size=14).map("".join)


@given(
    st.lists(st.tuples(texts, texts), min_size=1, max_size=8),
    st.lists(texts, min_size=1, max_size=8),
)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_search_finds_the_same_as_looking_through_every_message(
    tmp_path: Path, stored: list[tuple[str, str]], searches: list[str]
) -> None:
    with Archive.open(tmp_path / "inbox.db") as archive:
        archive.account("alex", "smscentre.com").purge()
        account = archive.account("alex", "smscentre.com")
        model = Model(account.id)
        messages = [
            incoming(number, text, received=SERVER_NOW - number, phone=phone)
            for number, (text, phone) in enumerate(stored)
        ]
        account.store_page(page(*messages))
        model.store(messages)
        parts = [text[start : start + 5] for text, _ in stored for start in (0, 3)]
        for search in (*searches, *parts):
            wanted = query_for(search)
            expected = [row.id for row in model.messages(wanted)]
            assert ids(whole(archive, account, wanted)) == expected, search


def test_another_thread_can_cancel_a_running_search(tmp_path: Path) -> None:
    messages = [incoming(n, "word " * 200, received=SERVER_NOW - n) for n in range(4000)]
    archive, account = opened(tmp_path, *messages)
    looking = threading.Event()
    archive.database.connection.set_progress_handler(looking.set, 1000)

    def interrupt() -> None:
        assert looking.wait(30)
        archive.database.interrupt()

    other = threading.Thread(target=interrupt)
    other.start()
    with pytest.raises(QueryCancelled):
        account.lists.open(query_for("zz"))
    other.join()
    archive.database.connection.set_progress_handler(None, 0)
    assert len(account.lists.open(query_for("word"), first=10)) == 10
    mark(account, [1], unread=False)
    assert account.counts.unread() == 3999


def test_cancelling_when_no_search_is_running_has_no_effect(tmp_path: Path) -> None:
    archive, account = opened(tmp_path, incoming(1))
    archive.database.interrupt()
    assert ids(whole(archive, account, query_for("hello"))) == [1]


def test_a_sender_written_with_separators_is_found_without_them(tmp_path: Path) -> None:
    archive, account = opened(tmp_path, incoming(1, phone="8 (916) 000-11"), incoming(2))
    for search in ("891600011", "8 916 000-11", "(916)", "16000"):
        assert ids(whole(archive, account, query_for(search))) == [1], search


def test_has_link_only_examines_messages_that_may_contain_a_link(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    often = [incoming(n, f"word {n}", received=SERVER_NOW - n) for n in range(5000)]
    rare = [
        incoming(6001, "word HTTPS://bank.ru/x", received=SERVER_NOW - 9000),
        incoming(6002, "word ftp://bank.ru", received=SERVER_NOW - 9001),
        incoming(6003, "https://other.ru", received=SERVER_NOW - 9002),
    ]
    archive, account = opened(tmp_path, *often, *rare)
    looked_at: list[str] = []

    def counted(text: str) -> list[Link]:
        looked_at.append(text)
        return find_links(text)

    monkeypatch.setattr(search_index, "find_links", counted)
    for search, found in (
        ("has:link word", [6001]),
        ("has:link", [6001, 6003]),
        ("word -has:link 4999", [4999]),
    ):
        looked_at.clear()
        assert ids(whole(archive, account, query_for(search))) == found
        assert len(looked_at) < 20, search


@pytest.mark.parametrize(
    "search",
    [
        *("has:code", "has:code word", "-has:code word", "has:code -word", "has:link has:code"),
        *("has:code or", "-has:link", "-has:link -word", 'has:code "a word"', "has:code from:mtc"),
    ],
)
def test_has_code_and_has_link_combine_with_any_words(tmp_path: Path, search: str) -> None:
    texts = ("a word", "Your code is 481516", "https://bank.ru", "no more", "word of order")
    mixed = {n: " ".join(t for i, t in enumerate(texts) if n >> i & 1) for n in range(32)}
    archive, account = opened(
        tmp_path,
        *(incoming(n, text, received=SERVER_NOW - n, phone="MTC") for n, text in mixed.items()),
    )
    query = query_for(search)
    looked_for = search_index.match(query.search)
    assert looked_for is not None
    expected = [n for n, text in mixed.items() if looked_for.check(text, "MTC", "79110000001")]
    assert ids(whole(archive, account, query)) == expected
    assert 0 < len(expected) < 32
