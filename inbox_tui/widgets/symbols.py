"""The characters drawn by the widgets that a terminal may lack."""

from __future__ import annotations

import os
from functools import cache
from typing import Final, NamedTuple


class Symbols(NamedTuple):
    """One set of characters, each one cell wide."""

    cursor: str
    unread: str
    muted: str
    starred: str
    done: str
    ellipsis: str
    rule: str
    upright: str
    above: str
    following: str
    free: str
    used: str
    live: str
    checking: str
    waiting: str
    offline: str
    blocked: str
    sign_in: str
    chosen: str
    below: str
    strong_rule: str
    strong_upright: str
    mine: str
    taken: str


UNICODE: Final = Symbols(*"▌●○★✓…─│↑▼●○●◌◷○■▲✓↓━┃◆◇")
"""Characters that nearly every terminal and font has."""
PLAIN: Final = Symbols(*">*o+x~-|^v*.*o=-#!xv=#@%")
"""ASCII characters, for a terminal that has no others."""

_PLAIN_TERMINALS = ("linux", "vt", "dumb", "ansi", "cons25")


@cache
def symbols() -> Symbols:
    """Return the set for the terminal of this process, chosen by its environment.

    That is `PLAIN` if the locale names a charset other than UTF-8, or if the terminal's font is
    known to be small (the Linux console). A locale that names no charset is taken for UTF-8.
    """
    locales = map(os.environ.get, ("LC_ALL", "LC_CTYPE", "LANG"))
    charset = next(filter(None, locales), "").partition(".")[2].partition("@")[0]
    small_font = os.environ.get("TERM", "").startswith(_PLAIN_TERMINALS)
    is_unicode = charset.replace("-", "").casefold() in {"", "utf8"}
    return UNICODE if is_unicode and not small_font else PLAIN
