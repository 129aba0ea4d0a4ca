"""What to ask for next, and what an answer means: pure functions of the cursor and the clock.

A scope is one receiving number, or all of them. A pass asks for some hours of a scope, page by
page.

How ids relate to time, and in which order the service answers, is not documented (api.md, Request).
So polls ask by time: for the hours since the last finished poll, and one more. Ids are used only
within a pass, to get from a full page to the next, unless pages turn out to be sorted by time and
not by id. If an hour holds very many messages, polls are thinned: two of three ask only for ids
above a confirmed one. Once an hour, and at the start, a pass asks for the service's whole period,
which finds what the polls have missed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta, tzinfo
from typing import NamedTuple

from inbox_tui.archive.records import (
    Cursor,
    Gap,
    Pass,
    Polled,
    server_seconds,
    to_server_seconds,
)
from inbox_tui.smsc.limit import PERIOD_HOURS, Moment
from inbox_tui.smsc.message import Answer, IncomingMessage

PAGE_SIZE = 10_000
"""The most messages in one answer (api.md, Request)."""
HOUR = 3600.0
WHOLE_PERIOD_EVERY = HOUR
"""Seconds between two passes over the whole period."""
PASS_LIFETIME = HOUR
"""Seconds after which an unfinished pass is started again."""
BUSY_HOUR = 1000
"""Polls are thinned if the last hour holds at least this many messages."""
THIN_FOR = 50.0
"""Polls are thinned for this many seconds after one that was not, so two of three are."""
CONFIRMED_SECONDS = 900
"""An id is confirmed if all messages received within this many seconds have larger ids."""
CONFIRMED_BY = 100
"""The fewest messages that can confirm an id."""
SAMPLE = 2
"""How many messages to request to learn the service's order; one of them may be unreadable."""
FEWEST_FOR_ORDER = 20
"""With fewer messages than this, their order may be chance."""
ZONES_HOURS = 12
"""By how many hours the service's zone may differ from the configured one."""
MOST_OLD_PAGES = 5
"""How many old answers a pass by time ignores: a wrong clock makes every answer look old."""
GAP_MARGIN = timedelta(minutes=5)
"""A message received this shortly before a poll may have become visible only after it."""
CLOCK_TOLERANCE = timedelta(days=1)
"""Messages are deleted only if our clock and the service's differ by at most this."""


class PageRequest(NamedTuple):
    """One request to make, and the pass that it belongs to."""

    scope: str
    """The receiving number to ask for, or "" for all."""
    cnt: int
    hour: int
    after_id: int | None
    running: Pass

    @property
    def begins_pass(self) -> bool:
        """Whether this is the first request of its pass."""
        return self.running.pages == 0


class Advance(NamedTuple):
    """What follows from an answer."""

    cursor: Cursor
    """To be stored together with the answer's messages."""
    gap: Gap | None = None
    """A period whose messages can no longer be fetched."""
    pass_ended: bool = False
    """Whether the next request of this scope begins another pass."""


class Arrival(NamedTuple):
    """An answer and its time of arrival on the boot clock, our wall clock and the service's."""

    answer: Answer
    at: Moment
    wall: datetime
    service: datetime
    server_zone: tzinfo

    @property
    def now(self) -> int:
        """The time of arrival in server seconds."""
        return server_seconds(self.service, self.server_zone)

    @property
    def times(self) -> list[int]:
        """When its messages were received by the service, in server seconds."""
        return [to_server_seconds(message.received) for message in self.answer.messages]

    @property
    def highest(self) -> int:
        """The largest id of its messages, or -1 if it has none."""
        return max((message.id for message in self.answer.messages), default=-1)


def elapsed(since: Polled, now: Moment, wall: datetime) -> float | None:
    """Return the seconds since a poll, or None if the clocks cannot tell."""
    if since.moment.boot_id == now.boot_id and since.moment.seconds <= now.seconds:
        return now.seconds - since.moment.seconds
    seconds = (wall - since.wall).total_seconds()
    return seconds if seconds >= 0 else None


def next_page(
    scope: str,
    cursor: Cursor,
    now: Moment,
    wall: datetime,
    *,
    whole: bool = False,
    page_size: int = PAGE_SIZE,
) -> PageRequest:
    """Return the next request of the pass under way, or the first of a new one.

    With `whole`, a new pass is one over the whole period, as at the start of the program.
    """
    running = cursor.running
    if (
        running is None
        or running.began.boot_id != now.boot_id
        or not 0 <= now.seconds - running.began.seconds < PASS_LIFETIME
    ):
        running = _new_pass(cursor, now, wall, whole=whole)
    cnt, after_id = min(page_size, cursor.page_size or page_size), running.after_id
    if running.sampling:
        cnt = SAMPLE
        return PageRequest(scope, cnt, running.hour, None, running)
    return PageRequest(scope, cnt, running.back or running.hour, after_id, running)


def _new_pass(cursor: Cursor, now: Moment, wall: datetime, *, whole: bool) -> Pass:
    if cursor.whole is None or cursor.polled is None or whole:
        return Pass("whole", PERIOD_HOURS, now)
    since_whole = elapsed(cursor.whole, now, wall)
    since = elapsed(cursor.polled, now, wall)
    if since_whole is None or since is None or since_whole >= WHOLE_PERIOD_EVERY:
        return Pass("whole", PERIOD_HOURS, now)
    hour = min(int(since // HOUR) + 2, PERIOD_HOURS)  # hours begun, plus one
    if cursor.confirmed_id is not None and since < THIN_FOR:
        return Pass("thin", hour, now, after_id=cursor.confirmed_id)
    return Pass("poll", hour, now)


def advance(cursor: Cursor, request: PageRequest, came: Arrival) -> Advance:
    """Return the cursor after an answer, any gap it shows, and whether the pass has ended."""
    answer, running = came.answer, request.running
    if cursor.page_size is not None:  # grow again: perhaps only one message was large
        twice = 2 * cursor.page_size
        cursor = cursor._replace(page_size=twice if twice < PAGE_SIZE else None)
    if running.sampling:
        return _sampled(cursor, running, came)
    running = _with_page(running, came)
    full = answer.entries >= request.cnt
    if (full or running.pages) and not running.by_time and is_by_time(answer.messages):
        running = running._replace(by_time=True)
        if running.after_id is not None:  # later messages with smaller ids may be missing
            running = running._replace(pages=running.pages + 1, after_id=None)
            return Advance(cursor._replace(running=running))
    if running.by_time and not (full and cursor.newest_first):
        return _go_on_by_time(cursor, running, request, came)
    if not full:
        return _after_last_page(cursor, running, came)
    if cursor.newest_first:
        gap = _left_out(cursor, running, came)
        if max(came.times, default=came.now) < came.now - HOUR:  # doubtful: learn the order again
            cursor = cursor._replace(newest_first=None)
        return _with_gap(_finish(cursor, running, came), gap)
    after_id = next_after_id(answer.messages, request.after_id)
    if after_id is None:  # the same page again, or nothing readable: there is no next page
        return Advance(cursor._replace(running=None), pass_ended=True)
    running = running._replace(pages=running.pages + 1, after_id=after_id)
    return Advance(cursor._replace(running=running))


def _sampled(cursor: Cursor, running: Pass, came: Arrival) -> Advance:
    """Learn from a small sample whether a full page holds the newest or the oldest messages."""
    if not 0 < came.answer.entries <= SAMPLE:  # not an answer to this request
        return Advance(cursor._replace(running=None))
    late = running.middle is None or max(came.times, default=-1) >= running.middle
    if came.answer.messages and late and (running.by_time or came.highest >= running.highest):
        return Advance(cursor._replace(running=None, newest_first=True))  # start again
    cursor = cursor._replace(newest_first=False)
    if running.by_time and running.newest is None:  # the pass by time was stuck
        return Advance(cursor._replace(running=None))
    return _finish(cursor, running, came)


def _after_last_page(cursor: Cursor, running: Pass, came: Arrival) -> Advance:
    if running.pages and cursor.newest_first is None:
        running = running._replace(sampling=True)
        return Advance(cursor._replace(running=running))
    return _finish(cursor, running, came)


def _go_on_by_time(cursor: Cursor, running: Pass, request: PageRequest, came: Arrival) -> Advance:
    """Continue from an hour before the newest message of a full page.

    If that leads no further, because an hour holds more than a page, the missing part is a gap.
    """
    now, times = came.now, came.times
    if running.newest is not None and min(times, default=now) > running.newest:
        back = min(request.hour + ZONES_HOURS, running.hour - 1)  # our clock or zone is wrong
        on = back > request.hour
    elif came.answer.entries < request.cnt:
        return _after_last_page(cursor, running, came)
    else:
        newest = max(times, default=now)
        back = max(1, int((now - newest) // HOUR) + 2)  # hours begun, plus one
        on = back < request.hour and (running.newest is None or newest > running.newest)
        is_old = min(times, default=now) < now - (request.hour + ZONES_HOURS) * HOUR
        if is_old and not on and running.old_pages < MOST_OLD_PAGES:
            # Not the hours requested but an old answer, perhaps from a proxy: request them again.
            back, on = request.hour, True
            running = running._replace(old_pages=running.old_pages + 1)
        else:
            running = running._replace(newest=newest)
    running = running._replace(pages=running.pages + 1, back=back)
    if on:
        return Advance(cursor._replace(running=running))
    running = running._replace(back=None)
    if cursor.newest_first is None:
        running = running._replace(sampling=True, newest=None)
        return Advance(cursor._replace(running=running))
    start = now if running.newest is None else running.newest
    gap = Gap(start, max(now, start + 1))
    return _with_gap(_finish(cursor, running, came), gap)


def _with_page(running: Pass, came: Arrival) -> Pass:
    """Return the pass with its largest id and median time, which `_sampled` compares with."""
    running = running._replace(highest=max(came.highest, running.highest))
    if running.middle is None and (times := sorted(came.times)):
        running = running._replace(middle=times[len(times) // 2])
    return running


def _with_gap(finished: Advance, gap: Gap | None) -> Advance:
    if gap is not None and finished.gap is not None:
        gap = Gap(min(gap.start, finished.gap.start), max(gap.end, finished.gap.end))
    return finished._replace(gap=gap or finished.gap)


def is_by_time(messages: Sequence[IncomingMessage]) -> bool:
    """Return whether a page is sorted by time and not by id; it may be cut off by time, too."""
    times, ids = [one.received for one in messages], [one.id for one in messages]
    return (
        len(messages) >= FEWEST_FOR_ORDER
        and times[0] != times[-1]
        and sorted(times) in (times, times[::-1])
        and sorted(ids) not in (ids, ids[::-1])
    )


def ask_for_less(cursor: Cursor, request: PageRequest) -> Cursor:
    """Return the cursor after an answer too large to read: its pass continues with half a page."""
    return cursor._replace(page_size=max(1, request.cnt // 2), running=request.running)


def next_after_id(messages: Sequence[IncomingMessage], after_id: int | None) -> int | None:
    """Return the id to continue from after a full page, or None if there is none.

    It is the largest id of the page, unless that is an outlier, which would skip all that follow:
    then it is the largest id after which, in time, a larger one was received.
    """
    least = -1 if after_id is None else after_id
    in_time = sorted(messages, key=lambda message: (message.received, message.id))
    ids = sorted({message.id for message in messages})
    largest, confirmed, larger = max(ids, default=-1), -1, -1
    for message in reversed(in_time):
        if message.id < larger:
            confirmed = max(confirmed, message.id)
        larger = max(larger, message.id)
    in_sequence = len(ids) < 3 or (
        in_time[-1].id == largest and ids[-1] - ids[-2] <= ids[-2] - ids[0]
    )
    for candidate in (largest,) if in_sequence else (confirmed, largest):
        if candidate > least:
            return candidate
    return None


def _finish(cursor: Cursor, running: Pass, came: Arrival) -> Advance:
    """End the pass: everything that was visible in its hours when it began has been received."""
    cursor = cursor._replace(running=None)
    if running.kind == "thin":
        return Advance(cursor, pass_ended=True)
    if cursor.polled is not None and _began_later(cursor.polled, running):
        return Advance(cursor, pass_ended=True)  # another program stored a later pass
    lasted = timedelta(seconds=max(0.0, came.at.seconds - running.began.seconds))
    polled = Polled(running.began, came.wall - lasted, came.service - lasted)
    gap = None
    if cursor.polled is not None:
        horizon = polled.service - timedelta(hours=PERIOD_HOURS)
        left = _service_time_of(cursor.polled, polled) - GAP_MARGIN
        if left < horizon:
            gap = Gap(*(server_seconds(one, came.server_zone) for one in (left, horizon)))
    return Advance(
        cursor._replace(
            polled=polled,
            whole=polled if running.kind == "whole" else cursor.whole,
            confirmed_id=confirmed_id(came.answer.messages, came.now),
        ),
        gap,
        pass_ended=True,
    )


def with_gap_start_of_all_numbers(cursor: Cursor, running: Pass, all_numbers: Cursor) -> Cursor:
    """Return a number's cursor, moved on to when all numbers were last polled together.

    Used to find the gap only. It applies if that was later than the number's own last poll, and
    before this pass.
    """
    covering, own = all_numbers.polled, cursor.polled
    if covering is None or _began_later(covering, running):
        return cursor
    if own is not None and own.service >= covering.service:
        return cursor
    return cursor._replace(polled=covering)


def _began_later(polled: Polled, running: Pass) -> bool:
    moment = polled.moment
    return moment.boot_id == running.began.boot_id and moment.seconds >= running.began.seconds


def confirmed_id(messages: Sequence[IncomingMessage], now: int) -> int | None:
    """Return the id above which polls may ask for a while, or None if they are not thinned.

    `now` is in server seconds. All messages of the last `CONFIRMED_SECONDS` have larger ids.
    """
    received = [(to_server_seconds(message.received), message.id) for message in messages]
    if sum(now - HOUR <= seconds <= now for seconds, _ in received) < BUSY_HOUR:
        return None
    recent = [message_id for seconds, message_id in received if seconds > now - CONFIRMED_SECONDS]
    return min(recent) - 1 if len(recent) >= CONFIRMED_BY and min(recent) > 0 else None


def _left_out(cursor: Cursor, running: Pass, came: Arrival) -> Gap | None:
    """Return the gap that a full page of the newest leaves, from the last poll to its oldest."""
    if not came.answer.messages:
        return None
    answered = Polled(came.at, came.wall, came.service)
    began = answered.service - timedelta(hours=running.hour)
    start = server_seconds(began, came.server_zone)
    if cursor.polled is not None:
        left = _service_time_of(cursor.polled, answered) - GAP_MARGIN
        start = max(start, server_seconds(left, came.server_zone))
    end = min(came.times)
    return Gap(start, end) if start < end else None


def _service_time_of(before: Polled, now: Polled) -> datetime:
    """Return the time of an earlier poll by the service's clock, as it is known now.

    If that poll's answer had no date, its time is from our clock. If that clock was wrong by more
    than a day, the seconds since the machine's start are used instead.
    """
    if before.moment.boot_id == now.moment.boot_id:
        passed = timedelta(seconds=now.moment.seconds - before.moment.seconds)
        if not clocks_agree(before.service, now.service - passed):
            return now.service - passed
    return before.service


def lateness(before: Cursor, new: Iterable[IncomingMessage], came: Arrival) -> list[float]:
    """Return how many seconds late each new message is that an earlier poll should have found.

    Polls ask for an hour more than has passed, so messages received less than an hour before the
    last poll are not late.
    """
    if before.whole is None or before.polled is None:
        return []
    due = server_seconds(before.polled.service, came.server_zone) - HOUR
    received = (to_server_seconds(message.received) for message in new)
    kept_since = came.now - PERIOD_HOURS * HOUR
    return [float(came.now - seconds) for seconds in received if kept_since <= seconds < due]


def delete_before(
    keep_days: int, service: datetime | None, wall: datetime, server_zone: tzinfo
) -> int | None:
    """Return the server seconds before which to delete messages, or None to delete nothing.

    Only the service's own time `service` counts, and only if it agrees with ours, `wall`: a wrong
    clock must not delete anything.
    """
    if not keep_days or service is None or not clocks_agree(service, wall):
        return None
    return server_seconds(service - timedelta(days=keep_days), server_zone)


def clocks_agree(service: datetime, wall: datetime) -> bool:
    """Return whether two clocks differ by at most `CLOCK_TOLERANCE`."""
    return abs(service - wall) <= CLOCK_TOLERANCE
