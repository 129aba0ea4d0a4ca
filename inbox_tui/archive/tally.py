"""Counts that do not depend on how many messages there are, from tallies of days."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from inbox_tui.archive.database import Database
from inbox_tui.archive.notes import Notes
from inbox_tui.archive.rows import packed, unpacked
from inbox_tui.archive.sync_state import SyncState

ALL_NUMBERS = 0
DAY = 86400


def day_of(received: int) -> int:
    """Return where the day that holds these server seconds begins."""
    return received - received % DAY


class Tally:
    """The part of the archive that counts."""

    def __init__(
        self, database: Database, account_id: int, notes: Notes, sync_state: SyncState
    ) -> None:
        self._db = database
        self._account_id = account_id
        self._notes = notes
        self._sync_state = sync_state
        self._numbers: dict[int, str] = {}

    def total(self) -> int:
        """Return how many messages are kept."""
        return self._counted(ALL_NUMBERS, None)[0]

    def unread(self) -> int:
        """Return how many of them are unread."""
        return self._counted(ALL_NUMBERS, None)[1]

    def windows(self, to_phone: str | None, sinces: Iterable[int | None]) -> list[int]:
        """Return how many messages, of that number if given, each window holds.

        A window begins at these server seconds; None is everything.
        """
        with self._db.reading():
            number = ALL_NUMBERS if to_phone is None else self._number(to_phone)
            if number is None:
                return [0 for _ in sinces]
            return [self._counted(number, since)[0] for since in sinces]

    def to_phones(self, since: int | None) -> list[tuple[str, int, int]]:
        """Return every receiving number with its messages and unread ones since then.

        Sorted by number; those without a message are left out.
        """
        with self._db.reading():
            numbers = self._db.query(
                "SELECT number FROM numbers WHERE account = ?", (self._account_id,)
            )
            counted = [
                (self._to_phone(number), *self._counted(number, since)) for (number,) in numbers
            ]
        return sorted(entry for entry in counted if entry[1])

    def _counted(self, number: int, since: int | None) -> tuple[int, int]:
        """Count messages and unread ones: whole days, then one by one."""
        next_day = -(2**62) if since is None else day_of(since) + DAY
        total, unread = self._db.query_row(
            "SELECT ifnull(sum(total), 0), ifnull(sum(unread), 0) FROM tally"
            " WHERE account = ? AND number = ? AND day >= ?",
            (self._account_id, number, next_day),
        )
        if since is not None:
            total += self._in_part(number, since, next_day)
            unread += self._in_part(number, since, next_day, unread=True)
        return total, unread

    def _in_part(self, number: int, start: int, stop: int, *, unread: bool = False) -> int:
        """Count the messages of a part of a day, or the unread ones of them, one by one."""
        index, only = ("messages_unread", "AND unread = 1") if unread else ("messages_key", "")
        (count,) = self._db.query_row(
            f"SELECT count(*) FROM messages INDEXED BY {index} WHERE account = ?"  # noqa: S608
            f" AND received >= ? AND received < ? AND ? IN (number, ?) {only}",
            (self._account_id, start, stop, number, ALL_NUMBERS),
        )
        return int(count)

    def _add_to_tally(self, counted: Iterable[tuple[int, int]], total: int, unread: int) -> None:
        """Add to the tallies for each message's number and received; -1 takes off."""
        days: Counter[tuple[int, int]] = Counter()
        for (number, day), count in Counter(
            [(number, received // DAY) for number, received in counted]
        ).items():
            days[number, day * DAY] += count
            days[ALL_NUMBERS, day * DAY] += count
        self._db.execute_many(
            "INSERT INTO tally VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE"
            " SET total = total + excluded.total, unread = unread + excluded.unread",
            (
                (self._account_id, number, day, total * count, unread * count)
                for (number, day), count in sorted(days.items())
            ),
        )
        if total < 0:
            self._db.execute(
                "DELETE FROM tally WHERE account = ? AND total = 0", (self._account_id,)
            )

    def _number(self, to_phone: str) -> int | None:
        """Return what messages to this number refer to it with; None: there were none."""
        found = self._db.query_one(
            "SELECT number FROM numbers WHERE account = ? AND to_phone = ?",
            (self._account_id, packed(to_phone)),
        )
        return None if found is None else int(found[0])

    def _number_made(self, to_phone: str) -> int:
        number = self._number(to_phone)
        if number is None:
            self._db.execute(
                "INSERT INTO numbers (account, to_phone) VALUES (?, ?)",
                (self._account_id, packed(to_phone)),
            )
            (number,) = self._db.query_row("SELECT last_insert_rowid()")
        return number

    def _to_phone(self, number: int) -> str:
        """Return the number that messages refer to so."""
        if number not in self._numbers:
            for known, to_phone in self._db.query("SELECT number, to_phone FROM numbers"):
                self._numbers[known] = unpacked(to_phone)
        return self._numbers.get(number, "")
