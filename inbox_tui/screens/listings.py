"""Reading lists of messages from the archive for the inbox screen."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Final, NamedTuple

from textual.worker import Worker, WorkerError

from inbox_tui.archive import (
    AnyAccount,
    ArchiveError,
    ArchiveWorker,
    Day,
    Item,
    Listing,
    Query,
    QueryCancelled,
)
from inbox_tui.screens.context import InboxContext

MOST_OUTSIDE: Final = 10_000
"""How many messages that a search finds beyond those shown are counted at most."""


class Spot(NamedTuple):
    """A position in the list: a message, its line on screen, and the newest message seen.

    Without `seen`, the list keeps its own value, `MessageList.seen`.
    """

    row: int
    line: int | None = None
    seen: int | None = None


class ArchivedMessages:
    """A listing of the archive as a `MessageSource`, which the message list reads from."""

    def __init__(self, account: AnyAccount, listing: Listing) -> None:
        self._account = account
        self.listing = listing
        query = listing.query
        self.search = query.search if any(query.search) else None
        """The search, or None if there is none."""
        self.receivers = account.counts.in_use() if query.to_phone is None else []
        """The receiving numbers that may be in the list; empty if it is filtered by one."""

    def __len__(self) -> int:
        return len(self.listing)

    def window(self, start: int, stop: int) -> Sequence[Item]:
        """Return the items at these positions."""
        return self._account.lists.window(self.listing, start, stop)

    def position(self, row: int) -> int:
        """Return the position of a message, or where it would be."""
        return self._account.lists.position(self.listing, row)

    def newer(self, row: int) -> int:
        """Return how many messages are newer than this one."""
        return self._account.lists.newer(self.listing, row)

    def day_at(self, position: int) -> tuple[Day, bool] | None:
        """Return the line of an item's day, and whether the item is that line itself."""
        return self._account.lists.day_at(self.listing, position)


class Showing(NamedTuple):
    """How a list is to be shown."""

    keep: bool = True
    """Whether the cursor stays on its message, or goes to `at`, rather than to the top."""
    at: Spot | None = None
    automatic: bool = False
    """Whether the list is shown without a key press."""


class ListLoader:
    """Reads lists: at once if that is an index look-up, else in a separate thread."""

    def __init__(
        self,
        context: InboxContext,
        show: Callable[[Listing, Showing], None],
        show_outside: Callable[[int], None],
    ) -> None:
        """Create a loader.

        `show` is called with each list, and before that with its first screenful if the rest takes
        long. `show_outside` is called with the number of messages that a search finds beyond those
        shown, counted up to `MOST_OUTSIDE`.
        """
        self._context = context
        self._show = show
        self._show_outside = show_outside
        self._search_worker: Worker[None] | None = None
        self._searches = ArchiveWorker(context.account.archive.path)
        self._going_to: Spot | None = None
        """The position at which the list that is being read will be shown."""
        self.shown_for_key = asyncio.Event()
        """Set unless a list requested by a key is still being read."""
        self.shown_for_key.set()
        self.listing: Listing | None = None
        """The list read last."""

    def load(self, query: Query, showing: Showing, *, screenful: int, wider: Query | None) -> None:
        """Read a list and show it; if that may take long, show `screenful` messages first.

        `wider`: a query that matches more messages, of which the additional ones are counted.
        """
        if showing.at is None and showing.automatic:
            showing = showing._replace(at=self._going_to)
        self._going_to = showing.at
        if not showing.automatic:
            self.shown_for_key.clear()
        self._searches.interrupt()
        if self._search_worker is not None:
            self._search_worker.cancel()
        if query.plain:
            context = self._context
            try:
                listing = context.account.lists.open(query, days=context.presentation.day_start)
                self._shown(listing, showing)
            except ArchiveError as error:
                self._failed(error)
        else:
            search = partial(self._search, query, showing, screenful=screenful, wider=wider)
            self._search_worker = self._context.screen.run_worker(search, group="search")

    async def wait_for_complete(self) -> Listing | None:
        """Return the list shown once it has been read completely, or None if that failed."""
        while (worker := self._search_worker) is not None and not worker.is_finished:
            with suppress(WorkerError):
                await worker.wait()
        return self.listing if self.listing is not None and self.listing.complete else None

    async def close(self) -> None:
        """Stop reading, and close the archive connection."""
        await self._searches.close()

    async def _search(
        self, query: Query, showing: Showing, *, screenful: int, wider: Query | None
    ) -> None:
        """Show the first screenful, then the whole list, then the count of messages beyond it."""
        shown = self.listing if showing.keep else None
        found: Listing | None = None
        try:
            if not showing.keep and query.phone is None:
                found = await self._open(query, first=screenful)
                self._shown(found, Showing(keep=False))
                on_screen = asyncio.Event()
                self._context.screen.call_after_refresh(on_screen.set)
                await on_screen.wait()
            if found is None or not found.complete:
                found = await self._open(query, keep=shown)
                self._shown(found, showing._replace(keep=True))
            if wider is not None:
                most = found.messages + MOST_OUTSIDE
                self._show_outside((await self._open(wider, first=most)).messages - found.messages)
        except QueryCancelled:
            return
        except ArchiveError as error:
            self._failed(error)

    async def _open(
        self, query: Query, *, first: int | None = None, keep: Listing | None = None
    ) -> Listing:
        account, day_start = self._context.account, self._context.presentation.day_start
        in_conversation = query.phone is not None
        return await self._searches.call(
            lambda archive: account.on(archive).lists.open(
                query, first=first, keep=keep, days=day_start, oldest_first=in_conversation
            )
        )

    def _shown(self, listing: Listing, showing: Showing) -> None:
        self.listing = listing
        self._going_to = None
        self._show(listing, showing)
        self.shown_for_key.set()

    def _failed(self, error: ArchiveError) -> None:
        self._context.show_notice(str(error))
        self.shown_for_key.set()
