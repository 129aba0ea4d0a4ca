"""Configuration of pytest and of hypothesis, whose profile decides how many examples are tried.

`HYPOTHESIS_PROFILE=long pytest tests/security/test_fuzz.py` tries 100,000 new examples per test.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from support.russian import SAID, errors_of_commands
from support.systems import (
    exceptions,
    hang_ends_the_process,
    retry_processes_that_wine_fails_to_start,
)

from inbox_tui.locale import set_language

EXCEPTIONS = exceptions()
retry_processes_that_wine_fails_to_start()

settings.register_profile("default", max_examples=50, deadline=None, derandomize=True)
settings.register_profile(
    "long",
    max_examples=100_000,
    deadline=None,
    derandomize=False,  # otherwise inherited from "default"
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or "default")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Use one process more than there are cores, because the end-to-end tests mostly wait."""
    return (os.cpu_count() or 1) + 1


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Ignore the test files that can't pass on this system."""
    folder = Path(__file__).parent
    if sys.platform != "win32" and collection_path == folder / "windows":
        return True
    return True if f"tests/{collection_path.relative_to(folder).as_posix()}" in EXCEPTIONS else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip the other tests that can't pass on this system, with the reason."""
    for item in items if EXCEPTIONS else ():
        for name, why in EXCEPTIONS.items():
            if item.nodeid.startswith((f"{name}[", f"{name.removesuffix(']')}-")) or (
                item.nodeid == name
            ):
                item.add_marker(pytest.mark.skip(reason=why))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol() -> Generator[None, object, object]:
    """End the process of a test that hangs."""
    with hang_ends_the_process():
        return (yield)


@pytest.fixture
def russian(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Set the interface's language to Russian for the duration of a test."""
    monkeypatch.setenv("LANGUAGE", "ru")
    set_language("ru")
    yield
    set_language("en")


@pytest.fixture
def language(request: pytest.FixtureRequest) -> str:
    """The language of the interface during a test: `en`, or the parameter that the test sets."""
    language: str = getattr(request, "param", "en")
    if language == "ru":
        request.getfixturevalue("russian")
    return language


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Collect the sentences that an xdist worker's tests had printed in Russian."""
    SAID.update(getattr(node, "workeroutput", {}).get("said", ()))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail if all command tests ran, but not every error sentence was printed in Russian."""
    config = session.config
    if hasattr(config, "workeroutput"):
        config.workeroutput["said"] = sorted(SAID)
        return
    tests = Path(__file__).parent
    run = {Path(argument).resolve() for argument in config.args} & {tests, tests / "cli"}
    chosen = config.option.keyword or config.option.markexpr or config.option.collectonly
    if sys.platform != "linux" or session.testsfailed or not run or chosen:
        return
    if untold := errors_of_commands() - SAID:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        told = "\n    ".join(
            ["", "no test of a command has this told in Russian:", *sorted(untold)]
        )
        sys.stderr.write(f"{told}\n")
