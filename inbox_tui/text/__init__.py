"""Untrusted text made safe to draw; codes, links and phone numbers in it."""

from __future__ import annotations

from inbox_tui.text.codes import Code, find_code
from inbox_tui.text.drawing import drawn, signs, takes_a_cell_each
from inbox_tui.text.links import Link, find_links
from inbox_tui.text.phones import international, load_tables, needs_tables
from inbox_tui.text.search import folded, squeezed

__all__ = [
    "Code",
    "Link",
    "drawn",
    "find_code",
    "find_links",
    "folded",
    "international",
    "load_tables",
    "needs_tables",
    "signs",
    "squeezed",
    "takes_a_cell_each",
]
