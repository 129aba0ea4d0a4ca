"""Untrusted text sends no control sequences, and only a key copies or opens anything."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.app_harness import Opener, message
from support.command import LOGIN, PASSWORD, Files, incoming, put, run, server_now
from support.hostile import ATTACKS, unsafe_characters
from support.sizes import at_every_size
from support.widgets import screen_lines, screen_text
from textual.app import App
from textual.widgets import OptionList

from inbox_tui.demo.server import DemoServer
from inbox_tui.demo.service import DemoService, Reply, Request
from inbox_tui.screens.link_dialog import LinkScreen
from inbox_tui.terminal.clipboard import copy_here

EVERYTHING = "before " + "".join(ATTACKS[:11]) + "after"
TEXT = "Your code is 913042 https://shop.example/?q=1"
FRAME = " │▁▂▃▄▅▆▇█"
"""The border and the scroll bar of a dialogue."""


@pytest.fixture
def hostile_server() -> Iterator[DemoServer]:
    """A server whose every answer is an error with control sequences in its text."""
    service = DemoService({LOGIN: PASSWORD}, clock=server_now)

    def fault(_: Request, __: Reply) -> Reply:
        words = EVERYTHING.encode("utf-8", "replace").decode()
        return Reply(json.dumps({"error": words, "error_code": 4}, ensure_ascii=False).encode())

    service.fault = fault
    with DemoServer(service) as server:
        yield server


def assert_no_control_sequence(text: str) -> None:
    assert unsafe_characters(text.replace("\n", "").replace("\r", "").replace("\x1b[0m", "")) == []


@pytest.mark.parametrize(
    "words",
    [["sync"], ["doctor", "--online"], ["doctor", "--online", "--json"], ["--debug", "sync"]],
    ids=" ".join,
)
def test_server_cannot_send_control_sequences_to_the_terminal(
    files: Files,
    hostile_server: DemoServer,
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
) -> None:
    monkeypatch.setattr("inbox_tui.cli.run_sync.at_terminal", lambda stream: True)
    monkeypatch.setattr("inbox_tui.cli.run_sync._terminal_columns", lambda: 400)
    monkeypatch.setenv("NO_COLOR", "1")
    account = ["--login", LOGIN, "--server", hostile_server.url]
    for _ in range(2):  # the second run shows the error that the archive has stored
        monkeypatch.setenv("INBOX_TUI_PASSWORD", PASSWORD)
        ended = run(*words, *account)
        assert ended.status in (1, 4)
        assert "before" in ended.output + ended.errors or words[0] == "doctor"
        assert_no_control_sequence(ended.errors)
        assert_no_control_sequence(ended.output)


def test_settings_cannot_send_control_sequences_to_the_terminal(files: Files) -> None:
    name = json.dumps("name " + EVERYTHING.encode("utf-8", "replace").decode())
    name = name.replace("\x7f", "\\u007f")
    files.configure(f'[names]\n"79110000001" = {name}\n')
    for words in (["config"], ["doctor"], ["doctor", "--json"]):
        ended = run(*words)
        assert_no_control_sequence(ended.output + ended.errors)


@pytest.mark.parametrize("form", ["json", "jsonl"])
def test_json_export_escapes_control_characters(files: Files, form: str) -> None:
    put(files.archive, "smscentre.com", incoming(1, EVERYTHING, phone=EVERYTHING))
    ended = run("export", "--format", form, "--login", LOGIN)
    assert ended.status == 0
    told = [code for code in unsafe_characters(ended.output.replace("\n", "")) if code < "U+2000"]
    assert told in ([], ["U+00AD"] * len(told))
    record = json.loads(ended.output)
    assert (record[0] if form == "json" else record)["message"].startswith("before \x1b]0;OWNED")


# -- the clipboard


async def test_clicks_neither_copy_nor_open_anything(
    live: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    monkeypatch.setattr(App, "copy_to_clipboard", lambda app, text: done.append(text))
    monkeypatch.setattr(App, "open_url", lambda app, url, new_tab=True: done.append(url))
    monkeypatch.setattr("inbox_tui.terminal.clipboard.copy_here", lambda text: done.append(text))
    monkeypatch.setenv("DISPLAY", ":99")
    async with live(messages=[message(1, TEXT)], size=(160, 24)) as pilot:
        assert "https://shop.example/?q=1" in screen_text(pilot.app)
        clicks = 0
        for y, line in enumerate(screen_lines(pilot.app)):
            shown = [word for word in ("shop.example", "913") if word in line]
            if shown:
                await pilot.click(offset=(line.rindex(shown[0]), y))
                clicks += 1
        assert clicks >= 3
        await pilot.pause()
        assert done == []


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The links that have been opened at a desktop."""
    opened: list[str] = []
    monkeypatch.setattr(App, "open_url", lambda app, url, new_tab=True: opened.append(url))
    monkeypatch.setenv("DISPLAY", ":99")
    return opened


async def test_link_dialog_shows_the_true_host_before_opening_a_link(
    live: Opener, opened: list[str]
) -> None:
    link = "https://shop.example@аpple.com/a"
    text = f"file:///etc/passwd javascript:x {link} "
    async with live(messages=[message(1, text)]) as pilot:
        await pilot.press("o")
        await pilot.pause()
        assert isinstance(pilot.app.screen, LinkScreen)
        choices = pilot.app.screen.query_one(OptionList)
        told = str(choices.get_option_at_index(0).prompt)
        assert choices.option_count == 1
        assert told == f"at аpple.com, really xn--pple-43d.com\n{link}"
        assert opened == []
        await pilot.press("enter")
        await pilot.pause()
        assert opened == [link]


@at_every_size
async def test_host_of_a_link_is_visible_before_enter_opens_it(
    live: Opener, opened: list[str]
) -> None:
    hosts = [
        "bank.example",
        f"bank.ru.{'login.' * 35}evil.example",
        f"{'я' * 40}.рф",
        "last.example",
    ]
    links = [f"https://{host}/{'path' * 200}END{number}" for number, host in enumerate(hosts)]
    async with live(messages=[message(1, " ".join(links))]) as pilot:
        app = pilot.app
        await pilot.press("o")
        for number, host in enumerate(hosts):
            await pilot.press(*["down"] * bool(number))
            await pilot.pause()
            shown = "".join(line.strip(FRAME) for line in screen_lines(app))
            assert host[-10:] in shown
            assert host.isascii() or "xn--p1ai" in shown
            for _ in range(40):
                if f"END{number}" in screen_text(app):
                    break
                await pilot.press("pagedown")
                await pilot.pause()
            assert f"END{number}" in screen_text(app)
        assert opened == []
        await pilot.press("enter")
        await pilot.pause()
        assert opened == [links[-1]]


async def test_clicking_a_link_does_not_open_it(live: Opener, opened: list[str]) -> None:
    text = "https://one.example https://two.example"
    async with live(messages=[message(1, text)]) as pilot:
        app = pilot.app
        await pilot.press("o")
        await pilot.pause()
        for host in ("two.example", "one.example"):
            (y,) = (y for y, line in enumerate(screen_lines(app)) if f"at {host}" in line)
            await pilot.click(offset=(screen_lines(app)[y].index(host), y), times=2)
            await pilot.pause()
        assert isinstance(app.screen, LinkScreen)
        assert app.screen.query_one(OptionList).highlighted == 0
        assert opened == []


RECORDER = """#!{python}
import sys, pathlib
here = pathlib.Path(__file__)
here.with_suffix(".words").write_text(repr(sys.argv[1:]))
here.with_suffix(".input").write_text(sys.stdin.read() if here.name != "qdbus" else "")
"""


def programs(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).write_text(RECORDER.format(python=sys.executable))
        (folder / name).chmod(0o755)


@pytest.mark.parametrize(
    ("name", "environment"),
    [
        ("tmux", {"TMUX": "/nowhere,1,0"}),
        ("xclip", {"DISPLAY": ":99"}),
        ("xsel", {"DISPLAY": ":99"}),
        ("wl-copy", {"WAYLAND_DISPLAY": "wayland-99"}),
    ],
)
def test_clipboard_programs_get_the_text_only_on_standard_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, environment: dict[str, str]
) -> None:
    programs(tmp_path, name, *(["wl-paste"] if name == "wl-copy" else []))
    monkeypatch.setenv("PATH", str(tmp_path))
    for variable, value in environment.items():
        monkeypatch.setenv(variable, value)
    copy_here(TEXT, environment)
    assert (tmp_path / f"{name}.input").read_text() == TEXT
    assert "913042" not in (tmp_path / f"{name}.words").read_text()


@pytest.mark.parametrize("names", [("klipper", "qdbus"), ()], ids=["by argument only", "none"])
def test_text_is_not_passed_to_clipboard_programs_as_an_argument(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, names: tuple[str, ...]
) -> None:
    programs(tmp_path, *names)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("DISPLAY", ":99")
    copy_here(TEXT, {"DISPLAY": ":99"})
    assert not list(tmp_path.glob("*.words"))
