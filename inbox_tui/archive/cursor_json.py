"""A cursor in JSON, as it is stored. Imported where one is needed first: `msgspec` costs 5 ms."""

from __future__ import annotations

import msgspec

from inbox_tui.archive.records import Cursor

_DECODER = msgspec.json.Decoder(Cursor)
"""Made as this is imported, once: msgspec 0.22 crashes where two threads need a type first."""


def cursor_to_json(cursor: Cursor) -> str:
    """Return what to store of a cursor."""
    return msgspec.json.encode(cursor).decode()


def cursor_from_json(text: str | None) -> Cursor:
    """Return the cursor that was stored, an empty one where none was or it can't be read.

    With an empty one the whole period is asked for.
    """
    if text is None:
        return Cursor()
    try:
        return _DECODER.decode(text)
    except msgspec.DecodeError:
        return Cursor()
