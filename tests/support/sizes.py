"""The three sizes of terminal that everything is tried at."""

from __future__ import annotations

import pytest

Size = tuple[int, int]

SIZES = [(120, 40), (80, 24), (40, 12)]
at_every_size = pytest.mark.parametrize("size", SIZES, ids=[f"{x}x{y}" for x, y in SIZES])
