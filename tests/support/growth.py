"""Checks of running time that don't depend on the speed or load of the machine.

They compare durations measured in turns on the same machine, and repeat a bad measurement.
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
"""The limit for an input `LARGER` (16) times as large.

Linear work takes 16 times as long, quadratic work 256 times; cache misses may double either.
"""
ROUNDS = 7
clock = time.perf_counter if sys.platform == "win32" else time.thread_time
"""Processor time leaves out interruptions by other programs, which hit long work more often.

On Windows it has a resolution of 16 ms only, so there it is wall-clock time.
"""


def fastest(*works: Callable[[], object], until: Callable[[list[float]], bool]) -> list[float]:
    """Return the shortest duration of each function, called in turns until `until` accepts them.

    There are at most `ROUNDS` rounds.
    """
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
    """Check that `work` on an input `LARGER` times as large takes at most `MOST_GROWTH` as long."""
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
    """Check that `work` takes at most `most` times as long as `harmless`."""
    took = fastest(work, harmless, until=lambda took: took[0] <= most * took[1])
    assert took[0] <= most * took[1], f"{took[0]:.6f} s, the harmless one {took[1]:.6f} s"
