"""What other programs do to an archive while a test looks on. Each is started by `spawned`."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier, Event
from pathlib import Path
from random import Random
from typing import Any

from support.archives import SERVER_NOW, incoming, mark, page

from inbox_tui.archive import AccountArchive, Archive, Cursor, Permit
from inbox_tui.smsc.limit import Limit, Moment

SPAWN: Any = get_context("spawn" if sys.platform == "win32" else "forkserver")
"""Processes of their own, which begin with the archive imported. (Each kind has its `Process`.)"""
SPAWN.set_forkserver_preload(["support.programs"])


@contextmanager
def spawned(
    program: Callable[..., None], arguments: Iterable[tuple[object, ...]]
) -> Iterator[list[BaseProcess]]:
    """One process for each set of arguments; all of them have ended well afterwards."""
    processes = [SPAWN.Process(target=program, args=given) for given in arguments]
    for process in processes:
        process.start()
    try:
        yield processes
        for process in processes:
            process.join(60)
        assert [process.exitcode for process in processes] == [0] * len(processes)
    finally:
        for process in processes:
            process.kill()
            process.join()


@contextmanager
def account_in(path: Path, **options: Any) -> Iterator[AccountArchive]:
    """The account of an archive that is open for the block."""
    with Archive.open(path, **options) as archive:
        yield archive.account("alex", "smscentre.com")


def store_pages(path: Path, together: Barrier, downwards: bool) -> None:
    """Store the same overlapping pages as the others, from one end or the other."""
    with account_in(path) as account:
        together.wait(60)
        for start in range(0, 1000, 100):
            first = 900 - start if downwards else start
            messages = [
                incoming(number, received=SERVER_NOW - number // 7, to_phone=str(number % 4))
                for number in range(first, first + 110)
            ]
            account.store_page(page(*messages, unreadable=[f"raw {first}"]))
            mark(account, range(first, first + 5), unread=False)


def ask(path: Path, number: int, limit: Limit, together: Barrier, told: Queue[Any]) -> None:
    """Ask as often as the limit lets us, for two seconds; tell when each went and was done."""
    random = Random(number)
    went = []
    with account_in(path, busy_seconds=20) as account:
        together.wait(60)
        end = time.monotonic() + 2
        while (begun_at := time.monotonic()) < end:
            now = Moment("boot", begun_at)
            begun = account.requests.begin("", f"fingerprint {number % 2}", now, limit)
            if begun is None:
                time.sleep(random.uniform(0.001, 0.02))
                continue
            sent = time.monotonic()
            time.sleep(random.uniform(0.001, 0.01))
            done = time.monotonic()
            if random.random() < 0.9:
                now = Moment("boot", done)
                account.requests.end(begun.entry, now, delivered=True, finished=True)
            went.append((sent, done, number % 2))
    told.put(went)


def open_and_tell(path: Path, together: Barrier, told: Queue[Any]) -> None:
    """Open an archive at the same moment as the others, and store a message of one's own."""
    together.wait(60)
    with account_in(path) as account:
        number = os.getpid()
        account.store_page(page(incoming(number)))
        told.put((number, account.archive.set_aside and account.archive.set_aside.name))


def open_until(path: Path, begun: Queue[Any], go_on: Event) -> None:
    """Have an archive open, and leave it when told to."""
    with Archive.open(path):
        begun.put(True)
        go_on.wait(60)


def write_until_killed(path: Path, seed: int, told: Connection) -> None:
    """Change the archive without end; tell each change before it is made, and when it was made.

    A change is ("store", turn, ids) or ("mark", unread, ids). With every page goes an unreadable
    entry, a cursor and the answer to a request, all of which tell the turn.
    """
    random = Random(seed)
    with account_in(path) as account:
        told.send(None)
        change: tuple[Any, ...]
        for turn in range(seed * 10_000, (seed + 1) * 10_000):
            numbers = [random.randrange(3000) for _ in range(random.choice((1, 5, 60)))]
            if random.random() < 2 / 3:
                told.send(change := ("store", turn, numbers))
                store_turn(account, turn, numbers)
            else:
                told.send(change := ("mark", bool(turn % 2), numbers))
                mark(account, numbers, unread=bool(turn % 2))
            told.send(change)


def store_turn(account: AccountArchive, turn: int, numbers: list[int]) -> None:
    now = Moment("boot", turn * 100.0)
    begun = account.requests.begin(str(turn), str(turn), now, Limit())
    assert isinstance(begun, Permit)
    account.store_page(
        page(
            *(
                incoming(n, f"text {n}", received=SERVER_NOW - n * 999, to_phone=str(n % 3))
                for n in numbers
            ),
            entry=begun.entry,
            unreadable=[f"raw {turn}"],
            cursor=Cursor(confirmed_id=turn),
            at=Moment("boot", turn * 100.0 + 1),
        ),
    )


def expire_and_tell(path: Path, before: int, told: Connection) -> None:
    """Delete what is older, after having told that it begins."""
    with account_in(path) as account:
        told.send(None)
        sum(account.expire(before))
