"""Simulated inboxes under every kind of failure: no message is lost, and the limit is kept.

`INBOX_TUI_SEEDS=1000 pytest tests/sync/test_simulation.py` simulates that many worlds of an hour
each instead of a few shorter ones.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.simulation import simulate
from support.systems import temporary_folder
from support.virtual import run_virtually

LONG = int(os.environ.get("INBOX_TUI_SEEDS") or 0)
SECONDS = 3600.0 if LONG else 600.0
SEEDS = LONG or 60
AT_ONCE = 5
"""Seeds in each test, which keeps the overhead of pytest small."""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A temporary folder, in memory if the system has such a place."""
    memory = Path("/dev/shm")
    with temporary_folder(memory if memory.is_dir() else None) as folder:
        yield folder


@pytest.mark.parametrize("first", range(0, SEEDS, AT_ONCE))
def test_whatever_happens_nothing_is_lost_and_the_limit_is_kept(folder: Path, first: int) -> None:
    for seed in range(first, min(first + AT_ONCE, SEEDS)):
        place = folder / str(seed)
        place.mkdir()
        try:
            run_virtually(simulate(place, seed, SECONDS))
        except BaseException as error:
            error.add_note(f"seed {seed}")
            raise
