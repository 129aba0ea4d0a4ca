"""How hard the property tests try.

`HYPOTHESIS_PROFILE=long pytest tests/security/test_fuzz.py` tries 100,000 new examples of each.
"""

from __future__ import annotations

import gettext
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from support.systems import exceptions

from inbox_tui.locale import set_language

EXCEPTIONS = exceptions() if sys.platform == "win32" else {}

settings.register_profile("default", max_examples=50, deadline=None, derandomize=True)
settings.register_profile(
    "long",
    max_examples=100_000,
    deadline=None,
    derandomize=False,  # what a profile does not say it takes from "default"
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or "default")


def pytest_xdist_auto_num_workers() -> int:
    """One more process than there are cores: the end-to-end tests mostly wait."""
    return (os.cpu_count() or 1) + 1


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Leave out the files of tests that can't hold on this system."""
    folder = Path(__file__).parent
    if sys.platform != "win32":
        return True if collection_path == folder / "windows" else None
    return True if f"tests/{collection_path.relative_to(folder).as_posix()}" in EXCEPTIONS else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Say of each other test that can't hold on Windows why it is not run there."""
    for item in items if sys.platform == "win32" else ():
        why = EXCEPTIONS.get(f"{item.nodeid.partition('[')[0]}")
        if why is not None:
            item.add_marker(pytest.mark.skip(reason=why))


@pytest.fixture
def russian(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The interface in Russian for as long as a test takes."""
    monkeypatch.setenv("LANGUAGE", "ru")
    set_language("ru")
    yield
    set_language("en")
    gettext.textdomain("messages")


@pytest.fixture
def language(request: pytest.FixtureRequest) -> str:
    """The language of the interface for as long as a test takes: `en`, or `ru` where it says so."""
    language: str = getattr(request, "param", "en")
    if language == "ru":
        request.getfixturevalue("russian")
    return language
