"""A demo service whose clock stands still until a test moves it."""

from __future__ import annotations

import pytest
from support.peer import ServerClock
from support.service import SwitchedService


@pytest.fixture
def clock() -> ServerClock:
    return ServerClock()


@pytest.fixture
def service(clock: ServerClock) -> SwitchedService:
    return SwitchedService({"alex": "correct horse"}, clock=clock)
