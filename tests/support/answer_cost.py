"""A program that reads one answer as the inbox does, and tells as JSON what that cost.

Processor time is told in units of a loop that is timed before and after, so that neither a slow
machine nor a busy one makes an answer look dear.
Its standard input is the body, zipped; it ends where it needs more memory than it is given.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx

from inbox_tui.credentials import Secret
from inbox_tui.smsc.client import InboxClient
from inbox_tui.smsc.errors import SmscError

ADDRESS_SPACE = 700 * 1024 * 1024
"""A ceiling over libraries, thread stacks and what the answer takes."""


LOOP = 600_000


class Chunks(httpx.AsyncByteStream):
    """A body as it comes from a socket."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for start in range(0, len(self._body), 65536):
            yield self._body[start : start + 65536]


def unit() -> float:
    """The processor time of a loop of 10 ms on the machine of our figures, in seconds."""
    began = time.process_time()
    for _ in range(LOOP):
        pass
    return time.process_time() - began


async def longest_stall(stop: asyncio.Event) -> float:
    """The most processor time that passed while this task wanted to run, in seconds."""
    longest, last = 0.0, time.process_time()
    while not stop.is_set():
        await asyncio.sleep(0.001)
        now = time.process_time()
        longest, last = max(longest, now - last), now
    return longest


def peak_kibibytes() -> int:
    """The most memory this process has had; the system's own figure begins with its parent's."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0])


async def read(body: bytes) -> dict[str, object]:
    """Fetch the answer, and measure."""
    transport = httpx.MockTransport(
        lambda _: httpx.Response(200, headers={"Content-Encoding": "gzip"}, stream=Chunks(body))
    )
    client = InboxClient("smscentre.com", "alex", Secret("secret"), transport=transport)
    units = [unit() for _ in range(5)]
    stop = asyncio.Event()
    stall = asyncio.create_task(longest_stall(stop))
    before = peak_kibibytes()
    began = time.process_time()
    try:
        answer = await client.fetch(cnt=10_000, hour=168)
        outcome = f"{len(answer.messages)} messages, {answer.entries} entries"
    except SmscError as error:
        outcome = type(error).__name__
    took = time.process_time() - began
    stop.set()
    peak = peak_kibibytes()
    longest = await stall
    units += [unit() for _ in range(5)]
    slowest = max(units)
    return {
        "outcome": outcome,
        "took": round(took / slowest, 2),
        "stall": round(longest / slowest, 2),
        "mebibytes": (peak - before) // 1024,
    }


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    sys.stdout.write(json.dumps(asyncio.run(read(sys.stdin.buffer.read()))))
