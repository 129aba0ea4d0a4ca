from __future__ import annotations

import pytest
from support.app_harness import live as live
from support.app_harness import plain_terminal
from support.app_harness import size as size
from support.command import files as files
from support.command import no_keyring as no_keyring


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    plain_terminal(monkeypatch)
    monkeypatch.setattr("inbox_tui.screens.state_commands.DWELL_SECONDS", 3600)
