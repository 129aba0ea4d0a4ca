"""What of the inbox is shown, and how to say it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import tzinfo
from typing import NamedTuple

from inbox_tui.archive import Query
from inbox_tui.commands import CommandKeys
from inbox_tui.text.search_query import Query as SearchQuery

WINDOWS: tuple[int | None, ...] = (1, 6, 24, 48, 168, None)
"""The hour windows offered; None is everything kept."""
LONGEST_WINDOW = 168


def window_name(hours: int | None) -> str:
    """An hour window in a word or two."""
    return "everything" if hours is None else f"{hours} h"


class Filters(NamedTuple):
    """What the user has chosen to see: filters combine."""

    to_phone: str | None = None
    hours: int | None = None
    search: str = ""
    unread: bool = False
    phone: str | None = None

    @property
    def any(self) -> bool:
        """Whether anything is left out."""
        return self != Filters()

    def written(self) -> str:
        """The filters as they are remembered for the next start; the search is not."""
        import json

        kept = {"to_phone": self.to_phone, "hours": self.hours, "unread": self.unread}
        return json.dumps(kept)

    @classmethod
    def read(cls, written: str) -> Filters | None:
        """What `written` gave; None for anything else."""
        import json

        try:
            kept = json.loads(written)
            to_phone, hours, unread = kept["to_phone"], kept["hours"], kept["unread"]
        except (ValueError, KeyError, TypeError):
            return None
        fits = (
            (to_phone is None or isinstance(to_phone, str))
            and (hours is None or (type(hours) is int and 1 <= hours <= LONGEST_WINDOW))
            and isinstance(unread, bool)
        )
        return cls(to_phone=to_phone, hours=hours, unread=unread) if fits else None

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
            state="unread" if self.unread else None,
        )
        return query.searching(search, server_zone) if self.search.strip() else query

    def sentence(self, number: Callable[[str], str], keys: CommandKeys) -> str:
        """Why a list is empty, and the way out. `number` makes a phone number fit to be read."""
        words = ["No unread messages" if self.unread else "No messages"]
        if self.phone is not None:
            words.append(f"from {number(self.phone)}")
        if self.to_phone is not None:
            words.append(f"to {number(self.to_phone)}")
        if self.hours is not None:
            words.append("in the last hour" if self.hours == 1 else f"in the last {self.hours} h")
        if self.search.strip():
            words.append(f'with "{self.search.strip()}"')
        way_out = f"{keys.label('clear_filters')} clears the filters"
        if self.hours is not None:
            way_out += f", {keys.label('pick_window')} chooses another window"
        return f"{' '.join(words)}.\n{way_out}."
