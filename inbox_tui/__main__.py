"""Entry point of `inbox-tui` and `python -m inbox_tui`."""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Callable

from inbox_tui import COMPLETE_VARIABLE


def main() -> None:
    """Run the program. An interrupt during its imports ends it silently."""
    interruptible = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if interruptible:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    gc.disable()  # imported objects stay alive: this saves 5 % of the start
    from inbox_tui.cli.language import choose_language

    choose_language()
    begin: Callable[[], object]
    if sys.argv[1:] or COMPLETE_VARIABLE in os.environ:
        from inbox_tui.cli.program import main as command_line

        gc.enable()
        begin = command_line
    else:  # without options, the inbox opens without importing click
        from inbox_tui.cli.inbox import main as inbox

        begin = inbox
    if interruptible:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    begin()


if __name__ == "__main__":
    main()
