"""Window title, notifications and clipboard; sixteen colours; two terminals on one archive."""

from __future__ import annotations

import re
from base64 import b64encode

import pytest
from support.installed_user import User
from support.service import SwitchedService
from support.traffic import incoming

pytestmark = pytest.mark.e2e

SGR = re.compile(rb"\x1b\[([0-9;]*)m")


def test_read_flags_are_shared_between_terminals_and_survive_a_kill(
    user: User, numbered: None
) -> None:
    with user.inbox() as one:
        one.wait_for("30 unread")
        one.wait_for("Live")
        with user.inbox(columns=40, lines=12) as other:
            other.wait_for("30 unread")
            one.press("j", "m")
            one.wait_for("29 unread")
            one.kill()
            other.wait_for("29 unread", seconds=5)
            other.press("M")
            other.wait_for("all read")
            other.kill()
    with user.inbox(columns=80, lines=24) as again:
        again.wait_for("Message number 30")
        assert "all read" in again.text
        again.quit()


def test_terminal_receives_title_notification_and_copied_text(
    user: User, service: SwitchedService
) -> None:
    user.files.configure('notify = "terminal"\n')
    service.add(incoming(1, "Ваш код: 481 516. Никому", minutes_ago=3))
    with user.inbox() as terminal:
        terminal.wait_for("Live")
        terminal.wait_for("1 unread")
        terminal.read(0.6)  # keys do not act on a message that has only just appeared
        terminal.press("c")
        terminal.wait_for("copied ")
        terminal.press("y")
        terminal.wait_for("copied the text of")
        terminal.press("\x1b[O")  # the terminal has lost the focus
        assert b"\x1b]9;" not in terminal.raw, "nothing for the first sync"
        for number in (2, 3):
            service.add(incoming(number, "Secret 913 913", minutes_ago=0))
        terminal.wait_for("3 unread", seconds=22)
        terminal.read(0.3)
        terminal.quit()
    raw = bytes(terminal.raw)
    assert b"\x1b]2;(1) inbox\x1b\\" in raw
    assert b"\x1b]2;(3) inbox\x1b\\" in raw
    for copied in ("481516", "Ваш код: 481 516. Никому"):
        assert b"\x1b]52;c;" + b64encode(copied.encode()) + b"\a" in raw
    assert raw.count(b"\x1b]9;") == 1
    assert b"\x1b]9;2 new messages\x1b\\\a" in raw


def test_inbox_is_readable_with_16_colours(user: User, numbered: None) -> None:
    del user.environment["COLORTERM"]
    user.environment["TERM"] = "xterm"
    with user.inbox() as terminal:
        terminal.wait_for("Live")
        terminal.wait_for("Message number 30")
        terminal.press("j")
        terminal.wait_for(lambda text: text.splitlines()[4].startswith("▌"))
        rows = [[terminal.screen.buffer[y][x] for x in range(60)] for y in (3, 4, 5)]
        for y in range(40):
            for x in range(120):
                cell = terminal.screen.buffer[y][x]
                seen = cell.fg != cell.bg or cell.fg == "default"
                assert seen or cell.data == " ", f"{x}, {y} can't be read"
        terminal.quit()
    grounds = [{(cell.bg, cell.reverse) for cell in row} for row in rows]
    assert len(grounds[1]) == 1
    assert grounds[1].isdisjoint(grounds[0] | grounds[2]), (
        "the selected row has a background of its own"
    )
    styles = {code for style in SGR.findall(bytes(terminal.raw)) for code in style.split(b";")}
    assert not styles & {b"38", b"48"}, "colours beyond the sixteen"
