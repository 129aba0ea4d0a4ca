"""Terminal input is parsed into keys, mouse events and pasted text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import count, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual import events
from textual.message import Message

from inbox_tui.terminal.input import (
    PASTE_LIMIT,
    PASTE_SECONDS,
    BackgroundReported,
    InputParser,
)

START, END = "\x1b[200~", "\x1b[201~"


@pytest.fixture(autouse=True)
def _every_tick_is_late(monkeypatch: pytest.MonkeyPatch) -> None:
    times = count(0, 1000)
    monkeypatch.setattr("textual._parser.get_time", lambda: next(times))


def names(messages: Iterable[Message]) -> list[str]:
    """Return keys by name, pastes as `paste: TEXT`, backgrounds as `dark` or `light`."""
    named = []
    for message in messages:
        match message:
            case events.Key():
                named.append(message.key)
            case events.Paste():
                named.append(f"paste: {message.text}")
            case BackgroundReported():
                named.append("dark" if message.dark else "light")
            case _:
                named.append(type(message).__name__)
    return named


def received(*reads: str | bytes) -> list[str]:
    """Return the names of the messages in reads that follow each other without a pause."""
    parser = InputParser()
    found: list[Message] = []
    for read in reads:
        found += parser.feed(read if isinstance(read, bytes) else read.encode())
    if parser.timeout is not None:
        found += parser.tick()
    return names(found)


def test_keys_mouse_and_focus_events_are_recognised() -> None:
    assert received("aЯ\x1b[A\x1b[<0;5;6M\x1b[I\x1b[O") == [
        "a", "Я", "up", "MouseDown", "AppFocus", "AppBlur",
    ]  # fmt: skip


def test_invalid_utf_8_is_shown_and_no_key_is_lost() -> None:
    (first, *others) = received(b"\xffa\xc3", "я")
    assert (first, others[0], others[-1]) == ("replacement_character", "a", "я")


def test_keys_with_invalid_character_numbers_are_skipped() -> None:
    assert received("a\x1b[1114112ub\x1b[99999999999uc") == ["a", "b", "c"]


@given(st.lists(st.binary(max_size=40), max_size=8))
def test_no_input_makes_the_parser_fail(reads: list[bytes]) -> None:
    received(*reads)
    received(*reads, b"\x1b[201~", "q")


PASTED = st.text(st.sampled_from("aMq\r\x1b[2001~;<u") | st.characters(codec="utf-8"))
HOSTILE = st.lists(PASTED | st.sampled_from([START, END, "\x1b[<0;5;5M", "\x1bOP"])).map("".join)


def split(data: bytes, places: Sequence[int]) -> list[bytes]:
    edges = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[start:end] for start, end in pairwise(edges) if start < end]


@given(HOSTILE, st.lists(st.integers(0, 10_000), max_size=4))
def test_pasted_text_is_never_read_as_keys_however_it_is_split(
    text: str, places: list[int]
) -> None:
    text += "."  # keeps the text from ending in a part of a mark
    reads = split(f"{START}{text}{END}".encode(), places)
    assert received(*reads) == [f"paste: {text.replace(chr(0), '')[:PASTE_LIMIT]}"]


def test_a_paste_is_delivered_within_a_tenth_of_a_second() -> None:
    parser = InputParser()
    assert names(parser.feed(f"a{START}two\nlines{END}".encode())) == ["a"]
    assert parser.timeout == PASTE_SECONDS <= 0.1
    assert names(parser.tick()) == ["paste: two\nlines"]
    assert names(parser.feed(b"b")) == ["b"]


def test_keys_right_after_a_paste_are_read_as_keys() -> None:
    assert received(f"{START}one{END}\x1b[Aq") == ["paste: one", "up", "q"]


def test_only_the_beginning_of_a_very_long_paste_is_kept() -> None:
    parser = InputParser()
    found = list(parser.feed(f"{START}{'x' * 60_000}".encode()))
    for _ in range(100):
        found += parser.feed(b"y" * 60_000)
    found += [*parser.feed(END.encode()), *parser.tick()]
    assert names(found) == [f"paste: {'x' * PASTE_LIMIT}"]


def test_a_paste_without_an_end_mark_ends_after_a_pause() -> None:
    parser = InputParser()
    assert names(parser.feed(f"{START}half".encode())) == []
    assert names(parser.tick()) == ["paste: half"]
    assert names(parser.feed(b"q")) == ["q"]


@pytest.mark.parametrize("rest", ["M" * 200, "M\x1b[201~"])
def test_the_rest_of_an_interrupted_paste_is_not_read_as_keys(rest: str) -> None:
    parser = InputParser()
    found = [*parser.feed(f"{START}half".encode()), *parser.tick(), *parser.feed(rest.encode())]
    found += parser.tick()
    assert names(found) == ["paste: half", f"paste: {rest.removesuffix(END)}"]
    assert names(parser.feed(b"q")) == ["q"]


def test_escape_is_recognised_after_a_short_wait() -> None:
    parser = InputParser()
    assert names(parser.feed(b"\x1b")) == []
    assert parser.timeout is not None
    assert names(parser.tick()) == ["escape"]
    assert parser.timeout is None


def test_a_start_mark_split_in_two_still_begins_a_paste() -> None:
    parser = InputParser()
    found = [*parser.feed(b"\x1b"), *parser.tick(), *parser.feed(b"[200~M\x1b[201~")]
    assert names([*found, *parser.tick()]) == ["escape", "paste: M"]


ANSWERS = {
    "\x1b]11;rgb:1414/1818/1d1d\x1b\\": "dark",
    "\x1b]11;rgb:ffff/ffff/ffff\x07": "light",
    "\x1b]11;rgb:fd/f6/e3\x1b\\": "light",
    "\x1b]11;rgba:0000/0000/0000/ffff\x1b\\": "dark",
}


@given(st.sampled_from(sorted(ANSWERS)), st.lists(st.integers(0, 40), max_size=4))
def test_a_background_report_is_recognised_however_it_is_split(
    answer: str, places: list[int]
) -> None:
    reads = split(f"a{answer}b".encode(), places)
    assert received(*reads) == ["a", ANSWERS[answer], "b"]


@pytest.mark.parametrize("answer", ["\x1b]11;rgb:", "\x1b]11;rgb:1414/18", "\x1b]11;"])
def test_an_incomplete_background_report_is_not_read_as_keys(answer: str) -> None:
    assert received(answer) == []
    assert received(answer, "\x1b[A")[-1:] == ["up"]


@pytest.mark.parametrize(
    "answer", ["\x1b]11;?\x1b\\", "\x1b]11;none\x07", "\x1b]11;" + "x" * 55 + "\x07"]
)
def test_a_meaningless_background_report_is_not_read_as_keys(answer: str) -> None:
    assert received(answer) == []


def test_escape_followed_by_a_bracket_is_still_read_as_a_key() -> None:
    assert received("\x1b]") == ["right_square_bracket"]
    assert received("\x1b]", "1") == ["right_square_bracket", "1"]
