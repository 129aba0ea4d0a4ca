"""The language of the interface: the English of the code, or Russian from a catalogue.

The catalogue is `ru/LC_MESSAGES/inbox-tui.po`; the program reads the `.mo` compiled from it.
`.github/CONTRIBUTING.md` explains how to extract, translate and compile.
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
"""The beginning of a text in which `filled` has packed values."""
_RUSSIAN_WINDOWS: Final = 0x19
"""The primary language identifier of Russian on Windows."""

_catalogue: NullTranslations | None = None


def set_language(language: str) -> None:
    """Switch the interface to `en` or `ru`.

    Russian is also set in `LANGUAGE`, for child processes and for click's own sentences.
    """
    global _catalogue
    if language == "en" and _catalogue is None:
        return
    import gettext

    if language == "en":
        _catalogue = None
        gettext.textdomain("messages")  # the default domain, which has no catalogue
        return
    _catalogue = gettext.translation(DOMAIN, FOLDER, [language])
    environ["LANGUAGE"] = language
    gettext.bindtextdomain(DOMAIN, str(FOLDER))
    gettext.textdomain(DOMAIN)


def system_language(
    environment: Mapping[str, str] = environ, windows_language: int | None = None
) -> str:
    """Return `ru` if the system is in Russian, otherwise `en`.

    Args:
        environment: The first of `LC_ALL`, `LC_MESSAGES` and `LANG` that is set counts; unless it
            is `C` or `POSIX`, `LANGUAGE` takes precedence over it.
        windows_language: The language identifier of the user's Windows, None on other systems. It
            counts if the environment sets no language.

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
    """Return a sentence, or a text made by `filled`, in the language of the interface."""
    facts: dict[str, str] = {}
    if sentence.startswith(_FILLED):
        sentence, facts = _unpacked(sentence)
    if _catalogue is not None and sentence:
        sentence = _catalogue.gettext(sentence)
    return _fill(sentence, facts) if facts else sentence


def filled(sentence: str, **facts: object) -> str:
    """Return a sentence and its values packed into one text, which `_` translates later.

    Such a text can be stored and then shown in another language. A value may itself be such a text
    or a sentence to be translated.
    """
    import json

    texts = {name: str(fact) for name, fact in facts.items()}
    return json.dumps([sentence, texts], ensure_ascii=False) if facts else sentence


def _unpacked(text: str) -> tuple[str, dict[str, str]]:
    """Unpack a text made by `filled`; return any other text unchanged, without values."""
    import json

    try:
        sentence, facts = json.loads(text)
        return str(sentence), {str(name): _(str(fact)) for name, fact in facts.items()}
    except (ValueError, TypeError, AttributeError, RecursionError):
        return text, {}


def _fill(sentence: str, facts: Mapping[str, str]) -> str:
    """Fill values into a sentence without `str.format`, as it may come from another machine."""
    return re.sub(r"\{(\w+)\}", lambda place: facts.get(place[1], place[0]), sentence)


def system_words(error: OSError) -> str:
    """Return the system's description of an error, translated: it reaches us in English."""
    return _(error.strerror or str(error))


def plural(one: str, several: str, number: int, /, **values: object) -> str:
    """Return a sentence in the singular or plural form for a number, with its values filled in.

    `{count}` is replaced by the number, or by `count` in `values` if it is given.
    """
    if _catalogue is not None:
        sentence = _catalogue.ngettext(one, several, number)
    else:
        sentence = one if number == 1 else several
    return sentence.format(**{"count": number, **values})


def mark(sentence: str) -> str:
    """Return the sentence unchanged: marks it for the catalogue if `_` is called on it later."""
    return sentence
