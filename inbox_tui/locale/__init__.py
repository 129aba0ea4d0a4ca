"""The language of the interface: English as it stands in the code, or Russian by a catalogue.

The catalogue is `ru/LC_MESSAGES/inbox-tui.po`; what is read is the `.mo` compiled from it. How to
extract, translate and compile is in `.github/CONTRIBUTING.md`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from os import environ
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from gettext import NullTranslations

DOMAIN: Final = "inbox-tui"
FOLDER: Final = Path(__file__).parent
_FILLED: Final = '["'
"""How a text begins that `filled` has made."""
_RUSSIAN_WINDOWS: Final = 0x19
"""The primary language identifier of Russian on Windows."""

_catalogue: NullTranslations | None = None


def set_language(language: str) -> None:
    """Show the interface in `en` or `ru` from now on.

    Child processes are told, and so is click, which looks for its own sentences by `LANGUAGE`.
    """
    global _catalogue
    if language == "en" and _catalogue is None:
        return
    import gettext

    if language == "en":
        _catalogue = None
        gettext.textdomain("messages")  # click's own, which has no catalogue
        return
    _catalogue = gettext.translation(DOMAIN, FOLDER, [language])
    environ["LANGUAGE"] = language
    gettext.bindtextdomain(DOMAIN, str(FOLDER))
    gettext.textdomain(DOMAIN)


def system_language(
    environment: Mapping[str, str] = environ, windows_language: int | None = None
) -> str:
    """Return `ru` where the system is in Russian, else `en`.

    Args:
        environment: `LANGUAGE`, `LC_ALL`, `LC_MESSAGES` and `LANG` are looked at, in this order.
        windows_language: The language identifier of the user's Windows, if it is one; what the
            environment says goes before it.

    """
    first = (environment.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    locale = next(filter(None, first), "")
    if locale and locale.partition(".")[0] not in ("C", "POSIX") and environment.get("LANGUAGE"):
        locale = environment["LANGUAGE"]
    if locale:
        return "ru" if locale.lower().startswith("ru") else "en"
    if windows_language is not None and windows_language & 0x3FF == _RUSSIAN_WINDOWS:
        return "ru"
    return "en"


def _(sentence: str) -> str:
    """Return a sentence, also one that `filled` made, in the language of the interface."""
    facts: dict[str, str] = {}
    if sentence.startswith(_FILLED):
        sentence, facts = _taken_apart(sentence)
    if _catalogue is not None and sentence:
        sentence = _catalogue.gettext(sentence)
    return _fill(sentence, facts) if facts else sentence


def filled(sentence: str, **facts: object) -> str:
    """Return a sentence and what it is filled in with as one text, to be said by `_` later.

    So it can be kept, and read by somebody who has the interface in another language. A fact may be
    such a text, or a sentence, too.
    """
    import json

    texts = {name: str(fact) for name, fact in facts.items()}
    return json.dumps([sentence, texts], ensure_ascii=False) if facts else sentence


def _taken_apart(text: str) -> tuple[str, dict[str, str]]:
    """Return a sentence and its facts; what `filled` has not made is a sentence as it is."""
    import json

    try:
        sentence, facts = json.loads(text)
        return str(sentence), {str(name): _(str(fact)) for name, fact in facts.items()}
    except (ValueError, TypeError, AttributeError, RecursionError):
        return text, {}


def _fill(sentence: str, facts: Mapping[str, str]) -> str:
    """Put facts into a sentence; it may come from another machine, and is no format to trust."""
    return re.sub(r"\{(\w+)\}", lambda place: facts.get(place[1], place[0]), sentence)


def system_words(error: OSError) -> str:
    """Return what the system says of an error; it speaks English to us, whatever its language."""
    return _(error.strerror or str(error))


def plural(one: str, several: str, number: int, /, **values: object) -> str:
    """Return a sentence in the form that goes with a count, filled in.

    `{count}` stands for the number unless `values` has another way of writing it.
    """
    if _catalogue is not None:
        sentence = _catalogue.ngettext(one, several, number)
    else:
        sentence = one if number == 1 else several
    return sentence.format(**{"count": number, **values})


def mark(sentence: str) -> str:
    """Return the sentence as it is; marks it for the catalogue where `_` comes later."""
    return sentence
