"""The same messages in Textual's DataTable: `table.py ARCHIVE`."""

import sqlite3
import sys

from textual.app import App, ComposeResult
from textual.widgets import DataTable


class Table(App[None]):
    def compose(self) -> ComposeResult:
        yield DataTable(cursor_type="row")

    def on_mount(self) -> None:
        table = self.query_one(DataTable)
        table.add_columns("Received", "From", "Text")
        rows = sqlite3.connect(sys.argv[1]).execute(
            "SELECT received, phone, message FROM messages ORDER BY received DESC, id DESC"
        )
        table.add_rows((str(received), phone, text) for received, phone, text in rows)


Table().run()
