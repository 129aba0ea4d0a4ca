"""The tests that can't pass on some systems, read from the tables in CONTRIBUTING."""

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
"""The signal that kills a process."""


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


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """Make a temporary folder for the block; on Windows, files that are still open remain."""
    folder = Path(mkdtemp())
    yield folder
    shutil.rmtree(folder, ignore_errors=sys.platform == "win32")


def skip_exception(name: str) -> None:
    """Skip the test if this file of the tests' support can't work on this system."""
    if (why := exceptions().get(name)) is not None:
        import pytest  # imported here, because programs that tests start do not need it

        pytest.skip(why)
