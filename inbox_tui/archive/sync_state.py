"""How far the service has been asked, what it could not give any more, and when ids were seen."""

from __future__ import annotations

from datetime import datetime

from inbox_tui.archive.database import Database
from inbox_tui.archive.encoding import encode_text
from inbox_tui.archive.records import Gap, Sweep
from inbox_tui.smsc.limit import Moment

_SIGHTINGS_KEPT_SECONDS = 7200.0


class SyncState:
    """How far one account has been asked for, by scope: a receiving number, or "" for all."""

    def __init__(self, database: Database, account_id: int) -> None:
        self._db = database
        self._account_id = account_id

    def sweep(self, scope: str) -> Sweep:
        """Return how far a scope has been asked for; nothing but None where it never was."""
        found = self._db.query_one(
            "SELECT floor, reached, boot, seconds, completed FROM sweeps"
            " WHERE account = ? AND scope = ?",
            (self._account_id, encode_text(scope)),
        )
        if found is None:
            return Sweep(None, None, None, None)
        floor, reached, boot, seconds, completed = found
        return Sweep(
            floor,
            reached,
            None if boot is None else Moment(boot, seconds),
            None if completed is None else datetime.fromisoformat(completed),
        )

    def set_sweep(self, scope: str, sweep: Sweep) -> None:
        """Keep how far a scope has been asked for; within `transaction`."""
        boot, seconds = sweep.started or (None, None)
        completed = None if sweep.completed is None else sweep.completed.isoformat()
        self._db.execute(
            "INSERT OR REPLACE INTO sweeps VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                self._account_id,
                encode_text(scope),
                sweep.floor,
                sweep.reached,
                boot,
                seconds,
                completed,
            ),
        )

    def settled(self, scope: str, started: Moment, seconds: float) -> int | None:
        """Return the highest id that had been seen `seconds` before `started`, or earlier.

        None where nothing had been, on this boot: what an earlier one saw is in the sweep's floor.
        """
        (highest,) = self._db.query_row(
            "SELECT max(highest) FROM sightings"
            " WHERE account = ? AND scope = ? AND boot = ? AND seconds <= ?",
            (self._account_id, encode_text(scope), started.boot_id, started.seconds - seconds),
        )
        return None if highest is None else int(highest)

    def add_sighting(self, scope: str, at: Moment, highest: int) -> None:
        """Note when an id was seen; of what is hours old, only the highest is kept.

        Within `transaction`.
        """
        self._db.execute(
            "INSERT INTO sightings VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT DO UPDATE SET highest = max(highest, excluded.highest)",
            (self._account_id, encode_text(scope), at.boot_id, at.seconds, highest),
        )
        old = at.seconds - _SIGHTINGS_KEPT_SECONDS
        best = self._db.query_one(
            "SELECT seconds FROM sightings WHERE account = ? AND scope = ? AND boot = ?"
            " AND seconds <= ? ORDER BY highest DESC, seconds LIMIT 1",
            (self._account_id, encode_text(scope), at.boot_id, old),
        )
        self._db.execute(
            "DELETE FROM sightings WHERE account = ? AND scope = ?"
            " AND (boot <> ? OR (seconds <= ? AND seconds <> ?))",
            (
                self._account_id,
                encode_text(scope),
                at.boot_id,
                old,
                best[0] if best is not None else old,
            ),
        )

    # -- gaps

    def add_gap(self, scope: str, gap: Gap) -> None:
        """Keep a gap; within `transaction`."""
        self._db.execute(
            "INSERT OR IGNORE INTO gaps VALUES (?, ?, ?, ?)",
            (self._account_id, encode_text(scope), *gap),
        )
        self._db.count_change()

    def gaps(self) -> list[Gap]:
        """Return the gaps of the account, newest first, each once."""
        return self.gaps_of(None)

    def gaps_of(self, to_phone: str | None) -> list[Gap]:
        """Return the gaps, newest first: of any scope, or those of all numbers and of one."""
        gaps = self._db.query(
            'SELECT scope, start, "end" FROM gaps WHERE account = ?', (self._account_id,)
        )
        scopes = (encode_text(to_phone or ""), "")
        fitting = {
            Gap(start, end) for scope, start, end in gaps if to_phone is None or scope in scopes
        }
        return sorted(fitting, key=lambda gap: (-gap.end, gap.start))

    def expire_gaps(self, before: int) -> None:
        """Forget gaps that end at these server seconds or earlier; within `transaction`."""
        self._db.execute(
            'DELETE FROM gaps WHERE account = ? AND "end" <= ?', (self._account_id, before)
        )
