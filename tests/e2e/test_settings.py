"""The effects of settings on the installed program."""

from __future__ import annotations

import json
import re

import pytest
from support.installed_user import User
from support.service import SwitchedService

pytestmark = pytest.mark.e2e


def test_settings_choose_the_account_numbers_and_time_zone(
    user: User, messages: None, service: SwitchedService
) -> None:
    server = user.environment.pop("INBOX_TUI_SERVER")
    del user.environment["INBOX_TUI_LOGIN"]
    user.files.configure(
        f'login = "alex"\nserver = "{server}"\nonly_to_phones = ["+7 911 000-00-02"]\n'
        'server_timezone = "Asia/Omsk"\n'
    )
    assert user.run("sync") == (0, "1 new message\n", "")
    assert {request.parameters["to_phone"] for request in service.requests} == {"79110000002"}
    (message,) = json.loads(user.run("export", "--format=json").output)
    assert message["received"].endswith("+06:00")


def test_inbox_follows_the_settings(user: User, messages: None) -> None:
    with user.inbox() as inbox:
        shown = inbox.wait_for("next in")
        assert "Window: everything" in shown
        assert re.search(r"next in \d+ s", shown)
        assert "To        +7 911 000-00-01" in shown
        assert "Yesterday's" in shown
        assert b"48;2;251;251;249" not in inbox.raw
        inbox.quit()
    user.files.configure(
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
        inbox.quit()
