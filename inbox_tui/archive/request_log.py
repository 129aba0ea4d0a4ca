"""The log of requests, which several programs share, and what all of them must wait for."""

from __future__ import annotations

from datetime import datetime

from inbox_tui.archive.database import Database
from inbox_tui.archive.encoding import decode_text, encode_text
from inbox_tui.archive.notes import Notes
from inbox_tui.archive.records import Hold, Permit, Refused
from inbox_tui.smsc.limit import LedgerEntry, Limit, Moment, earliest, in_flight_until

_KEPT_SECONDS = 3600.0
"""Requests older than this are forgotten, but for the last one of each scope."""
_SURELY_AHEAD = 3600.0
"""A request that lies this far ahead on this boot's clock is one of an earlier boot."""
_REFUSALS = "refusals"
"""The name of the note of passwords that were refused: a mark and the reason a line."""
_REFUSALS_KEPT = 4


class RequestLog:
    """The part of the archive that knows what was asked and what must be waited for.

    Nothing is known of when an earlier boot's requests were made, but that it was before this one
    began: they count as made at that moment, the last that there can be.
    """

    def __init__(self, database: Database, account_id: int, notes: Notes) -> None:
        self._db = database
        self._account_id = account_id
        self._notes = notes

    def begin(self, scope: str, fingerprint: str, now: Moment, limit: Limit) -> Permit | Refused:
        """Put a request into the ledger if the limit lets it go now.

        All programs that share the archive take turns in this. Raises `ArchiveError`.
        """
        with self._db.transaction(self._account_id):
            entries = self.entries(now)
            until = earliest(entries, fingerprint, now.seconds, limit)
            if until > now.seconds:
                in_flight = in_flight_until(entries, limit)
                return Refused(until, in_flight is not None and in_flight > now.seconds)
            self._prune(now)
            self._db.execute(
                "INSERT INTO requests (account, scope, fingerprint, boot, sent_at)"
                " VALUES (?, ?, ?, ?, ?)",
                (
                    self._account_id,
                    encode_text(scope),
                    encode_text(fingerprint),
                    now.boot_id,
                    now.seconds,
                ),
            )
            (entry,) = self._db.query_row("SELECT last_insert_rowid()")
        return Permit(int(entry))

    def end(self, entry: int, now: Moment, *, delivered: bool, finished: bool) -> None:
        """Note what became of a request.

        Not `delivered`: it never left this machine, and is taken out. Not `finished`: the server
        may still be at work on it, and it counts as unanswered until its lifetime is over.
        """
        with self._db.transaction():
            if not delivered:
                self._db.execute("DELETE FROM requests WHERE entry = ?", (entry,))
            elif finished:
                self._db.execute(
                    "UPDATE requests SET answered_at = ? WHERE entry = ?", (now.seconds, entry)
                )

    def entries(self, now: Moment) -> list[LedgerEntry]:
        """Return the requests of a login, oldest first, on this boot's clock.

        The same service answers under sister domains (api.md, Also known), and counts for all.
        """
        found = self._db.query(
            "SELECT fingerprint, boot, sent_at, answered_at FROM requests WHERE account IN"
            " (SELECT account FROM accounts"
            "  WHERE login = (SELECT login FROM accounts WHERE account = ?))"
            " ORDER BY entry",
            (self._account_id,),
        )
        return [_rebased(*request, now=now) for request in found]

    def last(self, scope: str, now: Moment) -> LedgerEntry | None:
        """Return the last request of a scope, on this boot's clock."""
        found = self._db.query_one(
            "SELECT fingerprint, boot, sent_at, answered_at FROM requests"
            " WHERE account = ? AND scope = ? ORDER BY entry DESC LIMIT 1",
            (self._account_id, encode_text(scope)),
        )
        return None if found is None else _rebased(*found, now=now)

    def _prune(self, now: Moment) -> None:
        """Forget what can no longer be in anybody's window."""
        self._db.execute(
            "DELETE FROM requests WHERE account = ?1 AND (sent_at < ?3 OR boot <> ?2) AND ?3 > 0"
            " AND entry NOT IN"
            " (SELECT max(entry) FROM requests WHERE account = ?1 GROUP BY scope)",
            (self._account_id, now.boot_id, now.seconds - _KEPT_SECONDS),
        )

    # -- holds

    def set_hold(self, hold: Hold, now: Moment) -> None:
        """Keep every program from asking until the hold is over or cleared.

        One that was set after `now` stays. The mark of a refused password is kept longer: see
        `refusals`.
        """
        with self._db.transaction(self._account_id):
            if hold.mark:
                self._keep_refusal(hold)
            if self._held_since(now):
                return
            self._db.execute(
                "INSERT OR REPLACE INTO holds VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    self._account_id,
                    hold.kind,
                    hold.until,
                    hold.attempt,
                    encode_text(hold.reason),
                    hold.at.isoformat(),
                    hold.mark,
                    now.boot_id,
                    now.seconds,
                ),
            )

    def clear_hold(self, now: Moment) -> None:
        """Let requests go again, unless the hold was set after `now`."""
        with self._db.transaction(self._account_id):
            if not self._held_since(now):
                self._db.execute("DELETE FROM holds WHERE account = ?", (self._account_id,))

    def _held_since(self, now: Moment) -> bool:
        """Tell whether there is a hold that was set later: what is known now is the older news."""
        later = self._db.query_one(
            "SELECT 1 FROM holds WHERE account = ? AND boot = ? AND seconds > ? AND seconds <= ?",
            (self._account_id, now.boot_id, now.seconds, now.seconds + _SURELY_AHEAD),
        )
        return later is not None

    def hold(self, now: Moment) -> Hold | None:
        """Return what keeps us from asking, on this boot's clock; it may be over already."""
        found = self._db.query_one(
            "SELECT kind, until, attempt, reason, at, mark, boot, seconds FROM holds"
            " WHERE account = ?",
            (self._account_id,),
        )
        if found is None:
            return None
        kind, until, attempt, reason, at, mark, boot, seconds = found
        hold = Hold(kind, until, attempt, decode_text(reason), datetime.fromisoformat(at), mark)
        if until is None or (boot == now.boot_id and seconds <= now.seconds + _SURELY_AHEAD):
            return hold
        return hold._replace(until=self._rebased_end(until - seconds, hold.at, now))

    def _rebased_end(self, wait: float, at: datetime, now: Moment) -> float:
        """Return when a wait that an earlier boot began is over.

        It began before this boot did, and by the wall clock at `at`, if that one can be believed.
        """
        since = (self._db.wall() - at).total_seconds()
        return now.seconds + max(0.0, wait - max(since, now.seconds))

    # -- refused passwords

    def refusals(self) -> list[tuple[bytes, str]]:
        """Return the marks of the last few passwords that were refused, and why, newest first.

        They outlive the hold: another program may have a password that is good.
        """
        lines = (self._notes.get(_REFUSALS) or "").split("\n")
        parted = (line.partition(" ") for line in lines if line)
        return [(bytes.fromhex(mark), reason) for mark, _, reason in parted]

    def forgive(self) -> None:
        """Let any password be sent, also one that was refused: the user insists."""
        with self._db.transaction(self._account_id):
            self._db.execute(
                "DELETE FROM holds WHERE account = ? AND kind = 'refused'", (self._account_id,)
            )
            self._notes.set(_REFUSALS, None)

    def _keep_refusal(self, hold: Hold) -> None:
        refusals = {hold.mark: " ".join(hold.reason.split())} | dict(self.refusals())
        lines = [f"{mark.hex()} {reason}" for mark, reason in refusals.items()]
        self._notes.set(_REFUSALS, "\n".join(lines[:_REFUSALS_KEPT]))


def _rebased(
    fingerprint: str | bytes, boot: str, sent_at: float, answered_at: float | None, *, now: Moment
) -> LedgerEntry:
    if boot != now.boot_id or sent_at > now.seconds + _SURELY_AHEAD:
        sent_at = min(0.0, now.seconds)
        answered_at = None if answered_at is None else sent_at
    return LedgerEntry(decode_text(fingerprint), sent_at, answered_at)
