"""Making untrusted text safe to draw, and finding codes, links and phone numbers in it."""

from __future__ import annotations

from inbox_tui.text.codes import CODE_WITHIN, Code, find_code
from inbox_tui.text.links import LINKS_WITHIN, Link, find_links
from inbox_tui.text.phones import format_phone, load_metadata, name_finder, needs_metadata
from inbox_tui.text.sanitize import graphemes, is_single_width, sanitize
from inbox_tui.text.search import fold_text, strip_separators

__all__ = [
    "CODE_WITHIN",
    "LINKS_WITHIN",
    "Code",
    "Link",
    "find_code",
    "find_links",
    "fold_text",
    "format_phone",
    "graphemes",
    "is_single_width",
    "load_metadata",
    "name_finder",
    "needs_metadata",
    "sanitize",
    "strip_separators",
]
