"""The demo's traffic: the days that have passed, and what goes on coming in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import cache
from heapq import heappop, heappush
from itertools import accumulate, count
from operator import itemgetter
from random import Random
from typing import Final, NamedTuple

from inbox_tui.demo.scenes import LATEST, SCENES, Rhythm, Scene
from inbox_tui.demo.slots import Slots, british_mobile, russian_mobile
from inbox_tui.smsc.message import IncomingMessage

_FIRST_ID: Final = 148_205_117
_LARGEST_STEP: Final = 9
"""Ids belong to all customers of the service: some go to others."""
_HOURS_A_WEEK: Final = 168
_REGULARS: Final = {"customer": 14, "patient": 12, "courier": 4, "guest": 7}
"""How many people of each kind write again and again."""
_REGULAR_SHARE: Final = {"customer": 0.6, "patient": 0.6, "courier": 1.0, "guest": 0.7}
_BY_HOUR: Final[dict[Rhythm, tuple[int, ...]]] = {
    "people": (1, 0, 0, 0, 0, 0, 1, 3, 6, 10, 13, 13, 12, 10, 11, 12, 12, 11, 11, 10, 8, 6, 4, 2),
    "machines": (3, 2, 1, 1, 1, 2, 3, 6, 8, 9, 10, 10, 10, 9, 9, 9, 10, 11, 12, 12, 10, 9, 7, 5),
    "night": (0, 2, 6, 8, 4, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
}
"""How much is written in each hour of the day."""
_WEEKEND_SHARE: Final = 0.6
"""What is left of an hour's messages on Saturday and Sunday."""
_HARDLY_EVER: Final = 0.01
_LATE_SHARE: Final = 0.03
"""How many messages were held up on their way."""


class Arrival(NamedTuple):
    """A message that comes in live."""

    pause: float
    """Seconds since the one before."""
    phone: str
    to_phone: str
    message: str


def history(now: datetime, random: Random, hours: int = 168) -> list[IncomingMessage]:
    """Return what came in during the `hours` before `now`, oldest first, ids rising.

    That is at most a week, 168 hours. `now` is naive, of the service's clock. The same `now`,
    `hours` and state of `random` always give the same messages.
    """
    begin = now - timedelta(hours=hours)
    written: list[tuple[datetime, str, str, str]] = []
    weights = {rhythm: _weights(begin, hours, rhythm) for rhythm in _BY_HOUR}
    scenes = _week(random)
    for scene in scenes[: round(len(scenes) * hours / _HOURS_A_WEEK)]:
        (hour,) = random.choices(range(hours), cum_weights=weights[scene.rhythm])
        at = begin + timedelta(hours=hour, seconds=random.randint(1, 3599))
        written += _played(scene, at, random)
    for minutes_ago, scene in LATEST:
        if minutes_ago < hours * 60:
            at = now - timedelta(minutes=minutes_ago, seconds=random.randint(0, 50))
            written += _played(scene, at, random)
    number = _FIRST_ID
    messages = []
    for at, phone, to_phone, text in sorted(written, key=itemgetter(0)):
        if at <= now:
            number += random.randint(1, _LARGEST_STEP)
            messages.append(_message(number, at, phone, to_phone, text, random))
    return messages


def arrivals(random: Random, clock: Callable[[], datetime]) -> Iterator[Arrival]:
    """Yield without end what comes in live, seconds apart.

    `clock` tells the service's time, for the dates in the texts.
    """
    waiting: list[tuple[float, int, str, str, str]] = []
    order = count()
    now, begins = 0.0, random.uniform(3.0, 6.0)
    for scene in _live(random):
        phone, slots = _sender(scene, random), Slots(random, clock())
        due = begins
        for text in scene.texts:
            heappush(waiting, (due, next(order), phone, scene.to_phone, text.format_map(slots)))
            due += random.uniform(6.0, 18.0)
        begins += random.uniform(3.0, 11.0)
        while waiting and waiting[0][0] < begins:
            due, _, phone, to_phone, message = heappop(waiting)
            yield Arrival(due - now, phone, to_phone, message)
            now = due


def _live(random: Random) -> Iterator[Scene]:
    """Yield without end the scenes of week after week, those of the night left out."""
    while True:
        yield from (scene for scene in _week(random) if scene.rhythm != "night")


def _week(random: Random) -> list[Scene]:
    """Return the scenes of a week in some order, each as often as it is played."""
    scenes = [scene for scene in SCENES for _ in range(scene.weekly)]
    random.shuffle(scenes)
    return scenes


def _weights(begin: datetime, hours: int, rhythm: Rhythm) -> list[float]:
    """Return how much is written in each hour of a period, summed up to it."""
    return list(accumulate(_weight(begin + timedelta(hours=hour), rhythm) for hour in range(hours)))


def _weight(at: datetime, rhythm: Rhythm) -> float:
    share = _WEEKEND_SHARE if at.weekday() >= 5 and rhythm == "people" else 1.0
    return max(_HARDLY_EVER, share * _BY_HOUR[rhythm][at.hour])


def _played(scene: Scene, at: datetime, random: Random) -> Iterator[tuple[datetime, str, str, str]]:
    """Yield when each message of a scene came, from whom, to which number, and its text."""
    phone, slots = _sender(scene, random), Slots(random, at)
    for text in scene.texts:
        yield at, phone, scene.to_phone, text.format_map(slots)
        at += timedelta(seconds=random.randint(40, 600))


def _message(
    number: int, at: datetime, phone: str, to_phone: str, text: str, random: Random
) -> IncomingMessage:
    held_up = 60 * random.randint(2, 40) if random.random() < _LATE_SHARE else 0
    received = at.replace(microsecond=0)
    sent = received - timedelta(seconds=random.randint(1, 5) + held_up)
    return IncomingMessage(number, received, phone, to_phone, text, sent)


def _sender(scene: Scene, random: Random) -> str:
    """Return who plays a scene: one of the regulars, a stranger, or the name it gives."""
    kind = scene.sender
    if kind not in _REGULARS:
        return kind
    if random.random() < _REGULAR_SHARE[kind]:
        return random.choice(_regulars(kind))
    return _number(kind, random)


@cache
def _regulars(kind: str) -> tuple[str, ...]:
    """Return the numbers of those who write again and again: the same in every demo."""
    random = Random(kind)  # noqa: S311 - made-up numbers
    return tuple(_number(kind, random) for _ in range(_REGULARS[kind]))


def _number(kind: str, random: Random) -> str:
    return british_mobile(random) if kind == "guest" else russian_mobile(random)
