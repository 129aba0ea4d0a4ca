"""A cursor in JSON, as it is stored. Imported where one is needed first: `msgspec` costs 5 ms."""

from __future__ import annotations

import msgspec

from inbox_tui.archive.records import Cursor
from inbox_tui.smsc.limit import PERIOD_HOURS

_MOST_SECONDS = 1e10
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
        cursor = _DECODER.decode(text)
    except msgspec.DecodeError:
        return Cursor()
    return cursor if _is_possible(cursor) else Cursor()


def _is_possible(cursor: Cursor) -> bool:
    """Tell whether it can be reckoned with: anybody may have written it where a team keeps it."""
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
