from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from inbox_tui.text import sanitize
from inbox_tui.widgets.cells import Line, cut, cut_before, wrapped
from inbox_tui.widgets.symbols import PLAIN, UNICODE, symbols


@pytest.mark.parametrize(
    ("text", "width", "shown"),
    [
        ("word", 4, "word"),
        ("words", 4, "wor…"),
        ("two words", 5, "two…"),
        ("日本語", 6, "日本語"),
        ("日本語", 5, "日本…"),
        ("日本語", 4, "日…"),
        ("word", 1, "…"),
        ("word", 0, ""),
        ("", 0, ""),
    ],
)
def test_text_is_cut_to_a_width_in_cells(text: str, width: int, shown: str) -> None:
    assert cut(text, width) == shown


FAMILY, FLAGS = "👩‍👩‍👧", "🇷🇺🇰🇿"
ENGLAND = "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"


@pytest.mark.parametrize(
    ("text", "width", "beginning", "end"),
    [
        (FLAGS, 4, FLAGS, FLAGS),
        (FLAGS, 3, "🇷🇺…", "…🇰🇿"),
        (FLAGS, 2, "…", "…"),
        (f"a{FAMILY}b", 3, "a…", "…b"),
        (f"ab{FAMILY}cd", 5, f"ab{FAMILY}…", f"…{FAMILY}cd"),
        (f"ab{ENGLAND}cd", 5, f"ab{ENGLAND}…", f"…{ENGLAND}cd"),
        (f"ab{ENGLAND}cd", 4, "ab…", "…cd"),
        ("👍🏽👍🏽", 3, "👍🏽…", "…👍🏽"),
        ("a1️⃣b", 3, "a…", "…b"),
        ("й\u0301й\u0301й\u0301", 2, "й\u0301…", "…й\u0301"),
        ("क्\u200d\u200dषक्\u200d\u200dष", 3, "क्\u200d\u200dष…", "…क्\u200d\u200dष"),
        ("plain words", 6, "plain…", "…words"),
        ("plain words", 0, "", "plain words"),
    ],
)
def test_cutting_text_never_splits_a_grapheme(
    text: str, width: int, beginning: str, end: str
) -> None:
    assert cut(text, width) == beginning
    assert cut_before(text, width) == end


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [
        ("", 10, [""]),
        ("one two three", 7, ["one two", "three"]),
        ("one  two", 3, ["one", "two"]),
        ("a longword b", 5, ["a", "longw", "ord b"]),
        ("  indented text", 10, ["  indented", "text"]),
        ("ends in spaces   ", 9, ["ends in", "spaces"]),
        ("日本語 x", 4, ["日本", "語 x"]),
        ("日本", 1, ["日", "本"]),
    ],
)
def test_a_paragraph_is_wrapped_at_spaces(text: str, width: int, expected: list[str]) -> None:
    assert [text[start:end].rstrip() for start, end in wrapped(text, width)] == expected


@given(st.text(max_size=200).map(sanitize), st.integers(2, 40))
def test_wrapping_loses_nothing_but_spaces_and_no_line_is_too_wide(text: str, width: int) -> None:
    lines = list(wrapped(text, width))
    shown = "".join(text[start:end] for start, end in lines)
    assert shown.replace(" ", "") == text.replace(" ", "")
    assert all(cell_len(text[start:end]) <= width for start, end in lines)


def test_a_line_is_never_wider_than_its_limit() -> None:
    line = Line(8).add("one ").add("two three").add("four")
    assert line.width == 8
    assert line.beside(Line(), 8).plain == "one two…"


def test_the_right_part_of_a_line_ends_at_the_edge() -> None:
    assert Line().add("left").beside(Line().add("right"), 12).plain == "left   right"


@pytest.mark.parametrize(
    ("environment", "chosen"),
    [
        ({}, UNICODE),
        ({"LANG": "ru_RU.UTF-8"}, UNICODE),
        ({"LANG": "de_DE.utf8@euro"}, UNICODE),
        ({"LANG": "C"}, UNICODE),
        ({"LANG": "ru_RU.KOI8-R"}, PLAIN),
        ({"LANG": "ru_RU.UTF-8", "LC_ALL": "ru_RU.KOI8-R"}, PLAIN),
        ({"LANG": "en_US.UTF-8", "TERM": "linux"}, PLAIN),
        ({"LANG": "en_US.UTF-8", "TERM": "xterm-256color"}, UNICODE),
    ],
)
def test_a_terminal_without_unicode_gets_ascii_symbols(
    environment: dict[str, str], chosen: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LC_ALL", "LC_CTYPE", "LANG", "TERM"):
        monkeypatch.setenv(name, environment.get(name, ""))
    assert symbols() is chosen


@pytest.mark.parametrize("signs", [UNICODE, PLAIN])
def test_every_symbol_is_one_cell_wide(signs: tuple[str, ...]) -> None:
    assert [cell_len(sign) for sign in signs] == [1] * len(signs)
    assert signs is UNICODE or all(sign.isascii() for sign in signs)
