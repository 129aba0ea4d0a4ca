"""Which tests hold on which system: the table of CONTRIBUTING names those that can't on Windows."""

from __future__ import annotations

import re
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

ROOT = Path(__file__).parents[2]
CONTRIBUTING = ROOT / ".github" / "CONTRIBUTING.md"
KILL = signal.SIGTERM if sys.platform == "win32" else signal.SIGKILL
"""What ends a process at once."""


def exceptions() -> dict[str, str]:
    """Why a test can't hold on Windows, by its name: a folder's, a file's, or `file::test`."""
    document = CONTRIBUTING.read_text(encoding="utf-8")
    _, _, table = document.partition("| tests that can't hold on Windows | why |\n")
    rows = re.findall(r"^\| (`.+) \| (.+) \|$", table.partition("\n\n")[0], re.MULTILINE)
    return {name: why for names, why in rows for name in re.findall(r"`([^`]+)`", names)}


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """A folder that is removed afterwards, on Windows but for what is still open in it."""
    folder = Path(mkdtemp())
    yield folder
    shutil.rmtree(folder, ignore_errors=sys.platform == "win32")


def need_posix(name: str) -> None:
    """Skip the test on Windows, which can't have this part of the tests' support."""
    if sys.platform == "win32":
        import pytest  # not by the programs that tests start

        pytest.skip(exceptions()[name])
