"""What each command does, through the installed program."""

from __future__ import annotations

import csv
import io
import json
import re
import signal
import stat
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from support.desktop import desktop, need
from support.installed_user import PASSWORD, Ended, User
from support.service import SwitchedService
from support.traffic import incoming

pytestmark = pytest.mark.e2e


@pytest.fixture
def at_desktop(user: User, tmp_path: Path) -> Iterator[User]:
    """The user at a desktop, whose keyring works; no password is in the environment."""
    del user.environment["PYTHON_KEYRING_BACKEND"], user.environment["INBOX_TUI_PASSWORD"]
    with desktop(tmp_path / "desktop") as variables:
        user.environment |= variables
        yield user


def test_a_password_is_kept_in_the_keyring_until_it_is_removed(
    at_desktop: User, messages: None, service: SwitchedService
) -> None:
    user = at_desktop
    ended = user.run("login", "--password-stdin", stdin=f"{PASSWORD}\n")
    assert (ended.status, ended.output) == (0, "")
    assert "Signed in as alex@127.0.0.1:" in ended.errors
    del user.environment["INBOX_TUI_LOGIN"], user.environment["INBOX_TUI_SERVER"]
    user.configure(f'server = "{service_address(ended)}"\n')
    assert user.run("sync") == (0, "no new messages\n", "")
    assert "has the password" in user.run("doctor").output
    service.accounts["alex"] = "another one"
    assert user.run("login", "--login=alex", "--password-stdin", stdin="wrong\n").status == 3
    assert user.run("logout").status == 0
    assert user.run("sync").status == 2
    assert user.run("sync", "--login", "alex").status == 3
    assert user.run("logout", "--login", "alex", "--purge").status == 0
    assert "there are no messages" in user.run("export", "--login", "alex").errors
    assert service.breaches == []
    assert_nowhere(user.home, PASSWORD)


def service_address(signed_in: Ended) -> str:
    found = re.search(r"@(\S+);", signed_in.errors)
    assert found
    return f"http://{found[1]}"


def assert_nowhere(folder: Path, words: str) -> None:
    for file in folder.rglob("*"):
        if file.is_file():
            assert words.encode() not in file.read_bytes(), file


def test_a_refresh_says_how_many_came_and_another_one_that_none_did(
    user: User, messages: None, service: SwitchedService
) -> None:
    assert user.run("sync") == (0, "3 new messages\n", "")
    assert user.run("sync") == (0, "no new messages\n", "")
    service.add(incoming(4, "One more"))
    assert user.run("sync") == (0, "1 new message\n", "")
    assert service.breaches == []
    assert not any(request.in_address for request in service.requests)


def test_a_refresh_shows_its_progress_on_a_terminal_and_takes_it_away(
    user: User, messages: None
) -> None:
    with user.inbox("sync") as terminal:
        assert terminal.wait() == 0
        terminal.read()
        assert terminal.text.split() == ["3", "new", "messages"]
        assert b"\rAsking the server" in terminal.raw


def test_messages_are_exported_to_a_pipe(user: User, messages: None) -> None:
    user.run("sync")
    ended = user.run("export")
    assert (ended.status, ended.errors) == (
        0,
        "3 messages; 1 cell got an apostrophe against formulas.\n",
    )
    rows = list(csv.DictReader(io.StringIO(ended.output, newline="")))
    columns = ["id", "received", "sent", "phone", "to_phone", "message", "read"]
    columns += ["starred", "done", "code"]
    assert list(rows[0]) == columns
    assert [row["message"] for row in rows] == [
        "Yesterday's",
        "Заказ 5512 готов",
        "'=1+1, your code is 481516\nsecond line",
    ]
    ended = user.run("export", "--format=jsonl", "--hours=2", "--to-phone=+7 911 000-00-01")
    (line,) = ended.output.splitlines()
    message = json.loads(line)
    assert (message["id"], message["code"], message["read"]) == (3, "481516", False)
    assert datetime.fromisoformat(message["received"]).utcoffset() == timedelta(hours=3)
    assert len(json.loads(user.run("export", "--format", "json", "--search", "ЗАКАЗ").output)) == 1
    assert user.shell("inbox-tui export | head -1").status == 0


def test_messages_are_exported_to_a_file_of_the_users_own(user: User, messages: None) -> None:
    user.run("sync")
    file = user.home / "all.json"
    assert user.run("export", "-o", file) == (0, "", f"3 messages in {file}.\n")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(json.loads(file.read_text())) == 3
    assert user.run("export", "-o", file, "--hours=2").status == 1
    assert len(json.loads(file.read_text())) == 3
    assert user.run("export", "-o", file, "--hours=2", "--force").status == 0
    assert len(json.loads(file.read_text())) == 2


@pytest.mark.parametrize("end", ["SIGTERM", "SIGINT", "closed pipe"])
def test_a_watch_prints_and_ends_cleanly(
    user: User, messages: None, service: SwitchedService, end: str
) -> None:
    with user.start("watch", "--since", "1") as watch:
        assert watch.stdout is not None
        assert watch.stderr is not None
        ids = [json.loads(watch.stdout.readline())["id"] for _ in range(2)]
        assert ids == [2, 3]
        if end == "closed pipe":
            watch.stdout.close()
        else:
            watch.send_signal(signal.Signals[end])
        assert watch.wait(20) == 0
        assert watch.stderr.read() == b""
    assert service.breaches == []


def test_a_watch_for_people_has_names(user: User, messages: None) -> None:
    user.configure('[names]\n"79110000002" = "Orders"\n')
    ended = user.shell("inbox-tui watch --since 1 --format text | head -1")
    assert ended.status == 0
    assert ended.output.endswith("  +7 999 123-45-67  Orders  Заказ 5512 готов\n")


def test_a_watch_and_an_open_inbox_side_by_side_keep_the_limit(
    user: User, messages: None, service: SwitchedService
) -> None:
    with user.inbox() as inbox:
        inbox.wait_for("next in")
        with user.start(shell="inbox-tui watch | head -1") as watch:
            inbox.read(1)
            for _ in range(20):
                inbox.press("r")
                inbox.read(0.02)
            service.add(incoming(4, "Both of you"))
            inbox.wait_for("Both of you", seconds=25)
            output, errors = watch.communicate(timeout=25)
        assert json.loads(output)["message"] == "Both of you"
        assert (watch.returncode, errors) == (0, b"")
        inbox.press("q")
        assert inbox.wait() == 0
    assert len(service.requests) >= 2
    assert service.breaches == []


def test_the_doctor_reports_without_secrets(user: User, messages: None) -> None:
    user.run("sync")
    ended = user.run("doctor", "--online")
    assert (ended.status, ended.errors) == (0, "")
    assert all(line.startswith("✓ ") for line in ended.output.splitlines())
    assert "✓ server    it answers" in ended.output
    ended = user.run("doctor", "--json")
    report = json.loads(ended.output)
    assert (ended.status, report["ok"]) == (0, True)
    found = {check["name"]: check["found"] for check in report["checks"]}
    assert " ".join(found) == (
        "versions terminal keyring settings data log disk archive search limit late clock"
    )
    assert re.match(r"inbox-tui \S+, Python \S+ \(\w+\), SQLite .+textual .+", found["versions"])
    assert "gives the password" in found["keyring"]
    assert "~/config/inbox-tui/config.toml" in found["settings"]
    assert "(mode 0700)" in found["data"]
    assert found["archive"].startswith("version 1, 1 account, 3 messages, 0 that could not be read")
    assert found["search"] == "all indexed"
    assert found["limit"] == "2 requests in the last minute, the next may go now"
    assert re.fullmatch(r"(\S+) here, \1 in Europe/Moscow; .+", found["clock"])
    for secret in ("alex", "7999", "7911", "Заказ", "481516", str(user.home)):
        assert secret not in ended.output


def test_the_doctor_looks_at_the_terminal(user: User) -> None:
    with user.inbox("doctor") as terminal:
        assert terminal.wait() == 0
        terminal.read()
        assert "✓ terminal  120×40, 16 million colours, TERM=xterm-256color" in terminal.text
        assert "\x1b[32m✓\x1b[0m".encode() in terminal.raw


def test_the_doctor_says_what_to_do(user: User) -> None:
    del user.environment["INBOX_TUI_PASSWORD"]
    ended = user.run("doctor")
    assert (ended.status, ended.errors) == (1, "")
    assert "✗ keyring   this system has none: give INBOX_TUI_PASSWORD" in ended.output


def test_settings_are_shown_with_where_they_come_from(user: User) -> None:
    user.configure('\nwindow = 48\nlogin = "vera"\n')
    ended = user.run("config")
    assert ended.status == 0
    shown = dict(re.findall(r"^(\w+) = (.+?) +# (?:.+)$", ended.output, re.MULTILINE))
    sources = dict(re.findall(r"^(\w+) = .+ # (.+)$", ended.output, re.MULTILINE))
    assert (shown["window"], sources["window"]) == ("48", "line 2")
    assert (shown["login"], sources["login"]) == ('"alex"', "INBOX_TUI_LOGIN")
    assert (shown["keep_days"], sources["keep_days"]) == ("0", "default")


def test_settings_are_edited_and_checked(user: User, tmp_path: Path) -> None:
    user.environment["EDITOR"] = "true"
    assert user.run("config", "--edit") == (0, "", f"{user.settings} is in order.\n")
    assert stat.S_IMODE(user.settings.stat().st_mode) == 0o600
    assert "#refresh_seconds = 20" in user.settings.read_text()
    user.environment["EDITOR"] = "bash -c 'echo window = 200 >>$0'"
    ended = user.run("config", "--edit")
    assert ended.status == 2
    assert "window = 200: allowed are hours from 1 to 168" in ended.errors


@pytest.mark.parametrize(
    ("shell", "script"),
    [
        (
            "bash",
            'eval "$(inbox-tui completion bash)"; COMP_WORDS=(inbox-tui wa); COMP_CWORD=1; '
            '_inbox_tui_completion inbox-tui; echo "${COMPREPLY[@]}"',
        ),
        ("fish", "inbox-tui completion fish | source; complete -C 'inbox-tui wa'"),
        (
            "zsh",
            "autoload -U compinit; compinit -u -d $HOME/.zcompdump; "
            'eval "$(inbox-tui completion zsh)"; compadd() { print -l -- "$@" }; '
            '_describe() { eval "print -l -- \\"\\${$3[@]}\\"" }; '
            "words=(inbox-tui wa); CURRENT=2; _inbox_tui_completion",
        ),
    ],
    ids=["bash", "fish", "zsh"],
)
def test_a_shell_completes_a_command(user: User, shell: str, script: str) -> None:
    need(shell)
    user.environment["SCRIPT"] = script
    ended = user.shell(f'{shell} -c "$SCRIPT"')
    assert (ended.status, ended.errors) == (0, "")
    assert re.search(r"\bwatch\b", ended.output)
    assert "export" not in ended.output
