"""Archives of any size with plausible messages, kept in a temporary folder for the day."""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from random import Random
from zlib import crc32

from support.archives import mark
from support.command import Files
from support.traffic import page_of, server_now

from inbox_tui.archive import Archive, Cursor, Query, Row, to_server_seconds
from inbox_tui.archive.schema import TABLES
from inbox_tui.demo.conversations import history
from inbox_tui.smsc.message import IncomingMessage
from inbox_tui.text import find_code

LOGIN, HOST = "alex", "127.0.0.1"
SECOND_LOGIN = "boris"
PASSWORD = "correct horse"
PAGE = 10_000
WEEKS = 260
"""The most weeks that the messages are spread over: five years."""
MARKED = (0, 12, 24)
"""The positions in the list at or below which a message is used as a marker; see `Sample`."""
IN_SIGHT = 35
"""The number of messages on a screen of 40 lines."""
_PLAIN_BEGINNING = re.compile(r"[^\W\d_][\w ]{5,11}")
LEAST_A_WEEK = 300
"""The fewest messages in a week of `history`."""
UNREAD_HOURS = 48
LEFT_UNREAD_EVERY = 100
"""Of the older messages, one in this many is unread."""


@dataclass(frozen=True, slots=True)
class Sample:
    """An archive in the home folder of a signed-in user."""

    size: int
    home: Path
    markers: tuple[bytes, ...]
    """Beginnings of messages from the top to the bottom of the list, to wait for on screen."""

    @property
    def path(self) -> Path:
        """The path of the archive."""
        return Files(self.home).archive

    @property
    def mbox(self) -> Path:
        """The path of a mail folder with the same messages."""
        return self.home / "messages.mbox"

    @property
    def environment(self) -> dict[str, str]:
        """The environment of the user's programs, without a keyring."""
        variables = {
            "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
            "COLORTERM": "truecolor",
        }
        return Files(self.home).installed_at_terminal | variables


def messages(size: int, now: datetime) -> Iterator[IncomingMessage]:
    """Yield `size` messages to five numbers, oldest first, with increasing ids, up to `now`.

    They are spread over five years, or less if there are few.
    """
    weeks = max(1, min(WEEKS, size // LEAST_A_WEEK))
    number = 0
    for week in range(weeks):
        share = size * (week + 1) // weeks - size * week // weeks
        end = now - timedelta(weeks=weeks - 1 - week)
        companies = -(-share // LEAST_A_WEEK)
        written = sorted(
            (
                message
                for company in range(companies)
                for message in history(end, Random(week * 1000 + company))
            ),
            key=lambda message: message.received,
        )
        for message in written[-share:]:
            number += 3
            yield message._replace(id=number)


def pages(size: int, now: datetime) -> Iterator[list[IncomingMessage]]:
    """Yield the messages in pages of at most 10,000, as in answers."""
    every = messages(size, now)
    while page := list(islice(every, PAGE)):
        yield page


def folder() -> Path:
    """Return the folder of all sample archives, which only its owner can read."""
    path = Path(tempfile.gettempdir()) / "inbox-tui-benchmarks"
    path.mkdir(mode=0o700, exist_ok=True)
    return path


def made(size: int, *, fresh: bool) -> Sample:
    """Return the archive of this size, made today with the current schema; make it if needed."""
    tables = crc32("".join(TABLES).encode())
    home = folder() / f"{size}-{server_now():%Y-%m-%d}-{tables:08x}"
    done = home / "done"
    if fresh or not done.exists():
        for old in folder().glob(f"{size}-*"):
            shutil.rmtree(old)
        home.mkdir(mode=0o700)
        _make(Sample(size, home, ()))
        done.touch()
    return Sample(size, home, _markers(Sample(size, home, ()).path))


def with_second_account(sample: Sample, host: str, home: Path) -> Sample:
    """Return a copy with a second account, which has 1,000 messages at least a week old."""
    shutil.copytree(sample.home / "data", home / "data")
    copy = Sample(sample.size, home, sample.markers)
    with Archive.open(copy.path) as archive:
        account = archive.account(SECOND_LOGIN, host)
        account.note_sign_in(f"http://{host}", datetime.now(UTC))
        for page in pages(1_000, server_now() - timedelta(weeks=1)):
            account.store_page(page_of(page))
        with archive.database.transaction(account.id):
            account.sync_state.set_cursor("", Cursor())  # so that it syncs at once
    return copy


def _markers(path: Path) -> tuple[bytes, ...]:
    with Archive.open(path) as archive:
        account, *_ = archive.accounts()
        listing = account.lists.open(Query())
        rows = account.lists.window(listing, 0, IN_SIGHT)
    texts = [row.message for row in rows if isinstance(row, Row)]
    return tuple(_marker(texts[place:]).encode() for place in MARKED)


def _marker(texts: Iterable[str]) -> str:
    """Return the beginning of the first text that is certain to be drawn from its beginning."""
    beginnings = (_PLAIN_BEGINNING.match(text) for text in texts if find_code(text) is None)
    return next(beginning[0] for beginning in beginnings if beginning)


def _make(to_make: Sample) -> None:
    """Make the archive and the mail folder of a sample."""
    to_make.path.parent.mkdir(parents=True, mode=0o700)
    now = server_now()
    with Archive.open(to_make.path) as archive, to_make.mbox.open("wb") as mbox:
        account = archive.account(LOGIN, HOST)
        account.notes.set("signed_in", datetime.now(UTC).isoformat())
        stored = 0
        for page in pages(to_make.size, now):
            account.store_page(page_of(page))
            for message in page:
                mbox.write(_mail(message))
            stored += len(page)
            _tell(f"{to_make.size:,} messages: {stored:,} stored")
        account.messages.mark_all_read(Query())
        recent = to_server_seconds(now - timedelta(hours=UNREAD_HOURS))
        listing = account.lists.open(Query(since=recent))
        kept = account.lists.window(listing, 0, len(listing))
        unread = [item.id for item in kept if isinstance(item, Row)]
        unread += range(3, to_make.size * 3, 3 * LEFT_UNREAD_EVERY)
        mark(account, unread, unread=True)
    _tell("")


def _mail(message: IncomingMessage) -> bytes:
    subject = " ".join(message.message.split())[:60]
    text = message.message.replace("\nFrom ", "\n>From ")
    return (
        f"From {message.phone}@example.com {message.received:%a %b %d %H:%M:%S %Y}\n"
        f"From: {message.phone} <{message.phone}@example.com>\n"
        f"To: {message.to_phone}@example.com\n"
        f"Date: {message.received:%a, %d %b %Y %H:%M:%S} +0300\n"
        f"Subject: {subject}\n"
        f"Message-ID: <{message.id}@example.com>\n"
        "Content-Type: text/plain; charset=utf-8\n"
        f"Content-Transfer-Encoding: 8bit\n\n{text}\n\n"
    ).encode()


def _tell(words: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{words}")
        sys.stderr.flush()
