"""The text shown in an empty list."""

from __future__ import annotations

from inbox_tui.commands import after_search
from inbox_tui.locale import _, plural
from inbox_tui.screens.context import InboxContext
from inbox_tui.screens.filters import CurrentFilters
from inbox_tui.session import Session
from inbox_tui.sessions import AllSessions
from inbox_tui.sync import State
from inbox_tui.widgets.presentation import capital


def empty_text(
    context: InboxContext,
    filters: CurrentFilters,
    progress: str,
    outside: str,
    *,
    searching: bool,
) -> str:
    """Return why the list is empty, and what to do about it.

    `progress`: how far a sync of several pages is, or empty.
    `outside`: how many messages the search finds without the other filters; empty for none.
    `searching`: whether a search is being typed.
    """
    session, keys, who = context.session, context.keys, context.presentation.who
    if errors := filters.search_query().errors:
        told = str(errors[0])
        return capital(told) + "." * (not told.endswith("?"))
    if context.account.counts.total() and filters.chosen.any and not progress:
        return filters.chosen.sentence(who, keys, outside, searching=searching)
    match session.status.state:
        case State.CHECKING:
            return (
                _("Fetching the messages of the last 7 days.\n{progress}")
                .format(progress=progress)
                .rstrip()
            )
        case State.SIGN_IN:
            key = after_search(keys.label("sign_in"), searching=searching)
            return _("Not signed in.\nPress {key} to sign in.").format(key=key)
        case State.LIVE:
            return _(
                "No messages in the last 7 days.\n"
                "New ones appear here automatically, within {wait} of their arrival."
            ).format(wait=_longest_wait(session))
        case _:
            return _("No messages here yet.\n{reason}").format(reason=_(session.status.reason))


def _longest_wait(session: Session | AllSessions) -> str:
    """Return the longest time, in words, between a message's arrival and the next request."""
    seconds = round(session.refresh_seconds) + 1
    if seconds < 100:
        return plural("{count} second", "{count} seconds", seconds)
    return plural("{count} minute", "{count} minutes", -(-seconds // 60))
