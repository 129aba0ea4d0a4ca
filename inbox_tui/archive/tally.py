"""Counts that do not depend on how many messages there are, from tallies of days."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from inbox_tui.archive.accounts import Accounts

ALL_NUMBERS = 0
DAY = 86400


def day_of(received: int) -> int:
    """Return where the day that holds these server seconds begins."""
    return received - received % DAY


class Tally(Accounts):
    """The part of the archive that counts."""

    def total(self, account: int) -> int:
        """Return how many messages are kept."""
        return self._counted(account, ALL_NUMBERS, None)[0]

    def unread(self, account: int) -> int:
        """Return how many of them are unread."""
        return self._counted(account, ALL_NUMBERS, None)[1]

    def windows(
        self, account: int, to_phone: str | None, sinces: Iterable[int | None]
    ) -> list[int]:
        """Return how many messages, of that number if given, each window holds.

        A window begins at these server seconds; None is everything.
        """
        with self._reading():
            number = ALL_NUMBERS if to_phone is None else self._number(account, to_phone)
            if number is None:
                return [0 for _ in sinces]
            return [self._counted(account, number, since)[0] for since in sinces]

    def to_phones(self, account: int, since: int | None) -> list[tuple[str, int, int]]:
        """Return every receiving number with its messages and unread ones since then.

        Sorted by number; those without a message are left out.
        """
        with self._reading():
            numbers = self._all("SELECT number FROM numbers WHERE account = ?", (account,))
            counted = [
                (self._to_phone(number), *self._counted(account, number, since))
                for (number,) in numbers
            ]
        return sorted(entry for entry in counted if entry[1])

    def _counted(self, account: int, number: int, since: int | None) -> tuple[int, int]:
        """Count messages and unread ones: whole days, then one by one."""
        next_day = -(2**62) if since is None else day_of(since) + DAY
        total, unread = self._one(
            "SELECT ifnull(sum(total), 0), ifnull(sum(unread), 0) FROM tally"
            " WHERE account = ? AND number = ? AND day >= ?",
            (account, number, next_day),
        )
        if since is not None:
            total += self._in_part(account, number, since, next_day)
            unread += self._in_part(account, number, since, next_day, unread=True)
        return total, unread

    def _in_part(
        self, account: int, number: int, start: int, stop: int, *, unread: bool = False
    ) -> int:
        """Count the messages of a part of a day, or the unread ones of them, one by one."""
        index, only = ("messages_unread", "AND unread = 1") if unread else ("messages_key", "")
        (count,) = self._one(
            f"SELECT count(*) FROM messages INDEXED BY {index} WHERE account = ?"  # noqa: S608
            f" AND received >= ? AND received < ? AND ? IN (number, ?) {only}",
            (account, start, stop, number, ALL_NUMBERS),
        )
        return int(count)

    def _add_to_tally(
        self, account: int, counted: Iterable[tuple[int, int]], total: int, unread: int
    ) -> None:
        """Add to the tallies for each message's number and received; -1 takes off."""
        days: Counter[tuple[int, int]] = Counter()
        for (number, day), count in Counter(
            [(number, received // DAY) for number, received in counted]
        ).items():
            days[number, day * DAY] += count
            days[ALL_NUMBERS, day * DAY] += count
        self._do_each(
            "INSERT INTO tally VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE"
            " SET total = total + excluded.total, unread = unread + excluded.unread",
            (
                (account, number, day, total * count, unread * count)
                for (number, day), count in sorted(days.items())
            ),
        )
        if total < 0:
            self._do("DELETE FROM tally WHERE account = ? AND total = 0", (account,))
