"""How messages are written down: their row numbers, and texts that are not valid Unicode.

A row's number holds its account, its second and a serial number within that second, so that rows
of the search index come out of it newest first:

    account (10 bits) | second (33 bits) | serial (20 bits)

Seconds outside of 1970 to 2242 count as the nearest one within. Rows of the same second are in no
order: who needs one reads their keys.
"""

from __future__ import annotations

from collections.abc import Iterable

SERIAL_BITS = 20
SECOND_BITS = 33
ACCOUNT_BITS = 10
LAST_ACCOUNT = (1 << ACCOUNT_BITS) - 1
LAST_SERIAL = (1 << SERIAL_BITS) - 1
_LAST_SECOND = (1 << SECOND_BITS) - 1
INTEGERS = range(-(2**63), 2**63)
"""What SQLite can hold."""


def first_row(account: int, received: int) -> int:
    """Return the number of the first row of a second (server seconds) of an account."""
    if not 0 <= received <= _LAST_SECOND:
        received = min(max(received, 0), _LAST_SECOND)
    return ((account << SECOND_BITS) + received) << SERIAL_BITS


def last_row(account: int, received: int) -> int:
    """Return the number of the last row that there can be in that second."""
    return first_row(account, received) | LAST_SERIAL


def rows_of(account: int, since: int | None) -> tuple[int, int]:
    """Return the first and the last number of the account's rows of that second or later."""
    first = account << (SECOND_BITS + SERIAL_BITS)
    last = ((account + 1) << (SECOND_BITS + SERIAL_BITS)) - 1
    return first if since is None else first_row(account, since), last


def second_of(row: int) -> int:
    """Return what rows of the same account and second have in common."""
    return row >> SERIAL_BITS


def listed(numbers: Iterable[int]) -> str:
    """Return whole numbers as `json_each` reads them."""
    return f"[{','.join(map(str, numbers))}]"


def packed(text: str) -> str | bytes:
    """Return a text as SQLite can hold it: as it is, or a blob where it has lone surrogates."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")
    return text


def unpacked(stored: str | bytes) -> str:
    """Return the text that was packed."""
    return stored if isinstance(stored, str) else stored.decode("utf-8", "surrogatepass")
