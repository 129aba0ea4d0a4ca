"""`python -m inbox_tui.demo`: runs the demo server without the inbox, for developers."""

from __future__ import annotations

from contextlib import suppress
from random import SystemRandom
from threading import Event

from inbox_tui.demo.server import start_demo


def main() -> None:
    """Print the URL, login and password of a demo server, and serve until Ctrl-C."""
    with suppress(KeyboardInterrupt), start_demo(SystemRandom()) as demo:
        print(f"url       {demo.url}")  # noqa: T201
        print(f"login     {demo.login}")  # noqa: T201
        print(f"password  {demo.password}", flush=True)  # noqa: T201
        Event().wait()


if __name__ == "__main__":
    main()
