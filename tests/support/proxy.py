"""A network between a program and a server of this machine, which can freeze and be cut."""

from __future__ import annotations

import contextlib
import select
import socket
import threading
from math import inf
from types import TracebackType
from typing import Self


class Proxy:
    """Passes on what comes to `port`; while `frozen` it keeps everything to itself.

    `rate` is how many bytes a second it carries, `delay` the seconds that each packet is under way.
    """

    def __init__(self, target: int, rate: float = inf, delay: float = 0.0) -> None:
        self.frozen = False
        self.delay = delay
        self._rate = rate
        self._target = target
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="proxy")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._thread.join()
        self._listening.close()
        self.cut()

    def cut(self) -> None:
        """End every connection."""
        for pair in self._pairs:
            for end in pair:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
                end.close()
        self._pairs = []

    def _run(self) -> None:
        while not self._ended.is_set():
            if self.frozen:
                self._ended.wait(0.05)
                continue
            others = {one: other for pair in self._pairs for one, other in (pair, pair[::-1])}
            try:
                ready, _, _ = select.select([self._listening, *others], [], [], 0.05)
            except (OSError, ValueError):  # cut meanwhile
                continue
            for one in ready:
                if one is self._listening:
                    self._accept()
                else:
                    self._pass_on(one, others[one])

    def _accept(self) -> None:
        near, _ = self._listening.accept()
        try:
            far = socket.create_connection(("127.0.0.1", self._target))
        except OSError:
            near.close()
            return
        self._pairs.append((near, far))

    def _pass_on(self, one: socket.socket, other: socket.socket) -> None:
        try:
            data = one.recv(65536)
            if data:
                self._ended.wait(self.delay + len(data) / self._rate)
                other.sendall(data)
                return
        except OSError:
            pass
        self._pairs = [pair for pair in self._pairs if one not in pair]
        one.close()
        other.close()
