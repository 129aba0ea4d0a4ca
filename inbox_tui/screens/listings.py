"""Lists of messages, read from the archive for the screen."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, Final, NamedTuple, Protocol

from textual.screen import Screen
from textual.worker import Worker, WorkerError

from inbox_tui.archive import (
    AnyAccount,
    ArchiveError,
    ArchiveWorker,
    Day,
    DayStart,
    Item,
    Listing,
    Query,
    QueryCancelled,
)

MOST_OUTSIDE: Final = 10_000
"""So many messages that a search finds outside of what is shown are counted at most."""


class Spot(NamedTuple):
    """Where in the list the user is: a message, its line on screen, and the newest one seen.

    Without `seen`, the newest that the list has shown.
    """

    row: int
    line: int | None = None
    seen: int | None = None


class ArchivedMessages:
    """A listing of the archive, as the message list wants it."""

    def __init__(self, account: AnyAccount, listing: Listing) -> None:
        self._account = account
        self.listing = listing
        query = listing.query
        self.search = query.search if any(query.search) else None
        """What was searched for."""
        self.receivers = account.counts.in_use() if query.to_phone is None else []
        """The receiving numbers that messages in it may be to, none where they are to one."""

    def __len__(self) -> int:
        return len(self.listing)

    def window(self, start: int, stop: int) -> Sequence[Item]:
        """The items at these positions, newest first."""
        return self._account.lists.window(self.listing, start, stop)

    def position(self, row: int) -> int:
        """Where a message is, or would be."""
        return self._account.lists.position(self.listing, row)

    def newer(self, row: int) -> int:
        """How many messages are newer than this one."""
        return self._account.lists.newer(self.listing, row)

    def day_at(self, position: int) -> tuple[Day, bool] | None:
        """The line of the day that an item is below, and whether the item is that line."""
        return self._account.lists.day_at(self.listing, position)


class ShowListing(Protocol):
    """What shows a list."""

    def __call__(
        self, listing: Listing, *, keep: bool, at: Spot | None = None, by_itself: bool = False
    ) -> None:
        """Show a list; with `keep` the cursor stays on its message, or goes to `at`.

        `by_itself`: not because of a key.
        """


class ListLoader:
    """Reads lists: at once where that costs an index look-up, else in a thread of its own."""

    def __init__(
        self,
        screen: Screen[Any],
        account: AnyAccount,
        *,
        day_start: DayStart,
        show: ShowListing,
        show_outside: Callable[[int], None],
        say: Callable[[str], None],
    ) -> None:
        """Create a loader.

        `show_outside` is told how many messages a search finds beyond those shown, up to
        `MOST_OUTSIDE`, once that is known.
        """
        self._screen = screen
        self._show_outside = show_outside
        self._account = account
        self._day_start = day_start
        self._show = show
        self._say = say
        self._search_worker: Worker[None] | None = None
        self._searches = ArchiveWorker(account.archive.path)
        self._going_to: Spot | None = None
        """Where the list that is being read is to be shown at."""
        self.listing: Listing | None = None
        """What was read last."""

    def load(
        self,
        query: Query,
        *,
        keep: bool,
        at: Spot | None = None,
        by_itself: bool = False,
        screenful: int = 1,
        wider: Query | None = None,
    ) -> None:
        """Read a list and have it shown, `screenful` messages of it first where it takes long.

        `wider`: a query that finds all of these and others, which are counted.
        """
        if at is None and by_itself:
            at = self._going_to
        self._going_to = at
        at_end = partial(self._shown, at=at, by_itself=by_itself)
        self._searches.interrupt()
        if self._search_worker is not None:
            self._search_worker.cancel()
        if query.plain:
            try:
                at_end(self._account.lists.open(query, days=self._day_start), keep=keep)
            except ArchiveError as error:
                self._say(str(error))
        else:
            search = partial(
                self._search, query, at_end, keep=keep, screenful=screenful, wider=wider
            )
            self._search_worker = self._screen.run_worker(search, group="search")

    async def whole(self) -> Listing | None:
        """Return what is shown, once all of it has been read; None where that failed."""
        while (worker := self._search_worker) is not None and not worker.is_finished:
            with suppress(WorkerError):
                await worker.wait()
        return self.listing if self.listing is not None and self.listing.complete else None

    async def close(self) -> None:
        """End what is being read."""
        await self._searches.close()

    async def _search(
        self,
        query: Query,
        at_end: ShowListing,
        *,
        keep: bool,
        screenful: int,
        wider: Query | None,
    ) -> None:
        """The first screenful at once, the rest and the counts when they are known."""
        shown = self.listing if keep else None
        found: Listing | None = None
        try:
            if not keep and query.phone is None:
                found = await self._open(query, first=screenful)
                self._shown(found, keep=False)
                on_screen = asyncio.Event()
                self._screen.call_after_refresh(on_screen.set)
                await on_screen.wait()
            if found is None or not found.complete:
                found = await self._open(query, keep=shown)
                at_end(found, keep=True)
            if wider is not None:
                most = found.messages + MOST_OUTSIDE
                self._show_outside((await self._open(wider, first=most)).messages - found.messages)
        except QueryCancelled:
            return
        except ArchiveError as error:
            self._say(str(error))

    async def _open(
        self, query: Query, *, first: int | None = None, keep: Listing | None = None
    ) -> Listing:
        in_conversation = query.phone is not None
        return await self._searches.call(
            lambda archive: self._account.on(archive).lists.open(
                query, first=first, keep=keep, days=self._day_start, oldest_first=in_conversation
            )
        )

    def _shown(
        self, listing: Listing, *, keep: bool, at: Spot | None = None, by_itself: bool = False
    ) -> None:
        self.listing = listing
        self._going_to = None
        self._show(listing, keep=keep, at=at, by_itself=by_itself)
