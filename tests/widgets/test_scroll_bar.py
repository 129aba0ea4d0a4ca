"""The quick scrollbar looks like Textual's own."""

from __future__ import annotations

import pytest
from rich.segment import Segment
from rich.style import Style
from textual.app import App, ComposeResult
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.scrollbar import ScrollBar, ScrollBarRender
from textual.strip import Strip

from inbox_tui.widgets.scroll_bar import QuickScrollBar


class Page(ScrollView):
    """Lines and columns that do not fit."""

    def on_mount(self) -> None:
        self.virtual_size = Size(300, 1000)

    def render_line(self, y: int) -> Strip:
        return Strip.blank(self.size.width, Style())


class OnePage(App[None]):
    def compose(self) -> ComposeResult:
        yield Page()


async def drawn_by(
    renderer: type[ScrollBarRender], place: int, monkeypatch: pytest.MonkeyPatch
) -> list[list[Segment]]:
    monkeypatch.setattr(ScrollBar, "renderer", renderer)
    app = OnePage()
    async with app.run_test(size=(40, 12)) as pilot:
        page = app.query_one(Page)
        page.scroll_to(x=place // 10, y=place, animate=False)
        await pilot.pause()
        return [
            list(Segment.simplify(strip))
            for bar in (page.vertical_scrollbar, page.horizontal_scrollbar)
            for strip in bar.render_lines(bar.region.size.region)
        ]


@pytest.mark.parametrize("place", [0, 3, 50, 517, 989])
async def test_it_looks_like_that_of_textual_and_takes_the_same_clicks(
    place: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick = await drawn_by(QuickScrollBar, place, monkeypatch)
    assert quick == await drawn_by(ScrollBarRender, place, monkeypatch)
