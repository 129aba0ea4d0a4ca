"""How long to wait after an error: twice as long after each more in a row, up to a bound."""

from __future__ import annotations

from random import Random

SHORTEST_BACK_OFF = 5.0
LONGEST_BACK_OFF = 300.0
SHORTEST_BLOCK = 15 * 60.0
LONGEST_BLOCK = 24 * 3600.0


def doubled(attempt: int, shortest: float, longest: float) -> float:
    """Return `shortest` for the first attempt, and twice as much for each after it."""
    return min(shortest * 2.0 ** min(attempt - 1, 16), longest)


def back_off(
    attempt: int,
    random: Random,
    *,
    shortest: float = SHORTEST_BACK_OFF,
    longest: float = LONGEST_BACK_OFF,
) -> float:
    """Return how many seconds to wait after so many errors in a row: half of it is by chance."""
    return doubled(attempt, shortest, longest) * random.uniform(0.5, 1.0)
