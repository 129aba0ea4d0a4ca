"""The search language: how it is parsed, what it finds and what it marks."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.growth import assert_linear

from inbox_tui.text import fold_text, sanitize, strip_separators
from inbox_tui.text.search_query import (
    CONTENTS,
    OPERATORS,
    STATES,
    Has,
    Is,
    Party,
    SearchQuery,
    parse_query,
    receiver_spans,
    sender_spans,
    text_spans,
)

MOSCOW = ZoneInfo("Europe/Moscow")
NOW = datetime(2026, 11, 27, 10, 0, tzinfo=MOSCOW)
NAMES = {"79110000001": "Orders", "79160001122": "Anna Petrova", "OZON.ru": "Мой магазин"}
PHONE, TO_PHONE = "79992264458", "79110000001"


def parse(typed: str) -> SearchQuery:
    return parse_query(typed, NOW, NAMES)


def finds(typed: str, text: str, phone: str = PHONE, to_phone: str = TO_PHONE) -> bool:
    """Return whether the words, senders and receivers of a query match a message."""
    query = parse(typed)
    assert query.errors == ()
    texts = (text, phone, to_phone)
    document = "\n".join((*map(fold_text, texts), *map(strip_separators, texts)))
    for words in query.words:
        found = any(all(s in document for s in each) for each in words.alternatives)
        if (found or not {phone, to_phone}.isdisjoint(words.phones)) == words.excluded:
            return False
    for parties, party in ((query.senders, phone), (query.receivers, to_phone)):
        fits = {
            p: any(s in fold_text(party) for s in p.parts) or party in p.phones for p in parties
        }
        wanted = [p for p in parties if not p.excluded]
        if any(fits[p] for p in parties if p.excluded) or (
            wanted and not any(fits[p] for p in wanted)
        ):
            return False
    return True


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("", "anything"),
        ("заказ ГОТОВ", "Готов ваш Заказ"),
        ("ёлка", "ЕЛКА"),
        ('"ваш заказ"', "Готов ваш заказ"),
        ("«ваш заказ»", "Готов ваш заказ"),
        ('"ваш зак', "Готов ваш заказ"),
        ("заказ -отменен", "Заказ готов"),
        ("481516", "код 481 516"),
        ("481 516", "код 481516"),
        ("481-516", "код 481 516"),
        ("5512 1200", "заказ 1200 руб, номер 5512"),
        ("G-482913", "G-482913 is your code"),
        ("12:30", "в 12:30"),
        ("https://a.ru/x", "см. https://a.ru/x"),
        ("код:", "Ваш код: 1"),
        ("8 999 226-44-58", ""),
        ("+7 (999) 226-44-58", ""),
        ("999 226 44 58", ""),
        ("226-44-58", ""),
        ("79992264458", "звоните 8 (999) 226-44-58"),
        ("+7 999 1112233", "звоните 8 (999) 111-22-33"),
        ("8 911 000-00-01", ""),
        ("orders", ""),
        ("from:226-44", ""),
        ("from:8 999 226-44-58 заказ", "заказ"),
        ("от: +7 999 226", ""),
        ('from:"8 999 226-44-58"', ""),
        ("to:orders", ""),
        ("на:ord to:5555", ""),
        ("from:999 from:555", ""),
        ("-from:anna", ""),
        ('"from:me"', "see From:me"),
    ],
)
def test_a_query_finds_messages_that_match(typed: str, text: str) -> None:
    assert finds(typed, text)


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("заказ готов", "Заказ отменен"),
        ('"готов заказ"', "Готов ваш заказ"),
        ("заказ -отменен", "Заказ отменен"),
        ('-"ваш заказ"', "Готов ваш заказ"),
        ("-orders", "text"),
        ("8 999 226-44-59", ""),
        ("from:orders", "orders"),
        ("to:226-44", ""),
        ("from:999 -from:226", ""),
        ("-from:999", ""),
    ],
)
def test_a_query_does_not_find_messages_that_do_not_match(typed: str, text: str) -> None:
    assert not finds(typed, text)


@pytest.mark.parametrize("typed", ["from:anna", 'от:"anna petrova"', "from: petr", "petrova"])
def test_a_sender_is_found_by_the_name_given_to_the_number(typed: str) -> None:
    assert finds(typed, "", phone="79160001122")
    assert not finds(typed, "")


def test_an_alphanumeric_sender_is_found_by_its_own_and_its_given_name() -> None:
    assert finds("from:ozon", "", phone="OZON.ru")
    assert finds("от:магазин", "", phone="OZON.ru")
    assert parse("from:ozon").senders == (Party(("ozon",)),)


@pytest.mark.parametrize(
    ("typed", "since", "before"),
    [
        ("on:20.11", "2026-11-20", "2026-11-21"),
        ("за:вчера", "2026-11-26", "2026-11-27"),
        ("after:20.11", "2026-11-20", None),
        ("before:20.11", None, "2026-11-20"),
        ("before: 20.11 14:30 заказ", None, "2026-11-20T14:30:00"),
        ('после:"20 ноября" до:пн', "2026-11-20", "2026-11-23"),
        ("до:20 ноября 2025 14:30", None, "2025-11-20T14:30:00"),
        ("after:20.11 after:21.11", "2026-11-21", None),
    ],
)
def test_date_operators_limit_the_search_period(
    typed: str, since: str | None, before: str | None
) -> None:
    query = parse(typed)
    bounds = [bound and f"{bound:%Y-%m-%dT%H:%M:%S}" for bound in (query.since, query.before)]
    expected = [bound and f"{bound}T00:00:00"[:19] for bound in (since, before)]
    assert (query.errors, bounds) == ((), expected)


def test_text_after_a_date_is_searched_for_as_words() -> None:
    assert [words.alternatives for words in parse("on:20.11 14 ноя").words] == [
        (("14",),),
        (("ноя",),),
    ]


@pytest.mark.parametrize(
    ("typed", "states", "contents"),
    [
        ("is:unread", (Is("unread"),), ()),
        ("это:непрочитано", (Is("unread"),), ()),
        ("IS:Непрочитанные", (Is("unread"),), ()),
        ("-is:muted is:mine", (Is("muted", True), Is("mine")), ()),
        ("has:code -есть:ссылка", (), (Has("code"), Has("link", True))),
    ],
)
def test_is_and_has_operators_are_parsed(
    typed: str, states: tuple[Is, ...], contents: tuple[Has, ...]
) -> None:
    query = parse(typed)
    assert (query.errors, query.states, query.contents) == ((), states, contents)


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("a form:ozon", 'there is no operator "form:"; did you mean "from:"?'),
        ("заказ:5512 b", 'there is no operator "заказ:"; quote it to search for it'),
        ("from:", '"from:" needs a value'),
        ('from:"" x', '"from:" needs a value'),
        ("is:un", '"un" is not a value of "is:"; values are unread, read, starred, done, todo, '),
        ("is:foo x", '"foo" is not a value of "is:"; values are unread'),
        ("has:sms", '"sms" is not a value of "has:"; values are code, link'),
        ("есть:файл", '"файл" is not a value of "есть:"; values are код, ссылка'),
        (
            "это:потеряно",
            '"потеряно" is not a value of "это:"; values are '
            "непрочитанные, прочитанные, важные, готово, дела, тихо, взято, мои",
        ),
        ("on:20.1x y", '"20.1x" is not a date; write for example 20.11'),
        ("on:20.", '"20." is not a date'),
        ("-before:mon", '"before:" can\'t be excluded'),
    ],
)
def test_errors_in_a_query_are_explained_with_what_is_allowed(typed: str, told: str) -> None:
    (error,) = parse(typed).errors
    assert str(error).startswith(told)


@pytest.mark.parametrize(
    ("typed", "text", "marked"),
    [
        ("код 481516", "Ваш Код: 481 516, код", ["Код", "481 516", "код"]),
        ("8 999 2264458", "тел. +7 (999) 226-44-58 и 8", ["999) 226-44-58"]),
        ("straße", "STRASSE, straße", ["STRASSE", "straße"]),
        ("е", "е\u0301 е", ["е\u0301", "е"]),
        ("👩", "x👩‍👩‍👧y", ["👩‍👩‍👧"]),
        ('"ab" bc', "abc", ["abc"]),
        ("-код ваш", "Ваш код", ["Ваш"]),
        ("нет 481", "481", ["481"]),
        ("", "abc", []),
    ],
)
def test_matches_are_marked_in_the_text(typed: str, text: str, marked: list[str]) -> None:
    shown = sanitize(text)
    assert [shown[start:end] for start, end in text_spans(parse(typed), shown)] == marked


def test_matches_are_marked_in_sender_and_receiver() -> None:
    shown = "+7 999 226-44-58"
    for typed in ("226 44", "from:8 999 226", "to:226 from:226-44"):
        ((start, end),) = sender_spans(parse(typed), shown)
        assert "226-44" in shown[start : end + 3]
    assert sender_spans(parse("to:226 -from:999 код"), shown) == []
    assert receiver_spans(parse("to:orders"), "Orders") == [(0, 6)]


PARTS = st.sampled_from(
    [
        *("код", "-", '"', "«", "»", " ", ":", "8 999", "+7", "(", ")", "226-44-58", "mon"),
        *("20.11", "14:30", "Anna", "//", "İ", "ß", "\0", "\ud800", "1", "е\u0301", "\n"),
        *("👩\u200d👧", *(f"{operator}:" for operator in OPERATORS), *STATES, *CONTENTS),
    ]
)
ANYTHING = st.lists(PARTS, max_size=12).map("".join) | st.text(max_size=40)


@given(ANYTHING, ANYTHING)
def test_any_input_gives_a_valid_query_or_errors(typed: str, text: str) -> None:
    query = parse(typed)
    assert all(map(str, query.errors))
    for words in query.words:
        assert words.alternatives
        assert all(string for each in words.alternatives for string in each)
    assert all(part for party in query.senders + query.receivers for part in party.parts)
    shown = sanitize(text)
    end = -1
    for span in text_spans(query, shown):
        assert end < span[0] < span[1] <= len(shown)
        end = span[1]
        assert sanitize(shown[slice(*span)]) == shown[slice(*span)]


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
def test_any_quoted_text_finds_messages_that_contain_it(text: str) -> None:
    if text.strip() and not set(text) & set('"«“„'):
        assert finds(f'"{text}"', f"before {text} after")


@given(st.lists(st.text("абвABC", min_size=1, max_size=5), min_size=1, max_size=5))
def test_words_are_found_in_any_order_and_case(words: list[str]) -> None:
    assert finds(" ".join(words), " ".join(reversed(words)).swapcase())


@pytest.mark.parametrize("part", ["1 ", "1-", "(", '"', "a:", "from:", "before:20.11 ", "-", "«"])
def test_parsing_and_marking_a_hostile_query_takes_linear_time(part: str) -> None:
    assert_linear(lambda typed: text_spans(parse(typed), "1 " * 500), lambda n: part * n, 64)
