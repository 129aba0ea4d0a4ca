from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.app_harness import HarnessApp, Opener
from support.pictures import Snapshot
from support.sizes import SIZES, Size

from inbox_tui.widgets.symbols import symbols


@pytest.fixture(autouse=True)
def _no_message_is_read_by_looking(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow the machine, the message beside the list stays unread unless a test says so."""
    monkeypatch.setattr("inbox_tui.screens.state_commands.DWELL_SECONDS", 3600)
    monkeypatch.setattr("inbox_tui.screens.status.NOTICE_SECONDS", 3600)


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "TMUX", "DISPLAY", "WAYLAND_DISPLAY", "LC_ALL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.setenv("TERM", "xterm-256color")
    # A desktop is there where a test says so, on systems that have no environment without one too.
    monkeypatch.setattr(
        "inbox_tui.terminal.clipboard.has_desktop",
        lambda environment=os.environ: bool(environment.get("DISPLAY")),
    )


@pytest.fixture(autouse=True)
def _no_cursor_blinks(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a slow machine a picture would show the cursor of a field in one state or the other."""
    monkeypatch.setattr("textual.widgets.Input._toggle_cursor", lambda field: None)


@pytest.fixture
def size() -> Size:
    """The size of the terminal, unless a test is run at several."""
    return SIZES[0]


@pytest.fixture
def live(tmp_path: Path, size: Size) -> Opener:
    """Opens the application, and waits until it is live."""
    return Opener(tmp_path, size, "Live")


@pytest.fixture
def opened(tmp_path: Path, size: Size) -> Opener:
    """Opens the application, and waits for nothing."""
    return Opener(tmp_path, size, None)


@pytest.fixture
def snapshot(snap_compare: Callable[..., bool], tmp_path: Path, size: Size) -> Snapshot:
    """Compares a picture of the application with the one that is kept."""
    return Snapshot(snap_compare, tmp_path, size)


@pytest.fixture
def bells(monkeypatch: pytest.MonkeyPatch) -> list[HarnessApp]:
    """Who has rung the bell, each time."""
    rung: list[HarnessApp] = []
    monkeypatch.setattr(HarnessApp, "bell", lambda app: rung.append(app))
    return rung


@pytest.fixture
def without_unicode(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A terminal that draws no Unicode."""
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
