"""Which tests hold on which system: the tables of CONTRIBUTING name those that can't."""

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


SYSTEMS = {"win32": "Windows", "darwin": "macOS"}
"""The systems on which some tests can't hold."""


def exceptions(system: str = sys.platform) -> dict[str, str]:
    """Why a test can't hold on a system, by its name: a folder's, a file's, or `file::test`."""
    if system not in SYSTEMS:
        return {}
    document = CONTRIBUTING.read_text(encoding="utf-8")
    _, _, table = document.partition(f"| tests that can't hold on {SYSTEMS[system]} | why |\n")
    rows = re.findall(r"^\| (`.+) \| (.+) \|$", table.partition("\n\n")[0], re.MULTILINE)
    return {name: why for names, why in rows for name in re.findall(r"`([^`]+)`", names)}


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """A folder that is removed afterwards, on Windows but for what is still open in it."""
    folder = Path(mkdtemp())
    yield folder
    shutil.rmtree(folder, ignore_errors=sys.platform == "win32")


def skip_exception(name: str) -> None:
    """Skip the test on a system that can't have this part of the tests' support."""
    if (why := exceptions().get(name)) is not None:
        import pytest  # not by the programs that tests start

        pytest.skip(why)
