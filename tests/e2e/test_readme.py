"""README and CONTRIBUTING agree with the program: commands are run, tables compared."""

from __future__ import annotations

import importlib.util
import os
import re
import shlex
import subprocess
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import click
import pytest
from support.command import PASSWORD
from support.desktop import desktop, need
from support.documents import CONTRIBUTING, README, ROOT, blocks, lines
from support.postgres import Cluster, binaries
from support.terminal import Terminal
from support.traffic import incoming, server_now

from inbox_tui.cli import failure
from inbox_tui.cli.program import COMMANDS, main
from inbox_tui.config import Settings, load_settings
from inbox_tui.demo.server import DemoServer
from inbox_tui.demo.service import DemoService
from inbox_tui.paths import Paths

pytestmark = pytest.mark.e2e

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
RECEIVED = (
    (2900, "79990408139", "79110000001", "Здравствуйте! Где мой заказ 5874?"),
    (180, "79993061427", "79110000001", "Заказ 5990 получил, спасибо"),
    (41, "79998179779", "79110000004", "Буду через 7 минут"),
    (
        33,
        "447700900588",
        "447700900123",
        "Hi! We land early. Could we drop our bags off before noon?",
    ),
    (28, "79990408139", "79110000001", "Добрый день! Заказ 5992 можно забрать завтра утром?"),
    (24, "ZARYABANK", "79110000002", "Код: 0032. Вход в интернет-банк. Никому его не говорите!"),
)
"""The messages in the README's examples: minutes ago, sender, receiving number, text."""


# -- reading the documents


class Command(NamedTuple):
    """A command and its output according to the README."""

    line: str
    output: tuple[str, ...] = ()


def section(title: str, document: str = README) -> str:
    """Return the text under a heading, including that of its sub-headings."""
    found = re.search(rf"(?ms)^#+ {re.escape(title)}\n(.*?)(?=^#{{1,2}} |\Z)", document)
    assert found, f"no heading {title!r}"
    return found[1]


def table(title: str, first: str, document: str = README) -> list[list[str]]:
    """Return the rows of the table under a heading whose first column has the name `first`."""
    beginning = rf"(?m)^\| {first} \|.*?\n\|[ |-]+\|\n"
    found = re.search(rf"{beginning}((?:\|.*\n)+)", section(title, document))
    assert found, f"no table of {first!r} under {title!r}"
    return [[cell.strip() for cell in row.strip("|").split(" | ")] for row in found[1].splitlines()]


def quoted(text: str) -> list[str]:
    """Return the texts between backticks, except in code blocks."""
    return re.findall(r"`([^`\n]+)`", re.sub(r"(?ms)^```.*?^```$", "", text))


def transcripts() -> Iterator[Command]:
    """Yield the commands that are shown with their output."""
    for block in blocks("console"):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            line, *output = part.splitlines()
            yield Command(line, tuple(output))


LINES = [
    *lines("sh"),
    *lines("sh", CONTRIBUTING),
    *(re.sub(r"^(\S+ +){5}", "", line) for line in lines("crontab")),
]
SET_UP = [line for line in LINES if re.match(r"git |python3 -m venv |pipx |uv |.*/pip ", line)]
DEVELOPING = [
    line
    for line in LINES
    if (".venv/bin/" in line or line.startswith(".ci/")) and line not in SET_UP
]
TEAM = lines("sh", section("Team"))
OURS = [line for line in LINES if line not in (*SET_UP, *DEVELOPING, *TEAM)]
TRANSCRIPTS = list(transcripts())


# -- commands that install the program


def test_demo_and_test_setups_are_a_single_line_from_scratch() -> None:
    tried, tested = (
        line for line in LINES if line.startswith("python3 -m venv") and "[dev]" not in line
    )
    begin = "python3 -m venv .venv && .venv/bin/pip install --quiet "
    assert tried.startswith(begin)
    assert tried.endswith(" && .venv/bin/inbox-tui --demo")
    assert tested.startswith(begin)
    assert tested.endswith(" && .venv/bin/pytest -n auto")


def test_ci_runs_the_test_command_of_the_readme() -> None:
    gate = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    (tested,) = (
        line for line in LINES if line.endswith(".venv/bin/pytest -n auto") and "&&" in line
    )
    assert tested in gate


def test_actions_in_workflows_are_pinned_by_commit() -> None:
    workflows = [*(ROOT / ".github" / "workflows").glob("*.yml")]
    used = [
        use
        for workflow in workflows
        for use in re.findall(r"uses: (.+)", workflow.read_text(encoding="utf-8"))
        if not use.startswith("./")
    ]
    assert len(used) > 5
    for use in used:
        assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v[\d.]+", use), use


@pytest.mark.parametrize("line", SET_UP)
def test_setup_command_refers_to_what_exists(line: str) -> None:
    assert subprocess.run(["bash", "-n", "-c", line], check=False).returncode == 0
    for extra in re.findall(r"\.\[(\w+)\]", line):
        assert extra in PROJECT["project"]["optional-dependencies"]
    address = PROJECT["project"]["urls"]["Source"]
    if line.startswith("git clone"):
        assert line == f"git clone {address}.git && cd {address.rpartition('/')[2]}"
    elif line.startswith(("pipx", "uv")) and not line.endswith("install ."):
        name = PROJECT["project"]["name"]
        assert line.endswith((f"install {name}", f"install '{name}[team]'"))


def test_windows_commands_match_those_of_other_systems() -> None:
    tried, installed = lines("powershell")
    (elsewhere,) = (line for line in LINES if line.endswith("/bin/inbox-tui --demo"))
    replaced = {"python3": "py", " && ": "; ", ".venv/bin/": r".venv\Scripts" + "\\"}
    for here, there in replaced.items():
        elsewhere = elsewhere.replace(here, there)
    assert tried == elsewhere
    assert installed.split("; ")[-1] == "py -m pipx install ."
    (task,) = re.findall(r'`schtasks .+ /tr "inbox-tui (.+)"`', README)
    assert task in blocks("crontab")[0]


def test_readme_is_no_longer_than_14000_characters() -> None:
    assert len(README) <= 14_000


@pytest.mark.parametrize("line", DEVELOPING)
def test_developer_command_refers_to_what_exists(
    line: str, pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(ROOT / "tests")
    before, _, program = line.partition(".venv/bin/")
    for variable in re.findall(r"(\w+)=", before):
        assert variable == "PYTHONPATH" or named_in_tests(variable), variable
    name, *words = shlex.split(program)
    extras = PROJECT["project"]["optional-dependencies"]
    tools = {re.split("[<>=]", tool)[0] for tool in (*extras["test"], *extras["dev"])}
    assert name in {*tools, "python"}
    for word in words:
        if word.startswith("tests") or word == "inbox_tui":
            assert (ROOT / word).exists()
        elif name == "pytest" and word.startswith("--"):
            pytestconfig.getoption(word)
    if name == "python":
        assert words[0] == "-m"
        assert importlib.util.find_spec(words[1]) is not None
    elif name == "pytest" and "-m" in words:
        markers = PROJECT["tool"]["pytest"]["ini_options"]["markers"]
        assert words[words.index("-m") + 1].split()[-1] in {mark.split(":")[0] for mark in markers}


def named_in_tests(variable: str) -> bool:
    return any(
        variable in file.read_text(encoding="utf-8")
        for file in (ROOT / "tests").rglob("*.py")
        if file != Path(__file__)
    )


# -- commands of the program


@pytest.fixture
def service() -> DemoService:
    service = DemoService({"alex": PASSWORD}, clock=server_now, api_keys={PASSWORD: "alex"})
    for number, (minutes, phone, to_phone, text) in enumerate(RECEIVED):
        service.add(
            incoming(
                148206950 + 3 * number, text, minutes_ago=minutes, phone=phone, to_phone=to_phone
            )
        )
    return service


@pytest.fixture
def user(
    installed: Path, environment: dict[str, str], server: DemoServer, tmp_path: Path
) -> dict[str, str]:
    """The environment of a reader of the README who has an account; `pass` prints the password."""
    stand_ins = tmp_path / "stand-ins"
    stand_ins.mkdir()
    (stand_ins / "pass").write_text(f"#!/bin/sh\n[ $# = 2 ] && echo '{PASSWORD}'\n")
    (stand_ins / "pass").chmod(0o755)
    return {
        **{name: value for name, value in environment.items() if not name.startswith("XDG_")},
        "PATH": os.pathsep.join((str(stand_ins), str(installed.parent), os.environ["PATH"])),
        "EDITOR": "true",
        "INBOX_TUI_LOGIN": "alex",
        "INBOX_TUI_SERVER": server.url,
    }


def fetched(user: dict[str, str]) -> None:
    subprocess.run(["inbox-tui", "sync"], check=True, capture_output=True, env=user)


def in_terminal(line: str, user: dict[str, str]) -> Terminal:
    command = ["bash", "-c", f'cd "$HOME" && {line}']
    return Terminal(command, environment=user, columns=200, lines=60)


ANSWERS = {
    "Keyring password:": ("a word", "enter"),
    "Password for ": ("pw", "enter"),
    "next in": ("q",),
}
"""The keys a user presses when the screen shows these texts."""


@pytest.mark.parametrize("line", OURS)
def test_every_documented_command_succeeds(
    line: str, user: dict[str, str], tmp_path: Path, service: DemoService
) -> None:
    fetched(user)
    if "dbus-run-session" in line:
        need("dbus-run-session", "gnome-keyring-daemon")
    if "inbox-tui login" not in line:
        do(line, user)
    else:
        with desktop(tmp_path / "desktop") as variables:
            del user["PYTHON_KEYRING_BACKEND"], user["INBOX_TUI_PASSWORD"]
            do(line, user | variables)
            del user["INBOX_TUI_LOGIN"]  # the last account signed in is the default
            do("inbox-tui sync", user | variables)
    assert service.breaches == []


def test_five_documented_team_commands_set_up_a_team(
    user: dict[str, str], tmp_path: Path, service: DemoService, cluster: Cluster
) -> None:
    need("dbus-run-session", "gnome-keyring-daemon")
    cluster.sql("DROP ROLE IF EXISTS anna")  # left by another test
    cluster.sql("CREATE ROLE postgres SUPERUSER LOGIN PASSWORD 'pw'")
    docker = Path(user["PATH"].partition(os.pathsep)[0]) / "docker"
    psql = f"{binaries() / 'psql'} -h {cluster.folder} -p {cluster.port}"
    docker.write_text(f'#!/bin/sh\n[ "$1" = run ] && exit\nshift 3\nexec {psql} "$@"\n')
    docker.chmod(0o755)
    assert len(TEAM) == 5
    with desktop(tmp_path / "desktop") as variables:
        del user["PYTHON_KEYRING_BACKEND"]
        for line in TEAM:
            if line not in SET_UP:
                here = line.replace("127.0.0.1/", f"127.0.0.1:{cluster.port}/")
                do(here.replace("--login LOGIN", "--login alex"), user | variables)
        do("inbox-tui team status", user | variables)
    assert service.requests == [], "nobody has asked yet"


def do(line: str, user: dict[str, str]) -> None:
    """Run a command, answer its prompts, and check that it ends with status 0."""
    with in_terminal(line, user) as terminal:
        answers = dict(ANSWERS)
        end = time.monotonic() + 40
        while not terminal.has_ended() and time.monotonic() < end:
            terminal.read(0.05)
            for shown in [shown for shown in answers if shown in terminal.text]:
                terminal.press(*answers.pop(shown))
        assert "Traceback" not in terminal.text
        assert terminal.status == 0, terminal.text


@pytest.mark.parametrize("command", TRANSCRIPTS, ids=[command.line for command in TRANSCRIPTS])
def test_documented_output_matches_the_actual_output(
    command: Command, user: dict[str, str]
) -> None:
    if "jq" in command.line:
        need("jq")
    if command.line != "inbox-tui sync":
        fetched(user)
    expected = [shape(line) for line in command.output]
    with in_terminal(command.line, user) as terminal:
        terminal.wait_for(lambda text: shapes(text) == expected, seconds=20)
        if "watch" in command.line:
            terminal.press("\x03")
            assert terminal.wait() in (0, 130)  # 130 if Ctrl+C ended jq
        else:
            assert terminal.wait() == 0
        assert [line for line in shapes(terminal.text) if line != "^C"] == expected


def shapes(text: str) -> list[str]:
    """Return the `shape` of each line of a screen that is not empty."""
    return [shape(line) for line in text.splitlines() if line.strip()]


def shape(line: str) -> str:
    """Return a line with 0 in place of each number, date and version."""
    return re.sub(r"\d+(\.\d+)*", "0", line).rstrip()


def test_readme_mentions_every_command_and_no_others() -> None:
    lines = [*LINES, *(command.line for command in TRANSCRIPTS), *quoted(README)]
    named = {name for line in lines for name in re.findall(r"\binbox-tui ([a-z]+)", line)}
    assert named == set(COMMANDS)


# -- tables


def test_readme_lists_the_options_of_every_command() -> None:
    rows = {quoted(row[0])[0]: row[1] for row in table("Commands", "command")}
    assert set(rows) == {"inbox-tui", *(f"inbox-tui {name}" for name in COMMANDS)}
    context = click.Context(main, **main.context_settings)
    common = {"--login", "--server", "--all", "--help", "--version", "--debug"}
    assert common <= {word for text in quoted(section("Commands")) for word in text.split()}
    for name, does in rows.items():
        command = main if name == "inbox-tui" else main.get_command(context, name.split()[1])
        assert command is not None
        options = {
            max(option.opts, key=len)
            for option in command.get_params(click.Context(command, **main.context_settings))
            if isinstance(option, click.Option)
        }
        documented = {
            word for text in quoted(does) for word in text.split() if word.startswith("--")
        }
        assert documented == options - common, name


def test_readme_lists_the_exit_statuses() -> None:
    statuses = {
        failure.DONE: "done",
        failure.FAILED: "failed",
        failure.USAGE: "wrong usage",
        failure.SIGN_IN_REFUSED: "sign-in refused",
        failure.LIMITED: "limited or blocked",
        failure.NO_CONNECTION: "no connection",
    }
    rows = table("Commands", "exit status")
    assert [int(status) for status, _ in rows] == list(statuses)
    for status, means in rows:
        assert means.startswith(statuses[int(status)])


def test_documented_settings_are_valid(tmp_path: Path) -> None:
    for number, block in enumerate(blocks("toml")):
        file = tmp_path / f"{number}.toml"
        file.write_text(block, encoding="utf-8")
        assert load_settings(file) != Settings()


def test_documented_file_locations_match_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
        assert name in section("Files")
    named = {word for row in table("Files", "what") for word in quoted(row[1]) if word[0] == "~"}
    paths = Paths.default()
    ours = (paths.config, paths.archive, paths.log)
    assert named == {str(path).replace(str(Path.home()), "~") for path in ours}


# -- links and pictures


def test_pictures_and_internal_links_of_the_readme_exist() -> None:
    pictures = re.findall(r'(?:\]\(|src=")(screenshots/[^")]+)', README)
    assert "screenshots/inbox.svg" in pictures
    for picture in pictures:
        assert (ROOT / picture).is_file()
    for document in re.findall(r"\]\((\.github/[^)#]+)\)", README):
        assert (ROOT / document).is_file()
    headings = re.findall(r"^#+ (.+)$", README, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
    for link in re.findall(r"\]\(#([^)]+)\)", README):
        assert link in anchors


def test_rooms_in_contributing_match_the_package() -> None:
    rooms = {quoted(row[0])[0] for row in table("The map of the rooms", "room", CONTRIBUTING)}
    folders = {
        file.stem
        for file in (ROOT / "inbox_tui").iterdir()
        if file.is_dir() and (file / "__init__.py").exists()
    }
    assert folders <= rooms
    assert all(
        (ROOT / "inbox_tui" / room).is_dir() or (ROOT / "inbox_tui" / f"{room}.py").is_file()
        for room in rooms
    )
