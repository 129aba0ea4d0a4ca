"""What of the inbox is shown, and how to say it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import tzinfo
from typing import NamedTuple

from inbox_tui.archive import Query
from inbox_tui.commands import CommandKeys
from inbox_tui.text.search_query import Query as SearchQuery
from inbox_tui.text.search_query import State

WINDOWS: tuple[int | None, ...] = (1, 6, 24, 48, 168, None)
"""The hour windows offered; None is everything kept."""
LONGEST_WINDOW = 168
STATE_NAMES: dict[State, str] = {
    "unread": "unread",
    "starred": "starred",
    "todo": "to do",
    "done": "done",
    "muted": "muted",
}
"""The states offered, and what they are called."""


_NONE_IN_STATE: dict[State | None, str] = {
    None: "No messages",
    "unread": "No unread messages",
    "starred": "No starred messages",
    "todo": "No messages to do",
    "done": "No messages done",
    "muted": "No messages of muted senders",
}


def window_name(hours: int | None) -> str:
    """An hour window in a word or two."""
    return "everything" if hours is None else f"{hours} h"


class Filters(NamedTuple):
    """What the user has chosen to see: filters combine."""

    to_phone: str | None = None
    hours: int | None = None
    search: str = ""
    state: State | None = None
    phone: str | None = None

    @property
    def any(self) -> bool:
        """Whether anything is left out."""
        return self != Filters()

    @property
    def beside_search(self) -> bool:
        """Whether a search is narrowed by other filters."""
        return bool(self.search.strip()) and self != Filters(search=self.search)

    @property
    def widened_by(self) -> str:
        """The command that lets a search find more."""
        only_window = self == Filters(search=self.search, hours=self.hours)
        return "pick_window" if only_window else "clear_filters"

    def written(self) -> str:
        """The filters as they are remembered for the next start; the search is not."""
        import json

        kept = {"to_phone": self.to_phone, "hours": self.hours, "state": self.state}
        return json.dumps(kept)

    @classmethod
    def read(cls, written: str) -> Filters | None:
        """What `written` gave; None for anything else."""
        import json

        try:
            kept = json.loads(written)
            to_phone, hours, state = kept["to_phone"], kept["hours"], kept["state"]
        except (ValueError, KeyError, TypeError):
            return None
        fits = (
            (to_phone is None or isinstance(to_phone, str))
            and (hours is None or (type(hours) is int and 1 <= hours <= LONGEST_WINDOW))
            and (state is None or state in STATE_NAMES)
        )
        return cls(to_phone=to_phone, hours=hours, state=state) if fits else None

    def query(
        self, window_start: Callable[[int], int], search: SearchQuery, server_zone: tzinfo
    ) -> Query:
        """The archive's query; `search` is what was typed, read by `parse_query`.

        `window_start` gives the server seconds at which a window of so many hours begins.
        """
        query = Query(
            to_phone=self.to_phone,
            since=None if self.hours is None else window_start(self.hours),
            phone=self.phone,
            state=self.state,
        )
        return query.searching(search, server_zone) if self.search.strip() else query

    def sentence(self, number: Callable[[str], str], keys: CommandKeys, outside: str = "") -> str:
        """Why a list is empty, and the way out.

        `number` makes a phone number fit to be read. `outside`: how many messages the search finds
        without the other filters, where there are any.
        """
        words = [_NONE_IN_STATE[self.state]]
        if self.phone is not None:
            words.append(f"from {number(self.phone)}")
        if self.to_phone is not None:
            words.append(f"to {number(self.to_phone)}")
        if self.hours is not None:
            words.append("in the last hour" if self.hours == 1 else f"in the last {self.hours} h")
        if self.search.strip():
            words.append(f'with "{self.search.strip()}"')
        if outside:
            where = "outside the window" if self.widened_by == "pick_window" else "without filters"
            shows = f"{keys.label(self.widened_by)} shows them"
            return f"{' '.join(words)}.\n{outside} {where}: {shows}."
        way_out = f"{keys.label('clear_filters')} clears the filters"
        if self.hours is not None:
            way_out += f", {keys.label('pick_window')} chooses another window"
        return f"{' '.join(words)}.\n{way_out}."
