"""What comes from a terminal, as Textual's messages: keys, the mouse, focus, and pasted text."""

from __future__ import annotations

from codecs import getincrementaldecoder
from collections.abc import Iterator
from typing import Final

from textual import events
from textual._xterm_parser import XTermParser
from textual.constants import ESCAPE_DELAY
from textual.message import Message

PASTE_LIMIT: Final = 5_000
"""Characters of a paste that are kept."""
PASTE_SECONDS: Final = 0.05
"""Silence after which a paste is over that has an end mark and no other control sequence."""
UNCLEAR_PASTE_SECONDS: Final = 0.5
"""Silence after which any other paste is over."""
_BUFFER_LIMIT: Final = 100_000
_LONGEST_KEY: Final = 64
"""Characters that one key sends, at most; what comes at once and is longer was not typed."""
_START: Final = "\x1b[200~"
_END: Final = "\x1b[201~"


class InputParser:
    """Parses the bytes that a terminal sends.

    The owner calls `feed` with what was read, and `tick` after `timeout` seconds without input.
    Bytes that are not UTF-8 become U+FFFD.

    A paste is what stands between the two marks of bracketed paste, whatever is in it. Some
    terminals (tmux) pass on an end mark that is part of the pasted text, so the last one before a
    silence counts. A paste that is never ended is over after a silence too.
    """

    def __init__(self) -> None:
        self._decoder = getincrementaldecoder("utf-8")("replace")
        self._parser = XTermParser()
        self._recent = ""  # the last characters parsed: a start mark may be split between reads
        self._paste: str | None = None
        self._unended = False
        self._escape_pending = False

    @property
    def timeout(self) -> float | None:
        """Seconds without input after which `tick` is due; None: never."""
        if self._paste is not None:
            plain = self._paste.endswith(_END) and self._paste.count("\x1b") == 1
            return PASTE_SECONDS if plain else UNCLEAR_PASTE_SECONDS
        return ESCAPE_DELAY + 0.01 if self._escape_pending else None

    def feed(self, data: bytes) -> Iterator[Message]:
        """Parse what was read."""
        text = self._decoder.decode(data)
        if self._unended:
            # The rest of a paste that stopped on its way, or the next key?
            if len(text) > _LONGEST_KEY or _END in text:
                self._paste = ""
            self._unended = False
        yield from self._feed(text)

    def tick(self) -> Iterator[Message]:
        """Take note that nothing has come for `timeout` seconds."""
        if self._paste is None:
            self._escape_pending = False
            yield from self._parser.tick()
            return
        pasted, end, rest = self._paste.rpartition(_END)
        if not end:
            pasted, rest = rest, ""
            self._unended = True
        self._paste = None
        if pasted:
            yield events.Paste(pasted[:PASTE_LIMIT].replace("\x00", ""))
        yield from self._feed(rest)

    def _feed(self, text: str) -> Iterator[Message]:
        if self._paste is None:
            searched = self._recent + text
            start = searched.find(_START)
            if start < 0:
                self._recent = searched[1 - len(_START) :]
                yield from self._parse(text)
                return
            start -= len(self._recent)
            yield from self._parse(text[: max(0, start)])
            self._parser = XTermParser()  # which may have had a part of the mark
            text = text[start + len(_START) :]
            self._recent = ""
            self._paste = ""
        paste = self._paste + text
        if len(paste) > _BUFFER_LIMIT:
            paste = paste[:PASTE_LIMIT] + paste[-_BUFFER_LIMIT // 2 :]
        self._paste = paste

    def _parse(self, text: str) -> Iterator[Message]:
        """Parse what is not pasted."""
        self._escape_pending = True
        for character in text:
            try:
                yield from list(self._parser.feed(character))
            except (ValueError, OverflowError):  # a key by the number of a character that is none
                self._parser = XTermParser()
