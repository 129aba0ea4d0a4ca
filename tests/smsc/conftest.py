from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from support.loopback import Server, serving
from support.smsc_client import Hidden


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with serving(Server()) as served:
        yield served


@pytest.fixture(params=["password", "API key"])
def kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Run the test with a password, then with an API key."""
    monkeypatch.setattr(Hidden, "kind", request.param)
    return str(request.param)


@pytest.fixture
def without_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("https_proxy", "all_proxy", "http_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
