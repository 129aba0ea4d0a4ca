"""A session: one signed-in account with its password or API key, its sync and its events.

Each account has one session.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from datetime import timedelta
from functools import partial
from random import Random
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from inbox_tui.archive import (
    AccountArchive,
    Archive,
    ArchiveError,
    ArchiveWorker,
    StateChange,
    server_seconds,
)
from inbox_tui.config import Settings
from inbox_tui.credentials import (
    Keyring,
    KeyringError,
    KeyringSilent,
    KeyringUnfit,
    Kind,
    Secret,
)
from inbox_tui.locale import _, mark
from inbox_tui.smsc.endpoint import account_host
from inbox_tui.smsc.limit import Limit
from inbox_tui.sync import Clock, Event, PasswordAccepted, State, Status, StatusChanged

if TYPE_CHECKING:
    from inbox_tui.sync.inbox_sync import Inbox
    from inbox_tui.sync.stores import Asking

MOST_UNDONE: Final = 20
"""How many changes of states can be undone."""
KEPT_FOR_THIS_RUN = mark("The password or API key is kept for this run only.")


class Dependencies(NamedTuple):
    """What all sessions share."""

    archive: Archive
    """A connection for quick reads on the event loop."""
    settings: Settings
    keyring: Keyring | None
    """None if passwords are kept for this run only."""
    connect: Callable[[str, str, Secret], Inbox]
    """Creates the client of the service for a URL, a login and a password."""
    clock: Clock
    random: Random
    limit: Limit
    refresh_seconds: float


class SessionFailed(NamedTuple):
    """The sync has stopped because of an unexpected error."""

    error: Exception


class PasswordNotStored(NamedTuple):
    """A password was accepted long after the sign-in, and could not be stored in the keyring."""

    reason: str
    """Why, as a sentence."""


SessionEvent = Event | SessionFailed | PasswordNotStored


class UndoableChange(NamedTuple):
    """A change of states that can be undone, and the words that describe it in notices."""

    change: StateChange
    words: str


class SignInResult(NamedTuple):
    """The result of signing in, which succeeded if the state is `LIVE`."""

    status: Status
    withheld: bool = False
    """Whether the password was not sent because it had been refused before."""
    note: str = ""
    """Why the password is not checked yet, or could not be stored, as sentences."""


async def new_asking(
    account: AccountArchive,
    url: str,
    password: Secret | None,
    shared: Dependencies,
    *,
    publish: Callable[[Event], None],
    in_thread: Callable[..., Awaitable[Any]],
) -> Asking:
    """Create the object that syncs an account: an `InboxSync`, or a team's `TeamMember`.

    `in_thread` runs a function away from the event loop, in the one thread that uses `account`.
    """
    from inbox_tui.sync.inbox_sync import InboxSync

    settings, server_zone = shared.settings, ZoneInfo(shared.settings.server_timezone)
    make_sync = partial(
        InboxSync,
        login=account.login,
        connect=partial(shared.connect, url, account.login),
        random=shared.random,
        server_zone=server_zone,
        scopes=settings.only_to_phones or ("",),
        refresh_seconds=shared.refresh_seconds,
        limit=shared.limit,
    )
    if not settings.team:
        return make_sync(
            account,
            publish=publish,
            clock=shared.clock,
            password=password,
            keep_days=settings.keep_days,
            in_thread=in_thread,
        )
    from inbox_tui.team.member import TeamMember
    from inbox_tui.team.sign_in import hub_sign_in

    return TeamMember(
        account,
        await hub_sign_in(settings, shared.keyring),
        password=password,
        make_sync=make_sync,
        in_thread=in_thread,
        publish=publish,
        clock=shared.clock,
        random=shared.random,
        server_zone=server_zone,
        keep_days=settings.keep_days,
    )


class Session:
    """One account that is synced while it is open, and publishes events to its listeners.

    `password` is used instead of the keyring's. No request is sent before `start` or `sign_in`.
    Methods and listeners run on one event loop; slow work on the archive, the keyring and the
    network is done in threads.
    """

    def __init__(
        self, login: str, url: str, *, dependencies: Dependencies, password: Secret | None = None
    ) -> None:
        self.login = login
        self.url = url
        self.host = account_host(url)
        self.archive = dependencies.archive.account(login, self.host)
        """The account's part of the archive, for quick reads on the event loop."""
        self.settings = dependencies.settings
        self.clock = dependencies.clock
        self.server_zone = ZoneInfo(self.settings.server_timezone)
        self.refresh_seconds = dependencies.refresh_seconds
        self.limit = dependencies.limit
        self.status = Status(State.CHECKING)
        """The current status; each change is published as `StatusChanged`."""
        self.changes: deque[UndoableChange] = deque(maxlen=MOST_UNDONE)
        """The changes that the user can undo, the latest one last."""
        self._dependencies = dependencies
        self._password = password
        self._in_use: Secret | None = None
        """What the sync signs in with; restored if another password is tried and not accepted."""
        self._listeners: list[Callable[[SessionEvent], None]] = []
        self._worker = ArchiveWorker(dependencies.archive.path)
        self._sync: Asking | None = None
        self._starting = asyncio.Lock()
        self._tasks: set[asyncio.Task[Any]] = set()
        self.secret_kind: Kind = "password" if password is None else password.kind
        """Whether the account signs in with a password or an API key, as far as that is known."""
        self._signed_out_reason = ""
        self._sign_in_result: asyncio.Future[Status] | None = None
        self._unstored: Secret | None = None
        """What is to be stored in the keyring once the service has accepted it."""

    @property
    def name(self) -> str:
        """The account as shown to the user: `LOGIN@HOST`."""
        return f"{self.login}@{self.host}"

    @property
    def signed_out(self) -> bool:
        """Whether the account needs a password or API key."""
        return self.status.state is State.SIGN_IN

    def on_event(self, listener: Callable[[SessionEvent], None]) -> Callable[[], None]:
        """Call `listener` with every event; return a function that stops this."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def window_start(self, hours: int) -> int:
        """Return when a window of the last `hours` hours begins, in server seconds."""
        begins = self.clock.now() - timedelta(hours=hours)
        return server_seconds(begins, self.server_zone)

    # -- user actions

    async def start(self) -> None:
        """Start to sync, with the keyring's password if none was given.

        If there is none, the status says why.
        """
        password, silent = self._password, None
        if password is None:
            self._signed_out_reason = _("no password or API key is kept for this account")
            if self._dependencies.keyring is not None:
                try:
                    password = await self._dependencies.keyring.get(self.login, self.host)
                except KeyringUnfit:
                    pass  # the sign-in screen says why
                except KeyringError as error:
                    sentence = str(error).removesuffix(".")
                    self._signed_out_reason = sentence[:1].lower() + sentence[1:]
                    silent = error if isinstance(error, KeyringSilent) else None
        await self._begin(password)
        if silent is not None:
            self._in_background(self._take_late_password(silent))

    def refresh(self) -> None:
        """Send a request now if the limit allows it; otherwise `RefreshDeferred` says when."""
        if self._sync is not None:
            self._sync.refresh()

    def states_changed(self) -> None:
        """Share states that were set in the archive with the team, if there is one."""
        if self._sync is not None:
            self._sync.states_changed()

    async def sign_in(
        self, password: Secret, *, remember: bool = False, insist: bool = False
    ) -> SignInResult:
        """Check a password with one request and use it, or return to the one used before.

        This takes as long as the limit requires. While a colleague syncs the account, the password
        is not checked, and the note says so. With `remember`, the password is stored in the
        keyring if the result is `LIVE`; an unchecked one replaces another that may work only once
        it is accepted. One that was refused before is sent only with `insist`.
        """
        try:
            sync = await self._begin(None)
            if insist:
                await sync.allow_again()
            elif reason := await sync.why_withheld(password):
                return SignInResult(Status(State.SIGN_IN, reason), withheld=True)
            status = await self._check_password(password, sync)
            if status.state is State.LIVE:
                self.secret_kind = password.kind
                self._unstored = password if remember and status.reason else None
                await self._worker.call(
                    lambda archive: self.archive.on(archive).note_sign_in(
                        self.url, self.clock.now()
                    )
                )
        except ArchiveError as error:
            return SignInResult(Status(State.OFFLINE, str(error)))
        notes = []
        if status.state is State.LIVE:
            if status.reason:
                unchecked = _("The {kind} could not be checked yet: {reason}.")
                notes.append(unchecked.format(kind=_(password.kind), reason=_(status.reason)))
            if remember and (note := await self._remember(password, sync, bool(status.reason))):
                notes.append(note)
        return SignInResult(status, note=" ".join(notes))

    async def close(self) -> None:
        """Stop the sync, waiting only a moment for the answer to a request under way."""
        for task in tuple(self._tasks):
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        await self._worker.close()

    # -- the password

    async def _take_late_password(self, silent: KeyringSilent) -> None:
        """Wait for a keyring that is slow to answer, and use its password if none was typed."""
        try:
            password: Secret | None = await silent.wait()
        except KeyringError:
            return
        if password is not None:
            await self._begin(password)

    async def _check_password(self, password: Secret, sync: Asking) -> Status:
        """Pass the password to the sync, and wait for the result of its request.

        If it is not accepted, the sync returns to the password it had before, unless that one was
        not accepted either.
        """
        before = None if self.signed_out else self._in_use
        self._sign_in_result = asyncio.get_running_loop().create_future()
        try:
            self._use(password, sync)
            status = await self._sign_in_result
            if status.state is State.LIVE:
                before = None
            return status
        finally:
            self._sign_in_result = None
            if before is not None:
                self._use(before, sync)

    def _use(self, password: Secret, sync: Asking) -> None:
        self._in_use = password
        sync.sign_in(password)
        self._publish(StatusChanged(sync.status))

    async def _remember(self, password: Secret, sync: Asking, unchecked: bool) -> str:
        """Store a password in the keyring, now or once it is accepted; return a note on it."""
        if unchecked and await self._would_replace_another(password, sync):
            return _("It will replace the one in the keyring once it is accepted.")
        self._unstored = None
        error = await self._store(password)
        return _("{error} It is kept for this run only.").format(error=error) if error else ""

    async def _would_replace_another(self, password: Secret, sync: Asking) -> bool:
        """Return whether the keyring has another password, unless that one was refused before."""
        keyring = self._dependencies.keyring
        try:
            kept = None if keyring is None else await keyring.get(self.login, self.host)
            if kept is None or kept == password:
                return False
            return await sync.why_withheld(kept) is None
        except KeyringError:
            return False  # `_store` says why
        except ArchiveError:
            return True

    async def _store(self, password: Secret) -> str:
        """Store a password in the keyring, if there is one; return why it could not be stored."""
        if self._dependencies.keyring is None:
            return ""
        try:
            await self._dependencies.keyring.store(self.login, self.host, password)
        except KeyringError as error:
            return str(error)
        return ""

    async def _store_accepted(self, password: Secret) -> None:
        if reason := await self._store(password):
            self._notify(PasswordNotStored(reason))

    # -- the sync

    async def _begin(self, password: Secret | None) -> Asking:
        """Start the sync, or pass this password to it if it is signed out."""
        async with self._starting:
            if password is not None:
                self.secret_kind = password.kind
            if self._sync is None:
                self._in_use = password
                self._sync = await self._new_sync(password)
                self._publish(StatusChanged(self._sync.status))
                self._in_background(self._sync.run())
            elif password is not None and self.status.state is State.SIGN_IN:
                self._use(password, self._sync)
            return self._sync

    async def _new_sync(self, password: Secret | None) -> Asking:
        return await new_asking(
            await self._worker.call(self.archive.on),
            self.url,
            password,
            self._dependencies,
            publish=self._publish,
            in_thread=self._worker.run,
        )

    def _in_background(self, work: Coroutine[Any, Any, object]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._notify(
                SessionFailed(error if isinstance(error, Exception) else RuntimeError("asking"))
            )

    def _publish(self, event: Event) -> None:
        """Handle an event of the sync, and pass it on to the listeners."""
        self._set_sign_in_result(event)
        unstored = self._unstored
        if isinstance(event, PasswordAccepted) and unstored is not None:
            if unstored is self._in_use:
                self._in_background(self._store_accepted(unstored))
            self._unstored = None
        if isinstance(event, StatusChanged):
            status = event.status
            if status.state is State.SIGN_IN and not status.reason:
                status = status._replace(reason=self._signed_out_reason)
            self.status = status
            event = StatusChanged(status)
        self._notify(event)

    def _notify(self, event: SessionEvent) -> None:
        for listener in tuple(self._listeners):
            listener(event)

    def _set_sign_in_result(self, event: Event) -> None:
        """Set the result of a sign-in that is waiting, if the event decides it."""
        match event:
            case PasswordAccepted():
                verdict = Status(State.LIVE)
            case StatusChanged(status) if status.reason and status.state is not State.WAITING:
                verdict = status  # LIVE with a reason: a colleague syncs the account
            case _:
                return
        if self._sign_in_result is not None and not self._sign_in_result.done():
            self._sign_in_result.set_result(verdict)


async def keyring_note(keyring: Keyring | None) -> str:
    """Return sentences on why a password is kept for this run only; empty if it can be stored."""
    if keyring is None:
        return _(KEPT_FOR_THIS_RUN)
    try:
        report = await keyring.describe()
    except KeyringError as error:
        return f"{error} {_(KEPT_FOR_THIS_RUN)}"
    if report.usable:
        return ""
    no_keyring = _("There is no usable keyring: {note}.").format(note=report.note)
    return f"{no_keyring} {_(KEPT_FOR_THIS_RUN)}"
