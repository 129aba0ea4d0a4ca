"""Parsing days and times as people type them (`20.11 14:30`, `yesterday`, `пн`)."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Final, NamedTuple

from inbox_tui.text.search import fold_text

_FIRST_YEAR, _LAST_YEAR = 1970, 9998
_LEAP_YEARS_APART: Final = 8
_SHORTEST_NAME: Final = 3

_TIME: Final = re.compile(r"(?:^|[t ])(?:(?:at|в) )?([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?$")
_ISO: Final = re.compile("([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})")
_NUMERIC: Final = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})(?:\.([0-9]{4}|[0-9]{2})?)?")
_DAY_FIRST: Final = re.compile(r"([0-9]{1,2}) ([^\W\d_]+)\.?(?: ([0-9]{4}))?")
_MONTH_FIRST: Final = re.compile(r"([^\W\d_]+)\.? ([0-9]{1,2})(?:,? ([0-9]{4}))?")

_DAYS_AGO: Final = {
    "today": 0,
    "yesterday": 1,
    "сегодня": 0,
    "вчера": 1,
    "позавчера": 2,
}
_WEEKDAYS: Final = (
    ("monday", "пн", "понедельник"),
    ("tuesday", "вт", "вторник"),
    ("wednesday", "ср", "среда", "среду"),
    ("thursday", "чт", "четверг"),
    ("friday", "пт", "пятница", "пятницу"),
    ("saturday", "сб", "суббота", "субботу"),
    ("sunday", "вс", "воскресенье"),
)
_MONTHS: Final = (
    ("january", "январь", "января"),
    ("february", "февраль", "февраля"),
    ("march", "март", "марта"),
    ("april", "апрель", "апреля"),
    ("may", "май", "мая"),
    ("june", "июнь", "июня"),
    ("july", "июль", "июля"),
    ("august", "август", "августа"),
    ("september", "сентябрь", "сентября"),
    ("october", "октябрь", "октября"),
    ("november", "ноябрь", "ноября"),
    ("december", "декабрь", "декабря"),
)


def in_zone(moment: datetime, zone: tzinfo | None = None) -> datetime:
    """Return a moment in a time zone, by default the system's; never fails.

    A moment that would fall outside the range of `datetime` there is returned unchanged.
    """
    try:
        return moment.astimezone(zone)
    except (OverflowError, ValueError, OSError):
        return moment


class DateRange(NamedTuple):
    """A day, or a minute or second of it, in the reader's time zone."""

    start: datetime
    """Its first moment."""
    end: datetime
    """The first moment after it."""


def parse_date(written: str, now: datetime) -> DateRange | None:
    """Return the day that was written, or the minute or second if a time is given.

    Accepts `20.11`, `20.11.2025`, `20.11.25`, `2025-11-20`, `20 nov 2025`, `nov 20`, `20 ноября`,
    `today`, `вчера`, `mon`, `пятница`, with or without a time such as `14:30` or `14:30:05`, and a
    time alone. Months and weekdays may be shortened to three letters or more. A time alone means
    the latest up to now; a weekday or a date without a year means the latest up to today. Returns
    None for anything else.

    Args:
        written: In upper or lower case, in English or Russian.
        now: The current time in the reader's zone, which is also the zone of the result.

    """
    text = " ".join(fold_text(written).split())
    hour = minute = second = None
    if at := _TIME.search(text):
        hour, minute, second = (None if part is None else int(part) for part in at.groups())
        text = text[: at.start()]
    day = _day(text, now.date()) if text else now.date() if hour is not None else None
    if day is None:
        return None
    if hour is None or minute is None:
        start = datetime.combine(day, time(), now.tzinfo)
        return DateRange(start, start + timedelta(days=1))
    try:
        start = datetime.combine(day, time(hour, minute, second or 0), now.tzinfo)
    except ValueError:
        return None
    if not text and start > now:
        start -= timedelta(days=1)
    length = timedelta(minutes=1) if second is None else timedelta(seconds=1)
    return DateRange(start, start + length)


def _day(text: str, today: date) -> date | None:
    if (ago := _DAYS_AGO.get(text)) is not None:
        return today - timedelta(days=ago)
    if (weekday := _place(text, _WEEKDAYS)) is not None:
        return today - timedelta(days=(today.weekday() - weekday) % 7)
    year: str | None
    if iso := _ISO.fullmatch(text):
        year, month, day = iso[1], int(iso[2]), int(iso[3])
    elif numeric := _NUMERIC.fullmatch(text):
        year, month, day = numeric[3], int(numeric[2]), int(numeric[1])
    else:
        if named := _DAY_FIRST.fullmatch(text):
            day_of_month, name, year = named.groups()
        elif named := _MONTH_FIRST.fullmatch(text):
            name, day_of_month, year = named.groups()
        else:
            return None
        place = _place(name, _MONTHS)
        if place is None:
            return None
        month, day = place + 1, int(day_of_month)
    if year is None:
        return _latest(month, day, today)
    return _date(int(year) + 2000 * (len(year) == 2), month, day)


def _latest(month: int, day: int, today: date) -> date | None:
    """Return the latest date up to today with this month and day."""
    for year in range(today.year, today.year - _LEAP_YEARS_APART - 1, -1):
        found = _date(year, month, day)
        if found is not None and found <= today:
            return found
    return None


def _date(year: int, month: int, day: int) -> date | None:
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _place(word: str, table: tuple[tuple[str, ...], ...]) -> int | None:
    """Return the index of the row with this word, or of the only one with a word that begins so."""
    for place, names in enumerate(table):
        if word in names:
            return place
    if len(word) < _SHORTEST_NAME:
        return None
    found = [
        place
        for place, names in enumerate(table)
        if any(fold_text(name).startswith(word) for name in names)
    ]
    return found[0] if len(found) == 1 else None
