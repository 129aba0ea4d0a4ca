"""Links are found, with the hosts they lead to."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.growth import assert_linear

from inbox_tui.text import find_links


def _urls(text: str) -> list[str]:
    return [link.url for link in find_links(text)]


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("Отследить: https://cdek.ru/t/1432209871", "https://cdek.ru/t/1432209871"),
        ("Ссылка:http://a.ru/x?y=1&z=2#part", "http://a.ru/x?y=1&z=2#part"),
        ("Смотрите https://example.ru.", "https://example.ru"),
        ("(https://example.ru/a),", "https://example.ru/a"),
        ("«https://example.ru/a»", "https://example.ru/a"),
        ('<a href="https://example.ru/a">', "https://example.ru/a"),
        ("https://en.wikipedia.org/wiki/A_(b)!", "https://en.wikipedia.org/wiki/A_(b)"),
        ("https://example.ru/a?!…", "https://example.ru/a"),
        ("HTTPS://EXAMPLE.RU/A", "HTTPS://EXAMPLE.RU/A"),
        ("https://example.ru:8443/", "https://example.ru:8443/"),
        ("https://example.ru/путь", "https://example.ru/путь"),
        ("http://192.168.0.1/", "http://192.168.0.1/"),
        ("http://[2001:db8::1]:80/", "http://[2001:db8::1]:80/"),
        ("https://example.ru\u202e/x", "https://example.ru"),
        ("https://example.ru/a\u200bb", "https://example.ru/a"),
    ],
)
def test_a_link_is_found_without_the_punctuation_around_it(text: str, url: str) -> None:
    assert _urls(text) == [url]


@pytest.mark.parametrize(
    "text",
    [
        "www.example.ru",
        "example.ru/x",
        "ftp://example.ru",
        "javascript://example.ru/%0aalert(1)",
        "xhttps://example.ru",
        "http\u017f://example.ru",
        "\uff48ttp://example.ru",
        "https\uff1a//example.ru",
        "https://",
        "https:///path",
        "https://?x",
        "https://.ru",
        "https://a..ru",
        "https://-a.ru",
        "https://a.ru:99999/",
        "https://a.ru:8x/",
        "https://[::1/",
        "https://[::g]/",
        "https://[v1.a]/",
        "https://[::1]a.ru/",
        "https://]a[::1",
        "https://%65vil.com/",
        "https://a" + "b" * 63 + ".ru",
        "https://" + "a." * 130 + "ru",
        "https://xn--0.ru",
        "https://xn--abc-.ru",
        "https://\u0301a.ru",
        "https://пр☭вда.рф",
        "https://a.ru/" + "x" * 2048,
    ],
)
def test_invalid_and_unsupported_links_are_ignored(text: str) -> None:
    assert find_links(text) == []


@pytest.mark.parametrize(
    ("url", "host", "punycode"),
    [
        ("https://bank.ru@evil.com/", "evil.com", ""),
        ("https://bank.ru:443@evil.com/", "evil.com", ""),
        ("https://bank.ru/@evil.com", "bank.ru", ""),
        ("https://evil.com?bank.ru/", "evil.com", ""),
        ("https://evil.com#@bank.ru", "evil.com", ""),
        ("https://evil.com\\@bank.ru", "evil.com", ""),  # as in browsers: treated as a slash
        ("https://a@b@evil.com", "evil.com", ""),
        ("https://Bank.RU/", "bank.ru", ""),
        ("https://bank.ru./", "bank.ru", ""),
        ("https://ｅｖｉｌ。com/", "evil.com", ""),
        ("http://[::1]/", "[::1]", ""),
        ("https://пример.рф/", "пример.рф", "xn--e1afmkfd.xn--p1ai"),
        ("https://xn--e1afmkfd.xn--p1ai/x", "пример.рф", "xn--e1afmkfd.xn--p1ai"),
        ("https://bücher.example/", "bücher.example", "xn--bcher-kva.example"),
        ("https://例え.jp/", "例え.jp", "xn--r8jz45g.jp"),
        ("https://аpple.com", "аpple.com", "xn--pple-43d.com"),
        ("https://faß.de", "faß.de", "xn--fa-hia.de"),
    ],
)
def test_the_host_is_the_one_that_a_browser_opens(url: str, host: str, punycode: str) -> None:
    (link,) = find_links(url)
    assert (link.host, link.punycode) == (host, punycode)


def test_links_have_their_positions_in_the_text() -> None:
    text = "Раз https://a.ru, два http://b.ru/x."
    assert [text[link.start : link.end] for link in find_links(text)] == [
        "https://a.ru",
        "http://b.ru/x",
    ]


@given(
    st.text(max_size=60).map("https://".__add__)
    | st.lists(
        st.sampled_from(["https://", "a", ".", "@", ":", "[", "]", "xn--", "я", "/", "1", "-", "ß"])
    ).map("".join)
)
@settings(max_examples=300, deadline=None)
def test_links_found_in_any_text_are_valid_and_part_of_it(text: str) -> None:
    for link in find_links(text):
        assert text[link.start : link.end] == link.url
        assert link.url.lower().startswith(("http://", "https://"))
        assert link.host
        assert (link.punycode or link.host).isascii()


@pytest.mark.parametrize(
    ("start", "part"),
    [
        ("", "https://"),
        ("https://a.ru/", "("),
        ("https://a.ru/", ")"),
        ("https://", "a@"),
        ("https://", "a."),
        ("https://xn--", "a"),
        ("https://", "я"),
        ("", "https://a.ru/x "),
    ],
)
def test_finding_links_in_hostile_text_takes_linear_time(start: str, part: str) -> None:
    assert_linear(find_links, lambda size: start + part * (size // len(part)), 2_000)
