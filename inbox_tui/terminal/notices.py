"""Telling that new messages came: the bell, or a notification by the terminal itself.

The program is often at the far end of an SSH connection, where only the terminal is near the user.
"""

from __future__ import annotations

from collections.abc import Mapping

from inbox_tui.text import sanitize

BELL = "\a"
LONGEST_NOTICE = 200


def notification(title: str, body: str, environment: Mapping[str, str]) -> str:
    """The control sequence that asks the terminal to notify, with the bell after it.

    OSC 777 where the terminal is known to take that (rxvt-unicode, foot, VTE-based ones), OSC 9
    otherwise; wrapped so that tmux passes it on. `title` and `body` may be anyone's words.
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
    """The control sequence that sets the terminal's title."""
    return f"\x1b]2;{_one_line(title)}\x1b\\"


SAVE_TITLE = "\x1b[22;2t"
RESTORE_TITLE = "\x1b[23;2t"


def _one_line(words: str) -> str:
    return sanitize(words[:LONGEST_NOTICE])  # cut first: a part of an emoji is drawn as one


def _knows_osc_777(environment: Mapping[str, str]) -> bool:
    terminal = environment.get("TERM", "")
    return "VTE_VERSION" in environment or terminal.startswith(("rxvt", "foot", "ghostty"))
