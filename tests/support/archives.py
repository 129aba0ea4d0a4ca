"""Archives to try things on: made-up messages, and a model that does it all the slow way."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
    Item,
    Page,
    Query,
    Row,
    StateChange,
    from_server_seconds,
    to_server_seconds,
)
from inbox_tui.archive.records import day_of_row, row_at
from inbox_tui.smsc.limit import Moment
from inbox_tui.smsc.message import IncomingMessage
from inbox_tui.text import fold_text, strip_separators
from inbox_tui.text.search_query import MessageState, Party, SearchQuery, Words, parse_query

NOW = datetime(2026, 11, 23, 7, 42, 30, tzinfo=UTC)
SERVER_NOW = to_server_seconds(datetime(2026, 11, 23, 10, 42, 30))  # noqa: DTZ001


def at(seconds: float, boot: str = "boot") -> Moment:
    """A moment on the clock of a boot."""
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
    """A message received at these server seconds and sent two seconds before."""
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
    """An archive with an account in it that has these messages."""
    archive = Archive.open(folder / "inbox.db")
    account = archive.account("alex", "smscentre.com")
    if messages:
        account.store_page(page(*messages))
    return archive, account


def whole(archive: Archive, account: AccountArchive, wanted: Query) -> list[Item]:
    """Everything that is listed for a filter."""
    lists = account.on(archive).lists
    listing = lists.open(wanted)
    return list(lists.window(listing, 0, len(listing)))


def query_for(typed: str, **others: Any) -> Query:
    """A query with this search, as it is typed."""
    return Query(search=parse_query(typed, NOW, {}), **others)


def ids(items: Iterable[Item]) -> list[int]:
    return [item.id for item in items if isinstance(item, Row)]


class Model:
    """The same as an archive of one account, by looking at every message every time."""

    def __init__(self, account_id: int = 1) -> None:
        self.account_id = account_id
        self.rows: dict[int, Row] = {}
        self.gaps: set[tuple[str, Gap]] = set()
        self.muted: set[str] = set()

    def store(self, messages: Iterable[IncomingMessage]) -> list[int]:
        """Keep those that are new; returns their ids, newest first."""
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
        """Set a state; returns the ids of what has changed."""
        changed = [
            i
            for i in dict.fromkeys(ids)
            if i in self.rows and getattr(self.rows[i], state) != value
        ]
        for number in changed:
            self.rows[number] = Row(**self.rows[number]._asdict() | {state: value})
        return changed

    def mute(self, phone: str, *, muted: bool) -> list[int]:
        """Mute a sender or no longer; returns the ids of its messages, where that is new."""
        if (phone in self.muted) == muted:
            return []
        (self.muted.add if muted else self.muted.remove)(phone)
        return self.set_state(
            [row.id for row in self.rows.values() if row.phone == phone], "muted", value=muted
        )

    def expire(self, before: int) -> int:
        """Delete what is older."""
        old = [row.id for row in self.rows.values() if row.received < before]
        for number in old:
            del self.rows[number]
        self.gaps = {(scope, gap) for scope, gap in self.gaps if gap.end > before}
        return len(old)

    def fits(self, row: Row, wanted: Query) -> bool:
        """Whether a message fits a query."""
        return (
            wanted.to_phone in (None, row.to_phone)
            and wanted.phone in (None, row.phone)
            and (wanted.since is None or row.received >= wanted.since)
            and (wanted.before is None or row.received < wanted.before)
            and (wanted.state is None or in_state(row, wanted.state))
            and self.found(row, wanted.search)
        )

    def found(self, row: Row, search: SearchQuery) -> bool:
        """Whether a message is found, by looking into each of its texts."""
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
        """What fits a query, newest first."""
        found = [row for row in self.rows.values() if self.fits(row, wanted)]
        return sorted(found, key=lambda row: row.row, reverse=True)

    def listing(
        self, wanted: Query, *, days: DayStart | None = None, oldest_first: bool = False
    ) -> list[Item]:
        """What a list of a query shows."""
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
        """The next unread message below or above, or the first of all."""
        unread = [row for row in self.messages(wanted) if in_state(row, "unread")]
        if newer:
            unread.reverse()
        beyond = [m for m in unread if row is None or (m.row > row if newer else m.row < row)]
        return next(iter([*beyond, *unread]), None)


def in_state(row: Row, state: MessageState) -> bool:
    """Whether a message is in a state."""
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
    """The items with a line above each day that has messages."""

    def day_of(item: Row | Gap) -> tuple[int, int]:
        """The day of the reader's, and that of the service's."""
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
    """Where an item stands: the largest first."""
    return (item.row, -item.start) if isinstance(item, Gap) else (item.row, 1)


def mark(account: AccountArchive, ids: Iterable[int], *, unread: bool) -> StateChange:
    """Mark messages, told by the service's ids, as unread or read."""
    found = (account.messages.get(message_id) for message_id in ids)
    rows = [row.row for row in found if row is not None]
    return account.messages.set_state(rows, "unread", value=unread)
