"""The first frame: which modules are imported before it, and what it shows."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from typing import Any

import pytest
from support.app_harness import message, put
from support.command import Files

from inbox_tui.archive import Archive

STARTED = """
import json, sys
import inbox_tui.cli.inbox as inbox
from textual.app import App

run = App.run
App.run = lambda self: run(self, headless=True, size=(120, 40))
inbox._require_terminal = lambda: None

from inbox_tui.app import InboxApp
from inbox_tui.widgets.message_list import MessageList
from inbox_tui.widgets.message_view import MessageView

drawn, display = [], App._display

def first_drawn(self, screen, update):
    if not drawn and screen.query(MessageList):
        drawn.extend(screen.query_one(kind).region for kind in (MessageList, MessageView))
        drawn.append([strip.text for strip in screen._compositor.render_strips()])
    display(self, screen, update)

def begun(self):
    known = dict(zip(("list", "view", "lines"), drawn, strict=True))
    print(json.dumps(known | {"modules": [name for name in sys.modules if sys.modules[name]]}))
    self.exit()

App._display = first_drawn
InboxApp._begin = begun
inbox.main()
"""
"""A script that starts the program, and prints a JSON report after its first frame."""

NOT_NEEDED = (
    *("click", "httpx", "httpcore", "h11", "anyio", "truststore", "keyring", "phonenumbers"),
    *("msgspec", "pyperclip", "tomllib", "asyncpg", "inbox_tui.team"),
    *("xml", "email", "http", "statistics", "csv", "hashlib", "hmac"),
    *("inbox_tui.demo", "inbox_tui.exports", "inbox_tui.smsc.answers", "inbox_tui.smsc.client"),
    *(f"inbox_tui.cli.{name}" for name in ("doctor", "error_log", "export", "login", "watch")),
    *(f"inbox_tui.screens.{name}" for name in ("date_dialog", "export_dialog")),
    *(f"inbox_tui.screens.{name}" for name in ("help", "link_dialog", "palette", "pickers")),
    "inbox_tui.screens.sign_in",
    *(f"inbox_tui.widgets.{name}" for name in ("conversation", "transcript")),
    *(f"inbox_tui.sync.{name}" for name in ("inbox_sync", "next_request", "outcomes", "planner")),
    *(f"textual.widgets._{name}" for name in ("data_table", "markdown", "text_area")),
)


@pytest.fixture(scope="module")
def first_frame(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Any]]:
    """Start the program with messages, and return the report on its first frame."""
    files = Files(tmp_path_factory.mktemp("home"))
    with Archive.open(files.archive) as archive:
        account = archive.account("alex", "smscentre.com")
        senders = ("79991234567", "447700900123", "BANK")
        messages = [
            message(number, f"code {number}", phone=senders[number % 3], minutes_ago=200 - number)
            for number in range(1, 100)
        ]
        put(account, messages)
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("INBOX_", "XDG_"))
    }
    started = subprocess.run(
        [sys.executable, "-c", STARTED],
        env=environment
        | files.environment
        | {"INBOX_TUI_LOGIN": "alex", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
        check=False,
    )
    lines = [line for line in started.stdout.splitlines() if line.startswith("{")]
    assert lines, started.stdout + started.stderr
    known: dict[str, list[Any]] = json.loads(lines[-1])
    return known


def test_modules_not_needed_for_the_first_frame_are_not_imported(
    first_frame: dict[str, list[Any]],
) -> None:
    imported = [
        module
        for module in first_frame["modules"]
        if any(module == name or module.startswith(f"{name}.") for name in NOT_NEEDED)
    ]
    assert imported == []
    assert all(find_spec(name) for name in NOT_NEEDED if name.startswith("inbox_tui."))


def test_the_first_frame_has_list_and_message_side_by_side(
    first_frame: dict[str, list[Any]],
) -> None:
    (x, y, width, height), view = first_frame["list"], first_frame["view"]
    assert width > 50
    assert height > 30
    assert view[0] > x + width - 1
    assert (view[1], view[3]) == (y, height)


def test_the_first_frame_has_the_newest_message_at_the_top(
    first_frame: dict[str, list[Any]],
) -> None:
    day, first, second, *_ = first_frame["lines"][first_frame["list"][1] :]
    assert day.startswith("──")
    assert "code 99" in first
    assert "code 98" in second


def test_sync_and_watch_without_a_team_do_not_import_team_code() -> None:
    program = (
        "import sys, inbox_tui.cli.sync, inbox_tui.cli.watch, inbox_tui.session\n"
        "print([name for name in sys.modules if name.startswith('inbox_tui.team')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_service_client_does_not_import_the_httpx_command_line() -> None:
    """The command line would import click and pygments, and take 3.4 MB."""
    importing = "import sys, inbox_tui.smsc.client; print(*filter(sys.modules.get, sys.modules))"
    modules = subprocess.run(
        [sys.executable, "-c", importing], capture_output=True, text=True, check=True
    ).stdout.split()
    assert "httpx" in modules
    assert not {"click", "pygments", "rich"} & set(modules)
