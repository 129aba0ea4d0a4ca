"""The scenes that the demo plays, each of one message or several; `scenes.toml` has the texts."""

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
"""The receiving numbers; the last is of the range set aside for fiction in the United Kingdom."""

_NUMBERS: Final = {
    "shop": SHOP,
    "codes": CODES,
    "clinic": CLINIC,
    "couriers": COURIERS,
    "abroad": ABROAD,
}
"""What they are called in `scenes.toml`."""

Rhythm = Literal["people", "machines", "night"]


class Scene(NamedTuple):
    """Messages that one sender writes to one number, within minutes of each other."""

    to_phone: str
    sender: str
    """A kind of person (`customer`, `patient`, `courier`, `guest`), or a name as it is shown."""
    texts: tuple[str, ...]
    weekly: int = 1
    """How often it is played in a week."""
    rhythm: Rhythm = "people"
    """When it is played: as people write, as machines do, or at night."""


def _read() -> Iterator[Scene]:
    written = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    for name, groups in written.items():
        for group in groups:
            for texts in group.pop("texts"):
                several = (texts,) if isinstance(texts, str) else tuple(texts)
                yield Scene(_NUMBERS[name], texts=several, **group)


SCENES: Final = tuple(_read())
"""All scenes; their order is part of what a seed stands for."""

LATEST: Final[tuple[tuple[int, Scene], ...]] = (
    (
        2,
        Scene(CODES, "ZARYABANK", ("Код: {code4}. Вход в интернет-банк. Никому его не говорите!",)),
    ),
    (6, Scene(SHOP, "customer", ("Добрый день! Заказ {order} можно забрать завтра утром?",))),
    (11, Scene(ABROAD, "guest", ("Hi! We land early. Could we drop our bags off before noon?",))),
    (19, Scene(COURIERS, "courier", ("Буду через {few} минут",))),
)
"""What came in last, and how many minutes ago: an inbox is never opened on an empty hour."""
