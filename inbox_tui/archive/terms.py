"""What is looked for, and what it is looked for in."""

from __future__ import annotations

import re
from typing import NamedTuple

from inbox_tui.archive.rows import unpacked
from inbox_tui.text.search import fold_text, strip_separators

_INDEXED = 3
"""The search index finds strings of this many characters or more."""
_LONGEST_TERM = 64
_MOST_TERMS = 32
_UNSEARCHABLE = re.compile("[\0\ud800-\udfff]")
_DIGITS = re.compile("[0-9]{2}")
_DIALLED = re.compile(r"[+(]+[0-9]+")


def search_document(message: str | bytes, phone: str | bytes, to_phone: str) -> str:
    """Return all that a message, packed or not, is found by: text, sender and receiver."""
    plain = _plain(message, phone, to_phone)
    texts = (unpacked(message), unpacked(phone), to_phone)
    joined = (_searchable(strip_separators(text)) for text in texts)
    return "\n".join((plain, *(text for text in joined if text not in plain)))


def _plain(message: str | bytes, phone: str | bytes, to_phone: str) -> str:
    return _searchable(fold_text(f"{unpacked(message)}\n{unpacked(phone)}\n{to_phone}"))


def _searchable(text: str) -> str:
    """Take out what cannot be put into the index."""
    return text if text.isascii() and "\0" not in text else _UNSEARCHABLE.sub("\ufffd", text)


class Terms(NamedTuple):
    """What is looked for: one of the ways to read it, with every word, in any of its spellings."""

    ways: tuple[tuple[tuple[str, ...], ...], ...]
    joins_digits: bool
    """Whether it may be found only where digits have been brought together."""

    @classmethod
    def of(cls, search: str) -> Terms:
        """Read what the user typed: words, whose digits may be parted or not."""
        by_word = tuple(_spellings(word) for word in dict.fromkeys(fold_text(search).split()))
        joined = tuple(_spellings(word) for word in dict.fromkeys(strip_separators(search).split()))
        joins_digits = bool(_DIGITS.search(strip_separators(search)))
        return cls(tuple(dict.fromkeys((by_word, joined))), joins_digits)

    def found_in(self, message: str | bytes, phone: str | bytes, to_phone: str) -> bool:
        """Tell whether a message, packed or not, holds what is looked for."""
        return self._within(_plain(message, phone, to_phone)) or (
            self.joins_digits and self._within(search_document(message, phone, to_phone))
        )

    def _within(self, hay: str) -> bool:
        for way in self.ways:
            if all(any(spelling in hay for spelling in word) for word in way):
                return True
        return False

    @property
    def query(self) -> tuple[str, bool] | None:
        """The query for the search index, and whether all that it finds is right.

        None where the index cannot tell: a way that has only words too short for it.
        """
        ways, exact = [], True
        for way in self.ways:
            words = [word for word in way if min(map(len, word)) >= _INDEXED]
            exact = exact and len(words) == len(way) <= _MOST_TERMS
            exact = exact and all(len(s) <= _LONGEST_TERM for word in words for s in word)
            if not words:
                return None
            ways.append(" AND ".join(f"({_either(word)})" for word in words[:_MOST_TERMS]))
        return " OR ".join(f"({way})" for way in ways), exact


def _spellings(word: str) -> tuple[str, ...]:
    joined = strip_separators(word)
    if _DIALLED.fullmatch(joined):  # a number is written with a plus or a bracket, and kept without
        joined = joined.lstrip("+(")
    return tuple(dict.fromkeys((_searchable(word), _searchable(joined))))


def _either(word: tuple[str, ...]) -> str:
    quoted = (spelling[:_LONGEST_TERM].replace('"', '""') for spelling in word)
    return " OR ".join(f'"{spelling}"' for spelling in quoted)
