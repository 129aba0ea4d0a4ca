"""An application with a single widget under test, and helpers that read what is drawn."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Generic, TypeVar

from rich.color import Color
from rich.style import Style
from textual.app import App, ComposeResult
from textual.message import Message
from textual.pilot import Pilot
from textual.strip import Strip
from textual.widget import Widget

W = TypeVar("W", bound=Widget)
M = TypeVar("M", bound=Message)


class OneWidget(App[None], Generic[W]):
    """Shows one widget; `posted` are the messages of these kinds that reached the application."""

    def __init__(self, widget: W, *kinds: type[Message]) -> None:
        super().__init__()
        self.widget = widget
        self.posted: list[Any] = []
        self._kinds = kinds

    def compose(self) -> ComposeResult:
        yield self.widget

    def post_message(self, message: Message) -> bool:
        """Record messages that bubble up to the application."""
        if isinstance(message, self._kinds):
            self.posted.append(message)
        return super().post_message(message)

    def posted_of(self, kind: type[M]) -> list[M]:
        """Return the recorded messages of one kind."""
        return [message for message in self.posted if isinstance(message, kind)]


async def widths_drawn(pilot: Pilot[None], widget: Widget, widths: Iterable[int]) -> list[int]:
    """Return the drawn width of a widget's first line in terminals of these widths."""
    drawn = []
    for width in widths:
        await pilot.resize_terminal(width, 3)
        await pilot.pause()
        drawn.append(Strip(widget.render_lines(widget.region.size.region)[0]).cell_length)
    return drawn


def screen_lines(app: App[Any]) -> list[str]:
    """Return the text of each line of the screen, with ordinary spaces."""
    drawn = app.screen._compositor.render_strips()
    return [strip.text.replace("\N{NO-BREAK SPACE}", " ") for strip in drawn]


def screen_text(app: App[Any]) -> str:
    """Return the text of the whole screen."""
    return "\n".join(screen_lines(app))


def lines(widget: Widget) -> list[str]:
    """Return the text of a widget's lines."""
    region = widget.region.size.region
    return [strip.text.rstrip() for strip in widget.render_lines(region)]


def line_with(widget: Widget, text: str) -> int:
    """Return the number of the first line of a widget that contains this text, from 0."""
    return next(y for y, line in enumerate(lines(widget)) if text in line)


def style_of(widget: Widget, text: str) -> Style:
    """Return the style of the segment that contains this text."""
    for strip in widget.render_lines(widget.region.size.region):
        for segment in strip:
            if text in segment.text:
                return segment.style or Style()
    raise AssertionError(f"{text!r} is not drawn in one style in {lines(widget)}")


def matches(widget: Widget, y: int | None = None) -> list[str]:
    """Return the segments highlighted as search matches, of the whole widget or of one line."""
    background = widget.get_component_rich_style("message--match").bgcolor
    drawn = widget.render_lines(widget.region.size.region)
    return [
        piece.text
        for line in (drawn if y is None else drawn[y : y + 1])
        for piece in line
        if piece.style and piece.style.bgcolor == background
    ]


async def drag(
    pilot: Pilot[None], widget: Widget, start: tuple[int, int], end: tuple[int, int]
) -> None:
    """Select with the mouse from one position in a widget to another."""
    await pilot.mouse_down(widget, offset=start)
    await pilot.hover(widget, offset=end)
    await pilot.mouse_up(widget, offset=end)
    await pilot.pause()


def background(widget: Widget, y: int) -> Color | None:
    """Return the background colour at the beginning of a line."""
    first, *_ = widget.render_lines(widget.region.size.region)[y]
    return None if first.style is None else first.style.bgcolor
