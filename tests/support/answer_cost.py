"""A program that fetches one answer as the inbox does, and prints its cost as JSON.

Standard input is the body, compressed with gzip. Processor time is given in units of a loop that is
timed before and after, so that the result does not depend on the speed or load of the machine. The
program fails if it exceeds its memory limit.
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
"""The memory limit in bytes, including libraries and thread stacks."""


LOOP = 600_000


class Chunks(httpx.AsyncByteStream):
    """A body in chunks, as it is read from a socket."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for start in range(0, len(self._body), 65536):
            yield self._body[start : start + 65536]


def unit() -> float:
    """Return the processor time of a fixed loop, in seconds; 10 ms on our reference machine."""
    began = time.process_time()
    for _ in range(LOOP):
        pass
    return time.process_time() - began


async def longest_stall(stop: asyncio.Event) -> float:
    """Return the longest processor time between two turns of this task, in seconds."""
    longest, last = 0.0, time.process_time()
    while not stop.is_set():
        await asyncio.sleep(0.001)
        now = time.process_time()
        longest, last = max(longest, now - last), now
    return longest


def peak_kibibytes() -> int:
    """Return the peak memory of this process; `ru_maxrss` would include its parent's."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0])


async def read(body: bytes) -> dict[str, object]:
    """Fetch an answer with this body, and return its outcome and cost."""
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
