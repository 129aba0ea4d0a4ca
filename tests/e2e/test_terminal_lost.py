"""Terminals that stop reading, go away or are suspended, and input that is not keys."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from support.desktop import need
from support.installed_user import User
from support.service import SwitchedService
from support.terminal import Terminal, have_much_written
from support.traffic import incoming

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("numbered")]

ENDS_WITHIN = 10.0


@pytest.fixture
def live(user: User) -> Iterator[Terminal]:
    """A terminal with an inbox that has received its first answer."""
    with user.inbox() as terminal:
        terminal.wait_for("30 unread")
        terminal.wait_for("Live")
        yield terminal


def assert_archive_is_whole(user: User) -> None:
    with closing(sqlite3.connect(user.files.archive)) as archive:
        assert archive.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


@pytest.mark.parametrize("frozen", [False, True], ids=["reading", "frozen"])
@pytest.mark.parametrize("how", ["closed", "closed without a signal", "SIGHUP", "SIGTERM"])
def test_program_ends_when_its_terminal_disappears(user: User, how: str, frozen: bool) -> None:
    ignoring = signal.SIGHUP if how == "closed without a signal" else None
    with user.inbox(ignoring=ignoring) as terminal:
        terminal.wait_for("Live")
        if frozen:
            terminal.freeze()
        if how.startswith("closed"):
            terminal.hang_up()
        else:
            terminal.send_signal(signal.Signals[how])
        terminal.wait(seconds=ENDS_WITHIN, reading=False)
    assert_archive_is_whole(user)


BLOCKED = """
import asyncio, sys, time
import inbox_tui.terminal.posix as posix
from textual.app import App

posix.ENDING_SECONDS = 1

class Blocked(App):
    def on_ready(self):
        print("blocked", file=sys.__stdout__, flush=True)
        time.sleep(60)

Blocked(driver_class=posix.TerminalDriver).run()
"""


def test_program_that_hangs_ends_with_its_terminal(environment: dict[str, str]) -> None:
    command = [sys.executable, "-c", BLOCKED]
    with Terminal(command, environment=environment, ignoring=signal.SIGHUP) as terminal:
        # Not on the screen: a frame written by the driver's thread may overwrite the word.
        terminal.wait_for(lambda _: b"blocked" in terminal.raw)
        terminal.hang_up()
        assert terminal.wait(seconds=5, reading=False) == -signal.SIGALRM


@pytest.fixture
def tmux(tmp_path: Path, environment: dict[str, str]) -> Iterator[list[str]]:
    """The command line of a separate tmux server."""
    need("tmux")
    tmux = ["tmux", "-f", "/dev/null", "-S", str(tmp_path / "tmux")]
    yield tmux
    subprocess.run([*tmux, "kill-server"], check=False, capture_output=True, timeout=10)


def tmux_says(tmux: list[str], *words: str) -> str:
    done = subprocess.run([*tmux, *words], check=True, capture_output=True, text=True, timeout=10)
    return done.stdout


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


@pytest.mark.parametrize("frozen", [False, True], ids=["reading", "frozen"])
def test_the_program_ends_when_tmux_is_killed(user: User, tmux: list[str], frozen: bool) -> None:
    start = [*tmux, "new-session", "-d", "-x", "120", "-y", "40", str(user.program)]
    subprocess.run(start, check=True, env=user.environment, timeout=10)
    pane = int(tmux_says(tmux, "display-message", "-p", "#{pane_pid}"))
    while "Live" not in tmux_says(tmux, "capture-pane", "-p"):
        time.sleep(0.1)
    if frozen:
        server = int(tmux_says(tmux, "display-message", "-p", "#{pid}"))
        tty = os.open(
            tmux_says(tmux, "display-message", "-p", "#{pane_tty}").strip(),
            os.O_RDWR | os.O_NOCTTY,
        )
        os.kill(server, signal.SIGSTOP)
        have_much_written(tty, 120, 39)
        os.close(tty)
        os.kill(server, signal.SIGKILL)
    else:
        tmux_says(tmux, "kill-server")
    end = time.monotonic() + ENDS_WITHIN
    while is_running(pane):
        assert time.monotonic() < end
        time.sleep(0.05)
    assert_archive_is_whole(user)


def test_syncing_continues_in_a_frozen_terminal_and_the_screen_recovers(
    live: Terminal, service: SwitchedService
) -> None:
    live.freeze()
    asked = len(service.requests)
    service.add(incoming(31, "Came while nobody looked.", minutes_ago=0))
    end = time.monotonic() + 25
    while len(service.requests) == asked:
        assert time.monotonic() < end, "not asked"
        time.sleep(0.1)
    time.sleep(1.0)
    live.screen.reset()
    live.wait_for("Came while nobody looked.", seconds=5)
    live.wait_for(lambda text: all(f"Message number {n}." in text for n in range(1, 31)))
    live.quit()
    assert b"\x1b[?1049l" in live.raw
    assert b"\x1b[23;2t" in live.raw


def test_quitting_does_not_wait_for_a_frozen_terminal(live: Terminal) -> None:
    live.freeze()
    live.press("q")
    assert live.wait(seconds=5, reading=False) == 0


@pytest.mark.parametrize("how", [signal.SIGTSTP, signal.SIGSTOP], ids=lambda how: how.name)
def test_screen_is_complete_after_a_stop_signal(live: Terminal, how: signal.Signals) -> None:
    before = live.text
    live.send_signal(how)
    live.wait_stopped()
    left = bytes(live.raw)
    assert (b"\x1b[?1049l" in left) == (how == signal.SIGTSTP)
    live.screen.reset()
    live.send_signal(signal.SIGCONT)
    live.wait_for("Live")
    live.wait_for("Message number 30.")
    assert live.text.splitlines()[:36] == before.splitlines()[:36]
    live.press("j", "m")
    live.wait_for("29 unread")
    live.quit()


def test_program_can_be_stopped_backgrounded_and_resumed_in_a_shell(user: User) -> None:
    shell = ["bash", "--norc", "--noprofile", "-i"]
    with Terminal(shell, environment={**user.environment, "PS1": "shell: "}) as terminal:
        terminal.wait_for("shell: ")
        terminal.press("inbox-tui", "enter")
        terminal.wait_for("Live")
        children = Path(f"/proc/{terminal.pid}/task/{terminal.pid}/children").read_text()
        os.kill(int(children), signal.SIGTSTP)
        terminal.wait_for("Stopped")
        terminal.press("bg", "enter")
        terminal.wait_for("&")
        terminal.press("echo th''is is a shell", "enter")
        terminal.wait_for("this is a shell")
        terminal.press("fg", "enter")
        terminal.wait_for("Live")
        terminal.wait_for("Message number 30.")
        assert "this is a shell" not in terminal.text
        terminal.press("q")
        terminal.wait_for("shell: ")
        terminal.press("stty -a", "enter")
        terminal.wait_for(" icanon")
        terminal.press("exit", "enter")
        terminal.wait()


def test_screen_is_complete_after_many_resizes(live: Terminal) -> None:
    for step in range(200):
        live.resize(60 + step % 60, 20 + step % 20)
        live.read(0.005)
    live.resize(100, 45)
    live.screen.reset()
    live.resize(100, 44)
    live.wait_for(lambda text: "Live" in text.splitlines()[43])
    live.wait_for("Message number 30.")
    live.quit()


def test_invalid_input_bytes_are_ignored(live: Terminal) -> None:
    live.send(b"\xff\xfe\xc3(\x80\x1b[1114112u\x1b[99999999999u")
    live.press("/", "2", "9", "enter")
    live.wait_for("1 of 30")
    live.quit()


def bracketed(text: str) -> bytes:
    return b"\x1b[200~" + text.encode() + b"\x1b[201~"


ATTACK = "Mq\x1b[<0;5;5M\x1bOP\x1b[200~o\r\x1b[201~M\x1b[13u\x1bq\x1b[201~qM"


def test_pasted_text_never_acts_as_keys(live: Terminal) -> None:
    live.send(bracketed(ATTACK))
    live.read(1.0)
    assert "30 unread" in live.text
    live.press("/")
    live.send(bracketed(f"29.{ATTACK}"))
    live.wait_for("29.Mq")
    live.press("escape")
    live.wait_for("30 of 30")
    assert "30 unread" in live.text
    live.quit()


def test_large_paste_needs_little_time_and_memory(live: Terminal) -> None:
    took = []
    for size in (500_000, 5_000_000):
        live.press("/")
        begun = time.monotonic()
        live.send(bracketed("x" * size))
        live.wait_for("xxxx")
        took.append(time.monotonic() - begun)
        live.press("escape")
        live.wait_for(lambda text: "xxxx" not in text)
    assert took[1] < 40 * took[0], "ten times as much, or a hundred where it is gone over again"
    peak = Path(f"/proc/{live.pid}/status").read_text().partition("VmHWM:")[2]
    assert int(peak.split()[0]) < 150_000  # kB
    live.quit()


def test_unterminated_paste_does_not_block_keys_for_long(live: Terminal) -> None:
    live.send(b"\x1b[200~M")
    time.sleep(1.0)
    live.press("?")
    live.wait_for("Keys")
    live.press("escape")
    live.wait_for(lambda text: "Keys" not in text)
    live.quit()
