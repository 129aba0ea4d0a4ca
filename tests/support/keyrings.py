"""Keyring backends for tests: in memory, in a file, unresponsive, and locked."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path

from keyring.backend import KeyringBackend
from keyring.errors import PasswordDeleteError

from inbox_tui.credentials import Keyring


class MemoryBackend(KeyringBackend):
    """Keeps passwords in memory."""

    priority = 1.0

    def __init__(self, **passwords: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call] # of the library
        self.kept = {("inbox-tui", user): password for user, password in passwords.items()}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if self.kept.pop((service, username), None) is None:
            raise PasswordDeleteError("no such password")


class FileBackend(MemoryBackend):
    """Keeps passwords in the file `$TEST_KEYRING`, for programs in other processes."""

    def __init__(self) -> None:
        super().__init__()
        self._path = Path(os.environ.get("TEST_KEYRING", "no such file"))
        if self._path.exists():
            self.kept = {
                ("inbox-tui", user): text
                for user, text in json.loads(self._path.read_text()).items()
            }

    def set_password(self, service: str, username: str, password: str) -> None:
        super().set_password(service, username, password)
        self._write()

    def delete_password(self, service: str, username: str) -> None:
        super().delete_password(service, username)
        self._write()

    def _write(self) -> None:
        self._path.write_text(json.dumps({user: text for (_, user), text in self.kept.items()}))


class SilentBackend(MemoryBackend):
    """Returns no password until `may_answer` is set, for at most 20 seconds."""

    def __init__(self, **passwords: str) -> None:
        super().__init__(**passwords)
        self.may_answer = threading.Event()

    def get_password(self, service: str, username: str) -> str | None:
        self.may_answer.wait(20)
        return super().get_password(service, username)


class LockedBackend(MemoryBackend):
    """A keyring that stays locked."""

    def get_password(self, service: str, username: str) -> str | None:
        from keyring.errors import KeyringLocked

        raise KeyringLocked("locked")

    def set_password(self, service: str, username: str, password: str) -> None:
        self.get_password(service, username)


def keyring(backend: KeyringBackend) -> Keyring:
    """Return a keyring with this backend and a timeout of 0.2 seconds."""
    return Keyring(backend=backend, timeout=0.2)
