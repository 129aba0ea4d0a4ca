"""The log of requests, which several programs share, and what all of them must wait for.

All of it belongs to a login (see `login_key`), on whichever host of the service.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from inbox_tui.archive.database import Database
from inbox_tui.archive.encoding import decode_text, encode_text
from inbox_tui.archive.notes import Notes
from inbox_tui.archive.records import LOST_REQUESTS, TEAM, Hold, LogState, Permit
from inbox_tui.locale import mark
from inbox_tui.smsc.limit import Limit, LoggedRequest, Moment, earliest, login_key

REFUSED_PASSWORDS_KEPT = 1000
"""How many refused passwords of a login are remembered."""
KEPT_SECONDS = 3600.0
"""Requests older than this are forgotten, but for the last one of each scope."""
_SURELY_AHEAD = 3600.0
"""A time that lies this far ahead on this boot's clock is one of an earlier boot."""
TEAM_REASON = mark("this account belongs to a team: 'inbox-tui team leave' ends that")
_ADDRESS = ""
"""In place of a login: a hold of the machine's address, which is every login's."""
_ADDRESS_KIND = "blocked"
"""The kind of hold that is the address's (api.md, Failure, error 4)."""


class _Entry(NamedTuple):
    """A request of the log, on this boot's clock."""

    entry: int
    scope: str
    request: LoggedRequest
    new: bool
    """Whether its times on this boot's clock are to be stored."""


class RequestLog:
    """The part of the archive that knows what was asked and what must be waited for.

    A request of another boot counts as made, and as answered, when this boot first saw it so; that
    moment is stored. See `smsc/limit.py`.
    """

    def __init__(self, database: Database, account_id: int, login: str) -> None:
        self._db = database
        self._account_id = account_id
        self._key = encode_text(login_key(login))
        self._notes = Notes(database, account_id)

    def begin(self, scope: str, fingerprint: str, now: Moment, limit: Limit) -> Permit | None:
        """Put a request into the log if the limit lets it go now; None where it does not.

        All programs that share the archive take turns in this. Raises `ArchiveError`.
        """
        with self._db.transaction(self._account_id):
            if earliest(self.entries(now), fingerprint, now.seconds, limit) > now.seconds:
                return None
            self._prune(now)
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
        """Note what became of a request.

        Not `delivered`: it never left this machine, and is taken out. Not `finished`: the server
        may still be at work on it, and it counts as unanswered for `Limit.in_flight_seconds`.
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
        """Return the requests of the login, oldest first, on this boot's clock."""
        return [entry.request for entry in self._entries(now)]

    def state(self, now: Moment) -> LogState:
        """Return all that the log says, on this boot's clock."""
        entries = self._entries(now)
        return LogState(
            lost=self.are_lost(),
            hold=self.hold(now),
            refusals=self.refusals(),  # last: that of each hold is among them
            entries=[one.request for one in entries],
            last={one.scope: one.request for one in entries},
        )

    def _entries(self, now: Moment) -> list[_Entry]:
        entries = self._read(now)
        if not self._db.read_only and any(entry.new for entry in entries):
            with self._db.transaction():
                entries = self._read(now)  # another program may have stored them meanwhile
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
        """Forget what can no longer be in anybody's window; what this boot has not seen stays."""
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

    def are_lost(self) -> bool:
        """Tell whether the log was begun anew, in place of a damaged one."""
        return self._notes.get(LOST_REQUESTS) is not None

    def note_waited(self) -> None:
        """Note that requests which went with a damaged log have been waited for."""
        self._notes.set(LOST_REQUESTS, None)

    # -- holds

    def set_hold(self, hold: Hold, now: Moment) -> None:
        """Keep every program from asking until the hold is over or cleared.

        One that was set after `now` stays. A block of the address is every login's. The digest of a
        refused password is kept longer: see `refusals`.
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
        """Let requests of the login go again, unless its hold was set after `now`.

        A block of the address stays until it is over: the answer to a request that went before it
        does not end it.
        """
        with self._db.transaction(self._account_id):
            self._clear(self._key, now)
            address = self._hold(_ADDRESS, now)
            if address is not None and not address.stands_at(now.seconds):
                self._clear(_ADDRESS, now)

    def _clear(self, key: str | bytes, now: Moment) -> None:
        if not self._held_since(key, now):
            self._db.execute("DELETE FROM holds WHERE login_key = ?", (key,))

    def _held_since(self, key: str | bytes, now: Moment) -> bool:
        """Tell whether there is a hold that was set later: what is known now is the older news."""
        later = self._db.query_one(
            "SELECT 1 FROM holds WHERE login_key = ? AND boot = ? AND seconds > ? AND seconds <= ?",
            (key, now.boot_id, now.seconds, now.seconds + _SURELY_AHEAD),
        )
        return later is not None

    def hold(self, now: Moment) -> Hold | None:
        """Return what keeps us from asking, on this boot's clock; it may be over already.

        A block of the address comes before a hold of the login for as long as it stands, and an
        account that belongs to a team is never asked for from here.
        """
        if self._notes.get(TEAM) is not None:
            return Hold("team", None, 1, TEAM_REASON, self._db.wall(), b"")
        address = self._hold(_ADDRESS, now)
        if address is not None and address.stands_at(now.seconds):
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
        hold = Hold(kind, until, attempt, decode_text(reason), datetime.fromisoformat(at), digest)
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

    # -- refused passwords

    def refusals(self) -> list[tuple[bytes, str]]:
        """Return the digests of the passwords that were refused, and why, newest first.

        They outlive the hold: another program may have a password that is good.
        """
        found = self._db.query(
            "SELECT digest, reason FROM refused_passwords WHERE login_key = ? ORDER BY entry DESC",
            (self._key,),
        )
        return [(digest, decode_text(reason)) for digest, reason in found]

    def allow_again(self) -> None:
        """Let any password be sent, also one that was refused: the user insists."""
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
