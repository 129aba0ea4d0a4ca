"""The language of the interface: the system's, or that of whoever reads a stored sentence."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from inbox_tui.archive import Archive, Hold
from inbox_tui.locale import _, set_language, system_language
from inbox_tui.smsc.errors import HttpStatus, SignInRefused, SmscError
from inbox_tui.smsc.limit import Moment


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "ru_RU.UTF-8"}, "ru"),
        ({"LANG": "ru_RU.UTF-8", "LC_ALL": "en_GB.UTF-8"}, "en"),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "ru_RU.UTF-8"}, "ru"),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "ru_RU.UTF-8"}, "ru"),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "", "LANGUAGE": "ru:en"}, "ru"),
        ({"LANG": "ru_RU.UTF-8", "LANGUAGE": "en"}, "en"),
        ({"LANG": "C.UTF-8", "LANGUAGE": "ru"}, "en"),
        ({"LANG": "uk_UA.UTF-8"}, "en"),
    ],
)
def test_the_environment_sets_the_language(environment: dict[str, str], language: str) -> None:
    assert system_language(environment) == language


def test_windows_uses_the_users_language_unless_the_environment_sets_one() -> None:
    russian, english = 0x0419, 0x0409
    assert system_language({}, russian) == "ru"
    assert system_language({}, english) == "en"
    assert system_language({"LANG": "en_US.UTF-8"}, russian) == "en"


@pytest.mark.parametrize("error", [HttpStatus(503), SignInRefused(2, "authorise error")])
def test_stored_sentences_are_shown_in_the_readers_language(
    russian: None, tmp_path: Path, error: SmscError
) -> None:
    now = Moment("boot", 1.0)
    hold = Hold("offline", 60.0, 1, error.message, datetime.now(UTC), b"")
    with Archive.open(tmp_path / "inbox.db") as archive:
        requests = archive.account("alex", "smscentre.com").requests
        requests.set_hold(hold, now)
        kept = requests.hold(now)
    assert kept is not None
    told = _(kept.reason)
    set_language("en")
    assert (told, _(kept.reason)) in [
        ("сервер ответил кодом HTTP 503", "the server answered with HTTP status 503"),
        (
            "логин или пароль не приняты (authorise error)",
            "the login or password was refused (authorise error)",
        ),
    ]


@pytest.mark.parametrize(
    "kept", ['["', '["{a}", 1]', '["{a.b} {a:99}", {"a": "x"}]', '["x", {}]', '["' * 9999, "{"]
)
def test_malformed_stored_sentences_are_shown_without_an_error(kept: str) -> None:
    assert _(kept) in (kept, "{a.b} {a:99}", "x")
