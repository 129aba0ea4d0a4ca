"""The application, run once for many texts, each shown wherever another may write."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path

from support.app_harness import HarnessApp, make_app, message, put, state_is
from support.captured_output import CapturedOutput
from support.hostile import assert_screen_is_safe
from support.systems import temporary_folder

from inbox_tui.archive import AccountArchive, Archive
from inbox_tui.screens.inbox import InboxScreen
from inbox_tui.session import Session
from inbox_tui.smsc.message import IncomingMessage
from inbox_tui.sync import State, Status, StatusChanged
from inbox_tui.widgets.message_list import MessageList


class OpenApp:
    """An application in a loop of its own that stays open between the examples of a test.

    It writes to the terminal `written`, where there is one.
    """

    def __init__(self, folder: Path, size: tuple[int, int], written: CapturedOutput | None) -> None:
        self._written = written
        self._runner = asyncio.Runner()
        self._stack = AsyncExitStack()
        self.app = self._runner.run(self._open(folder, size))
        self._number = 100

    async def _open(self, folder: Path, size: tuple[int, int]) -> HarnessApp:
        app = make_app(folder, messages=[message(1, "Hello")])
        if self._written is not None:
            self._written.attach(app)
        running = app.run_test(size=size, headless=self._written is None)
        self._pilot = await self._stack.enter_async_context(running)
        await state_is(self._pilot, "Live")
        return app

    def show(self, text: str) -> None:
        """Have the text come in every place that is another's to fill."""
        self._runner.run(self._show(text))

    async def _show(self, text: str) -> None:
        self._number += 1
        screen = self.app.screen
        assert isinstance(screen, InboxScreen)
        account, session = screen._account, screen._session
        assert isinstance(account, AccountArchive)
        assert isinstance(session, Session)
        new = message(self._number, text, phone=text, to_phone=text, minutes_ago=0)
        with Archive.open(self.app.archive_path) as archive:
            put(archive, account, [new])
        screen._changed()
        screen.query_one(MessageList).move_to(new_row(new, screen))
        session._publish(StatusChanged(Status(State.OFFLINE, text, None)))
        await self._pilot.pause()
        row = screen.query_one(MessageList).row
        assert row is not None
        assert row.message == text
        assert_screen_is_safe(self.app)

    def close(self) -> None:
        self._runner.run(self._stack.aclose())
        self._runner.close()


def new_row(new: IncomingMessage, screen: InboxScreen) -> int:
    row = screen._account.messages.get(new.id)
    assert row is not None
    return row.row


@contextmanager
def open_app(size: tuple[int, int], written: CapturedOutput | None = None) -> Iterator[OpenApp]:
    """The application, for the time of the block."""
    with temporary_folder() as folder:
        opened = OpenApp(folder, size, written)
        try:
            yield opened
        finally:
            opened.close()
