"""Passwords and API keys: a type that does not show them, and the system's keyring for them.

The `keyring` library is imported by the first call, in its thread, and not with this module.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from contextlib import suppress
from typing import (
    TYPE_CHECKING,
    Any,
    Final,
    Literal,
    NamedTuple,
    TypeVar,
    final,
)

from inbox_tui.locale import _

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

SERVICE: Final = "inbox-tui"
"""The service under which every password is in the keyring."""
Kind = Literal["password", "API key"]
"""What a secret is. With an API key the login is only a name that the user gave the account
(api.md, Also known)."""

_SALT_BYTES: Final = 16
_DIGEST_BYTES: Final = 2

_T = TypeVar("_T")


@final
class Secret:
    """A password or API key that shows nowhere but in `reveal()`.

    Its text is in a closure, not in an attribute: whatever prints, walks or serialises attributes
    finds nothing, and it can't be pickled.
    """

    __slots__ = ("_text", "kind")

    def __init__(self, text: str, kind: Kind = "password") -> None:
        self._text: Callable[[], str] = lambda: text
        self.kind = kind

    def reveal(self) -> str:
        """Return its text. Keep it out of variables that outlive the statement."""
        return self._text()

    def __repr__(self) -> str:
        return "Secret(…)"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return self.kind == other.kind and self.reveal() == other.reveal()


def new_digest(secret: Secret, like: bytes = b"") -> bytes:
    """Return a digest of 18 bytes to know a refused password by, so that it is never sent twice.

    They may be kept in a file: a random salt and two bytes of the password's scrypt digest, from
    which nobody learns more than 16 bits (api.md, Failure, error 2). With the salt of an earlier
    digest, `like`, a password is compared with both at once. Takes about 0.1 s.
    """
    from hashlib import scrypt

    salt = like[:_SALT_BYTES] if len(like) == _SALT_BYTES + _DIGEST_BYTES else b""
    salt = salt or os.urandom(_SALT_BYTES)
    return salt + scrypt(_encoded(secret), salt=salt, n=2**14, r=8, p=1, dklen=_DIGEST_BYTES)


def why_refused(secret: Secret, refusals: Iterable[tuple[bytes, str]]) -> str | None:
    """Return the reason beside the digest of this password; None where there is none.

    One in 65,536 other passwords matches a digest too: let the user insist. A digest of another
    length matches nothing. Takes about 0.1 s for each salt that there is.
    """
    digests: dict[bytes, bytes] = {}
    for digest, reason in refusals:
        if len(digest) != _SALT_BYTES + _DIGEST_BYTES:
            continue
        salt = digest[:_SALT_BYTES]
        if salt not in digests:
            digests[salt] = new_digest(secret, like=digest)
        if digests[salt] == digest:
            return reason
    return None


def _encoded(secret: Secret) -> bytes:
    return secret.reveal().encode("utf-8", "surrogatepass")


_ANSWER_SECONDS: Final = 20.0 if sys.platform == "win32" else 3.0
"""Windows asks no user for anything: what takes time there is to load the library."""


class KeyringError(Exception):
    """The keyring did not do what was asked. `str(error)` is a sentence for the status bar.

    It never holds a password, nor do its cause, its context and the frames of its traceback.
    """


class KeyringUnavailable(KeyringError):  # noqa: N818
    """There is no keyring to use, it is locked, or it failed. `reason` says which."""

    def __init__(self, reason: str) -> None:
        super().__init__(_("The keyring can't be used: {reason}.").format(reason=reason))
        self.reason = reason


class KeyringUnfit(KeyringUnavailable):
    """There is none to use, as `Keyring.describe` tells, too: nothing was asked of it."""


class KeyringSilent(KeyringError):  # noqa: N818
    """The keyring did not answer within `seconds`, and may yet: often it waits for its user."""

    def __init__(self, seconds: float, late: Future[Any]) -> None:
        super().__init__(_("The keyring did not answer in {seconds:g} s.").format(seconds=seconds))
        self._late = late

    async def wait(self) -> Any:
        """Return the late answer, however long it takes, or raise the KeyringUnavailable it is."""
        await _wait_for(self._late, None)
        return self._late.result()


class KeyringReport(NamedTuple):
    """What the keyring of this system is, for the sign-in screen and `doctor`."""

    name: str
    """Dotted name of the backend, such as `keyring.backends.SecretService.Keyring`."""
    usable: bool
    """Whether we use it. Whether it is unlocked is known only by asking it."""
    note: str
    """Why it is not used, in words that follow a colon; empty where it is used."""


class Keyring:
    """The keyring of the system, off the event loop and bounded in time.

    A locked keyring can block a call for ever. So a daemon thread makes each call, after that of
    the call before it has ended: neither the event loop nor the exit of the program waits for it,
    and a late `store` can't undo the `remove` that followed it. Passwords are kept under `SERVICE`
    for the user `LOGIN@HOST`, API keys for `LOGIN@HOST (API key)`. Every method raises
    KeyringSilent after `timeout` seconds.
    """

    def __init__(
        self, *, backend: KeyringBackend | None = None, timeout: float = _ANSWER_SECONDS
    ) -> None:
        self._backend = backend
        self._timeout = timeout
        self._last: threading.Thread | None = None
        """What makes the last call."""

    async def get(self, login: str, host: str) -> Secret | None:
        """Return the API key or else the password of an account, or None where there is none.

        Raises KeyringUnavailable, KeyringSilent.
        """

        def get(ring: KeyringBackend) -> Secret | None:
            for kind in _KINDS:
                if text := ring.get_password(SERVICE, _user(login, host, kind)):
                    return Secret(text, kind)
            return None

        return await self._ask(get)

    async def store(self, login: str, host: str, secret: Secret) -> None:
        """Keep the password or API key of an account, in the place of older ones.

        Raises KeyringUnavailable, KeyringSilent.
        """

        def store(ring: KeyringBackend) -> None:
            ring.set_password(SERVICE, _user(login, host, secret.kind), secret.reveal())
            for kind in _KINDS:
                if kind != secret.kind:
                    _remove(ring, _user(login, host, kind))

        await self._ask(store)

    async def remove(self, login: str, host: str) -> list[Kind]:
        """Remove the password and the API key of an account; return which of them there were.

        Raises KeyringUnavailable, KeyringSilent.
        """

        def remove(ring: KeyringBackend) -> list[Kind]:
            return [kind for kind in _KINDS if _remove(ring, _user(login, host, kind))]

        return await self._ask(remove)

    async def describe(self) -> KeyringReport:
        """Say which keyring would be used, and whether. Raises KeyringSilent."""
        return await self._call(lambda: _report(_selected(self._backend)))

    async def _ask(self, function: Callable[[KeyringBackend], _T]) -> _T:
        return await self._call(lambda: _call_backend(_usable(self._backend), function))

    async def _call(self, function: Callable[[], _T]) -> _T:
        call: Future[_T] = Future()
        before = self._last

        def work() -> None:
            if before is not None:
                before.join()
            try:
                call.set_result(function())
            except KeyringUnavailable as error:
                call.set_exception(error)

        self._last = threading.Thread(target=work, name="keyring", daemon=True)
        self._last.start()
        if not await _wait_for(call, self._timeout):
            raise KeyringSilent(self._timeout, call)
        return call.result()


async def _wait_for(call: Future[Any], seconds: float | None) -> bool:
    """Wait until a call is done, at most so many seconds; return whether it is."""
    loop = asyncio.get_running_loop()
    done = asyncio.Event()

    def tell(_: Future[Any]) -> None:
        with suppress(RuntimeError):  # the loop is closed when the answer comes
            loop.call_soon_threadsafe(done.set)

    call.add_done_callback(tell)
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await done.wait()
    return call.done()


_KINDS: Final[tuple[Kind, ...]] = ("API key", "password")
"""In the order in which they are looked for."""


def _user(login: str, host: str, kind: Kind = "password") -> str:
    return f"{login}@{host}" if kind == "password" else f"{login}@{host} ({kind})"


def _remove(ring: KeyringBackend, user: str) -> bool:
    """Remove every entry of a user (another program may have made a second one)."""
    from keyring.errors import PasswordDeleteError

    for removed in range(4):
        if ring.get_password(SERVICE, user) is None:
            return removed > 0
        with suppress(PasswordDeleteError):  # gone meanwhile, or the next look finds it again
            ring.delete_password(SERVICE, user)
    raise KeyringUnavailable(
        _("{ring} still has the entry after it was removed").format(ring=_name(ring))
    )


def _call_backend(ring: KeyringBackend, call: Callable[[KeyringBackend], _T]) -> _T:
    """Call a backend, and raise what it raises as KeyringUnavailable.

    The text of its error goes nowhere: it may quote the password.
    """
    try:
        return call(ring)
    except KeyringUnavailable as error:
        reason = error.reason
    except BaseException as error:  # whatever it is, the caller gets an answer
        reason = _reason(_name(ring), type(error).__name__)
    raise KeyringUnavailable(reason)


def _reason(backend: str, error: str) -> str:
    match error:
        case "KeyringLocked" | "LockedException" | "PromptDismissedException":
            return _("it is locked and was not unlocked")
        case "InitError":
            return _("it is locked, or was never set up, and nobody unlocked it")
        case "NoKeyringError":
            return _("this system has none")
        case "SecretServiceNotAvailableException":
            return _("the Secret Service of this session does not answer")
        case _:
            return _("{backend} failed with {error}").format(backend=backend, error=error)


def _selected(backend: KeyringBackend | None) -> KeyringBackend | str:
    """Return the backend in use, or the reason why there is none.

    Of a chain only the first: the chain itself would go on to a plaintext backend.
    """
    try:
        import keyring
        from keyring.backends.chainer import ChainerBackend

        if backend is None:
            backend = keyring.get_keyring()
        if isinstance(backend, ChainerBackend):
            chain: list[KeyringBackend] = backend.backends
            return chain[0] if chain else _("this system has none")
    except BaseException as error:  # as in _call_backend
        return _("the backend set up for Python's keyring can't be loaded ({name})").format(
            name=type(error).__name__
        )
    return backend


def _report(ring: KeyringBackend | str) -> KeyringReport:
    if isinstance(ring, str):
        return KeyringReport("none", usable=False, note=ring)
    from keyring.backends import fail, null

    name = _name(ring)
    if isinstance(ring, fail.Keyring):
        note = _("this system has none")
    elif isinstance(ring, null.Keyring):
        note = _("{name} is the null keyring, which keeps nothing").format(name=name)
    elif any(kind.__name__.startswith("Plaintext") for kind in type(ring).__mro__):
        note = _("{name} keeps passwords as plain text").format(name=name)
    elif name.startswith(("keyrings.alt.", "keyrings.cryptfile.")):
        note = _(
            "{name} is not one of the system's, and may ask for a password on the terminal"
        ).format(name=name)
    else:
        note = ""
    return KeyringReport(name, usable=not note, note=note)


def _usable(backend: KeyringBackend | None) -> KeyringBackend:
    ring = _selected(backend)
    report = _report(ring)
    if isinstance(ring, str) or not report.usable:
        raise KeyringUnfit(report.note)
    return ring


def _name(ring: KeyringBackend) -> str:
    return f"{type(ring).__module__}.{type(ring).__qualname__}"
