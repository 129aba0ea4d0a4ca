"""Sync cursors as JSON. Imported when first needed, because importing `msgspec` takes 5 ms."""

from __future__ import annotations

import msgspec

from inbox_tui.archive.records import Cursor
from inbox_tui.smsc.limit import PERIOD_HOURS

_MOST_SECONDS = 1e10
_DECODER = msgspec.json.Decoder(Cursor)
"""Created on import: msgspec 0.22 crashes when two threads use a new type at the same time."""


def cursor_to_json(cursor: Cursor) -> str:
    """Return a cursor as JSON."""
    return msgspec.json.encode(cursor).decode()


def cursor_from_json(text: str | None) -> Cursor:
    """Return the cursor stored as `text`, or an empty one if `text` is None or not valid.

    With an empty cursor, the next pass covers the whole period.
    """
    if text is None:
        return Cursor()
    try:
        cursor = _DECODER.decode(text)
    except msgspec.DecodeError:
        return Cursor()
    return cursor if _is_possible(cursor) else Cursor()


def _is_possible(cursor: Cursor) -> bool:
    """Return whether the values are in range: any member of a team may have written them."""
    polled = [one for one in (cursor.polled, cursor.whole) if one is not None]
    moments = [one.moment for one in polled]
    if cursor.running is not None:
        moments.append(cursor.running.began)
    return (
        all(at.tzinfo and 1 < at.year < 9999 for _, *times in polled for at in times)
        and all(abs(moment.seconds) < _MOST_SECONDS for moment in moments)
        and (cursor.page_size is None or cursor.page_size > 0)
        and (
            cursor.running is None
            or 1 <= (cursor.running.back or 1) <= cursor.running.hour <= PERIOD_HOURS
        )
    )
