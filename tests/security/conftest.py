from __future__ import annotations

from collections.abc import Iterator

import keyring
import keyring.backends.fail
import pytest

NAMES = (
    *("INBOX_TUI_LOGIN", "INBOX_TUI_SERVER", "INBOX_TUI_PASSWORD", "INBOX_TUI_API_KEY"),
    *("VISUAL", "EDITOR"),
)
PLAIN = ("NO_COLOR", "TMUX", "DISPLAY", "WAYLAND_DISPLAY", "LC_ALL")


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*NAMES, *PLAIN):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setattr("inbox_tui.screens.state_commands.DWELL_SECONDS", 3600)


@pytest.fixture(autouse=True)
def _no_keyring() -> Iterator[None]:
    """No test meets the keyring of the machine."""
    before = keyring.get_keyring()
    keyring.set_keyring(keyring.backends.fail.Keyring())  # type: ignore[no-untyped-call]
    yield
    keyring.set_keyring(before)
