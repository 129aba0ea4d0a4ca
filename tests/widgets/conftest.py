"""Makes all tests of widgets draw for the same terminal."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from inbox_tui.widgets.symbols import symbols


@pytest.fixture(autouse=True)
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.delenv("NO_COLOR", raising=False)
    symbols.cache_clear()
    yield
    symbols.cache_clear()
