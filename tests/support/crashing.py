"""The program with a bug in it: `python crashing.py PLACE OPTION…`.

The exceptions contain a password and the text of a message, which must not be shown or logged.
"""

from __future__ import annotations

import asyncio
import gc
import sys
import threading
from typing import Any, NoReturn

from inbox_tui.app import InboxApp
from inbox_tui.cli.program import main
from inbox_tui.credentials import Keyring
from inbox_tui.screens.accounts import AccountSwitcher
from inbox_tui.screens.sign_in import SignInScreen
from inbox_tui.screens.state_commands import StateCommands
from inbox_tui.smsc.client import InboxClient
from inbox_tui.sync.next_request import RequestChooser
from inbox_tui.terminal import clipboard
from inbox_tui.widgets.message_view import MessageView

PASSWORD = "kW7zebra;stripes"
TEXT = "Your code is 913042. Do not tell"


def fail(*at_hand: object, **more: object) -> NoReturn:
    """Raise an exception that contains secrets, the arguments included."""
    password, text = PASSWORD, TEXT
    raise ValueError(password, text, at_hand, more)


async def fail_later(*at_hand: object, **more: object) -> NoReturn:
    fail(*at_hand, **more)


class Unraisable:
    """An object whose destructor fails, so that the exception can't be caught."""

    def __del__(self) -> None:
        fail(self)


class Knot:
    """A reference cycle with an `Unraisable`, which only the garbage collector frees."""

    def __init__(self) -> None:
        self.knot = self
        self.inside = Unraisable()


def fail_beside(app: InboxApp) -> None:
    """Fail in a task that is not awaited, in a callback, in a thread and in destructors."""
    loop = asyncio.get_running_loop()
    task = loop.create_task(fail_later())
    task.add_done_callback(lambda _: None)
    loop.call_soon(fail)
    threading.Thread(target=fail).start()
    Unraisable()
    Knot()
    del task
    loop.call_later(0.5, gc.collect)
    loop.call_later(1.0, app.exit)


def mount_and_fail_beside(app: InboxApp) -> None:
    """Mount the app as usual, then fail in the background."""
    mount(app)
    fail_beside(app)


mount = InboxApp.on_mount
FAULTS: dict[str, tuple[object, str, Any]] = {
    "client": (InboxClient, "_post", fail_later),
    "sync": (RequestChooser, "plan", fail),
    "widget": (MessageView, "render_line", fail),
    "worker": (StateCommands, "_apply", fail_later),
    "thread worker": (clipboard, "copy_here", fail),
    "sign-in": (AccountSwitcher, "attempt", fail_later),
    "keyring": (Keyring, "_call", fail_later),
    "start": (InboxApp, "get_default_screen", fail),
    "key": (InboxApp, "action_show_help", fail_later),
    "end": (InboxApp, "on_unmount", fail_later),
    "beside": (InboxApp, "on_mount", mount_and_fail_beside),
    "sign-in screen": (SignInScreen, "compose", fail),
}
"""By place: an object, its attribute, and the failing function that replaces it."""


if __name__ == "__main__":
    setattr(*FAULTS[sys.argv[1]])
    main(sys.argv[2:])
