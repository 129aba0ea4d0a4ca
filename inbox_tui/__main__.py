"""Where the program begins: `inbox-tui`, and `python -m inbox_tui`."""

from __future__ import annotations

import signal


def main() -> None:
    """Run the program. An interrupt while it is being imported ends it without a word."""
    interruptible = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if interruptible:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from inbox_tui.cli import main as program

    if interruptible:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    program()


if __name__ == "__main__":
    main()
