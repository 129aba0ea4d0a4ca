"""The choice of the interface's language, made before anything is printed."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from inbox_tui.config import MOST_BYTES, SettingsError, load_settings
from inbox_tui.locale import set_language, system_language
from inbox_tui.paths import Paths


def choose_language() -> None:
    """Set the language that the settings name, or else the system's.

    Errors in the settings are reported later, by the code that needs them, in this language.
    """
    path = Paths.default().config
    try:
        language: str = load_settings(path).language
    except SettingsError:
        language = _language_named(path)
    set_language(language or system_language(windows_language=_windows_language()))


def _language_named(path: Path) -> str:
    """Return the language that a damaged settings file names, or "" if it names none."""
    try:
        if not path.is_file():
            return ""
        with path.open("rb") as file:
            text = file.read(MOST_BYTES).decode("utf-8-sig", errors="replace")
    except OSError:
        return ""
    found = re.search(r"""^[ \t]*language[ \t]*=[ \t]*["'](en|ru)["']""", text, re.MULTILINE)
    return found[1] if found else ""


def _windows_language() -> int | None:
    """Return the language identifier of the user's Windows, or None on other systems."""
    if sys.platform != "win32":
        return None
    import ctypes

    return int(ctypes.windll.kernel32.GetUserDefaultUILanguage())
