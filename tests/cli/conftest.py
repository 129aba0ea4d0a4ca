"""Fixtures: a user who has never run the program, and a service on this machine."""

from __future__ import annotations

import gettext
from collections.abc import Iterator

import keyring
import pytest
from support.command import API_KEY, LOGIN, PASSWORD, Files, server_now
from support.command import files as files
from support.command import no_keyring as no_keyring
from support.keyrings import MemoryBackend
from support.postgres import cluster as cluster
from support.russian import RecordingCatalogue
from support.service import SwitchedService

from inbox_tui import locale
from inbox_tui.demo.server import DemoServer


@pytest.fixture(autouse=True)
def _of_a_user(files: Files) -> None:
    """Run every command as a user who has never run the program."""


@pytest.fixture
def ring(no_keyring: None) -> MemoryBackend:
    """A working keyring in memory."""
    ring = MemoryBackend()
    keyring.set_keyring(ring)
    return ring


@pytest.fixture(autouse=True)
def language(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """English, or for a test that is marked so, Russian that `run` translates back."""
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
    """The account at the service: the environment has its server, login and password."""
    monkeypatch.setenv("INBOX_TUI_SERVER", server.url)
    monkeypatch.setenv("INBOX_TUI_LOGIN", LOGIN)
    monkeypatch.setenv("INBOX_TUI_PASSWORD", PASSWORD)
    return server
