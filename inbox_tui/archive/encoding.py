"""How texts, lists of numbers and an account are put into SQL."""

from __future__ import annotations

from collections.abc import Iterable


def encode_text(text: str) -> str | bytes:
    """Return a text as SQLite can hold it: as it is, or a blob where it has lone surrogates."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")
    return text


def decode_text(stored: str | bytes) -> str:
    """Return the text that was encoded."""
    return stored if isinstance(stored, str) else stored.decode("utf-8", "surrogatepass")


def of_account(account_id: int | None) -> str:
    """Return the condition that something is of this account; None is any."""
    return "1" if account_id is None else f"account_id = {account_id}"


def json_numbers(numbers: Iterable[int]) -> str:
    """Return whole numbers as `json_each` reads them."""
    return f"[{','.join(map(str, numbers))}]"
