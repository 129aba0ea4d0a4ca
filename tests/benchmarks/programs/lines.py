"""The baseline for moves: a Textual ScrollView of a million numbered lines."""

from rich.segment import Segment
from rich.style import Style
from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.geometry import Size, clamp
from textual.scroll_view import ScrollView
from textual.strip import Strip

LINES = 1_000_000
STYLE = Style.parse("#d5dae1 on #14181d")


class Lines(ScrollView, can_focus=True):
    BINDINGS = [  # noqa: RUF012
        Binding("j,n", "go(1)"),
        Binding("k", "go(-1)"),
        Binding("pagedown", "go(34)"),
        Binding("pageup", "go(-34)"),
        Binding("g", f"go(-{LINES})"),
        Binding("G", f"go({LINES})"),
    ]
    first = 0

    def on_mount(self) -> None:
        self.virtual_size = Size(0, LINES)

    def action_go(self, lines: int) -> None:
        self.first = clamp(self.first + lines, 0, LINES - self.size.height)
        self.scroll_to(y=self.first, animate=False, force=True, immediate=True)

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        text = f"{self.scroll_offset.y + y:9}  a line of text"
        return Strip([Segment(text.ljust(width), STYLE)], width)


class Bare(App[None]):
    def compose(self) -> ComposeResult:
        yield Lines()


Bare().run()
