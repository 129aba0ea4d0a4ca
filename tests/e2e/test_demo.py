"""`inbox-tui --demo`, as a newcomer tries it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from support.terminal import Terminal

pytestmark = pytest.mark.e2e


def unread(text: str) -> int:
    found = re.search(r"(\d+) unread", text)
    return int(found[1]) if found else 0


def test_the_demo_is_live_before_ones_eyes_and_leaves_nothing_behind(
    installed: Path, environment: dict[str, str]
) -> None:
    del environment["INBOX_TUI_PASSWORD"]
    with Terminal([str(installed), "--demo"], environment=environment) as terminal:
        terminal.wait_for("DEMO")
        terminal.wait_for("Live")
        before = unread(terminal.wait_for(lambda text: unread(text) > 0))
        terminal.wait_for(lambda text: unread(text) > before, seconds=30)
        terminal.press("q")
        assert terminal.wait() == 0
    home = Path(environment["HOME"])
    assert list(home.iterdir()) == []


@pytest.mark.parametrize(("columns", "lines"), [(120, 40), (80, 24), (40, 12)])
def test_the_demo_fits_the_terminal(
    installed: Path, environment: dict[str, str], columns: int, lines: int
) -> None:
    command = [str(installed), "--demo"]
    with Terminal(command, environment=environment, columns=columns, lines=lines) as terminal:
        terminal.wait_for("Live")
        terminal.wait_for("+7")
        terminal.press("?")
        terminal.wait_for("Keys")
        terminal.press("escape")
        terminal.wait_for(lambda text: "Keys" not in text)
        terminal.press("q")
        assert terminal.wait() == 0
