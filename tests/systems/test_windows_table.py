"""The table of tests that can't hold on Windows, held to the tests that there are."""

from __future__ import annotations

import pytest
from support.systems import ROOT, exceptions


@pytest.mark.parametrize("name", exceptions())
def test_a_test_that_cannot_hold_on_windows_is_there(name: str) -> None:
    file, _, test = name.partition("::")
    assert f"def {test}" in (ROOT / file).read_text(encoding="utf-8")


def test_each_exception_has_a_reason() -> None:
    assert exceptions()
    assert all(exceptions().values())
