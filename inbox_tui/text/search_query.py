"""The search language: parses what a person types into a query for the archive.

- Words are searched for in text, sender, receiver and the names given to the two. All must be
  found, in any order and in upper or lower case. Digits are found across spaces and dashes, and
  phone numbers however they are written.
- `"a phrase"` (also `«…»`): the whole phrase. `-word`, `-"a phrase"`, `-from:ozon`: without it.
- `from:` and `to:`: a number, a part of one, or a name; of several, any may match.
- `before:` a day or moment, `after:` (at it or later), `on:` (within it).
- `is:` a state, `has:` code or link.

A space after the colon is allowed. Every operator and value has a Russian spelling too.
`word:value` with any other word of letters is an error, so that a misspelt operator is not searched
for as text; in quotes it is text. `12:30`, `https://…` and a word that ends in a colon are text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from difflib import get_close_matches
from typing import Final, Literal, NamedTuple

from inbox_tui.locale import _
from inbox_tui.text.dates import DateRange, parse_date
from inbox_tui.text.phones import NotAPhoneNumber, parse_phone, phone_spellings
from inbox_tui.text.search import find_spans, fold_text, strip_separators

Operator = Literal["from", "to", "before", "after", "on", "is", "has"]
MessageState = Literal["unread", "read", "starred", "done", "todo", "muted", "taken", "mine"]
Content = Literal["code", "link"]

OPERATORS: Final[dict[str, Operator]] = {
    **dict.fromkeys(("from", "от"), "from"),
    **dict.fromkeys(("to", "на", "кому"), "to"),
    **dict.fromkeys(("before", "до"), "before"),
    **dict.fromkeys(("after", "после"), "after"),
    **dict.fromkeys(("on", "за"), "on"),
    **dict.fromkeys(("is", "это"), "is"),
    **dict.fromkeys(("has", "есть"), "has"),
}
"""Every spelling of an operator, folded."""
STATES: Final[dict[str, MessageState]] = {
    **dict.fromkeys(("unread", "непрочитанные", "непрочитанное", "непрочитано"), "unread"),
    **dict.fromkeys(("read", "прочитанные", "прочитанное", "прочитано"), "read"),
    **dict.fromkeys(
        ("starred", "важные", "важное", "отмеченные", "отмеченное", "отмечено"), "starred"
    ),
    **dict.fromkeys(("done", "готово", "готовые", "сделано", "сделанное"), "done"),
    **dict.fromkeys(("todo", "дела", "дело", "несделано", "несделанное"), "todo"),
    **dict.fromkeys(("muted", "тихо", "заглушено", "заглушенное", "заглушенные"), "muted"),
    **dict.fromkeys(("taken", "взято", "взятые", "взятое"), "taken"),
    **dict.fromkeys(("mine", "мои", "мое"), "mine"),
}
"""Every spelling of a value of `is:`, folded."""
CONTENTS: Final[dict[str, Content]] = {
    **dict.fromkeys(("code", "код"), "code"),
    **dict.fromkeys(("link", "ссылка"), "link"),
}
"""Every spelling of a value of `has:`, folded."""

_FEWEST_JOINED_DIGITS: Final = 3
_FEWEST_DIALLED: Final = 10
_MOST_WORDS_OF_DATE: Final = 5
_QUOTES: Final = {'"': '"', "«": "»", "“": "”", "„": "“”"}
_OPERATOR: Final = re.compile(r"([^\W\d_]{2,}):(?!/)")
_WORD: Final = re.compile(r"\S+")
_EXCLUDED: Final = re.compile(r"-(?=\S)")
_DIGITS: Final = r"\(?[0-9][0-9()\u2010-\u2015\u2212-]*"
_NUMBER: Final = re.compile(rf"\+?{_DIGITS}(?:[ \t\xa0]+{_DIGITS})*(?!\S)")


class Words(NamedTuple):
    """A word, a number or a phrase to be found in a message."""

    alternatives: tuple[tuple[str, ...], ...]
    """Matches if all strings of one alternative are in the search document."""
    phones: tuple[str, ...] = ()
    """Also matches if the sender or receiver, as the service writes it, is one of these.

    They are the numbers and senders whose given names contain the word.
    """
    excluded: bool = False


class Party(NamedTuple):
    """A sender or receiver, given with `from:` or `to:`."""

    parts: tuple[str, ...]
    """Matches if one of these is in the number or name, folded, as the service writes it."""
    phones: tuple[str, ...] = ()
    """Also matches one of these, as the service writes them: their given names contain it."""
    excluded: bool = False


class Is(NamedTuple):
    """A state that a message must have, or must not have."""

    state: MessageState
    excluded: bool = False


class Has(NamedTuple):
    """A code or link that a message must contain, or must not contain."""

    content: Content
    excluded: bool = False


class QueryError(NamedTuple):
    """An error in a part of a query, as a sentence without a full stop."""

    problem: str
    """What is wrong, with a quotation of what was typed."""
    remedy: str = ""
    """The valid values or forms, worded to follow `problem`."""

    def __str__(self) -> str:
        return self.problem + self.remedy


class SearchQuery(NamedTuple):
    """A parsed query; a message must match all of it.

    It must match one of the senders that are not excluded, if there are any, and one of the
    receivers likewise.
    """

    words: tuple[Words, ...] = ()
    senders: tuple[Party, ...] = ()
    receivers: tuple[Party, ...] = ()
    since: datetime | None = None
    """Received at this moment or later."""
    before: datetime | None = None
    """Received before this moment."""
    states: tuple[Is, ...] = ()
    contents: tuple[Has, ...] = ()
    errors: tuple[QueryError, ...] = ()
    """The errors in what was typed; if there are any, the query must not be used."""


def parse_query(typed: str, now: datetime, names: Mapping[str, str]) -> SearchQuery:
    """Parse what was typed into the search field or given to `--search`.

    Args:
        typed: Any text.
        now: The current time in the reader's zone, which is also the zone of the query's times.
        names: The given names, by number or sender as the service writes it.

    """
    parser = _Parser(typed, now, names)
    while parser.read_part():
        pass
    return SearchQuery(
        tuple(dict.fromkeys(parser.words)),
        tuple(dict.fromkeys(parser.senders)),
        tuple(dict.fromkeys(parser.receivers)),
        parser.since,
        parser.before,
        tuple(dict.fromkeys(parser.states)),
        tuple(dict.fromkeys(parser.contents)),
        tuple(parser.errors),
    )


def bad_date(written: str) -> QueryError:
    """Return the error that this is not a date, with examples of dates."""
    told = _('"{value}" is not a date').format(value=written)
    return QueryError(told, _("; write for example 20.11, 2026-11-20, yesterday, mon"))


def _unknown_operator(word: str) -> QueryError:
    near = get_close_matches(fold_text(word), OPERATORS, n=1, cutoff=0.7)
    if not near:
        told = _('there is no operator "{operator}:"; quote it to search for it')
        return QueryError(told.format(operator=word))
    told = _('there is no operator "{operator}:"; did you mean "{known}:"?')
    return QueryError(told.format(operator=word, known=near[0]))


def _missing_value(word: str) -> QueryError:
    return QueryError(_('"{operator}:" needs a value').format(operator=word))


def _unknown_value(word: str, value: str, spellings: Mapping[str, str]) -> QueryError:
    """Return the error that an operator has no such value.

    It lists the valid ones in the language of the operator.
    """
    told = _('"{value}" is not a value of "{operator}:"').format(value=value, operator=word)
    allowed: dict[str, str] = {}
    for spelling, meaning in spellings.items():
        if spelling.isascii() == word.isascii():
            allowed.setdefault(meaning, spelling)
    named = ", ".join(allowed.values())
    return QueryError(told, _("; values are {allowed}").format(allowed=named))


def text_spans(query: SearchQuery, text: str) -> list[tuple[int, int]]:
    """Return the spans of a message's displayed text that match; see `find_spans`."""
    return find_spans(text, _strings_in(text, query.words))


def sender_spans(query: SearchQuery, shown: str) -> list[tuple[int, int]]:
    """Return the spans of a sender's displayed number or name that match."""
    return find_spans(shown, (*_strings_in(shown, query.words), *_parts(query.senders)))


def receiver_spans(query: SearchQuery, shown: str) -> list[tuple[int, int]]:
    """Return the spans of a receiver's displayed number or name that match."""
    return find_spans(shown, (*_strings_in(shown, query.words), *_parts(query.receivers)))


def _parts(parties: Iterable[Party]) -> list[str]:
    return [part for party in parties if not party.excluded for part in party.parts]


def _strings_in(text: str, words: Iterable[Words]) -> list[str]:
    """Return the strings to mark: of each word the first alternative entirely in the text.

    If there is none, some of its strings may be in the text and others in the sender, so all are
    returned.
    """
    document = f"{fold_text(text)}\n{strip_separators(text)}"
    strings: list[str] = []
    for word in words:
        if word.excluded:
            continue
        whole = next((a for a in word.alternatives if all(s in document for s in a)), None)
        strings.extend(whole or (s for alternative in word.alternatives for s in alternative))
    return strings


class _Parser:
    """Parses a query part by part, from left to right."""

    def __init__(self, typed: str, now: datetime, names: Mapping[str, str]) -> None:
        self._typed = typed
        self._now = now
        self._names = {phone: fold_text(name) for phone, name in names.items()}
        self._at = 0
        self.words: list[Words] = []
        self.senders: list[Party] = []
        self.receivers: list[Party] = []
        self.since: datetime | None = None
        self.before: datetime | None = None
        self.states: list[Is] = []
        self.contents: list[Has] = []
        self.errors: list[QueryError] = []

    def read_part(self) -> bool:
        """Read a word, number, phrase or operator; return False at the end."""
        self._skip_spaces()
        if self._at == len(self._typed):
            return False
        excluded = _EXCLUDED.match(self._typed, self._at) is not None
        self._at += excluded
        if (phrase := self._quoted()) is not None:
            self._add_phrase(phrase, excluded)
        elif operator := _OPERATOR.match(self._typed, self._at):
            self._read_operator(operator, excluded)
        elif number := _NUMBER.match(self._typed, self._at):
            self._at = number.end()
            self._add_number(number[0], excluded)
        else:
            self._add_phrase(self._word(), excluded)
        return True

    def _skip_spaces(self) -> None:
        while self._typed[self._at : self._at + 1].isspace():
            self._at += 1

    def _word(self) -> str:
        word = _WORD.match(self._typed, self._at)
        if word is None:
            return ""
        self._at = word.end()
        return word[0]

    def _quoted(self) -> str | None:
        """Read quoted text, up to the end if the quotes are not closed; None if there are none."""
        closing = _QUOTES.get(self._typed[self._at : self._at + 1])
        if closing is None:
            return None
        start = self._at + 1
        ends = (self._typed.find(quote, start) for quote in closing)
        end = min((end for end in ends if end >= 0), default=len(self._typed))
        self._at = min(end + 1, len(self._typed))
        return self._typed[start:end]

    def _add_phrase(self, written: str, excluded: bool) -> None:
        spellings = _spellings(written)
        if spellings[0].strip():
            alternatives = tuple((spelling,) for spelling in spellings)
            self.words.append(Words(alternatives, self._named(spellings[0]), excluded))

    def _add_number(self, written: str, excluded: bool) -> None:
        """Add groups of digits that may be one number with spaces in it, or several numbers."""
        single = ["".join(filter(str.isdigit, part)) for part in written.split()]
        alternatives: list[tuple[str, ...]] = []
        spellings = phone_spellings(written)
        if spellings and len(spellings[0]) >= _FEWEST_JOINED_DIGITS:
            alternatives = [(spelling,) for spelling in spellings]
        if len(single) > 1 or not alternatives:
            alternatives.append(tuple(dict.fromkeys(single)))
        named = self._named(fold_text(written))
        self.words.append(Words(tuple(dict.fromkeys(alternatives)), named, excluded))

    def _named(self, folded: str) -> tuple[str, ...]:
        """Return the numbers and senders whose given names contain this."""
        return tuple(phone for phone, name in self._names.items() if folded in name)

    def _read_operator(self, written: re.Match[str], excluded: bool) -> None:
        word = written[1]
        operator = OPERATORS.get(fold_text(word))
        if operator is None:
            self._read_unknown(written, excluded)
            return
        self._at = written.end()
        self._skip_spaces()
        if self._at == len(self._typed):
            self.errors.append(_missing_value(word))
        elif operator in ("from", "to"):
            self._read_party(word, operator, excluded)
        elif operator in ("is", "has"):
            self._read_choice(word, operator, excluded)
        else:
            self._read_date(word, operator, excluded)

    def _read_unknown(self, written: re.Match[str], excluded: bool) -> None:
        word = self._word()
        if word == written[0]:  # an ordinary word that ends in a colon
            self._add_phrase(word, excluded)
        else:
            self.errors.append(_unknown_operator(written[1]))

    def _read_party(self, word: str, operator: Operator, excluded: bool) -> None:
        value = self._quoted()
        if value is None:
            value = self._number_of_party() or self._word()
        folded = fold_text(value).strip()
        if not folded:
            self.errors.append(_missing_value(word))
            return
        parts = phone_spellings(value) or (folded,)
        party = Party(parts, self._named(folded), excluded)
        (self.senders if operator == "from" else self.receivers).append(party)

    def _number_of_party(self) -> str:
        """Read a number with spaces in it, unless it may be part of one followed by other words.

        Returns an empty string then.
        """
        number = _NUMBER.match(self._typed, self._at)
        if number is None:
            return ""
        written = number[0]
        is_whole = written.startswith("+") or written.split()[0] in ("7", "8")
        if not is_whole:
            try:
                is_whole = len(parse_phone(written)) >= _FEWEST_DIALLED
            except NotAPhoneNumber:
                is_whole = False
        if not is_whole:
            return ""
        self._at = number.end()
        return written

    def _read_choice(self, word: str, operator: Operator, excluded: bool) -> None:
        value = self._quoted()
        value = self._word() if value is None else value
        folded = fold_text(value).strip()
        if operator == "is" and folded in STATES:
            self.states.append(Is(STATES[folded], excluded))
        elif operator == "has" and folded in CONTENTS:
            self.contents.append(Has(CONTENTS[folded], excluded))
        else:
            spellings: Mapping[str, str] = STATES if operator == "is" else CONTENTS
            self.errors.append(_unknown_value(word, value, spellings))

    def _read_date(self, word: str, operator: Operator, excluded: bool) -> None:
        value, day = self._date()
        if day is None:
            self.errors.append(bad_date(value))
            return
        if excluded:
            told = _('"{operator}:" can\'t be excluded').format(operator=word)
            self.errors.append(QueryError(told))
            return
        if operator != "before":
            self.since = day.start if self.since is None else max(self.since, day.start)
        if operator != "after":
            end = day.start if operator == "before" else day.end
            self.before = end if self.before is None else min(self.before, end)

    def _date(self) -> tuple[str, DateRange | None]:
        """Read the longest run of words that is a date, or one word if there is none."""
        quoted = self._quoted()
        if quoted is not None:
            return quoted, parse_date(quoted, self._now)
        start = self._at
        ends: list[int] = []
        while len(ends) < _MOST_WORDS_OF_DATE and self._word():
            ends.append(self._at)
            self._skip_spaces()
            if _OPERATOR.match(self._typed, self._at):
                break
        for self._at in reversed(ends):
            value = self._typed[start : self._at]
            day = parse_date(value, self._now)
            if day is not None:
                return value, day
        return self._typed[start : self._at], None


def _spellings(written: str) -> tuple[str, ...]:
    """Return a text folded, and also with its digits joined if that differs."""
    return tuple(dict.fromkeys((fold_text(written), strip_separators(written))))
