from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.rows import MOSCOW, NOW, presentation, server_seconds

from inbox_tui.archive import to_server_seconds
from inbox_tui.config import parse_settings
from inbox_tui.widgets.presentation import Presentation, grouped, spaced_code


def moscow(*moment: int) -> int:
    return server_seconds(datetime(*moment, tzinfo=MOSCOW))  # type: ignore[misc, arg-type]


@pytest.mark.parametrize(
    ("moment", "told"),
    [
        ((2026, 11, 22, 10, 42, 7), "today 10:42:07"),
        ((2026, 11, 21, 0, 0, 0), "yesterday 00:00:00"),
        ((2026, 11, 20, 9, 5, 1), "Fri 20 Nov 2026 09:05:01"),
        ((2026, 11, 23, 9, 5, 1), "Mon 23 Nov 2026 09:05:01"),
    ],
)
def test_times_in_full_include_the_day_and_the_seconds(moment: tuple[int, ...], told: str) -> None:
    assert presentation().long_time(moscow(*moment)) == told


def test_times_are_shown_in_the_readers_time_zone() -> None:
    reader = presentation(ZoneInfo("Asia/Vladivostok"))
    assert reader.clock_time(moscow(2026, 11, 22, 10, 42)) == "17:42"
    assert reader.long_time(moscow(2026, 11, 21, 18, 0, 0)) == "today 01:00:00"


@given(st.datetimes(), st.timezones(), st.timezones())
def test_every_date_that_the_service_can_send_can_be_shown(
    received: datetime, server_zone: ZoneInfo, local_zone: ZoneInfo
) -> None:
    shown_by = presentation(local_zone, server_zone)
    at = to_server_seconds(received.replace(microsecond=0))
    assert len(shown_by.clock_time(at)) == 5
    assert shown_by.day_names(at // 86400)
    assert shown_by.day_start(at // 86400) < shown_by.day_start(at // 86400 + 2)
    assert shown_by.long_time(at)
    assert shown_by.gap_time(at)


@given(st.integers(86400, 2**32), st.timezones())
def test_days_begin_at_midnight_in_the_readers_time_zone(at: int, local_zone: ZoneInfo) -> None:
    shown_by = presentation(local_zone, ZoneInfo("UTC"))
    day = (shown_by.received_at(at).date() - date(1970, 1, 1)).days
    assert shown_by.day_start(day) <= at < shown_by.day_start(day + 1)


@pytest.mark.parametrize(
    ("day", "names"),
    [
        (date(2026, 11, 22), ("today",)),
        (date(2026, 11, 21), ("yesterday",)),
        (date(2026, 11, 23), ("Monday 23 November", "Mon 23 Nov")),
        (date(2025, 3, 1), ("Saturday 1 March 2025", "Sat 1 Mar 2025")),
        (date.max, ("no valid date",)),
    ],
)
def test_days_are_named_in_a_long_and_a_short_form(day: date, names: tuple[str, ...]) -> None:
    assert presentation().day_names((day - date(1970, 1, 1)).days) == names


@pytest.mark.parametrize(
    "written",
    ["79160001122", "+7 (916) 000-11-22", "8 916 000 11 22", "89160001122", "916 000-11-22"],
)
def test_a_name_is_shown_however_its_number_is_written_in_the_settings(written: str) -> None:
    names = parse_settings(Path("config.toml"), f'[names]\n"{written}" = "Shop"\n').names
    shown_by = Presentation(server_zone=MOSCOW, local_zone=MOSCOW, names=names, clock=lambda: NOW)
    assert shown_by.who("79160001122") == "Shop"
    assert shown_by.number("79160001122") == "+7 916 000-11-22"


@pytest.mark.parametrize(
    ("phone", "shown"), [("79991234567", "+7 999 123-45-67"), ("TINKOFF", "TINKOFF")]
)
def test_a_sender_without_a_name_is_shown_as_a_number_or_as_received(
    phone: str, shown: str
) -> None:
    assert presentation().who(phone) == shown


def test_names_and_senders_are_sanitized() -> None:
    shown_by = presentation(**{"79990000000": "\x1b[31mboss"})
    assert "\x1b" not in shown_by.who("79990000000")
    assert "\x1b" not in shown_by.who("\x1b[31mBANK")


@pytest.mark.parametrize(
    ("number", "written"),
    [(0, "0"), (999, "999"), (10_482, "10\u00a0482"), (1_000_000, "1\u00a0000\u00a0000")],
)
def test_thousands_are_separated_by_no_break_spaces(number: int, written: str) -> None:
    assert grouped(number) == written


@pytest.mark.parametrize(
    ("code", "written"),
    [
        ("7741", "7741"),
        ("48151", "48151"),
        ("481516", "481 516"),
        ("48217735", "4821 7735"),
        ("481516234", "481 516 234"),
        ("AB12CD", "AB12CD"),
    ],
)
def test_long_numeric_codes_are_shown_in_groups_of_digits(code: str, written: str) -> None:
    assert spaced_code(code) == written
