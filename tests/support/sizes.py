"""The terminal sizes and languages that tests of screens are parametrized with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import pytest

Size = tuple[int, int]
F = TypeVar("F", bound=Callable[..., Any])

SIZES = [(120, 40), (80, 24), (40, 12)]
LARGE = (200, 50)

at_every_size = pytest.mark.parametrize("size", SIZES, ids=[f"{x}x{y}" for x, y in SIZES])


def _pictured(sizes: list[Size]) -> Callable[[F], F]:
    cases = {f"{x}x{y}": ((x, y), "en") for x, y in sizes}
    cases |= {f"{x}x{y}-ru": ((x, y), "ru") for x, y in SIZES}
    parametrized = pytest.mark.parametrize(
        ("size", "language"), cases.values(), ids=cases, indirect=["language"]
    )

    def mark(test: F) -> F:
        marked: F = parametrized(pytest.mark.usefixtures("language")(test))
        return marked

    return mark


pictured = _pictured(SIZES)
"""Parametrizes a snapshot test with every size, in English and in Russian."""
pictured_large_too = _pictured([*SIZES, LARGE])
"""The same, and a large terminal in English."""
