"""Making untrusted text safe to draw in a terminal."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Final

from rich.cells import cell_len

_MARKS_A_LETTER: Final = 8
_HIDDEN: Final = "\N{REPLACEMENT CHARACTER}"
_LINE_BREAK: Final = "\N{RETURN SYMBOL}"
_CIRCLE: Final = "\N{DOTTED CIRCLE}"
_JOINER: Final = "\N{ZERO WIDTH JOINER}"
_NON_JOINER: Final = "\N{ZERO WIDTH NON-JOINER}"
_TEXT_STYLE, _EMOJI_STYLE = "\ufe0e", "\ufe0f"

_LINE_BREAKS: Final = frozenset("\n\r\x85\u2028\u2029")
_SYMBOLS: Final = {
    **{chr(code): chr(0x2400 + code) for code in range(0x20)},
    "\x7f": "\N{SYMBOL FOR DELETE}",
}
_FORMAT_CATEGORIES: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})

# Invisible letters and marks: Hangul fillers, Khmer inherent vowels, the grapheme joiner. Also the
# variation selectors, and the ranges that Unicode reserves for more such characters.
_INVISIBLE: Final = (
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufffb"
    "\ufdd0-\ufdef\U000e0000-\U000e0fff]"
)
_JOINING_SCRIPT: Final = (
    "[\u0600-\u0dff\u1000-\u109f\u1780-\u18af\ufb50-\ufdcf\ufdf0-\ufdff\ufe70-\ufefc]"
)

_FLAG_LETTERS: Final = "\U0001f1e6-\U0001f1ff"
_SKIN_TONES: Final = "\U0001f3fb-\U0001f3ff"
# Emoji that are one cell wide until a variation selector makes them two.
_NARROW_EMOJI: Final = (
    "©®‼⁉™ℹ↔-↙↩↪⌨⏏⏭-⏯⏱⏲⏸-⏺Ⓜ▪▫▶◀◻◼☀-☄☎☑☘☝☠☢☣☦☪☮☯☸-☺♀♂♟♠♣♥♦♨♻♾⚒⚔-⚗⚙⚛⚜⚠⚧⚰⚱⛈⛏⛑⛓⛩⛰⛱⛴⛷-⛹"
    "✂✈✉✌✍✏✒✔✖✝✡✳✴❄❇❣❤➡⤴⤵⬅-⬇🅰🅱🅾🅿🌡🌤-🌬🌶🍽🎖🎗🎙-🎛🎞🎟🏋-🏎🏔-🏟🏳🏵🏷🐿👁📽🕉🕊🕯🕰🕳-🕹"
    "🖇🖊-🖍🖐🖥🖨🖱🖲🖼🗂-🗄🗑-🗓🗜-🗞🗡🗣🗨🗯🗳🗺🛋🛍-🛏🛠-🛥🛩🛰🛳"
)
_WIDE_EMOJI: Final = (
    "⌚⌛⏩-⏬⏰⏳◽◾☔☕♈-♓♿⚓⚡⚪⚫⚽⚾⛄⛅⛎⛔⛪⛲⛳⛵⛺⛽✅✊✋✨❌❎❓-❕❗➕-➗➰➿⬛⬜⭐⭕〰〽㊗㊙"
    "🀄🃏🆎🆑-🆚🈁🈂🈚🈯🈲-🈺🉐🉑🌀-🏺🐀-🗿😀-🙏🚀-🛿🟠-🟫🟰🤌-🧿🩰-🫿"
)
_PEOPLE: Final = (
    "☝⛹✊-✍🎅🏂-🏄🏇🏊-🏌👂👃👆-👐👦-👸👼💁-💅💇💏💑💪🕴🕵🕺🖐🖕🖖🙅-🙇🙋-🙏🚣🚴-🚶🛀🛌🤌🤏🤘-🤟🤦🤰-🤹🤼-🤾"
    "🥷🦵🦶🦸🦹🦻🧍-🧏🧑-🧝🫃-🫅🫰-🫸"
)
_EMOJI: Final = (
    f"(?:[{_PEOPLE}]{_EMOJI_STYLE}?[{_SKIN_TONES}]|[{_NARROW_EMOJI}{_WIDE_EMOJI}]{_EMOJI_STYLE}?)"
)
_REGIONAL_FLAGS: Final = "|".join(
    "\N{WAVING BLACK FLAG}"
    + "".join(chr(0xE0000 + ord(letter)) for letter in region)
    + "\U000e007f"
    for region in ("gbeng", "gbsct", "gbwls")
)

# Characters whose width does not depend on their neighbours: the first and last of each range.
_PLAIN_RANGES: Final = (
    " ~",
    "\xa0\xac",
    "\xae\u02ff",
    "\u0370\u0482",
    "\u048a\u058f",
    "\u05d0\u05ea",
    "\u0620\u064a",
    "\u0660\u066f",
    "\u0671\u06d3",
    "\u10a0\u10ff",
    "\u1e00\u1fff",
    "\u2000\u200a",
    "\u2010\u2027",
    "\u202f\u205f",
    "\u2070\u20cf",
    "\u2100\u2cee",
    "\u2e80\u3029",
    "\u3030\u3098",
    "\u309b\u3163",
    "\u3165\ua66e",
    "\uac00\ud7a3",
    "\uf900\ufaff",
    "\uff01\uff9f",
    "\U0001f000\U0001f1e5",
    "\U0001f200\U0001f3fa",
    "\U0001f400\U0001fbff",
    "\U00020000\U0002fffd",
)
_PLAIN: Final = "".join(f"{first}-{last}" for first, last in _PLAIN_RANGES)
# Most texts contain nothing else, and this check costs a fifth of compiling the whole pattern.
_COMMON: Final = re.compile("[ -~\xa0-\xac\xae-\xff\u0400-\u0482\u2010-\u2027\u20bd\u2116]*")


@lru_cache(maxsize=4096)
def _is_plain(character: str) -> bool:
    place = bisect_right(_PLAIN_RANGES, character + "\U0010ffff") - 1
    return place >= 0 and character <= _PLAIN_RANGES[place][1]


@cache
def _unsafe_runs() -> re.Pattern[str]:
    """Return a pattern that matches emoji sequences, as the group `kept`, and other unsafe runs.

    Compiled on first use, as this takes longer than the rest of the module together.
    """
    return re.compile(
        rf"""
        (?P<kept>
            [{_FLAG_LETTERS}]{{2}}
          | {_REGIONAL_FLAGS}
          | [0-9\#*]{_EMOJI_STYLE}\N{{COMBINING ENCLOSING KEYCAP}}
          | [{_NARROW_EMOJI}]{_TEXT_STYLE}
          | {_EMOJI}(?:{_JOINER}{_EMOJI}){{0,4}}
        )
      | [{_FLAG_LETTERS}]
      | [^{_PLAIN}{_FLAG_LETTERS}]+
        """,
        re.VERBOSE,
    )


def is_single_width(text: str) -> bool:
    """Return whether every character is safe and one cell wide; False if unsure."""
    return _COMMON.fullmatch(text) is not None


def sanitize(text: str, lines: bool = False) -> str:
    """Return text that a terminal shows literally, in as many cells as Rich counts.

    Nothing is dropped without a trace. A control character becomes its symbol (`␛`, `␉`). Other
    characters that are invisible or affect the text around them become `�`: direction overrides
    and marks, zero-width characters, tags, surrogates. Combining marks beyond the eighth on a
    letter become one `�` together. A combining mark at the beginning of a line or after a space is
    placed on `◌`. Emoji sequences are kept, and so are joiners in the scripts that need them.
    `sanitize(sanitize(text)) == sanitize(text)`.

    Args:
        text: Any text.
        lines: Whether to keep line breaks, each as a newline: LF, CR, CR LF, NEL, and the line and
            paragraph separators. Otherwise each becomes `⏎`.

    """
    if is_single_width(text):
        return text
    odd = {character for character in set(text) if not _is_plain(character)}
    if not odd or (lines and odd == {"\n"}):
        return text
    if odd == {"\n"}:
        return text.replace("\n", _LINE_BREAK)
    text = text.replace("\r\n", "\n")
    line_break = "\n" if lines else _LINE_BREAK

    def shown(match: re.Match[str]) -> str:
        if match.lastgroup is not None:
            return match[0]
        return _sanitize_run(text, match.start(), match.end(), line_break)

    return _unsafe_runs().sub(shown, text)


def graphemes(text: str) -> Iterator[tuple[int, int]]:
    """Yield the start and end of each grapheme of a sanitized text: a letter with marks, an emoji.

    If a sanitized text is cut between two graphemes, both parts are sanitized texts too.
    """
    start = 0
    half_a_flag = False
    for index, character in enumerate(text):
        is_flag_letter = "\U0001f1e6" <= character <= "\U0001f1ff"
        if index and not (
            (text[index - 1] == _JOINER != text[index - 2 : index - 1])
            or (is_flag_letter and half_a_flag)
            or "\U0001f3fb" <= character <= "\U0001f3ff"
            or not cell_len(character)
        ):
            yield start, index
            start, half_a_flag = index, False
        half_a_flag = is_flag_letter and not half_a_flag
    if text:
        yield start, len(text)


def _sanitize_run(text: str, start: int, end: int, line_break: str) -> str:
    """Return an unsafe run of a text in a form that is safe for a terminal."""
    parts: list[str] = []
    before = text[start - 1 : start]
    marks = 0
    for index in range(start, end):
        character = text[index]
        if character in _LINE_BREAKS:
            shown = line_break
        elif character == _JOINER == before and text[index - 2 : index] != _JOINER * 2:
            continue
        elif _is_used_by_script(character, before):
            # Rich takes the character after a joiner for a part of the same emoji and does not
            # count it, so a joiner between letters is written twice.
            shown = _JOINER * 2 if character == _JOINER else character
        else:
            shown = _replacement(character)
        if cell_len(shown) > 0 or shown == "\n":
            marks = 0
        elif before in ("", "\n", " "):  # after a space it may begin a line when wrapped
            shown, marks = _CIRCLE + shown, 1
        else:
            marks += 1
            if marks > _MARKS_A_LETTER:
                shown = _HIDDEN if marks == _MARKS_A_LETTER + 1 else ""
        parts.append(shown)
        before = shown[-1:] or before
    return "".join(parts)


@lru_cache(maxsize=4096)
def _replacement(character: str) -> str:
    """Return what to show for a character that is not part of any sequence."""
    if symbol := _SYMBOLS.get(character):
        return symbol
    if "\U0001f1e6" <= character <= "\U0001f1ff":
        return chr(ord(character) - 0x1F1E6 + 0x1F130)
    if (
        unicodedata.category(character) in _FORMAT_CATEGORIES
        or "\U0001f3fb" <= character <= "\U0001f3ff"
        or ord(character) & 0xFFFE == 0xFFFE
        or re.match(_INVISIBLE, character)
    ):
        return _HIDDEN
    return character


def _is_used_by_script(character: str, before: str) -> bool:
    """Return whether the script of the preceding character needs this invisible one."""
    if character in (_JOINER, _NON_JOINER):
        return re.match(_JOINING_SCRIPT, before) is not None
    if "\u180b" <= character <= "\u180d" or character == "\u180f":
        return "\u1820" <= before <= "\u18aa"
    return False
