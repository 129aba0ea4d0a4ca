from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox_tui.smsc.endpoint import EndpointRefused, account_host, endpoint, host_of


@pytest.mark.parametrize(
    ("server", "url", "host"),
    [
        ("smscentre.com", "https://smscentre.com/sys/get.php", "smscentre.com"),
        (" SMSC.ru ", "https://smsc.ru/sys/get.php", "smsc.ru"),
        ("smsc.kz:8443", "https://smsc.kz:8443/sys/get.php", "smsc.kz:8443"),
        ("https://smsc.ua", "https://smsc.ua/sys/get.php", "smsc.ua"),
        ("https://smsc.ua/", "https://smsc.ua/sys/get.php", "smsc.ua"),
        ("https://smsc.ua/other/get.php", "https://smsc.ua/other/get.php", "smsc.ua"),
        ("HTTPS://smsc.ua", "https://smsc.ua/sys/get.php", "smsc.ua"),
        ("http://localhost:8000", "http://localhost:8000/sys/get.php", "localhost:8000"),
        ("http://127.9.9.9", "http://127.9.9.9/sys/get.php", "127.9.9.9"),
        ("http://[::1]:80/x", "http://[::1]:80/x", "[::1]:80"),
        ("[2001:DB8::1]", "https://[2001:db8::1]/sys/get.php", "[2001:db8::1]"),
        ("пример.рф", "https://xn--e1afmkfd.xn--p1ai/sys/get.php", "xn--e1afmkfd.xn--p1ai"),
    ],
)
def test_a_host_or_url_becomes_the_endpoint_url(server: str, url: str, host: str) -> None:
    assert endpoint(server) == url
    assert endpoint(url) == url
    assert host_of(url) == host


@pytest.mark.parametrize(
    ("host", "spellings"),
    [
        (
            "smscentre.com",
            "SMSCentre.com smscentre.com. smscentre.com:443 www.smscentre.com www2.smscentre.com"
            " https://www2.smscentre.com.:443/other.php",
        ),
        ("127.0.0.1", "http://localhost http://127.0.0.1:80 http://localhost/x https://localhost"),
        ("127.0.0.1:8000", "http://localhost:8000 http://127.0.0.1:8000"),
        ("smsc.ru:80", "smsc.ru:80 www.smsc.ru:80"),
        ("[::1]", "http://[::1]:80 https://[::1]"),
        ("www.ru", "www.ru"),
        ("www3.smsc.ru", "www3.smsc.ru"),
    ],
)
def test_an_account_is_the_same_under_every_spelling_of_its_host(host: str, spellings: str) -> None:
    assert {account_host(endpoint(server)) for server in spellings.split()} == {host}


@pytest.mark.parametrize(
    "server",
    [
        "http://smscentre.com",
        "http://127.0.0.1.example.com",
        "http://localhost.example.com",
        "http://128.0.0.1",
        "http://127.1",
        "http://2130706433",
        "http://[::2]",
        "http://[::ffff:127.0.0.1]",
        "http://[::1%25lo]",
        "http://0.0.0.0",
        "https://alex@smsc.ru",
        "https://alex:hunter2@smsc.ru",
        "alex:hunter2@smsc.ru",
        "http://localhost@smsc.ru",
        "https://smsc.ru/?a=b",
        "https://smsc.ru?",
        "https://smsc.ru/#",
        "ftp://smsc.ru",
        "file:///etc/passwd",
        "//smsc.ru",
        "https://",
        "",
        "  ",
        "smsc.ru:0",
        "smsc.ru:",
        "smsc.ru:99999",
        "smsc.ru:abc",
        "sms c.ru",
        "smsc\n.ru",
        "smsc..ru",
        "smsc.ru\\@localhost",
        "https://[::1",
        "https://smsc.ru/a b",
        "https://smsc.ru/\x1b",
        "-smsc.ru",
    ],
)
def test_an_unsafe_server_is_refused(server: str) -> None:
    with pytest.raises(EndpointRefused) as refused:
        endpoint(server)
    assert "hunter2" not in str(refused.value)
    assert refused.value.__cause__ is None


@given(st.text() | st.text("htps:/@[]localhost127.0.1?#% ", max_size=40))
def test_any_text_is_a_safe_endpoint_or_is_refused(server: str) -> None:
    try:
        url = endpoint(server)
    except EndpointRefused:
        return
    assert url.startswith(("https://", "http://localhost", "http://127.", "http://[::1]"))
    assert url.isascii()
    assert endpoint(url) == url
