"""The command line, run in this process or as a program of its own."""

from __future__ import annotations

import contextlib
import inspect
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple, Self

import keyring
import keyring.backends.fail
import pytest
from click.testing import CliRunner
from support.russian import RecordingCatalogue
from support.traffic import server_now as server_now

import inbox_tui
from inbox_tui import locale
from inbox_tui.archive import Archive, Cursor, Page, Polled
from inbox_tui.cli.program import main
from inbox_tui.smsc.limit import Moment
from inbox_tui.smsc.message import IncomingMessage

LOGIN = "alex"
PASSWORD = "correct horse"
API_KEY = "7f3a-sesame"
_ON_WINDOWS = sys.platform == "win32"
PATIENCE = 120.0 if _ON_WINDOWS else 20.0
"""Seconds until a program that hangs is given up; under wine each takes some to start."""


_OF_THE_SYSTEM = {
    name: os.environ[name]
    for name in ("PATH", "SYSTEMROOT", "PYTHONPATH", "TEMP")
    if name in os.environ
}
_MOSCOW = "MSK-3" if _ON_WINDOWS else "Europe/Moscow"
"""A zone as the environment names it."""


class Ended(NamedTuple):
    """What a command came to."""

    status: int
    output: str
    errors: str


def run(*words: str | Path, stdin: str | bytes | None = None) -> Ended:
    """Run a command; an exception that gets past it fails the test."""
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


def incoming(
    number: int,
    text: str = "Hello",
    *,
    minutes_ago: float = 5,
    phone: str = "79991234567",
    to_phone: str = "79110000001",
) -> IncomingMessage:
    """A message received so many minutes ago."""
    received = server_now() - timedelta(minutes=minutes_ago)
    return IncomingMessage(number, received, phone, to_phone, text, received - timedelta(seconds=2))


def assert_private(file: Path) -> None:
    """A file and its folder are for their owner alone; Windows' access rights are the profile's."""
    if not _ON_WINDOWS:
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def put(
    path: Path, host: str, *messages: IncomingMessage, login: str = LOGIN, signed_in: bool = True
) -> None:
    """Store messages in the archive of an account, as another program does."""
    with Archive.open(path) as archive:
        account = archive.account(login, host)
        if signed_in:
            account.notes.set("signed_in", "2026-11-23T10:00:00+00:00")
        now = datetime.now(UTC)
        polled = Polled(Moment("boot", 0.5), now, now)
        cursor = Cursor(polled, polled)
        account.store_page(Page("", None, messages, [], cursor, Moment("boot", 1.0), None, now))


def forget(path: Path, *tables: str) -> None:
    """Empty the tables of `requests` or `holds`, as time does."""
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        for table in tables:
            database.execute(f"DELETE FROM {table}")


@dataclass
class Files:
    """Where a test's user has the program's files."""

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
    def at_terminal(self) -> dict[str, str]:
        """The whole environment of a program that can import what the tests have."""
        places = [str(Path(file).parents[1]) for file in (inbox_tui.__file__, __file__)]
        if inherited := os.environ.get("PYTHONPATH"):  # under wine it names all packages
            places.append(inherited)
        return {
            "PATH": os.environ["PATH"],
            **self.environment,
            "PYTHONPATH": os.pathsep.join(places),
            "TERM": "xterm-256color",
            "LANG": "C.UTF-8",
            "TZ": _MOSCOW,
        }

    def configure(self, text: str) -> None:
        self.config.parent.mkdir(parents=True, exist_ok=True)
        self.config.write_text(text, encoding="utf-8")


_OURS = (
    *("INBOX_TUI_LOGIN", "INBOX_TUI_SERVER", "INBOX_TUI_PASSWORD", "INBOX_TUI_API_KEY"),
    *("VISUAL", "EDITOR"),
)


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Files:
    """A user who has never run the program."""
    files = Files(tmp_path / "home")
    files.home.mkdir(mode=0o700)
    for name in _OURS:
        monkeypatch.delenv(name, raising=False)
    for name, value in files.environment.items():
        monkeypatch.setenv(name, value)
    return files


@pytest.fixture(autouse=True)
def no_keyring() -> Iterator[None]:
    """No test meets the keyring of the machine."""
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
"""The program, sent a signal by writing its name to it: Windows sends none to another process."""


class Program:
    """`inbox-tui` as a process, its output in pipes."""

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
        """Read no more of its output."""
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.process.stdout = None

    def line(self, *, errors: bool = False) -> str:
        """The next line of output, or of errors; fails where none comes."""
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
        """Send it a signal."""
        if _ON_WINDOWS:
            assert self.process.stdin is not None
            self.process.stdin.write(f"{which.name}\n".encode())
            self.process.stdin.flush()
        else:
            self.process.send_signal(which)

    def end(self, how: signal.Signals = signal.SIGTERM) -> Ended:
        """Stop it, and what it came to with all that was not read yet."""
        self.send(how)
        return self.wait()

    def wait(self) -> Ended:
        """Wait for its end."""
        output, errors = self.process.communicate(timeout=PATIENCE)
        return Ended(
            self.process.returncode, (self._read + (output or b"")).decode(), errors.decode()
        )
