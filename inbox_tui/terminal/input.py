"""Parsing terminal input into Textual's messages: keys, the mouse, focus, and pasted text."""

from __future__ import annotations

import re
from codecs import getincrementaldecoder
from collections.abc import Iterator
from typing import Final

from textual import events
from textual._xterm_parser import XTermParser
from textual.constants import ESCAPE_DELAY
from textual.message import Message

PASTE_LIMIT: Final = 5_000
"""The number of characters of a paste that are kept."""
PASTE_SECONDS: Final = 0.05
"""Seconds without input that end a paste with an end mark and no other control sequence."""
UNCLEAR_PASTE_SECONDS: Final = 0.5
"""Seconds without input that end any other paste."""
_BUFFER_LIMIT: Final = 100_000
ASK_FOR_BACKGROUND: Final = "\x1b]11;?\x1b\\"
"""The query for the background colour of a terminal, which many answer."""
_REPLY_BEGIN: Final = "]11;"
_REPLY: Final = re.compile(
    r"\]11;rgba?:([0-9a-f]{1,4})/([0-9a-f]{1,4})/([0-9a-f]{1,4})", re.IGNORECASE
)
_LONGEST_REPLY: Final = 64
_LONGEST_KEY: Final = 64
"""The most characters that one key sends; more at once can't have been typed."""
_START: Final = "\x1b[200~"
_END: Final = "\x1b[201~"


class BackgroundReported(Message):
    """The terminal's answer to `ASK_FOR_BACKGROUND`."""

    def __init__(self, *, dark: bool) -> None:
        super().__init__()
        self.dark = dark
        """Whether the background is nearer to black than to white."""


class InputParser:
    """Parses the bytes that a terminal sends.

    The owner calls `feed` with the bytes it has read, and `tick` after `timeout` seconds without
    input. Bytes that are not valid UTF-8 become U+FFFD.

    Everything between the two marks of bracketed paste is a paste. Some terminals (tmux) pass on
    an end mark that is part of the pasted text, so the last one before a pause counts. A pause
    also ends a paste without an end mark.

    The answer to `ASK_FOR_BACKGROUND` is never taken for keys, even if split, late or cut off.
    """

    def __init__(self) -> None:
        self._decoder = getincrementaldecoder("utf-8")("replace")
        self._parser = XTermParser()
        self._recent = ""  # the last characters parsed: a start mark may be split between reads
        self._reply: str | None = None
        """The part received of a possible answer on the background, after its escape character."""
        self._withheld: list[Message] = []
        """The keys to yield if it turns out not to be an answer."""
        self._last = ""
        self._paste: str | None = None
        self._unended = False
        self._escape_pending = False

    @property
    def timeout(self) -> float | None:
        """Seconds without input after which `tick` is due, or None if it is not needed."""
        if self._paste is not None:
            plain = self._paste.endswith(_END) and self._paste.count("\x1b") == 1
            return PASTE_SECONDS if plain else UNCLEAR_PASTE_SECONDS
        return ESCAPE_DELAY + 0.01 if self._escape_pending else None

    def feed(self, data: bytes) -> Iterator[Message]:
        """Yield the messages in the bytes that were read."""
        text = self._decoder.decode(data)
        if self._unended:
            # This is either the rest of a paste that was held up, or the next key.
            if len(text) > _LONGEST_KEY or _END in text:
                self._paste = ""
            self._unended = False
        yield from self._feed(text)

    def tick(self) -> Iterator[Message]:
        """Yield the messages that are complete after `timeout` seconds without input."""
        if self._paste is None:
            self._escape_pending = False
            yield from self._end_reply()
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
            self._parser = XTermParser()  # the old one may have been fed a part of the mark
            text = text[start + len(_START) :]
            self._recent = ""
            self._paste = ""
        paste = self._paste + text
        if len(paste) > _BUFFER_LIMIT:
            paste = paste[:PASTE_LIMIT] + paste[-_BUFFER_LIMIT // 2 :]
        self._paste = paste

    def _parse(self, text: str) -> Iterator[Message]:
        """Parse input outside of a paste."""
        self._escape_pending = True
        for character in text:
            keys = self._parse_key(character)
            if self._reply is None and character == "]" and self._last == "\x1b":
                self._reply = ""
            if self._reply is None:
                yield from keys
            else:
                self._withheld += keys
                yield from self._parse_reply(self._reply + character)
            self._last = character

    def _parse_key(self, character: str) -> list[Message]:
        try:
            return list(self._parser.feed(character))
        except (ValueError, OverflowError):  # a key sent as the code of an invalid character
            self._parser = XTermParser()
            return []

    def _parse_reply(self, reply: str) -> Iterator[Message]:
        """Parse the part received of an answer on the background, or of keys that begin like it."""
        self._reply = reply
        ended = reply.endswith(("\x07", "\x1b\\"))
        broken = self._last == "\x1b" and len(reply) > 1 and not ended
        if ended or broken or len(reply) > _LONGEST_REPLY:
            if found := _REPLY.match(reply):
                levels = [int(level, 16) / (16 ** len(level) - 1) for level in found.groups()]
                red, green, blue = levels
                yield BackgroundReported(dark=0.3 * red + 0.59 * green + 0.11 * blue < 0.5)
            yield from self._end_reply()
            if broken:
                yield from [*self._parse_key("\x1b"), *self._parse_key(reply[-1])]
        elif not reply.startswith(_REPLY_BEGIN[: len(reply)]):
            yield from self._end_reply()

    def _end_reply(self) -> Iterator[Message]:
        """Drop an answer, complete or not; yield the withheld keys if it was not one."""
        reply, keys = self._reply or "", self._withheld
        self._reply, self._withheld = None, []
        if reply.startswith(_REPLY_BEGIN):
            self._parser = XTermParser()  # the old one has been fed the answer
        else:
            yield from keys
