"""Messages as paragraphs with marked parts, and paragraphs wrapped to lines."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from inbox_tui.text import sanitize
from inbox_tui.widgets.cells import wrapped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from inbox_tui.text import Code, Link
    from inbox_tui.text.search_query import SearchQuery

    Find = Callable[[SearchQuery, str], Iterable[tuple[int, int]]]
    """Returns the spans of a text that match a search."""

_ROOM_AT_LEAST: Final = 8


class Span(NamedTuple):
    """A stretch of text, and the part of the message that it is."""

    start: int
    end: int
    part: str


class Paragraph:
    """A text without line breaks; when wrapped, lines after the first begin at cell `indent`.

    In an indented paragraph, the first `indent` characters are a label, one cell each.
    """

    def __init__(self, indent: int = 0) -> None:
        self.text = ""
        self.spans: list[Span] = []
        self.indent = indent

    def add(self, text: str, part: str = "") -> None:
        """Add text at the end, optionally marked as a part of the message."""
        if part:
            self.spans.append(Span(len(self.text), len(self.text) + len(text), part))
        self.text += text

    def pieces(self, start: int, end: int, *cuts: int) -> Iterator[tuple[int, str, list[str]]]:
        """Yield the pieces of a stretch, cut where parts begin and end and at `cuts`.

        Each piece comes with its start and the parts of the message that it is in.
        """
        edges = {start, end, *cuts}
        spans = [span for span in self.spans if span.start < end and start < span.end]
        for span in spans:
            edges |= {span.start, span.end}
        for at, until in pairwise(sorted(edge for edge in edges if start <= edge <= end)):
            parts = [span.part for span in spans if span.start <= at < span.end]
            yield at, self.text[at:until], parts


class TextLine(NamedTuple):
    """A line of a page: a stretch of a paragraph, after `indent` spaces."""

    paragraph: int
    start: int
    end: int
    indent: int


def message_paragraphs(message: str, code: Code | None, links: Sequence[Link]) -> list[Paragraph]:
    """Return a message sanitized, with its code and links marked as parts `code` and `link`."""
    spans = [Span(link.start, link.end, "link") for link in links]
    if code is not None:
        spans.append(Span(code.start, code.end, "code"))
    paragraphs = [Paragraph()]
    done = 0
    for span in sorted(spans):
        if span.start >= done:
            _add_text(paragraphs, message[done : span.start])
            _add_text(paragraphs, message[span.start : span.end], span.part)
            done = span.end
    _add_text(paragraphs, message[done:])
    return paragraphs


def mark_found(paragraphs: Sequence[Paragraph], search: SearchQuery | None, find: Find) -> None:
    """Mark the matches of a search as parts `match`, in paragraphs that are one text together."""
    if search is None:
        return
    texts = [paragraph.text[paragraph.indent :] for paragraph in paragraphs]
    starts = [0, *accumulate(len(text) + 1 for text in texts)]
    for start, end in find(search, "\n".join(texts)):
        at = bisect_right(starts, start) - 1
        shift = paragraphs[at].indent - starts[at]
        paragraphs[at].spans.append(Span(start + shift, end + shift, "match"))


def _add_text(paragraphs: list[Paragraph], text: str, part: str = "") -> None:
    """Add a stretch of a message to its paragraphs, beginning a new one at every line break."""
    first, *others = sanitize(text, lines=True).split("\n")
    paragraphs[-1].add(first, part)
    for line in others:
        paragraphs.append(Paragraph())
        paragraphs[-1].add(line, part)


def wrapped_lines(paragraphs: Iterable[Paragraph], width: int) -> Iterator[TextLine]:
    """Yield the lines of paragraphs wrapped to this width in cells."""
    for number, paragraph in enumerate(paragraphs):
        text, head = paragraph.text, paragraph.indent
        room = max(_ROOM_AT_LEAST, width - head)
        for line, (start, end) in enumerate(wrapped(text[head:], room)):
            if line:
                yield TextLine(number, head + start, head + end, head)
            else:
                yield TextLine(number, 0, head + end, 0)
