"""Dates and times are parsed as people type them."""

from __future__ import annotations

import sys
from datetime import date, datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox_tui.text.dates import in_zone, parse_date

MOSCOW = ZoneInfo("Europe/Moscow")
NOW = datetime(2026, 11, 27, 10, 0, tzinfo=MOSCOW)
"""A Friday."""
WORDS = st.sampled_from(
    [*("20.11", "2026-11-20", "mon", "вчера", "today", "20", "ноя", "29.02", "14:30", "at", "в")]
)


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("20.11", date(2026, 11, 20)),
        ("20.12", date(2025, 12, 20)),
        ("20.11.2025", date(2025, 11, 20)),
        ("1.2.25", date(2025, 2, 1)),
        ("29.02", date(2024, 2, 29)),
        ("2026-11-20", date(2026, 11, 20)),
        ("2027-01-02", date(2027, 1, 2)),
        ("today", date(2026, 11, 27)),
        ("Yesterday", date(2026, 11, 26)),
        ("позавчера", date(2026, 11, 25)),
        ("mon", date(2026, 11, 23)),
        ("fri", date(2026, 11, 27)),
        ("saturday", date(2026, 11, 21)),
        ("ПН", date(2026, 11, 23)),
        ("среду", date(2026, 11, 25)),
        ("20 ноября", date(2026, 11, 20)),
        ("5 мая 2025", date(2025, 5, 5)),
        ("nov 20", date(2026, 11, 20)),
        ("20  Sept", date(2026, 9, 20)),
    ],
)
def test_a_date_covers_its_day_from_midnight_to_midnight(written: str, day: date) -> None:
    found = parse_date(written, NOW)
    assert found is not None
    assert (found.start, found.end) == (
        datetime(day.year, day.month, day.day, tzinfo=MOSCOW),
        datetime(day.year, day.month, day.day, tzinfo=MOSCOW) + timedelta(days=1),
    )


@pytest.mark.parametrize(
    ("written", "start", "seconds"),
    [
        ("20.11 14:30", "2026-11-20T14:30:00", 60),
        ("2026-11-20T14:30:05", "2026-11-20T14:30:05", 1),
        ("вчера в 9:05", "2026-11-26T09:05:00", 60),
        ("mon at 00:00", "2026-11-23T00:00:00", 60),
        ("9:30", "2026-11-27T09:30:00", 60),
        ("10:00", "2026-11-27T10:00:00", 60),
        ("14:30", "2026-11-26T14:30:00", 60),
        ("today 14:30", "2026-11-27T14:30:00", 60),
    ],
)
def test_a_date_with_a_time_covers_a_minute_or_a_second(
    written: str, start: str, seconds: int
) -> None:
    found = parse_date(written, NOW)
    assert found is not None
    assert found.start.replace(tzinfo=None).isoformat() == start
    assert found.end - found.start == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "written",
    [
        *("", " ", "20", "31.11", "0.11", "20.13", "20/11", "11-20", "2026-02-30", "20.11.202"),
        *("20.11.0001", "9999-01-01", "ma", "nov", "j 5", "25:00", "20.11 24:00", "20.11 9:5"),
        *("٢٠.١١", "20.11 x", "soon", "20.11\0"),
    ],
)
def test_invalid_dates_are_rejected(written: str) -> None:
    assert parse_date(written, NOW) is None


DAYS = st.dates(date(1971, 1, 1), date(9000, 1, 1))
MOMENTS = st.builds(partial(datetime.combine, tzinfo=MOSCOW), DAYS, st.times())


@given(MOMENTS, DAYS)
def test_a_date_without_a_year_is_the_latest_up_to_today(now: datetime, day: date) -> None:
    found = parse_date(f"{day.day}.{day.month}", now)
    if found is None:
        assert now.year < 1980  # 29 February before the first leap year that is accepted
        return
    start = found.start.date()
    assert (start.day, start.month) == (day.day, day.month)
    assert start <= now.date() < start + timedelta(days=366 * 8)


@given(MOMENTS, st.times())
def test_a_time_alone_is_the_latest_up_to_now(now: datetime, at: time) -> None:
    found = parse_date(f"{at:%H:%M:%S}", now)
    assert found is not None
    assert found.start.time() == at.replace(microsecond=0)
    assert found.start <= now < found.start + timedelta(days=1)


@given(MOMENTS)
def test_a_date_with_a_time_is_read_in_every_format(moment: datetime) -> None:
    for form in ("%Y-%m-%dT%H:%M:%S", "%d.%m.%Y %H:%M:%S", "%d %b %Y %H:%M:%S"):
        found = parse_date(moment.strftime(form), NOW)
        assert found is not None
        assert found.start == moment.replace(microsecond=0)


@given(st.text() | st.lists(WORDS).map(" ".join), MOMENTS)
def test_any_text_is_parsed_as_a_date_or_rejected(written: str, now: datetime) -> None:
    found = parse_date(written, now)
    assert found is None or found.start < found.end


@given(st.datetimes(timezones=st.timezones()), st.none() | st.timezones())
def test_every_moment_can_be_shown_in_every_time_zone(
    moment: datetime, zone: ZoneInfo | None
) -> None:
    shown = in_zone(moment, zone)
    assert abs(shown.replace(tzinfo=None) - moment.replace(tzinfo=None)) < timedelta(days=3)
    first, last = (1971, 2999) if sys.platform == "win32" and zone is None else (2, 9998)
    if date(first, 1, 1) < moment.date() < date(last, 1, 1):  # years that the system supports
        assert shown == moment.astimezone(zone)


@pytest.mark.parametrize(
    ("edge", "zone", "other"),
    [
        ("0001-01-01", "Pacific/Kiritimati", "America/Los_Angeles"),
        ("9999-12-31T23:59:59", "America/Los_Angeles", "Pacific/Kiritimati"),
    ],
)
def test_dates_at_the_limits_of_the_calendar_keep_their_time_zone(
    edge: str, zone: str, other: str
) -> None:
    moment = datetime.fromisoformat(edge).replace(tzinfo=ZoneInfo(zone))
    assert in_zone(moment, ZoneInfo(other)) == moment
