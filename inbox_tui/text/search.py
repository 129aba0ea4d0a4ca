"""Text in the form in which search compares it, and where the matches are."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Final

from inbox_tui.text.sanitize import graphemes, is_single_width

# Separators between the digits of one number. No dot: it ends a sentence or divides a date.
_BETWEEN_DIGITS: Final = re.compile(
    "(?<=[0-9])[ \t\xa0\u2007\u2009\u202f()\u2010-\u2015\u2212-]{1,3}(?=[0-9])"
)


def fold_text(text: str) -> str:
    """Return text in which letters that search treats as equal are equal.

    These are upper and lower case in every script, composed and decomposed letters, and `ё` and
    `е`. Both the stored text and the search terms are folded, once.
    """
    text = text.casefold()
    if not text.isascii():
        text = unicodedata.normalize("NFC", text).replace("ё", "е")
    return text


def strip_separators(text: str) -> str:
    """Return the text folded, with the digits of each number joined.

    Up to three spaces, tabs, dashes and round brackets between two digits are removed, so that
    `+7 (999) 123-45-67` becomes `+79991234567`. As this is applied to search terms too, `481516`
    finds `481 516` and the reverse.
    """
    return join_digits(fold_text(text))


def join_digits(folded: str) -> str:
    """Return an already folded text with the digits of each number joined."""
    return _BETWEEN_DIGITS.sub("", folded)


def find_spans(text: str, strings: Iterable[str]) -> list[tuple[int, int]]:
    """Return the spans of a sanitized text where any of the strings occurs, in order.

    Spans that overlap or touch are merged. Letters are compared folded, and digits also across
    separators. A span begins and ends between graphemes.

    Args:
        text: The sanitized text.
        strings: Folded, without separators between digits.

    """
    folded, places = _fold_with_places(text)
    joined, kept = _strip_with_places(folded)
    found: list[tuple[int, int]] = []
    for string in filter(None, dict.fromkeys(strings)):
        for document, within in ((folded, None), (joined, kept))[: 1 + (kept is not None)]:
            start = document.find(string)
            while start >= 0:
                last = start + len(string) - 1
                first, last = (start, last) if within is None else (within[start], within[last])
                found.append(
                    (first, last + 1) if places is None else (places[first][0], places[last][1])
                )
                start = document.find(string, start + len(string))
    spans: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if spans and start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((start, end))
    return spans


def _fold_with_places(text: str) -> tuple[str, Sequence[tuple[int, int]] | None]:
    """Return a text folded, and the span of the grapheme that each folded character comes from.

    The spans are None if each character comes from the one at the same index.
    """
    folded = fold_text(text)
    if is_single_width(text) and len(folded) == len(text):
        return folded, None
    pieces: list[str] = []
    places: list[tuple[int, int]] = []
    for start, end in graphemes(text):
        piece = fold_text(text[start:end])
        pieces.append(piece)
        places.extend([(start, end)] * len(piece))
    return "".join(pieces), places


def _strip_with_places(folded: str) -> tuple[str, Sequence[int] | None]:
    """Return a folded text with the digits of each number joined, and each character's old index.

    The indices are None if nothing was removed.
    """
    kept: list[int] = []
    end = 0
    for separators in _BETWEEN_DIGITS.finditer(folded):
        kept.extend(range(end, separators.start()))
        end = separators.end()
    if not end:
        return folded, None
    kept.extend(range(end, len(folded)))
    return "".join([folded[place] for place in kept]), kept
