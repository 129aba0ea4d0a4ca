"""The sizes of terminal that screens are tried at."""

from __future__ import annotations

import pytest

Size = tuple[int, int]

SIZES = [(120, 40), (80, 24), (40, 12)]
LARGE = (200, 50)


def _at(sizes: list[Size]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("size", sizes, ids=[f"{x}x{y}" for x, y in sizes])


at_every_size = _at(SIZES)
at_large_size_too = _at([*SIZES, LARGE])
