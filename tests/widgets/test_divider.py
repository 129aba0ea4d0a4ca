from __future__ import annotations

from support.widgets import OneWidget, lines
from textual.app import App, ComposeResult
from textual.widgets import Input

from inbox_tui.widgets.divider import Divider


class Divided(App[None]):
    def compose(self) -> ComposeResult:
        yield Input(compact=True)
        yield Divider()
        yield Input(compact=True)


async def test_the_divider_is_a_horizontal_or_vertical_line() -> None:
    divider = Divider()
    async with OneWidget(divider).run_test(size=(10, 4)) as pilot:
        assert lines(divider) == ["─" * 10]
        divider.upright = True
        await pilot.pause()
        assert lines(divider) == ["│"] * 4


async def test_the_divider_is_heavy_while_the_widget_after_it_is_focused() -> None:
    app = Divided()
    async with app.run_test(size=(10, 5)) as pilot:
        before, after = app.query(Input)
        divider = app.query_one(Divider)
        plain = divider.styles.color
        assert lines(divider) == ["─" * 10]
        after.focus()
        await pilot.pause()
        assert lines(divider) == ["━" * 10]
        assert divider.styles.color != plain
        before.focus()
        await pilot.pause()
        assert lines(divider) == ["─" * 10]


async def test_dragging_the_divider_reports_its_new_position() -> None:
    divider = Divider()
    app = OneWidget(divider, Divider.Dragged)
    async with app.run_test(size=(20, 10)) as pilot:
        await pilot.hover(divider, offset=(5, 0))
        assert app.posted == []
        await pilot.mouse_down(divider, offset=(5, 0))
        await pilot.hover(offset=(7, 6))
        await pilot.mouse_up(offset=(7, 6))
        await pilot.hover(offset=(1, 1))
        await pilot.pause()
        assert {(m.x, m.y) for m in app.posted} == {(7, 6)}
        assert [m.dropped for m in app.posted[-2:]] == [False, True]
