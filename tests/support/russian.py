"""Translates the program's Russian output back to English, to test both with the same texts."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from gettext import GNUTranslations
from pathlib import Path

import pytest
from support.catalogue import CATALOGUE, SOURCE

in_both_languages = pytest.mark.parametrize("language", ["en", "ru"], indirect=True)
"""Runs a test of a command in English and in Russian; `run` returns English for both."""
in_russian = pytest.mark.parametrize("language", ["ru"], indirect=True)

SAID: set[str] = set()
"""Every sentence that a command has printed in Russian, in the English of the code."""
PROSE = re.compile(r"\b[a-z]{2,} [a-z]{2,}\b")
NOT_OURS = re.compile(
    r"'inbox-tui[^']*'|\(parameters error\)|authorise error|ip is blocked"
    r"|password authentication failed for user|PostgreSQL server at .* rejected SSL upgrade"
    r"|File not found|The system cannot find the file specified"
)
"""English in Russian output that is correct: commands to type, texts of servers and Windows."""


class Sentence(str):
    """A sentence of the catalogue that records the values it is formatted with."""

    __slots__ = ("catalogue", "english", "entry")
    catalogue: RecordingCatalogue
    english: str
    entry: str

    def format(self, *_: object, **facts: object) -> str:
        russian = super().format(**facts)
        self.catalogue.note(self, russian, facts)
        return russian


class RecordingCatalogue(GNUTranslations):
    """The Russian catalogue, recording every sentence that it returns."""

    def __init__(self) -> None:
        with CATALOGUE.with_suffix(".mo").open("rb") as file:
            super().__init__(file)
        self._given: dict[str, tuple[str, str]] = {}
        """By Russian text: its English, and the sentence in the code."""
        self._facts: set[str] = set()

    def gettext(self, message: str) -> str:
        return self._sentence(super().gettext(message), message, message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        russian = super().ngettext(msgid1, msgid2, n)
        return self._sentence(russian, msgid1 if n == 1 else msgid2, msgid1)

    def _sentence(self, russian: str, english: str, entry: str) -> str:
        if russian == english:
            return russian
        sentence = Sentence(russian)
        sentence.catalogue, sentence.english, sentence.entry = self, english, entry
        self._given[russian] = english, entry
        return sentence

    def note(self, sentence: Sentence, russian: str, facts: Mapping[str, object]) -> None:
        english: dict[str, object] = {}
        for name, fact in facts.items():
            english[name] = fact if isinstance(fact, int | float) else self.in_english(str(fact))
            if english[name] == str(fact):
                self._facts.add(str(fact))
        self._given[russian] = sentence.english.format(**english), sentence.entry

    def fill(self, sentence: str, facts: Mapping[str, str]) -> str:
        """Replace `locale._fill`."""
        return sentence.format(**facts)

    def in_english(self, text: str) -> str:
        """Return a text with every recorded Russian sentence replaced by its English."""
        return self._without_russian(text, lambda russian: self._given[russian][0])

    def _without_russian(self, text: str, instead: Callable[[str], str]) -> str:
        for said in sorted(self._given, key=len, reverse=True):
            for first in (str, str.upper, str.lower):
                other = instead(said)
                other = first(other[:1]) + other[1:]
                text = text.replace(first(said[:1]) + said[1:], other)
        return text

    def read_back(self, told: str) -> str:
        """Return Russian output in English; fails if part of it was not translated."""
        folded = told.lower()
        SAID.update(entry for said, (_, entry) in self._given.items() if said.lower() in folded)
        facts = [fact for fact in self._facts if fact in told]
        for text in (*facts, self._without_russian(told, lambda russian: "")):
            assert not PROSE.search(NOT_OURS.sub("", text)), text
        return self.in_english(told)


ENDS = {"fail", "Failure", "UsageError", "BadParameter"}
"""The functions and exceptions that end a command with a sentence."""
NOT_OF_COMMANDS = {
    "it can't be written as a number or a name",  # when a number is given a name in the inbox
    "Allowed values: {allowed}.",  # this and the next are in the template of the settings file
    "For example:",
}


def sentences_of(*modules: str) -> list[str]:
    """Return the sentences of modules in which all sentences are errors."""
    return sorted(
        {
            sentence
            for module in modules
            for sentence in _sentences(_tree(SOURCE / f"{module}.py"))
            if sentence not in NOT_OF_COMMANDS and not sentence.startswith("# ")
        }
    )


def errors_of_commands() -> set[str]:
    """Return the sentences with which the code in `cli` ends commands."""
    return {
        sentence
        for path in (SOURCE / "cli").glob("*.py")
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.Raise) or (isinstance(node, ast.Call) and _called(node) in ENDS)
        for sentence in _sentences(node)
    }


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _sentences(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _called(node) in ("_", "mark", "plural"):
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield first.value


def _called(call: ast.Call) -> str:
    return str(getattr(call.func, "id", getattr(call.func, "attr", "")))
