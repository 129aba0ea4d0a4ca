"""The application, run once to show many texts in every place that others can write to."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path

from support.app_harness import HarnessApp, make_app, message, state_is
from support.archives import row_of
from support.captured_output import CapturedOutput
from support.hostile import assert_screen_is_safe
from support.inbox_screen import arrive, inbox, selected
from support.systems import temporary_folder

from inbox_tui.sync import State, Status, StatusChanged
from inbox_tui.widgets.message_list import MessageList


class OpenApp:
    """An application with its own event loop that stays open between the examples of a test.

    It writes to the terminal `written`, if one is given.
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
        """Show a text as message, sender, receiving number and reason of the status."""
        self._runner.run(self._show(text))

    async def _show(self, text: str) -> None:
        self._number += 1
        new = message(self._number, text, phone=text, to_phone=text, minutes_ago=0)
        await arrive(self._pilot, new)
        (session,) = self.app._accounts.sessions
        listed = inbox(self._pilot).query_one(MessageList)
        listed.move_to(row_of(session.archive, new.id).row)
        session._publish(StatusChanged(Status(State.OFFLINE, text, None)))
        await self._pilot.pause()
        assert selected(self._pilot).message == text
        assert_screen_is_safe(self.app)

    def close(self) -> None:
        self._runner.run(self._stack.aclose())
        self._runner.close()


@contextmanager
def open_app(size: tuple[int, int], written: CapturedOutput | None = None) -> Iterator[OpenApp]:
    """Run the application for the block."""
    with temporary_folder() as folder:
        opened = OpenApp(folder, size, written)
        try:
            yield opened
        finally:
            opened.close()
