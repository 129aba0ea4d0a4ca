"""Control sequences for the terminal's notifications and title.

Notifications are sent through the terminal, as the program often runs at the far end of an SSH
connection.
"""

from __future__ import annotations

from collections.abc import Mapping

from inbox_tui.text import sanitize

BELL = "\a"
LONGEST_NOTICE = 200


def notification(title: str, body: str, environment: Mapping[str, str]) -> str:
    """Return the control sequence for a desktop notification, followed by the bell.

    This is OSC 777 for terminals known to support it (rxvt-unicode, foot, ghostty, VTE) and OSC 9
    for others, wrapped so that tmux passes it on. `title` and `body` may be untrusted.
    """
    title, body = (_one_line(words) for words in (title, body))
    if _knows_osc_777(environment):
        sequence = f"\x1b]777;notify;{title.replace(';', ',')};{body.replace(';', ',')}\x1b\\"
    else:
        sequence = f"\x1b]9;{title}: {body}\x1b\\" if body else f"\x1b]9;{title}\x1b\\"
    if environment.get("TMUX"):
        sequence = "\x1bPtmux;" + sequence.replace("\x1b", "\x1b\x1b") + "\x1b\\"
    return sequence + BELL


def terminal_title(title: str) -> str:
    """Return the control sequence that sets the terminal's title."""
    return f"\x1b]2;{_one_line(title)}\x1b\\"


SAVE_TITLE = "\x1b[22;2t"
RESTORE_TITLE = "\x1b[23;2t"


def _one_line(words: str) -> str:
    return sanitize(words[:LONGEST_NOTICE])  # cut first, so that half an emoji is replaced


def _knows_osc_777(environment: Mapping[str, str]) -> bool:
    terminal = environment.get("TERM", "")
    return "VTE_VERSION" in environment or terminal.startswith(("rxvt", "foot", "ghostty"))
