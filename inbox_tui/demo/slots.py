"""Random names, numbers, times and places for the demo's messages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Final

_SHE: Final = ("Анна", "Ольга", "Мария", "Екатерина", "Светлана", "Дарья", "Юлия", "Наталья")
_HE: Final = ("Алексей", "Дмитрий", "Иван", "Павел", "Тимур", "Николай", "Артём", "Михаил")
_HE_FROM: Final = ("Алексея", "Дмитрия", "Ивана", "Павла", "Тимура", "Николая", "Артёма", "Михаила")
_SURNAMES: Final = ("Воронова", "Кузьмина", "Лебедева", "Орлова", "Седова", "Тихонова", "Юдина")
_INITIALS: Final = "АВДЕИКЛМНОПРСТ"
_GUESTS: Final = ("Emma Ward", "Oliver Hale", "Sophie Brook", "Jack Tully", "Amelia Reed")
_STREETS: Final = (
    "ул. Садовая",
    "ул. Лесная",
    "наб. реки Карповки",
    "пр. Энгельса",
    "ул. Маяковского",
    "Большой пр.",
    "ул. Рубинштейна",
    "Светлановский пр.",
)
_STREETS_ABROAD: Final = ("14 Mill Lane", "3 Harbour Street", "27 Station Road", "8 Orchard Close")
_PRODUCTS: Final = (
    "Чайник эмалированный",
    "Лампа настольная",
    "Плед шерстяной",
    "Рюкзак городской",
    "Термос 0,75 л",
    "Кофемолка ручная",
    "Гирлянда 10 м",
    "Сковорода чугунная",
)
_THINGS: Final = ("teapot", "desk lamp", "coffee grinder", "wall clock", "kettle", "photo frame")
_PROMO_CODES: Final = ("OSEN15", "ZIMA10", "HELLO5", "VMESTE20")
_CARDS: Final = ("4417", "0962")
_MAILBOXES: Final = ("anna.v", "dima", "olga77", "pavel.s", "yulia")
_ON_DAYS: Final = (
    "в понедельник",
    "во вторник",
    "в среду",
    "в четверг",
    "в пятницу",
    "в субботу",
    "в воскресенье",
)
_WEEKDAYS: Final = (
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
)
_PLATE_LETTERS: Final = "авекмнорстух"
_CODE_LETTERS: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_LINK_LETTERS: Final = "abcdefghijkmnpqrstuvwxyz23456789"


class Slots(dict[str, str]):
    """The values of a scene's placeholders, each generated when it is first looked up.

    `at` is the time of the scene. Raises KeyError for an unknown placeholder.
    """

    def __init__(self, random: Random, at: datetime) -> None:
        super().__init__()
        self.random = random
        self.at = at

    def __missing__(self, name: str) -> str:
        self[name] = value = _MADE_UP[name](self)
        return value

    def number(self, least: int, most: int) -> int:
        """Return a random integer from `least` to `most`."""
        return self.random.randint(least, most)

    def one_of(self, texts: Sequence[str]) -> str:
        """Return one of these texts at random."""
        return self.random.choice(texts)

    def letters(self, letters: str, count: int) -> str:
        """Return `count` random characters of `letters`, possibly repeated."""
        return "".join(self.random.choice(letters) for _ in range(count))

    def digits(self, count: int) -> str:
        """Return `count` random digits."""
        return self.letters("0123456789", count)

    def day(self, least: int, most: int) -> datetime:
        """Return the time of the scene moved `least` to `most` days forward."""
        return self.at + timedelta(days=self.random.randint(least, most))


def _plate(slots: Slots) -> str:
    letters = slots.letters(_PLATE_LETTERS, 3)
    return f"{letters[0]}{slots.number(101, 998)}{letters[1:]}"


def _slot(slots: Slots) -> str:
    begin = slots.number(9, 18)
    return f"{begin}:00–{begin + 3}:00"


def _evening(slots: Slots) -> str:
    return f"{min(22, max(17, slots.at.hour + slots.number(1, 3)))}:00"


def _other_product(slots: Slots) -> str:
    return slots.one_of([one for one in _PRODUCTS if one != slots["product"]])


_MADE_UP: Final[dict[str, Callable[[Slots], str]]] = {
    "code4": lambda slots: slots.digits(4),
    "code5": lambda slots: slots.digits(5),
    "code6": lambda slots: slots.digits(6),
    "code6_split": lambda slots: f"{slots['code6'][:3]} {slots['code6'][3:]}",
    "letters": lambda slots: f"{slots.letters(_CODE_LETTERS, 3)}-{slots.letters(_CODE_LETTERS, 3)}",
    "token": lambda slots: slots.letters(_LINK_LETTERS, 6),
    "order": lambda slots: str(slots.number(5100, 5999)),
    "other_order": lambda slots: str(slots.number(5100, 5999)),
    "invoice": lambda slots: f"{slots.number(100, 999)}-{slots.number(10, 99)}",
    "contract": lambda slots: slots.digits(7),
    "track": lambda slots: f"RU{slots.digits(6)}",
    "pallet": lambda slots: f"P-{slots.number(100, 480)}",
    "card": lambda slots: slots.one_of(_CARDS),
    "sum": lambda slots: _grouped(slots.number(90, 2400) * 10),
    "small": lambda slots: str(slots.number(140, 980)),
    "balance": lambda slots: _grouped(slots.number(3_000, 140_000)),
    "pounds": lambda slots: f"{slots.number(12, 380)}.{slots.one_of(('00', '50', '99'))}",
    "points": lambda slots: str(slots.number(5, 60) * 10),
    "percent": lambda slots: str(slots.number(81, 94)),
    "gigabytes": lambda slots: f"{slots.number(42, 51)}.{slots.number(0, 9)}",
    "minutes": lambda slots: str(slots.number(28, 54)),
    "few": lambda slots: slots.one_of(("5", "7", "10", "15", "20")),
    "boxes": lambda slots: str(slots.number(5, 20)),
    "temperature": lambda slots: f"37,{slots.number(2, 9)}",
    "small_number": lambda slots: str(slots.number(1, 6)),
    "flat": lambda slots: str(slots.number(7, 180)),
    "room": lambda slots: str(slots.number(101, 318)),
    "address": lambda slots: f"{slots.one_of(_STREETS)}, {slots.number(2, 96)}",
    "street_abroad": lambda slots: slots.one_of(_STREETS_ABROAD),
    "plate": _plate,
    "phone": lambda slots: spoken(russian_mobile(slots.random)),
    "product": lambda slots: slots.one_of(_PRODUCTS),
    "other_product": _other_product,
    "thing": lambda slots: slots.one_of(_THINGS),
    "promo": lambda slots: slots.one_of(_PROMO_CODES),
    "mail": lambda slots: f"{slots.one_of(_MAILBOXES)}@example.com",
    "she": lambda slots: slots.one_of(_SHE),
    "he": lambda slots: slots.one_of(_HE),
    "he_from": lambda slots: slots.one_of(_HE_FROM),
    "surname": lambda slots: slots.one_of(_SURNAMES),
    "surname_he": lambda slots: slots.one_of(_SURNAMES).removesuffix("а"),
    "initial": lambda slots: slots.one_of(_INITIALS),
    "guest_name": lambda slots: slots.one_of(_GUESTS),
    "time": lambda slots: f"{slots.number(9, 16)}:{slots.one_of(('00', '15', '30', '45'))}",
    "later": lambda slots: f"{slots.number(17, 19)}:{slots.one_of(('00', '30'))}",
    "evening": _evening,
    "slot": _slot,
    "clock": lambda slots: slots.at.strftime("%H:%M"),
    "today": lambda slots: slots.at.strftime("%d.%m"),
    "date": lambda slots: slots.day(2, 6).strftime("%d.%m"),
    "past_date": lambda slots: (slots.at - timedelta(days=slots.number(2, 5))).strftime("%d.%m"),
    "on_day": lambda slots: _ON_DAYS[slots.day(1, 5).weekday()],
    "weekday": lambda slots: _WEEKDAYS[slots.day(1, 5).weekday()],
}
"""The functions that generate the values, by placeholder."""


def russian_mobile(random: Random) -> str:
    """Return a random Russian number as the service writes it: digits only."""
    return f"7999{random.randint(0, 9_999_999):07}"


def british_mobile(random: Random) -> str:
    """Return a random number from the UK range reserved for fiction."""
    return f"447700900{random.randint(0, 999):03}"


def spoken(number: str) -> str:
    """Return a Russian number as a person would write it."""
    return f"8 {number[1:4]} {number[4:7]}-{number[7:9]}-{number[9:]}"


def _grouped(amount: int) -> str:
    return f"{amount:,}".replace(",", " ")
