"""The real gnome-keyring, unlocked and locked, each in a session bus and a home of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import inbox_tui

pytestmark = pytest.mark.e2e

UNLOCKED = "printf 'login password' | gnome-keyring-daemon --unlock --components=secrets"
LOCKED = "gnome-keyring-daemon --start --components=secrets"

HEAD = """
import asyncio, json, time
from inbox_tui.credentials import Keyring, KeyringError, Secret

def say(**what): print(json.dumps(what), flush=True)
"""

WORKS = """
async def main():
    ours = Keyring(timeout=30)
    say(report=await ours.describe())
    say(before=await ours.get("alex", "smscentre.com") is None)
    await ours.store("alex", "smscentre.com", Secret("old"))
    await ours.store("alex", "smscentre.com", Secret("первый"))
    await ours.store("vera", "localhost:8000", Secret("second"))
    say(one=(await Keyring(timeout=30).get("alex", "smscentre.com")).reveal())
    say(two=(await ours.get("vera", "localhost:8000")).reveal())
    say(removed=await ours.remove("alex", "smscentre.com"))
    say(again=await ours.remove("alex", "smscentre.com"))
    say(gone=await ours.get("alex", "smscentre.com") is None)
    say(kept=(await ours.get("vera", "localhost:8000")).reveal())
asyncio.run(main())
"""

STORES = """
asyncio.run(Keyring(timeout=30).store("vera", "localhost:8000", Secret("second")))
"""

PATIENT = "TIMEOUT = 30"
IMPATIENT = "TIMEOUT = 1"
PROMPTED = 30
"""Seconds for which a question to the user stays open."""

ASKS = """
async def main():
    started = time.monotonic()
    try:
        answer = await Keyring(timeout=TIMEOUT).get("vera", "localhost:8000")
        say(answer=repr(answer))
    except KeyringError as error:
        say(error=type(error).__name__, text=str(error), seconds=time.monotonic() - started)
asyncio.run(main())
"""


class Session:
    """A user with a home, a session bus and a gnome-keyring, and nothing of the real user's."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.services = home / "data" / "dbus-1" / "services"
        self.services.mkdir(parents=True)
        (home / "run").mkdir(mode=0o700)
        self.environ = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(Path(inbox_tui.__file__).parents[1]),
            "LC_ALL": "C.UTF-8",
            "HOME": str(home),
            "XDG_RUNTIME_DIR": str(home / "run"),
            "XDG_DATA_HOME": str(home / "data"),
            "XDG_CONFIG_HOME": str(home / "config"),
            "XDG_CACHE_HOME": str(home / "cache"),
        }

    def prompter(self, command: str) -> None:
        """Say which program asks the user for the password of the keyring."""
        name = "org.gnome.keyring.SystemPrompter"
        service = f"[D-BUS Service]\nName={name}\nExec={command}\n"
        (self.services / f"{name}.service").write_text(service)

    def run(self, daemon: str, source: str) -> tuple[list[dict[str, Any]], float]:
        """Run Python in a new session; return what it said and how long it took to end."""
        program = self.home / "program.py"
        program.write_text(HEAD + source, encoding="utf-8")
        # the time of Python alone, without that of the bus
        script = (
            f"{daemon} >/dev/null || exit 9; "
            f"start=$(date +%s%N); '{sys.executable}' '{program}'; code=$?; "
            'echo "{\\"nanoseconds\\": $(( $(date +%s%N) - start ))}"; exit $code'
        )
        done = subprocess.run(
            ["dbus-run-session", "--", "bash", "-c", script],
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        *said, timing = (json.loads(line) for line in done.stdout.splitlines())
        return said, timing["nanoseconds"] / 1e9


@pytest.fixture
def session(tmp_path: Path) -> Session:
    missing = [
        f"{package} (for {program})"
        for program, package in {
            "gnome-keyring-daemon": "gnome-keyring",
            "dbus-run-session": "dbus",
        }.items()
        if shutil.which(program) is None
    ]
    if missing:
        reason = f"install the Debian packages {', '.join(missing)}"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return Session(tmp_path)


def test_an_unlocked_gnome_keyring_keeps_two_accounts(session: Session) -> None:
    said, _ = session.run(UNLOCKED, WORKS)
    assert said == [
        {"report": ["keyring.backends.SecretService.Keyring", True, ""]},
        {"before": True},
        {"one": "первый"},
        {"two": "second"},
        {"removed": ["password"]},
        {"again": []},
        {"gone": True},
        {"kept": "second"},
    ]
    assert session.run(UNLOCKED, PATIENT + ASKS)[0] == [{"answer": "Secret(…)"}]


def test_a_locked_gnome_keyring_whose_question_nobody_answers_is_given_up_in_time(
    session: Session,
) -> None:
    session.run(UNLOCKED, STORES)
    session.prompter(f'/bin/sh -c "exec sleep {PROMPTED} >/dev/null 2>&1"')
    said, seconds = session.run(LOCKED, IMPATIENT + ASKS)
    assert said[0]["error"] == "KeyringSilent"
    assert 0.9 < said[0]["seconds"] <= seconds < PROMPTED


@pytest.mark.parametrize("used_before", [True, False])
def test_a_locked_gnome_keyring_that_can_not_ask_is_told_at_once(
    session: Session, used_before: bool
) -> None:
    if used_before:
        session.run(UNLOCKED, STORES)
    session.prompter("/bin/false")
    said, _ = session.run(LOCKED, PATIENT + ASKS)
    assert said[0]["error"] == "KeyringUnavailable"
    assert "locked" in said[0]["text"]


def test_a_session_without_a_bus_is_told(session: Session) -> None:
    program = session.home / "program.py"
    program.write_text(HEAD + PATIENT + ASKS, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(program)],
        env=session.environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert json.loads(done.stdout)["text"] == "The keyring can't be used: this system has none."
