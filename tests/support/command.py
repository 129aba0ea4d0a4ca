"""Runs the command line, in this process or in a separate one."""

from __future__ import annotations

import contextlib
import inspect
import os
import shlex
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Self

import keyring
import keyring.backends.fail
import pytest
from click.testing import CliRunner
from support.modes import mode
from support.russian import RecordingCatalogue
from support.traffic import incoming as incoming
from support.traffic import page_of
from support.traffic import server_now as server_now

import inbox_tui
from inbox_tui import locale
from inbox_tui.archive import AccountArchive, Archive
from inbox_tui.cli.program import main
from inbox_tui.smsc.limit import Limit
from inbox_tui.smsc.message import IncomingMessage
from inbox_tui.sync import SystemClock

LOGIN = "alex"
PASSWORD = "correct horse"
API_KEY = "7f3a-sesame"
_ON_WINDOWS = sys.platform == "win32"
PATIENCE = 120.0 if _ON_WINDOWS else 20.0
"""Seconds until a hanging program is killed; under wine, starting one takes some of them."""


_OF_THE_SYSTEM = {
    name: os.environ[name]
    for name in ("PATH", "SYSTEMROOT", "PYTHONPATH", "TEMP")
    if name in os.environ
}
_MOSCOW = "MSK-3" if _ON_WINDOWS else "Europe/Moscow"
"""The value of `TZ` for Moscow."""


class Ended(NamedTuple):
    """The exit status and output of a command."""

    status: int
    output: str
    errors: str


def run(*words: str | Path, stdin: str | bytes | None = None) -> Ended:
    """Run a command in this process; an exception that it does not handle is raised.

    In a test in Russian, the output is translated back to English.
    """
    apart: dict[str, Any] = (
        {"mix_stderr": False} if "mix_stderr" in inspect.signature(CliRunner).parameters else {}
    )
    result = CliRunner(**apart).invoke(
        main, [str(word) for word in words], input=stdin, prog_name="inbox-tui"
    )
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert "Traceback" not in result.stderr
    output, errors = result.stdout_bytes.decode(), result.stderr
    if isinstance(locale._catalogue, RecordingCatalogue):
        errors = locale._catalogue.read_back(errors)
        output = locale._catalogue.in_english(output)
    return Ended(result.exit_code, output, errors)


def with_streams(streams: str, *words: str) -> Ended:
    """Run a command in a shell with redirections of its standard streams, such as `2>&-`."""
    program = shlex.join([sys.executable, "-m", "inbox_tui", *words])
    ended = subprocess.run(
        ["sh", "-c", f"{program} {streams}"], capture_output=True, text=True, check=False
    )
    assert "Traceback" not in ended.stderr
    return Ended(ended.returncode, ended.stdout, ended.stderr)


def limit_is_used_up(account: AccountArchive) -> bool:
    """Return whether the limit refuses another request like those in the account's log."""
    now = SystemClock().moment()
    (same,) = {entry.fingerprint for entry in account.requests.entries(now)}
    return account.requests.begin("", same, now, Limit()) is None


def assert_private(file: Path) -> None:
    """Check that only the owner has access to a file and its folder, except on Windows.

    There the access rights are those of the user's profile.
    """
    if not _ON_WINDOWS:
        assert (mode(file), mode(file.parent)) == (0o600, 0o700)


def put(
    path: Path, host: str, *messages: IncomingMessage, login: str = LOGIN, signed_in: bool = True
) -> None:
    """Store messages in an account's archive, as another program does."""
    with Archive.open(path) as archive:
        account = archive.account(login, host)
        if signed_in:
            account.notes.set("signed_in", "2026-11-23T10:00:00+00:00")
        account.store_page(page_of(messages))


def forget(path: Path, *tables: str) -> None:
    """Empty tables such as `requests` and `holds`, as if enough time had passed."""
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        for table in tables:
            database.execute(f"DELETE FROM {table}")


@dataclass
class Files:
    """The paths of the program's files of a user with this home folder."""

    home: Path

    @property
    def config(self) -> Path:
        return self._folder("config") / "inbox-tui" / "config.toml"

    @property
    def archive(self) -> Path:
        return self._folder("data") / "inbox-tui" / "inbox.db"

    @property
    def log(self) -> Path:
        return self._folder("state") / "inbox-tui" / "inbox-tui.log"

    def _folder(self, name: str) -> Path:
        return self.home / ("local" if _ON_WINDOWS else name)

    @property
    def environment(self) -> dict[str, str]:
        return {
            **(_OF_THE_SYSTEM if _ON_WINDOWS else {}),
            "HOME": str(self.home),
            "USERPROFILE": str(self.home),
            "WIN_PD_OVERRIDE_LOCAL_APPDATA": str(self.home / "local"),
            "XDG_CONFIG_HOME": str(self.home / "config"),
            "XDG_DATA_HOME": str(self.home / "data"),
            "XDG_STATE_HOME": str(self.home / "state"),
            "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
        }

    @property
    def installed_at_terminal(self) -> dict[str, str]:
        """The whole environment of an installed program in a terminal."""
        return {
            "PATH": os.environ["PATH"],
            **self.environment,
            "TERM": "xterm-256color",
            "LANG": "C.UTF-8",
            "TZ": _MOSCOW,
        }

    @property
    def at_terminal(self) -> dict[str, str]:
        """The whole environment of a program, in which it can import what the tests can."""
        places = [str(Path(file).parents[1]) for file in (inbox_tui.__file__, __file__)]
        if inherited := os.environ.get("PYTHONPATH"):  # under wine, the path of all packages
            places.append(inherited)
        return self.installed_at_terminal | {"PYTHONPATH": os.pathsep.join(places)}

    def damage_archive(self) -> None:
        """Make a file that is no database the archive."""
        self.archive.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.archive.write_bytes(b"this is no database" * 100)
        self.archive.chmod(0o600)

    def configure(self, text: str) -> None:
        self.config.parent.mkdir(parents=True, exist_ok=True)
        self.config.write_text(text, encoding="utf-8")


_OURS = (
    *("INBOX_TUI_LOGIN", "INBOX_TUI_SERVER", "INBOX_TUI_PASSWORD", "INBOX_TUI_API_KEY"),
    *("VISUAL", "EDITOR"),
)


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Files:
    """The files of a user who has never run the program; sets the environment to theirs."""
    files = Files(tmp_path / "home")
    files.home.mkdir(mode=0o700)
    for name in _OURS:
        monkeypatch.delenv(name, raising=False)
    for name, value in files.environment.items():
        monkeypatch.setenv(name, value)
    return files


@pytest.fixture(autouse=True)
def no_keyring() -> Iterator[None]:
    """Keep every test away from the machine's keyring."""
    before = keyring.get_keyring()
    keyring.set_keyring(keyring.backends.fail.Keyring())  # type: ignore[no-untyped-call] # of keyring
    yield
    keyring.set_keyring(before)


INTERRUPTIBLE = """
import signal, sys, threading
from inbox_tui.__main__ import main

def interrupt():
    signal.raise_signal(getattr(signal, sys.stdin.readline().strip()))

threading.Thread(target=interrupt, daemon=True).start()
main()
"""
"""The program, raising the signal whose name is written to its standard input.

Windows can't send a signal to another process.
"""


class Program:
    """`inbox-tui` as a child process with its output in pipes."""

    def __init__(self, *words: str, environment: Mapping[str, str]) -> None:
        self._read = b""
        program = ["-c", INTERRUPTIBLE] if _ON_WINDOWS else ["-m", "inbox_tui"]
        self.process = subprocess.Popen(
            [sys.executable, *program, *words],
            env={**_OF_THE_SYSTEM, "TZ": _MOSCOW, **environment},
            stdin=subprocess.PIPE if _ON_WINDOWS else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            if pipe is not None:
                pipe.close()

    def hang_up(self) -> None:
        """Close the pipe of its standard output."""
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.process.stdout = None

    def line(self, *, errors: bool = False) -> str:
        """Return the next line of its output, or of its errors; fails if none comes."""
        pipe = self.process.stderr if errors else self.process.stdout
        assert pipe is not None
        watchdog = threading.Timer(PATIENCE, self.process.kill)
        watchdog.start()
        while b"\n" not in self._read:
            some = os.read(pipe.fileno(), 65536)
            if not some:
                watchdog.cancel()
                raise AssertionError(f"no line within {PATIENCE} s, or an end: {self.wait()}")
            self._read += some
        watchdog.cancel()
        line, _, self._read = self._read.partition(b"\n")
        return line.decode()

    def send(self, which: signal.Signals) -> None:
        if _ON_WINDOWS:
            assert self.process.stdin is not None
            self.process.stdin.write(f"{which.name}\n".encode())
            self.process.stdin.flush()
        else:
            self.process.send_signal(which)

    def end(self, how: signal.Signals = signal.SIGTERM) -> Ended:
        """Stop it with a signal; return its status and the output that was not read yet."""
        self.send(how)
        return self.wait()

    def wait(self) -> Ended:
        """Wait until it ends; return its status and the output that was not read yet."""
        output, errors = self.process.communicate(timeout=PATIENCE)
        return Ended(
            self.process.returncode, (self._read + (output or b"")).decode(), errors.decode()
        )
