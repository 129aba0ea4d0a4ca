"""Storing the outcomes of requests, and the events that follow from them."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from random import Random

from inbox_tui.archive import ArchiveError, Hold, Page, to_server_seconds
from inbox_tui.credentials import new_digest
from inbox_tui.locale import mark
from inbox_tui.smsc.errors import (
    AddressBlocked,
    AnswerTooLarge,
    ParameterError,
    SignInRefused,
    SmscError,
    TooManyRequests,
)
from inbox_tui.smsc.limit import Limit, Moment
from inbox_tui.smsc.message import Answer
from inbox_tui.sync.back_off import LONGEST_BLOCK, SHORTEST_BLOCK, back_off, doubled
from inbox_tui.sync.events import ClocksDisagree, Event, MessagesArrived, Progress
from inbox_tui.sync.next_request import PassProgress, Request
from inbox_tui.sync.planner import (
    Arrival,
    advance,
    ask_for_less,
    clocks_agree,
    delete_before,
    elapsed,
    lateness,
    with_gap_start_of_all_numbers,
)
from inbox_tui.sync.stores import MessageStore
from inbox_tui.sync.zone import ZoneJudge

LIVE_WITHIN = 120.0
"""New messages have just arrived if the poll before was fewer seconds ago than this."""
CLOCK_CHANGE_SECONDS = 60.0
"""How far our clock must move against the service's for the difference to be stored again."""
OTHER_PROGRAM_REASON = mark(
    "the server received too many requests: is another program using this account?"
)


@dataclass
class Outcomes:
    """Stores the outcomes of requests, away from the event loop; a failed call may be repeated."""

    store: MessageStore
    progress: PassProgress
    random: Random
    server_zone: tzinfo
    keep_days: int
    limit: Limit
    delete_before: int | None = field(default=None, init=False)
    """Server seconds before which messages are too old to keep, by the last answer."""
    _pages: int = field(default=0, init=False)
    _received: int = field(default=0, init=False)
    _clock_ahead: float | None = field(default=None, init=False)
    _disagreement_announced: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self._zone_judge = ZoneJudge(self.server_zone)

    def given_up(self, request: Request) -> list[Event]:
        """Remove from the log a request that was never sent."""
        self.store.requests.end(request.entry, request.at, delivered=False, finished=True)
        return []

    def failed(self, request: Request, error: SmscError, at: Moment, seen: datetime) -> list[Event]:
        """Store the end of the request, and the hold that follows from it (api.md, Failure)."""
        kind = _kind_of_hold(error)
        before = self.store.requests.hold(at)
        attempt, digest = 1, b""
        if before is not None and before.kind == kind:
            attempt = before.attempt + (before.at != seen)
            digest = before.digest if before.at == seen else b""
        if kind == "refused" and not digest:
            known = self.store.requests.refusals()
            digest = new_digest(request.password, like=known[0][0] if known else b"")
        wait = {
            "offline": back_off(attempt, self.random),
            "limited": self.limit.window + self.limit.margin,
            "blocked": doubled(attempt, SHORTEST_BLOCK, LONGEST_BLOCK),
        }.get(kind)
        hold = Hold(
            kind=kind,
            until=None if wait is None else at.seconds + wait,
            attempt=attempt,
            reason=OTHER_PROGRAM_REASON if kind == "limited" else error.message,
            at=seen,
            digest=digest,
        )
        if isinstance(error, AnswerTooLarge):
            self._ask_for_less(request, at, seen)
        self.store.requests.set_hold(hold, at)
        self.store.requests.end(
            request.entry, at, delivered=error.delivered, finished=error.finished
        )
        return []

    def _ask_for_less(self, request: Request, at: Moment, seen: datetime) -> None:
        """Continue with smaller pages: one of the same size would be too large again."""
        scope = request.page.scope
        cursor = ask_for_less(self.store.sync_state.cursor(scope), request.page)
        self.store.store_page(Page(scope, None, (), (), cursor, at, None, seen))

    def succeeded(
        self, request: Request, answer: Answer, at: Moment, seen: datetime
    ) -> list[Event]:
        """Commit the answer and the new cursor in one transaction; return the events to publish."""
        scope, running = request.page.scope, request.page.running
        state = self.store.sync_state
        before = state.cursor(scope)
        if self.store.requests.hold(at) is not None:
            self.store.requests.clear_hold(at)
        oldest = delete_before(self.keep_days, answer.date, seen, self.server_zone)
        if answer.date is None:  # assume the clock difference known last
            service = seen - timedelta(seconds=state.clock_difference() or 0.0)
        else:
            service = answer.date
            self._note_clock_difference(service, seen)
        came = Arrival(answer, at, seen, service, self.server_zone)
        cursor = (
            with_gap_start_of_all_numbers(before, running, state.cursor("")) if scope else before
        )
        moved = advance(cursor, request.page, came)
        messages = answer.messages
        too_old = oldest
        if self.keep_days and oldest is None:  # deleted messages must not return
            too_old = self.store.expired_before()
        if too_old is not None:
            messages = [one for one in messages if to_server_seconds(one.received) >= too_old]
        arrived = self.store.store_page(
            Page(
                scope=scope,
                entry=request.entry,
                messages=messages,
                unreadable=answer.unreadable,
                cursor=moved.cursor,
                at=at,
                gap=moved.gap,
                seen=seen,
            ),
        )
        self.delete_before = oldest
        events: list[Event] = []
        self._pages += 1
        self._received += len(answer.messages)
        if moved.pass_ended:
            self.progress.finished[scope] = running.began.seconds
            self._pages = self._received = 0
            if running.kind == "whole":
                self.progress.whole_period_wanted.discard(scope)
        else:
            events.append(Progress(self._received, self._pages))
        new_ids = set(arrived)
        new = [message for message in messages if message.id in new_ids]
        if new:
            events.append(MessagesArrived(arrived, live=before.whole is not None))
        late = lateness(before, new, came)
        if late and running.kind == "whole":
            with suppress(ArchiveError):  # only a count: the messages are stored and announced
                state.add_late(len(late), max(late))
        if answer.date is not None:
            events += self._disagreement(service, seen)
        if before.polled is not None and running.kind != "whole":
            since = elapsed(before.polled, at, seen)
            if since is not None and since < LIVE_WITHIN:
                suspected = self._zone_judge.judge(new, service)
                events += [suspected] if suspected else []
        return events

    def _note_clock_difference(self, date: datetime, seen: datetime) -> None:
        ahead = (seen - date).total_seconds()
        if self._clock_ahead is None or abs(self._clock_ahead - ahead) > CLOCK_CHANGE_SECONDS:
            self.store.sync_state.set_clock_difference(ahead)
            self._clock_ahead = ahead

    def _disagreement(self, date: datetime, seen: datetime) -> list[Event]:
        """Return an event if the clock difference now keeps `keep_days` from deleting.

        Called once the answer is stored: an event of a call that is repeated would be lost.
        """
        agree = clocks_agree(date, seen)
        before, self._disagreement_announced = self._disagreement_announced, not agree
        if not self.keep_days or agree or before:
            return []
        return [ClocksDisagree((seen - date).total_seconds())]


def _kind_of_hold(error: SmscError) -> str:
    match error:
        case SignInRefused():
            return "refused"
        case AddressBlocked():
            return "blocked"
        case TooManyRequests():
            return "limited"
        case ParameterError():
            return "stopped"
    return "offline"
