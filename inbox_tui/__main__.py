"""Where the program begins: `inbox-tui`, and `python -m inbox_tui`."""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Callable

COMPLETING = "_INBOX_TUI_COMPLETE"
"""Set by a shell that asks how to complete the command line."""


def main() -> None:
    """Run the program. An interrupt while it is being imported ends it without a word."""
    interruptible = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if interruptible:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    gc.disable()  # what is imported stays: 5 % of the start
    from inbox_tui.cli.language import choose_language

    choose_language()
    begin: Callable[[], object]
    if sys.argv[1:] or COMPLETING in os.environ:
        from inbox_tui.cli.program import main as command_line

        gc.enable()
        begin = command_line
    else:  # nothing to be read: the inbox opens without what reads options
        from inbox_tui.cli.inbox import main as inbox

        begin = inbox
    if interruptible:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    begin()


if __name__ == "__main__":
    main()
