"""The log of requests, and the holds and refused passwords, shared by all programs.

They belong to a login (see `login_key`), whatever the host of the service.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from inbox_tui.archive.database import Database
from inbox_tui.archive.encoding import decode_text, encode_text
from inbox_tui.archive.notes import Notes
from inbox_tui.archive.records import ANY_ACCOUNT, LOST_REQUESTS, TEAM, Hold, LogState, Permit
from inbox_tui.locale import mark
from inbox_tui.smsc.limit import Limit, LoggedRequest, Moment, earliest, login_key

REFUSED_PASSWORDS_KEPT = 1000
"""How many refused passwords of a login are stored."""
KEPT_SECONDS = 3600.0
"""Requests older than this are deleted, except the last one of each scope."""
_SURELY_AHEAD = 3600.0
"""A time this many seconds ahead of this boot's clock must be from an earlier boot."""
TEAM_REASON = mark("this account belongs to a team: run 'inbox-tui team leave' to leave it")
_ADDRESS = ""
"""The key of a hold on the machine's IP address, which applies to every login."""
_ADDRESS_KIND = "blocked"
"""The kind of hold that applies to the IP address (api.md, Failure, error 4)."""


class _Entry(NamedTuple):
    """A request in the log, with times on this boot's clock."""

    entry: int
    scope: str
    request: LoggedRequest
    new: bool
    """Whether its times on this boot's clock are not stored yet."""


class RequestLog:
    """The request log of a login, with its holds and refused passwords.

    A request logged in another boot counts as sent, and as answered, at the moment when this boot
    first saw it as such; that moment is stored. `smsc/limit.py` explains why.
    """

    def __init__(self, database: Database, account_id: int, login: str) -> None:
        self._db = database
        self._account_id = account_id
        self._key = encode_text(login_key(login))
        self._notes = Notes(database, account_id)

    def begin(self, scope: str, fingerprint: str, now: Moment, limit: Limit) -> Permit | None:
        """Add a request to the log if the limit allows it now; otherwise return None.

        This is one transaction, so programs sharing the archive keep the limit together. Raises
        `ArchiveError`.
        """
        with self._db.transaction(self._account_id):
            if earliest(self.entries(now), fingerprint, now.seconds, limit) > now.seconds:
                return None
            self._prune(now)
            # In a new archive, the first request has waited until no lost one can count any more.
            Notes(self._db, ANY_ACCOUNT).set(LOST_REQUESTS, None)
            (entry,) = self._db.query_row(
                "INSERT INTO requests (login_key, scope, fingerprint) VALUES (?, ?, ?)"
                " RETURNING entry",
                (self._key, encode_text(scope), encode_text(fingerprint)),
            )
            self._db.execute(
                "INSERT INTO request_times VALUES (?, ?, ?, NULL)",
                (entry, now.boot_id, now.seconds),
            )
        return Permit(int(entry), now)

    def end(self, entry: int, now: Moment, *, delivered: bool, finished: bool) -> None:
        """Record the end of a request.

        If it was not `delivered`, it never left this machine and is deleted from the log. If it is
        not `finished`, the server may still be working on it, and it counts as unanswered for
        `Limit.in_flight_seconds`.
        """
        with self._db.transaction():
            if not delivered:
                self._db.execute("DELETE FROM requests WHERE entry = ?", (entry,))
            elif finished:
                self._db.execute("UPDATE requests SET answered = 1 WHERE entry = ?", (entry,))
                self._db.execute(
                    "UPDATE request_times SET answered_at = ? WHERE entry = ? AND boot = ?",
                    (now.seconds, entry, now.boot_id),
                )

    def entries(self, now: Moment) -> list[LoggedRequest]:
        """Return the requests of the login, oldest first, with times on this boot's clock."""
        return [entry.request for entry in self._entries(now)]

    def state(self, now: Moment) -> LogState:
        """Return the state of the log, with times on this boot's clock."""
        entries = self._entries(now)
        return LogState(
            lost=self._notes.get(LOST_REQUESTS) is not None,
            hold=self.hold(now),
            refusals=self.refusals(),  # read after the hold, so that the hold's digest is included
            entries=[one.request for one in entries],
            last={one.scope: one.request for one in entries},
        )

    def _entries(self, now: Moment) -> list[_Entry]:
        entries = self._read(now)
        if not self._db.read_only and any(entry.new for entry in entries):
            with self._db.transaction():
                entries = self._read(now)  # another program may have stored them in the meantime
                self._db.execute_many(
                    "INSERT OR REPLACE INTO request_times VALUES (?, ?, ?, ?)",
                    [
                        (one.entry, now.boot_id, one.request.sent_at, one.request.answered_at)
                        for one in entries
                        if one.new
                    ],
                )
        return entries

    def _read(self, now: Moment) -> list[_Entry]:
        found = self._db.query(
            "SELECT entry, scope, fingerprint, answered, sent_at, answered_at FROM requests"
            " LEFT JOIN (SELECT * FROM request_times WHERE boot = ?) USING (entry)"
            " WHERE login_key = ? ORDER BY entry",
            (now.boot_id, self._key),
        )
        entries = []
        for entry, scope, fingerprint, answered, sent_at, answered_at in found:
            ahead = sent_at is None or sent_at > now.seconds + _SURELY_AHEAD
            times = (now.seconds, None) if ahead else (sent_at, answered_at)
            new = ahead or (answered and answered_at is None)
            if new and answered:
                times = (times[0], now.seconds)
            request = LoggedRequest(decode_text(fingerprint), *times)
            entries.append(_Entry(entry, decode_text(scope), request, bool(new)))
        return entries

    def _prune(self, now: Moment) -> None:
        """Delete requests that no longer count, except those that this boot has not seen yet."""
        self._db.execute(
            "DELETE FROM requests WHERE login_key = ?1 AND entry IN"
            " (SELECT entry FROM request_times WHERE boot = ?2"
            "  AND max(sent_at, ifnull(answered_at, sent_at)) < ?3)"
            " AND entry NOT IN"
            " (SELECT max(entry) FROM requests WHERE login_key = ?1 GROUP BY scope)",
            (self._key, now.boot_id, now.seconds - KEPT_SECONDS),
        )
        self._db.execute(
            "DELETE FROM request_times WHERE entry NOT IN (SELECT entry FROM requests)"
        )

    def note_waited(self) -> None:
        """Record that requests missing from the log can no longer count towards the limit."""
        self._notes.set(LOST_REQUESTS, None)

    # -- holds

    def set_hold(self, hold: Hold, now: Moment) -> None:
        """Keep all programs from sending requests until the hold is over or cleared.

        A hold that was set after `now` is not replaced. A block of the IP address applies to every
        login. The digest of a refused password is kept even longer: see `refusals`.
        """
        with self._db.transaction(self._account_id):
            if hold.digest:
                self._keep_refused_password(hold)
            key = _ADDRESS if hold.kind == _ADDRESS_KIND else self._key
            if self._held_since(key, now):
                return
            if key == _ADDRESS:
                self._clear(self._key, now)
            self._db.execute(
                "INSERT OR REPLACE INTO holds VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    key,
                    hold.kind,
                    hold.until,
                    None if hold.until is None else hold.until - now.seconds,
                    hold.attempt,
                    encode_text(hold.reason),
                    hold.at.isoformat(),
                    hold.digest,
                    now.boot_id,
                    now.seconds,
                ),
            )

    def clear_hold(self, now: Moment) -> None:
        """Clear the hold on the login, unless it was set after `now`.

        A block of the IP address stays until it is over, because the answer to a request that was
        sent before the block does not end it.
        """
        with self._db.transaction(self._account_id):
            self._clear(self._key, now)
            address = self._hold(_ADDRESS, now)
            if address is not None and not address.in_force_at(now.seconds):
                self._clear(_ADDRESS, now)

    def _clear(self, key: str | bytes, now: Moment) -> None:
        if not self._held_since(key, now):
            self._db.execute("DELETE FROM holds WHERE login_key = ?", (key,))

    def _held_since(self, key: str | bytes, now: Moment) -> bool:
        """Return whether there is a hold that was set after `now`."""
        later = self._db.query_one(
            "SELECT 1 FROM holds WHERE login_key = ? AND boot = ? AND seconds > ? AND seconds <= ?",
            (key, now.boot_id, now.seconds, now.seconds + _SURELY_AHEAD),
        )
        return later is not None

    def hold(self, now: Moment) -> Hold | None:
        """Return the hold on requests, with times on this boot's clock; it may be over already.

        A block of the IP address, while it lasts, comes before a hold on the login. An account in a
        team always has a hold, because only the team may send requests.
        """
        if self._notes.get(TEAM) is not None:
            return Hold("team", None, 1, TEAM_REASON, self._db.wall(), b"")
        return self.hold_without_team(now)

    def hold_without_team(self, now: Moment) -> Hold | None:
        """Return the hold that was set here, even if the account belongs to a team."""
        address = self._hold(_ADDRESS, now)
        if address is not None and address.in_force_at(now.seconds):
            return address
        return self._hold(self._key, now) or address

    def _hold(self, key: str | bytes, now: Moment) -> Hold | None:
        found = self._db.query_one(
            "SELECT kind, until, wait, attempt, reason, at, digest, boot, seconds FROM holds"
            " WHERE login_key = ?",
            (key,),
        )
        if found is None:
            return None
        kind, until, wait, attempt, reason, at, digest, boot, seconds = found
        hold = Hold(kind, until, attempt, decode_text(reason), self._moment(at), digest)
        if until is None or (boot == now.boot_id and seconds <= now.seconds + _SURELY_AHEAD):
            return hold
        passed = max(0.0, (self._db.wall() - hold.at).total_seconds())
        hold = hold._replace(until=now.seconds + max(0.0, wait - passed))
        if not self._db.read_only:
            self._db.execute(
                "UPDATE holds SET until = ?, boot = ?, seconds = ?"
                " WHERE login_key = ? AND boot = ? AND seconds = ?",
                (hold.until, now.boot_id, now.seconds, key, boot, seconds),
            )
        return hold

    def _moment(self, stored: str) -> datetime:
        """Return an aware time stored in ISO 8601, or the present time if it is damaged."""
        try:
            moment = datetime.fromisoformat(stored)
        except (TypeError, ValueError):
            return self._db.wall()
        return moment if moment.tzinfo is not None else self._db.wall()

    # -- refused passwords

    def refusals(self) -> list[tuple[bytes, str]]:
        """Return the digests of the refused passwords and the reasons, newest first.

        They are kept after the hold is cleared, as another program may use a password that works.
        """
        found = self._db.query(
            "SELECT digest, reason FROM refused_passwords WHERE login_key = ? ORDER BY entry DESC",
            (self._key,),
        )
        return [(digest, decode_text(reason)) for digest, reason in found]

    def allow_again(self) -> None:
        """Allow every password to be sent again, as the user insists on one that was refused."""
        with self._db.transaction(self._account_id):
            self._db.execute(
                "DELETE FROM holds WHERE login_key = ? AND kind = 'refused'", (self._key,)
            )
            self._db.execute("DELETE FROM refused_passwords WHERE login_key = ?", (self._key,))

    def _keep_refused_password(self, hold: Hold) -> None:
        self._db.execute(
            "INSERT OR REPLACE INTO refused_passwords (login_key, digest, reason) VALUES (?, ?, ?)",
            (self._key, hold.digest, encode_text(" ".join(hold.reason.split()))),
        )
        self._db.execute(
            "DELETE FROM refused_passwords WHERE login_key = ?1 AND entry NOT IN"
            " (SELECT entry FROM refused_passwords WHERE login_key = ?1"
            "  ORDER BY entry DESC LIMIT ?2)",
            (self._key, REFUSED_PASSWORDS_KEPT),
        )
