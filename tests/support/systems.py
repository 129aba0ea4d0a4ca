"""The tests that can't pass on some systems, read from the tables in CONTRIBUTING."""

from __future__ import annotations

import os
import re
import shutil
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

ROOT = Path(__file__).parents[2]
CONTRIBUTING = ROOT / ".github" / "CONTRIBUTING.md"
KILL = signal.SIGTERM if sys.platform == "win32" else signal.SIGKILL
"""The signal that kills a process."""

HUNG_SECONDS = 300.0
"""How long a test may take on Windows."""

SYSTEMS = {"win32": "Windows", "darwin": "macOS"}
"""The systems on which some tests can't pass, by `sys.platform`."""


def exceptions(system: str = sys.platform) -> dict[str, str]:
    """Return the tests that can't pass on a system, with the reasons.

    A key is a folder, a file, or `file::test`.
    """
    if system not in SYSTEMS:
        return {}
    document = CONTRIBUTING.read_text(encoding="utf-8")
    _, _, table = document.partition(f"| tests that can't hold on {SYSTEMS[system]} | why |\n")
    rows = re.findall(r"^\| (`.+) \| (.+) \|$", table.partition("\n\n")[0], re.MULTILINE)
    return {name: why for names, why in rows for name in re.findall(r"`([^`]+)`", names)}


def retry_processes_that_wine_fails_to_start() -> None:
    """Let every start of a process be tried up to three times on Windows.

    Once in thousands of times, a new process of wine ends before its program runs, and
    CreateProcess fails with ERROR_INTERNAL_ERROR.
    """
    if sys.platform != "win32":
        return
    import _winapi

    internal_error = 1359
    create = _winapi.CreateProcess

    def create_with_retries(*arguments: Any) -> Any:
        for _ in range(2):
            try:
                return create(*arguments)
            except OSError as error:
                if error.winerror != internal_error:
                    raise
        return create(*arguments)

    _winapi.CreateProcess = create_with_retries


@contextmanager
def hang_ends_the_process() -> Iterator[None]:
    """End the process if the block takes longer than `HUNG_SECONDS` on Windows.

    Once in some thousand tests, the event loop of a process of wine waits for ever, though nothing
    else is left to do. `.ci/windows` runs that test again.
    """
    if sys.platform != "win32":
        yield
        return
    ending = threading.Timer(HUNG_SECONDS, os._exit, [1])
    ending.daemon = True
    ending.start()
    try:
        yield
    finally:
        ending.cancel()


@contextmanager
def temporary_folder(within: Path | None = None) -> Iterator[Path]:
    """Make a temporary folder for the block; on Windows, files that are still open remain."""
    folder = Path(mkdtemp(dir=within))
    yield folder
    shutil.rmtree(folder, ignore_errors=sys.platform == "win32")


def skip_exception(name: str) -> None:
    """Skip the test if this file of the tests' support can't work on this system."""
    if (why := exceptions().get(name)) is not None:
        import pytest  # imported here, because programs that tests start do not need it

        pytest.skip(why)
