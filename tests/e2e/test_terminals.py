"""Title, notifications and clipboard; sixteen colours; two terminals on one archive."""

from __future__ import annotations

import re
from base64 import b64encode
from pathlib import Path

import pytest
from support.terminal import Terminal
from support.traffic import incoming

from inbox_tui.demo.server import DemoServer
from inbox_tui.demo.service import DemoService

pytestmark = pytest.mark.e2e

SGR = re.compile(rb"\x1b\[([0-9;]*)m")


def inbox(installed: Path, server: DemoServer) -> list[str]:
    return [str(installed), "--login", "alex", "--server", f"http://{server.host}"]


def test_two_terminals_share_read_flags_and_a_kill_loses_none(
    installed: Path, environment: dict[str, str], service: DemoService, server: DemoServer
) -> None:
    for number in range(1, 6):
        service.add(incoming(number, f"Message number {number}", minutes_ago=50 - number))
    command = inbox(installed, server)
    with Terminal(command, environment=environment) as one:
        one.wait_for("5 unread")
        one.wait_for("Live")
        with Terminal(command, environment=environment, columns=40, lines=12) as other:
            other.wait_for("5 unread")
            one.press("j", "m")
            one.wait_for("4 unread")
            one.kill()
            other.wait_for("4 unread", seconds=5)
            other.press("M")
            other.wait_for("all read")
            other.kill()
    with Terminal(command, environment=environment, columns=80, lines=24) as again:
        again.wait_for("Message number 5")
        assert "all read" in again.text
        again.press("q")
        assert again.wait() == 0, again.text


def test_the_terminal_gets_the_title_the_notification_and_what_is_copied(
    installed: Path,
    environment: dict[str, str],
    service: DemoService,
    server: DemoServer,
) -> None:
    folder = Path(environment["XDG_CONFIG_HOME"]) / "inbox-tui"
    folder.mkdir(mode=0o700, parents=True)
    (folder / "config.toml").write_text('notify = "terminal"\n', encoding="utf-8")
    (folder / "config.toml").chmod(0o600)
    service.add(incoming(1, "Ваш код: 481 516. Никому", minutes_ago=3))
    with Terminal(inbox(installed, server), environment=environment) as terminal:
        terminal.wait_for("Live")
        terminal.wait_for("1 unread")
        terminal.read(0.6)  # what has only just come is not acted on
        terminal.press("c")
        terminal.wait_for("copied ")
        terminal.press("y")
        terminal.wait_for("copied the text of")
        terminal.press("\x1b[O")  # the terminal has lost the focus
        assert b"\x1b]9;" not in terminal.raw, "nothing for the first sync"
        for number in (2, 3):
            service.add(incoming(number, "Secret 913 913"))
        terminal.wait_for("3 unread", seconds=22)
        terminal.read(0.3)
        terminal.press("q")
        assert terminal.wait() == 0
    raw = bytes(terminal.raw)
    assert b"\x1b]2;(1) inbox\x1b\\" in raw
    assert b"\x1b]2;(3) inbox\x1b\\" in raw
    for copied in ("481516", "Ваш код: 481 516. Никому"):
        assert b"\x1b]52;c;" + b64encode(copied.encode()) + b"\a" in raw
    assert raw.count(b"\x1b]9;") == 1
    assert b"\x1b]9;2 new messages\x1b\\\a" in raw


def test_sixteen_colours_are_enough(
    installed: Path, environment: dict[str, str], service: DemoService, server: DemoServer
) -> None:
    del environment["COLORTERM"]
    environment["TERM"] = "xterm"
    for number in range(1, 6):
        service.add(incoming(number, f"Message number {number}", minutes_ago=50 - number))
    with Terminal(inbox(installed, server), environment=environment) as terminal:
        terminal.wait_for("Live")
        terminal.wait_for("Message number 5")
        terminal.press("j")
        terminal.wait_for(lambda text: text.splitlines()[4].startswith("▌"))
        rows = [[terminal.screen.buffer[y][x] for x in range(60)] for y in (3, 4, 5)]
        for y in range(40):
            for x in range(120):
                cell = terminal.screen.buffer[y][x]
                seen = cell.fg != cell.bg or cell.fg == "default"
                assert seen or cell.data == " ", f"{x}, {y} can't be read"
        terminal.press("q")
        assert terminal.wait() == 0
    grounds = [{(cell.bg, cell.reverse) for cell in row} for row in rows]
    assert len(grounds[1]) == 1
    assert grounds[1].isdisjoint(grounds[0] | grounds[2]), (
        "the selected row has a background of its own"
    )
    styles = {code for style in SGR.findall(bytes(terminal.raw)) for code in style.split(b";")}
    assert not styles & {b"38", b"48"}, "colours beyond the sixteen"
