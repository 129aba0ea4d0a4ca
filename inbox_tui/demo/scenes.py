"""The scenes of the demo, each of one or more messages, read from `scenes.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal, NamedTuple

SHOP: Final = "79110000001"
CODES: Final = "79110000002"
CLINIC: Final = "79110000003"
COURIERS: Final = "79110000004"
ABROAD: Final = "447700900123"
"""The receiving numbers; the last is from the UK range reserved for fiction."""

_NUMBERS: Final = {
    "shop": SHOP,
    "codes": CODES,
    "clinic": CLINIC,
    "couriers": COURIERS,
    "abroad": ABROAD,
}
"""The receiving numbers by their names in `scenes.toml`."""

Rhythm = Literal["people", "machines", "night"]


class Scene(NamedTuple):
    """Messages from one sender to one number, minutes apart."""

    to_phone: str
    sender: str
    """A kind of person (`customer`, `patient`, `courier`, `guest`), or the sender's name."""
    texts: tuple[str, ...]
    weekly: int = 1
    """How often it is played in a week."""
    rhythm: Rhythm = "people"
    """The time of day: when people write, when machines do, or at night."""


def _read() -> Iterator[Scene]:
    written = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    for name, groups in written.items():
        for group in groups:
            for texts in group.pop("texts"):
                several = (texts,) if isinstance(texts, str) else tuple(texts)
                yield Scene(_NUMBERS[name], texts=several, **group)


SCENES: Final = tuple(_read())
"""All scenes; a change of their order changes the messages of every seed."""

LATEST: Final[tuple[tuple[int, Scene], ...]] = (
    (
        2,
        Scene(CODES, "ZARYABANK", ("Код: {code4}. Вход в интернет-банк. Никому его не говорите!",)),
    ),
    (6, Scene(SHOP, "customer", ("Добрый день! Заказ {order} можно забрать завтра утром?",))),
    (11, Scene(ABROAD, "guest", ("Hi! We land early. Could we drop our bags off before noon?",))),
    (19, Scene(COURIERS, "courier", ("Буду через {few} минут",))),
)
"""The last scenes before the start, by their age in minutes, so that the last hour has messages."""
