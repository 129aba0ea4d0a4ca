"""What an empty list says."""

from __future__ import annotations

from inbox_tui.screens.filters import Filters
from inbox_tui.session import Session
from inbox_tui.sync import State
from inbox_tui.text.search_query import QueryError, explain
from inbox_tui.widgets.presentation import Presentation


def empty_text(
    session: Session,
    presentation: Presentation,
    filters: Filters,
    errors: tuple[QueryError, ...],
    progress: str,
) -> str:
    """Return why a list is empty, and the way out.

    `errors`: what is wrong with the search. `progress`: how far the first messages have come.
    """
    keys = presentation.keys
    if errors:
        told = explain(errors[0])
        return f"{told[:1].upper()}{told[1:]}."
    if session.archive.counts.total() and filters.any and not progress:
        return filters.sentence(presentation.who, keys)
    match session.status.state:
        case State.CHECKING:
            return f"Asking for the messages of the last 7 days.\n{progress}".rstrip()
        case State.SIGN_IN:
            return f"Not signed in.\n{keys.label('sign_in')} opens the sign-in."
        case State.LIVE:
            return (
                "No messages in the last 7 days.\n"
                f"A new one appears here by itself, within {_longest_wait(session)} "
                "of its arrival."
            )
        case _:
            return f"No messages here yet.\n{session.status.reason}"


def _longest_wait(session: Session) -> str:
    """Return how long a message may have arrived before it is asked for."""
    seconds = round(session.refresh_seconds) + 1
    return f"{seconds} seconds" if seconds < 100 else f"{-(-seconds // 60)} minutes"
