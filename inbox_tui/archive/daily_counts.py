"""How many messages there are, and unread ones, by receiving number and day.

Counts of a window of time, at any size, are the sum of its days and of a part of one.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence

from inbox_tui.archive.database import Database
from inbox_tui.archive.encoding import decode_text, encode_text, json_numbers
from inbox_tui.archive.records import DAY_SECONDS, day_of_row, row_at

ALL_NUMBERS = 0
"""The to_phone_id that stands for all receiving numbers."""
_FIRST_DAY = -(2**40)
IN_IDS = "to_phone_id IN (SELECT value FROM json_each(?))"
"""The condition that a message is to one of these receiving numbers."""


class DailyCounts:
    """The counts of one account, or of all (`account_id` None).

    Messages of muted senders are in no count of unread ones.
    """

    def __init__(self, database: Database, account_id: int | None) -> None:
        self._db = database
        self._account_id = account_id
        self._names: dict[int, str] = {}
        self._in_use: tuple[int, list[str]] | None = None
        """What `in_use` has found, and the data version then."""

    def total(self) -> int:
        """Return how many messages are kept."""
        return self._count([ALL_NUMBERS], None)[0]

    def unread(self) -> int:
        """Return how many of them are unread."""
        return self._count([ALL_NUMBERS], None)[1]

    def since(self, seconds: int | None, to_phone: str | None = None) -> tuple[int, int]:
        """Return messages and unread ones since these server seconds, of that number if given.

        None is everything.
        """
        with self._db.reading():
            return self._count(self.to_phone_ids(to_phone), seconds)

    def to_phones(
        self,
        since: int | None,
        *,
        parts: Iterable[tuple[str, Iterable[str]]] = (),
        most: int = -1,
    ) -> list[tuple[str, int, int]]:
        """Return receiving numbers with their messages and unread ones since then.

        Sorted by number; those without a message are left out. The cost is that of those returned.

        Args:
            since: Server seconds; None is everything.
            parts: Each must be in the number, or else the number be one of those beside it.
            most: How many to return; -1 is all.

        """
        first_day = _FIRST_DAY if since is None else since // DAY_SECONDS
        counted = "FROM daily_counts AS d WHERE d.account_id = t.account_id"
        counted += " AND d.to_phone_id = t.to_phone_id AND d.day >= :next"
        total, unread = (f"ifnull((SELECT sum({of}) {counted}), 0)" for of in ("total", "unread"))
        if since is not None:  # a part of a day
            of_day = "FROM messages AS m WHERE m.to_phone_id = t.to_phone_id"
            of_day += " AND m.row >= :start AND m.row < :stop"
            total += f" + (SELECT count(*) {of_day})"
            unread += f" + ifnull((SELECT sum(m.unread AND NOT m.muted) {of_day}), 0)"
        parameters: dict[str, int | str | None] = {
            "account": self._account_id,
            "first": first_day,
            "next": first_day + (since is not None),
            "start": None if since is None else row_at(since),
            "stop": row_at((first_day + 1) * DAY_SECONDS),
            "most": most,
        }
        fits = "t.account_id = :account" if self._account_id is not None else "1"
        for index, (part, numbers) in enumerate(parts):
            fits += f" AND (instr(lower(t.to_phone), :part{index}) OR t.to_phone IN"
            fits += f" (SELECT value FROM json_each(:numbers{index})))"
            parameters[f"part{index}"] = part.lower()
            parameters[f"numbers{index}"] = json.dumps(list(numbers))
        rows = self._db.query(
            f"SELECT t.to_phone, sum({total}) AS messages, sum({unread}) FROM to_phones AS t"
            f" WHERE {fits} AND EXISTS (SELECT 1 FROM daily_counts AS d WHERE"
            " d.account_id = t.account_id AND d.to_phone_id = t.to_phone_id AND d.day >= :first)"
            " GROUP BY t.to_phone HAVING messages > 0 ORDER BY t.to_phone LIMIT :most",
            parameters,
        )
        return [(decode_text(to_phone), total, unread) for to_phone, total, unread in rows]

    def of_sender(self, phone: str, since: int | None) -> dict[str, tuple[int, int]]:
        """Return messages and unread ones that a sender wrote, by receiving number.

        Since these server seconds; None is everything. The cost is that of those messages.
        """
        found = self._db.query(
            "SELECT t.to_phone, count(*), sum(m.unread AND NOT m.muted)"
            " FROM (SELECT DISTINCT account_id AS of_account FROM to_phones"
            f" WHERE {self._of_account}) JOIN messages AS m INDEXED BY messages_phone"
            " ON m.account_id = of_account JOIN to_phones AS t USING (to_phone_id)"
            " WHERE m.phone = ? AND m.row >= ? GROUP BY t.to_phone",
            (*self._account, encode_text(phone), row_at(_FIRST_DAY if since is None else since)),
        )
        return {decode_text(to_phone): (total, unread) for to_phone, total, unread in found}

    def in_use(self) -> list[str]:
        """Return the receiving numbers that have messages, sorted; read where anything changed."""
        version = self._db.data_version()
        if self._in_use is not None and self._in_use[0] == version:
            return self._in_use[1]
        found = self._db.query(
            "SELECT DISTINCT to_phone FROM to_phones AS numbers"
            f" WHERE {self._of_account} AND EXISTS (SELECT 1 FROM daily_counts AS counts"
            " WHERE counts.account_id = numbers.account_id"
            " AND counts.to_phone_id = numbers.to_phone_id)",
            self._account,
        )
        numbers = sorted(decode_text(to_phone) for (to_phone,) in found)
        self._in_use = version, numbers
        return numbers

    def days(self, to_phone_ids: Sequence[int], since: int | None) -> list[tuple[int, int, int]]:
        """Return day, messages and unread ones of every day with messages, newest first."""
        first = _FIRST_DAY if since is None else since // DAY_SECONDS
        days = self._db.query(
            "SELECT day, sum(total), sum(unread) FROM daily_counts"
            f" WHERE {self._of_account} AND {IN_IDS} AND day >= ?"
            " GROUP BY day ORDER BY day DESC",
            (*self._account, json_numbers(to_phone_ids), first),
        )
        if since is not None and days and days[-1][0] == first:
            del days[-1]
            total, unread = self._count_part(to_phone_ids, since, (first + 1) * DAY_SECONDS)
            if total:
                days.append((first, total, unread))
        return [(day, total, unread) for day, total, unread in days]

    def newest_day(self) -> int | None:
        """Return the last day with messages; None where there are none."""
        (day,) = self._db.query_row(
            f"SELECT max(day) FROM daily_counts WHERE {self._of_account} AND to_phone_id = 0",
            self._account,
        )
        return None if day is None else int(day)

    def add(self, messages: Iterable[tuple[int, int, int, bool]], total: int, unread: int) -> None:
        """Add to the counts for each message; -1 takes off. Within `transaction`.

        A message is its account_id, to_phone_id, row, and whether it counts as unread: where it
        does not, `unread` is not added for it.
        """
        counts: Counter[tuple[int, int, int, bool]] = Counter(
            (account_id, to_phone_id, day_of_row(row), bool(counted))
            for account_id, to_phone_id, row, counted in messages
        )
        self._db.execute_many(
            "INSERT INTO daily_counts VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE"
            " SET total = total + excluded.total, unread = unread + excluded.unread",
            (
                (account_id, one_or_all, day, total * count, unread * count * counted)
                for (account_id, to_phone_id, day, counted), count in counts.items()
                for one_or_all in (to_phone_id, ALL_NUMBERS)
            ),
        )
        if total < 0:
            self._db.execute("DELETE FROM daily_counts WHERE total = 0")

    # -- receiving numbers

    def to_phone_ids(self, to_phone: str | None) -> list[int]:
        """Return what messages to this number refer to it with: an id in each account that has it.

        None stands for all numbers.
        """
        if to_phone is None:
            return [ALL_NUMBERS]
        found = self._db.query(
            f"SELECT to_phone_id FROM to_phones WHERE {self._of_account} AND to_phone = ?",
            (*self._account, encode_text(to_phone)),
        )
        return [to_phone_id for (to_phone_id,) in found]

    def make_to_phone_id(self, to_phone: str) -> int:
        """Return the id of this receiving number; it is made where it is new."""
        for to_phone_id in self.to_phone_ids(to_phone):
            return to_phone_id
        self._db.execute(
            "INSERT INTO to_phones (account_id, to_phone) VALUES (?, ?)",
            (self._account_id, encode_text(to_phone)),
        )
        (made,) = self._db.query_row("SELECT last_insert_rowid()")
        return int(made)

    def to_phone(self, to_phone_id: int) -> str:
        """Return the receiving number with this id."""
        if to_phone_id not in self._names:
            for known, to_phone in self._db.query("SELECT to_phone_id, to_phone FROM to_phones"):
                self._names[known] = decode_text(to_phone)
        return self._names.get(to_phone_id, "")

    # -- counting

    @property
    def _of_account(self) -> str:
        return "account_id = ?" if self._account_id is not None else "1"

    @property
    def _account(self) -> tuple[int, ...]:
        return (self._account_id,) if self._account_id is not None else ()

    def _count(self, to_phone_ids: Sequence[int], since: int | None) -> tuple[int, int]:
        next_day = _FIRST_DAY if since is None else since // DAY_SECONDS + 1
        total, unread = self._db.query_row(
            "SELECT ifnull(sum(total), 0), ifnull(sum(unread), 0) FROM daily_counts"
            f" WHERE {self._of_account} AND {IN_IDS} AND day >= ?",
            (*self._account, json_numbers(to_phone_ids), next_day),
        )
        if since is not None:
            more = self._count_part(to_phone_ids, since, next_day * DAY_SECONDS)
            return total + more[0], unread + more[1]
        return total, unread

    def _count_part(self, to_phone_ids: Sequence[int], start: int, stop: int) -> tuple[int, int]:
        """Count the messages of a part of a day one by one."""
        every = ALL_NUMBERS in to_phone_ids
        condition, ids = ("1", []) if every else (IN_IDS, [json_numbers(to_phone_ids)])
        total, unread = self._db.query_row(
            "SELECT count(*), ifnull(sum(unread AND NOT muted), 0) FROM messages NOT INDEXED"
            f" WHERE row >= ? AND row < ? AND {self._of_account} AND {condition}",
            (row_at(start), row_at(stop), *self._account, *ids),
        )
        return total, unread
