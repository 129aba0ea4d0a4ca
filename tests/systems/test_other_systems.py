"""Code for macOS and Windows, run with the facts of those systems simulated."""

from __future__ import annotations

import errno
import os
import ssl
import subprocess
import sys
import time
from pathlib import Path, PurePosixPath
from types import ModuleType, SimpleNamespace

import httpx
import platformdirs
import pytest
from platformdirs.macos import MacOS
from platformdirs.windows import Windows

from inbox_tui.cli import config as config_command
from inbox_tui.cli import machine_checks
from inbox_tui.cli.failure import at_terminal, fail_to_write
from inbox_tui.credentials import Secret
from inbox_tui.paths import Paths
from inbox_tui.smsc import errors
from inbox_tui.smsc.client import InboxClient
from inbox_tui.sync.clock import SystemClock
from inbox_tui.terminal.clipboard import has_desktop


@pytest.fixture
def macos(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")


# -- time


def test_macos_identifies_a_boot_by_its_session_id(
    macos: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def run(command: list[str], **_: object) -> SimpleNamespace:
        asked.append(command)
        return SimpleNamespace(stdout="0B5A8CD6-3F1F\n")

    monkeypatch.setattr(subprocess, "run", run)
    before = time.clock_gettime(time.CLOCK_MONOTONIC)
    moment = SystemClock().moment()
    assert moment.boot_id == "0B5A8CD6-3F1F"
    assert before <= moment.seconds <= time.clock_gettime(time.CLOCK_MONOTONIC)
    assert asked == [["/usr/sbin/sysctl", "-n", "kern.bootsessionuuid"]]


def test_windows_identifies_a_boot_by_the_registry_and_pythons_clock(
    windows: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = ModuleType("inbox_tui.windows")
    module.boot_id = lambda: "134089"  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "inbox_tui.windows", module)
    moment = SystemClock().moment()
    assert moment.boot_id == f"134089 {time.get_clock_info('monotonic').implementation}"
    assert moment.seconds <= time.monotonic()


# -- files


def test_macos_keeps_all_files_in_one_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(platformdirs, "PlatformDirs", MacOS)
    for path, name in zip(
        Paths.default(), ("config.toml", "inbox.db", "inbox-tui.log"), strict=True
    ):
        assert path == Path.home() / "Library" / "Application Support" / "inbox-tui" / name


def test_windows_keeps_all_files_in_the_local_profile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platformdirs, "PlatformDirs", Windows)
    monkeypatch.setattr("platformdirs.windows.get_win_folder", lambda _: "/profile/Local")
    for path, name in zip(
        Paths.default(), ("config.toml", "inbox.db", "inbox-tui.log"), strict=True
    ):
        assert PurePosixPath(path.as_posix()).parent.name == "inbox-tui"
        assert path.as_posix().startswith("/profile/Local")
        assert path.name == name


def test_doctor_checks_that_files_on_windows_are_in_the_users_profile(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(machine_checks, "_POSIX", False)
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "alex")
    within, outside = tmp_path / "alex" / "Local", tmp_path / "everybody"
    for folder in (within, outside):
        folder.mkdir(parents=True)
        folder.chmod(0o777)  # Windows ignores modes
    data, *_ = machine_checks.check_folders(Paths.under(within))
    assert data.ok
    shown = Path("~") / "Local"
    assert data.found == f"{shown}, in your profile and protected by its access rights"
    data, *_ = machine_checks.check_folders(Paths.under(outside))
    assert not data.ok
    assert data.found.endswith("everybody is not in your profile")


@pytest.mark.parametrize(
    ("editor", "words"),
    [
        ("", ["notepad"]),
        (r"C:\bin\vim.exe -n", [r"C:\bin\vim.exe", "-n"]),
        (r'"C:\Program Files\Notepad++\notepad++.exe" -multi', None),
    ],
)
def test_editor_commands_on_windows_keep_their_backslashes(
    windows: None,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    editor: str,
    words: list[str] | None,
) -> None:
    started: list[list[str]] = []

    def run(command: list[str], **_: object) -> SimpleNamespace:
        started.append(command)
        return SimpleNamespace(returncode=0)

    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", editor)
    monkeypatch.setattr("inbox_tui.cli.config.subprocess.run", run)
    monkeypatch.setattr("inbox_tui.cli.config.shutil.which", lambda _: None)
    config_command._open_in_editor(tmp_path)
    expected = words or [r"C:\Program Files\Notepad++\notepad++.exe", "-multi"]
    assert started == [[*expected, str(tmp_path)]]


# -- the clipboard


@pytest.mark.parametrize("system", ["darwin", "win32"])
def test_macos_and_windows_always_have_a_desktop(
    system: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", system)
    assert has_desktop({})


# -- certificates


@pytest.mark.parametrize(
    ("code", "says"),
    [
        (-67818, "has expired"),
        (-67819, "is not valid yet"),
        (-67602, "is for another name"),
        (-67843, "an authority that this machine does not trust"),
        (-67820, "has been revoked"),
        (0x800B0101, "has expired"),
        (0x800B010F, "is for another name"),
        (0x800B0109, "an authority that this machine does not trust"),
        (0x800B010C, "has been revoked"),
        (-1, "could not be verified"),
    ],
)
async def test_certificate_errors_of_macos_and_windows_are_explained(code: int, says: str) -> None:
    def refuse(_: httpx.Request) -> httpx.Response:
        fault = ssl.SSLCertVerificationError("as the system words it")
        fault.verify_code = code
        raise httpx.ConnectError("no") from fault

    client = InboxClient(
        "https://smscentre.com/sys/get.php",
        "alex",
        Secret("correct horse"),
        transport=httpx.MockTransport(refuse),
    )
    with pytest.raises(errors.TlsFailed, match=says):
        await client.fetch(cnt=1, hour=1)


# -- terminals


@pytest.mark.parametrize("console", [True, False])
def test_windows_streams_are_terminals_only_if_they_are_consoles(
    windows: None, monkeypatch: pytest.MonkeyPatch, console: bool
) -> None:
    module = ModuleType("inbox_tui.windows")
    module.is_console = lambda descriptor: console  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "inbox_tui.windows", module)
    with Path(os.devnull).open(encoding="utf-8") as stream:
        monkeypatch.setattr(stream, "isatty", lambda: True, raising=False)
        assert at_terminal(stream) == console


# -- writing on Windows to a pipe without a reader, which fails with EINVAL


def test_writing_to_a_closed_pipe_on_windows_raises_broken_pipe_error(windows: None) -> None:
    with pytest.raises(BrokenPipeError):
        fail_to_write(OSError(errno.EINVAL, "Invalid argument"))
