"""The repaints of an open inbox in which nothing happens."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from support.app_harness import HarnessApp, make_app, next_answer, state_is, week
from support.inbox_screen import inbox
from textual.pilot import Pilot
from textual.widget import Widget

from inbox_tui.screens.filters import Filters
from inbox_tui.screens.inbox import InboxScreen
from inbox_tui.widgets.filter_bar import FilterBar
from inbox_tui.widgets.message_list import MessageList
from inbox_tui.widgets.message_view import MessageView
from inbox_tui.widgets.status_bar import StatusBar
from inbox_tui.widgets.title_bar import TitleBar

WIDGETS = {
    StatusBar: "render",
    FilterBar: "render",
    TitleBar: "render",
    MessageList: "render_lines",
    MessageView: "render_line",
}


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Count how often each widget is drawn."""
    counts: Counter[str] = Counter()

    def counting(kind: Any, method: str) -> Callable[..., Any]:
        original = getattr(kind, method)

        def counted(widget: Widget, *arguments: Any) -> Any:
            counts[kind.__name__] += 1
            return original(widget, *arguments)

        return counted

    for kind, method in WIDGETS.items():
        monkeypatch.setattr(kind, method, counting(kind, method))
    return counts


@asynccontextmanager
async def settled(folder: Path) -> AsyncIterator[tuple[HarnessApp, Pilot[None], InboxScreen]]:
    """Run an inbox that has drawn the result of its first request."""
    app = make_app(folder, messages=week(), filters=Filters())
    async with app.run_test(size=(120, 40)) as pilot:
        await state_is(pilot, "Live")
        screen = inbox(pilot)
        screen._tick()
        await pilot.pause()
        yield app, pilot, screen


async def test_idle_second_repaints_only_the_status_bar(
    tmp_path: Path, drawn: Counter[str]
) -> None:
    async with settled(tmp_path) as (app, pilot, screen):
        drawn.clear()
        for _ in range(5):
            app.clock.move(1)
            screen._tick()
            await pilot.pause()
        assert drawn == {"StatusBar": 5}


async def test_refresh_without_new_messages_repaints_only_the_status_bar(
    tmp_path: Path, drawn: Counter[str]
) -> None:
    async with settled(tmp_path) as (_, pilot, screen):
        drawn.clear()
        await next_answer(pilot)
        screen._tick()
        await pilot.pause()
        assert set(drawn) == {"StatusBar"}
