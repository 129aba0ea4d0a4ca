"""An archive for coroutines: slow work on it, away from the event loop, one piece at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from inbox_tui.archive.archive import Archive

T = TypeVar("T")


class Desk:
    """One connection to the archive, opened when first needed, used by one thread at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._archive: Archive | None = None
        self._turn = asyncio.Lock()

    async def do(self, work: Callable[[Archive], T]) -> T:
        """Run `work` with the archive in a thread, after the work asked for earlier.

        Raises `ArchiveError`, and `QueryCancelled` where `interrupt` ended it.
        """
        async with self._turn:
            return await asyncio.to_thread(self._with_archive, work)

    def _with_archive(self, work: Callable[[Archive], T]) -> T:
        if self._archive is None:
            self._archive = Archive.open(self._path)
        return work(self._archive)

    def interrupt(self) -> None:
        """End the query that is running, if one is."""
        if self._archive is not None and self._turn.locked():
            self._archive.interrupt()

    async def close(self) -> None:
        """Close the connection after the work under way."""
        self.interrupt()
        async with self._turn:
            if self._archive is not None:
                archive, self._archive = self._archive, None
                await asyncio.to_thread(archive.close)
