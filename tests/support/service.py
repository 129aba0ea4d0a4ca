"""The demo service with options for behaviour that api.md leaves open, and for rare cases."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from operator import attrgetter
from random import Random
from typing import Any, Literal

from inbox_tui.demo.service import BLOCKED, MOST_MESSAGES, DemoService
from inbox_tui.smsc.message import IncomingMessage


class SwitchedService(DemoService):
    """A service that can behave differently from the examples in its documentation.

    `first` says whether the oldest or the newest messages are returned if there are more than
    `cnt`. `order` is the order of an answer; with "time", oldest and newest refer to the time of
    receipt, otherwise to the id.
    """

    def __init__(
        self,
        accounts: Mapping[str, str],
        *,
        order: Literal["oldest", "newest", "shuffled", "time"] = "oldest",
        first: Literal["oldest", "newest"] = "oldest",
        random: Random | None = None,
        **others: Any,
    ) -> None:
        super().__init__(accounts, **others)
        self._order = order
        self._first = first
        self._random = random or Random(0)
        self._visible_at: dict[int, datetime] = {}
        self._blocked = False

    def add(
        self,
        message: IncomingMessage,
        visible_at: datetime | None = None,
        *,
        login: str | None = None,
    ) -> None:
        """Add a message that no answer contains before `visible_at`."""
        if visible_at is not None:
            self._visible_at[message.id] = visible_at
        super().add(message, login=login)

    def block(self) -> None:
        """Refuse every request from now on with error 4."""
        self._blocked = True

    def _refusal(
        self, login: str, asked: Mapping[str, str], now: datetime, *, limited: bool
    ) -> int | None:
        return BLOCKED if self._blocked else super()._refusal(login, asked, now, limited=limited)

    def _asked_for(
        self, login: str, asked: Mapping[str, str], now: datetime
    ) -> list[IncomingMessage]:
        messages = super()._asked_for(login, asked, now)
        return [message for message in messages if self._visible_at.get(message.id, now) <= now]

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
