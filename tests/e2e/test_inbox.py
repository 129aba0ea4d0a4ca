"""The installed program in a terminal, against a server that follows the documentation."""

from __future__ import annotations

import time
from itertools import pairwise
from pathlib import Path

import pytest
from support import faults
from support.terminal import Terminal
from support.traffic import incoming

from inbox_tui.demo.server import DemoServer
from inbox_tui.demo.service import DemoService

pytestmark = pytest.mark.e2e


def inbox(installed: Path, server: DemoServer) -> list[str]:
    return [str(installed), "--login", "alex", "--server", f"http://{server.host}"]


def test_a_new_message_is_on_screen_within_21_seconds_while_r_is_held_down(
    installed: Path, environment: dict[str, str], service: DemoService, server: DemoServer
) -> None:
    service.add(incoming(1, "The first of them", minutes_ago=3))
    with Terminal(inbox(installed, server), environment=environment) as terminal:
        terminal.wait_for("The first of them")
        terminal.wait_for("Live")
        for _ in range(30):
            terminal.press("r")
            terminal.read(0.01)
        service.add(incoming(2, "The second of them"))
        begun = time.monotonic()
        terminal.wait_for("The second of them", seconds=22)
        while time.monotonic() - begun < 25:
            terminal.press("r")
            terminal.read(0.1)
        terminal.press("q")
        assert terminal.wait() == 0
    assert service.breaches == []
    assert len(service.requests) >= 2
    assert not any(request.in_address for request in service.requests)


def test_open_for_over_a_minute_it_asks_evenly_and_still_answers_keys(
    installed: Path, environment: dict[str, str], service: DemoService, server: DemoServer
) -> None:
    service.add(incoming(1, "Here all the time", minutes_ago=3))
    with Terminal(inbox(installed, server), environment=environment) as terminal:
        terminal.wait_for("Here all the time")
        begun = time.monotonic()
        while time.monotonic() - begun < 68:
            terminal.read(1.0)
        terminal.press("?")
        terminal.wait_for("Keys")
        terminal.press("q")
        terminal.wait_for(lambda text: "Keys" not in text)
        terminal.press("q")
        assert terminal.wait() == 0
    arrivals = [request.at for request in service.requests[1:]]  # of the second pass and on
    apart = [(after - before).total_seconds() for before, after in pairwise(arrivals)]
    assert len(apart) >= 2
    assert all(20 <= seconds <= 21 for seconds in apart)
    assert service.breaches == []


def test_markup_line_breaks_emoji_and_cyrillic_are_text(
    installed: Path, environment: dict[str, str], service: DemoService, server: DemoServer
) -> None:
    service.add(incoming(1, "[bold]не жирный[/bold]\nвторая строка 🎉 конец", minutes_ago=3))
    with Terminal(inbox(installed, server), environment=environment) as terminal:
        shown = terminal.wait_for("конец")
        terminal.press("q")
        assert terminal.wait() == 0
    assert "[bold]не жирный[/bold]" in shown
    assert "конец" in shown
    lines = [line for line in shown.splitlines() if "вторая строка" in line]
    assert any("не жирный" not in line for line in lines)


def test_control_sequences_in_a_message_never_reach_the_terminal(
    installed: Path, environment: dict[str, str], service: DemoService, server: DemoServer
) -> None:
    service.add(incoming(1, "before\x1b]0;OWNED\x07\x1b[2J\x9b31mafter", minutes_ago=3))
    with Terminal(inbox(installed, server), environment=environment) as terminal:
        terminal.wait_for("after")
        terminal.press("enter")
        terminal.read(0.3)
        terminal.press("q")
        assert terminal.wait() == 0
    assert b"\x1b]0;OWNED" not in terminal.raw
    assert b"\x1b[2J\xc2\x9b" not in terminal.raw
    assert b"\xc2\x9b" not in terminal.raw


def test_a_wrong_password_is_sent_once_and_then_asked_for(
    installed: Path, environment: dict[str, str], service: DemoService, server: DemoServer
) -> None:
    environment["INBOX_TUI_PASSWORD"] = "a wrong one"
    with Terminal(inbox(installed, server), environment=environment) as terminal:
        terminal.wait_for("authorise error")
        assert "Password" not in terminal.text
        assert len(service.requests) == 1
        terminal.press("S")
        terminal.wait_for("Password")
        terminal.press(*"correct horse", "enter")
        terminal.wait_for("Live")
        terminal.press("q")
        assert terminal.wait() == 0
    before = len(service.requests)
    with Terminal(inbox(installed, server), environment=environment) as terminal:
        terminal.wait_for("authorise error")
        assert "S sign in" in terminal.text
        terminal.press("q")
        terminal.wait()
    assert service.requests[before:] == []


def test_without_a_server_the_archive_is_readable_and_the_next_try_is_told(
    installed: Path, environment: dict[str, str], service: DemoService
) -> None:
    service.add(incoming(1, "Kept for later", minutes_ago=3))
    with DemoServer(service) as server:
        command = inbox(installed, server)
        with Terminal(command, environment=environment) as terminal:
            terminal.wait_for("Kept for later")
            terminal.wait_for("Live")
            terminal.kill()
    with Terminal(command, environment=environment) as terminal:
        terminal.wait_for("Offline", seconds=40)
        assert "Kept for later" in terminal.text
        assert "refused the connection" in terminal.text
        assert "next try in" in terminal.text
        terminal.press("q")
        assert terminal.wait() == 0


def test_after_a_kill_the_same_inbox_is_there_before_any_answer(
    installed: Path, environment: dict[str, str], service: DemoService
) -> None:
    for number in range(1, 40):
        service.add(incoming(number, f"Message number {number}", minutes_ago=50 - number))
    with DemoServer(service) as server:
        command = inbox(installed, server)
        with Terminal(command, environment=environment) as terminal:
            terminal.wait_for("Message number 39")
            terminal.wait_for("Live")
            terminal.press("j", "enter")
            terminal.wait_for("38 unread")
            listed = [line[:60] for line in terminal.screen.display[3:30]]
            terminal.kill()
        service.fault = faults.delay(60.0)
        with Terminal(command, environment=environment) as terminal:
            terminal.wait_for("Message number 39")
            terminal.wait_for("Message number 12")
            again = [line[:60] for line in terminal.screen.display[3:30]]
            assert sum(a[2:] == b[2:] for a, b in zip(listed, again, strict=True)) >= 25
            assert "38 unread" in terminal.text
            terminal.press("q")
            terminal.wait()
