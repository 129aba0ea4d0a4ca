"""Columns stay aligned in terminals that disagree about the width of a character."""

from __future__ import annotations

from pathlib import Path

import pyte
import pytest
from hypothesis import given
from rich.cells import cell_len
from support.app_harness import make_app, message, state_is
from support.captured_output import terminal
from support.hostile import texts

from inbox_tui.terminal.character_widths import pin_columns
from inbox_tui.text import sanitize

SIGNS = [
    "plain words",
    "日本語のメッセージ",
    "👩‍👩‍👧‍👦 family",
    "🇷🇺🇰🇿 flags",
    "❤️ heart",
    "1️⃣ key",
    "👍🏽 tone",
    "e\u0301e\u0301 marks",
    "हिन्दी में",
    "தமிழ் நிலை",
    "မြန်မာ",
    "שלום עולם",
    "مرحبا",
    "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f England",
    "ไทยกำ",
    "क्\u200dष joined",
    "한국어 \u1112\u1161\u11ab",
    "🏳️‍🌈 rainbow",
    "a\u20dd enclosed",
    "\x1b[31m\u202e\ufeffhostile",
]


@pytest.mark.parametrize("size", [(120, 30), (80, 60)], ids=["120x30", "80x60"])
async def test_unusual_characters_do_not_shift_neighbouring_columns(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    mine = [
        message(number, f"{text} |", minutes_ago=number, phone=text if number % 2 else "BANK")
        for number, text in enumerate(SIGNS, 1)
    ]
    app = make_app(tmp_path, messages=mine)
    with terminal(size) as written:
        written.attach(app)
        async with app.run_test(size=size, headless=False) as pilot:
            await state_is(pilot, "Live")
            await pilot.press("j", "j", "G", "g")
            await pilot.pause()
            shown = written.take(app)
        written.take_all()
    screen = pyte.Screen(*size)
    pyte.Stream(screen).feed(shown)
    edges = "│" if size[0] == 120 else ""
    text_at = 23
    for line, text in zip(range(3, 3 + len(SIGNS)), SIGNS, strict=True):
        there = [column for column in range(size[0]) if screen.buffer[line][column].data == "|"]
        assert text_at + cell_len(sanitize(text)) + 1 in there, text
        found = {column for column in range(size[0]) if screen.buffer[line][column].data == "│"}
        assert found == ({65} if edges else set()), text


@given(texts)
def test_character_after_any_text_is_in_its_column(text: str) -> None:
    shown = sanitize(text)
    screen = pyte.Screen(20_000, 3)
    pyte.Stream(screen).feed(pin_columns(f"\x1b[2;5H{shown}\x1b[0m|"))
    assert screen.buffer[1][4 + cell_len(shown)].data == "|"


@pytest.mark.parametrize(
    ("frame", "written"),
    [
        ("\x1b[1;1HКод: 481516…\x1b[0m│\n", "\x1b[1;1HКод: 481516…\x1b[0m│\n"),
        ("\x1b[2;3Ha界b", "\x1b[2;3H\x1b[3Xa界\x1b[6Gb"),
        ("\x1b[2;3Ha 界 b 界c\nя界", "\x1b[2;3Ha\x1b[8X 界 b 界\x1b[12Gc\n\x1b[3Xя界\x1b[4G"),
        (
            "\x1b[2;3H1\ufe0f\u20e3\x1b[1m\x1b[0m.",
            "\x1b[2;3H\x1b[2X1\ufe0f\u20e3\x1b[5G\x1b[1m\x1b[0m.",
        ),
        ("界", "界"),
        ("\x1b[2;3H\x1b[5C界", "\x1b[2;3H\x1b[5C界"),
    ],
)
def test_ambiguous_text_is_pinned_if_its_column_is_known(frame: str, written: str) -> None:
    assert pin_columns(frame) == written
