"""A service that has no messages, in a process of its own: `python -m benchmarks.service`."""

from __future__ import annotations

import sys

from inbox_tui.demo.server import DemoServer
from inbox_tui.demo.service import DemoService

if __name__ == "__main__":
    with DemoServer(DemoService({"alex": "correct horse", "boris": "correct horse"})) as server:
        print(server.host, flush=True)
        sys.stdin.read()
