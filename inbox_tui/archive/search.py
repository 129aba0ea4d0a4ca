"""The search index, and finding with it and without."""

from __future__ import annotations

import heapq
import unicodedata
from bisect import bisect_right
from collections.abc import Generator, Iterable, Sequence
from contextlib import closing, suppress
from typing import Any, NamedTuple

from inbox_tui.archive.database import Found
from inbox_tui.archive.errors import ArchiveError, ArchiveFull, QueryCancelled
from inbox_tui.archive.records import Key, Query
from inbox_tui.archive.rows import INTEGERS, first_row, packed, rows_of
from inbox_tui.archive.tally import ALL_NUMBERS, DAY, Tally, day_of
from inbox_tui.archive.terms import Terms, search_document

_FOLDING = f"1 {unicodedata.unidata_version}"
"""What the index was made with; the first number changes with `inbox_tui.text.search`."""
_FEW_UNREAD = 2000
"""So many unread messages are looked through one by one rather than by the index."""
_ALL_ROWS = (INTEGERS[0], INTEGERS[-1])
_WAITING = (
    "unindexed CROSS JOIN messages NOT INDEXED"
    " ON messages.row BETWEEN max(unindexed.row, ?) AND min(unindexed.last, ?)"
)
"""What the search index has yet to come to, from one row to another."""
_WAITS = "ifnull((SELECT last FROM unindexed WHERE row <= ?1 ORDER BY row DESC LIMIT 1) >= ?1, 0)"
"""Whether a row is among them."""
_NEWEST_FIRST = "unindexed.row DESC, messages.row DESC"
_FIRST, _LAST = -(2**62), Key(2**62, 0)
"""Server seconds below, and a key above, all there can be."""
_MERGE_PAGES = 200
"""How much of the index is merged in one go: some ten milliseconds."""

_REWRITTEN_IN_MEMORY = 8192
"""So many pages of a file are rewritten by way of memory, more by way of a file beside it."""


class Search(Tally):
    """The part of the archive that finds messages by their text, sender and receiver.

    New messages are looked through one by one until `index` has come to them, newest first.
    """

    def index(self, limit: int) -> bool:
        """Bring the search index up by at most `limit` messages; tells whether any are left."""
        folding, scrub = self._db.query_row("SELECT folding, scrub FROM state")
        waiting = self._db.query_one("SELECT 1 FROM unindexed LIMIT 1")
        if folding == _FOLDING and waiting is None:
            if scrub:
                self._scrub()
            return False
        with self._db.transaction():
            (folding,) = self._db.query_row("SELECT folding FROM state")
            if folding != _FOLDING:
                self._begin_anew()
            rows = self._db.query(
                f"SELECT messages.row, message, phone, number FROM {_WAITING}"  # noqa: S608
                f" ORDER BY {_NEWEST_FIRST} LIMIT ?",
                (*_ALL_ROWS, limit),
            )
            rows.reverse()  # the index takes rising numbers at one go
            self._db.execute_many(
                "INSERT INTO search (rowid, text) VALUES (?, ?)",
                ((row, self._haystack(*texts)) for row, *texts in rows),
            )
            self._db.execute_many(
                "INSERT OR IGNORE INTO senders SELECT account, phone, row FROM messages"
                " WHERE row = ?",
                ((row,) for row, *_ in rows),
            )
            if len(rows) < limit:
                self._db.execute("DELETE FROM unindexed")
            elif rows:
                lowest = rows[0][0]
                self._db.execute("DELETE FROM unindexed WHERE row >= ?", (lowest,))
                self._db.execute(
                    "UPDATE unindexed SET last = ? WHERE last >= ?", (lowest - 1, lowest)
                )
            return self._db.query_one("SELECT 1 FROM unindexed LIMIT 1") is not None

    def unindexed(self) -> int:
        """Return how many messages wait for the search index."""
        (count,) = self._db.query_row(f"SELECT count(*) FROM {_WAITING}", _ALL_ROWS)  # noqa: S608
        return int(count)

    def _put_off(self, rows: Sequence[int], highest: int) -> None:
        """Have new rows wait for the index, in rising order; `highest` was the last one before."""
        above = bisect_right(rows, highest)
        self._db.execute_many(
            f"INSERT INTO unindexed SELECT ?1, ?1 WHERE NOT {_WAITS}",
            ((row,) for row in rows[:above]),
        )
        if above < len(rows):
            first, last = rows_of(self._account_id, None)
            self._db.execute("DELETE FROM unindexed WHERE row > ? AND row <= ?", (highest, last))
            self._db.execute(
                "UPDATE unindexed SET last = ?1 WHERE last > ?1 AND row BETWEEN ?2 AND ?1",
                (highest, first),
            )
            self._db.execute("INSERT INTO unindexed VALUES (?, ?)", (rows[above], rows[-1]))

    def _no_longer_wait(self, before: int) -> None:
        """Take what is gone, all before these server seconds, off what waits for the index."""
        first, _ = rows_of(self._account_id, None)
        kept = first_row(self._account_id, before)
        self._db.execute("DELETE FROM unindexed WHERE row >= ? AND last < ?", (first, kept))
        self._db.execute(
            "UPDATE unindexed SET row = ?1 WHERE row >= ?2 AND row < ?1", (kept, first)
        )

    def _begin_anew(self) -> None:
        self._db.execute("INSERT INTO search (search) VALUES ('delete-all')")
        self._db.execute("DELETE FROM unindexed")
        self._db.execute(
            "INSERT INTO unindexed SELECT min(row), max(row) FROM messages GROUP BY account"
        )
        self._db.execute("UPDATE state SET folding = ?", (_FOLDING,))

    def _haystack(self, message: str | bytes, phone: str | bytes, number: int) -> str:
        return search_document(message, phone, self._to_phone(number))

    def _fits(self, terms: Terms, message: str | bytes, phone: str | bytes, number: int) -> bool:
        return terms.found_in(message, phone, self._to_phone(number))

    # -- finding

    def _found(
        self, number: int, query: Query, last: int | None = None
    ) -> Generator[int, None, None]:
        """Yield the rows that fit a filter with a search or a sender, newest second first.

        `last`: none with a larger number. To be read within one transaction.
        """
        terms = Terms.of(query.search)
        match_query = terms.query
        of_index: list[object]
        first, end = rows_of(self._account_id, query.since)
        bounds = (first, end if last is None else min(last, end))
        further, parameters = _further(number, query)
        few = query.unread and self._counted(number, None)[1] <= _FEW_UNREAD
        if few or (match_query is None and query.phone is None):
            source = source_of(self._account_id, number, query)
            return self._checked(
                terms,
                self._db.query_each(
                    f"SELECT row, message, phone, messages.number FROM {source.table}"  # noqa: S608
                    f" AND row <= ? ORDER BY {source.order}",
                    (*source.parameters, bounds[1]),
                ),
            )
        columns = "messages.row, message, messages.phone, number"
        if match_query is not None:
            match, exact = match_query
            key, condition, of_index = "search.rowid", "search MATCH ?", [match]
        else:
            exact = not query.search
            key, condition = "senders.row", "senders.account = ? AND senders.phone = ?"
            of_index = [self._account_id, packed(query.phone or "")]
        table = key.partition(".")[0]
        joined = f"{columns} FROM {table} CROSS JOIN messages ON messages.row = {key}"
        if exact and query.search and not further:  # the index tells all
            joined = f"{key} FROM {table}"
        indexed = self._db.query_each(
            f"SELECT {joined} WHERE {condition} AND {key} BETWEEN ? AND ? {further}"
            f" ORDER BY {key} DESC",
            (*of_index, *bounds, *parameters),
        )
        waiting = self._db.query_each(
            f"SELECT {columns} FROM {_WAITING} {further} ORDER BY {_NEWEST_FIRST}",  # noqa: S608
            (*bounds, *parameters),
        )
        return self._merged(terms, indexed, waiting, exact=exact)

    def _merged(
        self,
        terms: Terms,
        indexed: Found,
        waiting: Found,
        *,
        exact: bool,
    ) -> Generator[int, None, None]:
        """Yield what the index found, and what is found in what waits for it, in one order.

        Those waiting are looked into no further than is asked for.
        """
        found = ((row[0], exact, row) for row in indexed)
        unknown = ((row[0], False, row) for row in waiting)
        with closing(indexed), closing(waiting):
            for row, sure, texts in heapq.merge(found, unknown, reverse=True):
                if sure or self._fits(terms, *texts[1:]):
                    yield row

    def _checked(self, terms: Terms, rows: Found) -> Generator[int, None, None]:
        with closing(rows):
            for row, *texts in rows:
                if self._fits(terms, *texts):
                    yield row

    # -- forgetting

    def _forget_rows(self) -> None:
        first, last = rows_of(self._account_id, None)
        outside = "SELECT 1 FROM messages WHERE row < ? OR row > ? LIMIT 1"
        if self._db.query_one(outside, (first, last)) is None:
            self._db.execute("INSERT INTO search (search) VALUES ('delete-all')")
        else:
            self._forget(
                self._db.query_each(
                    "SELECT row, message, phone, number FROM messages WHERE row BETWEEN ? AND ?",
                    (first, last),
                )
            )
        self._db.execute("DELETE FROM unindexed WHERE row BETWEEN ? AND ?", (first, last))
        self._db.execute("UPDATE state SET scrub = changes + 1")

    def _forget(self, rows: Iterable[tuple[Any, ...]]) -> None:
        """Take rows out of the index, where they are in it; numbers rise."""
        self._db.execute_many(
            f"INSERT INTO search (search, rowid, text) SELECT 'delete', ?1, ?2 WHERE NOT {_WAITS}",
            ((row, self._haystack(*texts)) for row, *texts in rows),
        )

    def _scrub(self) -> None:
        """Merge the index until nothing deleted is left in it, rewrite the file, empty its log.

        What another program still reads stays in the log: that is then emptied later, by `index`.
        """
        (deletion,) = self._db.query_row("SELECT scrub FROM state")
        if deletion != self._db.rewritten:
            self._db.stoppable = True
            try:
                self._merge_index()
                self._rewrite()
            finally:
                self._db.stoppable = False
            self._db.rewritten = deletion
        held_back, _, _ = self._db.query_row("PRAGMA wal_checkpoint(TRUNCATE)")
        if not held_back:
            with self._db.transaction():
                self._db.execute("UPDATE state SET scrub = 0 WHERE scrub = ?", (deletion,))

    def _merge_index(self) -> None:
        """Merge the index a piece at a time, so that other programs can write in between."""
        pages = -_MERGE_PAGES
        while True:
            self._stop_if_asked()
            with self._db.transaction():
                before = self._db.connection.total_changes
                self._db.execute("INSERT INTO search (search, rank) VALUES ('merge', ?)", (pages,))
                if self._db.connection.total_changes - before < 2:
                    break
            pages = _MERGE_PAGES

    def _rewrite(self) -> None:
        """Write the file anew: pages that were split keep copies of what has left them.

        Where the disk has no room for a second one, they keep them until the next time.
        """
        self._stop_if_asked()
        self._db.query_row("PRAGMA wal_checkpoint")  # zeros go over what is cut off the file
        (size,), (free,) = (
            self._db.query_row("PRAGMA page_count"),
            self._db.query_row("PRAGMA freelist_count"),
        )
        if size - free > _REWRITTEN_IN_MEMORY and self._can_spill():
            self._db.execute("PRAGMA temp_store = FILE")
        try:
            with suppress(ArchiveFull):
                self._db.execute("VACUUM")
        finally:
            self._db.execute("PRAGMA temp_store = MEMORY")

    def _stop_if_asked(self) -> None:
        if self._db.stop_requested:
            raise QueryCancelled("what was deleted is wiped the next time")

    def _can_spill(self) -> bool:
        """Have what memory is too small for in the archive's folder, in files without a name."""
        folder = str(self._db.path.parent.absolute())
        quoted = folder.replace("'", "''")
        try:
            self._db.execute(f"PRAGMA temp_store_directory = '{quoted}'")
        except (ArchiveError, UnicodeEncodeError):
            return False
        return self._db.query_one("PRAGMA temp_store_directory") == (folder,)


class Source(NamedTuple):
    """What a query reads messages from: for `SELECT … FROM table … ORDER BY order`."""

    table: str
    """Tables and conditions."""
    order: str
    """The order of lists, newest first, which the index gives."""
    parameters: list[object]


def source_of(account: int, number: int, query: Query, below: Key | None = None) -> Source:
    """Return where a filter's messages are, its search left out; `below`: only those older.

    Those of one number are looked for in the days that have any.
    """
    since, below = query.since if query.since is not None else _FIRST, below or _LAST
    conditions, parameters = _further(number, query)
    if number == ALL_NUMBERS or query.unread:
        return Source(
            f"messages INDEXED BY {'messages_unread' if query.unread else 'messages_key'}"
            f" WHERE account = ? AND received >= ? AND (received, id) < (?, ?) {conditions}",
            "received DESC, id DESC",
            [account, since, *below, *parameters],
        )
    return Source(
        "tally CROSS JOIN messages INDEXED BY messages_key ON messages.account = tally.account"
        f" AND received BETWEEN max(day, ?) AND min(day + {DAY - 1}, ?)"
        " WHERE tally.account = ? AND tally.number = ? AND day BETWEEN ? AND ?"
        f" AND (received, id) < (?, ?) {conditions}",
        "day DESC, received DESC, id DESC",
        [
            *(since, below.received),
            *(account, number, day_of(since), below.received),
            *below,
            *parameters,
        ],
    )


def _further(number: int, query: Query) -> tuple[str, list[object]]:
    """Return the conditions for what is neither account nor time, with parameters."""
    conditions, parameters = "", list[object]()
    if number != ALL_NUMBERS:
        conditions += " AND messages.number = ?"
        parameters.append(number)
    if query.phone is not None:
        conditions += " AND messages.phone = ?"
        parameters.append(packed(query.phone))
    if query.unread:
        conditions += " AND messages.unread = 1"
    return conditions, parameters
