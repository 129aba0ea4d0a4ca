"""Texts, lists of numbers and account conditions as SQL needs them, and numbers read back."""

from __future__ import annotations

from collections.abc import Iterable

_LARGEST = 1e10
"""Any larger number in a stored text is damaged: as seconds, it is over 300 years."""


def encode_text(text: str) -> str | bytes:
    """Return a text as SQLite can store it: unchanged, or as a blob if it has lone surrogates."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")
    return text


def decode_text(stored: str | bytes) -> str:
    """Return the text that `encode_text` has encoded, with U+FFFD in place of damaged bytes."""
    if isinstance(stored, str):
        return stored
    try:
        return stored.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return stored.decode("utf-8", "replace")


def number_in(text: str) -> float | None:
    """Return the number in a stored text, or None if it has none that a count or time can be."""
    try:
        number = float(text)
    except ValueError:
        return None
    return number if abs(number) <= _LARGEST else None


def of_account(account_id: int | None) -> str:
    """Return the SQL condition for rows of this account, or of any account for None."""
    return "1" if account_id is None else f"account_id = {account_id}"


def json_numbers(numbers: Iterable[int]) -> str:
    """Return integers as a JSON list for `json_each`."""
    return f"[{','.join(map(str, numbers))}]"
