"""Terminals that stop reading, go away, or are left for a while, and input that is not keys."""

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
from support.terminal import Terminal, have_much_written
from support.traffic import incoming

from inbox_tui.demo.server import DemoServer
from inbox_tui.demo.service import DemoService

pytestmark = pytest.mark.e2e

ENDS_WITHIN = 10.0


@pytest.fixture
def command(installed: Path, server: DemoServer, service: DemoService) -> list[str]:
    for number in range(1, 31):
        service.add(incoming(number, f"Message number {number}.", minutes_ago=100 - number))
    return [str(installed), "--login", "alex", "--server", f"http://{server.host}"]


def assert_archive_is_whole(environment: dict[str, str]) -> None:
    path = Path(environment["XDG_DATA_HOME"]) / "inbox-tui" / "inbox.db"
    with closing(sqlite3.connect(path)) as archive:
        assert archive.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


@pytest.mark.parametrize("frozen", [False, True], ids=["reading", "frozen"])
@pytest.mark.parametrize("how", ["closed", "closed without a signal", "SIGHUP", "SIGTERM"])
def test_the_program_ends_when_its_terminal_goes(
    command: list[str], environment: dict[str, str], how: str, frozen: bool
) -> None:
    ignoring = signal.SIGHUP if how == "closed without a signal" else None
    with Terminal(command, environment=environment, ignoring=ignoring) as terminal:
        terminal.wait_for("Live")
        if frozen:
            terminal.freeze()
        if how.startswith("closed"):
            terminal.hang_up()
        else:
            terminal.send_signal(signal.Signals[how])
        terminal.wait_unread(seconds=ENDS_WITHIN)
    assert_archive_is_whole(environment)


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


def test_even_a_program_that_hangs_ends_with_its_terminal(environment: dict[str, str]) -> None:
    command = [sys.executable, "-c", BLOCKED]
    with Terminal(command, environment=environment, ignoring=signal.SIGHUP) as terminal:
        # The frame that the thread writes meanwhile may be painted over the word.
        terminal.wait_for(lambda _: b"blocked" in terminal.raw)
        terminal.hang_up()
        assert terminal.wait_unread(seconds=5) == -signal.SIGALRM


@pytest.fixture
def tmux(tmp_path: Path, environment: dict[str, str]) -> Iterator[list[str]]:
    """The command of a tmux server of its own."""
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
def test_the_program_ends_when_tmux_is_killed(
    command: list[str], environment: dict[str, str], tmux: list[str], frozen: bool
) -> None:
    start = [*tmux, "new-session", "-d", "-x", "120", "-y", "40", *command]
    subprocess.run(start, check=True, env=environment, timeout=10)
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
    assert_archive_is_whole(environment)


def test_with_a_frozen_terminal_asking_goes_on_and_then_the_screen_is_whole(
    command: list[str], environment: dict[str, str], service: DemoService
) -> None:
    with Terminal(command, environment=environment) as terminal:
        terminal.wait_for("Live")
        terminal.freeze()
        asked = len(service.requests)
        service.add(incoming(31, "Came while nobody looked."))
        end = time.monotonic() + 25
        while len(service.requests) == asked:
            assert time.monotonic() < end, "not asked"
            time.sleep(0.1)
        time.sleep(1.0)
        terminal.screen.reset()
        terminal.wait_for("Came while nobody looked.", seconds=5)
        terminal.wait_for(lambda text: all(f"Message number {n}." in text for n in range(1, 31)))
        terminal.press("q")
        assert terminal.wait() == 0
    assert b"\x1b[?1049l" in terminal.raw
    assert b"\x1b[23;2t" in terminal.raw


def test_quitting_a_frozen_terminal_does_not_wait_for_it(
    command: list[str], environment: dict[str, str]
) -> None:
    with Terminal(command, environment=environment) as terminal:
        terminal.wait_for("Live")
        terminal.freeze()
        terminal.press("q")
        assert terminal.wait_unread(seconds=5) == 0


@pytest.mark.parametrize("how", [signal.SIGTSTP, signal.SIGSTOP], ids=lambda how: how.name)
def test_the_screen_is_whole_after_a_stop(
    command: list[str], environment: dict[str, str], how: signal.Signals
) -> None:
    with Terminal(command, environment=environment) as terminal:
        before = terminal.wait_for("Live")
        terminal.send_signal(how)
        terminal.wait_stopped()
        left = bytes(terminal.raw)
        assert (b"\x1b[?1049l" in left) == (how == signal.SIGTSTP)
        terminal.screen.reset()
        terminal.send_signal(signal.SIGCONT)
        terminal.wait_for("Live")
        terminal.wait_for("Message number 30.")
        assert terminal.text.splitlines()[:36] == before.splitlines()[:36]
        terminal.press("j", "m")
        terminal.wait_for("29 unread")
        terminal.press("q")
        assert terminal.wait() == 0


def test_in_a_shell_it_can_be_stopped_sent_to_the_background_and_fetched(
    command: list[str], environment: dict[str, str]
) -> None:
    shell = ["bash", "--norc", "--noprofile", "-i"]
    with Terminal(shell, environment={**environment, "PS1": "shell: "}) as terminal:
        terminal.wait_for("shell: ")
        terminal.press(" ".join(command), "enter")
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


def test_a_storm_of_resizes_ends_in_a_whole_screen(
    command: list[str], environment: dict[str, str]
) -> None:
    with Terminal(command, environment=environment) as terminal:
        terminal.wait_for("Live")
        for step in range(200):
            terminal.resize(60 + step % 60, 20 + step % 20)
            terminal.read(0.005)
        terminal.resize(100, 45)
        terminal.screen.reset()
        terminal.resize(100, 44)
        terminal.wait_for(lambda text: "Live" in text.splitlines()[43])
        terminal.wait_for("Message number 30.")
        terminal.press("q")
        assert terminal.wait() == 0


def test_a_byte_that_is_not_utf_8_is_no_key_and_ends_nothing(
    command: list[str], environment: dict[str, str]
) -> None:
    with Terminal(command, environment=environment) as terminal:
        terminal.wait_for("30 unread")
        terminal.send(b"\xff\xfe\xc3(\x80\x1b[1114112u\x1b[99999999999u")
        terminal.press("/", "2", "9", "enter")
        terminal.wait_for("1 of 30")
        terminal.press("q")
        assert terminal.wait() == 0


def bracketed(text: str) -> bytes:
    return b"\x1b[200~" + text.encode() + b"\x1b[201~"


ATTACK = "Mq\x1b[<0;5;5M\x1bOP\x1b[200~o\r\x1b[201~M\x1b[13u\x1bq\x1b[201~qM"


def test_what_is_pasted_is_no_key_whatever_is_in_it(
    command: list[str], environment: dict[str, str]
) -> None:
    with Terminal(command, environment=environment) as terminal:
        terminal.wait_for("30 unread")
        terminal.wait_for("Live")
        terminal.send(bracketed(ATTACK))
        terminal.read(1.0)
        assert "30 unread" in terminal.text
        terminal.press("/")
        terminal.send(bracketed(f"29.{ATTACK}"))
        terminal.wait_for("29.Mq")
        terminal.press("escape")
        terminal.wait_for("30 of 30")
        assert "30 unread" in terminal.text
        terminal.press("q")
        assert terminal.wait() == 0


def test_a_paste_of_megabytes_is_there_at_once(
    command: list[str], environment: dict[str, str]
) -> None:
    with Terminal(command, environment=environment) as terminal:
        terminal.wait_for("Live")
        took = []
        for size in (500_000, 5_000_000):
            terminal.press("/")
            begun = time.monotonic()
            terminal.send(bracketed("x" * size))
            terminal.wait_for("xxxx")
            took.append(time.monotonic() - begun)
            terminal.press("escape")
            terminal.wait_for("30 of 30")
        assert took[1] < 40 * took[0], "ten times as much, or a hundred where it is gone over again"
        peak = Path(f"/proc/{terminal.pid}/status").read_text().partition("VmHWM:")[2]
        assert int(peak.split()[0]) < 150_000  # kB
        terminal.press("q")
        assert terminal.wait() == 0


def test_a_paste_without_an_end_swallows_no_key_for_long(
    command: list[str], environment: dict[str, str]
) -> None:
    with Terminal(command, environment=environment) as terminal:
        terminal.wait_for("30 unread")
        terminal.send(b"\x1b[200~M")
        time.sleep(1.0)
        terminal.press("?")
        terminal.wait_for("Keys")
        terminal.press("escape")
        terminal.wait_for(lambda text: "Keys" not in text)
        terminal.press("q")
        assert terminal.wait() == 0
