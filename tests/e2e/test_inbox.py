"""The installed program in a terminal, against a server that follows the documentation."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from support import faults
from support.installed_user import User
from support.service import SwitchedService
from support.traffic import incoming

from inbox_tui.demo.server import DemoServer

pytestmark = pytest.mark.e2e


def test_a_new_message_is_on_screen_within_21_seconds_while_r_is_held_down(
    user: User, service: SwitchedService
) -> None:
    service.add(incoming(1, "The first of them", minutes_ago=3))
    with user.inbox() as terminal:
        terminal.wait_for("The first of them")
        terminal.wait_for("Live")
        for _ in range(30):
            terminal.press("r")
            terminal.read(0.01)
        service.add(incoming(2, "The second of them", minutes_ago=0))
        begun = time.monotonic()
        terminal.wait_for("The second of them", seconds=22)
        while time.monotonic() - begun < 25:
            terminal.press("r")
            terminal.read(0.1)
        terminal.quit()
    assert service.breaches == []
    assert len(service.requests) >= 2
    assert not any(request.in_address for request in service.requests)


def test_wrong_password_is_sent_only_once_even_after_a_restart(
    user: User, service: SwitchedService
) -> None:
    user.environment["INBOX_TUI_PASSWORD"] = "a wrong one"
    with user.inbox() as terminal:
        terminal.wait_for("authorise error")
        assert "Password" not in terminal.text
        assert len(service.requests) == 1
        terminal.press("S")
        terminal.wait_for("Password")
        terminal.press(*"correct horse", "enter")
        terminal.wait_for("Live")
        terminal.quit()
    before = len(service.requests)
    with user.inbox() as terminal:
        terminal.wait_for("authorise error")
        assert "S sign in" in terminal.text
        terminal.press("q")
        terminal.wait()
    assert service.requests[before:] == []


def test_offline_inbox_shows_the_archive_and_when_it_will_try_again(
    installed: Path, environment: dict[str, str], service: SwitchedService
) -> None:
    service.add(incoming(1, "Kept for later", minutes_ago=3))
    with DemoServer(service) as server:
        user = User(installed, environment, server)
        with user.inbox() as terminal:
            terminal.wait_for("Kept for later")
            terminal.wait_for("Live")
            terminal.kill()
    with user.inbox() as terminal:
        terminal.wait_for("Offline", seconds=40)
        assert "Kept for later" in terminal.text
        assert "refused the connection" in terminal.text
        assert "next try in" in terminal.text
        terminal.quit()


def test_inbox_is_restored_after_a_kill_before_the_server_answers(
    user: User, numbered: None, service: SwitchedService
) -> None:
    with user.inbox() as terminal:
        terminal.wait_for("Message number 30")
        terminal.wait_for("Live")
        terminal.press("j", "enter")
        terminal.wait_for("29 unread")
        listed = [line[:60] for line in terminal.screen.display[3:30]]
        terminal.kill()
    service.fault = faults.delay(60.0)
    with user.inbox() as terminal:
        terminal.wait_for("Message number 30")
        terminal.wait_for("Message number 12")
        again = [line[:60] for line in terminal.screen.display[3:30]]
        assert sum(a[2:] == b[2:] for a, b in zip(listed, again, strict=True)) >= 25
        assert "29 unread" in terminal.text
        terminal.press("q")
        terminal.wait()
