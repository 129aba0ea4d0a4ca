"""Synchronisation in virtual time, in which hours pass in a moment."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from support.asking import Environment
from support.virtual import VirtualLoop


def pytest_asyncio_loop_factories() -> dict[str, type[VirtualLoop]]:
    """Run the tests of this folder in virtual time."""
    return {"virtually": VirtualLoop}


@pytest.fixture
async def env(tmp_path: Path) -> AsyncIterator[Environment]:
    faults: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, fault: faults.append(fault))
    environment = Environment(tmp_path)
    yield environment
    await environment.close()
    assert faults == []
