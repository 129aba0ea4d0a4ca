"""Archives of any size, made of believable messages and kept for the day."""

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
from support.traffic import server_now

from inbox_tui.archive import Archive, Cursor, Page, Polled, Query, Row, to_server_seconds
from inbox_tui.archive.schema import TABLES
from inbox_tui.demo.conversations import history
from inbox_tui.smsc.limit import Moment
from inbox_tui.smsc.message import IncomingMessage
from inbox_tui.text import find_code

LOGIN, HOST = "alex", "127.0.0.1"
SECOND_LOGIN = "boris"
PASSWORD = "correct horse"
PAGE = 10_000
WEEKS = 260
"""Five years."""
MARKED = (0, 12, 24)
"""Places in the list at which, or just below, messages tell that it is on screen."""
IN_SIGHT = 35
"""Messages on a screen of 40 lines."""
_PLAIN_BEGINNING = re.compile(r"[^\W\d_][\w ]{5,11}")
LEAST_A_WEEK = 300
"""Messages that a week of one company has at least."""
UNREAD_HOURS = 48
LEFT_UNREAD_EVERY = 100
"""So many messages apart, one was never read."""


@dataclass(frozen=True, slots=True)
class Sample:
    """An archive in the folders of a user who is signed in."""

    size: int
    home: Path
    markers: tuple[bytes, ...]
    """What is on screen once the inbox is: pieces of the text of messages above and below."""

    @property
    def path(self) -> Path:
        """The archive's file."""
        return Files(self.home).archive

    @property
    def mbox(self) -> Path:
        """The same messages as mail."""
        return self.home / "messages.mbox"

    @property
    def environment(self) -> dict[str, str]:
        """What the user's programs are started with; the password comes without a keyring."""
        return {
            **Files(self.home).environment,
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            "LANG": "C.UTF-8",
            "TZ": "Europe/Moscow",
        }


def messages(size: int, now: datetime) -> Iterator[IncomingMessage]:
    """Yield so many messages, oldest first, ids rising, the last one just before `now`.

    They are spread over five years, or over fewer where they are few, to five numbers.
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
    """Yield the messages as answers hold them, 10,000 each."""
    every = messages(size, now)
    while page := list(islice(every, PAGE)):
        yield page


def in_page(messages: list[IncomingMessage]) -> Page:
    """Return an answer with these messages, as sync stores it."""
    now = datetime.now(UTC)
    polled = Polled(Moment("made", 0.5), now, now)
    cursor = Cursor(polled, polled)
    return Page("", None, messages, [], cursor, Moment("made", 1.0), None, now)


def folder() -> Path:
    """Return where everything made is kept; nobody else can look into it."""
    path = Path(tempfile.gettempdir()) / "inbox-tui-benchmarks"
    path.mkdir(mode=0o700, exist_ok=True)
    return path


def made(size: int, *, fresh: bool) -> Sample:
    """Return the archive of this size made today, with today's tables; make it where needed."""
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
    """Return a copy with an account more, of 1,000 messages that are a week old."""
    shutil.copytree(sample.home / "data", home / "data")
    copy = Sample(sample.size, home, sample.markers)
    with Archive.open(copy.path) as archive:
        account = archive.account(SECOND_LOGIN, host)
        account.note_sign_in(f"http://{host}", datetime.now(UTC))
        for page in pages(1_000, server_now() - timedelta(weeks=1)):
            account.store_page(in_page(page))
        with archive.database.transaction(account.id):
            account.sync_state.set_cursor("", Cursor())  # asked for at once
    return copy


def _markers(path: Path) -> tuple[bytes, ...]:
    with Archive.open(path) as archive:
        account, *_ = archive.accounts()
        listing = account.lists.open(Query())
        rows = account.lists.window(listing, 0, IN_SIGHT)
    texts = [row.message for row in rows if isinstance(row, Row)]
    return tuple(_marker(texts[place:]).encode() for place in MARKED)


def _marker(texts: Iterable[str]) -> str:
    """Return how the first of these texts begins that is certain to be drawn from its beginning."""
    beginnings = (_PLAIN_BEGINNING.match(text) for text in texts if find_code(text) is None)
    return next(beginning[0] for beginning in beginnings if beginning)


def _make(to_make: Sample) -> None:
    """Make archive and mail folder."""
    to_make.path.parent.mkdir(parents=True, mode=0o700)
    now = server_now()
    with Archive.open(to_make.path) as archive, to_make.mbox.open("wb") as mbox:
        account = archive.account(LOGIN, HOST)
        account.notes.set("signed_in", datetime.now(UTC).isoformat())
        stored = 0
        for page in pages(to_make.size, now):
            account.store_page(in_page(page))
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
