"""CONTRIBUTING's tables of tests that can't hold on Windows and macOS name existing tests."""

from __future__ import annotations

import re

import pytest
from support.systems import ROOT, SYSTEMS, exceptions

SKIPPED = re.compile(r'^ +skip_exception\("(.+)"\)$', re.MULTILINE)


@pytest.mark.parametrize("name", sorted({one for system in SYSTEMS for one in exceptions(system)}))
def test_every_test_in_the_exception_tables_exists(name: str) -> None:
    file, _, test = name.partition("::")
    assert (ROOT / file).exists()
    if test:
        assert f"def {test.partition('[')[0]}(" in (ROOT / file).read_text(encoding="utf-8")
    elif file.startswith("tests/support/"):
        assert f'skip_exception("{file}")' in (ROOT / file).read_text(encoding="utf-8")


def test_every_test_skipped_by_system_is_in_the_windows_table() -> None:
    left_out = {
        name
        for file in (ROOT / "tests").rglob("*.py")
        for name in SKIPPED.findall(file.read_text(encoding="utf-8"))
    }
    assert left_out >= {"tests/support/terminal.py"}
    assert left_out <= set(exceptions("win32"))


def test_each_exception_has_a_reason() -> None:
    for system in SYSTEMS:
        assert exceptions(system)
        assert all(exceptions(system).values())
