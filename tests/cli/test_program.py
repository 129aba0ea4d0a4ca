"""The command line as a whole: usage, help pages, and behaviour common to all commands."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
import pytest
from support.command import (
    LOGIN,
    PASSWORD,
    Files,
    assert_private,
    incoming,
    put,
    run,
    with_streams,
)
from support.keyrings import MemoryBackend
from support.russian import in_both_languages

import inbox_tui.cli.sync
from inbox_tui import __version__, app
from inbox_tui.cli.inbox import local_zone
from inbox_tui.cli.program import COMMANDS, main
from inbox_tui.demo.server import DemoServer
from inbox_tui.session import Dependencies

EVERY_COMMAND = ["login", "logout", "sync", "export", "watch", "doctor", "config"]


def test_the_version_is_printed() -> None:
    assert run("--version").output == f"inbox-tui, version {__version__}\n"


@pytest.mark.parametrize("command", [None, *COMMANDS])
def test_help_pages_fit_in_80_columns_and_have_examples(command: str | None) -> None:
    ended = run(*([command] if command else []), "--help")
    assert ended.status == 0
    assert max(map(len, ended.output.splitlines())) <= 80
    assert "Examples:" in ended.output


def test_every_listed_command_exists_under_its_name() -> None:
    context = click.Context(main, **main.context_settings)
    for name in COMMANDS:
        found = main.get_command(context, name)
        assert found is not None
        assert found.name == name


def test_the_program_starts_without_modules_that_only_commands_need() -> None:
    heavy = ("textual", "httpx", "keyring", "asyncio", "sqlite3", "msgspec", "inbox_tui.config")
    script = (
        "import sys\nimport inbox_tui.cli.program\n"
        f"assert not {{*{heavy!r}}} & set(sys.modules), {{*{heavy!r}}} & set(sys.modules)\n"
        "try: inbox_tui.cli.program.main(['--help'])\n"
        "except SystemExit: pass\n"
        f"assert not {{*{heavy!r}}} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, capture_output=True)


def test_importing_the_commands_does_not_load_textual_httpx_or_keyring() -> None:
    script = (
        "import sys\n"
        f"for name in {tuple(COMMANDS)!r}: __import__(f'inbox_tui.cli.{{name}}')\n"
        "assert not {'textual', 'httpx', 'keyring'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, capture_output=True)


@in_both_languages
def test_opening_the_inbox_without_a_terminal_is_wrong_usage(files: Files) -> None:
    for words in ((), ("--demo",)):
        ended = run(*words)
        assert ended.status == 2
        assert "needs a terminal" in ended.errors
    assert list(files.home.iterdir()) == []


@in_both_languages
@pytest.mark.parametrize(
    "hours", ["0", "169", "-1", "1.5", "day", "", "٥", "1_0", " 5", "99999999999"]
)
@pytest.mark.parametrize("words", [["--hours"], ["export", "--hours"], ["watch", "--since"]])
def test_hours_must_be_whole_numbers_from_1_to_168(
    files: Files, words: list[str], hours: str
) -> None:
    ended = run(*words, hours)
    assert ended.status == 2
    assert "from 1 to 168" in ended.errors
    assert len(ended.errors.splitlines()) == 2
    assert list(files.home.iterdir()) == []


@in_both_languages
@pytest.mark.parametrize("phone", ["", "abc", "+", "7911x", "226-44-58", "7" * 21])
def test_an_invalid_phone_number_is_refused(files: Files, phone: str) -> None:
    for words in ([], ["export"]):
        ended = run(*words, "--to-phone", phone)
        assert ended.status == 2
        assert "--to-phone" in ended.errors


@in_both_languages
@pytest.mark.parametrize("login", ["a\x1bb", "a\nb", "a\u202eb", ""])
@pytest.mark.parametrize("command", EVERY_COMMAND)
def test_an_invalid_login_option_is_refused(files: Files, command: str, login: str) -> None:
    ended = run(command, "--login", login)
    if command == "doctor":
        assert ended.status == 1
        assert "✗ settings" in ended.output
    else:
        assert ended.status == 2
        assert ended.errors.startswith("inbox-tui: --login: the login ")
    assert not {"\x1b", "\u202e"} & set(ended.errors + ended.output)
    assert not files.archive.exists()


@pytest.mark.parametrize("spaced", [f" {LOGIN} ", f"{LOGIN}\n", f"\t{LOGIN}\u00a0"])
def test_spaces_around_a_login_are_dropped_wherever_it_comes_from(
    files: Files, monkeypatch: pytest.MonkeyPatch, spaced: str
) -> None:
    shown = [run("config", "--login", spaced).output]
    monkeypatch.setenv("INBOX_TUI_LOGIN", spaced)
    shown.append(run("config").output)
    monkeypatch.delenv("INBOX_TUI_LOGIN")
    files.configure(f"login = {json.dumps(spaced)}\n")
    shown.append(run("config").output)
    assert [f'"{LOGIN}"' in output for output in shown] == [True] * 3, shown


@in_both_languages
def test_an_invalid_login_or_server_in_the_environment_is_refused(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    for login in ("a\x1bb", "  "):
        monkeypatch.setenv("INBOX_TUI_LOGIN", login)
        assert run("sync").errors.startswith("inbox-tui: INBOX_TUI_LOGIN: the login ")
    monkeypatch.setenv("INBOX_TUI_LOGIN", LOGIN)
    monkeypatch.setenv("INBOX_TUI_SERVER", "http://smscentre.com")
    ended = run("sync")
    assert ended.status == 2
    assert ended.errors.startswith("inbox-tui: INBOX_TUI_SERVER: plain http://")


@in_both_languages
def test_a_password_in_the_environment_must_be_utf_8(
    account: DemoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INBOX_TUI_PASSWORD", "p\udcff")
    assert run("sync") == (2, "", "inbox-tui: INBOX_TUI_PASSWORD is not UTF-8 text.\n")
    assert "INBOX_TUI_PASSWORD" not in os.environ
    assert account.service.requests == []


@in_both_languages
def test_empty_environment_variables_are_ignored(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LOGIN", "SERVER", "PASSWORD"):
        monkeypatch.setenv(f"INBOX_TUI_{name}", "")
    ended = run("config")
    assert 'login = ""                               # default' in ended.output
    assert 'server = "smscentre.com"                 # default' in ended.output
    assert run("sync", "--login", LOGIN).status == 3


@in_both_languages
@pytest.mark.parametrize(
    "server",
    ["", "http://smscentre.com", "alex:secret@smscentre.com", "a b", "ftp://smscentre.com"],
)
def test_an_invalid_or_unsafe_server_option_is_refused(files: Files, server: str) -> None:
    ended = run("sync", "--login", LOGIN, "--server", server)
    assert ended.status == 2
    assert ended.errors.startswith("inbox-tui: --server: ")
    assert "secret" not in ended.errors
    assert not files.archive.exists()


@in_both_languages
@pytest.mark.parametrize(
    "line", ["sync", "sync --all", "watch", "export", "export --all", "accounts", "logout"]
)
def test_without_an_account_commands_suggest_login_and_create_no_file(
    files: Files, line: str
) -> None:
    ended = run(*line.split())
    assert ended.status == 2
    assert "inbox-tui login" in ended.errors
    assert list(files.home.iterdir()) == []


@in_both_languages
def test_wrong_usage_is_two_lines_that_name_the_help_page() -> None:
    assert run("sync", "--nothing").errors.splitlines()[1] == ("See 'inbox-tui sync --help'.")
    assert run("nothing").status == 2
    assert run("completion", "tcsh").status == 2
    assert run("team").errors == "inbox-tui: Missing command.\nSee 'inbox-tui team --help'.\n"
    ended = run("completion")
    assert ended.status == 2
    assert len(ended.errors.splitlines()) == 2
    assert "bash, zsh, fish" in ended.errors


@in_both_languages
@pytest.mark.parametrize(
    "words", [("--login", "alex"), ("--server", "smsc.ru"), ("sync",), ("export", "--hours", "1")]
)
def test_the_demo_accepts_no_account_server_or_command(
    files: Files, words: tuple[str, ...]
) -> None:
    ended = run("--demo", *words)
    assert ended.status == 2
    assert "--demo" in ended.errors
    assert list(files.home.iterdir()) == []


FILTERS = {"--hours": "5", "--to-phone": "79110000001"}
ACCOUNT = {"--login": "alex", "--server": "smsc.ru"}
HUB = "postgresql://anna@127.0.0.1:1/inbox"
OF_ACCOUNTS = ("login", "logout", "sync", "watch", "doctor", "config", f"team join {HUB}")
OF_NO_ACCOUNT = ("accounts", "completion bash", f"team init {HUB}", "team leave", "team status")


@in_both_languages
@pytest.mark.parametrize(
    ("option", "command"),
    [
        *((option, command) for option in FILTERS for command in (*OF_ACCOUNTS, *OF_NO_ACCOUNT)),
        *((option, command) for option in ACCOUNT for command in OF_NO_ACCOUNT),
    ],
)
def test_an_option_that_means_nothing_to_a_command_is_refused(option: str, command: str) -> None:
    ended = run(option, (FILTERS | ACCOUNT)[option], *command.split())
    assert ended.status == 2
    assert f"{option} has no effect on this command" in ended.errors


@pytest.mark.parametrize("command", ["accounts", "completion", "team leave", "team status"])
def test_the_account_s_options_are_offered_where_they_are_taken(command: str) -> None:
    page = run(*command.split(), "--help").output
    assert "--login" not in page
    assert "--server" not in page


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script_for_each_shell(shell: str) -> None:
    ended = run("completion", shell)
    assert ended.status == 0
    assert f"_INBOX_TUI_COMPLETE={shell}_complete" in ended.output


def test_completion_completes_commands_and_options(files: Files) -> None:
    for typed, expected in (("wa", "plain,watch"), ("export --fo", "plain,--format")):
        words = ["inbox-tui", *typed.split()]
        ended = subprocess.run(
            [sys.executable, "-m", "inbox_tui"],
            env={
                **files.environment,
                "_INBOX_TUI_COMPLETE": "bash_complete",
                "COMP_WORDS": " ".join(words),
                "COMP_CWORD": str(len(words) - 1),
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert expected in ended.stdout.splitlines(), ended


# -- the inbox


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The arguments with which the inbox would be opened."""
    parts: list[Any] = []

    class Inbox(app.InboxApp):
        def __init__(self, dependencies: Dependencies, **given: Any) -> None:
            parts.append(SimpleNamespace(settings=dependencies.settings, **given))
            super().__init__(dependencies, **given)

        def run(self, *_: Any, **__: Any) -> None:
            pass

    monkeypatch.setattr(app, "InboxApp", Inbox)
    monkeypatch.setattr("inbox_tui.cli.inbox._require_terminal", lambda: None)
    return parts


def test_the_inbox_opens_on_the_account_signed_in_last(files: Files, opened: list[Any]) -> None:
    put(files.archive, "smsc.kz", incoming(1))
    assert run("--hours", "6", "--to-phone", "+7 911 000-00-01").status == 0
    (parts,) = opened
    assert (parts.login, parts.server) == (LOGIN, "smsc.kz")
    assert (parts.filters.hours, parts.filters.to_phone) == (6, "79110000001")


def test_the_inbox_opens_without_an_account(opened: list[Any]) -> None:
    assert run().status == 0
    (parts,) = opened
    assert (parts.login, parts.server, parts.filters) == (None, "smscentre.com", None)


def test_a_damaged_archive_is_reported_after_the_inbox_closes(
    files: Files, opened: list[Any]
) -> None:
    files.damage_archive()
    ended = run()
    assert ended.status == 0
    assert "the archive was damaged" in ended.errors


def test_the_demo_writes_nothing_to_the_users_folders(files: Files, opened: list[Any]) -> None:
    assert run("--demo").status == 0
    (parts,) = opened
    assert parts.demo
    assert parts.filters is None
    assert list(files.home.iterdir()) == []


# -- outputs that are full or closed


@pytest.mark.parametrize(
    "line", ["--help", "--version", "sync --help", "config", "export", "watch --since 1"]
)
def test_a_full_standard_output_is_reported(kept: Files, line: str) -> None:
    ended = with_streams(">/dev/full", *line.split())
    assert ended.status == 1
    assert ended.errors == (
        "inbox-tui: standard output can't be written to: No space left on device.\n"
    )


@pytest.mark.parametrize("command", ["config", "doctor", "export", "watch", "completion bash"])
def test_a_closed_standard_output_is_reported(kept: Files, command: str) -> None:
    ended = with_streams(">&-", *command.split())
    assert (ended.status, ended.errors) == (1, "inbox-tui: standard output is closed.\n")


@pytest.mark.parametrize("streams", ["2>&-", "2>/dev/full"])
def test_an_unusable_standard_error_does_not_change_the_exit_status(
    kept: Files, streams: str
) -> None:
    assert with_streams(streams, "export").status == 0
    assert with_streams("<&-", "export").errors == "1 message.\n"
    assert with_streams(streams, "export", "--login", "nobody").status == 1
    assert with_streams(streams, "export", "--hours", "0").status == 2
    assert with_streams(streams, "logout").status == 0
    assert with_streams(streams).status == 2


@pytest.fixture
def kept(files: Files, monkeypatch: pytest.MonkeyPatch) -> Files:
    """An archive with a message of the account that the environment names."""
    put(files.archive, "smscentre.com", incoming(1))
    monkeypatch.setenv("INBOX_TUI_LOGIN", LOGIN)
    monkeypatch.setenv("INBOX_TUI_PASSWORD", PASSWORD)
    return files


# -- unexpected errors


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug whose error message and variables hold a password."""

    def fails(given: object) -> None:
        password = PASSWORD
        raise KeyError(f"{password} in the text of a message")

    monkeypatch.setattr(inbox_tui.cli.sync, "read_config", fails)


@in_both_languages
@pytest.mark.usefixtures("broken")
def test_an_unexpected_error_is_one_line_that_names_the_log(files: Files) -> None:
    ended = run("sync")
    assert ended == (
        1,
        "",
        "inbox-tui: stopped by an internal error (KeyError); "
        f"run 'inbox-tui --debug sync' to log where it was raised in {files.log}.\n",
    )
    assert not files.log.exists()


@in_both_languages
@pytest.mark.usefixtures("broken")
def test_debug_logs_where_an_error_was_raised_without_private_data(files: Files) -> None:
    ended = run("--debug", "sync", "--login", "private-login")
    assert ended.status == 1
    assert str(files.log) in ended.errors
    written = files.log.read_text()
    assert "in fails" in written
    assert "KeyError" in written
    assert PASSWORD not in written
    assert "private-login" not in written
    assert_private(files.log)
    run("--debug", "sync")
    assert files.log.read_text().startswith(written)


@in_both_languages
@pytest.mark.usefixtures("broken")
def test_a_log_that_cannot_be_written_is_reported(files: Files, tmp_path: Path) -> None:
    files.log.parent.mkdir(mode=0o700, parents=True)
    files.log.symlink_to(tmp_path / "elsewhere")
    ended = run("--debug", "sync")
    assert ended.status == 1
    assert "the log can't be written" in ended.errors
    assert not (tmp_path / "elsewhere").exists()


@in_both_languages
def test_debug_also_logs_expected_failures(
    files: Files, account: DemoServer, ring: MemoryBackend
) -> None:
    files.archive.parent.mkdir(parents=True)
    files.archive.mkdir()
    ended = run("--debug", "sync")
    assert ended.status == 1
    assert ended.errors.startswith(f"inbox-tui: {files.archive} ")
    assert "Failure" in files.log.read_text()
    files.log.unlink()
    files.log.mkdir()
    told = run("--debug", "sync").errors.splitlines()
    assert told[0].startswith("inbox-tui: the log can't be written: ")
    assert told[1:] == ended.errors.splitlines()


@in_both_languages
def test_an_interrupted_command_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(given: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(inbox_tui.cli.sync, "read_config", interrupted)
    ended = run("sync")
    assert ended.status == 1
    assert ended.errors.strip() == "inbox-tui: interrupted."


def test_an_interrupt_during_import_ends_the_program_silently() -> None:
    interrupted = """
import signal, sys

signal.signal(signal.SIGINT, signal.default_int_handler)

class Interrupt:
    def find_spec(self, name, *rest):
        if name == "inbox_tui.cli":
            signal.raise_signal(signal.SIGINT)

sys.meta_path.insert(0, Interrupt())
from inbox_tui.__main__ import main

main()
"""
    ended = subprocess.run([sys.executable, "-c", interrupted], capture_output=True, timeout=30)
    status = 3 if sys.platform == "win32" else -signal.SIGINT  # 3 is the C runtime's status
    assert (ended.returncode, ended.stdout, ended.stderr) == (status, b"", b"")


@pytest.mark.parametrize(
    ("named", "hours"),
    [
        ("Asia/Vladivostok", 10),
        (":Asia/Vladivostok", 10),
        ("/usr/share/zoneinfo/Asia/Vladivostok", 10),
        ("XYZ-7", 7),
        ("", 0),
    ],
)
def test_times_are_shown_in_the_zone_named_by_tz(
    monkeypatch: pytest.MonkeyPatch, named: str, hours: int
) -> None:
    monkeypatch.setenv("TZ", named)
    time.tzset()
    try:
        shown = datetime(2026, 11, 27, tzinfo=UTC).astimezone(local_zone())
        assert shown.utcoffset() == timedelta(hours=hours)
    finally:
        monkeypatch.undo()
        time.tzset()
