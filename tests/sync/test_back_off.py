"""The wait after several errors in a row."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from inbox_tui.sync.back_off import LONGEST_BACK_OFF, back_off


@given(attempt=st.integers(1, 10**9), seed=st.integers())
def test_the_next_attempt_always_comes_within_five_minutes(attempt: int, seed: int) -> None:
    longest = min(5.0 * 2.0 ** min(attempt - 1, 10), 300.0)
    assert longest / 2 <= back_off(attempt, Random(seed)) <= longest <= LONGEST_BACK_OFF


def test_a_hub_that_was_away_all_night_is_retried_within_15_seconds() -> None:
    assert 7.5 <= back_off(5_000, Random(1), shortest=1.0, longest=15.0) <= 15.0
