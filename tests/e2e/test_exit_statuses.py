"""Exit statuses of the installed program; its messages are tested in `tests/cli`."""

from __future__ import annotations

import json

import pytest
from support import faults
from support.installed_user import User
from support.service import SwitchedService

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("", "needs a terminal"),
        ("sync --nothing", "See 'inbox-tui sync --help'"),
        ("--hours=169 export", "whole number of hours from 1 to 168"),
        ("export --format=xml", "'csv', 'json', 'jsonl'"),
        ("watch --since=1 --from-now", "can't be combined"),
        ("--demo --login=alex", "leave out --login"),
    ],
)
def test_wrong_usage_exits_with_2_before_anything_is_opened(
    user: User, service: SwitchedService, words: str, told: str
) -> None:
    ended = user.run(*words.split())
    assert (ended.status, ended.output) == (2, "")
    assert told in ended.errors
    assert list(user.files.home.iterdir()) == []
    assert service.requests == []


def test_invalid_setting_exits_with_2_and_shows_its_line(user: User) -> None:
    user.files.configure("refresh_seconds = 5\n")
    told = "line 1: refresh_seconds = 5: allowed values: whole numbers from 20 to 3600"
    for words in ((), ("export",)):
        assert user.run(*words) == (2, "", f"inbox-tui: {user.files.config}, {told}.\n")


@pytest.mark.parametrize("command", ["login", "logout", "sync", "watch", "export", "doctor"])
def test_commands_with_an_unusable_archive_exit_with_1(user: User, command: str) -> None:
    user.files.archive.mkdir(mode=0o700, parents=True)
    ended = user.run(command)
    assert ended.status == 1
    assert "inbox.db" in ended.output + ended.errors


def test_inbox_with_an_unusable_archive_exits_with_1(user: User) -> None:
    user.files.archive.mkdir(mode=0o700, parents=True)
    with user.inbox() as terminal:
        assert terminal.wait() == 1
        assert terminal.text.startswith(f"inbox-tui: {user.files.archive}"[:120])


REFUSALS = {1: (1, "no"), 2: (3, "sign-in refused"), 4: (4, "No requests are sent until")}
"""The exit status and a part of the message for each error code of the service."""


@pytest.mark.parametrize(
    ("command", "code"),
    [
        *(("login", code) for code in REFUSALS),
        *(("sync", code) for code in REFUSALS),
        *(("watch", code) for code in (1, 2)),  # error 4 does not end it
    ],
)
def test_each_server_error_has_its_exit_status_and_is_not_retried(
    user: User, service: SwitchedService, command: str, code: int
) -> None:
    body = json.dumps({"error": "no", "error_code": code}).encode()
    service.fault = faults.body(body, "application/json")
    ended = user.run(command)
    status, told = REFUSALS[code]
    assert (ended.status, ended.output) == (status, "")
    assert told in ended.errors
    assert len(service.requests) == 1


def test_failed_connection_exits_with_5(user: User) -> None:
    ended = user.run("sync", "--server", "http://127.0.0.1:1")
    assert (ended.status, ended.output) == (5, "")
    assert "no connection: 127.0.0.1:1 refused the connection" in ended.errors
