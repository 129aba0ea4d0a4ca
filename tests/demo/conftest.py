"""A service on a clock that stands still."""

from __future__ import annotations

import pytest
from support.peer import ServerClock

from inbox_tui.demo.service import DemoService


@pytest.fixture
def clock() -> ServerClock:
    return ServerClock()


@pytest.fixture
def service(clock: ServerClock) -> DemoService:
    return DemoService({"alex": "correct horse"}, clock=clock)
