"""The program installed from a wheel on Windows, with the password in the Credential Manager.

`.ci/windows` runs these tests under wine, and the CI workflow on Windows itself.
"""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.command import INTERRUPTIBLE, PATIENCE
from support.documents import ROOT
from support.traffic import incoming, server_now

from inbox_tui.demo.server import DemoServer
from inbox_tui.demo.service import DemoService

pytestmark = pytest.mark.e2e

PASSWORD = "верная лошадь"
TEXT = "Код: 0032 — вход в интернет-банк"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder into which a wheel of this tree is installed."""
    folder = tmp_path_factory.mktemp("installed")
    hatchling = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(hatchling, check=True, capture_output=True, cwd=ROOT)
    (wheel,) = folder.glob("*.whl")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    prefix = folder / "prefix"
    subprocess.run([*pip, "--prefix", str(prefix), str(wheel)], check=True, capture_output=True)
    return prefix


@pytest.fixture
def service() -> DemoService:
    service = DemoService({"alex": PASSWORD}, clock=server_now)
    for number in range(1, 6):
        service.add(incoming(number, TEXT, minutes_ago=10 * number))
    return service


@pytest.fixture
def server(service: DemoService) -> Iterator[DemoServer]:
    with DemoServer(service) as server:
        yield server


class User:
    """A user who runs the installed program in a separate profile."""

    def __init__(self, installed: Path, profile: Path, server: DemoServer) -> None:
        self.words = [str(installed / "Scripts" / "inbox-tui.exe")]
        self.local = profile / "AppData" / "Local"
        self.archive = self.local / "inbox-tui" / "inbox.db"
        path = [str(installed / "Lib" / "site-packages"), os.environ.get("PYTHONPATH", "")]
        self.environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(path),
            "USERPROFILE": str(profile),
            "WIN_PD_OVERRIDE_LOCAL_APPDATA": str(self.local),
            # Keyring would choose this one, but its search can take too long on a busy machine.
            "PYTHON_KEYRING_BACKEND": "keyring.backends.Windows.WinVaultKeyring",
            "INBOX_TUI_LOGIN": "alex",
            "INBOX_TUI_SERVER": server.url,
        }
        self.environment.pop("PYTHONUTF8", None)

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        """Start the program with pipes to its standard streams."""
        return subprocess.Popen(
            [*self.words, *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=self.environment,
        )

    def run(self, *words: str, typed: str = "") -> tuple[int, str, str]:
        """Run the program to its end, and return its status, standard output and errors."""
        with self.start(*words) as program:
            output, said = program.communicate(typed.encode(), timeout=PATIENCE)
        return program.returncode, output.decode(), said.decode()


@pytest.fixture
def user(installed: Path, tmp_path: Path, server: DemoServer) -> User:
    return User(installed, tmp_path / "alex", server)


@pytest.fixture
def signed_in(user: User) -> Iterator[User]:
    """A user whose password is in the Credential Manager."""
    status, _, said = user.run("login", "--password-stdin", typed=f"{PASSWORD}\r\n")
    assert status == 0, said
    yield user
    user.run("logout")


def test_a_user_signs_in_syncs_exports_and_removes_it_all(
    signed_in: User, service: DemoService, tmp_path: Path
) -> None:
    status, _, said = signed_in.run("sync")
    assert status == 0, said
    status, output, said = signed_in.run("export")
    assert (status, said) == (0, "5 messages.\n")
    rows = list(csv.DictReader(output.splitlines(keepends=True)))
    assert [row["message"] for row in rows] == [TEXT] * 5
    file = tmp_path / "messages.json"
    assert signed_in.run("export", "-o", str(file))[0] == 0
    written = file.read_bytes()
    assert b"\r" not in written
    assert [message["code"] for message in json.loads(written)] == ["0032"] * 5
    status, output, said = signed_in.run("doctor", "--json")
    found = {check["name"]: check for check in json.loads(output)["checks"]}
    assert "WinVaultKeyring" in found["keyring"]["found"]
    assert "it has the password" in found["keyring"]["found"]
    assert found["data"]["found"].endswith("in your profile and protected by its access rights")
    assert str(signed_in.local) not in output
    assert status == 0, said
    assert signed_in.run("logout", "--purge")[0] == 0
    assert signed_in.run("sync")[0] == 3
    assert service.breaches == []


def read_line(program: subprocess.Popen[bytes]) -> dict[str, object]:
    """Return the next line of a program's output, decoded from JSON."""
    watchdog = threading.Timer(PATIENCE, program.kill)
    watchdog.start()
    assert program.stdout is not None
    line = program.stdout.readline()
    watchdog.cancel()
    if not line:
        raise AssertionError(f"it ended: {program.communicate()}, status {program.returncode}")
    message: dict[str, object] = json.loads(line)
    return message


def test_watch_prints_new_messages_until_its_reader_is_gone(
    signed_in: User, service: DemoService
) -> None:
    with signed_in.start("watch", "--since", "1") as program:
        assert [read_line(program)["id"] for _ in range(5)] == [5, 4, 3, 2, 1]
        service.add(incoming(6, "новое", minutes_ago=0))
        assert read_line(program)["message"] == "новое"
        assert program.stdout is not None
        program.stdout.close()
        service.add(incoming(7, "nobody reads this", minutes_ago=0))
        assert program.wait(PATIENCE) == 0
    assert service.breaches == []


@pytest.mark.parametrize("interrupt", ["SIGINT", "SIGBREAK"])
def test_watch_ends_when_it_is_interrupted(signed_in: User, interrupt: str) -> None:
    signed_in.words = [sys.executable, "-c", INTERRUPTIBLE]
    with signed_in.start("watch", "--since", "1") as program:
        assert [read_line(program)["id"] for _ in range(5)] == [5, 4, 3, 2, 1]
        assert program.stdin is not None
        program.stdin.write(f"{interrupt}\n".encode())
        program.stdin.flush()
        assert program.wait(PATIENCE) == 0


def test_parallel_watches_keep_the_limit_and_a_kill_loses_no_message(
    signed_in: User, service: DemoService
) -> None:
    programs = [signed_in.start("watch", "--since", "1") for _ in range(3)]
    for program in programs:
        assert {read_line(program)["id"] for _ in range(5)} == {1, 2, 3, 4, 5}
    programs[0].kill()
    service.add(incoming(7, "after the kill", minutes_ago=0))
    for program in programs[1:]:
        assert read_line(program)["id"] == 7
    for program in programs:
        program.kill()
        program.communicate()
    status, output, said = signed_in.run("export", "--format", "jsonl")
    assert status == 0, said
    assert sorted(json.loads(line)["id"] for line in output.splitlines()) == [1, 2, 3, 4, 5, 7]
    assert signed_in.run("doctor")[0] == 0
    assert len(service.requests) >= 2
    assert service.breaches == []


INBOX = """
import sys
from inbox_tui.app import InboxApp
from inbox_tui.cli import inbox

async def look(pilot):
    shown = ""
    while not ("0032" in shown and "next in" in shown):
        await pilot.pause(0.2)
        strips = pilot.app.screen._compositor.render_strips()
        shown = "\\n".join("".join(part.text for part in strip) for strip in strips)
    sys.__stdout__.buffer.write(shown.encode())
    pilot.app.exit()

run = InboxApp.run
InboxApp.run = lambda app: run(app, headless=True, size=(120, 40), auto_pilot=look)
inbox._require_terminal = lambda: None
inbox.main()
"""


def test_inbox_shows_its_messages_and_is_live(signed_in: User, service: DemoService) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", INBOX],
        env=signed_in.environment,
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr.decode()
    assert "Live" in ended.stdout.decode()
    assert ended.stdout.decode().count("0032") >= 5
    assert service.breaches == []
