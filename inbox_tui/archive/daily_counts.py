"""Daily counts of all and of unread messages by receiving number.

Counting a time window takes about the same time in an archive of any size: whole days are summed
from the table, and only the messages of the first, partial day are counted one by one.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable

from inbox_tui.archive.database import Database
from inbox_tui.archive.encoding import decode_text, encode_text, of_account
from inbox_tui.archive.records import DAY_SECONDS, FIRST_ROW, day_of_row, row_at

_ALL_NUMBERS = b""
"""The key of the counts over all receiving numbers; no number is stored like this."""
_FIRST_DAY = day_of_row(FIRST_ROW)


class DailyCounts:
    """The counts of one account, or of all if `account_id` is None.

    Messages from muted senders do not count as unread.
    """

    def __init__(self, database: Database, account_id: int | None) -> None:
        self._db = database
        self._of_account = of_account(account_id)
        self._in_use: tuple[int, list[str]] | None = None
        """The data version when `in_use` last read the table, and its result."""

    def total(self) -> int:
        """Return how many messages are in the archive."""
        return self.since(None)[0]

    def unread(self) -> int:
        """Return how many messages are unread."""
        return self.since(None)[1]

    def since(self, seconds: int | None, to_phone: str | None = None) -> tuple[int, int]:
        """Return the counts of all and of unread messages since these server seconds.

        None counts all messages. With `to_phone`, only messages to this number are counted.
        """
        next_day = _FIRST_DAY if seconds is None else seconds // DAY_SECONDS + 1
        with self._db.reading():
            total, unread = self._db.query_row(
                "SELECT ifnull(sum(total), 0), ifnull(sum(unread), 0) FROM daily_counts"
                f" WHERE to_phone = ? AND {self._of_account} AND day >= ?",
                (_key(to_phone), next_day),
            )
            if seconds is not None:
                more = self._count_part(to_phone, seconds, next_day * DAY_SECONDS)
                total, unread = total + more[0], unread + more[1]
        return total, unread

    def to_phones(
        self,
        since: int | None,
        *,
        parts: Iterable[tuple[str, Iterable[str]]] = (),
        most: int = -1,
    ) -> list[tuple[str, int, int]]:
        """Return receiving numbers with their counts of all and of unread messages.

        Sorted by number, without those that have no message. The cost is that of those returned.

        Args:
            since: Server seconds; None counts all messages.
            parts: Pairs of a string and numbers. For each pair, a number returned contains the
                string or is one of the numbers.
            most: How many to return at most; -1 for all.

        """
        first_day = _FIRST_DAY if since is None else since // DAY_SECONDS
        of_day = "d.account_id = t.account_id AND d.to_phone = t.to_phone AND d.day >="
        total, unread = (
            f"ifnull((SELECT sum({of}) FROM daily_counts AS d WHERE {of_day} :next), 0)"
            for of in ("total", "unread")
        )
        if since is not None:
            part = "FROM messages AS m WHERE m.to_phone = t.to_phone"
            part += " AND m.account_id = t.account_id AND m.row >= :start AND m.row < :stop"
            total += f" + (SELECT count(*) {part})"
            unread += f" + ifnull((SELECT sum(m.unread AND NOT m.muted) {part}), 0)"
        parameters: dict[str, int | str | None] = {
            "first": first_day,
            "next": first_day + (since is not None),
            "start": None if since is None else row_at(since),
            "stop": row_at((first_day + 1) * DAY_SECONDS),
            "most": most,
        }
        fits = self._of_account
        for index, (part, numbers) in enumerate(parts):
            fits += f" AND (instr(lower(to_phone), :part{index}) OR to_phone IN"
            fits += f" (SELECT value FROM json_each(:numbers{index})))"
            parameters[f"part{index}"] = part.lower()
            parameters[f"numbers{index}"] = json.dumps(list(numbers))
        rows = self._db.query(
            f"SELECT to_phone, sum({total}) AS messages, sum({unread}) FROM to_phones AS t"
            f" WHERE {fits} AND EXISTS (SELECT 1 FROM daily_counts AS d WHERE {of_day} :first)"
            " GROUP BY to_phone HAVING messages > 0 ORDER BY to_phone LIMIT :most",
            parameters,
        )
        return [(decode_text(to_phone), total, unread) for to_phone, total, unread in rows]

    def of_sender(self, phone: str, since: int | None) -> dict[str, tuple[int, int]]:
        """Return the counts of all and of unread messages from a sender, by receiving number.

        `since` is in server seconds; None counts all. The cost grows with the sender's messages.
        """
        found = self._db.query(
            "SELECT to_phone, count(*), sum(unread AND NOT muted)"
            " FROM messages INDEXED BY messages_phone"
            f" WHERE phone = ? AND row >= ? AND {self._of_account} GROUP BY to_phone",
            (encode_text(phone), FIRST_ROW if since is None else row_at(since)),
        )
        return {decode_text(to_phone): (total, unread) for to_phone, total, unread in found}

    def senders_among(self, numbers: Iterable[str]) -> set[str]:
        """Return those of these phone numbers that have sent messages, to any account.

        Only the index is read: it would take long to find out that all messages of a sender are in
        other accounts.
        """
        found = self._db.query(
            "SELECT value FROM json_each(?) WHERE EXISTS"
            " (SELECT 1 FROM messages INDEXED BY messages_phone WHERE phone = value)",
            (json.dumps(list(numbers)),),
        )
        return {number for (number,) in found}

    def in_use(self) -> list[str]:
        """Return the receiving numbers that have messages, sorted.

        The result is cached until the archive changes.
        """
        version = self._db.data_version()
        if self._in_use is None or self._in_use[0] != version:
            found = self._db.query(
                f"SELECT DISTINCT to_phone FROM to_phones WHERE {self._of_account}"
                " ORDER BY to_phone"
            )
            self._in_use = version, [decode_text(to_phone) for (to_phone,) in found]
        return self._in_use[1]

    def days(self, to_phone: str | None, since: int | None) -> list[tuple[int, int, int]]:
        """Return (day, messages, unread messages) of each day with messages, newest first."""
        first = _FIRST_DAY if since is None else since // DAY_SECONDS
        days = self._db.query(
            "SELECT day, sum(total), sum(unread) FROM daily_counts"
            f" WHERE to_phone = ? AND {self._of_account} AND day >= ?"
            " GROUP BY day ORDER BY day DESC",
            (_key(to_phone), first),
        )
        if since is not None and days and days[-1][0] == first:
            del days[-1]
            total, unread = self._count_part(to_phone, since, (first + 1) * DAY_SECONDS)
            if total:
                days.append((first, total, unread))
        return [(day, total, unread) for day, total, unread in days]

    def add(
        self, messages: Iterable[tuple[int, str | bytes, int, bool]], total: int, unread: int
    ) -> None:
        """Add `total` and `unread`, each -1, 0 or 1, to the counts for each message.

        A message is given as its account id, its receiving number as stored, its row, and whether
        `unread` applies to it. Call within `transaction`.
        """
        counts: Counter[tuple[int, str | bytes, int, bool]] = Counter(
            (account_id, to_phone, day_of_row(row), bool(counted))
            for account_id, to_phone, row, counted in messages
        )
        to_phones = {(to_phone, account_id) for account_id, to_phone, *_ in counts}
        self._db.execute_many("INSERT OR IGNORE INTO to_phones VALUES (?, ?)", to_phones)
        self._db.execute_many(
            "INSERT INTO daily_counts VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE"
            " SET total = total + excluded.total, unread = unread + excluded.unread",
            (
                (one_or_all, account_id, day, total * count, unread * count * counted)
                for (account_id, to_phone, day, counted), count in counts.items()
                for one_or_all in (to_phone, _ALL_NUMBERS)
            ),
        )
        if total < 0:
            self._db.execute("DELETE FROM daily_counts WHERE total = 0")
            self._db.execute_many(
                "DELETE FROM to_phones WHERE to_phone = ?1 AND account_id = ?2 AND NOT EXISTS"
                " (SELECT 1 FROM daily_counts WHERE to_phone = ?1 AND account_id = ?2)",
                to_phones,
            )

    def _count_part(self, to_phone: str | None, start: int, stop: int) -> tuple[int, int]:
        """Count the messages of part of a day one by one."""
        total, unread = self._db.query_row(
            "SELECT count(*), ifnull(sum(unread AND NOT muted), 0) FROM messages NOT INDEXED"
            f" WHERE row >= ? AND row < ? AND {self._of_account} AND ? IN (to_phone, x'')",
            (row_at(start), row_at(stop), _key(to_phone)),
        )
        return total, unread


def _key(to_phone: str | None) -> str | bytes:
    """Return the key of the counts of a receiving number, or of all numbers if it is None."""
    return _ALL_NUMBERS if to_phone is None else encode_text(to_phone)
