"""`inbox-tui --demo` and the demo server, run as a new user runs them."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from pathlib import Path

import pytest
from support.terminal import Terminal

from inbox_tui.screens.selection import SETTLED_SECONDS

pytestmark = pytest.mark.e2e


def unread(text: str) -> int:
    found = re.search(r"(\d+) unread", text)
    return int(found[1]) if found else 0


def test_demo_receives_messages_and_leaves_no_files(
    installed: Path, environment: dict[str, str]
) -> None:
    del environment["INBOX_TUI_PASSWORD"]
    with Terminal([str(installed), "--demo"], environment=environment) as terminal:
        terminal.wait_for("DEMO")
        terminal.wait_for("Live")
        before = unread(terminal.wait_for(lambda text: unread(text) > 0))
        terminal.wait_for(lambda text: unread(text) > before, seconds=30)
        terminal.quit()
    home = Path(environment["HOME"])
    assert list(home.iterdir()) == []


def test_demo_server_can_be_run_alone_for_scripts(
    installed: Path, environment: dict[str, str]
) -> None:
    with subprocess.Popen(
        [installed.with_name("python"), "-m", "inbox_tui.demo"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as server:
        assert server.stdout is not None
        assert server.stderr is not None
        said = dict(server.stdout.readline().split() for _ in range(3))
        ended = subprocess.run(
            [installed, "sync", "--login", said["login"], "--server", said["url"]],
            env=environment | {"INBOX_TUI_PASSWORD": said["password"]},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (ended.returncode, ended.stderr) == (0, "")
        assert re.fullmatch(r"\d{3} new messages\n", ended.stdout)
        server.send_signal(signal.SIGINT)
        assert server.wait(10) == 0
        assert server.stderr.read() == ""


def test_the_demo_fits_a_small_terminal(installed: Path, environment: dict[str, str]) -> None:
    command = [str(installed), "--demo"]
    with Terminal(command, environment=environment, columns=40, lines=12) as terminal:
        terminal.wait_for("Live")
        terminal.wait_for("+7")
        terminal.press("?")
        terminal.wait_for("Keys")
        terminal.press("escape")
        terminal.wait_for(lambda text: "Keys" not in text)
        terminal.quit()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGHUP])
def test_the_demo_leaves_nothing_behind_when_the_session_ends(
    installed: Path, environment: dict[str, str], tmp_path: Path, how: signal.Signals
) -> None:
    environment["TMPDIR"] = str(tmp_path)
    with Terminal([str(installed), "--demo"], environment=environment) as terminal:
        terminal.wait_for("Live")
        assert list(tmp_path.glob("inbox-tui-demo-*"))
        os.kill(terminal.pid, how)
        assert terminal.wait() == 0
    assert not list(tmp_path.glob("inbox-tui-demo-*"))


def test_demo_can_be_used_with_the_russian_layout(
    installed: Path, environment: dict[str, str]
) -> None:
    with Terminal([str(installed), "--demo"], environment=environment) as terminal:
        terminal.wait_for("Live")
        terminal.press(",")
        terminal.wait_for("Keys")
        terminal.press("й")
        terminal.wait_for(lambda text: "Keys" not in text)
        terminal.press(".", "код")
        terminal.wait_for("Search: код")
        terminal.press("escape")
        terminal.wait_for(lambda text: "Esc clears" not in text)
        terminal.read(SETTLED_SECONDS + 0.2)  # a newly selected message can't be acted on yet
        terminal.press("Ь")
        terminal.wait_for("undoes")
        terminal.press("\x1b[1103;5u")  # Ctrl+Я in the kitty keyboard protocol
        terminal.wait_for("undone")
        terminal.press("й")
        assert terminal.wait() == 0
