"""Programs that use an archive at the same time as a test. Each is started by `spawned`."""

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
"""The multiprocessing context, typed Any because each context has its own `Process` type.

With "forkserver", processes start with the archive's modules imported.
"""
SPAWN.set_forkserver_preload(["support.programs"])


@contextmanager
def spawned(
    program: Callable[..., None], arguments: Iterable[tuple[object, ...]]
) -> Iterator[list[BaseProcess]]:
    """Run one process per set of arguments; checks at the end that all exited with status 0."""
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
    """Open an archive for the block; yields its account."""
    with Archive.open(path, **options) as archive:
        yield archive.account("alex", "smscentre.com")


def store_pages(path: Path, together: Barrier, downwards: bool) -> None:
    """Store the same overlapping pages as other processes, in ascending or descending order."""
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
    """Send requests as often as the limit allows for two seconds; reports the times of each."""
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
    """Open an archive at the same moment as other processes, and store a message in it."""
    together.wait(60)
    with account_in(path) as account:
        number = os.getpid()
        account.store_page(page(incoming(number)))
        told.put((number, account.archive.set_aside and account.archive.set_aside.name))


def open_until(path: Path, begun: Queue[Any], go_on: Event) -> None:
    """Keep an archive open until `go_on` is set."""
    with Archive.open(path):
        begun.put(True)
        go_on.wait(60)


def write_until_killed(path: Path, seed: int, told: Connection) -> None:
    """Change the archive until killed; reports each change before and after it is made.

    A change is ("store", turn, ids) or ("mark", unread, ids). Every page also has an unreadable
    entry, a cursor and the end of a request, all of which contain the turn.
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
    """Report the start, then delete the messages before a time."""
    with account_in(path) as account:
        told.send(None)
        sum(account.expire(before))
