"""Faulty answers are reported in plain words, and no message is lost by them."""

from __future__ import annotations

import json

import pytest
from support import faults
from support.command import PASSWORD, Files, forget, incoming, run
from support.russian import in_both_languages

from inbox_tui.demo.server import DemoServer
from inbox_tui.demo.service import Fault

PORTAL = "received a web page instead of an answer: does this network have a login page?"
UNREADABLE = "the answer could not be read"


@in_both_languages
@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (faults.status(500), "the server answered with HTTP status 500"),
        (faults.status(502, b"<html>"), "the server answered with HTTP status 502"),
        (faults.web_page, PORTAL),
        (faults.shortened, UNREADABLE),
        (faults.truncated, "the connection was cut off"),
        (faults.empty, "the answer was empty"),
        (faults.body(b"\xff\xfe\x00junk" * 1000), UNREADABLE),
        (faults.redirect("https://login.example/"), "the server redirects to login.example"),
    ],
)
def test_a_faulty_answer_is_reported_and_no_message_is_lost(
    files: Files,
    account: DemoServer,
    monkeypatch: pytest.MonkeyPatch,
    fault: Fault,
    said: str,
) -> None:
    account.service.extend([incoming(1, "Ваш код 481516"), incoming(2)])
    account.service.fault = fault
    ended = run("sync")
    assert (ended.status, ended.output) == (5, "")
    assert ended.errors.startswith(f"inbox-tui: no connection: {said}")
    account.service.fault = None
    forget(files.archive, "requests", "holds")
    monkeypatch.setenv("INBOX_TUI_PASSWORD", PASSWORD)
    assert run("sync") == (0, "2 new messages\n", "")
    assert account.service.breaches == []


@in_both_languages
@pytest.mark.parametrize(
    "form",
    [
        "ERROR = {} (no)",
        "0,-{}",
        "<result><error>no</error><error_code>{}</error_code></result>",
        '{{"error": "no", "error_code": {}}}',
    ],
)
@pytest.mark.parametrize(
    ("code", "status", "said"),
    [
        (1, 1, "the service found an error in the request"),
        (2, 3, "sign-in refused: the login or password was refused"),
        (4, 4, "blocked: the service has blocked this address for a while"),
        (9, 4, "limited: the server received too many requests"),
        (17, 5, "no connection: the service answered with error 17"),
    ],
)
def test_a_service_error_has_its_documented_exit_status_in_any_format(
    account: DemoServer, form: str, code: int, status: int, said: str
) -> None:
    account.service.fault = faults.body(form.format(code).encode(), "text/plain")
    ended = run("sync")
    assert (ended.status, ended.output) == (status, "")
    assert ended.errors.startswith(f"inbox-tui: {said}")
    assert (" until " in ended.errors) == (status == 4)


def test_windows_1251_is_recognised(files: Files, account: DemoServer) -> None:
    account.service.add(incoming(1, "Ваш код 481516"))
    account.service.fault = faults.windows_1251
    assert run("sync").output == "1 new message\n"
    (message,) = json.loads(run("export", "--format", "json").output)
    assert message["message"] == "Ваш код 481516"
