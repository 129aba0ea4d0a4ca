"""Writing to a terminal never blocks the caller."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator

import pytest

from inbox_tui.terminal.output import FRAME_LIMIT, QUEUE_LIMIT, TerminalOutput


class Pipe:
    """An output that writes to a pipe, which accepts little until it is read."""

    def __init__(self) -> None:
        self.reader, self.writer = os.pipe()
        self.caught_up = threading.Event()
        self.gone = threading.Event()
        self.output = TerminalOutput(
            self.writer, on_caught_up=self.caught_up.set, on_gone=self.gone.set
        )

    def read_until(self, last: bytes) -> bytes:
        data = b""
        while not data.endswith(last):
            data += os.read(self.reader, 65536)
        return data


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    pipe = Pipe()
    yield pipe
    pipe.output.stop(0)
    if not pipe.gone.is_set():
        os.close(pipe.reader)
    pipe.output.thread.join(10)
    os.close(pipe.writer)


def frame(number: int) -> bytes:
    return b"%06d" % number * 1000


def test_output_is_written_in_the_order_it_was_sent(pipe: Pipe) -> None:
    for number in range(10):
        pipe.output.send(frame(number), droppable=True)
    assert pipe.read_until(frame(9)) == b"".join(map(frame, range(10)))
    assert not pipe.caught_up.is_set()


def test_frames_are_dropped_until_a_frozen_terminal_catches_up(
    pipe: Pipe,
) -> None:
    for number in range(10_000):
        pipe.output.send(frame(number), droppable=True)
    pipe.output.send(b"the title")
    assert not pipe.caught_up.is_set()
    written = pipe.read_until(b"the title")
    assert len(written) < 65536 + 2 * FRAME_LIMIT + len(frame(0)) + 100
    assert pipe.caught_up.wait(10)
    pipe.output.send(b"all of it", droppable=True)
    assert pipe.read_until(b"all of it") == b"all of it"


def test_output_queued_for_a_frozen_terminal_is_limited(pipe: Pipe) -> None:
    for number in range(10_000):
        pipe.output.send(frame(number))
    assert sum(map(len, pipe.output._waiting)) <= QUEUE_LIMIT + len(frame(0))


def test_waiting_for_a_frozen_terminal_times_out(pipe: Pipe) -> None:
    for number in range(100):
        pipe.output.send(frame(number))
    pipe.output.drain(0.01)
    pipe.output.stop(0.01)
    assert pipe.output.thread.is_alive()  # it is still in a write that nobody reads


def test_a_lost_terminal_is_reported_and_later_output_is_discarded(pipe: Pipe) -> None:
    for number in range(100):
        pipe.output.send(frame(number))
    os.close(pipe.reader)
    assert pipe.gone.wait(10)
    pipe.output.send(b"lost")
    pipe.output.drain(10)
    pipe.output.thread.join(10)
    assert not pipe.output.thread.is_alive()


def test_output_waits_for_a_terminal_that_another_program_made_non_blocking(pipe: Pipe) -> None:
    os.set_blocking(pipe.writer, False)
    for number in range(10):
        pipe.output.send(frame(number))
    assert pipe.read_until(frame(9)) == b"".join(map(frame, range(10)))
    assert not pipe.gone.is_set()
