"""Formatting of times, numbers and names, shared by list, message view and bars."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Final

from inbox_tui.archive import from_server_seconds, server_seconds, service_day
from inbox_tui.commands import CommandKeys
from inbox_tui.locale import _, mark, plural
from inbox_tui.text import (
    format_phone,
    name_finder,
    needs_metadata,
    sanitize,
    strip_separators,
)
from inbox_tui.text.dates import in_zone

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import tzinfo

_EPOCH: Final = date(1970, 1, 1).toordinal()
_LONG_WEEKDAYS: Final = mark("Monday Tuesday Wednesday Thursday Friday Saturday Sunday")
_WEEKDAYS: Final = mark("Mon Tue Wed Thu Fri Sat Sun")
_LONG_MONTHS: Final = mark(
    "January February March April May June July August September October November December"
)
_MONTHS: Final = mark("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec")
ALL_NUMBERS: Final = mark("all numbers")
"""Shown in place of a receiving number if messages to all numbers are shown."""


def capital(words: str) -> str:
    """Return the words with their first letter in upper case."""
    return words[:1].upper() + words[1:]


def grouped(number: int) -> str:
    """Return a count with its thousands separated by no-break spaces: `10 482`."""
    return f"{number:,}".replace(",", "\N{NO-BREAK SPACE}")


def not_shown(characters: int, key: str) -> str:
    """Return the hint that characters of a text are not shown, and which key copies it whole."""
    return plural(
        "{count} more character is not shown: {key} copies all",
        "{count} more characters are not shown: {key} copies all",
        characters,
        count=grouped(characters),
        key=key,
    )


def spaced_code(code: str) -> str:
    """Return a one-time code grouped the way people read it out: `481 516`, `4821 7735`."""
    if not code.isdigit():
        return code
    size = {6: 3, 8: 4, 9: 3}.get(len(code), len(code))
    return " ".join(code[start : start + size] for start in range(0, len(code), size))


def _of(names: str, place: int) -> str:
    """Return one name of weekdays or months, which are translated together as one string."""
    return _(names).split()[place]


def _day_month(day: date) -> str:
    return f"{day.day} {_of(_MONTHS, day.month - 1)}"


class Presentation:
    """Formats the data of messages for display.

    Times are given as server seconds: whole seconds since 1970-01-01 00:00:00 on the service's own
    clock. Every string returned is sanitized.
    """

    def __init__(
        self,
        *,
        server_zone: tzinfo,
        local_zone: tzinfo,
        names: Mapping[str, str],
        clock: Callable[[], datetime],
        keys: CommandKeys | None = None,
    ) -> None:
        """Create a presentation.

        Args:
            server_zone: The time zone of the service's clock.
            local_zone: The reader's time zone.
            names: The names by phone number or sender, as `parse_sender` returns them.
            clock: Returns the current time, with a time zone.
            keys: The keys of commands in force; None for the default keys.

        """
        self.keys = keys or CommandKeys()
        """The keys of commands in force, for texts that mention them."""
        self.server_zone = server_zone
        """The time zone of the service's clock."""
        self.local_zone = local_zone
        """The reader's time zone."""
        self.numbers_wait = False
        """Whether numbers that need phone metadata are shown unformatted until it is loaded."""
        self.accounts: Mapping[int, str] = {}
        """The names of accounts by id, if messages of several accounts are shown; else empty."""
        self._clock = clock
        self.set_names(names)

    def set_names(self, names: Mapping[str, str]) -> None:
        """Use these names from now on, by phone number or sender as `parse_sender` returns them."""
        self._names = {phone: sanitize(name) for phone, name in names.items()}
        self._name_of = name_finder(self._names)

    def received_at(self, server_seconds: int) -> datetime:
        """Return the time in the reader's zone, or in the server's if `datetime` can't hold it."""
        shown = from_server_seconds(server_seconds).replace(tzinfo=self.server_zone)
        return in_zone(shown, self.local_zone)

    def today(self) -> date:
        """Return the current date in the reader's zone."""
        return self._clock().astimezone(self.local_zone).date()

    def long_time(self, server_seconds: int) -> str:
        """Return the day and the time to the second."""
        moment = self.received_at(server_seconds)
        weekday = _of(_WEEKDAYS, moment.weekday())
        name = self._near(moment.date()) or f"{weekday} {_day_month(moment)} {moment.year:04}"
        return f"{name} {moment:%H:%M:%S}"

    def _near(self, day: date) -> str | None:
        """Return the name of today or yesterday, or None for any other day."""
        return {0: _("today"), 1: _("yesterday")}.get((self.today() - day).days)

    def message_time(self, server_seconds: int) -> str:
        """Return the time to the minute, with the day if it is not today."""
        moment = self.received_at(server_seconds)
        today = self.today()
        if moment.date() == today:
            return f"{moment:%H:%M}"
        year = "" if moment.year == today.year else f"{moment.year:04} "
        return f"{_day_month(moment)} {year}{moment:%H:%M}"

    def clock_time(self, server_seconds: int) -> str:
        """Return the time of day to the minute."""
        return f"{self.received_at(server_seconds):%H:%M}"

    def gap_time(self, server_seconds: int) -> str:
        """Return the day and the time to the minute, for the start or end of a gap."""
        moment = self.received_at(server_seconds)
        return f"{_day_month(moment)} {moment:%H:%M}"

    def day_start(self, day: int) -> int:
        """Return the server seconds at which a day begins in the reader's zone.

        Args:
            day: Days since 1970-01-01.

        """
        if self.local_zone is self.server_zone:
            return service_day(day)
        try:
            midnight = from_server_seconds(service_day(day)).replace(tzinfo=self.local_zone)
            return server_seconds(midnight, self.server_zone)
        except OverflowError:  # at the ends of the calendar
            return service_day(day)

    def day_names(self, day: int) -> tuple[str, ...]:
        """Return the names of a day in the reader's zone, longest first: `Thursday 26 November`.

        Args:
            day: Days since 1970-01-01.

        """
        ordinal = _EPOCH + day
        then = date.fromordinal(min(max(ordinal, 1), date.max.toordinal()))
        if then == date.max:  # the day of messages whose date does not exist
            return (_("no valid date"),)
        if name := self._near(then):
            return (name,)
        year = "" if then.year == self.today().year else f" {then.year:04}"
        return tuple(
            _("{weekday} {day} {month}").format(
                weekday=_of(weekdays, then.weekday()),
                day=then.day,
                month=_of(months, then.month - 1),
            )
            + year
            for weekdays, months in ((_LONG_WEEKDAYS, _LONG_MONTHS), (_WEEKDAYS, _MONTHS))
        )

    def who(self, phone: str) -> str:
        """Return the name given to the number, or else the number."""
        return self._name_of(phone) or self.number(phone)

    def numbers_named(self, part: str) -> list[str]:
        """Return all spellings, by the service, of the numbers whose name contains this.

        Args:
            part: Part of a name, as `strip_separators` returns it.

        """
        named = [phone for phone, name in self._names.items() if part in strip_separators(name)]
        return [spelling for phone in named for spelling in (phone, f"+{phone}", f"8{phone[1:]}")]

    def short_number(self, phone: str, digits: int) -> str:
        """Return the name given to the number, or else its last `digits` digits."""
        return self._name_of(phone) or sanitize(phone)[-digits:]

    def account(self, account_id: int) -> str:
        """Return the name of the account, or an empty string if only one account is shown."""
        return sanitize(self.accounts.get(account_id, ""))

    def number(self, phone: str) -> str:
        """Return the number in international form, or unchanged if it is not a phone number."""
        if self.numbers_wait and needs_metadata(phone):
            return f"+{phone.removeprefix('+')}"
        return sanitize(format_phone(phone))
