"""Text as bytes for the hub: PostgreSQL's text type can't hold everything a sender can write."""

from __future__ import annotations


def to_bytes(text: str) -> bytes:
    """Return text as UTF-8 that may contain lone surrogates."""
    return text.encode("utf-8", "surrogatepass")


def from_bytes(data: bytes) -> str:
    """Return text that `to_bytes` encoded; invalid bytes are replaced."""
    try:
        return data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return data.decode("utf-8", "replace")
