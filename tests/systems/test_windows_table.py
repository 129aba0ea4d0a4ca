"""The table of tests that can't hold on Windows, held to the tests that there are."""

from __future__ import annotations

import re

import pytest
from support.systems import ROOT, exceptions

NEEDS_POSIX = re.compile(r'^ +need_posix\("(.+)"\)$', re.MULTILINE)
BY_SYSTEM = re.compile(r"^@pytest.mark.skipif\(sys.platform .+\n(?:async )?def (\w+)", re.MULTILINE)


@pytest.mark.parametrize("name", exceptions())
def test_what_cannot_hold_on_windows_is_there(name: str) -> None:
    file, _, test = name.partition("::")
    assert (ROOT / file).exists()
    if test:
        assert f"def {test.partition('[')[0]}(" in (ROOT / file).read_text(encoding="utf-8")
    elif file.startswith("tests/support/"):
        assert f'need_posix("{file}")' in (ROOT / file).read_text(encoding="utf-8")


def test_whatever_is_left_out_by_the_system_is_in_the_table() -> None:
    left_out = set()
    for file in (ROOT / "tests").rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        name = file.relative_to(ROOT).as_posix()
        left_out |= {
            *NEEDS_POSIX.findall(text),
            *(f"{name}::{by}" for by in BY_SYSTEM.findall(text)),
        }
    assert left_out >= {"tests/support/terminal.py"}
    assert left_out <= set(exceptions())


def test_each_exception_has_a_reason() -> None:
    assert all(exceptions().values())
