"""Finding the links in a message, and the hosts they lead to."""

from __future__ import annotations

import re
import unicodedata
from typing import Final, NamedTuple
from urllib.parse import urlsplit

LINKS_WITHIN: Final = 20_000
"""The number of characters of a text that are searched for links."""
_LONGEST: Final = 2048
_HOST_LONGEST: Final = 253
_LABEL_LONGEST: Final = 63

# Ends at a space, a quote, a backslash (which browsers treat as a slash) or anything invisible.
_LINK: Final = (
    r"(?<![^\W_])[Hh][Tt][Tt][Pp][Ss]?://"
    r"""(?P<rest>[^\s\x00-\x20\x7f-\xa0\xad"'`<>{}|\\^«»„“”‘’‹›\u034f\u061c\u115f\u1160\u17b4\u17b5"""
    r"\u180b-\u180f\u200b-\u200f\u2028-\u202f\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff"
    r"\ud800-\udfff\U000e0000-\U000e0fff]+)"
)
_IPV6_LITERAL: Final = re.compile(r"\[[0-9A-Fa-f:][^]]*\](?::[0-9]*)?")
_ASCII_LABEL: Final = re.compile(r"[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?")
_DOTS: Final = "[.\u3002\uff0e\uff61]"
_TRAILING: Final = ".,;:!?…*_~—–-"
_BRACKETS: Final = {")": "(", "]": "["}


class Link(NamedTuple):
    """A link in a text."""

    url: str
    """The address, exactly as it was written."""
    host: str
    """The host it leads to, without login, password and port, decoded from punycode."""
    punycode: str
    """The same host in punycode, or an empty string if it is plain ASCII."""
    start: int
    """Where the address begins in the text."""
    end: int
    """Where it ends."""


def find_links(text: str) -> list[Link]:
    """Return the links of a message that may be opened: those with `http://` or `https://`.

    Links with an invalid host, or with more than 2,048 characters after `://`, are left out. Only
    the first 20,000 characters are searched.
    """
    text = text[:LINKS_WITHIN]
    links: list[Link] = []
    if "://" not in text:
        return links
    for match in re.finditer(_LINK, text):
        rest = _without_punctuation(match["rest"])
        names = _host(rest)
        if names is not None and len(rest) <= _LONGEST:
            end = match.start("rest") + len(rest)
            links.append(Link(text[match.start() : end], *names, match.start(), end))
    return links


def _without_punctuation(rest: str) -> str:
    """Return an address without the punctuation of the sentence around it."""
    open_brackets = {closing: rest.count(opening) for closing, opening in _BRACKETS.items()}
    closed = {closing: rest.count(closing) for closing in _BRACKETS}
    end = len(rest)
    while end:
        last = rest[end - 1]
        if last in _BRACKETS and closed[last] > open_brackets[last]:
            closed[last] -= 1
        elif last not in _TRAILING:
            break
        end -= 1
    return rest[:end]


def _host(rest: str) -> tuple[str, str] | None:
    """Return the host of an address, given from after `://`, for display and in punycode.

    None if it is invalid.
    """
    try:
        parts = urlsplit(f"https://{rest}")
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        return None
    if "[" not in parts.netloc:
        return _names(host)
    is_literal = _IPV6_LITERAL.fullmatch(parts.netloc.rpartition("@")[2])
    return (f"[{host}]", "") if is_literal else None


def _names(name: str) -> tuple[str, str] | None:
    """Return a host name for display and in punycode, or None if it is invalid."""
    if not name or len(name) > _HOST_LONGEST:
        return None
    labels = re.split(_DOTS, unicodedata.normalize("NFKC", name).lower().removesuffix("."))
    pairs = [pair for label in labels if (pair := _label(label)) is not None]
    if len(pairs) < len(labels):
        return None
    read, known = (".".join(parts) for parts in zip(*pairs, strict=True))
    if len(known) > _HOST_LONGEST:
        return None
    return read, "" if read == known else known


def _label(label: str) -> tuple[str, str] | None:
    """Return a label of a host name for display and in punycode, or None if it is invalid."""
    if label.isascii():
        if not _ASCII_LABEL.fullmatch(label) or len(label) > _LABEL_LONGEST:
            return None
        if not label.startswith("xn--"):
            return label, label
        try:
            read = label[4:].encode("ascii").decode("punycode")
        except UnicodeError:
            return None
        return (read, label) if not read.isascii() and _is_word(read) else None
    if not _is_word(label):
        return None
    known = "xn--" + label.encode("punycode").decode("ascii")
    return (label, known) if len(known) <= _LABEL_LONGEST else None


def _is_word(label: str) -> bool:
    """Return whether a label consists of letters, their marks, digits and inner hyphens."""
    return (
        not label.startswith("-")
        and not label.endswith("-")
        and unicodedata.category(label[0])[0] != "M"
        and all(
            character == "-" or unicodedata.category(character)[0] in "LMN" for character in label
        )
    )
