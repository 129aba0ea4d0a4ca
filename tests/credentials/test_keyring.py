"""The keyring: one that works, hangs or fails, or that must not be trusted."""

from __future__ import annotations

import asyncio
import io
import logging
import os
import subprocess
import sys
import threading
import traceback
from typing import TYPE_CHECKING, Any

import keyring
import keyring.backends.chainer
import keyring.backends.fail
import keyring.backends.null
import keyring.errors
import pytest
from keyring.backend import KeyringBackend
from rich.console import Console
from rich.traceback import Traceback
from support.keyrings import MemoryBackend

from inbox_tui.credentials import (
    Keyring,
    KeyringSilent,
    KeyringUnavailable,
    Kind,
    Secret,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PASSWORD = "hunter2"
HOST = "smscentre.com"


class Memory(MemoryBackend):
    """A working keyring that records the calls to it and their threads."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []
        self.threads: list[threading.Thread] = []

    def _note(self, what: str) -> None:
        self.asked.append(what)
        self.threads.append(threading.current_thread())

    def get_password(self, service: str, username: str) -> str | None:
        self._note("get")
        return super().get_password(service, username)

    def set_password(self, service: str, username: str, password: str) -> None:
        self._note("set")
        super().set_password(service, username, password)

    def delete_password(self, service: str, username: str) -> None:
        self._note("delete")
        super().delete_password(service, username)


class Blocked(Memory):
    """A keyring that does not answer until its user unlocks it."""

    def __init__(self) -> None:
        super().__init__()
        self.unlocked = threading.Event()

    def _note(self, what: str) -> None:
        super()._note(what)
        self.unlocked.wait()


class Failing(Memory):
    """A keyring that fails, with the password in its error messages and variables."""

    def __init__(self, error: Callable[[str], BaseException]) -> None:
        super().__init__()
        self.error = error

    def _note(self, what: str) -> None:
        text = f"{what}: {PASSWORD}"
        try:
            raise ValueError(text)
        except ValueError as cause:
            raise self.error(text) from cause


@pytest.fixture
def blocked() -> Iterator[Blocked]:
    ring = Blocked()
    yield ring
    ring.unlocked.set()


def named(path: str, base: type[Memory] = Memory) -> Memory:
    """Return a working keyring whose class has this dotted name."""
    module, _, name = path.rpartition(".")
    kind = type(name, (base,), {"__module__": module, "__qualname__": name})
    ring = kind()
    assert isinstance(ring, Memory)
    return ring


async def test_a_missing_or_empty_entry_means_no_password() -> None:
    ring = Memory()
    assert await Keyring(backend=ring).get("alex", HOST) is None
    ring.kept["inbox-tui", "alex@smscentre.com"] = ""
    assert await Keyring(backend=ring).get("alex", HOST) is None


async def test_each_account_has_a_separate_password() -> None:
    ours = Keyring(backend=Memory())
    await ours.store("alex", HOST, Secret("one"))
    await ours.store("alex", "localhost:8000", Secret("two"))
    await ours.store("vera", HOST, Secret("three"))
    assert await ours.remove("vera", HOST)
    assert await ours.get("alex", HOST) == Secret("one")
    assert await ours.get("alex", "localhost:8000") == Secret("two")
    assert await ours.get("vera", HOST) is None


@pytest.mark.parametrize("first", ["password", "API key"])
async def test_an_api_key_replaces_a_password_and_vice_versa(first: Kind) -> None:
    ring = Memory()
    ours = Keyring(backend=ring)
    second: Kind = "password" if first == "API key" else "API key"
    entries = {"password": "alex@smscentre.com", "API key": "alex@smscentre.com (API key)"}
    for kind in (first, second):
        await ours.store("alex", HOST, Secret(PASSWORD, kind))
        assert ring.kept == {("inbox-tui", entries[kind]): PASSWORD}
        assert await ours.get("alex", HOST) == Secret(PASSWORD, kind)
    assert await ours.remove("alex", HOST) == [second]
    assert ring.kept == {}
    assert await ours.remove("alex", HOST) == []


async def test_logout_succeeds_if_another_program_removes_the_entry_first() -> None:
    class Racing(Memory):
        def get_password(self, service: str, username: str) -> str | None:
            password = super().get_password(service, username)
            self.kept.clear()
            return password

    ring = Racing()
    ring.kept["inbox-tui", "alex@smscentre.com"] = PASSWORD
    await Keyring(backend=ring).remove("alex", HOST)
    assert ring.kept == {}


async def test_logout_removes_a_second_entry_of_the_same_name() -> None:
    class Twofold(Memory):
        second = True

        def delete_password(self, service: str, username: str) -> None:
            if self.second:
                self.second = False
            else:
                super().delete_password(service, username)

    ring = Twofold()
    ring.kept["inbox-tui", "alex@smscentre.com"] = PASSWORD
    assert await Keyring(backend=ring).remove("alex", HOST) == ["password"]
    assert ring.kept == {}


async def test_logout_fails_if_the_entry_is_still_there() -> None:
    class Keeping(Memory):
        def delete_password(self, service: str, username: str) -> None:
            raise keyring.errors.PasswordDeleteError("denied")

    ring = Keeping()
    ring.kept["inbox-tui", "alex@smscentre.com"] = PASSWORD
    with pytest.raises(KeyringUnavailable, match="still has the entry"):
        await Keyring(backend=ring).remove("alex", HOST)


async def test_calls_run_in_a_daemon_thread_that_ends_afterwards() -> None:
    ring = Memory()
    await Keyring(backend=ring).get("alex", HOST)
    (thread,) = set(ring.threads)
    assert thread is not threading.main_thread()
    assert thread.daemon
    await asyncio.to_thread(thread.join, 5)
    assert not thread.is_alive()


async def test_a_hanging_keyring_times_out_without_blocking_the_event_loop(
    blocked: Blocked,
) -> None:
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0.005)
            ticks += 1

    ticking = asyncio.create_task(tick())
    with pytest.raises(KeyringSilent, match=r"did not answer within 0\.05 s"):
        await Keyring(backend=blocked, timeout=0.05).get("alex", HOST)
    assert ticks > 2
    ticking.cancel()


async def test_an_answer_after_the_timeout_can_still_be_awaited(blocked: Blocked) -> None:
    blocked.kept["inbox-tui", "alex@smscentre.com"] = PASSWORD
    with pytest.raises(KeyringSilent) as caught:
        await Keyring(backend=blocked, timeout=0.01).get("alex", HOST)
    waiting = asyncio.create_task(caught.value.wait())
    await asyncio.sleep(0)
    blocked.unlocked.set()
    assert await waiting == Secret(PASSWORD)
    assert await caught.value.wait() == Secret(PASSWORD)


async def test_a_refusal_after_the_timeout_is_still_reported() -> None:
    class Dismissed(Blocked):
        def _note(self, what: str) -> None:
            super()._note(what)
            raise keyring.errors.KeyringLocked("Failed to unlock the collection!")

    ring = Dismissed()
    with pytest.raises(KeyringSilent) as caught:
        await Keyring(backend=ring, timeout=0.01).get("alex", HOST)
    ring.unlocked.set()
    with pytest.raises(KeyringUnavailable, match="it is locked and was not unlocked"):
        await caught.value.wait()


async def test_a_late_sign_in_cannot_undo_a_later_logout(blocked: Blocked) -> None:
    ours = Keyring(backend=blocked, timeout=0.01)
    late = []
    for call in (
        ours.get("alex", HOST),
        ours.store("alex", HOST, Secret(PASSWORD)),
        ours.remove("alex", HOST),
        ours.get("alex", HOST),
    ):
        with pytest.raises(KeyringSilent) as caught:
            await call
        late.append(caught.value)
    blocked.unlocked.set()
    assert [await silent.wait() for silent in late] == [None, None, ["password"], None]
    assert blocked.kept == {}


async def test_cancelling_a_call_does_not_lose_the_next_answer(blocked: Blocked) -> None:
    ours = Keyring(backend=blocked)
    blocked.kept["inbox-tui", "alex@smscentre.com"] = PASSWORD
    asking = asyncio.create_task(ours.get("alex", HOST))
    await asyncio.sleep(0.01)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    blocked.unlocked.set()
    assert await ours.get("alex", HOST) == Secret(PASSWORD)


def test_an_answer_after_the_event_loop_has_ended_prints_and_logs_nothing(
    blocked: Blocked, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    async def ask() -> KeyringSilent:
        with pytest.raises(KeyringSilent) as caught:
            await Keyring(backend=blocked, timeout=0.01).get("alex", HOST)
        return caught.value

    silent = asyncio.run(ask())
    blocked.unlocked.set()
    assert asyncio.run(silent.wait()) is None
    assert caplog.text == ""
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (keyring.errors.KeyringLocked, "it is locked and was not unlocked"),
        (keyring.errors.InitError, "nobody unlocked it"),
        (keyring.errors.NoKeyringError, "this system has none"),
        (keyring.errors.PasswordSetError, "Failing failed with PasswordSetError"),
        (RuntimeError, "Failing failed with RuntimeError"),
        (SystemExit, "Failing failed with SystemExit"),
        (KeyboardInterrupt, "Failing failed with KeyboardInterrupt"),
    ],
)
@pytest.mark.parametrize("call", ["get", "store", "remove"])
async def test_keyring_failures_are_explained_without_the_password(
    error: type[BaseException], told: str, call: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    ours = Keyring(backend=Failing(error))
    arguments: list[Any] = ["alex", HOST]
    if call == "store":
        arguments.append(Secret(PASSWORD))
    with pytest.raises(KeyringUnavailable, match=told) as caught:
        await getattr(ours, call)(*arguments)
    error_out = caught.value
    assert error_out.__cause__ is None
    assert error_out.__context__ is None
    console = Console(file=io.StringIO(), width=300)
    console.print(
        Traceback.from_exception(
            type(error_out), error_out, error_out.__traceback__, show_locals=True
        )
    )
    assert isinstance(console.file, io.StringIO)
    plain = traceback.TracebackException.from_exception(error_out, capture_locals=True)
    for shown in (repr(error_out), console.file.getvalue(), "".join(plain.format()), caplog.text):
        assert PASSWORD not in shown


@pytest.mark.parametrize(
    ("ring", "told"),
    [
        (
            named("keyrings.alt.file.PlaintextKeyring"),
            "keyrings.alt.file.PlaintextKeyring keeps passwords as plain text",
        ),
        (
            named("mine.Keyring", type(named("keyrings.alt.file.PlaintextKeyring"))),
            "mine.Keyring keeps passwords as plain text",
        ),
        (
            named("keyrings.alt.file.EncryptedKeyring"),
            "keyrings.alt.file.EncryptedKeyring is not a system keyring, and may ask",
        ),
        (
            named("keyrings.cryptfile.cryptfile.CryptFileKeyring"),
            "keyrings.cryptfile.cryptfile.CryptFileKeyring is not a system keyring",
        ),
        (
            keyring.backends.null.Keyring(),  # type: ignore[no-untyped-call]
            "keyring.backends.null.Keyring is the null keyring, which keeps nothing",
        ),
        (
            keyring.backends.fail.Keyring(),  # type: ignore[no-untyped-call]
            "this system has none",
        ),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, KeyringBackend) else None,
)
async def test_insecure_and_missing_keyrings_are_reported_and_never_used(
    ring: KeyringBackend, told: str
) -> None:
    ours = Keyring(backend=ring)
    for call in (
        ours.get("alex", HOST),
        ours.store("alex", HOST, Secret(PASSWORD)),
        ours.remove("alex", HOST),
    ):
        with pytest.raises(KeyringUnavailable, match=told):
            await call
    report = await ours.describe()
    assert not report.usable
    assert told in report.note
    assert getattr(ring, "asked", []) == []


@pytest.mark.parametrize(
    "path",
    [
        "keyring.backends.SecretService.Keyring",
        "keyring.backends.libsecret.Keyring",
        "keyring.backends.kwallet.DBusKeyring",
        "keyring.backends.macOS.Keyring",
        "keyring.backends.Windows.WinVaultKeyring",
        "somebody.PassKeyring",
    ],
)
async def test_secure_keyrings_are_named_and_used(path: str) -> None:
    ours = Keyring(backend=named(path))
    assert await ours.describe() == (path, True, "")
    await ours.store("alex", HOST, Secret(PASSWORD))
    assert await ours.get("alex", HOST) == Secret(PASSWORD)


def chain(monkeypatch: pytest.MonkeyPatch, *rings: KeyringBackend) -> KeyringBackend:
    monkeypatch.setattr(keyring.backends.chainer.ChainerBackend, "backends", list(rings))
    return keyring.backends.chainer.ChainerBackend()  # type: ignore[no-untyped-call]


async def test_a_chain_never_falls_back_to_its_plaintext_keyring(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Unwilling(Memory):
        def set_password(self, service: str, username: str, password: str) -> None:
            raise NotImplementedError

    plain = named("keyrings.alt.file.PlaintextKeyring")
    plain.kept["inbox-tui", "alex@smscentre.com"] = "planted"
    ours = Keyring(backend=chain(monkeypatch, Unwilling(), plain))
    assert await ours.get("alex", HOST) is None
    with pytest.raises(KeyringUnavailable):
        await ours.store("alex", HOST, Secret(PASSWORD))
    assert (await ours.describe()).name.endswith("Unwilling")
    assert plain.asked == []


async def test_a_chain_that_is_empty_or_starts_with_plaintext_is_not_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plain = named("keyrings.alt.file.PlaintextKeyring")
    report = await Keyring(backend=chain(monkeypatch, plain, Memory())).describe()
    assert not report.usable
    assert "plain text" in report.note
    with pytest.raises(KeyringUnavailable, match="this system has none"):
        await Keyring(backend=chain(monkeypatch)).get("alex", HOST)


async def test_a_backend_that_cannot_be_loaded_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> KeyringBackend:
        raise ModuleNotFoundError("No module named 'keyrings'")

    monkeypatch.setattr(keyring, "get_keyring", broken)
    told = r"can't be loaded \(ModuleNotFoundError\)"
    with pytest.raises(KeyringUnavailable, match=told):
        await Keyring().get("alex", HOST)
    report = await Keyring().describe()
    assert (report.name, report.usable) == ("none", False)


async def test_a_keyring_that_hangs_while_being_looked_up_times_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    go = threading.Event()
    monkeypatch.setattr(keyring, "get_keyring", go.wait)
    with pytest.raises(KeyringSilent):
        await Keyring(timeout=0.01).describe()
    go.set()


def test_the_program_can_exit_while_a_keyring_does_not_answer() -> None:
    program = (
        "import asyncio, threading\n"
        "from support.keyrings import SilentBackend\n"
        "from inbox_tui.credentials import Keyring, KeyringSilent\n"
        "try: asyncio.run(Keyring(backend=SilentBackend(), timeout=0.05).get('alex', 'host'))\n"
        "except KeyringSilent as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
        timeout=15,  # less than the 20 s that the backend takes
        check=False,
    )
    assert (done.stdout, done.stderr) == ("The keyring did not answer within 0.05 s.\n", "")
    assert done.returncode == 0


async def test_a_keyring_package_that_cannot_be_imported_is_reported_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "keyring"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(KeyringUnavailable, match="can't be loaded"):
        await Keyring(timeout=5.0).get("alex", HOST)
