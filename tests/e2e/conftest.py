"""Fixtures that run the program as users do: installed from a wheel, in a terminal."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.command import PASSWORD, Files
from support.documents import ROOT
from support.installed_user import User
from support.postgres import cluster as cluster
from support.service import SwitchedService
from support.traffic import incoming, server_now

from inbox_tui.demo.server import DemoServer


def run(*command: str | Path) -> None:
    subprocess.run([str(word) for word in command], check=True, capture_output=True, cwd=ROOT)


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `inbox-tui` command of a wheel built from this tree, in a separate environment.

    That shares only the dependencies with the environment that runs the tests.
    """
    folder = tmp_path_factory.mktemp("installed")
    pip = [sys.executable, "-m", "pip", "--quiet"]
    run(*pip, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, ".")
    (wheel,) = folder.glob("inbox_tui-*.whl")
    run(sys.executable, "-m", "venv", "--without-pip", folder / "venv")
    (site,) = (folder / "venv").glob("lib/python*/site-packages")
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    python = folder / "venv" / "bin" / "python"
    run(python, "-m", "pip", "--quiet", "install", "--no-deps", "--no-index", wheel)
    return folder / "venv" / "bin" / "inbox-tui"


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """The environment of a user without a keyring who has never run the program."""
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    variables = {"COLORTERM": "truecolor", "INBOX_TUI_PASSWORD": PASSWORD}
    return Files(home).installed_at_terminal | variables


@pytest.fixture
def service() -> SwitchedService:
    return SwitchedService({"alex": PASSWORD}, clock=server_now)


@pytest.fixture
def server(service: SwitchedService) -> Iterator[DemoServer]:
    with DemoServer(service) as server:
        yield server


@pytest.fixture
def user(installed: Path, environment: dict[str, str], server: DemoServer) -> User:
    return User(installed, environment, server)


@pytest.fixture
def messages(service: SwitchedService) -> None:
    """Three messages that the account has received."""
    service.add(incoming(1, "Yesterday's", minutes_ago=1500))
    service.add(incoming(2, "Заказ 5512 готов", minutes_ago=50, to_phone="79110000002"))
    service.add(incoming(3, "=1+1, your code is 481516\nsecond line", minutes_ago=5))


@pytest.fixture
def numbered(service: SwitchedService) -> None:
    """Thirty messages that the account has received, one a minute."""
    for number in range(1, 31):
        service.add(incoming(number, f"Message number {number}.", minutes_ago=100 - number))
