"""A bug in the program reports where it occurred, and reveals no password, code or text."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from support import crashing
from support.command import Files
from support.crashing import PASSWORD, TEXT
from support.files import files_with
from support.terminal import Terminal
from support.traffic import incoming, server_now

from inbox_tui.demo.server import DemoServer
from inbox_tui.demo.service import DemoService
from inbox_tui.screens.selection import SETTLED_SECONDS

pytestmark = pytest.mark.e2e

LEFT = b"\x1b[?1049l"
"""Leaves the alternate screen; output after it stays visible in the shell."""


@pytest.fixture
def server() -> Iterator[DemoServer]:
    service = DemoService({"alex": PASSWORD}, clock=server_now, api_keys={PASSWORD: "alex"})
    service.add(incoming(1, TEXT, minutes_ago=3))
    with DemoServer(service) as server:
        yield server


@pytest.fixture(params=["INBOX_TUI_PASSWORD", "INBOX_TUI_API_KEY"])
def environment(files: Files, request: pytest.FixtureRequest) -> dict[str, str]:
    return files.at_terminal | {request.param: PASSWORD}


def broken(
    place: str,
    server: DemoServer,
    environment: dict[str, str],
    *,
    login: bool = True,
    options: Sequence[str] = (),
) -> Terminal:
    """Run the program with a fault in this place, in Python's development and debug modes."""
    command = [sys.executable, "-X", "dev", crashing.__file__, place]
    command += [
        "--server",
        f"http://{server.host}",
        *(["--login", "alex"] if login else []),
        *options,
    ]
    return Terminal(command, environment={**environment, "PYTHONASYNCIODEBUG": "1"})


def without_secret(environment: dict[str, str]) -> bool:
    """Remove the secret from the environment, and return whether it was an API key."""
    environment.pop("INBOX_TUI_PASSWORD", None)
    return "INBOX_TUI_API_KEY" in environment and bool(environment.pop("INBOX_TUI_API_KEY"))


def assert_told_nothing(terminal: Terminal, environment: dict[str, str]) -> None:
    """Check that the password is on no terminal and in no file, and no text is left in the shell.

    The text and the code may appear on the alternate screen, but not after it.
    """
    for secret in (PASSWORD.encode(), *map(str.encode, PASSWORD.split(";"))):
        assert secret not in terminal.raw
    before, left, after = bytes(terminal.raw).rpartition(LEFT)
    if not left:
        after = before
    assert b"913042" not in after, after
    assert TEXT.encode() not in after, after
    assert files_with(PASSWORD.split(";")[0], Path(environment["HOME"])) == set()


@pytest.mark.parametrize(
    ("place", "keys"),
    [
        ("client", ""),
        ("sync", ""),
        ("widget", ""),
        ("worker", "m"),
        ("thread worker", "y"),
        ("key", "?"),
        ("start", ""),
        ("end", "q"),
        ("beside", ""),
    ],
)
def test_faults_reveal_no_password_code_or_text(
    server: DemoServer, environment: dict[str, str], place: str, keys: str
) -> None:
    with broken(place, server, environment) as terminal:
        if keys:
            terminal.wait_for("913042")
            time.sleep(SETTLED_SECONDS)
            terminal.press(keys)
        if place == "client":
            terminal.wait_for("error in the client (ValueError)")
            terminal.press("q")
        status = terminal.wait()
        if place not in ("client", "beside"):
            assert status == 1
            assert b"stopped by an internal error" in terminal.raw
        assert_told_nothing(terminal, environment)


def test_log_shows_where_a_fault_arose_but_no_code_from_messages(
    server: DemoServer, environment: dict[str, str]
) -> None:
    with broken("worker", server, environment, options=["--debug"]) as terminal:
        terminal.wait_for("913042")
        time.sleep(SETTLED_SECONDS)
        terminal.press("m")
        assert terminal.wait() == 1
        assert b"the log says where it was raised" in terminal.raw
        assert_told_nothing(terminal, environment)
    log = Path(environment["XDG_STATE_HOME"], "inbox-tui", "inbox-tui.log").read_text()
    assert "in fail_later" in log
    assert "builtins.ValueError" in log
    assert "913042" not in log


def test_fault_while_signing_in_does_not_reveal_the_typed_password(
    server: DemoServer, environment: dict[str, str]
) -> None:
    api_key = without_secret(environment)
    with broken("sign-in", server, environment, login=False) as terminal:
        terminal.wait_for("Password")
        if api_key:
            terminal.press("\x1b[Z", " ", "\t")
            terminal.wait_for("Name for the account")
        terminal.press("alex", "\t", PASSWORD)
        terminal.wait_for("•" * len(PASSWORD))
        terminal.press("enter")
        assert terminal.wait() == 1
        assert b"inbox-tui: stopped by an internal error" in terminal.raw
        assert_told_nothing(terminal, environment)


@pytest.mark.parametrize("place", ["keyring", "sign-in screen"])
def test_fault_before_signing_in_reveals_nothing_secret(
    server: DemoServer, environment: dict[str, str], place: str
) -> None:
    without_secret(environment)
    with broken(place, server, environment, login=place == "keyring") as terminal:
        assert terminal.wait() == 1
        assert b"inbox-tui: stopped by an internal error" in terminal.raw
        assert_told_nothing(terminal, environment)
