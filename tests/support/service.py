"""The demo's service with switches for what api.md leaves open, and for what seldom happens."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from operator import attrgetter
from random import Random
from typing import Any, Literal

from inbox_tui.demo.service import BLOCKED, MOST_MESSAGES, DemoService
from inbox_tui.smsc.message import IncomingMessage

Order = Literal["oldest", "newest", "shuffled", "time"]


class SwitchedService(DemoService):
    """A service that may answer otherwise than the examples of its documentation say.

    `first` says which messages are "the first" where `cnt` leaves some out; `order` is that of an
    answer, and where it is that of time, they are the first by time, not by id.
    `after_id_bounded_by_day` says whether `after_id` without `hour` is for the current day only.
    `identical` is how many identical requests pass.
    """

    def __init__(
        self,
        accounts: Mapping[str, str],
        *,
        order: Order = "oldest",
        first: Literal["oldest", "newest"] = "oldest",
        after_id_bounded_by_day: bool = False,
        identical: int = 3,
        random: Random | None = None,
        **others: Any,
    ) -> None:
        super().__init__(accounts, **others)
        self.IDENTICAL = identical
        self._order = order
        self._first = first
        self._after_id_bounded_by_day = after_id_bounded_by_day
        self._random = random or Random(0)
        self._blocked_until: datetime | None = None

    def block(self, until: datetime = datetime.max) -> None:  # noqa: DTZ901 - theirs has no zone
        """Refuse every request with error 4 until then, or until `unblock`."""
        self._blocked_until = until

    def unblock(self) -> None:
        """Let requests in again."""
        self._blocked_until = None

    def _refusal(
        self, login: str, asked: Mapping[str, str], now: datetime, *, limited: bool
    ) -> int | None:
        if self._blocked_until is not None and now < self._blocked_until:
            return BLOCKED
        return super()._refusal(login, asked, now, limited=limited)

    def _selected(
        self, login: str, asked: Mapping[str, str], now: datetime
    ) -> list[IncomingMessage]:
        messages = self._asked_for(login, asked, now)
        if self._order == "time":
            messages.sort(key=attrgetter("received"))
        cnt = int(asked.get("cnt", MOST_MESSAGES))
        messages = messages[:cnt] if self._first == "oldest" else messages[-cnt:]
        if self._order == "newest":
            messages.reverse()
        elif self._order == "shuffled":
            self._random.shuffle(messages)
        return messages

    def _since(self, asked: Mapping[str, str], now: datetime) -> datetime | None:
        if "hour" not in asked and self._after_id_bounded_by_day:
            asked = {name: value for name, value in asked.items() if name != "after_id"}
        return super()._since(asked, now)
