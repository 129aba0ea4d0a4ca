"""Text that is whole in an English picture is whole in its Russian counterpart, too."""

from __future__ import annotations

import html
import re
from functools import cache
from pathlib import Path
from string import Formatter

import pytest
from support.catalogue import translated

from inbox_tui.commands import COMMANDS, key_label

RUSSIAN = sorted((Path(__file__).parent / "__snapshots__").glob("*/*-ru].svg"))
DRAWN = re.compile(r'<text class="[^"]*" x="([0-9.]+)" y="([0-9.]+)"[^>]*>([^<]*)</text>')
CELL = 12.2
HINTS = {key_label(command.keys[0]): command.hint for command in COMMANDS if command.hint}
SCROLLED = re.compile("help|question_mark|ctrl|palette")
"""Pictures of scrolled content, where longer lines push others out of sight."""


def english(picture: Path) -> Path:
    return picture.with_name(picture.name.replace("-ru]", "]"))


def lines(picture: Path) -> list[str]:
    """Return the screen lines of a picture."""
    rows: dict[float, str] = {}
    for x, y, text in DRAWN.findall(picture.read_text(encoding="utf-8")):
        row = rows.get(float(y), "")
        rows[float(y)] = row.ljust(round(float(x) / CELL)) + html.unescape(text).rstrip("\n")
    return [rows[y].replace("\xa0", " ") for y in sorted(rows)]


def words(picture: Path) -> str:
    """Return the text of a picture on one line without frames, so that no sentence is broken."""
    return " ".join(re.sub(r"[─│╭╮╰╯|+▁-▟]|-{2,}", " ", "\n".join(lines(picture))).split()).lower()


def parts(sentence: str) -> list[str]:
    """Return the fixed parts of a sentence, between its placeholders."""
    literal = [text for text, *_ in Formatter().parse(sentence)]
    return [part for text in literal if len(part := " ".join(text.split()).lower()) > 3]


@cache
def sentences() -> list[tuple[list[str], list[str]]]:
    """Return the parts of each sentence in English and Russian.

    Texts of one or two words are left out; the count of ellipses shows if they are cut.
    """
    return [
        (parts(message.id), parts(str(message.string)))
        for message in translated()
        if isinstance(message.id, str) and len(message.id.split()) > 2
    ]


def is_in(text: str, part: str) -> bool:
    return part in text and re.search(rf"(?<!\w){re.escape(part)}(?!\w)", text) is not None


def hints(picture: Path, named: dict[str, str]) -> list[str]:
    """Return the keys named in the status bar of a picture, from left to right."""
    bars = [
        line for line in lines(picture) if line.startswith((" ●", " ○", " ◌", " ▲", " ■", " ◷"))
    ]
    found = [
        (place.start(), key)
        for line in bars[-1:]
        for key, hint in named.items()
        for place in re.finditer(rf"  {re.escape(f'{key} {hint}')}(?=  |\s*$)", line)
    ]
    return [key for _, key in sorted(found)]


@pytest.mark.parametrize("picture", RUSSIAN, ids=lambda picture: picture.stem)
def test_russian_text_is_not_cut_if_the_english_text_fits(picture: Path) -> None:
    in_english, in_russian = words(english(picture)), words(picture)
    assert in_russian.count("…") <= in_english.count("…")
    cut = [
        russian
        for told, russian in sentences()
        if told
        and all(is_in(in_english, part) for part in told)
        and not all(part in in_russian for part in russian)
    ]
    assert cut == [] or SCROLLED.search(picture.stem)


@pytest.mark.parametrize("picture", RUSSIAN, ids=lambda picture: picture.stem)
def test_status_bar_shows_its_keys_in_the_same_order_in_russian(picture: Path) -> None:
    in_russian = {key: str(translated_hints()[hint]) for key, hint in HINTS.items()}
    both = hints(picture, in_russian), hints(english(picture), HINTS)
    fewer, more = sorted(both, key=len)
    assert [key for key in more if key in fewer] == fewer


@cache
def translated_hints() -> dict[str, str]:
    catalogue = translated()
    return {hint: str(catalogue[hint].string) for hint in HINTS.values()}
