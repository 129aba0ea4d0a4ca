"""Exponential back-off: the wait doubles with each error in a row, up to a maximum."""

from __future__ import annotations

from random import Random

SHORTEST_BACK_OFF = 5.0
LONGEST_BACK_OFF = 300.0
SHORTEST_BLOCK = 15 * 60.0
LONGEST_BLOCK = 24 * 3600.0


def doubled(attempt: int, shortest: float, longest: float) -> float:
    """Return `shortest`, doubled for each attempt after the first, at most `longest`."""
    return min(shortest * 2.0 ** min(attempt - 1, 16), longest)


def back_off(
    attempt: int,
    random: Random,
    *,
    shortest: float = SHORTEST_BACK_OFF,
    longest: float = LONGEST_BACK_OFF,
) -> float:
    """Return the seconds to wait after `attempt` errors in a row: 50 to 100 % of `doubled`."""
    return doubled(attempt, shortest, longest) * random.uniform(0.5, 1.0)
