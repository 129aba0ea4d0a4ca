"""Each command and each exit status, through the installed program."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import signal
import stat
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from support.desktop import desktop, need
from support.service import SwitchedService
from support.terminal import Terminal
from support.traffic import incoming

from inbox_tui.demo.server import DemoServer

pytestmark = pytest.mark.e2e

PASSWORD = "correct horse"
NOBODY = "http://127.0.0.1:1"
"""A server that is not there."""
COMMANDS = ("login", "logout", "sync", "watch", "export", "doctor", "config", "completion")


class Ended(NamedTuple):
    """What a command came to."""

    status: int
    output: str
    errors: str


class User:
    """Somebody with the program installed, an account, and a home of their own."""

    def __init__(self, program: Path, environment: dict[str, str], server: DemoServer) -> None:
        self.program = program
        self.environment = {
            **environment,
            "INBOX_TUI_LOGIN": "alex",
            "INBOX_TUI_SERVER": server.url,
        }

    @property
    def home(self) -> Path:
        return Path(self.environment["HOME"])

    @property
    def archive(self) -> Path:
        return self.home / "data" / "inbox-tui" / "inbox.db"

    @property
    def settings(self) -> Path:
        return self.home / "config" / "inbox-tui" / "config.toml"

    def configure(self, text: str) -> None:
        self.settings.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.settings.write_text(text, encoding="utf-8")

    def run(self, *words: str | Path, stdin: str = "") -> Ended:
        """Run a command; whatever it came to, it said so in a few words, and plainly in a pipe."""
        done = subprocess.run(
            [self.program, *words],
            env=self.environment,
            input=stdin.encode(),
            capture_output=True,
            check=False,
            timeout=60,
        )
        ended = Ended(done.returncode, done.stdout.decode(), done.stderr.decode())
        assert "Traceback" not in ended.output + ended.errors
        assert len(ended.errors.splitlines()) <= 2, ended.errors
        assert PASSWORD not in ended.output + ended.errors
        assert "\x1b" not in ended.output + ended.errors
        assert "\r" not in ended.errors
        return ended

    def shell(self, script: str) -> Ended:
        """Run a line of shell, in which the program is `inbox-tui`."""
        path = f"{self.program.parent}{os.pathsep}{self.environment['PATH']}"
        done = subprocess.run(
            ["bash", "-o", "pipefail", "-c", script],
            env=self.environment | {"PATH": path},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert "Traceback" not in done.stderr
        return Ended(done.returncode, done.stdout, done.stderr)

    def start(self, *words: str, shell: str | None = None) -> subprocess.Popen[bytes]:
        """Start a command that goes on, or a line of shell."""
        path = f"{self.program.parent}{os.pathsep}{self.environment['PATH']}"
        return subprocess.Popen(
            ["bash", "-o", "pipefail", "-c", shell] if shell else [self.program, *words],
            env=self.environment | {"PATH": path},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def inbox(self, *words: str) -> Terminal:
        """Open the inbox."""
        return Terminal([str(self.program), *words], environment=self.environment)


@pytest.fixture
def user(installed: Path, environment: dict[str, str], server: DemoServer) -> User:
    return User(installed, environment, server)


@pytest.fixture
def messages(service: SwitchedService) -> None:
    """What the account has received."""
    service.add(incoming(1, "Yesterday's", minutes_ago=1500))
    service.add(incoming(2, "Заказ 5512 готов", minutes_ago=50, to_phone="79110000002"))
    service.add(incoming(3, "=1+1, your code is 481516\nsecond line", minutes_ago=5))


# -- what each command does


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
    assert {request.method for request in service.requests} == {"POST"}


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


# -- how each command ends


@pytest.mark.parametrize("command", COMMANDS)
def test_a_wrong_usage_is_2(user: User, command: str) -> None:
    ended = user.run(command, "--nothing")
    assert (ended.status, ended.output) == (2, "")
    assert f"'inbox-tui {command} --help' says what is allowed" in ended.errors


HOURS = "whole hours from 1 to 168"


@pytest.mark.parametrize(
    ("words", "allowed"),
    [
        ("--hours=0", HOURS),
        ("--hours=169 export", HOURS),
        ("export --hours=1.5", HOURS),
        ("watch --since=day", HOURS),
        ("watch --since=1 --from-now", "give one of them"),
        ("--to-phone=office", "'+7 911 000-00-01'"),
        ("export --to-phone=", "'+7 911 000-00-01'"),
        ("export --to-phone=226-44-58", "its area code is missing"),
        ("export --format=xml", "'csv', 'json', 'jsonl'"),
        ("watch --format=csv", "'jsonl', 'text'"),
        ("export --output=", "the name of a file, and -"),
        ("export --force", "goes with -o FILE"),
        ("sync --login=", "the login is empty"),
        ("sync --server=http://smscentre.com", "use https://"),
        ("--demo --login=alex", "leave --login out"),
        ("completion tcsh", "'bash', 'zsh', 'fish'"),
    ],
)
def test_an_option_that_can_not_be_is_2_and_nothing_opens(
    user: User, service: SwitchedService, words: str, allowed: str
) -> None:
    ended = user.run(*words.split())
    assert (ended.status, ended.output) == (2, "")
    assert allowed in ended.errors
    assert list(user.home.iterdir()) == []
    assert service.requests == []


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


def test_the_inbox_without_a_terminal_is_2(user: User) -> None:
    ended = user.run()
    assert (ended.status, ended.output) == (2, "")
    assert "needs a terminal" in ended.errors


@pytest.mark.parametrize("command", ["login", "logout", "sync", "watch", "export", "doctor"])
def test_an_archive_that_can_not_be_used_is_1(user: User, command: str) -> None:
    user.archive.mkdir(mode=0o700, parents=True)
    ended = user.run(command)
    assert ended.status == 1
    assert "inbox.db" in ended.output + ended.errors


def test_an_inbox_whose_archive_can_not_be_used_is_1(user: User) -> None:
    user.archive.mkdir(mode=0o700, parents=True)
    with user.inbox() as terminal:
        assert terminal.wait() == 1
        terminal.read()
        assert terminal.text.startswith(f"inbox-tui: {user.archive}"[:120])


@pytest.mark.parametrize("command", ["login", "sync", "watch"])
def test_a_request_that_the_server_finds_fault_with_is_1(
    user: User, service: SwitchedService, command: str
) -> None:
    service.fault = lambda request, reply: replace(
        reply, body=b'{"error": "parameters error", "error_code": 1}'
    )
    ended = user.run(command)
    assert (ended.status, ended.output) == (1, "")
    assert "parameters error" in ended.errors


def test_an_editor_that_can_not_be_used_is_1(user: User) -> None:
    user.environment["EDITOR"] = "no-such-editor"
    assert user.run("config", "--edit").status == 1
    user.environment["EDITOR"] = "false"
    assert user.run("config", "--edit").status == 1


@pytest.mark.parametrize(
    "command",
    ["sync", "watch --since 1", "export", "doctor", "config", "completion bash", "--help"],
)
def test_an_output_that_takes_nothing_is_1(user: User, messages: None, command: str) -> None:
    user.run("sync")
    ended = user.shell(f"inbox-tui {command} >/dev/full")
    assert ended.status == 1
    assert ended.errors.endswith("standard output can't be written to: No space left on device.\n")


def test_a_password_that_can_not_be_kept_is_1(user: User) -> None:
    ended = user.run("login")
    assert ended.status == 1
    assert "the server took the password, but it was not stored" in ended.errors


@pytest.mark.parametrize("command", ["login", "sync", "watch"])
def test_a_wrong_password_is_3_and_sent_once(
    user: User, service: SwitchedService, command: str
) -> None:
    user.environment["INBOX_TUI_PASSWORD"] = "wrong"
    for _ in range(1 if command == "login" else 2):
        ended = user.run(command)
        assert (ended.status, ended.output) == (3, "")
        assert "sign-in refused" in ended.errors
    assert len(service.requests) == 1


@pytest.mark.parametrize("command", ["sync", "watch"])
def test_no_password_is_3(user: User, service: SwitchedService, command: str) -> None:
    del user.environment["INBOX_TUI_PASSWORD"]
    ended = user.run(command)
    assert (ended.status, ended.output) == (3, "")
    assert "INBOX_TUI_PASSWORD" in ended.errors
    assert service.requests == []


@pytest.mark.parametrize("command", ["login", "sync"])
def test_a_blocked_address_is_4_and_left_in_peace(
    user: User, service: SwitchedService, command: str
) -> None:
    service.block()
    for _ in range(2):
        ended = user.run(command)
        assert (ended.status, ended.output) == (4, "")
        assert "ip is blocked" in ended.errors
        assert "Nothing is asked until" in ended.errors
    assert len(service.requests) == 1


def test_somebody_else_who_asks_too_often_is_4(
    installed: Path, environment: dict[str, str]
) -> None:
    with DemoServer(SwitchedService({"alex": PASSWORD}, identical=0)) as server:
        user = User(installed, environment, server)
        ended = user.run("sync")
        assert ended.status == 4
        assert "is another program asking for this account?" in ended.errors
        with user.start("watch") as watch:
            assert watch.stderr is not None
            assert b"another program" in watch.stderr.readline()
            watch.terminate()
            assert watch.wait(20) == 0


@pytest.mark.parametrize("command", ["login", "sync"])
def test_no_connection_is_5(user: User, command: str) -> None:
    ended = user.run(command, "--server", NOBODY)
    assert (ended.status, ended.output) == (5, "")
    assert "no connection: 127.0.0.1:1 refused the connection" in ended.errors


def test_a_doctor_who_finds_the_server_gone_is_1(user: User) -> None:
    ended = user.run("doctor", "--online", "--server", NOBODY)
    assert ended.status == 1
    assert "✗ server    no connection: 127.0.0.1:1 refused the connection" in ended.output


def test_debug_writes_where_a_failure_arose_and_nothing_private(
    user: User, messages: None, service: SwitchedService
) -> None:
    user.run("sync")
    service.accounts["alex"] = "another one"
    assert user.run("--debug", "sync").status == 3
    log = user.home / "state" / "inbox-tui" / "inbox-tui.log"
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    written = log.read_text(encoding="utf-8")
    assert re.search(r"/inbox_tui/cli/run_sync\.py:\d+ in fail_unless_live\n", written)
    assert "inbox_tui.cli.failure.Failure" in written
    for secret in (PASSWORD, "alex", "7999", "7911", "Заказ", "481516", "authorise"):
        assert secret not in written


def test_a_damaged_archive_is_kept_aside(user: User, messages: None) -> None:
    user.archive.parent.mkdir(mode=0o700, parents=True)
    user.archive.write_bytes(b"this is no database" * 1000)
    ended = user.run("sync")
    assert ended.status == 1
    (aside,) = user.archive.parent.glob("inbox.db.damaged-*")
    assert str(aside) in ended.errors
    assert aside.read_bytes() == b"this is no database" * 1000


# -- what each setting does


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
