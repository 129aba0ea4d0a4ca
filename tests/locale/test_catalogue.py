"""The Russian catalogue has every sentence of the interface, and nothing else."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Catalog, Message
from support.catalogue import CATALOGUE, SOURCE, compiled, extracted, translated

LOOKED_UP = {"_", "mark", "plural", "Command", "_move", "Setting", "example", "Binding"}
"""Functions and classes whose arguments are looked up in the catalogue, at once or later."""
HELP = {"option", "group", "command"}
"""Decorators of click, whose texts are translated together with the help page."""
SENTENCE = re.compile(r"[a-z]{2,} [a-z]{2,}")
NO_SENTENCE = re.compile(
    r"\b(SELECT|INSERT|UPDATE|DELETE|CREATE|PRAGMA|FROM|WHERE|ORDER|JOIN|INDEXED|AND|OR|GRANT)\b"
    r"|: [$a-z0-9]+;|\bINBOX_TUI|\(\?P?<"
)
"""SQL, Textual styles, and regular expressions."""
NOT_SAID = {
    "expired before",  # a note in the archive
    "before the team",  # used in place of a boot id
    "newest code",  # a group of workers
    "bold underline",
    r"Software\inbox-tui started",
    " bytes more)",  # kept with an entry that could not be read
    " (at end of document)",  # what the TOML parser says
    r" \(at line ([0-9]+), column [0-9]+\)$",
    "({phone to_phone} : ",
}
PLACEHOLDER = re.compile(r"%\(\w+\)s")


def sentences(catalogue: Catalog) -> list[Message]:
    return [message for message in catalogue if message.id]


def forms_of(message: Message) -> Sequence[str]:
    """Return the translation of a message in each of its plural forms."""
    return (message.string,) if isinstance(message.string, str) else message.string or ()


def placeholders(sentence: str) -> set[str]:
    fields = {
        f"{name}!{conversion}:{spec}"
        for _, name, spec, conversion in Formatter().parse(sentence)
        if name is not None
    }
    return fields | set(PLACEHOLDER.findall(sentence))


def test_every_sentence_of_the_code_is_in_the_catalogue() -> None:
    assert {message.id for message in sentences(extracted())} == {
        message.id for message in sentences(translated())
    }


def test_every_sentence_is_translated() -> None:
    for message in sentences(translated()):
        forms = forms_of(message)
        assert all(forms), message.id
        assert not message.fuzzy, message.id
        assert len(forms) == (3 if message.pluralizable else 1), message.id


def test_translations_have_the_same_placeholders_as_the_english() -> None:
    for message in sentences(translated()):
        english = (message.id,) if isinstance(message.id, str) else message.id
        forms = forms_of(message)
        allowed = set.union(*map(placeholders, english))
        needed = set.intersection(*map(placeholders, english)) - {"count!None:"}
        for form in forms:
            assert needed <= placeholders(form) <= allowed, message.id


def test_translations_have_the_same_outer_whitespace_as_the_english() -> None:
    """Parts of a longer text need the same spaces and line breaks around them."""
    for message in sentences(translated()):
        english = message.id if isinstance(message.id, str) else message.id[-1]
        forms = forms_of(message)
        for form in forms:
            for edge in (slice(0, 1), slice(-1, None)):
                assert form[edge].isspace() == english[edge].isspace(), message.id


def test_the_compiled_catalogue_is_up_to_date() -> None:
    assert CATALOGUE.with_suffix(".mo").read_bytes() == compiled(translated())


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (1, "1 новое сообщение"),
        (2, "2 новых сообщения"),
        (5, "5 новых сообщений"),
        (11, "11 новых сообщений"),
        (21, "21 новое сообщение"),
        (104, "104 новых сообщения"),
    ],
)
def test_counts_use_the_right_plural_form(russian: None, count: int, words: str) -> None:
    from inbox_tui.locale import plural

    assert plural("{count} new message", "{count} new messages", count) == words


def test_no_sentence_is_translated_inside_an_f_string() -> None:
    """The extraction of sentences does not look inside f-strings."""
    within = re.compile(r"""\{(?:_|plural|mark)\(["']""")
    found = [
        f"{path.relative_to(SOURCE)}: {line.strip()}"
        for path in SOURCE.rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if within.search(line)
    ]
    assert found == []


@cache
def said() -> set[str]:
    return {message.id for message in sentences(extracted()) if isinstance(message.id, str)}


def sentences_outside(path: Path) -> list[str]:
    """Return the texts of a file that look like sentences and are not in the catalogue."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    known: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr):  # a docstring
            known.add(node.value)
        elif isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name in LOOKED_UP:
                known.update(found for argument in node.args for found in ast.walk(argument))
            if name in LOOKED_UP | HELP:
                known.update(found for word in node.keywords for found in ast.walk(word))
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and node not in known
        and SENTENCE.search(node.value)
        and not NO_SENTENCE.search(node.value)
        and node.value not in said() | NOT_SAID
    ]


@pytest.mark.parametrize(
    "path",
    [
        path
        for path in sorted(SOURCE.rglob("*.py"))
        if path.relative_to(SOURCE).parts[0] not in ("demo", "locale") and path.stem != "code_words"
    ],
    ids=lambda path: path.relative_to(SOURCE).as_posix(),
)
def test_no_sentence_is_outside_the_catalogue(path: Path) -> None:
    assert sentences_outside(path) == []
