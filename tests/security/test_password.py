"""A password or API key is in the keyring and in the bodies of requests, and nowhere else."""

from __future__ import annotations

import base64
import inspect
import logging
import os
import pickle
import sys
from collections import deque
from collections.abc import Iterator, Mapping
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from support.app_harness import until
from support.command import Files, run
from support.files import files_with
from support.hostile import screen_output
from support.keyrings import MemoryBackend, keyring
from support.terminal import Terminal
from support.traffic import incoming, server_now
from textual.app import App
from textual.widgets import Checkbox, Input

from inbox_tui.app import InboxApp
from inbox_tui.archive import Archive
from inbox_tui.cli.connect import connector
from inbox_tui.cli.inbox import local_zone
from inbox_tui.config import Settings
from inbox_tui.credentials import Kind
from inbox_tui.demo.server import DemoServer
from inbox_tui.demo.service import DemoService
from inbox_tui.screens.sign_in import PasswordInput, SignInScreen
from inbox_tui.session import Dependencies, Session
from inbox_tui.smsc.limit import Limit
from inbox_tui.sync import SystemClock

PASSWORD = 'kW7 zebra&"stripes"+ж'
TEXT = "Your code is 913042. Do not tell https://shop.example/?q=1"
CODE = "913042"
SPELLINGS = {
    *(PASSWORD, quote(PASSWORD), quote_plus(PASSWORD), repr(PASSWORD)[1:-1]),
    *("zebra&", "stripes", "zebra%26", "zebra&quot;", "zebra&amp;"),
    base64.b64encode(PASSWORD.encode()).decode()[:24],
}
"""The password, its encodings and its parts, as they could be written somewhere."""


def assert_without_password(written: str | bytes, place: object) -> None:
    text = written.decode(errors="replace") if isinstance(written, bytes) else written
    for spelling in SPELLINGS:
        assert spelling not in text, place


def assert_files_without_password(folder: Path) -> None:
    files = [file for file in folder.rglob("*") if file.is_file()]
    assert files
    for file in files:
        assert_without_password(file.read_bytes(), file)
        assert_without_password(file.name, file)


@pytest.fixture(params=["password", "API key"])
def kind(request: pytest.FixtureRequest) -> Kind:
    """The kind of secret: all promises hold for both."""
    kind: Kind = request.param
    return kind


@pytest.fixture
def variable(kind: Kind) -> str:
    return {"password": "INBOX_TUI_PASSWORD", "API key": "INBOX_TUI_API_KEY"}[kind]


@pytest.fixture
def service() -> DemoService:
    service = DemoService({"alex": PASSWORD}, clock=server_now, api_keys={PASSWORD: "alex"})
    service.add(incoming(1, TEXT, minutes_ago=3))
    return service


@pytest.fixture
def server(service: DemoService) -> Iterator[DemoServer]:
    with DemoServer(service) as server:
        yield server


def everything_within(thing: object) -> Iterator[tuple[str, object]]:
    """Yield every object reachable through attributes and containers, with the path to it."""
    seen: set[int] = set()
    waiting: list[tuple[str, object]] = [("", thing)]
    while waiting:
        way, one = waiting.pop()
        if id(one) in seen or inspect.ismodule(one) or inspect.isclass(one):
            continue
        seen.add(id(one))
        yield way, one
        if isinstance(one, Mapping):
            inside: Any = [item for pair in list(one.items()) for item in pair]
        elif isinstance(one, list | tuple | set | frozenset | deque):
            inside = list(one)
        else:
            waiting += [(f"{way}.{name}", value) for name, value in attributes(one)]
            continue
        waiting += [(f"{way}[]", item) for item in inside]


def attributes(one: object) -> Iterator[tuple[str, object]]:
    yield from getattr(one, "__dict__", {}).items()
    for kind in type(one).__mro__:
        slots = vars(kind).get("__slots__", ())
        for name in [slots] if isinstance(slots, str) else slots:
            if hasattr(one, name):
                yield name, getattr(one, name)


def app_at(server: DemoServer, folder: Path, kept: MemoryBackend) -> tuple[InboxApp, Archive]:
    clock, limit = SystemClock(), Limit()
    archive = Archive.open(folder / "data" / "inbox.db")
    dependencies = Dependencies(
        archive=archive,
        settings=Settings(window=0),
        keyring=keyring(kept),
        connect=connector(clock, limit, lambda url: None),
        clock=clock,
        random=Random(1),
        limit=limit,
        refresh_seconds=20,
    )
    app = InboxApp(
        dependencies,
        server=server.url,
        login=None,
        local_zone=local_zone(),
        settings_path=folder / "config.toml",
    )
    return app, archive


async def test_using_the_inbox_leaves_the_password_nowhere(
    kind: Kind,
    server: DemoServer,
    service: DemoService,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for home in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(home, str(tmp_path))
    copied: list[str] = []
    monkeypatch.setattr(App, "copy_to_clipboard", lambda app, text: copied.append(text))
    for name in ("", "httpx", "httpcore", "keyring", "asyncio", "textual"):
        caplog.set_level(logging.DEBUG, logger=name)
    kept = MemoryBackend()
    app, archive = app_at(server, tmp_path, kept)
    screens = []
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: bool(app.screen.query("#password")))
        app.screen.query_one("#api-key", Checkbox).value = kind == "API key"
        await pilot.pause()
        app.screen.query_one("#login", Input).value = "alex"
        app.screen.query_one("#password", Input).value = PASSWORD
        app.screen.query_one("#password", Input).focus()
        await pilot.pause()
        screens.append(screen_output(app))
        await pilot.press("ctrl+a", "ctrl+c", "enter")
        await until(pilot, lambda: CODE in screen_output(app))
        for key in ("c", "y", "enter", "escape", "slash", *"code", "enter", "question_mark"):
            await pilot.press(key)
            screens.append(screen_output(app))
        await pilot.press("escape", "e")
        await pilot.pause()
        await pilot.press("enter")
        await until(pilot, lambda: bool(list(tmp_path.glob("inbox-*.csv"))))
        await pilot.press("r", "ctrl+p")
        screens.append(screen_output(app))
        session, dependencies = app._accounts.shown, app._dependencies
        assert isinstance(session, Session)
        sync: Any = session._sync
        assert sync is not None
        client: Any = sync._client
        shown = [dependencies, session, sync, client, app, sync._password, archive]
        shown += [dependencies.keyring]
        for thing in shown:
            assert_without_password(repr(thing) + str(thing) + f"{thing}", thing)
            assert_without_password(repr(getattr(thing, "__dict__", "")), thing)
        for thing in (dependencies, session, client, sync._password):
            with pytest.raises((TypeError, pickle.PicklingError, AttributeError)):
                pickle.dumps(thing)
        kept.kept.clear()
        for way, one in everything_within(app):
            if isinstance(one, str | bytes | bytearray):
                assert_without_password(one if isinstance(one, str) else bytes(one), way)
    archive.close()
    for screen in screens:
        assert_without_password(screen, "screen")
    assert copied == [CODE, TEXT]
    assert {record.name.partition(".")[0] for record in caplog.records} >= {"httpx", "httpcore"}
    for record in caplog.records:
        assert_without_password(record.getMessage() + repr(record.__dict__), record.name)
    assert service.requests
    for request in service.requests:
        assert not request.in_address
        assert ("login" in request.parameters) == (kind == "password")
    assert_files_without_password(tmp_path)


@pytest.mark.parametrize("command", ["sync", "export", "config", "doctor", "logout"])
def test_no_command_leaves_the_password_in_the_environment(
    variable: str, files: Files, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setenv(variable, PASSWORD)
    ended = run(command, "--login", "alex", "--server", "http://127.0.0.1:9")
    assert variable not in os.environ
    assert_without_password(repr(ended), command)


def test_shell_run_for_completion_does_not_inherit_the_password(
    variable: str, files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bash").write_text(RECORDER.format(folder=tmp_path))
    (tmp_path / "bash").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv(variable, PASSWORD)
    monkeypatch.setenv("_INBOX_TUI_COMPLETE", "bash_source")
    run()
    assert b"_INBOX_TUI_COMPLETE" in (tmp_path / "bash.environment").read_bytes()
    assert_without_password((tmp_path / "bash.environment").read_bytes(), "bash")


def test_doctor_and_exports_do_not_contain_the_password(
    variable: str, server: DemoServer, files: Files, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    account = ("--login", "alex", "--server", server.url)
    monkeypatch.setenv(variable, PASSWORD)
    assert run("sync", *account).status == 0
    monkeypatch.setenv(variable, PASSWORD)
    report = run("doctor", "--json", "--online", *account)
    assert_without_password(repr(report), "doctor")
    assert CODE not in repr(report)
    for form in ("csv", "json", "jsonl"):
        exported = run("export", "--format", form, *account)
        assert CODE in exported.output
        assert_without_password(exported.output, form)
    assert_files_without_password(files.home)


def test_wrong_password_is_not_left_in_output_or_files(
    variable: str, server: DemoServer, files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = "a-distinctive-wrong-one"
    monkeypatch.setenv(variable, wrong)
    ended = run("--debug", "sync", "--login", "alex", "--server", server.url)
    assert ended.status == 3
    assert wrong not in repr(ended)
    assert files_with(wrong, files.home) == set()


@pytest.mark.parametrize("keys", ["ctrl+c", "ctrl+x", "super+c"])
async def test_a_password_being_typed_is_never_copied(
    kind: Kind, server: DemoServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keys: str
) -> None:
    copied: list[str] = []
    monkeypatch.setattr(App, "copy_to_clipboard", lambda app, text: copied.append(text))
    app, archive = app_at(server, tmp_path, MemoryBackend())
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: bool(app.screen.query(PasswordInput)))
        app.screen.query_one("#api-key", Checkbox).value = kind == "API key"
        await pilot.pause()
        field = app.screen.query_one(PasswordInput)
        field.value = PASSWORD
        field.focus()
        await pilot.press("ctrl+a", keys)
        await pilot.pause()
        assert field.selection or not field.value
        assert PASSWORD not in app.clipboard
    archive.close()
    assert copied == []


async def test_password_typed_ahead_does_not_end_up_in_the_login_field(
    server: DemoServer, tmp_path: Path
) -> None:
    from textual import events

    app, archive = app_at(server, tmp_path, MemoryBackend())
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: bool(app.screen.query("#password")))
        login = app.screen.query_one("#login", Input)
        await until(pilot, lambda: login.has_focus)
        for separator in ("tab", "enter"):
            login.focus()
            login.value = app.screen.query_one("#password", Input).value = ""
            await pilot.pause()
            for key in ("a", separator, *"psw"):
                app.post_message(events.Key(key, key if len(key) == 1 else None))
            await until(pilot, lambda: len(app.screen.query_one(PasswordInput).value) == 3)
            assert isinstance(app.screen, SignInScreen)
            assert login.value == "a"
    archive.close()


def test_password_given_as_an_option_is_refused_and_not_repeated(files: Files) -> None:
    for words in (["--password", PASSWORD], ["login", "--password", PASSWORD], ["--psw", PASSWORD]):
        ended = run(*words)
        assert ended.status == 2
        assert_without_password(repr(ended), words)


# -- in a separate process

RECORDER = """#!/bin/sh
seen="{folder}/$(basename "$0")"
tr '\\0' '\\n' </proc/$$/environ >"$seen.environment"
tr '\\0' ' ' </proc/$$/cmdline >"$seen.words"
case "$seen" in */browser) ;; *) cat >"$seen.input" ;; esac
"""


@pytest.fixture
def environment(files: Files, tmp_path: Path) -> dict[str, str]:
    """The environment of a desktop whose programs record their arguments, variables and input."""
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("tmux", "xclip", "browser"):
        (programs / name).write_text(RECORDER.format(folder=programs))
        (programs / name).chmod(0o755)
    return files.at_terminal | {
        "PATH": f"{programs}:{os.environ['PATH']}",
        "PYTHON_KEYRING_BACKEND": "support.keyrings.MemoryBackend",
        "TMUX": "/nowhere,1,0",
        "DISPLAY": ":99",
        "BROWSER": str(programs / "browser"),
    }


def seen_by_children(environment: dict[str, str]) -> dict[str, bytes]:
    folder = Path(environment["BROWSER"]).parent
    return {file.name: file.read_bytes() for file in folder.glob("*.*")}


def copy_and_open(terminal: Terminal) -> None:
    """Copy and open a link, so that the program starts all the others that it can start."""
    terminal.read(0.6)  # keys do not act on a message that has only just appeared
    terminal.press("y")
    terminal.wait_for("copied the text of")
    terminal.press("o")
    terminal.wait_for("Open this link?")
    terminal.press("enter")
    terminal.wait_for("opened the link of")
    terminal.read(0.5)


@pytest.mark.e2e
def test_password_from_the_environment_reaches_no_child_file_or_screen(
    variable: str, server: DemoServer, environment: dict[str, str], tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "inbox_tui", "--server", f"http://{server.host}"]
    environment[variable] = PASSWORD
    with Terminal([*command, "--login", "alex"], environment=environment) as terminal:
        terminal.wait_for(CODE)
        assert_without_password(Path(f"/proc/{terminal.pid}/cmdline").read_bytes(), "cmdline")
        copy_and_open(terminal)
        assert_files_without_password(tmp_path)
        terminal.press("q")
        assert terminal.wait() == 0
        assert_without_password(bytes(terminal.raw), "terminal")
    seen = seen_by_children(environment)
    assert {name.partition(".")[0] for name in seen} == {"tmux", "xclip", "browser"}
    for name, written in seen.items():
        assert_without_password(written, name)
        assert variable.encode() not in written, name
    assert seen["tmux.input"] == seen["xclip.input"] == TEXT.encode()
    assert CODE.encode() not in seen["tmux.words"] + seen["xclip.words"]
    assert_files_without_password(tmp_path)
    assert files_with(CODE, tmp_path) <= {"inbox.db", "inbox.db-wal", "tmux.input", "xclip.input"}


@pytest.mark.e2e
def test_typed_password_is_in_no_textual_log_or_screenshot(
    server: DemoServer, environment: dict[str, str], tmp_path: Path
) -> None:
    environment |= {
        "TEXTUAL": "debug,devtools",
        "TEXTUAL_DEBUG": "1",
        "TEXTUAL_LOG": str(tmp_path / "textual.log"),
        "TEXTUAL_SCREENSHOT": "0",
        "TEXTUAL_SCREENSHOT_LOCATION": str(tmp_path),
    }
    command = [
        *("/bin/sh", "-c", f'cd {tmp_path} && exec "$@"', "sh"),
        *(sys.executable, "-m", "inbox_tui", "--server", f"http://{server.host}"),
    ]
    with Terminal(command, environment=environment) as terminal:
        terminal.wait_for("Password")
        terminal.wait_for("Remember")
        terminal.press("alex", "\t", PASSWORD)
        terminal.wait_for("•" * len(PASSWORD))
        terminal.press("enter")
        terminal.wait_for(CODE)
        terminal.press("q")
        assert terminal.wait() == 0
        assert_without_password(bytes(terminal.raw), "terminal")
    assert not (tmp_path / "keys.log").exists()
    assert_files_without_password(tmp_path)
    assert not (tmp_path / "textual.log").exists()
    assert not list(tmp_path.rglob("*.svg"))


@pytest.mark.e2e
def test_demo_does_not_pass_an_environment_password_to_children(
    variable: str,
    environment: dict[str, str],
) -> None:
    environment[variable] = PASSWORD
    command = [sys.executable, "-m", "inbox_tui", "--demo"]
    with Terminal(command, environment=environment) as terminal:
        terminal.wait_for("Live")
        terminal.read(0.6)  # keys do not act on a message that has only just appeared
        terminal.press("y")
        terminal.wait_for("copied the text of")
        terminal.read(0.5)
        terminal.press("q")
        assert terminal.wait() == 0
    seen = seen_by_children(environment)
    assert "xclip.environment" in seen
    for name, written in seen.items():
        assert variable.encode() not in written, name
