"""Which language the program speaks, before anything is said."""

from __future__ import annotations

import sys

from inbox_tui.config import SettingsError, load_settings
from inbox_tui.locale import set_language, system_language
from inbox_tui.paths import Paths


def choose_language() -> None:
    """Speak the language of the settings, or else the system's.

    Settings that can't be read are told of later, by what needs them.
    """
    try:
        language = load_settings(Paths.default().config).language
    except SettingsError:
        language = ""
    set_language(language or system_language(windows_language=_windows_language()))


def _windows_language() -> int | None:
    """Return the language identifier of the user's Windows; None elsewhere."""
    if sys.platform != "win32":
        return None
    import ctypes

    return int(ctypes.windll.kernel32.GetUserDefaultUILanguage())
