from __future__ import annotations

import os

import pytest


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
