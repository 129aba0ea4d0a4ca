"""A scrollbar drawn in a fraction of the time of Textual's own, and looking the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.scrollbar import ScrollBarRender
from textual.strip import Strip
from textual.visual import Visual

from inbox_tui.widgets.symbols import PLAIN, symbols

if TYPE_CHECKING:
    from textual.css.styles import RulesMap
    from textual.style import Style as VisualStyle
    from textual.visual import RenderOptions


class _PlainBar(ScrollBarRender):
    """A bar of whole cells, for a terminal without the characters for parts of one."""

    VERTICAL_BARS: ClassVar[list[str]] = [" "]
    HORIZONTAL_BARS: ClassVar[list[str]] = [" "]


class QuickScrollBar(ScrollBarRender, Visual):
    """What `ScrollBar.renderer` is set to: it draws strips, without a Rich console."""

    def render_strips(
        self, width: int, height: int | None, style: VisualStyle, options: RenderOptions
    ) -> list[Strip]:
        """Draw the lines of the bar."""
        height = height or 1
        colors = self.style if isinstance(self.style, Style) else Style.parse(self.style)
        drawing = _PlainBar if symbols() is PLAIN else ScrollBarRender
        bar = drawing.render_bar(
            size=height if self.vertical else width,
            virtual_size=self.virtual_size,
            window_size=self.window_size,
            position=self.position,
            vertical=self.vertical,
            thickness=width if self.vertical else height,
            back_color=colors.bgcolor or Color.default(),
            bar_color=colors.color or Color.default(),
        )
        segments = Segment.apply_style(bar.segments, style.rich_style)
        if self.vertical:
            return [Strip([segment], width) for segment in segments]
        return [Strip(line, width) for line in Segment.split_lines(segments)]

    def get_optimal_width(self, rules: RulesMap, container_width: int) -> int:
        """Return the width there is."""
        return container_width

    def get_height(self, rules: RulesMap, width: int) -> int:
        """Return the least height."""
        return 1
