"""What to ask for so that nothing is missed, and how far each answer brings us.

A pass asks for everything above a floor, page after page, until a page is not full. Why nothing
that the service shows is missed for good:

1. A smaller id becomes visible at most `OVERLAP_SECONDS` after a larger one.
2. So whatever is at or below an id that was seen that long before a pass began was visible when
   it began, and a pass that came to its end has it: the next floor is that id.
3. Pages rise from the floor, each above the largest id of the one before, and within the pass the
   floor stays. What becomes visible below, meanwhile, is above the next floor.
4. All of this is in the archive, written together with the messages of the page. A pass that is
   cut short goes on where it stands, in whichever program, or from its floor.

What fell out of the service's period of 168 hours, or was cut off by a service that gives the
newest first, is gone: a `Gap` says so.
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta, tzinfo
from typing import NamedTuple

from inbox_tui.archive import (
    AccountArchive,
    Gap,
    Listing,
    Query,
    Row,
    Sweep,
    row_at,
    to_server_seconds,
)
from inbox_tui.smsc.limit import Moment
from inbox_tui.smsc.message import Answer

PERIOD_HOURS = 168
"""How far back the service looks at most (api.md, Request)."""
PAGE_SIZE = 10_000
"""Messages in one answer at most (api.md, Request)."""
OVERLAP_SECONDS = 300.0
"""How long after a larger id a smaller one may still become visible."""
FIRST_OVERLAP_SECONDS = 900
"""The overlap after the very first pass, in the service's own time."""
FIRST_GIVEN = "first_given"
"""The archive's note of which messages a full page holds: the `oldest` or the `newest`, and the
seconds and the boot in which that was learnt."""
_SAMPLE = 2
"""So few messages tell which ones come first, even where one of them can't be read."""


class Question(NamedTuple):
    """A request to be made, and the pass that it is part of."""

    scope: str
    """The receiving number asked for, "" for all."""
    cnt: int
    after: int | None
    sweep: Sweep
    """How far the pass has come; `started` is set."""
    highest: int | None = None
    """Set where a few messages are asked for to learn which ones a full page holds: the largest
    id of the pass."""

    @property
    def begins_pass(self) -> bool:
        """Whether it is the first one of its pass."""
        return self.sweep.reached is None


class _FirstGiven(NamedTuple):
    """Which messages of its window a full page holds, and when that was learnt."""

    which: str
    learnt: Moment

    @property
    def newest(self) -> bool:
        return self.which == "newest"

    def too_late_for(self, sweep: Sweep) -> bool:
        """Whether a full page of this pass may have been cut off before anybody knew."""
        return (
            self.newest
            and sweep.started is not None
            and sweep.started.boot_id == self.learnt.boot_id
            and sweep.started.seconds < self.learnt.seconds
        )


class Passes:
    """How far an account has been asked for. It keeps nothing of its own that must outlive it."""

    def __init__(
        self, account: AccountArchive, *, server_zone: tzinfo, page_size: int = PAGE_SIZE
    ) -> None:
        self._account = account
        self._server_zone = server_zone
        self._page_size = page_size
        self._to_learn: dict[str, tuple[Sweep, int]] = {}
        """Scopes whose pass is over but for what its full pages may have left out: see `Question`,
        `highest`."""

    def question(self, scope: str, now: Moment) -> Question:
        """The next question of the pass under way, or the first of a new one. `ArchiveError`."""
        sweep = self._account.sync_state.sweep(scope)
        if (
            sweep.reached is None
            or sweep.started is None
            or sweep.started.boot_id != now.boot_id
            or sweep.started.seconds > now.seconds
        ):
            sweep = sweep._replace(reached=None, started=now)
            return Question(scope, self._page_size, sweep.floor, sweep)
        passed, highest = self._to_learn.get(scope, (None, None))
        if passed == sweep:
            return Question(scope, _SAMPLE, sweep.floor, sweep, highest)
        return Question(scope, self._page_size, sweep.reached, sweep)

    def judged(
        self, question: Question, answer: Answer, at: Moment, seen: datetime
    ) -> tuple[Sweep, Gap | None]:
        """How far the answer brings us, and what it shows to be missing. `ArchiveError`.

        To be stored together with the messages of the answer, which came `at`, or `seen` by the
        wall clock.
        """
        sweep = question.sweep
        highest = max((message.id for message in answer.messages), default=-1)
        first = self._first_given()
        answered = len(answer.messages) + len(answer.unreadable)
        if question.highest is not None:
            self._to_learn.pop(question.scope, None)
            if not 0 < answered <= question.cnt:  # none to this question
                return sweep._replace(reached=None), None
            return self._learnt(question, answer, at, seen)
        if answered < question.cnt:
            if sweep.reached is not None and first is None:
                self._to_learn[question.scope] = sweep, max(highest, sweep.reached)
                return sweep, None
            if sweep.reached is not None and first is not None and first.too_late_for(sweep):
                return sweep._replace(reached=None), None
            return self._finished(question, answer, at, seen)
        if highest <= (-1 if question.after is None else question.after):
            # The same page again, or nothing that can be read: there is no way to the next one.
            return sweep._replace(reached=None, started=None), None
        gap = self._cut_off(question, answer, seen) if first is not None and first.newest else None
        return sweep._replace(reached=highest), gap

    def _first_given(self) -> _FirstGiven | None:
        note = self._account.notes.get(FIRST_GIVEN)
        if note is None:
            return None
        which, seconds, boot_id = note.split(" ", 2)
        return _FirstGiven(which, Moment(boot_id, float(seconds)))

    def _learnt(
        self, question: Question, answer: Answer, at: Moment, seen: datetime
    ) -> tuple[Sweep, Gap | None]:
        """Which messages of a full page's window the service gives first.

        It is not documented (api.md, Request). Asked for a few of all those of the pass, it gives
        the largest id only if the newest come first. Then the pass is made once more, for what the
        full page left out.
        """
        assert question.highest is not None
        if not answer.messages:
            return self._finished(question, answer, at, seen)
        given = max(message.id for message in answer.messages)
        which = "newest" if given >= question.highest else "oldest"
        note = f"{which} {at.seconds} {at.boot_id}"
        self._account.notes.set(FIRST_GIVEN, note)
        if which == "newest":
            return question.sweep._replace(reached=None), None
        return self._finished(question, answer, at, seen)

    def _cut_off(self, question: Question, answer: Answer, seen: datetime) -> Gap | None:
        """What a full page of the newest left out: all between the last pass and its oldest."""
        completed = question.sweep.completed
        start = self._horizon(seen)
        if completed is not None:
            start = max(start, self._server_seconds(completed) - int(OVERLAP_SECONDS))
        end = min(to_server_seconds(message.received) for message in answer.messages)
        return Gap(start, end) if start < end else None

    def _finished(
        self, question: Question, answer: Answer, at: Moment, seen: datetime
    ) -> tuple[Sweep, Gap | None]:
        """The pass is over: everything above its floor that was visible when it began is here."""
        sweep, scope = question.sweep, question.scope
        assert sweep.started is not None
        lasted = at.seconds - sweep.started.seconds
        gap = None
        if sweep.completed is None:
            settled = self._first_floor(scope, answer, lasted)
        else:
            settled = self._account.sync_state.settled(scope, sweep.started, OVERLAP_SECONDS)
            left = self._server_seconds(sweep.completed) - int(OVERLAP_SECONDS)
            if left < self._horizon(seen):
                gap = Gap(left, self._horizon(seen))
        floors = [floor for floor in (sweep.floor, settled) if floor is not None]
        began = seen - timedelta(seconds=lasted)
        return Sweep(max(floors, default=None), None, None, began), gap

    def _first_floor(self, scope: str, answer: Answer, lasted: float) -> int | None:
        """Where the second pass begins, when nothing had been seen before the first.

        Only the service's own times can tell, counted from its newest message: below all of the
        last quarter of an hour, and of as long as the pass lasted.
        """
        times = {message.id: to_server_seconds(message.received) for message in answer.messages}
        listing = self._account.lists.open(Query(to_phone=scope or None))
        if newest := self._row_at(listing, 0):
            times[newest.id] = newest.received
        if not times:
            return None
        since = max(times.values()) - FIRST_OVERLAP_SECONDS - math.ceil(lasted)
        if older := self._row_at(listing, self._account.lists.position(listing, row_at(since) - 1)):
            times[older.id] = older.received
        settled = [number for number, received in times.items() if received < since]
        recent = [number for number, received in times.items() if received >= since]
        lowest = self._lowest_id(scope, since)
        if lowest is not None:
            recent.append(lowest)
        return min(max(settled), min(recent) - 1) if settled else None

    def _lowest_id(self, scope: str, since: int) -> int | None:
        """The lowest id of what was received at these server seconds or later."""
        listing = self._account.lists.open(Query(to_phone=scope or None, since=since))
        items = self._account.lists.window(listing, 0, len(listing))
        return min((item.id for item in items if isinstance(item, Row)), default=None)

    def _row_at(self, listing: Listing, place: int) -> Row | None:
        """The message at a place of a listing, or the first one below it."""
        gaps = len(listing) - listing.messages
        items = self._account.lists.window(listing, place, place + gaps + 1)
        return next((item for item in items if isinstance(item, Row)), None)

    def _horizon(self, seen: datetime) -> int:
        """Where the service's period begins, in its own time."""
        return self._server_seconds(seen - timedelta(hours=PERIOD_HOURS))

    def _server_seconds(self, moment: datetime) -> int:
        return to_server_seconds(moment.astimezone(self._server_zone).replace(tzinfo=None))
