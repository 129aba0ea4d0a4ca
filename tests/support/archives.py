"""Sample archives and messages, and a simple in-memory model to compare an archive with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from inbox_tui.archive import (
    AccountArchive,
    Archive,
    Cursor,
    Day,
    DayStart,
    Gap,
    Hold,
    Item,
    Page,
    Query,
    Row,
    StateChange,
    from_server_seconds,
    to_server_seconds,
)
from inbox_tui.archive.records import day_of_row, row_at
from inbox_tui.smsc.limit import Limit, Moment
from inbox_tui.smsc.message import IncomingMessage
from inbox_tui.text import fold_text, strip_separators
from inbox_tui.text.search_query import MessageState, Party, SearchQuery, Words, parse_query

NOW = datetime(2026, 11, 23, 7, 42, 30, tzinfo=UTC)
SERVER_NOW = to_server_seconds(datetime(2026, 11, 23, 10, 42, 30))  # noqa: DTZ001


def at(seconds: float, boot: str = "boot") -> Moment:
    return Moment(boot, seconds)


BOOT = at(1000.0)


def incoming(
    number: int,
    text: str = "Hello",
    *,
    received: int = SERVER_NOW,
    phone: str = "79991234567",
    to_phone: str = "79110000001",
) -> IncomingMessage:
    """Return a message that was sent two seconds before it was received."""
    return IncomingMessage(
        number,
        from_server_seconds(received),
        phone,
        to_phone,
        text,
        from_server_seconds(received - 2),
    )


NOT_ASKED = Cursor()


def page(
    *messages: IncomingMessage,
    scope: str = "",
    entry: int | None = None,
    unreadable: Sequence[str] = (),
    cursor: Cursor = NOT_ASKED,
    at: Moment = BOOT,
    gap: Gap | None = None,
    seen: datetime = NOW,
) -> Page:
    return Page(scope, entry, messages, unreadable, cursor, at, gap, seen)


def opened(folder: Path, *messages: IncomingMessage) -> tuple[Archive, AccountArchive]:
    """Open an archive with one account that has these messages."""
    archive = Archive.open(folder / "inbox.db")
    account = archive.account("alex", "smscentre.com")
    if messages:
        account.store_page(page(*messages))
    return archive, account


def whole(archive: Archive, account: AccountArchive, wanted: Query) -> list[Item]:
    """Return all items of the list for a query."""
    lists = account.on(archive).lists
    listing = lists.open(wanted)
    return list(lists.window(listing, 0, len(listing)))


def query_for(typed: str, **others: Any) -> Query:
    """Return a query with a search as the user types it."""
    return Query(search=parse_query(typed, NOW, {}), **others)


def row_of(account: AccountArchive, message_id: int) -> Row:
    """Return the message with this id of the service, which must be in the archive."""
    row = account.messages.get(message_id)
    assert row is not None, message_id
    return row


def ids(items: Iterable[Item]) -> list[int]:
    return [item.id for item in items if isinstance(item, Row)]


class Model:
    """A model of an archive with one account, which looks at every message for each answer."""

    def __init__(self, account_id: int = 1) -> None:
        self.account_id = account_id
        self.rows: dict[int, Row] = {}
        self.gaps: set[tuple[str, Gap]] = set()
        self.muted: set[str] = set()

    def store(self, messages: Iterable[IncomingMessage]) -> list[int]:
        """Store the messages that are new; return their ids, newest first."""
        first: dict[int, IncomingMessage] = {}
        for m in messages:
            if m.id not in self.rows:
                first.setdefault(m.id, m)
        new = sorted(first.values(), key=lambda m: (m.received, m.id))
        for m in new:
            second = to_server_seconds(m.received)
            taken = [row.row for row in self.rows.values() if row.received == second]
            row = max(taken, default=row_at(second) - 1) + 1
            sent = None if m.sent is None else to_server_seconds(m.sent)
            self.rows[m.id] = Row(
                row,
                self.account_id,
                m.id,
                sent,
                m.phone,
                m.to_phone,
                m.message,
                unread=True,
                starred=False,
                done=False,
                muted=m.phone in self.muted,
            )
        return [m.id for m in reversed(new)]

    def set_state(self, ids: Iterable[int], state: str, *, value: bool) -> list[int]:
        """Set a state of messages; return the ids of those that changed."""
        changed = [
            i
            for i in dict.fromkeys(ids)
            if i in self.rows and getattr(self.rows[i], state) != value
        ]
        for number in changed:
            self.rows[number] = Row(**self.rows[number]._asdict() | {state: value})
        return changed

    def mute(self, phone: str, *, muted: bool) -> list[int]:
        """Mute or unmute a sender; return the ids of its messages that changed."""
        if (phone in self.muted) == muted:
            return []
        (self.muted.add if muted else self.muted.remove)(phone)
        return self.set_state(
            [row.id for row in self.rows.values() if row.phone == phone], "muted", value=muted
        )

    def expire(self, before: int) -> int:
        """Delete the messages and gaps before this time; return the number of messages."""
        old = [row.id for row in self.rows.values() if row.received < before]
        for number in old:
            del self.rows[number]
        self.gaps = {(scope, gap) for scope, gap in self.gaps if gap.end > before}
        return len(old)

    def fits(self, row: Row, wanted: Query) -> bool:
        """Return whether a message matches a query."""
        return (
            wanted.to_phone in (None, row.to_phone)
            and wanted.phone in (None, row.phone)
            and (wanted.since is None or row.received >= wanted.since)
            and (wanted.before is None or row.received < wanted.before)
            and (wanted.state is None or in_state(row, wanted.state))
            and self.found(row, wanted.search)
        )

    def found(self, row: Row, search: SearchQuery) -> bool:
        """Return whether a message matches a search."""
        places = [
            place
            for text in (row.message, row.phone, row.to_phone)
            for place in (fold_text(text), strip_separators(text))
        ]

        def has(words: Words) -> bool:
            return any(
                all(any(string in place for place in places) for string in alternative)
                for alternative in words.alternatives
            ) or bool({row.phone, row.to_phone} & {*words.phones})

        def is_one_of(parties: Iterable[Party], phone: str) -> bool:
            wanted = [party for party in parties if not party.excluded]
            named = [
                party
                for party in parties
                if phone in party.phones
                or any(
                    part in place
                    for part in party.parts
                    for place in (fold_text(phone), strip_separators(phone))
                )
            ]
            return all(not party.excluded for party in named) and (not wanted or bool(named))

        return (
            all(has(words) != words.excluded for words in search.words)
            and is_one_of(search.senders, row.phone)
            and is_one_of(search.receivers, row.to_phone)
            and all(in_state(row, state) != excluded for state, excluded in search.states)
        )

    def messages(self, wanted: Query) -> list[Row]:
        """Return the messages that match a query, newest first."""
        found = [row for row in self.rows.values() if self.fits(row, wanted)]
        return sorted(found, key=lambda row: row.row, reverse=True)

    def listing(
        self, wanted: Query, *, days: DayStart | None = None, oldest_first: bool = False
    ) -> list[Item]:
        """Return the items of the list for a query, with the days if `days` is given."""
        messages = self.messages(wanted)
        items: list[Row | Gap] = list(messages)
        if wanted.plain and not oldest_first:
            items += {
                gap
                for scope, gap in self.gaps
                if scope in ("", wanted.to_phone) or wanted.to_phone is None
                if wanted.since is None or gap.end > wanted.since
            }
        items.sort(key=order, reverse=not oldest_first)
        return [*items] if days is None else with_days(items, days)

    def next_unread(self, wanted: Query, row: int | None, *, newer: bool) -> Row | None:
        """Return the next unread message below `row`, or above it if `newer`, wrapping around."""
        unread = [row for row in self.messages(wanted) if in_state(row, "unread")]
        if newer:
            unread.reverse()
        beyond = [m for m in unread if row is None or (m.row > row if newer else m.row < row)]
        return next(iter([*beyond, *unread]), None)


def in_state(row: Row, state: MessageState) -> bool:
    match state:
        case "unread":
            return row.unread and not row.muted
        case "read":
            return not row.unread
        case "todo":
            return not row.done
        case "taken" | "mine":
            return False
    return bool(getattr(row, state))


def with_days(items: list[Row | Gap], day_start: DayStart) -> list[Item]:
    """Return the items with a `Day` above the messages of each day."""

    def day_of(item: Row | Gap) -> tuple[int, int]:
        """Return the day in the reader's zone and the day in the service's."""
        number = day_of_row(item.row)
        days = range(number - 1, number + 2)
        return max(day for day in days if row_at(day_start(day)) <= item.row), number

    rows = [item for item in items if isinstance(item, Row)]
    begin = {day_of(row)[0]: day_of(row) for row in reversed(rows)}
    listed: list[Item] = []
    for item in items:
        if begin.get(day_of(item)[0]) == day_of(item):
            number, _ = begin.pop(day_of(item)[0])
            of_day = [row for row in rows if day_of(row)[0] == number]
            listed.append(Day(number, len(of_day), sum(in_state(row, "unread") for row in of_day)))
        listed.append(item)
    return listed


def order(item: Row | Gap) -> tuple[int, int]:
    """Return the sort key of an item; lists are sorted in descending order."""
    return (item.row, -item.start) if isinstance(item, Gap) else (item.row, 1)


def changes_of(account: AccountArchive, new: Page) -> list[Callable[[], object]]:
    """Return a call for each way to change an account's archive, the first with a new page."""
    hold = Hold("blocked", 1.0, 1, "", NOW, b"")
    return [
        lambda: account.store_page(new),
        lambda: mark(account, [1], unread=False),
        lambda: account.messages.mark_all_read(Query()),
        lambda: sum(account.expire(2**40)),
        lambda: account.purge(),
        lambda: account.notes.set("a", "b"),
        lambda: account.requests.begin("", "a", BOOT, Limit()),
        lambda: account.requests.set_hold(hold, BOOT),
        lambda: account.requests.clear_hold(BOOT),
        lambda: account.requests.allow_again(),
    ]


def steps(archive: Archive, work: Callable[[], object]) -> int:
    """Return the cost of `work` in tens of SQLite VM instructions."""
    taken = 0

    def stepped() -> None:
        nonlocal taken
        taken += 1

    archive.database.connection.set_progress_handler(stepped, 10)
    work()
    archive.database.connection.set_progress_handler(None, 0)
    return taken


def mark(account: AccountArchive, ids: Iterable[int], *, unread: bool) -> StateChange:
    """Mark messages with these ids of the service as unread or read."""
    found = (account.messages.get(message_id) for message_id in ids)
    rows = [row.row for row in found if row is not None]
    return account.messages.set_state(rows, "unread", value=unread)
