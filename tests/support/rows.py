"""Sample rows, and sources of rows for a message list that record what is read from them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from inbox_tui.archive import Day, Gap, Item, Row
from inbox_tui.archive.records import DAY_SECONDS, day_of_row, row_at
from inbox_tui.text.search_query import SearchQuery
from inbox_tui.widgets.presentation import Presentation

MOSCOW = ZoneInfo("Europe/Moscow")
NOW = datetime(2026, 11, 22, 7, 45, tzinfo=UTC)  # a Sunday, 10:45 in Moscow
TEXTS = (
    "Your code is 481516. Do not tell it to anyone.",
    "Заказ 5512 готов к выдаче по адресу ул. Ленина, 5",
    "Оплата 1 250 руб. прошла",
    "Ваш код: 7741",
    "Добрый день!\nБуду в 15:30, подождите меня, пожалуйста, у входа.",
    "Счёт: https://pay.example.com/i/8812 до пятницы",
    "ok",
)
SENDERS = ("79991234567", "79160001122", "79031112233", "TINKOFF", "380441234567")
NEWEST = 1000
"""The id of the message received at 10:42 today; each smaller id is 40 minutes older."""


def server_seconds(moment: datetime) -> int:
    """Return a time in whole seconds of the server's clock, in the Moscow zone."""
    naive = moment.astimezone(MOSCOW).replace(tzinfo=None)
    return round((naive - datetime(1970, 1, 1)).total_seconds())  # noqa: DTZ001


def message(number: int, **changes: Any) -> Row:
    """Return the message with this id, received as `NEWEST` describes; every fourth is unread."""
    received = server_seconds(NOW - timedelta(minutes=3)) - (NEWEST - number) * 2400
    row = Row(
        row=row_at(changes.pop("received", received)),
        account_id=1,
        id=number,
        sent=None,
        phone=SENDERS[number % len(SENDERS)],
        to_phone="79110000001",
        message=TEXTS[number % len(TEXTS)],
        unread=number % 4 == 0,
        starred=False,
        done=False,
        muted=False,
    )
    return row._replace(**changes)


def presentation(
    local_zone: ZoneInfo = MOSCOW, server_zone: ZoneInfo = MOSCOW, /, **names: str
) -> Presentation:
    """Return the presentation for a reader in `local_zone` at the time `NOW`."""
    return Presentation(
        server_zone=server_zone,
        local_zone=local_zone,
        names={"79160001122": "Pickup point"} | names,
        clock=lambda: NOW,
    )


class Messages:
    """A source of items in memory, newest or oldest first; `windows` records what was read.

    With `days`, there is a `Day` above the messages of each day.
    """

    def __init__(
        self,
        items: Iterable[Item],
        *,
        days: bool = False,
        oldest_first: bool = False,
        search: SearchQuery | None = None,
        receivers: Sequence[str] = (),
    ) -> None:
        self.search = search
        self.receivers = receivers
        self.oldest_first = oldest_first
        self.items: list[Item] = list(items)
        rows = [item for item in self.items if isinstance(item, Row)]
        if days:
            for day in {day_of_row(row.row) for row in rows}:
                of_day = [row for row in rows if day_of_row(row.row) == day]
                unread = sum(row.unread and not row.muted for row in of_day)
                self.items.append(Day(day, len(of_day), unread))
        self.items.sort(key=self._order)
        self.windows: list[tuple[int, int]] = []

    @classmethod
    def numbered(cls, newest: int = NEWEST, oldest: int = NEWEST - 99, **more: Any) -> Messages:
        """Return the messages with ids from `oldest` to `newest`."""
        return cls((message(number) for number in range(oldest, newest + 1)), **more)

    def __len__(self) -> int:
        return len(self.items)

    def window(self, start: int, stop: int) -> Sequence[Item]:
        self.windows.append((start, stop))
        return self.items[start:stop]

    def position(self, row: int) -> int:
        return bisect_left(self.items, row if self.oldest_first else -row, key=self._order)

    def newer(self, row: int) -> int:
        return sum(isinstance(item, Row) for item in self.items[: self.position(row)])

    def day_at(self, position: int) -> tuple[Day, bool] | None:
        for at in range(position, -1, -1) if position < len(self.items) else ():
            if isinstance(item := self.items[at], Day):
                return item, at == position
        return None

    @property
    def rows_read(self) -> int:
        return sum(stop - start for start, stop in self.windows)

    def _order(self, item: Item) -> int:
        if isinstance(item, Day):
            row = row_at((item.day + (not self.oldest_first)) * DAY_SECONDS)
        else:
            row = item.row
        return row if self.oldest_first else -row


class ManyMessages(Messages):
    """The messages with ids from `count` down to 1, generated when they are read."""

    def __init__(self, count: int) -> None:
        super().__init__(())
        self.count = count

    def __len__(self) -> int:
        return self.count

    def window(self, start: int, stop: int) -> Sequence[Row | Gap]:
        self.windows.append((start, stop))
        return [message(self.count - position) for position in range(start, min(stop, self.count))]

    def position(self, row: int) -> int:
        return (message(self.count).row - row) // row_at(2400)

    def newer(self, row: int) -> int:
        return self.position(row)

    def day_at(self, position: int) -> None:
        return None
