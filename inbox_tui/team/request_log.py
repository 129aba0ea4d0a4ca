"""The log of requests, holds and refused passwords of a login, on the hub and by its clock.

It does what `archive/request_log.py` does, but with a single clock: there are no other boots.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from inbox_tui.archive import Hold, LogState, Permit
from inbox_tui.archive.request_log import KEPT_SECONDS, REFUSED_PASSWORDS_KEPT
from inbox_tui.smsc.limit import Limit, LoggedRequest, Moment, earliest, login_key
from inbox_tui.team.encoding import from_bytes, to_bytes
from inbox_tui.team.hub import EPOCH

if TYPE_CHECKING:
    from asyncpg import Connection

    from inbox_tui.team.hub import Hub, HubClock

WAITS_FOR_COLLEAGUE = "colleague"
"""The kind of hold that applies while another member asks."""
_MOST_ATTEMPTS = 1000

_ENTRIES = (
    "SELECT array_agg((scope, fingerprint, sent_at, answered_at) ORDER BY entry)"
    " FROM inbox_tui.requests WHERE login_key = $1"
)
_REFUSALS = (
    "SELECT array_agg((digest, reason) ORDER BY entry DESC) FROM inbox_tui.refused_passwords"
    " WHERE login_key = $1"
)
_HOLD = (
    "SELECT (kind, until, attempt, reason, at, digest) FROM inbox_tui.holds WHERE login_key = $1"
)
_STATE = f"""
SELECT (SELECT requests_lost FROM inbox_tui.accounts WHERE account_id = $2),
    ({_REFUSALS}), ({_HOLD}), ({_ENTRIES})
"""
_BEGIN = """
WITH forgotten AS (
    DELETE FROM inbox_tui.requests WHERE login_key = $1 AND greatest(sent_at, answered_at) < $5
    AND entry NOT IN
        (SELECT max(entry) FROM inbox_tui.requests WHERE login_key = $1 GROUP BY scope)
)
INSERT INTO inbox_tui.requests (login_key, scope, fingerprint, sent_at) VALUES ($1, $2, $3, $4)
RETURNING entry
"""
_SET_HOLD = """
INSERT INTO inbox_tui.holds AS known VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (login_key) DO UPDATE SET kind = excluded.kind, until = excluded.until,
    attempt = excluded.attempt, reason = excluded.reason, at = excluded.at,
    digest = excluded.digest, set_at = excluded.set_at
WHERE known.until < excluded.until
"""


class HubRequestLog:
    """The requests that all members made for a login."""

    def __init__(
        self,
        hub: Hub,
        clock: HubClock,
        account_id: int,
        login: str,
        mend_times: Callable[[Connection], Awaitable[None]],
    ) -> None:
        """Create the log; `mend_times` is called after the hub's clock was set."""
        self._hub = hub
        self._clock = clock
        self._mend_times = mend_times
        self._account_id = account_id
        self._key = login_key(login)

    def begin(self, scope: str, fingerprint: str, now: Moment, limit: Limit) -> Permit | None:
        """Log a request if we hold the lock and the limit allows it now; otherwise return None."""

        async def begin(connection: Connection) -> Permit | None:
            if not self._hub.asking:
                return None
            async with connection.transaction():
                await connection.execute(
                    "SELECT pg_advisory_xact_lock(hashtextextended('inbox-tui log ' || $1, 0))",
                    self._key,
                )
                began = self._clock.local_seconds()
                hub_now, found = await connection.fetchrow(
                    f"SELECT inbox_tui.now(), ({_ENTRIES})", self._key
                )
                self._clock.set(hub_now, began)
                if self._clock.was_set:
                    await self._mend_times(connection)
                    found = await connection.fetchval(f"SELECT ({_ENTRIES})", self._key)
                entries = [LoggedRequest(*rest) for _, *rest in found or ()]
                if earliest(entries, fingerprint, hub_now, limit) > hub_now:
                    return None
                entry = await connection.fetchval(
                    _BEGIN,
                    self._key,
                    to_bytes(scope),
                    fingerprint,
                    hub_now,
                    hub_now - KEPT_SECONDS,
                )
                return Permit(entry, Moment("hub", self._clock.to_hub(began)))

        return self._hub.call(begin)

    async def mend_times(self, connection: Connection) -> None:
        """Shift stored times after the hub's clock was set, but none into the future.

        Every member that notices does this, so no request leaves the window too early, and some
        leave it later than they might. A hold lasts as long as it was meant to, and at most that
        long from now.
        """
        jump = max(0.0, self._clock.jumped)
        self._clock.jumped = 0.0
        for statement in (
            "requests SET sent_at = least(sent_at + $2, inbox_tui.now()),"
            " answered_at = answered_at + least($2, inbox_tui.now() - answered_at)",
            "holds SET until = least(until + $2, inbox_tui.now() + until - set_at),"
            " set_at = least(set_at + $2, inbox_tui.now())",
        ):
            await connection.execute(
                f"UPDATE inbox_tui.{statement} WHERE login_key = $1", self._key, jump
            )

    def add_earlier(
        self,
        entries: Sequence[LoggedRequest],
        refusals: Sequence[tuple[bytes, str]],
        hold: Hold | None,
    ) -> None:
        """Add what this machine knows from before the account joined the team, by its own clock.

        `refusals` are newest first. The hold replaces the team's own only if it lasts longer.
        """
        now = self._clock.local_seconds()
        ages = [
            (
                self._key,
                one.fingerprint,
                now - one.sent_at,
                None if one.answered_at is None else now - one.answered_at,
            )
            for one in entries
        ]

        async def add(connection: Connection) -> None:
            async with connection.transaction():
                await connection.executemany(
                    "INSERT INTO inbox_tui.requests"
                    " (login_key, scope, fingerprint, sent_at, answered_at) VALUES"
                    " ($1, '', $2, inbox_tui.now() - $3::float8, inbox_tui.now() - $4::float8)",
                    ages,
                )
                if refusals:
                    await self._keep_refused_passwords(connection, refusals[::-1])
                if hold is not None and hold.until is not None:
                    on_hub = hold._replace(until=self._clock.to_hub(hold.until))
                    values = self._hold_values(on_hub, self._clock.to_hub(now))
                    await connection.execute(_SET_HOLD, *values)

        self._hub.call(add)

    def end(self, entry: int, now: Moment, *, delivered: bool, finished: bool) -> None:
        """Record how a request ended."""
        self._hub.call(
            lambda connection: self.end_on(
                connection, entry, delivered=delivered, finished=finished
            )
        )

    async def end_on(
        self, connection: Connection, entry: int, *, delivered: bool, finished: bool
    ) -> None:
        """Do the same as `end`, as part of other work on the connection."""
        if not delivered:
            await connection.execute("DELETE FROM inbox_tui.requests WHERE entry = $1", entry)
        elif finished:
            await connection.execute(
                "UPDATE inbox_tui.requests SET answered_at = inbox_tui.now() WHERE entry = $1"
                " AND answered_at IS NULL",
                entry,
            )

    def state(self, now: Moment) -> LogState:
        """Return everything that the log holds, in one query."""
        ((lost, refusals, hold, entries),) = self._hub.fetch(_STATE, self._key, self._account_id)
        return LogState(
            _refusals(refusals),
            bool(lost) and self._hub.asking,
            self._or_wait_for_colleague(hold),
            [LoggedRequest(*rest) for _, *rest in entries or ()],
            {from_bytes(scope): LoggedRequest(*rest) for scope, *rest in entries or ()},
        )

    def note_waited(self) -> None:
        """Record that requests missing from the log have been waited for."""
        self._hub.fetch(
            "UPDATE inbox_tui.accounts SET requests_lost = false WHERE account_id = $1",
            self._account_id,
        )

    # -- holds

    def set_hold(self, hold: Hold, now: Moment) -> None:
        """Keep every member from asking until the hold is over or cleared.

        A hold that was set before the stored one replaces it only if it lasts longer. A block of an
        IP address holds the login of the whole team, because members may share an address and it is
        not documented what prolongs a block.
        """

        async def set_hold(connection: Connection) -> None:
            async with connection.transaction():
                if hold.digest:
                    await self._keep_refused_passwords(connection, [(hold.digest, hold.reason)])
                await connection.execute(
                    f"{_SET_HOLD} OR known.set_at <= excluded.set_at",
                    *self._hold_values(hold, now.seconds),
                )
                await self._clock.read(connection)  # it may have been set since `now`
                if self._clock.was_set:
                    await self._mend_times(connection)

        self._hub.call(set_hold)

    def _hold_values(self, hold: Hold, set_at: float) -> tuple[object, ...]:
        return (
            self._key,
            hold.kind,
            hold.until,
            hold.attempt,
            to_bytes(hold.reason),
            hold.at.isoformat(),
            hold.digest,
            set_at,
        )

    def clear_hold(self, now: Moment) -> None:
        """Allow requests of the login again, unless its hold was set after `now`."""
        self._hub.fetch(
            "DELETE FROM inbox_tui.holds WHERE login_key = $1 AND set_at <= $2",
            self._key,
            now.seconds,
        )

    def hold(self, now: Moment) -> Hold | None:
        """Return the hold that keeps us from asking, if any; it may be over already.

        While another member asks, it is one of the kind `WAITS_FOR_COLLEAGUE`.
        """
        rows = self._hub.fetch(_HOLD, self._key)
        return self._or_wait_for_colleague(rows[0][0] if rows else None)

    def _or_wait_for_colleague(self, found: Sequence[Any] | None) -> Hold | None:
        """Return the hold that `_HOLD` found, or the wait for a colleague."""
        if not self._hub.asking:
            return Hold(WAITS_FOR_COLLEAGUE, None, 1, "", self._clock.now(), b"")
        if found is None:
            return None
        kind, until, attempt, reason, at, digest = found
        attempt = min(attempt, _MOST_ATTEMPTS)
        return Hold(kind, until, attempt, from_bytes(reason), _aware_time(at), digest)

    # -- refused passwords

    def refusals(self) -> list[tuple[bytes, str]]:
        """Return the digests of refused passwords, with the reasons, newest first."""
        ((found,),) = self._hub.fetch(_REFUSALS, self._key)
        return _refusals(found)

    def allow_again(self) -> None:
        """Allow every password to be sent, even refused ones, because the user insists."""
        self._hub.fetch(
            "WITH over AS ("
            "DELETE FROM inbox_tui.holds WHERE login_key = $1 AND kind = 'refused')"
            " DELETE FROM inbox_tui.refused_passwords WHERE login_key = $1",
            self._key,
        )

    async def _keep_refused_passwords(
        self, connection: Connection, refusals: Sequence[tuple[bytes, str]]
    ) -> None:
        """Store digests of refused passwords and the reasons, given oldest first."""
        await connection.executemany(
            "INSERT INTO inbox_tui.refused_passwords (login_key, digest, reason)"
            " VALUES ($1, $2, $3) ON CONFLICT (login_key, digest) DO NOTHING",
            [
                (self._key, digest, to_bytes(" ".join(reason.split())))
                for digest, reason in refusals
            ],
        )
        await connection.execute(
            "DELETE FROM inbox_tui.refused_passwords WHERE login_key = $1 AND entry NOT IN (SELECT"
            " entry FROM inbox_tui.refused_passwords WHERE login_key = $1"
            " ORDER BY entry DESC LIMIT $2)",
            self._key,
            REFUSED_PASSWORDS_KEPT,
        )


def _aware_time(text: str) -> datetime:
    """Return a time from the hub, or `EPOCH` if it is invalid: its data is not trusted."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return EPOCH
    return at if at.tzinfo else EPOCH


def _refusals(found: Sequence[Any] | None) -> list[tuple[bytes, str]]:
    return [(digest, from_bytes(reason)) for digest, reason in found or ()]
