from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from support.loopback import Server


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    served = Server()
    listening = await asyncio.start_server(served.answer, "127.0.0.1", 0)
    served.port = listening.sockets[0].getsockname()[1]
    async with listening:
        yield served
