"""Finding the one-time code in a message.

Numbers that have the form of a code are scored by the words around them. A price, a date or a
phone number is never a code, whatever the words around it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from inbox_tui.text.code_words import (
    ASK,
    CODE,
    COUNTED,
    CUES,
    CURRENCIES,
    LINK,
    OTHER,
    PHONE,
    PREPOSITIONS,
    PRIVACY,
    PURPOSE,
    SALE,
    THING,
    kind_of,
)

CODE_WITHIN: Final = 5_000
"""The number of characters of a text that are searched for a code."""
_WINDOW: Final = 80
_WORDS_AFTER: Final = 10
_WORD_AROUND: Final = 16
_ABBREVIATION: Final = 4
_FEWEST_DIGITS: Final = 3
_USUAL_DIGITS: Final = 4
_MOST_DIGITS: Final = 8

_ENOUGH: Final = 5
_ENOUGH_IF_UNUSUAL: Final = 7
_ENOUGH_IF_DATE: Final = 8
_NAMED_BEFORE: Final = 8
_NAMED_AFTER: Final = 6
_ASKED_FOR: Final = 3
_FOR_A_PURPOSE: Final = 2
_HAS_PURPOSE: Final = 2
_ASKED_FOR_PURPOSE: Final = 2
_IS_SECRET: Final = 3
_IS_SALE: Final = 4

# A run of digits and of the characters used within numbers; `_NUMBER` splits it into numbers.
_RUN: Final = re.compile(r"[0-9](?:[0-9 \xa0.,:/()\u2011\u2013-]*[0-9])?")
_NUMBER: Final = re.compile(
    r"""
    # A phone number.
    [78]?[ \xa0-]?\(?[0-9]{3}\)?[ \xa0-]?[0-9]{3}[ \xa0-]?[0-9]{2}[ \xa0-]?[0-9]{2}(?![0-9])
  | [0-9]{3}-[0-9]{4}(?![0-9])
    # What may be a code: pairs or single digits, all parted by the same character.
  | (?P<grouped>
        (?<![0-9][ \xa0\u2011\u2013-])
        (?:
            [0-9]{2}(?P<between_pairs>[ \xa0\u2011\u2013-])[0-9]{2}
            (?:(?P=between_pairs)[0-9]{2}){0,2}
          | [0-9](?P<between_digits>[ \xa0\u2011\u2013-])[0-9](?:(?P=between_digits)[0-9]){2,6}
        )
        (?![ \xa0\u2011\u2013-]?[0-9]|[./,:][0-9])
    )
    # A date, a time, a price, an address.
  | [0-9]{1,4}(?:[./-][0-9]{1,2}){1,2}(?![0-9])(?:[./-][0-9]+)*
  | [0-9]+(?:[.:/,][0-9]+)+
  | [0-9]{1,2}(?:[ \xa0][0-9]{3})+(?:[.,][0-9]+)?(?![0-9])
  | [0-9]{3}[ \xa0][0-9]{3}[.,][0-9]{1,2}(?![0-9])
    # What may be a code.
  | (?P<code>
        [0-9]{3}[ \xa0-][0-9]{3}(?:[ \xa0-][0-9]{3})?(?![ \xa0-]?[0-9])
      | [0-9]{4}[ \xa0-][0-9]{4}(?![ \xa0-]?[0-9])
      | [0-9]+(?![-/.,:][0-9])
    )
    # A card, an account, a part of an order.
  | [0-9]+(?:[-/.,:][0-9]+)*
    """,
    re.VERBOSE,
)
_MIXED: Final = re.compile(r"[A-Za-z0-9]{1,10}(?:-[A-Za-z0-9]{2,8})?")
# A code of two groups of three letters that happens to have no digit: `ULQ-EYS`.
_LETTERS: Final = re.compile(r"(?<![\w-])([A-Z]{3})-([A-Z]{3})(?![\w-])")

# A masked card or a sum of money: each counts as one number among the words around a code.
_AMOUNT: Final = r"(?<![0-9])(?:[0-9]{1,3}(?:[ \xa0.,][0-9]{3}){1,4}|[0-9]+)(?:[.,][0-9]{1,2})?"
_READ_OVER: Final = re.compile(
    rf"""
    (?:\b(?:карт|сч[её]т|card|karte|carte|tarjeta|carta|acc(?:oun)?t)\w*[ \xa0])?
    (?:(?:[0-9]{{4}}[ ])?(?:[*•·×]|x{{2}})[*•·×x -]{{0,16}}|\bending[ ](?:in[ ]|with[ ])?)
    [0-9]{{4}}\b
  | (?:[$€£₽₸₴]|\b(?:usd|eur|gbp|inr|rs|rub|rur|kzt|uah)\b[. \xa0])[ \xa0]?{_AMOUNT}
  | {_AMOUNT}[ \xa0]?(?:[₽$€£₸₴]|(?:р|руб|рубл\w*|rub|rur|usd|eur|gbp|kzt|тг|грн)\b\.?)
    """,
    re.VERBOSE,
)

_DIGIT_OR_HYPHEN: Final = re.compile("[0-9-]")
_CUE: Final = re.compile("|".join(CUES))  # takes half the time of searching for each in turn

_PUNCTUATION: Final = ".,:;!?…()[]<>«»\"'“”„‘’—–="
_BREAKS: Final = frozenset(".!?;…")
# Ends in something that connects a name with its value: `код:`, `code is`, `пароль —`.
_LABELLED: Final = re.compile(r"(?:[:=—–]|\s-|\b(?:is|ist|lautet|est|es|é|è))[\s\"'«“(\[]*$")
_LABEL_ENDING: Final = 12
# Begins with something that connects a value with its name: `is your code`, `— ваш код`.
_CALLED: Final = re.compile(r"[\s)\]»”\"'.]*(?:[—–-]|\b(?:is|ist|es|est)\b)")
# Characters that make the number next to them a card, an order, a sum or a part of an address.
_TAKING_BEFORE: Final = frozenset("*•×#№+$€£₽₸₴&_")
_TAKING_WITHIN: Final = frozenset("*•@")
_TAKING_AFTER: Final = re.compile(r"[ \xa0]?[%₽$€£₸₴°+*]|[/@]\S")


class Code(NamedTuple):
    """A one-time code in a text."""

    text: str
    """The code as it is typed in: letters and digits only."""
    start: int
    """Where it begins in the text."""
    end: int
    """Where it ends."""


def find_code(text: str) -> Code | None:
    """Return the one-time code in a message, or None if there is none.

    Only the first 5,000 characters are searched. Of several numbers, the one with the highest
    score is returned, and of equals the first.
    """
    text = text[:CODE_WITHIN]
    if not _DIGIT_OR_HYPHEN.search(text):
        return None
    lowered = text.replace("İ", "i").lower()  # keeps its length: no other letter gets longer
    if not _CUE.search(lowered):
        return None
    candidates = _candidates(text)
    if not candidates:
        return None
    context = _READ_OVER.sub(_as_one_number, lowered)
    best, most = None, 0
    for start, end in candidates:
        code = "".join(filter(str.isalnum, text[start:end]))
        unusual = not code.isdigit() or len(code) < _USUAL_DIGITS
        pairs = _pairs(text[start:end])
        if context[start:end] != lowered[start:end] or _is_taken(lowered, start, end):
            continue
        score = _score(context, start, end, unusual)
        enough = _ENOUGH_IF_UNUSUAL if unusual or pairs else _ENOUGH
        if _is_date(pairs):
            enough = _ENOUGH_IF_DATE
        if score > most and score >= enough:
            best, most = Code(code, start, end), score
    return best


def _candidates(text: str) -> list[tuple[int, int]]:
    """Return the start and end of everything in the text that has the form of a code."""
    found: list[tuple[int, int]] = []
    done = 0
    for start, end, shaped in _numbers(text):
        if start < done:
            continue
        word_start, done = _word_around(text, start, end)
        if done - word_start != end - start:
            if _is_mixed(text[word_start:done]):
                found.append((word_start, done))
        elif shaped:
            found.append((start, end))
    found.extend(
        letters.span()
        for letters in _LETTERS.finditer(text)
        if not any(kind_of(part.lower()) for part in letters.groups())
    )
    return found


def _numbers(text: str) -> Iterator[tuple[int, int, bool]]:
    """Yield the start and end of each number, and whether it has the form of a code."""
    for run in _RUN.finditer(text):
        for number in _NUMBER.finditer(text, *run.span()):
            code = number["code"] or number["grouped"]
            yield *number.span(), code is not None and _has_length(code)


def _has_length(number: str) -> bool:
    count = sum(map(str.isdigit, number))
    return _FEWEST_DIGITS <= count <= _MOST_DIGITS or (count == 9 and len(number) > count)


def _pairs(number: str) -> list[int]:
    """Return the pairs of digits of a number written in pairs (`55 01 93`), else an empty list."""
    in_pairs = number[:2].isdigit() and not number[2:3].isalnum()
    places = range(0, len(number) * in_pairs, 3)
    return [int(number[place : place + 2]) for place in places]


def _is_date(pairs: list[int]) -> bool:
    """Return whether pairs of digits may be a date (in 2020 to 2039), or an hour and a minute."""
    if len(pairs) == 2:
        return (pairs[0] <= 31 and pairs[1] <= 12) or (pairs[0] < 24 and pairs[1] < 60)
    return len(pairs) == 3 and pairs[0] <= 31 and pairs[1] <= 12 and 20 <= pairs[2] < 40


def _is_mixed(word: str) -> bool:
    letters = word.replace("-", "")
    return 4 <= len(letters) <= 10 and not letters.isdigit() and bool(_MIXED.fullmatch(word))


def _word_around(text: str, start: int, end: int) -> tuple[int, int]:
    """Return the start and end of the word of letters, digits and hyphens around a number.

    A hyphen is part of it between Latin letters and digits: `G-482913`, but not `код-482913`.
    """
    first, last = max(0, start - _WORD_AROUND), min(len(text), end + _WORD_AROUND)
    begin = start
    while begin > first and _is_inside(text, begin - 1, begin - 2):
        begin -= 1
    while end < last and _is_inside(text, end, end + 1):
        end += 1
    if text[begin:start].endswith("-") and kind_of(text[begin : start - 1].lower()) == CODE:
        begin = start
    return begin, end


def _is_inside(text: str, at: int, beyond: int) -> bool:
    if text[at] == "-":
        return 0 <= beyond < len(text) and text[beyond].isascii() and text[beyond].isalnum()
    return text[at].isalnum()


_SOMETHING_ELSE: Final = -1, False
"""The result of `_left` and `_right` for a number that the words mark as something else."""


def _score(context: str, start: int, end: int, unusual: bool) -> int:
    """Return the score of a number by the words around it; 0 if they mark it as something else."""
    before = context[max(0, start - _WINDOW) : start]
    after = context[end : end + _WINDOW]
    words = _words(before)
    said: set[str] = set()
    left, asked_for = _left(words, _LABELLED.search(before[-_LABEL_ENDING:]) is not None, said)
    if left < 0:
        return 0
    right, for_a_purpose = _right(_words(after), _CALLED.match(after) is not None, said)
    named = max(left, right)
    if right < 0 or not named:
        return 0
    if PURPOSE in said:
        named += _HAS_PURPOSE
    if asked_for and for_a_purpose:
        named += _ASKED_FOR_PURPOSE
    if PRIVACY in said:
        named += _IS_SECRET
    if SALE in said or (unusual and SALE in _kinds(words)):
        named -= _IS_SALE
    return named


def _as_one_number(match: re.Match[str]) -> str:
    return " 0".ljust(len(match[0]))


def _is_taken(lowered: str, start: int, end: int) -> bool:
    """Return whether the characters or words next to a number make it another kind of number."""
    before, after = lowered[max(0, start - _WINDOW) : start], lowered[end : end + _WINDOW]
    if before.rstrip()[-1:] in _TAKING_BEFORE or _TAKING_AFTER.match(after):
        return True
    *_, preceding = before[-_WORD_AROUND:].rsplit(maxsplit=1) or [""]
    if before.endswith(preceding):
        # Glued to the number: `*-*-4821`, `x.ru/4821`, `me@4821`.
        if not _TAKING_WITHIN.isdisjoint(preceding) or ("/" in preceding and "." in preceding):
            return True
    elif preceding in CURRENCIES or preceding in PREPOSITIONS:
        return True
    following, *_ = after[:_WORD_AROUND].split(maxsplit=1) or [""]
    return following.rstrip(_PUNCTUATION) in COUNTED


def _words(context: str) -> list[str]:
    """Return the words of a stretch of text, with the punctuation attached to them."""
    return context.translate(_PARTING).split()


_PARTING: Final = str.maketrans("-/]", "   ")


def _left(words: list[str], labelled: bool, said: set[str]) -> tuple[int, bool]:
    """Score a number by the words before it, nearest first.

    Returns the score, and whether the words directly before the number ask for it. The kinds of
    other relevant words are added to `said`.
    """
    named = distance = breaks = 0
    number = asked_for = False
    for place in range(len(words) - 1, -1, -1):
        written = words[place]
        word = written.strip(_PUNCTUATION)
        kind = kind_of(word)
        if written[-1] in _BREAKS and not (kind == THING and len(word) <= _ABBREVIATION):
            breaks += 1
            if breaks == 2:
                break
            # `Не говорите код! 120387`, but not `Введите код на сайте. Оператор 120387`.
            distance += 2 if kind == CODE and not distance else 4
        if not word or kind == LINK:
            continue
        if kind == CODE:
            if _is_other(words, place):
                return _SOMETHING_ELSE
            if labelled and not breaks:
                distance = min(distance, 2)
            named = max(named, _NAMED_BEFORE - distance - number)
            if not breaks:
                said |= {PURPOSE, PRIVACY} & _kinds(words[:place])
            break
        if kind == PURPOSE:
            if labelled and not breaks and not number and distance <= 1:
                # `Подтверждение номера: 8033`; `Вход в Ozon: 5042` alone is not enough.
                of_phone = place + 1 < len(words) and words[place + 1].strip(_PUNCTUATION) in PHONE
                named = max(named, _ASKED_FOR if of_phone else _FOR_A_PURPOSE)
            said.add(PURPOSE)
        elif kind == PRIVACY:
            if not breaks:
                said.add(PRIVACY)
        elif kind == OTHER and not distance:
            return _SOMETHING_ELSE
        elif kind == THING and not distance and not number:
            if labelled:
                distance = 1
            elif _is_purpose_of_code(words, place):
                distance = 3
            else:
                return _SOMETHING_ELSE
        elif kind == ASK and distance <= 1 and not breaks:
            named = max(named, _ASKED_FOR)
            asked_for = not distance
        elif word[0].isdigit():
            number = True
        else:
            if kind == SALE and not breaks:
                said.add(SALE)
            distance += 1
    return named, asked_for


def _right(words: list[str], called: bool, said: set[str]) -> tuple[int, bool]:
    """Score a number by the words after it, as `_left` does for those before it.

    Returns the score, and whether a purpose directly follows the number.
    """
    named = distance = breaks = 0
    for_a_purpose = False
    for place, written in enumerate(words[:_WORDS_AFTER]):
        word = written.strip(_PUNCTUATION)
        kind = kind_of(word)
        if kind == CODE and not breaks and not named:
            if not _is_other(words, place):
                named = max(0, _NAMED_AFTER - distance + 2 * called)
            elif not distance:
                return _SOMETHING_ELSE
        elif kind == PRIVACY or (kind in (PURPOSE, SALE) and not breaks):
            said.add(kind)
            for_a_purpose = for_a_purpose or (kind == PURPOSE and not distance)
        elif word and kind not in (LINK, PURPOSE, SALE):
            is_number = word.isdigit() or (word[0].isdigit() and not word.isalnum())
            distance += 4 if is_number else 1
        if written[-1] == ",":
            distance += 2
        if written[-1] in _BREAKS and not (kind == THING and len(word) <= _ABBREVIATION):
            breaks += 1
            if breaks == 2:
                break
    return named, for_a_purpose


def _kinds(words: Iterable[str]) -> set[str | None]:
    return {kind_of(word.strip(_PUNCTUATION)) for word in words}


def _is_purpose_of_code(words: list[str], place: int) -> bool:
    """Return whether the thing here is what a code is for.

    `код для подтверждения платежа`, `код от заказа`.
    """
    place -= 1
    if place > 0 and words[place] in ("от", "from", "for"):
        return kind_of(words[place - 1]) == CODE
    while place > 0 and kind_of(words[place]) == LINK:
        place -= 1
    if place < 0 or kind_of(words[place]) != PURPOSE:
        return False
    while place and kind_of(words[place]) in (PURPOSE, LINK):
        place -= 1
    return kind_of(words[place].strip(_PUNCTUATION)) == CODE


def _is_other(words: list[str], place: int) -> bool:
    """Return whether the word for a code here means another kind of code: `promo code`."""
    if place and kind_of(words[place - 1]) == OTHER:
        return True
    if place + 1 == len(words) or words[place][-1] in _PUNCTUATION:
        return False
    return kind_of(words[place + 1].strip(_PUNCTUATION)) in (THING, OTHER, SALE)
