"""An archive for coroutines: slow work on it, away from the event loop, one piece at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from inbox_tui.archive.archive import Archive

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

T = TypeVar("T")


class ArchiveWorker:
    """One connection to the archive, opened when first needed, in a thread of its own.

    Work is done in the order asked for. A coroutine that is cancelled meanwhile leaves its work to
    end by itself: the connection is closed after it, never below it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._archive: Archive | None = None
        self._reading = False
        """Whether what runs was given to `call`."""

    @cached_property
    def _thread(self) -> ThreadPoolExecutor:
        from concurrent.futures import ThreadPoolExecutor

        return ThreadPoolExecutor(1, thread_name_prefix="archive")

    async def call(self, work: Callable[[Archive], T]) -> T:
        """Run `work` with the archive.

        Raises `ArchiveError`, and `QueryCancelled` where `interrupt` ended it.
        """
        return await self.run(self._with_archive, work)

    async def run(self, function: Callable[..., T], *arguments: object) -> T:
        """Run any function in the thread of the archive."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, function, *arguments)

    def _with_archive(self, work: Callable[[Archive], T]) -> T:
        self._reading = True
        try:
            if self._archive is None:
                self._archive = Archive.open(self._path)
            return work(self._archive)
        finally:
            self._reading = False

    def interrupt(self) -> None:
        """End the query that is running, if one is; what `run` was given is never cut short."""
        if self._archive is not None and self._reading:
            self._archive.database.interrupt()

    async def close(self) -> None:
        """Close the connection after the work under way; a query is ended."""
        self.interrupt()
        await self.run(self._close)
        self._thread.shutdown(wait=False)

    def _close(self) -> None:
        if self._archive is not None:
            self._archive.close()
