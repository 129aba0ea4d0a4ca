"""The search index, and the translation of searches into queries for it.

The index is an FTS5 table of trigrams, updated together with the messages. It finds strings of
three or more characters; anything it cannot decide is checked message by message.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from inbox_tui.archive.database import Database
from inbox_tui.archive.encoding import decode_text
from inbox_tui.text import find_code, find_links, fold_text
from inbox_tui.text.search import join_digits
from inbox_tui.text.search_query import Has, Party, SearchQuery, Words

_SHORTEST = 3
"""The length of the shortest string that the index can find."""
_LONGEST_STRING = 64
"""Longer strings are looked up by their beginning, and the messages found are checked."""
_MOST_STRINGS = 64
_UNSEARCHABLE = re.compile("[\0\ue000\ue001\ud800-\udfff]")
_WHOLE = "\ue000{}\ue001"
"""A number or sender as indexed, between two delimiters, so that it can be found as a whole."""
_PARTIES_REMEMBERED = 4096
_LINKED = '(text : "://")'
"""The query for messages that may have a link: every link contains this."""

Document = tuple[str, str, str]
"""The search document of a message: text, sender and receiver as they are indexed."""


class SearchIndex:
    """The search index of all messages of the archive."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def add(self, documents: Iterable[tuple[int, Document]]) -> None:
        """Add messages to the index, in ascending order of rows. Call within `transaction`."""
        self._db.execute_many(
            "INSERT INTO search (rowid, text, phone, to_phone) VALUES (?, ?, ?, ?)",
            ((row, *document) for row, document in documents),
        )

    def remove(self, documents: Iterable[tuple[int, Document]]) -> None:
        """Remove messages from the index; the documents must be those that were added."""
        self._db.execute_many(
            "INSERT INTO search (search, rowid, text, phone, to_phone)"
            " VALUES ('delete', ?, ?, ?, ?)",
            ((row, *document) for row, document in documents),
        )

    def clear(self) -> None:
        """Remove everything from the index. Call within `transaction`."""
        self._db.execute("INSERT INTO search (search) VALUES ('delete-all')")

    def rebuild(self) -> None:
        """Rebuild the index if it may be damaged."""
        (stale,) = self._db.query_row("SELECT search_stale FROM state")
        if not stale or self._db.read_only:
            return
        with self._db.transaction():
            self.clear()
            messages = self._db.query_each(
                "SELECT row, message, phone, to_phone FROM messages ORDER BY row"
            )
            self.add((row, document(*texts)) for row, *texts in messages)
            self._db.execute("UPDATE state SET search_stale = 0")

    def check(self) -> bool:
        """Read the whole index and return whether it is intact.

        SQLite before 3.44 cannot check the index and always finds it intact. A damaged index is
        rebuilt when the file is next opened.
        """
        sound = self._db.query("PRAGMA quick_check(search)") == [("ok",)]
        if not sound:
            self._db.suspect_damage()
        return sound


def document(message: str | bytes, phone: str | bytes, to_phone: str | bytes) -> Document:
    """Return the search document of a message, whose texts may be encoded.

    If removing separators between digits changes the text, the document has both forms of it.
    """
    folded = fold_text(decode_text(message))
    joined = join_digits(folded)
    text = _searchable(folded if joined == folded else f"{folded}\n{joined}")
    return text, _party(decode_text(phone)), _party(decode_text(to_phone))


@lru_cache(_PARTIES_REMEMBERED)
def _party(phone: str) -> str:
    folded = fold_text(phone)
    whole = _WHOLE.format(_searchable(folded))
    joined = _searchable(join_digits(folded))
    return whole if joined in whole else f"{whole}\n{joined}"


def _searchable(text: str) -> str:
    """Replace characters that cannot be indexed, and those that `_WHOLE` uses as delimiters."""
    return text if text.isascii() and "\0" not in text else _UNSEARCHABLE.sub("\ufffd", text)


Check = Callable[["str | bytes", "str | bytes", "str | bytes"], bool]
"""Takes a message's text, sender and receiver, encoded or not; returns whether it matches."""


class Match(NamedTuple):
    """A search as queries for the index and checks of single messages."""

    included: str
    """The index query that all matching messages match; "" if there is none."""
    excluded: str
    """The index query that no matching message matches; "" if there is none."""
    check: Check
    """The check for a message that the index has not been asked about."""
    check_found: Check | None
    """The check for a message that matches `included` and not `excluded`; None if not needed."""


def match(search: SearchQuery) -> Match | None:
    """Return how to find messages by their texts, or None if every message matches."""
    if not (search.words or search.senders or search.receivers or search.contents):
        return None
    included: list[str] = []
    excluded: list[str] = []
    exact = True
    for lookup, is_excluded in _lookups(search):
        exact = exact and lookup.exact
        if is_excluded and lookup.exact:
            excluded.append(lookup.query)
        elif not is_excluded and lookup.query:
            included.append(lookup.query)
    exact = exact and len(included) + len(excluded) <= _MOST_STRINGS

    def check(message: str | bytes, phone: str | bytes, to_phone: str | bytes) -> bool:
        found = document(message, phone, to_phone)
        return _fits(search, found) and _has_contents(search, decode_text(message))

    def check_contents(message: str | bytes, _phone: str | bytes, _to_phone: str | bytes) -> bool:
        return _has_contents(search, decode_text(message))

    check_exact = check_contents if search.contents else None
    return Match(
        " AND ".join(included[:_MOST_STRINGS]),
        " OR ".join(excluded[:_MOST_STRINGS]),
        check,
        check_exact if exact else check,
    )


# -- queries for the index


class _Lookup(NamedTuple):
    query: str
    """The query for the index; "" if the index cannot find it."""
    exact: bool
    """Whether everything the query finds is a match, so that no message needs a check."""


def _lookups(search: SearchQuery) -> Iterator[tuple[_Lookup, bool]]:
    """Yield each part of a search as a lookup, and whether messages must not match it."""
    for words in search.words:
        yield _words_lookup(words), words.excluded
    for column, parties in (("phone", search.senders), ("to_phone", search.receivers)):
        if wanted := [party for party in parties if not party.excluded]:
            yield _parties_lookup(column, wanted), False
        for party in parties:
            if party.excluded:
                yield _parties_lookup(column, [party]), True
    if Has("link") in search.contents:
        yield _Lookup(_LINKED, exact=True), False


def _words_lookup(words: Words) -> _Lookup:
    alternatives: list[str] = []
    exact = True
    for strings in words.alternatives:
        indexed = [string for string in strings if len(string) >= _SHORTEST]
        exact = exact and len(indexed) == len(strings) and _short_enough(indexed)
        if not indexed:
            return _Lookup("", exact=False)
        alternatives.append(f"({' AND '.join(map(_quoted, indexed))})")
    alternatives += [f"({{phone to_phone}} : {_quoted_whole(phone)})" for phone in words.phones]
    return _Lookup(f"({' OR '.join(alternatives)})", exact)


def _parties_lookup(column: str, parties: Sequence[Party]) -> _Lookup:
    """Return the lookup for messages from or to any of these."""
    parts = [part for party in parties for part in party.parts]
    if min(map(len, parts), default=_SHORTEST) < _SHORTEST:
        return _Lookup("", exact=False)
    phones = [phone for party in parties for phone in party.phones]
    alternatives = [*map(_quoted, parts), *map(_quoted_whole, phones)]
    return _Lookup(f"({column} : ({' OR '.join(alternatives)}))", _short_enough(parts))


def _short_enough(strings: Sequence[str]) -> bool:
    return all(len(string) <= _LONGEST_STRING for string in strings)


def _quoted(string: str) -> str:
    quoted = _searchable(string)[:_LONGEST_STRING].replace('"', '""')
    return f'"{quoted}"'


def _quoted_whole(phone: str) -> str:
    quoted = _WHOLE.format(_searchable(fold_text(phone))).replace('"', '""')
    return f'"{quoted}"'


# -- the check of a message


def _fits(search: SearchQuery, found: Document) -> bool:
    return all(_has_words(words, found) != words.excluded for words in search.words) and all(
        _is_party(parties, column)
        for parties, column in ((search.senders, found[1]), (search.receivers, found[2]))
    )


def _has_words(words: Words, found: Document) -> bool:
    for strings in words.alternatives:
        if all(any(_searchable(string) in column for column in found) for string in strings):
            return True
    return any(_is_whole(phone, column) for phone in words.phones for column in found[1:])


def _is_party(parties: Sequence[Party], column: str) -> bool:
    wanted = [party for party in parties if not party.excluded]
    return (not wanted or any(_names(party, column) for party in wanted)) and not any(
        _names(party, column) for party in parties if party.excluded
    )


def _names(party: Party, column: str) -> bool:
    return any(_searchable(part) in column for part in party.parts) or any(
        _is_whole(phone, column) for phone in party.phones
    )


def _is_whole(phone: str, column: str) -> bool:
    return _WHOLE.format(_searchable(fold_text(phone))) in column


def _has_contents(search: SearchQuery, message: str) -> bool:
    for content, excluded in search.contents:
        has = find_code(message) is not None if content == "code" else bool(find_links(message))
        if has == excluded:
            return False
    return True
