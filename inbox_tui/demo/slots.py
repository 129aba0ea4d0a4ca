"""The names, numbers, times and places in the demo's messages."""

from __future__ import annotations

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
    """What the slots of one scene stand for; each is made up when it is first asked for.

    `at` is when the scene is played. Raises KeyError for a slot there is no such thing for.
    """

    def __init__(self, random: Random, at: datetime) -> None:
        super().__init__()
        self._random = random
        self._at = at

    def __missing__(self, name: str) -> str:
        self[name] = value = self._made_up(name)
        return value

    def _made_up(self, name: str) -> str:
        """Return a value for the slot of this name."""
        random = self._random
        match name:
            case "code4" | "code5" | "code6":
                return self._digits(int(name[-1]))
            case "code6_split":
                return f"{self['code6'][:3]} {self['code6'][3:]}"
            case "letters":
                return f"{self._of(_CODE_LETTERS, 3)}-{self._of(_CODE_LETTERS, 3)}"
            case "token":
                return self._of(_LINK_LETTERS, 6)
            case "order" | "other_order":
                return str(random.randint(5100, 5999))
            case "invoice":
                return f"{random.randint(100, 999)}-{random.randint(10, 99)}"
            case "contract":
                return self._digits(7)
            case "track":
                return f"RU{self._digits(6)}"
            case "pallet":
                return f"P-{random.randint(100, 480)}"
            case "card":
                return random.choice(_CARDS)
            case "sum":
                return _grouped(random.randint(90, 2400) * 10)
            case "small":
                return str(random.randint(140, 980))
            case "balance":
                return _grouped(random.randint(3_000, 140_000))
            case "pounds":
                return f"{random.randint(12, 380)}.{random.choice(('00', '50', '99'))}"
            case "points":
                return str(random.randint(5, 60) * 10)
            case "percent":
                return str(random.randint(81, 94))
            case "gigabytes":
                return f"{random.randint(42, 51)}.{random.randint(0, 9)}"
            case "minutes":
                return str(random.randint(28, 54))
            case "few":
                return random.choice(("5", "7", "10", "15", "20"))
            case "boxes":
                return str(random.randint(5, 20))
            case "temperature":
                return f"37,{random.randint(2, 9)}"
            case "small_number":
                return str(random.randint(1, 6))
            case "flat":
                return str(random.randint(7, 180))
            case "room":
                return str(random.randint(101, 318))
            case "address":
                return f"{random.choice(_STREETS)}, {random.randint(2, 96)}"
            case "street_abroad":
                return random.choice(_STREETS_ABROAD)
            case "plate":
                letters = self._of(_PLATE_LETTERS, 3)
                return f"{letters[0]}{random.randint(101, 998)}{letters[1:]}"
            case "phone":
                return spoken(russian_mobile(random))
            case "product":
                return random.choice(_PRODUCTS)
            case "other_product":
                return random.choice([one for one in _PRODUCTS if one != self["product"]])
            case "thing":
                return random.choice(_THINGS)
            case "promo":
                return random.choice(_PROMO_CODES)
            case "mail":
                return f"{random.choice(_MAILBOXES)}@example.com"
            case "she":
                return random.choice(_SHE)
            case "he":
                return random.choice(_HE)
            case "he_from":
                return random.choice(_HE_FROM)
            case "surname":
                return random.choice(_SURNAMES)
            case "surname_he":
                return random.choice(_SURNAMES).removesuffix("а")
            case "initial":
                return random.choice(_INITIALS)
            case "guest_name":
                return random.choice(_GUESTS)
            case _:
                return self._time(name)

    def _time(self, name: str) -> str:
        """Return a time or a date for the slot of this name."""
        random = self._random
        match name:
            case "time":
                return f"{random.randint(9, 16)}:{random.choice(('00', '15', '30', '45'))}"
            case "later":
                return f"{random.randint(17, 19)}:{random.choice(('00', '30'))}"
            case "evening":
                return f"{min(22, max(17, self._at.hour + random.randint(1, 3)))}:00"
            case "slot":
                begin = random.randint(9, 18)
                return f"{begin}:00–{begin + 3}:00"
            case "clock":
                return self._at.strftime("%H:%M")
            case "today":
                return self._at.strftime("%d.%m")
            case "date":
                return self._day(random.randint(2, 6)).strftime("%d.%m")
            case "past_date":
                return self._day(-random.randint(2, 5)).strftime("%d.%m")
            case "on_day":
                return _ON_DAYS[self._day(random.randint(1, 5)).weekday()]
            case "weekday":
                return _WEEKDAYS[self._day(random.randint(1, 5)).weekday()]
            case _:
                raise KeyError(name)

    def _day(self, days: int) -> datetime:
        return self._at + timedelta(days=days)

    def _digits(self, count: int) -> str:
        return self._of("0123456789", count)

    def _of(self, letters: str, count: int) -> str:
        return "".join(self._random.choice(letters) for _ in range(count))


def russian_mobile(random: Random) -> str:
    """Return a made-up number as the service writes it."""
    return f"7999{random.randint(0, 9_999_999):07}"


def british_mobile(random: Random) -> str:
    """Return a number of the range that is set aside for fiction."""
    return f"447700900{random.randint(0, 999):03}"


def spoken(number: str) -> str:
    """Return a Russian number as a person would write it."""
    return f"8 {number[1:4]} {number[4:7]}-{number[7:9]}-{number[9:]}"


def _grouped(amount: int) -> str:
    return f"{amount:,}".replace(",", " ")
