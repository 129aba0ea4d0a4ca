"""The filters of the inbox, and how they are described."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from inbox_tui.archive import Query
from inbox_tui.commands import CommandKeys, after_search
from inbox_tui.locale import _, mark
from inbox_tui.smsc.limit import PERIOD_HOURS
from inbox_tui.text.search_query import MessageState, SearchQuery, parse_query
from inbox_tui.widgets.presentation import ALL_NUMBERS

if TYPE_CHECKING:
    from inbox_tui.session import Session
    from inbox_tui.sessions import AllSessions
    from inbox_tui.widgets.filter_bar import FilterBar
    from inbox_tui.widgets.presentation import Presentation

WINDOWS: tuple[int | None, ...] = (1, 6, 24, 48, 168, None)
"""The hour windows offered; None is everything kept."""
FILTERS_NOTE = "filters"
"""The name of the archive note with the filters set last."""
SEARCH_EXAMPLES = mark("such as 5512 · from:bank · after:mon · is:unread · has:code · -without")
STATE_NAMES: dict[MessageState, str] = {
    "unread": mark("unread"),
    "starred": mark("starred"),
    "todo": mark("to do"),
    "done": mark("done"),
    "muted": mark("muted"),
}
"""The states offered, with their names."""


_NONE_IN_STATE: dict[MessageState | None, str] = {
    None: mark("No messages"),
    "unread": mark("No unread messages"),
    "starred": mark("No starred messages"),
    "todo": mark("No messages to do"),
    "done": mark("No messages done"),
    "muted": mark("No messages of muted senders"),
}


def window_name(hours: int | None) -> str:
    """Return an hour window in a word or two."""
    return _("everything") if hours is None else _("{hours} h").format(hours=hours)


class Filters(NamedTuple):
    """The filters chosen by the user; messages that match all of them are shown."""

    to_phone: str | None = None
    hours: int | None = None
    search: str = ""
    state: MessageState | None = None
    phone: str | None = None

    @property
    def any(self) -> bool:
        """Whether any filter is set."""
        return self != Filters()

    @property
    def beside_search(self) -> bool:
        """Whether a search is combined with other filters."""
        return bool(self.search.strip()) and self != Filters(search=self.search)

    @property
    def widened_by(self) -> str:
        """The command to offer for a search to find more."""
        only_window = self == Filters(search=self.search, hours=self.hours)
        return "pick_window" if only_window else "clear_filters"

    def as_text(self) -> str:
        """Return number, window and state as JSON, to be remembered for the next start."""
        import json

        kept = {"to_phone": self.to_phone, "hours": self.hours, "state": self.state}
        return json.dumps(kept)

    @classmethod
    def from_text(cls, written: str) -> Filters | None:
        """Return the filters from a result of `as_text`, or None for any other text."""
        import json

        try:
            kept = json.loads(written)
            to_phone, hours, state = kept["to_phone"], kept["hours"], kept["state"]
        except (ValueError, KeyError, TypeError, RecursionError):
            return None
        fits = (
            (to_phone is None or isinstance(to_phone, str))
            and (hours is None or (type(hours) is int and 1 <= hours <= PERIOD_HOURS))
            and (state is None or (isinstance(state, str) and state in STATE_NAMES))
        )
        return cls(to_phone=to_phone, hours=hours, state=state) if fits else None

    def sentence(
        self, number: Callable[[str], str], keys: CommandKeys, outside: str, *, searching: bool
    ) -> str:
        """Return why the list is empty, and what to do about it.

        `number` returns the name or readable form of a phone number. `outside`: how many messages
        the search finds without the other filters; empty for none. `searching`: whether a search
        is being typed.
        """
        words = [_(_NONE_IN_STATE[self.state])]
        if self.phone is not None:
            words.append(_("from {number}").format(number=number(self.phone)))
        if self.to_phone is not None:
            words.append(_("to {number}").format(number=number(self.to_phone)))
        if self.hours is not None:
            last = _("in the last hour") if self.hours == 1 else _("in the last {hours} h")
            words.append(last.format(hours=self.hours))
        if self.search.strip():
            words.append(_('with "{search}"').format(search=self.search.strip()))
        if outside:
            where = _("outside the window")
            if self.widened_by != "pick_window":
                where = _("without filters")
            shows = _("{key} shows them").format(key=keys.label(self.widened_by))
            shows = after_search(shows, searching=searching)
            return f"{' '.join(words)}.\n{outside} {where}: {shows}."
        way_out = _("{key} clears the filters").format(key=keys.label("clear_filters"))
        if self.hours is not None:
            way_out += _(", {key} chooses another window").format(key=keys.label("pick_window"))
        return f"{' '.join(words)}.\n{after_search(way_out, searching=searching)}."


class CurrentFilters:
    """The filters in force, turned into archive queries and into text for the filter bar."""

    def __init__(
        self, session: Session | AllSessions, presentation: Presentation, chosen: Filters
    ) -> None:
        self._session = session
        self._presentation = presentation
        self.chosen = chosen
        """What the user has chosen."""

    def query(self) -> Query:
        """Return the archive query for the filters."""
        return self._query(self.chosen)

    def wider_query(self) -> Query | None:
        """Return the query for the search alone, or None if no other filters are set."""
        beside = self.chosen.beside_search
        return self._query(Filters(search=self.chosen.search)) if beside else None

    def _query(self, filters: Filters) -> Query:
        hours, session = filters.hours, self._session
        query = Query(
            to_phone=filters.to_phone,
            since=None if hours is None else session.window_start(hours),
            phone=filters.phone,
            state=filters.state,
        )
        if not filters.search.strip():
            return query
        return query.searching(self.search_query(), session.server_zone)

    def search_query(self) -> SearchQuery:
        """Return the search, parsed with dates relative to today."""
        now = self._session.clock.now().astimezone(self._presentation.local_zone)
        return parse_query(self.chosen.search, now, self._session.settings.names)

    def search_help(self) -> str:
        """Return examples while no search is typed, else what is wrong with it, if anything."""
        if not self.chosen.search:
            return _(SEARCH_EXAMPLES)
        errors = self.search_query().errors
        return errors[0].problem if errors else ""

    def show_on(self, bar: FilterBar) -> None:
        """Show the filters in the filter bar."""
        chosen, who = self.chosen, self._presentation.who
        bar.to = ALL_NUMBERS if chosen.to_phone is None else who(chosen.to_phone)
        bar.window = window_name(chosen.hours)
        bar.search = chosen.search
        bar.state = _(STATE_NAMES[chosen.state]) if chosen.state is not None else ""
