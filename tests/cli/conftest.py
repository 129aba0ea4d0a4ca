"""A user who has never run the program, and a service on this machine."""

from __future__ import annotations

import gettext
from collections.abc import Iterator
from pathlib import Path

import keyring
import keyring.backends.fail
import pytest
from support.command import API_KEY, LOGIN, PASSWORD, Files, server_now
from support.keyrings import MemoryBackend
from support.postgres import cluster as cluster
from support.russian import RecordingCatalogue
from support.service import SwitchedService

from inbox_tui import locale
from inbox_tui.demo.server import DemoServer

OTHERS = (
    *("INBOX_TUI_LOGIN", "INBOX_TUI_SERVER", "INBOX_TUI_PASSWORD", "INBOX_TUI_API_KEY"),
    *("VISUAL", "EDITOR"),
)


@pytest.fixture(autouse=True)
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Files:
    files = Files(tmp_path / "home")
    files.home.mkdir(mode=0o700)
    for name in OTHERS:
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


@pytest.fixture
def ring(no_keyring: None) -> MemoryBackend:
    """A keyring that works."""
    ring = MemoryBackend()
    keyring.set_keyring(ring)
    return ring


@pytest.fixture(autouse=True)
def language(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """English, or the Russian that `run` reads back where a test is marked to be run in it."""
    if getattr(request, "param", "en") == "ru":
        catalogue = RecordingCatalogue()
        monkeypatch.setattr(locale, "_catalogue", catalogue)
        monkeypatch.setattr(locale, "_fill", catalogue.fill)
        monkeypatch.setattr(gettext, "translation", lambda *_, **__: catalogue)
        monkeypatch.setattr("inbox_tui.cli.program._translate", lambda command: None)


@pytest.fixture
def service() -> SwitchedService:
    return SwitchedService({LOGIN: PASSWORD}, clock=server_now, api_keys={API_KEY: LOGIN})


@pytest.fixture
def server(service: SwitchedService) -> Iterator[DemoServer]:
    with DemoServer(service) as server:
        yield server


@pytest.fixture
def account(server: DemoServer, monkeypatch: pytest.MonkeyPatch) -> DemoServer:
    """The account at the service, all of it given by the environment."""
    monkeypatch.setenv("INBOX_TUI_SERVER", server.url)
    monkeypatch.setenv("INBOX_TUI_LOGIN", LOGIN)
    monkeypatch.setenv("INBOX_TUI_PASSWORD", PASSWORD)
    return server
