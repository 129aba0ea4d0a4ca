"""Finds the rows of the messages that match a query, in either order, one at a time."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from contextlib import closing
from typing import NamedTuple

from inbox_tui.archive.database import Database
from inbox_tui.archive.encoding import encode_text, json_numbers, of_account
from inbox_tui.archive.records import FIRST_ROW, LAST_ROW, Query, row_at
from inbox_tui.archive.search_index import Check, match
from inbox_tui.text.search_query import Is, MessageState

_FEW = 2000
"""If an index leaves at most this many messages, they are checked without the search index."""
_STATES: dict[MessageState, tuple[str, str]] = {
    "unread": ("unread = 1 AND muted = 0", "messages_unread"),
    "read": ("unread = 0", ""),
    "starred": ("starred = 1", "messages_starred"),
    "done": ("done = 1", "messages_done"),
    "todo": ("done = 0", ""),
    "muted": ("muted = 1", "messages_muted"),
    "taken": ("taken > 0", "messages_taken"),
    "mine": ("taken = 2 AND taken > 0", "messages_taken"),
}
"""The condition for each state, and the index of the messages in it; "" if there is none."""


Rows = Generator[int, None, None]
"""A generator of rows, to be exhausted or closed."""


class _Condition(NamedTuple):
    sql: str
    parameters: Sequence[object] = ()
    by_index: str = ""
    """The index that finds the matching messages in row order; "" if there is none."""


class _Span(NamedTuple):
    """The range of rows to search, both ends excluded, and the order."""

    above: int
    below: int
    oldest_first: bool


class Matching:
    """Finds messages of one account, or of all if `account_id` is None."""

    def __init__(self, database: Database, account_id: int | None) -> None:
        self._db = database
        self._account_id = account_id

    def rows(
        self,
        query: Query,
        *,
        above: int = FIRST_ROW,
        below: int = LAST_ROW,
        oldest_first: bool = False,
        change: int | None = None,
    ) -> Rows:
        """Yield the rows of matching messages between `above` and `below`, both excluded.

        With `change`, only messages that came with this value of `Database.changes` or an earlier
        one. Exhaust or close the generator within one transaction.
        """
        if query.since is not None:
            above = max(above, row_at(query.since) - 1)
        if query.before is not None:
            below = min(below, row_at(query.before))
        span = _Span(above, below, oldest_first)
        conditions = self._conditions(query)
        if change is not None:
            conditions.append(_Condition("change <= ?", [change]))
        wanted = match(query.search)
        if wanted is None:
            return self._in_table(conditions, self._index(conditions), span, None)
        if few := self._index(conditions, only_few=True):
            return self._in_table(conditions, few, span, wanted.check)
        check = wanted.check_found
        if wanted.included:
            text = wanted.included
            if wanted.excluded:
                text = f"{text} NOT ({wanted.excluded})"
            return self._in_search(text, conditions, span, check)
        rows = self._in_table(conditions, self._index(conditions), span, check)
        if not wanted.excluded:
            return rows
        left_out = self._in_search(wanted.excluded, [], span, None)
        return _without(rows, left_out, oldest_first=oldest_first)

    def any_within(self, query: Query, spans: Sequence[tuple[int, int, int]]) -> list[bool]:
        """Return for each span whether it contains any message of a plain query.

        The last two items of a span are its lowest row and the row above its highest.
        """
        if not spans:
            return []
        conditions = self._conditions(query)
        index = self._index(conditions)
        since = FIRST_ROW if query.since is None else row_at(query.since)
        found = self._db.query(
            "SELECT EXISTS (SELECT 1 FROM messages"
            f" {f'INDEXED BY {index}' if index else 'NOT INDEXED'}"
            " WHERE row >= max(?, json_extract(value, '$[0]'))"
            " AND row < json_extract(value, '$[1]')"
            f"{_further(conditions)}) FROM json_each(?)",
            (since, *_parameters(conditions), _json_spans(span[-2:] for span in spans)),
        )
        return [bool(is_any) for (is_any,) in found]

    def unread_within(self, spans: Iterable[tuple[int, int]]) -> set[int]:
        """Return the rows of the messages in these spans that count as unread, of all accounts."""
        found = self._db.query(
            "SELECT row FROM json_each(?) CROSS JOIN messages INDEXED BY messages_unread"
            " ON row >= json_extract(value, '$[0]') AND row < json_extract(value, '$[1]')"
            " WHERE unread = 1 AND muted = 0",
            (_json_spans(spans),),
        )
        return {row for (row,) in found}

    def _conditions(self, query: Query) -> list[_Condition]:
        conditions: list[_Condition] = []
        if query.phone is not None:
            phone = [encode_text(query.phone)]
            conditions.append(_Condition("messages.phone = ?", phone, "messages_phone"))
        states = query.search.states
        for state, excluded in states if query.state is None else (Is(query.state), *states):
            sql, index = _STATES[state]
            conditions.append(
                _Condition(f"NOT ({sql})") if excluded else _Condition(sql, (), index)
            )
        if query.to_phone is not None:
            to_phone = [encode_text(query.to_phone)]
            conditions.append(_Condition("messages.to_phone = ?", to_phone, "messages_to_phone"))
        if self._account_id is not None and not self._is_alone():
            conditions.append(_Condition(of_account(self._account_id)))
        return conditions

    def _is_alone(self) -> bool:
        """Return whether no other account has messages."""
        (others,) = self._db.query_row(
            "SELECT EXISTS (SELECT 1 FROM daily_counts WHERE to_phone = x'' AND account_id < ?1)"
            " OR EXISTS (SELECT 1 FROM daily_counts WHERE to_phone = x'' AND account_id > ?1)",
            (self._account_id,),
        )
        return not others

    def _index(self, conditions: Sequence[_Condition], *, only_few: bool = False) -> str:
        """Return an index with at most `_FEW` messages, or else the first one, or "" without any.

        With `only_few`, "" if none has so few.
        """
        indexed = [condition for condition in conditions if condition.by_index]
        for sql, parameters, index in indexed if only_few or len(indexed) > 1 else ():
            (count,) = self._db.query_row(
                f"SELECT count(*) FROM (SELECT 1 FROM messages INDEXED BY {index}"
                f" WHERE {sql} LIMIT {_FEW + 1})",
                parameters,
            )
            if count <= _FEW:
                return index
        return "" if only_few or not indexed else indexed[0].by_index

    def _in_table(
        self, conditions: Sequence[_Condition], index: str, span: _Span, check: Check | None
    ) -> Rows:
        hint = f"INDEXED BY {index}" if index else "NOT INDEXED"
        return self._found(f"messages {hint}", "messages.row", conditions, span, check)

    def _in_search(
        self, text: str, conditions: Sequence[_Condition], span: _Span, check: Check | None
    ) -> Rows:
        source = "search"
        if check is not None or conditions:
            source = "search CROSS JOIN messages ON messages.row = search.rowid"
        conditions = [_Condition("search MATCH ?", [text]), *conditions]
        return self._found(source, "search.rowid", conditions, span, check)

    def _found(
        self,
        source: str,
        row: str,
        conditions: Sequence[_Condition],
        span: _Span,
        check: Check | None,
    ) -> Rows:
        texts = "" if check is None else ", message, messages.phone, messages.to_phone"
        found = self._db.query_each(
            f"SELECT {row}{texts} FROM {source} WHERE {row} > ? AND {row} < ?"
            f"{_further(conditions)} ORDER BY {row} {'ASC' if span.oldest_first else 'DESC'}",
            (span.above, span.below, *_parameters(conditions)),
        )
        with closing(found):
            for number, *columns in found:
                if check is None or check(*columns):
                    yield number


def _json_spans(spans: Iterable[Sequence[int]]) -> str:
    return f"[{','.join(json_numbers(span) for span in spans)}]"


def _further(conditions: Sequence[_Condition]) -> str:
    return "".join(f" AND {condition.sql}" for condition in conditions)


def _parameters(conditions: Sequence[_Condition]) -> list[object]:
    return [parameter for condition in conditions for parameter in condition.parameters]


def _without(rows: Rows, left_out: Rows, *, oldest_first: bool) -> Rows:
    """Yield the rows that are not in `left_out`; both are in the same order."""
    with closing(rows), closing(left_out):
        excluded = next(left_out, None)
        for row in rows:
            while excluded is not None and (excluded < row if oldest_first else excluded > row):
                excluded = next(left_out, None)
            if row != excluded:
                yield row
