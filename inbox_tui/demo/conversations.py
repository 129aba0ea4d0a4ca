"""The demo's messages: those of the past week, and new ones that arrive live."""

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
"""The largest gap between two ids, since other customers' messages take ids in between."""
_HOURS_A_WEEK: Final = 168
_REGULARS: Final = {"customer": 14, "patient": 12, "courier": 4, "guest": 7}
"""The number of regular senders of each kind."""
_REGULAR_SHARE: Final = {"customer": 0.6, "patient": 0.6, "courier": 1.0, "guest": 0.7}
"""The share of scenes of each kind that a regular sender plays."""
_BY_HOUR: Final[dict[Rhythm, tuple[int, ...]]] = {
    "people": (1, 0, 0, 0, 0, 0, 1, 3, 6, 10, 13, 13, 12, 10, 11, 12, 12, 11, 11, 10, 8, 6, 4, 2),
    "machines": (3, 2, 1, 1, 1, 2, 3, 6, 8, 9, 10, 10, 10, 9, 9, 9, 10, 11, 12, 12, 10, 9, 7, 5),
    "night": (0, 2, 6, 8, 4, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
}
"""The relative number of scenes in each hour of the day."""
_WEEKEND_SHARE: Final = 0.6
"""The factor for scenes of people on Saturday and Sunday."""
_HARDLY_EVER: Final = 0.01
"""The smallest weight of an hour."""
_LATE_SHARE: Final = 0.03
"""The share of messages that were delivered late."""


class Arrival(NamedTuple):
    """A message that arrives live."""

    pause: float
    """Seconds since the previous message."""
    phone: str
    to_phone: str
    message: str


def history(now: datetime, random: Random, hours: int = 168) -> list[IncomingMessage]:
    """Return the messages of the `hours` before `now`, oldest first, with increasing ids.

    `hours` is at most 168, a week. `now` is a naive time of the service's clock. The same `now`,
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
    """Yield live messages, seconds apart, without end.

    `clock` returns the service's time, for the dates in the texts.
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
    """Yield the scenes of one week after another, without those of the night, without end."""
    while True:
        yield from (scene for scene in _week(random) if scene.rhythm != "night")


def _week(random: Random) -> list[Scene]:
    """Return the scenes of a week in random order, each as often as it is played."""
    scenes = [scene for scene in SCENES for _ in range(scene.weekly)]
    random.shuffle(scenes)
    return scenes


def _weights(begin: datetime, hours: int, rhythm: Rhythm) -> list[float]:
    """Return the cumulative weights of the hours of a period."""
    return list(accumulate(_weight(begin + timedelta(hours=hour), rhythm) for hour in range(hours)))


def _weight(at: datetime, rhythm: Rhythm) -> float:
    share = _WEEKEND_SHARE if at.weekday() >= 5 and rhythm == "people" else 1.0
    return max(_HARDLY_EVER, share * _BY_HOUR[rhythm][at.hour])


def _played(scene: Scene, at: datetime, random: Random) -> Iterator[tuple[datetime, str, str, str]]:
    """Yield the time, sender, receiving number and text of each message of a scene."""
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
    """Return the sender of a scene: a regular, a new number, or the name that the scene gives."""
    kind = scene.sender
    if kind not in _REGULARS:
        return kind
    if random.random() < _REGULAR_SHARE[kind]:
        return random.choice(_regulars(kind))
    return _number(kind, random)


@cache
def _regulars(kind: str) -> tuple[str, ...]:
    """Return the numbers of the regular senders of a kind, the same in every demo."""
    random = Random(kind)  # noqa: S311 - made-up numbers
    return tuple(_number(kind, random) for _ in range(_REGULARS[kind]))


def _number(kind: str, random: Random) -> str:
    return british_mobile(random) if kind == "guest" else russian_mobile(random)
