"""Rules for every source file of the program and its tests."""

from __future__ import annotations

import pytest
from support.documents import ROOT

MOST_LINES = 600


@pytest.mark.parametrize("folder", ["inbox_tui", "tests"])
def test_no_source_file_has_more_than_600_lines(folder: str) -> None:
    lines = {
        file.relative_to(ROOT).as_posix(): file.read_text(encoding="utf-8").count("\n")
        for file in (ROOT / folder).rglob("*.py")
    }
    assert lines
    assert {name: count for name, count in lines.items() if count > MOST_LINES} == {}
