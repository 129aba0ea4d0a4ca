"""The styles that a widget draws its lines in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.segment import Segment
from rich.style import Style

if TYPE_CHECKING:
    from textual.widget import Widget


class PartStyles:
    """The styles of a widget's component classes, looked up once each."""

    def __init__(self, widget: Widget, prefix: str) -> None:
        """Create the styles of the component classes `{prefix}--{part}`."""
        self._widget = widget
        self._prefix = prefix
        self._styles: dict[tuple[str, ...], Style] = {}

    def clear(self) -> None:
        """Look all up again."""
        self._styles.clear()

    def __call__(self, *parts: str) -> Style:
        """Return the style of these parts, the later ones on top of the earlier."""
        style = self._styles.get(parts)
        if style is None:
            widget = self._widget
            names = [f"{self._prefix}--{part}" for part in parts]
            style = widget.get_visual_style(*names).rich_style
            # A visual style leaves reverse out, and twice reversed is not reversed.
            if sum(bool(widget.get_component_styles(n).text_style.reverse) for n in names) % 2:
                style += Style(reverse=True)
            _, background = widget.background_colors
            for line_filter in widget.get_line_filters():  # once, rather than for each segment
                style = line_filter.apply([Segment(" ", style)], background)[0].style or style
            self._styles[parts] = style
        return style
