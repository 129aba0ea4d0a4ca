"""Text from senders is safe to display, whatever it contains."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from support.growth import assert_linear

from inbox_tui.text import is_single_width, sanitize
from inbox_tui.text.sanitize import _is_plain

HIDDEN = "\N{REPLACEMENT CHARACTER}"
JOINER = "\N{ZERO WIDTH JOINER}"
NON_JOINER = "\N{ZERO WIDTH NON-JOINER}"

# Emoji made of several characters: three joined people, and the flag of a region.
FAMILY = JOINER.join("👨👩👧")
ENGLAND = "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"

TROUBLE = [
    *("a", "é", "й", "क", "्", "م", "世", "1", "#", " ", "\n", "\r", "\t", "\x1b", "\x9b", "\x7f"),
    *("\x85", "\u2028", "\u202e", "\u200b", "\u200e", "\u061c", "\ufeff", "\xad", "\u034f"),
    *(JOINER, NON_JOINER, "\ufe0f", "\ufe0e", "\u20e3", "\u0301", "\u0e31", "\u17b4", "\u0600"),
    *("👩", "❤", "☝", "🏽", "🇷", "🏴", "\U000e0067", "\U000e007f", "\ud800", "\uffff", "\ufdd0"),
    *("\u1100", "\u1161", "\u115f", "\u3164", "\u180b", "\u1820", "\U000e0100", "◌", HIDDEN),
]
ANY_TEXT = st.lists(st.sampled_from(TROUBLE), max_size=24).map("".join) | st.text(
    st.characters(), max_size=40
)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Ваш код: 481516. Никому его не сообщайте",
        "№ 5 — «Ёлка», 1 500 ₽ • 20 °C … ½ ™",
        "Zażółć gęślą jaźń; ΑΒΓ; Тест; ქართული; 世界; 한국어; ﾃｽﾄ",
        "שלום עולם",
        "مرحبا بالعالم",
        f"می{NON_JOINER}خواهم",
        "नमस्ते, ক্ষমা, தமிழ், ไทยกำ",
        "й как и с кратким: и\u0306",
        "👍 🚀 ❤ ☎",
        "❤️ ☕️ ☝️ ▶️",
        "👍🏽 ☝🏿",
        FAMILY,
        f"❤️{JOINER}🔥 🏳️{JOINER}🌈 👩🏽{JOINER}❤️{JOINER}💋{JOINER}👨🏻",
        "🇷🇺🇰🇿",
        ENGLAND,
        "1️⃣ #️⃣ *️⃣",
        "❤\ufe0e",
        "\u1820\u180b",
    ],
)
def test_ordinary_text_is_unchanged(text: str) -> None:
    assert sanitize(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "␛[31mred␛[0m"),
        ("\x1b]0;title\x07", "␛]0;title␇"),
        ("\x1b]52;c;AAAA\x1b\\", "␛]52;c;AAAA␛\\"),
        ("a\tb", "a␉b"),
        ("a\x00b\x08c\x7f", "a␀b␈c␡"),
        ("\x9b31m", f"{HIDDEN}31m"),
        ("\u202egpj.exe", f"{HIDDEN}gpj.exe"),
        ("\u2066a\u2069\u200e\u200f\u061c", f"{HIDDEN}a" + HIDDEN * 4),
        ("па\u200bро\u2060ль\ufeff\xad", f"па{HIDDEN}ро{HIDDEN}ль{HIDDEN}{HIDDEN}"),
        ("\ufff9a\ufffab\ufffb", f"{HIDDEN}a{HIDDEN}b{HIDDEN}"),
        ("a\ud83db", f"a{HIDDEN}b"),
        ("\uffff\ufdd0\U0010fffe", HIDDEN * 3),
        ("x\U000e0041\U000e007f", f"x{HIDDEN}{HIDDEN}"),
        ("a\ufe0fb\U000e0100", f"a{HIDDEN}b{HIDDEN}"),
        ("\u3164\u115f\uffa0", HIDDEN * 3),
        (f"a{JOINER}b{NON_JOINER}c", f"a{HIDDEN}b{HIDDEN}c"),
        (f"👩{JOINER}x", f"👩{HIDDEN}x"),
        ("🏽", HIDDEN),
        ("🚗🏽", f"🚗{HIDDEN}"),
        ("🇷", "🅁"),
        ("🇷🇺🇷", "🇷🇺🅁"),
        ("☕\ufe0e", f"☕{HIDDEN}"),
        ("1\ufe0f", f"1{HIDDEN}"),
        ("\u0301a", "◌\u0301a"),
        ("\N{HOT DOG} \u0301\u20dd", "\N{HOT DOG} ◌\u0301\u20dd"),
        ("a\n\u0301b", "a⏎\u0301b"),
        ("a" + "\u0301" * 8 + "b", "a" + "\u0301" * 8 + "b"),
        ("a" + "\u0301" * 500 + "b", "a" + "\u0301" * 8 + HIDDEN + "b"),
    ],
)
def test_control_and_invisible_characters_are_made_visible(text: str, shown: str) -> None:
    assert sanitize(text) == shown


@pytest.mark.parametrize("text", ["a\nb", "a\rb", "a\r\nb", "a\x85b", "a\u2028b", "a\u2029b"])
def test_line_breaks_are_shown_as_a_symbol_or_kept(text: str) -> None:
    assert sanitize(text) == "a⏎b"
    assert sanitize(text, lines=True) == "a\nb"


def test_other_control_characters_are_visible_even_if_line_breaks_are_kept() -> None:
    assert sanitize("a\tb\n\x1bc\x0b\x0c", lines=True) == "a␉b\n␛c␋␌"
    assert sanitize("a\n\u0301b", lines=True) == "a\n◌\u0301b"


def test_letters_after_a_joiner_count_towards_the_width_of_a_word() -> None:
    word = f"क्{JOINER}ष"
    assert sanitize(word).replace(JOINER * 2, JOINER) == word
    assert cell_len(sanitize(word)) == 2


def test_sanitized_text_is_as_wide_as_its_sanitized_parts() -> None:
    parts = [FAMILY, "❤️", "🇷🇺", f"क्{JOINER}ष", "a\u0301", "世", "1️⃣", ENGLAND, "🇷", "\x1b", "я"]
    shown = [sanitize(part) for part in parts]
    assert [cell_len(part) for part in shown] == [2, 2, 2, 2, 1, 2, 2, 2, 1, 1, 1]
    assert cell_len(sanitize("".join(parts))) == sum(map(cell_len, shown))


@given(ANY_TEXT, st.booleans())
@settings(max_examples=400, deadline=None)
def test_sanitizing_twice_is_the_same_as_sanitizing_once(text: str, lines: bool) -> None:
    shown = sanitize(text, lines)
    assert sanitize(shown, lines) == shown


@given(ANY_TEXT)
@settings(max_examples=200, deadline=None)
def test_lines_have_the_same_width_sanitized_together_or_separately(text: str) -> None:
    shown = sanitize(text, lines=True)
    widths = [cell_len(sanitize(line)) for line in shown.split("\n")]
    assert sum(widths) == sum(cell_len(line) for line in shown.split("\n"))
    assert sum(widths) == cell_len(shown.replace("\n", ""))


@given(ANY_TEXT)
@settings(max_examples=200, deadline=None)
def test_ordinary_characters_are_kept_and_others_leave_a_visible_trace(text: str) -> None:
    """All ordinary characters are kept, and any others leave at least one character."""
    shown = sanitize(text)
    ordinary = [character for character in text if _is_plain(character)]
    assert [character for character in shown if character in ordinary] == ordinary or (
        {HIDDEN, "◌"} & set(ordinary)
    )
    if len(ordinary) < len(text):
        assert len(shown) > len(ordinary)


def test_plain_characters_are_visible_and_never_control_characters() -> None:
    plain = [chr(code) for code in range(0x110000) if _is_plain(chr(code))]
    assert len(plain) > 100_000
    unseen = {"Cc", "Cf", "Cs", "Zl", "Zp", "Mn", "Me"}
    assert [c for c in plain if unicodedata.category(c) in unseen or cell_len(c) < 1] == []


def test_every_control_and_format_character_is_shown_in_one_cell() -> None:
    for code in range(0x110000):
        if unicodedata.category(chr(code)) in ("Cc", "Cf"):
            shown = sanitize(chr(code))
            assert shown != chr(code)
            assert cell_len(shown) == 1


@pytest.mark.parametrize(
    "part", ["a\u200d", "\u0301", "👩\u200d", "🇷", "❤️", "\n", "\x1b", "क्\u200d"]
)
def test_sanitizing_hostile_text_takes_linear_time(part: str) -> None:
    assert_linear(sanitize, lambda times: part * times, 1_250)


def test_single_width_text_is_safe_and_has_one_cell_per_character() -> None:
    plain = [chr(code) for code in range(0x110000) if is_single_width(chr(code))]
    assert {"a", "Я", "ё", "₽", "№", "…", "«"} <= set(plain)
    for character in plain:
        assert sanitize(character) == character
        assert cell_len(character) == 1


@pytest.mark.parametrize("text", ["a\x1bb", "界", "е\u0301", "👍", "\u00ad", "\n"])
def test_unsafe_wide_and_combining_text_is_not_single_width(text: str) -> None:
    assert not is_single_width(text)
