"""Connections to the hub. All of them run in one thread and serve any other thread."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from functools import cache
from os import strerror
from typing import TYPE_CHECKING, Any, TypeVar

from inbox_tui.credentials import Secret
from inbox_tui.locale import _
from inbox_tui.smsc.errors import certificate_fault
from inbox_tui.smsc.limit import Moment
from inbox_tui.team.address import HubAddress
from inbox_tui.team.errors import HubAway, HubError, HubRefused
from inbox_tui.team.schema import check, check_server_version

if TYPE_CHECKING:
    from asyncpg import Connection

    from inbox_tui.sync import Clock

T = TypeVar("T")

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
"""The time at which the seconds of the hub's clock begin."""
CONNECT_SECONDS = 10.0
COMMAND_SECONDS = 8.0
"""How long to wait for an answer from the hub."""
_JUMP_SECONDS = 1.0
"""How far the hub's clock must move against ours to count as having been set."""
_SESSION_SETTINGS = {
    # A member silent for this long is gone: its session ends, which releases its lock.
    "idle_session_timeout": "10s",
    "idle_in_transaction_session_timeout": "10s",
    "lock_timeout": "7s",
    "tcp_user_timeout": "10s",
    # The idle timeouts do not apply between a statement's preparation and its first execution.
    # There, keepalives notice a lost network, and `_SETTINGS_SINCE_17` a stopped program.
    "tcp_keepalives_idle": "5s",
    "tcp_keepalives_interval": "2s",
    "tcp_keepalives_count": "3",
    "search_path": "pg_catalog",
}
"""Set once the server's version is known: an older server does not have all of them, and would
refuse the connection with an error about the first that it lacks."""
_SETTINGS_SINCE_17 = {"transaction_timeout": "2min"}
"""Set on servers that have it; long enough for storing the largest page over a slow network."""


@cache
def _hub_loop() -> asyncio.AbstractEventLoop:
    """Return the event loop of the hub thread, which runs as long as the program."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="hub", daemon=True).start()
    return loop


class Hub:
    """A member's connection to the hub. Every failure of the hub is a `HubError`.

    After `HubAway` it is closed; `connect` opens it again. The coroutines are for any event loop,
    the other methods for any thread but the hub's. `on_notify` is called in the hub's thread with
    each notification and the session that sent it, and with ("", 0) if the connection is lost.
    """

    may_ask = False
    """Whether our role on the hub may ask the service, not only read."""
    asking = False
    """Whether this connection holds the account's lock, so that nobody else asks."""

    pid = 0
    """The server process id of our last session."""

    def __init__(
        self,
        address: HubAddress,
        password: Secret | None,
        *,
        on_notify: Callable[[str, int], object] = lambda payload, pid: None,
    ) -> None:
        self.address = address
        self._password = password
        self._on_notify = on_notify
        self._connection: Connection | None = None
        self._turn = asyncio.Lock()
        self._closed = False
        self._loop = _hub_loop()

    @property
    def connected(self) -> bool:
        """Whether there is a connection, as far as is known."""
        return self._connection is not None

    async def connect(self, *, checked: bool = True) -> None:
        """Connect unless connected; with `checked`, check that the database is a hub."""
        await asyncio.wrap_future(self._submit(self._connect(checked=checked)))

    async def disconnect(self) -> None:
        """Close the connection, which releases the lock."""
        await asyncio.wrap_future(self._submit(self._disconnect()))

    async def run(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        """Run `work` on the connection and return its result."""
        return await asyncio.wrap_future(self._submit(self._run(work)))

    def call(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        """Run `work` on the connection, blocking until it is done."""
        result: T = self._submit(self._run(work)).result()
        return result

    def fetch(self, statement: str, *values: object) -> list[Any]:
        """Run one statement and return its rows, blocking."""
        return self.call(lambda connection: connection.fetch(statement, *values))

    def close(self) -> None:
        """Close the connection permanently. May be called twice."""
        self._closed = True
        self._submit(self._disconnect()).result()

    def _submit(self, work: Coroutine[Any, Any, Any]) -> Future[Any]:
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    # -- in the hub thread

    async def _connect(self, *, checked: bool) -> None:
        async with self._turn:
            if self._connection is not None or self._closed:
                return
            try:
                import asyncpg
            except ImportError:
                raise HubRefused(_("asyncpg is missing: pip install 'inbox-tui[team]'")) from None
            address = self.address
            connection = None
            try:
                connection = await asyncpg.connect(
                    host=address.host,
                    port=address.port,
                    user=address.user,
                    database=address.database,
                    password=None if self._password is None else self._password.reveal(),
                    ssl=address.tls() or False,
                    timeout=CONNECT_SECONDS,
                    command_timeout=COMMAND_SECONDS,
                    max_cached_statement_lifetime=0,  # prepare every statement only once
                    server_settings={"application_name": "inbox-tui"},
                )
                check_server_version(connection)
                settings = dict(_SESSION_SETTINGS)
                if connection.get_server_version().major >= 17:
                    settings |= _SETTINGS_SINCE_17
                await connection.execute(
                    "".join(f"SET {name} = '{value}';" for name, value in settings.items())
                )
                self.may_ask = checked and await check(connection)
            except BaseException as error:
                if connection is not None:
                    connection.terminate()
                raise _hub_error(error) from None
            self.asking = False
            self.pid = connection.get_server_pid()
            self._connection = connection
            connection.add_termination_listener(self._lost)

    async def _run(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        async with self._turn:
            connection = self._connection
            if connection is None:
                raise HubAway(_("there is no connection to the hub"))
            try:
                return await work(connection)
            except BaseException as error:
                ours = _hub_error(error)
                if isinstance(ours, HubError) and not isinstance(ours, HubRefused):
                    connection.terminate()
                    self._lost(connection)
                raise ours from None

    async def listen(self, connection: Connection, channel: str) -> None:
        """Pass notifications on a channel to `on_notify`; to be called within `run`."""
        await connection.add_listener(channel, self._announced)

    def _announced(self, connection: object, pid: int, channel: str, payload: object) -> None:
        self._on_notify(str(payload), pid)

    def _lost(self, connection: Connection) -> None:
        if self._connection is connection:
            self._connection = None
            self.asking = False
            self._on_notify("", 0)

    async def _disconnect(self) -> None:
        async with self._turn:
            connection, self._connection = self._connection, None
            self.asking = False
            if connection is not None:
                try:
                    await connection.close(timeout=1.0)
                except Exception:
                    connection.terminate()


def _hub_error(error: BaseException) -> BaseException:
    """Return the exception to raise for an error of the driver, the network or the database."""
    if isinstance(error, HubError) or not isinstance(error, Exception):
        return error
    from ssl import SSLCertVerificationError, SSLError

    from asyncpg import PostgresError, exceptions

    text = " ".join(str(error).split()) or type(error).__name__
    if isinstance(error, exceptions.InvalidAuthorizationSpecificationError):
        return HubRefused(text, sign_in=True)
    if isinstance(error, (exceptions.InvalidCatalogNameError, exceptions.SyntaxOrAccessError)):
        return HubRefused(text)
    if isinstance(error, exceptions.InterfaceError) and "password" in text:
        return HubRefused(_("it requires a password"), sign_in=True)
    if isinstance(error, SSLCertVerificationError):
        text = _(certificate_fault(error))
    refuses_tls = isinstance(error, ConnectionError) and "SSL" in text
    if refuses_tls or isinstance(error, (SSLError, exceptions.ClientConfigurationError)):
        return HubRefused(_("the connection is not secure: {text}").format(text=text))
    if isinstance(error, TimeoutError):
        return HubAway(_("it does not answer"))
    if isinstance(error, OSError) and error.errno is not None and error.errno > 0:
        return HubAway(_(strerror(error.errno)).lower())
    lost = (OSError, PostgresError, exceptions.InterfaceError, exceptions.InternalClientError)
    if isinstance(error, lost):  # the last if the connection ends in a transaction
        return HubAway(text)
    return error


class HubClock:
    """An estimate of the hub's clock: never ahead of it, and behind by at most a network delay.

    It gives all members of a team the same clock.
    """

    def __init__(self, local: Clock) -> None:
        self._local = local
        self._offset: float | None = None
        self.jumped = 0.0
        """Seconds by which the clock was set forward or back, until `mend_times` resets it to 0."""

    @property
    def was_set(self) -> bool:
        """Whether the clock was set and the stored times have not been mended yet."""
        return abs(self.jumped) > _JUMP_SECONDS

    async def read(self, connection: Connection) -> float:
        """Read the clock from the hub."""
        began = self.local_seconds()
        seconds: float = await connection.fetchval("SELECT inbox_tui.now()")
        self.set(seconds, began)
        return seconds

    def set(self, hub_now: float, began: float) -> None:
        """Update the estimate from a reading taken between `began`, on our clock, and now."""
        least, most = hub_now - self.local_seconds(), hub_now - began
        if self._offset is None:
            self._offset = least
        elif not least <= self._offset <= most:
            self.jumped += least - self._offset
            self._offset = least

    def local_seconds(self) -> float:
        """Return the seconds of this machine's clock."""
        return self._local.moment().seconds

    def to_local(self, seconds: float | None) -> float | None:
        """Convert seconds of the hub's clock to this machine's."""
        return None if seconds is None else seconds - (self._offset or 0.0)

    def to_hub(self, seconds: float) -> float:
        """Convert seconds of this machine's clock to the hub's."""
        return seconds + (self._offset or 0.0)

    def moment(self) -> Moment:
        """Return the seconds of the hub's clock."""
        return Moment("hub", self.to_hub(self.local_seconds()))

    def now(self) -> datetime:
        """Return the time of the hub's clock, aware, in UTC."""
        return EPOCH + timedelta(seconds=self.moment().seconds)

    async def sleep(self, seconds: float) -> None:
        """Wait, by this machine's clock."""
        await self._local.sleep(seconds)
