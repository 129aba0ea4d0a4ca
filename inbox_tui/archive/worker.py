"""The archive worker: runs slow work on the archive in a thread, away from the event loop."""

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
    """A thread with its own connection to the archive, opened when first needed.

    Work is done one piece at a time, in the order of the calls. If the awaiting coroutine is
    cancelled, its work still runs to the end; `close` waits for it before it closes the connection.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._archive: Archive | None = None
        self._reading = False
        """Whether the function now running was passed to `call`."""

    @cached_property
    def _thread(self) -> ThreadPoolExecutor:
        from concurrent.futures import ThreadPoolExecutor

        return ThreadPoolExecutor(1, thread_name_prefix="archive")

    async def call(self, work: Callable[[Archive], T]) -> T:
        """Run `work` with the archive in the thread.

        Raises `ArchiveError`, and `QueryCancelled` if `interrupt` ended it.
        """
        return await self.run(self._with_archive, work)

    async def run(self, function: Callable[..., T], *arguments: object) -> T:
        """Run any function in the thread; `interrupt` does not end it."""
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
        """End the query that is running for `call`, if there is one."""
        if self._archive is not None and self._reading:
            self._archive.database.interrupt()

    async def close(self) -> None:
        """Close the connection after the work in progress; a query of `call` is interrupted."""
        self.interrupt()
        await self.run(self._close)
        self._thread.shutdown(wait=False)

    def _close(self) -> None:
        if self._archive is not None:
            self._archive.close()
