"""A line between two widgets that can be dragged."""

from __future__ import annotations

from textual import events
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from inbox_tui.widgets.symbols import symbols


class Divider(Widget):
    """A line one cell thick between two widgets, which posts `Dragged` while it is dragged.

    It is drawn in the accent colour while the focus is in a widget after it.
    """

    DEFAULT_CSS = """
    Divider {
        width: 100%;
        height: 1;
        color: $panel;
        &.-after-focused { color: $accent; }
        &:hover, &.-dragged { color: $primary; }
        &.-upright { width: 1; height: 100%; }
    }
    """

    upright: reactive[bool] = reactive(False, toggle_class="-upright")
    """Whether the line is vertical, between two widgets side by side."""

    class Dragged(Message):
        """Posted while the line is dragged, and when it is released."""

        def __init__(self, x: int, y: int, dropped: bool) -> None:
            super().__init__()
            self.x = x
            """The column of the mouse on the screen."""
            self.y = y
            """The line of the mouse on the screen."""
            self.dropped = dropped
            """Whether the line has been released."""

    def on_mount(self) -> None:
        """Watch the focus, which changes how the line is drawn."""
        self.watch(self.screen, "focused", self._show_focus)

    def _show_focus(self, focused: Widget | None) -> None:
        siblings = [] if self.parent is None else list(self.parent.children)
        after = siblings[siblings.index(self) + 1 :]
        within = [] if focused is None else focused.ancestors_with_self
        self.set_class(any(widget in after for widget in within), "-after-focused")
        self.refresh()

    def render(self) -> Content:
        """Render the line, a strong one while the focus is in a widget after it."""
        width, height = self.size
        strong = self.has_class("-after-focused")
        upright = symbols().strong_upright if strong else symbols().upright
        rule = symbols().strong_rule if strong else symbols().rule
        return Content("\n".join([upright] * height) if self.upright else rule * width)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Start dragging the line."""
        event.stop()
        self.capture_mouse()
        self.add_class("-dragged")

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Post where the line is dragged to."""
        if self.has_class("-dragged"):
            self.post_message(self.Dragged(event.screen_x, event.screen_y, False))

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """Stop dragging the line."""
        if self.has_class("-dragged"):
            event.stop()
            self.capture_mouse(False)
            self.remove_class("-dragged")
            self.post_message(self.Dragged(event.screen_x, event.screen_y, True))
