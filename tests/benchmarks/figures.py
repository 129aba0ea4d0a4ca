"""The measurements. Times are wall-clock time in seconds; memory is in bytes.

A start is measured from the start of the process to the frame that shows the inbox, with messages
from the top to the bottom of the list. A key is measured from the byte written to the terminal to
the last byte of the first frame that it causes; a move also to that of the last frame, which shows
the message beside the list. Frames that only draw the countdown at the bottom don't count. The
terminal has 120 columns and 40 lines, and supports synchronized output, which marks frames. Memory
is the proportional set size (PSS) of the program and its children, which counts shared pages once.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import os
import sqlite3
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from random import Random
from shutil import which
from tempfile import TemporaryDirectory
from typing import NamedTuple

from support.answers import fields
from support.traffic import page_of, server_now

from benchmarks.sample_archives import (
    HOST,
    LOGIN,
    PAGE,
    PASSWORD,
    SECOND_LOGIN,
    Sample,
    pages,
    with_second_account,
)
from benchmarks.terminal import LINES, Frame, Program
from inbox_tui.archive import Archive
from inbox_tui.smsc.answers import read_answer

PROGRAMS = Path(__file__).parent / "programs"
LAST_LINE = b"\x1b[%d;1H" % LINES
SETTLED_SECONDS = 6.0
"""Time for the first request to be answered and all lazy imports to be done."""
LONGEST_LOAD = 60.0
LAYING_OUT = 0.4
OTHERS_MOVES = 10
LIST_LINE = 4
"""The screen line on which the list begins, counting from 1."""

Figures = Sequence[float]


def percentile_95(figures: Figures) -> float:
    """Return the 95th percentile."""
    return sorted(figures)[max(0, -(-len(figures) * 95 // 100) - 1)]


class Apart(NamedTuple):
    """A figure and its baseline, measured in turns."""

    ours: float
    floor: float

    @property
    def ratio(self) -> float:
        return self.ours / self.floor


class Inbox:
    """The inbox of a sample archive, and a service without messages; a call starts the program."""

    def __init__(self, made: Sample, server: str, keyring: Path | None = None) -> None:
        self.made = made
        self._server = server
        self._keyring = keyring
        """The file of a keyring with the passwords; if None, the environment has the password."""

    def __call__(self) -> Program:
        account = {"INBOX_TUI_LOGIN": LOGIN, "INBOX_TUI_SERVER": f"http://{self._server}"}
        passwords = {"INBOX_TUI_PASSWORD": PASSWORD}
        if self._keyring is not None:
            passwords = {
                "PYTHON_KEYRING_BACKEND": "support.keyrings.FileBackend",
                "TEST_KEYRING": str(self._keyring),
            }
        return Program(inbox_command(), self.made.environment | account | passwords)

    def shown(self) -> Program:
        """Start it, clear all filters, and wait until everything is loaded and drawn."""
        program = self()
        program.until(*self.made.markers, LAST_LINE)
        program.rest(SETTLED_SECONDS)
        program.type(b"x")
        return program


def inbox_command() -> list[str]:
    """Return the command that starts the inbox."""
    beside = Path(sys.executable).with_name("inbox-tui")
    return [str(beside)] if beside.exists() else [sys.executable, "-m", "inbox_tui"]


@contextlib.contextmanager
def service(made: Sample) -> Iterator[str]:
    """Run a service without messages in another process; yields its host."""
    command = [sys.executable, "-m", "benchmarks.service"]
    tests = str(Path(__file__).parents[1])
    python_path = os.pathsep.join([tests, *filter(None, [os.environ.get("PYTHONPATH")])])
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": python_path},
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        host = process.stdout.readline().strip()
        with contextlib.closing(sqlite3.connect(made.path)) as database, database:
            database.execute("UPDATE accounts SET host = ?", (host,))
            for table in ("requests", "holds"):
                database.execute(f"DELETE FROM {table}")
        yield host
    finally:
        process.stdin.close()
        process.wait()


def bare(made: Sample) -> Program:
    """Start an empty Textual application."""
    return Program([sys.executable, PROGRAMS / "bare.py"], made.environment)


# -- start and memory


def by_turns(ours: Callable[[], float], floor: Callable[[], float], times: int) -> Apart:
    """Measure two figures in turns, and return their medians.

    The first round is left out, because it reads files from disk.
    """
    taken = [(floor(), ours()) for _ in range(times + 1)][1:]
    floors, others = zip(*taken, strict=True)
    return Apart(statistics.median(others), statistics.median(floors))


def start(inbox: Inbox) -> float:
    """Return the seconds from start to the inbox on screen."""
    with inbox() as program:
        return program.until(*inbox.made.markers, LAST_LINE)


def starts(inbox: Inbox, times: int) -> Apart:
    """Return the median start times of the inbox and of an empty Textual application."""

    def start_bare() -> float:
        with bare(inbox.made) as program:
            return program.until(LAST_LINE)

    return by_turns(partial(start, inbox), start_bare, times)


def memories(inbox: Inbox) -> tuple[Apart, Apart]:
    """Return the memory of an inbox just shown, and of a live one after moves to both ends.

    The baseline of both is an empty Textual application.
    """
    with bare(inbox.made) as program:
        program.until(LAST_LINE)
        program.rest(1.0)
        floor = program.memory
    with inbox() as program:
        program.until(*inbox.made.markers, LAST_LINE)
        at_first = program.memory
    with inbox.shown() as program:
        program.type(b"G")
        program.type(b"g")
        return Apart(at_first, floor), Apart(program.memory, floor)


def two_accounts(made: Sample, server: str, times: int) -> tuple[Apart, Apart]:
    """Return the median start time and live memory with two accounts; the baseline has one.

    Both read their passwords from a keyring.
    """
    with TemporaryDirectory(prefix="inbox-tui-") as folder:
        keyring = Path(folder) / "keyring"
        passwords = {f"{login}@{server}": PASSWORD for login in (LOGIN, SECOND_LOGIN)}
        keyring.write_text(json.dumps(passwords))
        one, two = (
            Inbox(sample, server, keyring)
            for sample in (made, with_second_account(made, server, Path(folder) / "home"))
        )
        return (
            by_turns(partial(start, two), partial(start, one), times),
            by_turns(partial(live_memory, two), partial(live_memory, one), 3),
        )


def live_memory(inbox: Inbox) -> float:
    """Return the memory of a live inbox in which the selection has not moved."""
    with inbox.shown() as program:
        return program.memory


class Loaded(NamedTuple):
    """The cost of showing the same messages in another program, and of a move (95th percentile)."""

    seconds: float
    memory: int
    move: float


def others(made: Sample) -> dict[str, Loaded | None]:
    """Measure other programs with the same messages; None for one that takes too long."""
    commands: dict[str, list[str | Path]] = {
        "DataTable": [sys.executable, PROGRAMS / "table.py", made.path],
        "OptionList": [sys.executable, PROGRAMS / "options.py", made.path],
    }
    if neomutt := which("neomutt"):
        settings = f"set sort=reverse-mailbox-order folder={made.home}"
        commands["neomutt"] = [
            neomutt,
            "-n",
            "-F",
            "/dev/null",
            "-e",
            settings,
            "-R",
            "-f",
            made.mbox,
        ]
    found: dict[str, Loaded | None] = {}
    for name, command in commands.items():
        wanted = (b"Msgs:",) if name == "neomutt" else made.markers[:1]
        with Program(command, made.environment) as program:
            try:
                seconds = program.until(*wanted, seconds=LONGEST_LOAD)
            except AssertionError:
                found[name] = None
                continue
            program.rest(1.0)
            memory = program.memory
            down = b"j" if name == "neomutt" else b"\x1b[B"
            taken = [program.echo(down) for _ in range(OTHERS_MOVES)]
            found[name] = Loaded(seconds, memory, percentile_95(taken))
    return found


# -- keys


def in_list(frame: Frame) -> bool:
    """Return whether anything but the last line, with the countdown, was drawn."""
    return bool(frame.lines - {LINES})


def rows_drawn(frame: Frame) -> bool:
    """Return whether any line of the list was drawn."""
    return bool(frame.lines & set(range(LIST_LINE, LINES - 1)))


class Moves(NamedTuple):
    """Seconds to the first and to the last frame of each move."""

    first: list[float]
    last: list[float]


MOVES = (b"j", b"\x1b[6~", b"j", b"n", b"\x1b[5~", b"k", b"G", b"\x1b[5~", b"n", b"g")
"""`j`, PgDn, `j`, `n`, PgUp, `k`, `G`, PgUp, `n`, `g`."""


def moves(inbox: Inbox, rounds: int) -> tuple[Moves, Moves]:
    """Measure moves in the unfiltered list and, in turns, in a bare `ScrollView`."""
    ours, floor = Moves([], []), Moves([], [])
    command: list[str | Path] = [sys.executable, PROGRAMS / "lines.py"]
    bare_list = Program(command, inbox.made.environment | {"TEXTUAL_FPS": "1000"})
    with bare_list, inbox.shown() as program:
        bare_list.until(LAST_LINE)
        for number in range(rounds):
            _move(program, ours, Random(number))
            _move(bare_list, floor, Random(number))
    return ours, floor


def _move(program: Program, taken: Moves, random: Random) -> None:
    program.settle(0.1)
    for key in MOVES:
        program.rest(random.uniform(0.01, 0.03))
        first, last = program.press(key, in_list)
        taken.first.append(first)
        taken.last.append(last)
    program.type(b"\x1b[6~" * random.randrange(1, 8))


SEARCHES = ("код 48", "заказ", "7999", "code", "ваш", "оплата 12", "79", "при")
"""Searches short and long, with rare and with frequent matches."""


def searches(inbox: Inbox, rounds: int) -> list[float]:
    """Return the seconds from each key of some searches to the first screenful of results."""
    taken: list[float] = []
    with inbox.shown() as program:
        for typed in SEARCHES[: max(2, rounds)]:
            program.type(b"/")
            for letter in typed:
                if letter == " ":  # does not change the results
                    program.type(b" ")
                    continue
                taken.append(program.press(letter.encode(), rows_drawn)[0])
                program.settle(0.3)
            program.type(b"\x1b")
            program.rest(LAYING_OUT)
    return taken


def filters(inbox: Inbox, rounds: int) -> list[float]:
    """Return the seconds from each key that changes a filter to the frame of the list."""
    taken: list[float] = []

    def press(program: Program, key: bytes) -> None:
        taken.append(program.press(key, rows_drawn)[0])
        program.settle(0.2)

    with inbox.shown() as program:
        for number in range(rounds):
            press(program, b"u")
            press(program, b"u")
            program.type(b"p")
            program.type(b"\x1b[B" * (1 + number % 4))
            press(program, b"\r")
            program.type(b"w")
            program.type(b"\x1b[A" * (1 + number % 3))
            press(program, b"\r")
            press(program, b"x")
    return taken


# -- open and quiet


def quiet(inbox: Inbox, seconds: float) -> Apart:
    """Return the share of a core that an idle live inbox uses, refreshes included.

    The baseline is an empty Textual application.
    """
    with inbox.shown() as program, bare(inbox.made) as empty:
        program.rest(2.0)
        empty.rest(1.0)
        begun = time.perf_counter()
        used, used_empty = program.seconds_of_a_core, empty.seconds_of_a_core
        program.rest(seconds)
        passed = time.perf_counter() - begun
        ours, floor = program.seconds_of_a_core - used, empty.seconds_of_a_core - used_empty
        return Apart(ours / passed, floor / passed)


# -- the first sync


class Stored(NamedTuple):
    """The first sync: messages a second in ours and in raw `sqlite3`, and the longest stall.

    A stall is time in which the event loop did not run, in seconds.
    """

    ours: float
    raw: float
    stall: float


def answers(messages: int) -> Iterator[bytes]:
    """Yield the service's answers, page by page."""
    for page in pages(messages, server_now()):
        yield json.dumps([fields(message) for message in page], ensure_ascii=False).encode()


def first_sync(messages: int) -> Stored:
    """Store pages of 10,000 messages in a thread, as sync does, with the search index.

    Returns the median of three runs, with the longest stall of all three.
    """
    taken: list[Stored] = []
    for _ in range(3):
        with TemporaryDirectory(prefix="inbox-tui-") as folder:
            taken.append(asyncio.run(_first_sync(Path(folder), messages)))
    return sorted(taken, key=lambda stored: stored.ours / stored.raw)[1]._replace(
        stall=max(stored.stall for stored in taken),
    )


async def _first_sync(folder: Path, messages: int) -> Stored:
    archive = Archive.open(folder / "ours" / "inbox.db")
    account = archive.account(LOGIN, HOST)
    raw = sqlite3.connect(folder / "raw.db", isolation_level=None, check_same_thread=False)
    raw.execute("PRAGMA journal_mode = WAL")
    raw.execute(
        "CREATE TABLE messages (id INTEGER PRIMARY KEY, received, sent, phone, to_phone, message)"
    )
    ours = floor = 0.0
    stored = 0
    watch = Stalls()

    def store(body: bytes) -> float:
        begun = time.perf_counter()
        account.store_page(page_of(read_answer(body).messages))
        return time.perf_counter() - begun

    def store_raw(body: bytes) -> float:
        begun = time.perf_counter()
        entries = json.loads(body)
        raw.execute("BEGIN")
        raw.executemany(
            "INSERT INTO messages VALUES (:id, :received, :sent, :phone, :to_phone, :message)",
            entries,
        )
        raw.execute("COMMIT")
        return time.perf_counter() - begun

    gc.freeze()
    for body in answers(messages):
        with watch:
            ours += await asyncio.to_thread(store, body)
        with Stalls():  # so that the event loop is as busy as in ours
            floor += await asyncio.to_thread(store_raw, body)
        stored += min(PAGE, messages - stored)
    archive.close()
    raw.close()
    return Stored(stored / ours, stored / floor, watch.longest)


class Stalls:
    """Measures the longest stall of the event loop during its `with` blocks."""

    def __init__(self) -> None:
        self.longest = 0.0
        self._watching: asyncio.Task[None] | None = None

    def __enter__(self) -> None:
        self._watching = asyncio.create_task(self._watch())

    def __exit__(self, *_: object) -> None:
        assert self._watching is not None
        self._watching.cancel()

    async def _watch(self) -> None:
        while True:
            begun = time.perf_counter()
            await asyncio.sleep(0.001)
            self.longest = max(self.longest, time.perf_counter() - begun - 0.001)
