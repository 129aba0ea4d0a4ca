"""The same messages in Textual's OptionList: `options.py ARCHIVE`."""

import sqlite3
import sys

from textual.app import App, ComposeResult
from textual.content import Content
from textual.widgets import OptionList


class Options(App[None]):
    def compose(self) -> ComposeResult:
        yield OptionList()

    def on_mount(self) -> None:
        rows = sqlite3.connect(sys.argv[1]).execute(
            "SELECT received, phone, message FROM messages ORDER BY received DESC, id DESC"
        )
        self.query_one(OptionList).add_options(
            Content(f"{received} {phone} {text}") for received, phone, text in rows
        )


Options().run()
