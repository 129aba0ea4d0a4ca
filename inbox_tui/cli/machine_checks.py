"""The checks of the machine in `inbox-tui doctor`: versions, terminal, folders, disk space."""

from __future__ import annotations

import os
import platform
import shutil
import sqlite3
import stat
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Literal, NamedTuple

from inbox_tui import __version__
from inbox_tui.locale import _, system_words
from inbox_tui.paths import Paths

LEAST_COLUMNS, LEAST_LINES = 40, 12
LEAST_FREE_BYTES = 100_000_000
_POSIX = os.name == "posix"
CheckName = Literal[
    "versions",
    "terminal",
    "settings",
    "keyring",
    "data",
    "log",
    "disk",
    "archive",
    "search",
    "limit",
    "late",
    "clock",
    "team",
    "server",
    "backup",
]
"""The name of a check; it is translated where the report is for people."""


class Check(NamedTuple):
    """The result of a check. It holds no secret, phone number, login or text of a message."""

    name: CheckName
    ok: bool
    found: str
    remedy: str = ""
    numbers: dict[str, float] | None = None
    """Counts and measurements, for programs that read the report."""

    def as_json(self) -> dict[str, object]:
        """Return the check for the JSON report, without `numbers` if there are none."""
        return {name: value for name, value in self._asdict().items() if value is not None}


def hidden(text: str) -> str:
    """Return the text with the home folder, which contains the user's name, replaced by `~`."""
    home = str(Path.home())
    return text if home == "/" else text.replace(home, "~")


def check_python() -> Check:
    """Report the versions of the program, Python, SQLite and the main packages."""
    packages = ", ".join(
        f"{name} {version(name)}" for name in ("textual", "httpx", "keyring", "click")
    )
    found = (
        f"inbox-tui {__version__}, Python {platform.python_version()} ({platform.system()}), "
        f"SQLite {sqlite3.sqlite_version}, {packages}"
    )
    return Check("versions", True, found)


def check_terminal() -> Check:
    """Check that the terminal can show the inbox."""
    encoding = (getattr(sys.stdout, "encoding", None) or "").lower().replace("_", "-")
    if encoding not in ("utf-8", "utf8"):
        return Check(
            "terminal",
            False,
            _("its encoding is {encoding}").format(encoding=encoding),
            _("set LANG to a UTF-8 locale"),
        )
    size = _terminal_size()
    if size is None:
        return Check("terminal", True, _("none here"))
    term, colours = os.environ.get("TERM", ""), _colours()
    found = f"{size.columns}×{size.lines}, {colours}, TERM={term}"
    if term in ("", "dumb"):
        return Check("terminal", False, found, _("set TERM to match your terminal"))
    if size.columns < LEAST_COLUMNS or size.lines < LEAST_LINES:
        return Check(
            "terminal",
            False,
            found,
            _("make it {size} or larger").format(size=f"{LEAST_COLUMNS}×{LEAST_LINES}"),
        )
    return Check("terminal", True, found)


def _terminal_size() -> os.terminal_size | None:
    for stream in (sys.stdout, sys.stderr, sys.stdin):
        try:
            return os.get_terminal_size(stream.fileno())
        except (OSError, ValueError, AttributeError):
            continue
    return None


def _colours() -> str:
    if os.environ.get("NO_COLOR"):
        return _("no colours (NO_COLOR)")
    if os.environ.get("COLORTERM") in ("truecolor", "24bit"):
        return _("16 million colours")
    return _("256 colours") if "256color" in os.environ.get("TERM", "") else _("16 colours")


def check_folders(paths: Paths) -> Iterator[Check]:
    """Check that nobody else can read the program's files, and that the disk has room."""
    archive = paths.archive.name
    yield _private("data", paths.archive.parent, (archive, f"{archive}-wal", f"{archive}-shm"))
    yield _private("log", paths.log.parent, (paths.log.name,))
    there = next(folder for folder in paths.archive.parents if folder.exists())
    free = shutil.disk_usage(there).free
    found = _("{megabytes} MB free at {there}").format(
        megabytes=free // 1_000_000, there=hidden(str(there))
    )
    yield Check(
        "disk",
        free > LEAST_FREE_BYTES,
        found,
        "" if free > LEAST_FREE_BYTES else _("free some space"),
    )


def _private(name: CheckName, folder: Path, files: tuple[str, ...]) -> Check:
    shown = hidden(str(folder))
    if not os.path.lexists(folder):
        there = next(parent for parent in folder.parents if os.path.lexists(parent))
        if there.is_dir() and os.access(there, os.W_OK | os.X_OK):
            return Check(name, True, _("{shown} (not there yet)").format(shown=shown))
        found = _("{shown} can't be created in {there}").format(
            shown=shown, there=hidden(str(there))
        )
        return Check(name, False, found, _("create it yourself, or choose another place"))
    for path in (folder, *(folder / file for file in files)):
        try:
            status = path.lstat()
        except FileNotFoundError:
            continue
        except OSError as error:
            found = f"{hidden(str(path))}: {system_words(error)}"
            return Check(name, False, found, _("fix its permissions"))
        mode = stat.S_IMODE(status.st_mode)
        proper = stat.S_ISDIR if path == folder else stat.S_ISREG
        if not proper(status.st_mode) or (_POSIX and status.st_uid != os.geteuid()):
            sentence = _("{path} is not a folder of yours")
            if path != folder:
                sentence = _("{path} is not a file of yours")
            found = sentence.format(path=hidden(str(path)))
            return Check(name, False, found, _("move it away"))
        if _POSIX and mode & 0o077:
            found = _("{path} is open to others (mode {mode:04o})").format(
                path=hidden(str(path)), mode=mode
            )
            return Check(
                name,
                False,
                found,
                _("run chmod {mode} on it").format(mode="700" if path == folder else "600"),
            )
    if not _POSIX:
        if folder.is_relative_to(Path.home()):
            found = _("{path}, in your profile and protected by its access rights").format(
                path=shown
            )
            return Check(name, True, found)
        found = _("{path} is not in your profile").format(path=shown)
        return Check(name, False, found, _("check who can read it, or move it to your profile"))
    mode = stat.S_IMODE(folder.stat().st_mode)
    return Check(
        name, True, _("{shown} (mode {mode:04o}), for you alone").format(shown=shown, mode=mode)
    )
