"""Archives to try things on: made-up messages, and a model that does it all the slow way."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from inbox_tui.archive import (
    AccountArchive,
    Archive,
    Gap,
    Key,
    Page,
    Query,
    Row,
    Sweep,
    from_server_seconds,
    to_server_seconds,
)
from inbox_tui.smsc.limit import Moment
from inbox_tui.smsc.message import IncomingMessage
from inbox_tui.text import fold_text, strip_separators

NOW = datetime(2026, 11, 23, 7, 42, 30, tzinfo=UTC)
SERVER_NOW = to_server_seconds(datetime(2026, 11, 23, 10, 42, 30))  # noqa: DTZ001
BOOT = Moment("boot", 1000.0)
NOWHERE = Sweep(None, None, None, None)


def incoming(
    number: int,
    text: str = "Hello",
    *,
    received: int = SERVER_NOW,
    phone: str = "79991234567",
    to_phone: str = "79110000001",
) -> IncomingMessage:
    """A message received at these server seconds and sent two seconds before."""
    return IncomingMessage(
        number,
        from_server_seconds(received),
        phone,
        to_phone,
        text,
        from_server_seconds(received - 2),
    )


def page(
    *messages: IncomingMessage,
    scope: str = "",
    entry: int | None = None,
    unreadable: Sequence[str] = (),
    sweep: Sweep = NOWHERE,
    at: Moment = BOOT,
    gap: Gap | None = None,
    seen: datetime = NOW,
) -> Page:
    return Page(scope, entry, messages, unreadable, sweep, at, gap, seen)


def opened(folder: Path, *messages: IncomingMessage) -> tuple[Archive, AccountArchive]:
    """An archive with an account in it that has these messages."""
    archive = Archive.open(folder / "inbox.db")
    account = archive.account("alex", "smscentre.com")
    if messages:
        account.store_page(page(*messages))
    return archive, account


def whole(archive: Archive, account: AccountArchive, wanted: Query) -> list[Row | Gap]:
    """Everything that is listed for a filter."""
    lists = account.on(archive).lists
    listing = lists.open(wanted)
    return list(lists.window(listing, 0, len(listing)))


def ids(items: Iterable[Row | Gap]) -> list[int]:
    return [item.id for item in items if isinstance(item, Row)]


class Model:
    """The same as an archive of one account, by looking at every message every time."""

    def __init__(self) -> None:
        self.rows: dict[int, Row] = {}
        self.gaps: set[tuple[str, Gap]] = set()
        self.let_go = (0, -1)
        """What is older than this, up to this id, does not come back."""

    def store(self, messages: Iterable[IncomingMessage]) -> list[int]:
        new = []
        for m in messages:
            received = to_server_seconds(m.received)
            let_go = received < self.let_go[0] and m.id <= self.let_go[1]
            if m.id not in self.rows and not let_go:
                sent = None if m.sent is None else to_server_seconds(m.sent)
                self.rows[m.id] = Row(0, m.id, received, sent, m.phone, m.to_phone, m.message, True)
                new.append(self.rows[m.id])
        return [row.id for row in sorted(new, key=lambda row: row.key, reverse=True)]

    def mark(self, numbers: Iterable[int], *, unread: bool) -> None:
        for number in numbers:
            if number in self.rows:
                self.rows[number] = self.rows[number]._replace(unread=unread)

    def expire(self, before: int) -> int:
        old = [row.id for row in self.rows.values() if row.received < before]
        for number in old:
            del self.rows[number]
        if old:
            self.let_go = (max(before, self.let_go[0]), max(*old, self.let_go[1]))
        self.gaps = {(scope, gap) for scope, gap in self.gaps if gap.end > before}
        return len(old)

    def fits(self, row: Row, wanted: Query) -> bool:
        return (
            wanted.to_phone in (None, row.to_phone)
            and wanted.phone in (None, row.phone)
            and (wanted.since is None or row.received >= wanted.since)
            and (row.unread or not wanted.unread)
            and (not wanted.search or self.found(row, wanted.search))
        )

    def found(self, row: Row, search: str) -> bool:
        places = [
            place
            for text in (row.message, row.phone, row.to_phone)
            for place in (fold_text(text), strip_separators(text))
        ]

        def somewhere(word: str) -> bool:
            spellings = {word, strip_separators(word)}
            joined = strip_separators(word)
            if joined.startswith("+") and joined[1:].isdigit() and joined.isascii():
                spellings.add(joined[1:])
            return any(spelling in place for place in places for spelling in spellings)

        return all(map(somewhere, fold_text(search).split())) or all(
            map(somewhere, strip_separators(search).split())
        )

    def messages(self, wanted: Query) -> list[Row]:
        found = [row for row in self.rows.values() if self.fits(row, wanted)]
        return sorted(found, key=lambda row: row.key, reverse=True)

    def listing(self, wanted: Query) -> list[Row | Gap]:
        items: list[Row | Gap] = list(self.messages(wanted))
        if wanted.plain:
            items += {
                gap
                for scope, gap in self.gaps
                if scope in ("", wanted.to_phone) or wanted.to_phone is None
                if wanted.since is None or gap.end > wanted.since
            }
        return sorted(items, key=order, reverse=True)

    def next_unread(self, wanted: Query, after: Key | None) -> Row | None:
        unread = self.messages(wanted._replace(unread=True))
        older = [row for row in unread if after is None or row.key < after]
        return next(iter([*older, *unread]), None)


def order(item: Row | Gap) -> tuple[int, int, int]:
    if isinstance(item, Gap):
        return (item.end, -1, -item.start)
    return (item.received, item.id, 0)


def without_row(items: Iterable[Row | Gap]) -> list[Row | Gap]:
    """Items as the model has them: it knows nothing of row numbers."""
    return [item._replace(row=0) if isinstance(item, Row) else item for item in items]
