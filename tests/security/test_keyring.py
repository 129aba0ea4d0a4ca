"""The keyring: insecure backends are reported, and slow ones do not delay the first frame."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import keyring as library
import pytest
from keyring.backend import KeyringBackend
from keyring.backends import null
from support.app_harness import Opener, make_app, until
from support.command import Files, run
from support.desktop import NEVER_ANSWERS, desktop
from support.inbox_screen import fill_in
from support.keyrings import MemoryBackend, SilentBackend, keyring
from support.terminal import Terminal
from support.widgets import screen_text
from textual.widgets import Checkbox, Static

from inbox_tui.smsc.errors import SignInRefused
from inbox_tui.smsc.message import Answer

USER = "alex@smscentre.com"
GOOD = Answer([], [])


class PlaintextKeyring(MemoryBackend):
    """Stands for the backend of this name in `keyrings.alt`, a file that anybody can read."""


UNFIT = [
    (PlaintextKeyring(), "PlaintextKeyring keeps passwords as plain text"),
    (null.Keyring(), "null"),  # type: ignore[no-untyped-call]
]


@pytest.mark.parametrize(("backend", "named"), UNFIT, ids=["plaintext", "null"])
async def test_insecure_keyring_is_named_on_the_sign_in_screen_and_not_used(
    tmp_path: Path, backend: KeyringBackend, named: str
) -> None:
    app = make_app(tmp_path, GOOD, login=None, password=None, keyring=keyring(backend))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: bool(app.screen.query("#keyring-note")))
        note = app.screen.query_one("#keyring-note", Static)
        await until(pilot, lambda: named in str(note.render()) and note.display)
        assert "kept for this run only" in str(note.render())
        assert app.screen.query_one("#remember", Checkbox).disabled
        await fill_in(pilot, login="alex", password="correct horse")
        await until(pilot, lambda: app.passwords == ["correct horse"])
    assert getattr(backend, "kept", {}) == {}


async def test_keyring_problem_is_shown_only_once(live: Opener) -> None:
    ring = keyring(PlaintextKeyring())
    async with live(password=None, keyring=ring, state="Sign in") as pilot:
        await pilot.press("S")
        await until(pilot, lambda: bool(pilot.app.screen.query("#keyring-note")))
        note = pilot.app.screen.query_one("#keyring-note", Static)
        await until(pilot, lambda: "plain text" in str(note.render()) and note.display)
        reason = pilot.app.screen.query_one("#sign-in-reason", Static)
        assert str(reason.render()) == "No password or API key is kept for this account"


@pytest.mark.parametrize(("backend", "named"), UNFIT, ids=["plaintext", "null"])
def test_insecure_keyring_is_reported_by_doctor(
    files: Files, backend: KeyringBackend, named: str
) -> None:
    library.set_keyring(backend)
    ended = run("doctor")
    assert ended.status == 1
    (line,) = [line for line in ended.output.splitlines() if line.startswith("✗ keyring")]
    assert named in line


async def test_late_keyring_password_is_not_sent_for_another_account(live: Opener) -> None:
    silent = SilentBackend(**{USER: "of alex"})
    refused = SignInRefused(2, "authorise error")
    ring = keyring(silent)
    async with live(refused, GOOD, password=None, keyring=ring, state="Sign in") as pilot:
        app = pilot.app
        assert "did not answer" in screen_text(app)
        await pilot.press("S")
        await fill_in(pilot, server="http://127.0.0.1:9", login="mallory", password="mine")
        await until(pilot, lambda: "authorise error" in screen_text(app))
        silent.may_answer.set()
        await until(pilot, lambda: len(app.passwords) == 2)
        assert app.logins == ["mallory", "alex"]
        assert app.passwords == ["mine", "of alex"]


# -- a real gnome-keyring

STORED = "import keyring; keyring.set_password('inbox-tui', 'alex@127.0.0.1:9', 'correct horse')"


def seconds_to_first_frame(environment: dict[str, str], *, says: str) -> float:
    """Return the seconds until the inbox is on screen; then check what it says of the keyring."""
    command = [sys.executable, "-m", "inbox_tui", "--login", "alex"]
    begun = time.monotonic()
    with Terminal(
        [*command, "--server", "http://127.0.0.1:9"], environment=environment
    ) as terminal:
        terminal.wait_for("Search:", seconds=30)
        taken = time.monotonic() - begun
        terminal.wait_for("S sign in", seconds=30)
        terminal.press("S")
        terminal.wait_for("Password", seconds=30)
        terminal.wait_for(says, seconds=30)
        terminal.press("\x11")
        assert terminal.wait() == 0
    return taken


@pytest.mark.e2e
def test_locked_keyring_does_not_delay_the_first_frame(tmp_path: Path) -> None:
    without = Files(tmp_path).at_terminal
    environment = {
        name: value for name, value in without.items() if name != "PYTHON_KEYRING_BACKEND"
    }
    with desktop(tmp_path) as variables:
        subprocess.run([sys.executable, "-c", STORED], env=environment | variables, check=True)
    seconds_to_first_frame(without, says="this system has none")
    quick = seconds_to_first_frame(without, says="this system has none")
    with desktop(tmp_path, locked=True, prompter=NEVER_ANSWERS) as variables:
        slow = seconds_to_first_frame(environment | variables, says="did not answer within 3 s")
    assert slow < quick + 3, "the keyring was waited for"
