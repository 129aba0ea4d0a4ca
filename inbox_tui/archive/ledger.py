"""The ledger of requests, which several programs share, and what all of them must wait for."""

from __future__ import annotations

from datetime import datetime

from inbox_tui.archive.accounts import Accounts
from inbox_tui.archive.records import Hold, Permit, Refused
from inbox_tui.archive.rows import packed, unpacked
from inbox_tui.smsc.limit import LedgerEntry, Limit, Moment, earliest, in_flight_until

_KEPT_SECONDS = 3600.0
"""Requests older than this are forgotten, but for the last one of each scope."""
_SURELY_AHEAD = 3600.0
"""A request that lies this far ahead on this boot's clock is one of an earlier boot."""
_REFUSALS = "refusals"
"""The name of the note of passwords that were refused: a mark and the reason a line."""
_REFUSALS_KEPT = 4


class Ledger(Accounts):
    """The part of the archive that knows what was asked and what must be waited for.

    Nothing is known of when an earlier boot's requests were made, but that it was before this one
    began: they count as made at that moment, the last that there can be.
    """

    def begin_request(
        self, account: int, scope: str, fingerprint: str, now: Moment, limit: Limit
    ) -> Permit | Refused:
        """Put a request into the ledger if the limit lets it go now.

        All programs that share the archive take turns in this. Raises `ArchiveError`.
        """
        with self._writing(account):
            entries = self.ledger(account, now)
            until = earliest(entries, fingerprint, now.seconds, limit)
            if until > now.seconds:
                in_flight = in_flight_until(entries, limit)
                return Refused(until, in_flight is not None and in_flight > now.seconds)
            self._prune(account, now)
            self._do(
                "INSERT INTO requests (account, scope, fingerprint, boot, sent_at)"
                " VALUES (?, ?, ?, ?, ?)",
                (account, packed(scope), packed(fingerprint), now.boot_id, now.seconds),
            )
            (entry,) = self._one("SELECT last_insert_rowid()")
        return Permit(int(entry))

    def end_request(self, entry: int, now: Moment, *, delivered: bool, finished: bool) -> None:
        """Note what became of a request.

        Not `delivered`: it never left this machine, and is taken out. Not `finished`: the server
        may still be at work on it, and it counts as unanswered until its lifetime is over.
        """
        with self._writing():
            if not delivered:
                self._do("DELETE FROM requests WHERE entry = ?", (entry,))
            elif finished:
                self._do(
                    "UPDATE requests SET answered_at = ? WHERE entry = ?", (now.seconds, entry)
                )

    def ledger(self, account: int, now: Moment) -> list[LedgerEntry]:
        """Return the requests of a login, oldest first, on this boot's clock.

        The same service answers under sister domains (api.md, Also known), and counts for all.
        """
        found = self._all(
            "SELECT fingerprint, boot, sent_at, answered_at FROM requests WHERE account IN"
            " (SELECT account FROM accounts"
            "  WHERE login = (SELECT login FROM accounts WHERE account = ?))"
            " ORDER BY entry",
            (account,),
        )
        return [_rebased(*request, now=now) for request in found]

    def last_request(self, account: int, scope: str, now: Moment) -> LedgerEntry | None:
        """Return the last request of a scope, on this boot's clock."""
        found = self._first(
            "SELECT fingerprint, boot, sent_at, answered_at FROM requests"
            " WHERE account = ? AND scope = ? ORDER BY entry DESC LIMIT 1",
            (account, packed(scope)),
        )
        return None if found is None else _rebased(*found, now=now)

    def _prune(self, account: int, now: Moment) -> None:
        """Forget what can no longer be in anybody's window."""
        self._do(
            "DELETE FROM requests WHERE account = ?1 AND (sent_at < ?3 OR boot <> ?2) AND ?3 > 0"
            " AND entry NOT IN"
            " (SELECT max(entry) FROM requests WHERE account = ?1 GROUP BY scope)",
            (account, now.boot_id, now.seconds - _KEPT_SECONDS),
        )

    # -- holds

    def set_hold(self, account: int, hold: Hold, now: Moment) -> None:
        """Keep every program from asking until the hold is over or cleared.

        One that was set after `now` stays. The mark of a refused password is kept longer: see
        `refusals`.
        """
        with self._writing(account):
            if hold.mark:
                self._keep_refusal(account, hold)
            if self._held_since(account, now):
                return
            self._do(
                "INSERT OR REPLACE INTO holds VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    account,
                    hold.kind,
                    hold.until,
                    hold.attempt,
                    packed(hold.reason),
                    hold.at.isoformat(),
                    hold.mark,
                    now.boot_id,
                    now.seconds,
                ),
            )

    def clear_hold(self, account: int, now: Moment) -> None:
        """Let requests go again, unless the hold was set after `now`."""
        with self._writing(account):
            if not self._held_since(account, now):
                self._do("DELETE FROM holds WHERE account = ?", (account,))

    def _held_since(self, account: int, now: Moment) -> bool:
        """Tell whether there is a hold that was set later: what is known now is the older news."""
        later = self._first(
            "SELECT 1 FROM holds WHERE account = ? AND boot = ? AND seconds > ? AND seconds <= ?",
            (account, now.boot_id, now.seconds, now.seconds + _SURELY_AHEAD),
        )
        return later is not None

    def hold(self, account: int, now: Moment) -> Hold | None:
        """Return what keeps us from asking, on this boot's clock; it may be over already."""
        found = self._first(
            "SELECT kind, until, attempt, reason, at, mark, boot, seconds FROM holds"
            " WHERE account = ?",
            (account,),
        )
        if found is None:
            return None
        kind, until, attempt, reason, at, mark, boot, seconds = found
        hold = Hold(kind, until, attempt, unpacked(reason), datetime.fromisoformat(at), mark)
        if until is None or (boot == now.boot_id and seconds <= now.seconds + _SURELY_AHEAD):
            return hold
        return hold._replace(until=self._rebased_end(until - seconds, hold.at, now))

    def _rebased_end(self, wait: float, at: datetime, now: Moment) -> float:
        """Return when a wait that an earlier boot began is over.

        It began before this boot did, and by the wall clock at `at`, if that one can be believed.
        """
        since = (self._wall() - at).total_seconds()
        return now.seconds + max(0.0, wait - max(since, now.seconds))

    # -- refused passwords

    def refusals(self, account: int) -> list[tuple[bytes, str]]:
        """Return the marks of the last few passwords that were refused, and why, newest first.

        They outlive the hold: another program may have a password that is good.
        """
        lines = (self.recall(account, _REFUSALS) or "").split("\n")
        parted = (line.partition(" ") for line in lines if line)
        return [(bytes.fromhex(mark), reason) for mark, _, reason in parted]

    def forgive(self, account: int) -> None:
        """Let any password be sent, also one that was refused: the user insists."""
        with self._writing(account):
            self._do("DELETE FROM holds WHERE account = ? AND kind = 'refused'", (account,))
            self._note(account, _REFUSALS, None)

    def _keep_refusal(self, account: int, hold: Hold) -> None:
        refusals = {hold.mark: " ".join(hold.reason.split())} | dict(self.refusals(account))
        lines = [f"{mark.hex()} {reason}" for mark, reason in refusals.items()]
        self._note(account, _REFUSALS, "\n".join(lines[:_REFUSALS_KEPT]))


def _rebased(
    fingerprint: str | bytes, boot: str, sent_at: float, answered_at: float | None, *, now: Moment
) -> LedgerEntry:
    if boot != now.boot_id or sent_at > now.seconds + _SURELY_AHEAD:
        sent_at = min(0.0, now.seconds)
        answered_at = None if answered_at is None else sent_at
    return LedgerEntry(unpacked(fingerprint), sent_at, answered_at)
