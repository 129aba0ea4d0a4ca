"""Texts of an attacker, and checks that nothing harmful in them reaches the terminal."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from hypothesis import strategies as st
from rich.cells import cell_len
from textual.app import App

ATTACKS = (
    "\x1b]0;OWNED\x07",
    "\x1b]52;c;T1dORUQ=\x1b\\",
    "\x1b[2J\x1b[H\x1b[31m",
    "\x1bPtmux;\x1b\x1b]0;OWNED\x07\x1b\\",
    "\x9b31m\x9d0;OWNED\x9c",
    "\x1b]8;;https://evil.example\x1b\\here\x1b]8;;\x1b\\",
    "\u202eesrever\u2066\u2067\u061c\u200f",
    "\u2028\u2029\x85\r\n\t\v\f\x00\x07\x08\x0e\x7f",
    "\u200b\u200c\u200d\u2060\ufeff\xad\u034f\u3164",
    "".join(chr(0xE0000 + ord(letter)) for letter in "hidden"),
    "\ud83d\ud800\udfff",
    "a" + "\u0301" * 400,
    "\u0301\u20dd",
    "👩‍👩‍👧‍👦🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f🇷🇺🇷1️⃣❤️👍🏽",
    "שלום مرحبا ﷽ क्षि",
    "全角ｆｕｌｌ",
    "[bold]loud[/bold][@click=app.quit]x[/][link=https://evil.example]y[/link]",
    "[/][]\\[[red",
    "=cmd|' /C calc'!A0",
    "https://аpple.com/\u202egpj.exe",
    "https://user:word@xn--pple-43d.com:443/?q=1#f",
    "Your code is 481516",
    "x" * 500,
)
"""Escape sequences, controls, overrides, invisible and stacked characters, markup, formulas."""

texts = st.lists(st.one_of(st.sampled_from(ATTACKS), st.text(max_size=12)), max_size=6).map("".join)
"""Any text that a message, sender, server or file can contain, with lone surrogates."""

_PAINTING = re.compile(r"\x1b\[[0-9;]*[mH]")
"""Colours and cursor positions, the only sequences needed to draw a screen."""
_IN_WORDS_AND_EMOJI = frozenset("\u200c\u200d")
_FLAGS = re.compile("\U0001f3f4[\U000e0061-\U000e007a]{5}\U000e007f")


def unsafe_characters(text: str) -> list[str]:
    """Return the characters that are invisible or that a terminal would interpret."""
    text = _FLAGS.sub("", text)
    return [
        f"U+{ord(character):04X}"
        for character in text
        if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp")
        and character not in _IN_WORDS_AND_EMOJI
    ]


def screen_output(app: App[Any]) -> str:
    """Return the output for the whole screen, without colours and cursor moves."""
    update: Any = app.screen._compositor.render_update(full=True)
    sequences: str = update.render_segments(app.console)
    return _PAINTING.sub("", sequences).replace("\n", "")


def assert_screen_is_safe(app: App[Any]) -> None:
    """Check that the screen has no unsafe characters, and that each line has the full width."""
    shown = screen_output(app)
    assert unsafe_characters(shown) == [], shown
    shown.encode()
    for strip in app.screen._compositor.render_strips():
        assert unsafe_characters(strip.text) == [], strip.text
        assert cell_len(strip.text) == app.size.width, strip.text
