"""The interface in Russian."""

from __future__ import annotations

import gettext
from collections.abc import Iterator

import pytest

from inbox_tui.locale import set_language


@pytest.fixture
def russian(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The interface in Russian for as long as a test takes."""
    monkeypatch.setenv("LANGUAGE", "ru")
    set_language("ru")
    yield
    set_language("en")
    gettext.textdomain("messages")
