"""Text as the hub keeps it: bytes, for PostgreSQL's own texts can't hold all that a sender can."""

from __future__ import annotations


def to_bytes(text: str) -> bytes:
    """Return text as UTF-8 in which half a character may stand."""
    return text.encode("utf-8", "surrogatepass")


def from_bytes(data: bytes) -> str:
    """Return text that `to_bytes` wrote; whatever else stands there is replaced."""
    try:
        return data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return data.decode("utf-8", "replace")
