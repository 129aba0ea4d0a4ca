"""Time as the program sees it."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from inbox_tui.smsc.limit import Moment


class Clock(Protocol):
    """A source of time, passed in wherever time matters so that tests can control it."""

    def moment(self) -> Moment:
        """Return seconds that never jump and include the machine's sleep, with the boot's id."""

    def now(self) -> datetime:
        """Return the wall-clock time, aware, in UTC; it may jump."""

    async def sleep(self, seconds: float) -> None:
        """Wait for `seconds`, or longer if the machine sleeps meanwhile."""


async def wait_at_most(clock: Clock, seconds: float, awaited: Awaitable[Any]) -> None:
    """Wait until `awaited` is done, at most for `seconds`; then cancel it."""
    slept = asyncio.ensure_future(clock.sleep(seconds))
    done = asyncio.ensure_future(awaited)
    try:
        await asyncio.wait((slept, done), return_when=asyncio.FIRST_COMPLETED)
    finally:
        slept.cancel()
        done.cancel()


class SystemClock:
    """The machine's own clocks."""

    def __init__(self) -> None:
        self._boot_id, self._seconds = _boot_clock()

    def moment(self) -> Moment:
        """Return the seconds since the machine started, including sleep if the system counts it."""
        return Moment(self._boot_id, self._seconds())

    def now(self) -> datetime:
        """Return the wall-clock time in UTC."""
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        """Wait on the event loop."""
        await asyncio.sleep(seconds)


def _boot_clock(proc: Path = Path("/proc")) -> tuple[str, Callable[[], float]]:
    """Return the id of this boot and its clock; clocks with the same id show the same time."""
    if sys.platform == "linux":
        boot_id = (proc / "sys/kernel/random/boot_id").read_text().strip()
        try:  # a time namespace has its own clock but the boot id of the machine
            offsets = (proc / "self/timens_offsets").read_text().split()
        except OSError:
            offsets = []
        if any(offset not in ("monotonic", "boottime", "0") for offset in offsets):
            boot_id = " ".join((boot_id, *offsets))
        return boot_id, lambda: time.clock_gettime(time.CLOCK_BOOTTIME)
    if sys.platform == "darwin":
        import subprocess

        asked = subprocess.run(
            ["/usr/sbin/sysctl", "-n", "kern.bootsessionuuid"],
            capture_output=True,
            text=True,
            check=False,
        )
        return asked.stdout.strip(), lambda: time.clock_gettime(time.CLOCK_MONOTONIC)
    if sys.platform == "win32":
        from inbox_tui.windows import boot_id

        clock = time.get_clock_info("monotonic").implementation  # differs between Python versions
        return f"{boot_id()} {clock}", time.monotonic
    return "", time.monotonic
