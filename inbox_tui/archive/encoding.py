"""Texts, lists of numbers and account conditions as SQL needs them."""

from __future__ import annotations

from collections.abc import Iterable


def encode_text(text: str) -> str | bytes:
    """Return a text as SQLite can store it: unchanged, or as a blob if it has lone surrogates."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")
    return text


def decode_text(stored: str | bytes) -> str:
    """Return the text that `encode_text` has encoded."""
    return stored if isinstance(stored, str) else stored.decode("utf-8", "surrogatepass")


def of_account(account_id: int | None) -> str:
    """Return the SQL condition for rows of this account, or of any account for None."""
    return "1" if account_id is None else f"account_id = {account_id}"


def json_numbers(numbers: Iterable[int]) -> str:
    """Return integers as a JSON list for `json_each`."""
    return f"[{','.join(map(str, numbers))}]"
