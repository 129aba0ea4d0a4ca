"""`inbox-tui doctor`: a line for each thing that can be wrong, and what to do."""

from __future__ import annotations

import contextlib
import json
import os
import re
import sqlite3
import sys
from pathlib import Path
from typing import Any

import httpx
import keyring
import keyring.backends.fail
import pytest
from support.command import LOGIN, PASSWORD, Ended, Files, incoming, put, run
from support.keyrings import MemoryBackend
from support.russian import in_both_languages
from support.service import SwitchedService

from inbox_tui.archive import Archive, Permit
from inbox_tui.cli.doctor import _line
from inbox_tui.cli.machine_checks import Check
from inbox_tui.demo.server import DemoServer
from inbox_tui.smsc.client import InboxClient
from inbox_tui.smsc.limit import Limit
from inbox_tui.sync import SystemClock

pytestmark = pytest.mark.usefixtures("ring")
HOST = "smscentre.com"
SECRET_TEXT = "the secret text"


@pytest.fixture(autouse=True)
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide the terminal in which the tests may run."""
    monkeypatch.setattr("inbox_tui.cli.machine_checks._terminal_size", lambda: None)


def line(ended: Ended, name: str) -> str:
    """Return the line of a check."""
    (found,) = [text for text in ended.output.splitlines() if text[2:].startswith(f"{name} ")]
    return found


def problem(name: str, *options: str) -> str:
    """Run the doctor, which has to exit with 1; return the line of a check."""
    ended = run("doctor", *options)
    assert ended.status == 1
    return line(ended, name)


def checks(ended: Ended) -> dict[str, dict[str, Any]]:
    return {check["name"]: check for check in json.loads(ended.output)["checks"]}


def test_every_check_passes_before_the_first_start(files: Files) -> None:
    ended = run("doctor")
    assert (ended.status, ended.errors) == (0, "")
    assert "✗" not in ended.output
    assert "none yet" in line(ended, "archive")
    assert list(files.home.iterdir()) == []


def test_every_check_passes_for_a_signed_in_account(files: Files, ring: MemoryBackend) -> None:
    put(files.archive, HOST, incoming(1), incoming(2))
    ring.kept["inbox-tui", f"{LOGIN}@{HOST}"] = PASSWORD
    ended = run("doctor")
    assert ended.status == 0
    assert "has the password" in line(ended, "keyring")
    assert "1 account, 2 messages" in line(ended, "archive")
    assert "0 requests in the last minute, the next can be sent now" in line(ended, "limit")
    private = "your profile" if sys.platform == "win32" else "(mode 0700), for you alone"
    assert private in line(ended, "data")
    assert "Europe/Moscow" in line(ended, "clock")


@in_both_languages
def test_without_a_keyring_the_password_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    keyring.set_keyring(keyring.backends.fail.Keyring())  # type: ignore[no-untyped-call] # of keyring
    told = problem("keyring")
    assert told.startswith("✗")
    assert "INBOX_TUI_PASSWORD" in told
    monkeypatch.setenv("INBOX_TUI_PASSWORD", PASSWORD)
    assert run("doctor").status == 0


@in_both_languages
def test_a_signed_in_account_without_a_password_is_reported(files: Files) -> None:
    put(files.archive, HOST, incoming(1))
    assert "inbox-tui login" in problem("keyring")


@in_both_languages
@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ("window = 24\nlogin = 79991234567\n", "config.toml, line 2: login can't be used: run"),
        ('[names]\n79991234567 = "a"\n79991234567.b = 1\n', "config.toml, line 3 can't be used"),
    ],
)
def test_a_bad_setting_is_reported_with_its_line_but_not_its_value(
    files: Files, settings: str, told: str
) -> None:
    files.configure(settings)
    ended = run("doctor")
    assert ended.status == 1
    shown = line(ended, "settings")
    assert str(Path("~") / files.config.relative_to(files.home)) in shown
    assert told in shown
    assert "7999" not in ended.output


def test_a_bad_address_or_theme_is_reported(files: Files) -> None:
    assert line(run("doctor", "--server", "http://smscentre.com"), "settings") == (
        "✗ settings  --server: plain http:// is for this machine only: use https://: "
        "fix the setting named"
    )
    files.configure('theme = "mauve"\n')
    assert "line 1: there is no such theme" in line(run("doctor"), "settings")


def test_a_folder_in_place_of_the_settings_file_is_reported(files: Files) -> None:
    files.config.mkdir(parents=True)
    assert "can't be read: " in line(run("doctor"), "settings")


def test_settings_writable_by_others_are_reported(files: Files) -> None:
    files.configure("")
    files.config.chmod(0o666)
    told = line(run("doctor"), "settings")
    assert told.startswith("✗ settings  ~/config/inbox-tui/config.toml: can be written to by other")
    assert told.endswith(" then run chmod go-w on it")


def test_a_data_folder_that_cannot_be_created_is_reported(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    (files.home / "file").touch()
    for name in ("XDG_DATA_HOME", "WIN_PD_OVERRIDE_LOCAL_APPDATA"):
        monkeypatch.setenv(name, str(files.home / "file"))
    file = Path("~") / "file"
    assert problem("data").startswith(
        f"✗ data      {file / 'inbox-tui'} can't be created in {file}: "
    )


@in_both_languages
def test_files_open_to_others_are_reported(files: Files) -> None:
    put(files.archive, HOST, incoming(1))
    files.archive.chmod(0o644)
    told = problem("data", "--login", "nobody")
    assert "~/data/inbox-tui/inbox.db is open to others (mode 0644)" in told


@in_both_languages
def test_a_damaged_archive_is_reported(files: Files) -> None:
    files.damage_archive()
    assert "it was damaged" in problem("archive")


@in_both_languages
def test_an_archive_damaged_in_the_middle_is_reported(files: Files) -> None:
    put(files.archive, HOST, *[incoming(number, "text " * 50) for number in range(500)])
    with files.archive.open("r+b") as archive:
        archive.seek(files.archive.stat().st_size // 2)
        archive.write(b"\xff" * 20_000)
    told = problem("archive")
    assert "damaged" in told
    assert "sets it aside" in told
    assert "it was damaged" in line(run("doctor"), "archive")


@in_both_languages
def test_an_archive_of_a_later_version_is_reported(files: Files) -> None:
    put(files.archive, HOST, incoming(1))
    database = sqlite3.connect(files.archive)
    database.execute("PRAGMA user_version = 99")
    database.close()
    assert "later version" in problem("archive")


@in_both_languages
def test_messages_dated_in_the_future_are_reported(files: Files, ring: MemoryBackend) -> None:
    ring.kept["inbox-tui", f"{LOGIN}@{HOST}"] = PASSWORD
    put(files.archive, HOST, incoming(1, minutes_ago=-120))
    assert "server_timezone" in problem("clock")


@in_both_languages
def test_online_makes_one_request(account: DemoServer) -> None:
    ended = run("doctor", "--online")
    assert ended.status == 0
    assert line(ended, "server") == "✓ server    it answers and accepts the password"
    assert len(account.service.requests) == 1
    after = run("doctor")
    assert "1 request in the last minute, the next can be sent now" in line(after, "limit")


@in_both_languages
def test_the_next_request_time_is_shown_if_the_limit_delays_it(files: Files) -> None:
    clock, limit = SystemClock(), Limit()
    with Archive.open(files.archive) as archive:
        account = archive.account(LOGIN, HOST)
        for ago in (40, 30, 20):
            moment = clock.moment()
            sent = moment._replace(seconds=moment.seconds - ago)
            begun = account.requests.begin("", "mark", sent, limit)
            assert isinstance(begun, Permit)
            account.requests.end(begun.entry, sent, delivered=True, finished=True)
    ended = run("doctor", "--login", LOGIN)
    told = line(ended, "limit")
    assert re.search(r"3 requests in the last minute, the next has to wait until [\d:]", told)
    assert "✓" in told


@in_both_languages
def test_a_damaged_search_index_is_reported(files: Files) -> None:
    put(files.archive, HOST, incoming(1, "some text"))
    with contextlib.closing(sqlite3.connect(files.archive)) as database, database:
        database.execute("DELETE FROM search_data WHERE id > 10")
    ended = run("doctor")
    assert line(ended, "archive").startswith("✓")
    if sqlite3.sqlite_version_info >= (3, 44):
        assert "✗ search the index is damaged" in " ".join(line(ended, "search").split())
        assert line(run("doctor"), "search").startswith("✓")


@in_both_languages
@pytest.mark.parametrize(
    ("password", "elsewhere", "said"),
    [("wrong", None, "inbox-tui login"), (PASSWORD, "http://127.0.0.1:1", "check the network")],
)
def test_online_reports_a_wrong_password_or_an_unreachable_server(
    account: DemoServer,
    monkeypatch: pytest.MonkeyPatch,
    password: str,
    elsewhere: str | None,
    said: str,
) -> None:
    monkeypatch.setenv("INBOX_TUI_PASSWORD", password)
    options = ["--server", elsewhere] if elsewhere else []
    assert said in problem("server", "--online", *options)


@in_both_languages
def test_a_block_by_the_server_is_reported_without_a_request(
    account: DemoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(account.service, SwitchedService)
    account.service.block()
    run("sync")
    monkeypatch.setenv("INBOX_TUI_PASSWORD", PASSWORD)
    assert "blocked this address until " in problem("limit")
    assert len(account.service.requests) == 1


@in_both_languages
def test_online_without_an_account_suggests_signing_in(files: Files) -> None:
    assert "inbox-tui login" in problem("server", "--online")
    assert not files.archive.exists()


@in_both_languages
def test_the_json_report_contains_nothing_private(files: Files, account: DemoServer) -> None:
    login = "a-login-of-mine"
    account.service.accounts[login] = "other password"
    files.configure('[names]\n"+7 911 000-00-01" = "Shop"\n')
    put(files.archive, account.host, incoming(1, SECRET_TEXT), login=login)
    ended = run("doctor", "--json", "--online", "--login", login)
    assert ended.status == 1
    assert not json.loads(ended.output)["ok"]
    assert not checks(ended)["server"]["ok"]
    assert checks(ended)["archive"]["ok"]
    private = (PASSWORD, login, SECRET_TEXT, "7999", "7911", "Shop", str(files.home))
    assert [word for word in private if word in ended.output] == []


def test_a_login_is_hidden_as_a_word_and_leaves_other_words_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("INBOX_TUI_SERVER", "http://127.0.0.1:1")
    refused = "127.0.0.1:1 refused the connection: check the network"
    for login, expected in (
        ("o", f"no connection: {refused}"),
        ("127.0.0.1:1", f"no connection: {refused.replace('127.0.0.1:1', '…')}"),
    ):
        monkeypatch.setenv("INBOX_TUI_PASSWORD", PASSWORD)
        ended = run("doctor", "--online", "--login", login)
        assert f"✗ server    {expected}" in ended.output


@in_both_languages
def test_a_refused_sign_in_is_still_reported_later(account: DemoServer) -> None:
    run("login", "--password-stdin", stdin="wrong")
    assert "refused" in problem("limit")


def test_check_marks_are_coloured_unless_no_color_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    check = Check("clock", True, "right")
    assert _line(check) == "\x1b[32m✓\x1b[0m clock     right"
    monkeypatch.setenv("NO_COLOR", "1")
    assert _line(check) == "✓ clock     right"


@in_both_languages
def test_a_terminal_that_is_too_small_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "inbox_tui.cli.machine_checks._terminal_size", lambda: os.terminal_size((30, 10))
    )
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("COLORTERM", raising=False)
    monkeypatch.delenv("NO_COLOR", raising=False)
    told = problem("terminal")
    assert "30×10, 256 colours" in told
    assert "40×12" in told


def test_late_and_conflicting_messages_and_clock_difference_are_reported(files: Files) -> None:
    message = incoming(1, SECRET_TEXT)
    put(files.archive, HOST, message)
    put(files.archive, HOST, message._replace(message="another text"))
    with Archive.open(files.archive) as archive:
        state = archive.account(LOGIN, HOST).sync_state
        state.add_late(2, 3 * 3600.0 + 300)
        state.set_clock_difference(42.0)
    found = checks(run("doctor", "--json"))
    assert "1 received again with a different text (the first is kept)" in found["archive"]["found"]
    assert found["late"]["found"] == (
        "2 messages came late, at most 3 h 5 min after the server received them"
    )
    assert found["late"]["numbers"] == {"messages": 2, "longest_seconds": 3 * 3600 + 300}
    assert "numbers" not in found["archive"]
    assert "42 s ahead of the server's clock" in found["clock"]["found"]
    assert found["clock"]["ok"]
    with Archive.open(files.archive) as archive:
        archive.account(LOGIN, HOST).sync_state.set_clock_difference(-100_000.0)
    found = checks(run("doctor", "--json"))
    assert "100000 s behind the server's clock" in found["clock"]["found"]
    assert not found["clock"]["ok"]


@in_both_languages
@pytest.mark.parametrize("options", [(), ("--json",)])
@pytest.mark.parametrize(
    ("status", "headers", "body"),
    [
        (200, {}, '{"error": "secret (words) of the server", "error_code": 1}'),
        (200, {}, '{"error": "secret words", "error_code": 2}'),
        (200, {}, '{"error": "secret words", "error_code": 99}'),
        (302, {"Location": "https://secret.example/"}, ""),
    ],
)
def test_the_report_contains_nothing_written_by_the_server(
    account: DemoServer,
    monkeypatch: pytest.MonkeyPatch,
    options: tuple[str, ...],
    status: int,
    headers: dict[str, str],
    body: str,
) -> None:
    answer = httpx.Response(status, headers=headers, stream=httpx.ByteStream(body.encode()))
    transport = httpx.MockTransport(lambda request: answer)
    monkeypatch.setattr(InboxClient, "_network", lambda client: transport)
    ended = run("doctor", "--online", *options)
    assert ended.status == 1
    assert "secret" not in ended.output + ended.errors
