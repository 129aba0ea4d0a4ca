"""The Russian catalogue has every sentence of the interface, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Sequence
from string import Formatter

import pytest
from babel.messages.catalog import Catalog, Message
from support.catalogue import CATALOGUE, SOURCE, compiled, extracted, translated

PLACEHOLDER = re.compile(r"%\(\w+\)s")


def sentences(catalogue: Catalog) -> list[Message]:
    return [message for message in catalogue if message.id]


def forms_of(message: Message) -> Sequence[str]:
    """The translation of a message, in each of its plural forms."""
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


def test_a_translation_is_filled_in_with_what_the_english_is() -> None:
    for message in sentences(translated()):
        english = (message.id,) if isinstance(message.id, str) else message.id
        forms = forms_of(message)
        allowed = set.union(*map(placeholders, english))
        needed = set.intersection(*map(placeholders, english)) - {"count!None:"}
        for form in forms:
            assert needed <= placeholders(form) <= allowed, message.id


def test_a_translation_begins_and_ends_as_the_english_does() -> None:
    """What is put together of parts keeps its spaces and line breaks."""
    for message in sentences(translated()):
        english = message.id if isinstance(message.id, str) else message.id[-1]
        forms = forms_of(message)
        for form in forms:
            for edge in (slice(0, 1), slice(-1, None)):
                assert form[edge].isspace() == english[edge].isspace(), message.id


def test_what_the_program_reads_is_compiled_from_the_catalogue() -> None:
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
def test_a_count_has_the_form_that_goes_with_it(russian: None, count: int, words: str) -> None:
    from inbox_tui.locale import plural

    assert plural("{count} new message", "{count} new messages", count) == words


def test_no_sentence_is_translated_within_an_f_string() -> None:
    """What extracts the sentences does not look into them."""
    within = re.compile(r"""\{(?:_|plural|mark)\(["']""")
    found = [
        f"{path.relative_to(SOURCE)}: {line.strip()}"
        for path in SOURCE.rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if within.search(line)
    ]
    assert found == []
