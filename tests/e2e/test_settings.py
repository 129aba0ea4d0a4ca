"""What each setting does, and what is no setting, through the installed program."""

from __future__ import annotations

import json
import re
import time

import pytest
from support.installed_user import User
from support.service import SwitchedService
from support.traffic import incoming

pytestmark = pytest.mark.e2e


def test_the_account_and_what_to_ask_for_come_from_the_settings(
    user: User, messages: None, service: SwitchedService
) -> None:
    server = user.environment.pop("INBOX_TUI_SERVER")
    del user.environment["INBOX_TUI_LOGIN"]
    user.configure(
        f'login = "alex"\nserver = "{server}"\nonly_to_phones = ["+7 911 000-00-02"]\n'
        'server_timezone = "Asia/Omsk"\n'
    )
    assert user.run("sync") == (0, "1 new message\n", "")
    assert {request.parameters["to_phone"] for request in service.requests} == {"79110000002"}
    (message,) = json.loads(user.run("export", "--format=json").output)
    assert message["received"].endswith("+06:00")


def test_messages_older_than_the_days_kept_are_deleted(user: User, messages: None) -> None:
    user.configure("keep_days = 1\n")
    user.run("sync")
    assert user.run("export").errors.startswith("2 messages")


def test_the_inbox_is_as_the_settings_say(user: User, messages: None) -> None:
    with user.inbox() as inbox:
        shown = inbox.wait_for("next in")
        assert "Window: everything" in shown
        assert re.search(r"next in \d+ s", shown)
        assert "To        +7 911 000-00-01" in shown
        assert "Yesterday's" in shown
        assert b"48;2;251;251;249" not in inbox.raw
        inbox.press("q")
        assert inbox.wait() == 0
    user.configure(
        'window = 48\nrefresh_seconds = 3600\ntheme = "inbox-light"\n'
        '[names]\n"79110000001" = "Orders"\n'
    )
    with user.inbox() as inbox:
        inbox.wait_for("Yesterday's")
        inbox.wait_for("Window: 48 h")
        inbox.wait_for("To        Orders")
        assert b"48;2;251;251;249" in inbox.raw
        shown = inbox.wait_for("next in")
        assert not re.search(r"next in \d+ s", shown)
        inbox.press("q")
        assert inbox.wait() == 0


@pytest.mark.parametrize("remember", [False, True])
def test_filters_are_remembered_where_the_settings_say(
    user: User, messages: None, remember: bool
) -> None:
    user.configure(f"remember_filters = {str(remember).lower()}\nrefresh_seconds = 3600\n")
    with user.inbox() as inbox:
        inbox.wait_for("next in")
        assert "Unread" not in inbox.text
        inbox.press("u")
        inbox.wait_for("Unread")
        inbox.press("q")
        assert inbox.wait() == 0
    with user.inbox() as inbox:
        shown = inbox.wait_for("next in")
        assert ("Unread" in shown) == remember
        inbox.press("q")
        assert inbox.wait() == 0


@pytest.mark.parametrize(
    ("settings", "written", "not_written"),
    [
        ('notify = "bell"', b"\x07", b"\x1b]9;"),
        ('notify = "terminal"', b"\x1b]9;1 new message\x1b\\", "секрет 5512".encode()),
        ('notify = "terminal"\nnotify_text = true', "секрет 5512".encode(), b"\x1b]777"),
        ('notify = "off"', b"", b"\x07"),
    ],
    ids=["bell", "terminal", "terminal with text", "off"],
)
def test_a_new_message_is_announced_as_the_settings_say(
    user: User, service: SwitchedService, settings: str, written: bytes, not_written: bytes
) -> None:
    user.configure(f"{settings}\nrefresh_seconds = 3600\nwindow = 1\n")
    with user.inbox("--to-phone", "79110000009") as inbox:
        inbox.wait_for("next in")
        begun = len(inbox.raw)
        service.add(incoming(4, "секрет 5512"))
        inbox.press("r")
        inbox.wait_for("1 unread")
        end = time.monotonic() + 5
        while written not in inbox.raw[begun:] and time.monotonic() < end:
            inbox.read(0.1)
        inbox.read(0.3)
        announced = bytes(inbox.raw[begun:])
        inbox.press("q")
        assert inbox.wait() == 0
    assert written in announced
    assert not_written not in announced


@pytest.mark.parametrize(
    ("setting", "allowed"),
    [
        ("login = 7", "logins, in quotes"),
        ('login = " "', "the login is empty"),
        ('server = ""', "hosts and URLs, in quotes"),
        ('server = "http://smscentre.com"', "use https://"),
        ("refresh_seconds = 19", "whole numbers from 20 to 3600"),
        ('server_timezone = "Moscow"', 'such as "Europe/Moscow"'),
        ('only_to_phones = ["office"]', 'such as ["+7 911 000-00-01"]'),
        ("window = 169", "hours from 1 to 168, and 0"),
        ("keep_days = -1", "days from 1 to 36500, and 0"),
        ('notify = "loud"', 'allowed are "bell", "terminal" '),
        ("notify_text = 1", "true and false"),
        ('remember_filters = "yes"', "true and false"),
        ('theme = "mauve"', "inbox-dark, inbox-light"),
        ('names = { "226-44-58" = "Office" }', "its area code is missing"),
        ("colour = 1", "login, server, backup_server"),
    ],
)
def test_a_setting_that_can_not_be_is_2_and_nothing_opens(
    user: User, setting: str, allowed: str
) -> None:
    del user.environment["INBOX_TUI_LOGIN"], user.environment["INBOX_TUI_SERVER"]
    user.configure(f"# mine\n{setting}\n")
    for command in ([], ["config"]):
        ended = user.run(*command)
        assert (ended.status, ended.output) == (2, "")
        assert ended.errors.startswith(f"inbox-tui: {user.settings}, line 2: ")
        assert allowed in ended.errors
    assert [path.name for path in user.home.iterdir()] == ["config"]


@pytest.mark.parametrize("command", [None, "login", "logout", "sync", "watch", "export", "config"])
def test_a_bad_setting_is_2_with_its_place(user: User, command: str | None) -> None:
    user.configure("refresh_seconds = 5\n")
    ended = user.run(*([command] if command else []))
    assert (ended.status, ended.output) == (2, "")
    assert ended.errors == (
        f"inbox-tui: {user.settings}, line 1: refresh_seconds = 5: "
        "allowed are whole numbers from 20 to 3600.\n"
    )
