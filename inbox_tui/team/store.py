"""What the member that asks stores on the hub: messages, gaps and sync cursors."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import TYPE_CHECKING, TypeVar

from inbox_tui.archive import Cursor, Page, Polled, to_server_seconds
from inbox_tui.archive.cursor_json import cursor_from_json, cursor_to_json
from inbox_tui.locale import _
from inbox_tui.smsc.limit import Moment, login_key
from inbox_tui.team.encoding import from_bytes, to_bytes
from inbox_tui.team.errors import HubRefused
from inbox_tui.team.request_log import HubRequestLog

if TYPE_CHECKING:
    from asyncpg import Connection

    from inbox_tui.smsc.message import IncomingMessage
    from inbox_tui.team.hub import Hub, HubClock

T = TypeVar("T")

_MOST_UNREADABLE_KEPT = 1000
_IDS_TOGETHER = 1000
_MESSAGES_TOGETHER = 200
"""How many are sent in one command: each command has a timeout, and the network may be slow."""


def channel_of(account_id: int) -> str:
    """Return the name of the channel on which changes of an account are announced."""
    return f"inbox_tui_{account_id}"


async def next_seq(connection: Connection, account_id: int, count: int) -> int:
    """Reserve `count` numbers and return the first; other writers wait for the transaction."""
    last: int = await connection.fetchval(
        "UPDATE inbox_tui.accounts SET last_seq = last_seq + $2 WHERE account_id = $1"
        " RETURNING last_seq",
        account_id,
        count,
    )
    return last - count + 1


async def announce(connection: Connection, account_id: int, payload: str = "changed") -> None:
    """Wake the other members: at once, or when the transaction that this is part of commits."""
    await connection.execute("SELECT pg_notify($1, $2)", channel_of(account_id), payload)


async def find_account(connection: Connection, login: str, host: str, *, make: bool) -> int:
    """Return the account's id on the hub. With `make`, an account that is new is added.

    Raises `HubRefused` if there is none.
    """
    key = (login_key(login), host)
    find = "SELECT account_id FROM inbox_tui.accounts WHERE login_key = $1 AND host = $2"
    account_id = await connection.fetchval(find, *key)
    if account_id is None and make:
        await connection.execute(
            "INSERT INTO inbox_tui.accounts (login, login_key, host) VALUES ($3, $1, $2)"
            " ON CONFLICT DO NOTHING",
            *key,
            login,
        )
        account_id = await connection.fetchval(find, *key)
    if account_id is None:
        raise HubRefused(
            _("the hub has no account {login}@{host}, and this user may not add it").format(
                login=login, host=host
            )
        )
    return int(account_id)


async def read_cursors(connection: Connection, account_id: int) -> dict[str, Cursor]:
    """Return the sync cursors of an account, by scope; one that can't be read is empty."""
    found = await connection.fetch(
        "SELECT scope, cursor FROM inbox_tui.cursors WHERE account_id = $1", account_id
    )
    return {from_bytes(scope): cursor_from_json(text) for scope, text in found}


def _parts(items: list[T], size: int) -> Iterator[list[T]]:
    """Split a list into parts of at most `size` items."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


class HubSyncState:
    """The sync cursors of an account on the hub, and its clock difference."""

    def __init__(self, hub: Hub, account_id: int, on_late: Callable[[int, float], object]) -> None:
        self._hub = hub
        self._account_id = account_id
        self._on_late = on_late

    def cursor(self, scope: str) -> Cursor:
        """Return the sync cursor of a scope, empty if it can't be read."""
        return self._hub.call(lambda connection: self.cursor_on(connection, scope))

    async def cursor_on(self, connection: Connection, scope: str) -> Cursor:
        """Do the same as `cursor`, as part of other work on the connection."""
        cursors = await read_cursors(connection, self._account_id)
        return cursors.get(scope, Cursor())

    async def set_cursor_on(self, connection: Connection, scope: str, cursor: Cursor) -> None:
        """Store the sync cursor of a scope, as part of other work on the connection."""
        await connection.execute(
            "INSERT INTO inbox_tui.cursors VALUES ($1, $2, $3)"
            " ON CONFLICT (account_id, scope) DO UPDATE SET cursor = excluded.cursor",
            self._account_id,
            to_bytes(scope),
            cursor_to_json(cursor),
        )

    def add_earlier(self, polled: Mapping[str, Polled]) -> None:
        """Store when scopes were last asked for before the account joined, to find the gap since.

        Does nothing if the team has asked before: its own cursors are better.
        """

        async def add(connection: Connection) -> None:
            async with connection.transaction():
                await next_seq(connection, self._account_id, 0)  # one writer at a time
                if await read_cursors(connection, self._account_id):
                    return
                for scope, one in polled.items():
                    cursor = Cursor(polled=one._replace(moment=Moment("before the team", 0.0)))
                    await self.set_cursor_on(connection, scope, cursor)

        self._hub.call(add)

    async def mend_times(self, connection: Connection, now: float) -> None:
        """Move times that lie in the future back to `now`, after the hub's clock was set back."""
        for scope, cursor in (await read_cursors(connection, self._account_id)).items():
            if (mended := _no_later(cursor, now)) != cursor:
                await self.set_cursor_on(connection, scope, mended)

    def add_late(self, count: int, longest: float) -> None:
        """Report messages that polls missed to `on_late`: the hub has no table for them."""
        self._on_late(count, longest)

    def set_clock_difference(self, seconds: float) -> None:
        """Store how many seconds the hub's clock was ahead of the service's at its last answer."""
        self._hub.fetch(
            "UPDATE inbox_tui.accounts"
            " SET clock_difference = greatest(-3e9, least(3e9, $2::float8)) WHERE account_id = $1",
            self._account_id,
            seconds,
        )

    def clock_difference(self) -> float | None:
        """Return how many seconds the hub's clock was ahead of the service's; None if unknown."""
        found = self._hub.fetch(
            "SELECT clock_difference FROM inbox_tui.accounts WHERE account_id = $1",
            self._account_id,
        )
        ahead: float | None = found[0][0] if found else None
        return ahead


def _no_later(cursor: Cursor, now: float) -> Cursor:
    def past(polled: Polled | None) -> Polled | None:
        if polled is None or polled.moment.seconds <= now:
            return polled
        return polled._replace(moment=polled.moment._replace(seconds=now))

    running = cursor.running
    if running is not None and running.began.seconds > now:
        running = None
    return cursor._replace(polled=past(cursor.polled), whole=past(cursor.whole), running=running)


class HubStore:
    """The store of one account on the hub, for the member that asks.

    `on_late` is called, in the thread that asks, with how many messages polls missed, and the
    longest time until one was found, in seconds.
    """

    def __init__(
        self,
        hub: Hub,
        clock: HubClock,
        account_id: int,
        login: str,
        *,
        on_late: Callable[[int, float], object],
    ) -> None:
        self._hub = hub
        self.account_id = account_id
        self._clock = clock
        self.requests = HubRequestLog(hub, clock, account_id, login, self.mend_times)
        self.sync_state = HubSyncState(hub, account_id, on_late)

    async def mend_times(self, connection: Connection) -> None:
        """Correct the times of requests, holds and cursors after the hub's clock was set."""
        await self.requests.mend_times(connection)
        await self.sync_state.mend_times(connection, self._clock.moment().seconds)

    def store_page(self, page: Page) -> Sequence[int]:
        """Store an answer and everything that belongs to it in one transaction; wake the members.

        Returns the ids of the messages that were not stored before, newest first.
        """

        async def store(connection: Connection) -> Sequence[int]:
            async with connection.transaction():
                await next_seq(connection, self.account_id, 0)  # one writer at a time
                before = await self.sync_state.cursor_on(connection, page.scope)
                new = await self._add(connection, page.messages, live=before.whole is not None)
                await self._add_unreadable(connection, page)
                await self._add_gap(connection, page)
                await self.sync_state.set_cursor_on(connection, page.scope, page.cursor)
                if page.entry is not None:
                    await self.requests.end_on(
                        connection, page.entry, delivered=True, finished=True
                    )
                await announce(connection, self.account_id)
            return new

        return self._hub.call(store)

    async def _add(
        self, connection: Connection, messages: Sequence[IncomingMessage], *, live: bool
    ) -> list[int]:
        """Add the messages that are new, oldest first; return their ids, newest first."""
        fresh = {one.id: one for one in reversed(messages)}
        for some in _parts(list(fresh), _IDS_TOGETHER):
            known = await connection.fetch(
                "SELECT id FROM inbox_tui.messages"
                " WHERE account_id = $1 AND id = ANY ($2::bigint[])",
                self.account_id,
                some,
            )
            for (message_id,) in known:
                del fresh[message_id]
        if not fresh:
            return []
        in_order = sorted(fresh.values(), key=lambda one: (one.received, one.id))
        first = await next_seq(connection, self.account_id, len(in_order))
        records = [
            (
                self.account_id,
                seq,
                one.id,
                to_server_seconds(one.received),
                None if one.sent is None else to_server_seconds(one.sent),
                live,
                to_bytes(one.phone),
                to_bytes(one.to_phone),
                to_bytes(one.message),
                one.stamp,
            )
            for seq, one in enumerate(in_order, first)
        ]
        for part in _parts(records, _MESSAGES_TOGETHER):
            await connection.copy_records_to_table(
                "messages", schema_name="inbox_tui", records=part
            )
        return [one.id for one in reversed(in_order)]

    async def _add_unreadable(self, connection: Connection, page: Page) -> None:
        raws = {
            blake2b(raw, digest_size=16).digest(): raw for raw in map(to_bytes, page.unreadable)
        }
        if not raws:
            return
        kept = await connection.fetch(
            "SELECT digest FROM inbox_tui.unreadable WHERE account_id = $1", self.account_id
        )
        known = {digest for (digest,) in kept}
        fresh = [one for one in raws.items() if one[0] not in known]
        fresh = fresh[: max(0, _MOST_UNREADABLE_KEPT - len(kept))]
        if fresh:
            first = await next_seq(connection, self.account_id, len(fresh))
            await connection.executemany(
                "INSERT INTO inbox_tui.unreadable VALUES ($1, $2, $3, $4)",
                [(self.account_id, seq, *one) for seq, one in enumerate(fresh, first)],
            )

    async def _add_gap(self, connection: Connection, page: Page) -> None:
        if page.gap is None:
            return
        await connection.execute(
            "INSERT INTO inbox_tui.gaps VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
            self.account_id,
            await next_seq(connection, self.account_id, 1),
            to_bytes(page.scope),
            *page.gap,
        )

    def expire(self, before: int) -> Iterator[int]:
        """Delete nothing: the hub keeps every message. Members expire their own copies."""
        return iter(())

    def expired_before(self) -> int | None:
        """Return None: nothing was deleted."""
        return None

    def wipe(self) -> Iterator[int]:
        """Do nothing: PostgreSQL cleans up on its own."""
        return iter(())

    def data_version(self) -> int:
        """Return a constant: changes are reported by calling `InboxSync.check_again`."""
        return 0
