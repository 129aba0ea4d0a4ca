"""Passwords and API keys: a type that does not show them, and the system's keyring.

The `keyring` library is not imported with this module, but by the first call and in its thread.
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
"""The service name of all our entries in the keyring."""
Kind = Literal["password", "API key"]
"""The kind of a secret. With an API key, the login is only a name that the user gave the account
(api.md, Also known)."""

_SALT_BYTES: Final = 16
_DIGEST_BYTES: Final = 2

_T = TypeVar("_T")


@final
class Secret:
    """A password or API key whose text only `reveal()` shows.

    The text is kept in a closure, not in an attribute: code that prints, walks or serialises
    attributes does not find it, and the object can't be pickled.
    """

    __slots__ = ("_text", "kind")

    def __init__(self, text: str, kind: Kind = "password") -> None:
        self._text: Callable[[], str] = lambda: text
        self.kind = kind

    def reveal(self) -> str:
        """Return the text. Don't keep it in a variable that outlives the statement."""
        return self._text()

    def __repr__(self) -> str:
        return "Secret(…)"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return self.kind == other.kind and self.reveal() == other.reveal()


def new_digest(secret: Secret, like: bytes = b"") -> bytes:
    """Return a digest of 18 bytes that identifies a refused password, so it is not sent again.

    The digest may be kept in a file: it is a random salt and two bytes of the password's scrypt
    digest, which reveal no more than 16 bits (api.md, Failure, error 2). With an earlier digest as
    `like`, its salt is used, so that one computation serves to compare a password with both. Takes
    about 0.1 s.
    """
    from hashlib import scrypt

    salt = like[:_SALT_BYTES] if len(like) == _SALT_BYTES + _DIGEST_BYTES else b""
    salt = salt or os.urandom(_SALT_BYTES)
    return salt + scrypt(_encoded(secret), salt=salt, n=2**14, r=8, p=1, dklen=_DIGEST_BYTES)


def why_refused(secret: Secret, refusals: Iterable[tuple[bytes, str]]) -> str | None:
    """Return why this password was refused, or None if its digest is not in `refusals`.

    `refusals` are pairs of a digest and a reason. One in 65,536 other passwords matches a digest
    too: let the user insist. A digest of another length matches nothing. Takes about 0.1 s for
    each different salt.
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
"""The default timeout. Windows never prompts the user, but loading the library is slow there."""


class KeyringError(Exception):
    """A call to the keyring failed. `str(error)` is a sentence for the status bar.

    It never contains a password; nor do its cause, its context and the frames of its traceback.
    """


class KeyringUnavailable(KeyringError):  # noqa: N818
    """There is no usable keyring, it is locked, or it failed. `reason` says which."""

    def __init__(self, reason: str) -> None:
        super().__init__(_("The keyring can't be used: {reason}.").format(reason=reason))
        self.reason = reason


class KeyringUnfit(KeyringUnavailable):
    """There is no usable keyring, as `Keyring.describe` also reports; no call was made to it."""


class KeyringSilent(KeyringError):  # noqa: N818
    """The keyring did not answer within `seconds`. It still may: often it waits for its user."""

    def __init__(self, seconds: float, late: Future[Any]) -> None:
        super().__init__(
            _("The keyring did not answer within {seconds:g} s.").format(seconds=seconds)
        )
        self._late = late

    async def wait(self) -> Any:
        """Return the late answer, however long it takes, or raise KeyringUnavailable."""
        await _wait_for(self._late, None)
        return self._late.result()


class KeyringReport(NamedTuple):
    """A description of this system's keyring, for the sign-in screen and `doctor`."""

    name: str
    """Dotted name of the backend, such as `keyring.backends.SecretService.Keyring`, or `none`."""
    usable: bool
    """Whether we use it. Only a call to it shows whether it is unlocked."""
    note: str
    """Why it is not used, worded to follow a colon; empty if it is used."""


class Keyring:
    """The system's keyring, called outside the event loop and with a timeout.

    A locked keyring can block a call for ever. So each call is made in a daemon thread, once the
    previous call has ended: neither the event loop nor the exit of the program waits for it, and a
    late `store` can't undo the `remove` that followed it. Passwords are stored under `SERVICE` for
    the user `LOGIN@HOST`, API keys for `LOGIN@HOST (API key)`. Every method raises KeyringSilent
    after `timeout` seconds.
    """

    def __init__(
        self, *, backend: KeyringBackend | None = None, timeout: float = _ANSWER_SECONDS
    ) -> None:
        self._backend = backend
        self._timeout = timeout
        self._last: threading.Thread | None = None
        """The thread of the latest call."""

    async def get(self, login: str, host: str) -> Secret | None:
        """Return the API key of an account, otherwise its password, or None if it has neither.

        Raises KeyringUnavailable, KeyringSilent.
        """

        def get(ring: KeyringBackend) -> Secret | None:
            for kind in _KINDS:
                if text := ring.get_password(SERVICE, _user(login, host, kind)):
                    return Secret(text, kind)
            return None

        return await self._ask(get)

    async def store(self, login: str, host: str, secret: Secret) -> None:
        """Store the password or API key of an account in place of any older one.

        Raises KeyringUnavailable, KeyringSilent.
        """

        def store(ring: KeyringBackend) -> None:
            ring.set_password(SERVICE, _user(login, host, secret.kind), secret.reveal())
            for kind in _KINDS:
                if kind != secret.kind:
                    _remove(ring, _user(login, host, kind))

        await self._ask(store)

    async def remove(self, login: str, host: str) -> list[Kind]:
        """Remove the password and the API key of an account; return which of them existed.

        Raises KeyringUnavailable, KeyringSilent.
        """

        def remove(ring: KeyringBackend) -> list[Kind]:
            return [kind for kind in _KINDS if _remove(ring, _user(login, host, kind))]

        return await self._ask(remove)

    async def describe(self) -> KeyringReport:
        """Return which keyring is selected, and whether we use it. Raises KeyringSilent."""
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
    """Wait until a call is done, or for `seconds`; return whether it is done."""
    loop = asyncio.get_running_loop()
    done = asyncio.Event()

    def tell(_: Future[Any]) -> None:
        with suppress(RuntimeError):  # the loop was closed before the answer came
            loop.call_soon_threadsafe(done.set)

    call.add_done_callback(tell)
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await done.wait()
    return call.done()


_KINDS: Final[tuple[Kind, ...]] = ("API key", "password")
"""The kinds of secret, in the order in which they are looked up."""


def _user(login: str, host: str, kind: Kind = "password") -> str:
    return f"{login}@{host}" if kind == "password" else f"{login}@{host} ({kind})"


def _remove(ring: KeyringBackend, user: str) -> bool:
    """Remove every entry of a user, as there may be several; return whether there was one."""
    from keyring.errors import PasswordDeleteError

    for removed in range(4):
        if ring.get_password(SERVICE, user) is None:
            return removed > 0
        with suppress(PasswordDeleteError):  # gone meanwhile, or the next lookup finds it again
            ring.delete_password(SERVICE, user)
    raise KeyringUnavailable(
        _("{ring} still has the entry after it was removed").format(ring=_name(ring))
    )


def _call_backend(ring: KeyringBackend, call: Callable[[KeyringBackend], _T]) -> _T:
    """Call a backend and raise any error of it as KeyringUnavailable.

    The text of the error is dropped: it may quote the password.
    """
    try:
        return call(ring)
    except KeyringUnavailable as error:
        reason = error.reason
    except BaseException as error:  # even SystemExit, as the caller waits for an answer
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
    """Return the selected backend, or the reason why there is none.

    Only the first backend of a chain is used: the chain could fall back to a plaintext one.
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
            "{name} is not a system keyring, and may ask for a password on the terminal"
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
