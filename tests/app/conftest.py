from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.app_harness import HarnessApp, plain_terminal
from support.app_harness import live as live
from support.app_harness import opened as opened
from support.app_harness import size as size
from support.pictures import Snapshot
from support.sizes import Size

from inbox_tui.widgets.symbols import symbols


@pytest.fixture(autouse=True)
def _slow_machines_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep messages unread and notices on screen, and keys in order, however long it takes."""
    monkeypatch.setattr("inbox_tui.screens.state_commands.DWELL_SECONDS", 3600)
    monkeypatch.setattr("inbox_tui.screens.status.NOTICE_SECONDS", 3600)
    monkeypatch.setattr("inbox_tui.screens.key_queue.LONGEST_WAIT", 60)


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    plain_terminal(monkeypatch)
    # There is a desktop only if a test sets DISPLAY, on macOS and Windows as well.
    monkeypatch.setattr(
        "inbox_tui.terminal.clipboard.has_desktop",
        lambda environment=os.environ: bool(environment.get("DISPLAY")),
    )


@pytest.fixture(autouse=True)
def _no_cursor_blinks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the cursor of a field visible, as a picture could be taken at any phase of its blink."""
    monkeypatch.setattr("textual.widgets.Input._toggle_cursor", lambda field: None)


@pytest.fixture
def snapshot(snap_compare: Callable[..., bool], tmp_path: Path, size: Size) -> Snapshot:
    """Compares a picture of the application with its stored snapshot."""
    return Snapshot(snap_compare, tmp_path, size)


@pytest.fixture
def bells(monkeypatch: pytest.MonkeyPatch) -> list[HarnessApp]:
    """The application that rang the bell, once for each ring."""
    rung: list[HarnessApp] = []
    monkeypatch.setattr(HarnessApp, "bell", lambda app: rung.append(app))
    return rung


@pytest.fixture
def without_unicode(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A terminal that cannot draw Unicode."""
    monkeypatch.setenv("TERM", "linux")
    symbols.cache_clear()
    yield
    symbols.cache_clear()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's home folder."""
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path))
    return tmp_path
