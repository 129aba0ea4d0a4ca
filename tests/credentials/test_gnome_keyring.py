"""The real gnome-keyring, unlocked and locked, with its own session bus and home folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from support.desktop import NEVER_ANSWERS, desktop

import inbox_tui

pytestmark = pytest.mark.e2e

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


def run(home: Path, source: str, **variables: str) -> list[dict[str, Any]]:
    """Run Python code in a user's home and session; return the JSON objects that it printed."""
    done = subprocess.run(
        [sys.executable, "-c", HEAD + source],
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(Path(inbox_tui.__file__).parents[1]),
            "LC_ALL": "C.UTF-8",
            "HOME": str(home),
            **variables,
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_an_unlocked_gnome_keyring_stores_two_accounts(tmp_path: Path) -> None:
    with desktop(tmp_path) as variables:
        assert run(tmp_path, WORKS, **variables) == [
            {"report": ["keyring.backends.SecretService.Keyring", True, ""]},
            {"before": True},
            {"one": "первый"},
            {"two": "second"},
            {"removed": ["password"]},
            {"again": []},
            {"gone": True},
            {"kept": "second"},
        ]
    with desktop(tmp_path) as variables:
        assert run(tmp_path, PATIENT + ASKS, **variables) == [{"answer": "Secret(…)"}]


def test_a_locked_gnome_keyring_times_out_if_nobody_answers_its_prompt(
    tmp_path: Path,
) -> None:
    with desktop(tmp_path) as variables:
        run(tmp_path, STORES, **variables)
    with desktop(tmp_path, locked=True, prompter=NEVER_ANSWERS) as variables:
        begun = time.monotonic()
        (said,) = run(tmp_path, IMPATIENT + ASKS, **variables)
        assert said["error"] == "KeyringSilent"
        assert 0.9 < said["seconds"] <= time.monotonic() - begun < 30


@pytest.mark.parametrize("used_before", [True, False])
def test_a_locked_gnome_keyring_that_cannot_prompt_is_reported_as_locked(
    tmp_path: Path, used_before: bool
) -> None:
    if used_before:
        with desktop(tmp_path) as variables:
            run(tmp_path, STORES, **variables)
    with desktop(tmp_path, locked=True, prompter="/bin/false") as variables:
        (said,) = run(tmp_path, PATIENT + ASKS, **variables)
    assert said["error"] == "KeyringUnavailable"
    assert "locked" in said["text"]


def test_a_session_without_a_bus_is_reported_as_having_no_keyring(tmp_path: Path) -> None:
    (said,) = run(tmp_path, PATIENT + ASKS)
    assert said["text"] == "The keyring can't be used: this system has none."
