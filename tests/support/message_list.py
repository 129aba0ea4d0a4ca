"""Mounts a message list on its own, and reads what it shows."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from support.rows import Messages, presentation
from support.widgets import OneWidget, lines
from textual.pilot import Pilot

from inbox_tui.widgets.message_list import MessageList
from inbox_tui.widgets.presentation import Presentation

WIDTH, HEIGHT = 80, 12
MESSAGES = (MessageList.Highlighted, MessageList.Opened, MessageList.NewerChanged)
Mounted = tuple[MessageList, Pilot[None], OneWidget[MessageList]]


@asynccontextmanager
async def mounted(
    source: Messages | None = None,
    *,
    size: tuple[int, int] = (WIDTH, HEIGHT),
    shown_by: Presentation | None = None,
) -> AsyncIterator[Mounted]:
    messages = MessageList(shown_by or presentation())
    app = OneWidget(messages, *MESSAGES)
    async with app.run_test(size=size) as pilot:
        messages.focus()
        if source is not None:
            messages.show(source)
        await pilot.pause()
        yield messages, pilot, app


def shown_id(messages: MessageList) -> int | None:
    return None if messages.row is None else messages.row.id


def cursor_line(messages: MessageList) -> str:
    marked = [line for line in lines(messages) if line.startswith("▌")]
    assert len(marked) == 1
    return marked[0]


def line_of_cursor(messages: MessageList) -> int:
    """Return the number of the line with the cursor, from 0."""
    return lines(messages).index(cursor_line(messages))
