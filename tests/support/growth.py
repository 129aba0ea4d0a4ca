"""Whether what is done costs too much, told without a clock's seconds.

Seconds say as much of the machine, and of what else it does, as of the program. What is compared
here is always measured in the same moment on the same machine, and again where it looks bad.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from math import inf
from typing import TypeVar

T = TypeVar("T")

LARGER = 16
MOST_GROWTH = 80
"""Sixteen times as much takes sixteen times as long, or 256 times where each part is gone over for
each other one; beside that, memory that is not in a cache may cost the double."""
ROUNDS = 7
clock = time.perf_counter if sys.platform == "win32" else time.thread_time
"""What is long is interrupted by other programs more often than what is short, which the time of
the processor leaves out; on Windows that goes by steps of 16 ms."""


def fastest(*works: Callable[[], object], until: Callable[[list[float]], bool]) -> list[float]:
    """The least seconds of each work, done in turns until they are as they should be."""
    least = [inf] * len(works)
    for _ in range(ROUNDS):
        for index, work in enumerate(works):
            began = clock()
            work()
            least[index] = min(least[index], clock() - began)
        if until(least):
            break
    return least


def assert_linear(work: Callable[[T], object], made: Callable[[int], T], size: int) -> None:
    """What is made `LARGER` times as large takes no more than `MOST_GROWTH` times as long."""
    small, large = made(size), made(size * LARGER)
    took = fastest(
        lambda: work(small),
        lambda: work(large),
        until=lambda took: took[1] <= MOST_GROWTH * took[0],
    )
    assert took[1] <= MOST_GROWTH * took[0], f"{took[0]:.6f} s, then {took[1]:.6f} s"


def assert_as_cheap(
    work: Callable[[], object], harmless: Callable[[], object], most: float
) -> None:
    """A work takes at most so many times as long as a harmless one."""
    took = fastest(work, harmless, until=lambda took: took[0] <= most * took[1])
    assert took[0] <= most * took[1], f"{took[0]:.6f} s, the harmless one {took[1]:.6f} s"
