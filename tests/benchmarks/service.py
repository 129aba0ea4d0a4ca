"""`python -m benchmarks.service`: serves no messages until its standard input is closed."""

from __future__ import annotations

import sys

from benchmarks.sample_archives import LOGIN, PASSWORD, SECOND_LOGIN
from inbox_tui.demo.server import DemoServer
from inbox_tui.demo.service import DemoService

if __name__ == "__main__":
    with DemoServer(DemoService({LOGIN: PASSWORD, SECOND_LOGIN: PASSWORD})) as server:
        print(server.host, flush=True)
        sys.stdin.read()
