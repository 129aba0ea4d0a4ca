"""Property tests of reading answers and of all functions that prepare text for the terminal.

`HYPOTHESIS_PROFILE=long pytest tests/security/test_fuzz.py` tries 100,000 new examples of each:
ten to twenty minutes on two cores.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime
from xml.sax.saxutils import escape

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from support.hostile import texts, unsafe_characters

from inbox_tui.archive import Row
from inbox_tui.exports import Exporter
from inbox_tui.smsc.answers import read_answer
from inbox_tui.smsc.errors import SmscError
from inbox_tui.terminal.notifications import notification, terminal_title
from inbox_tui.text import find_code, find_links, sanitize
from inbox_tui.text.spreadsheet import csv_cell
from inbox_tui.widgets.cells import cut, cut_before, padded, wrapped
from inbox_tui.widgets.presentation import Presentation, spaced_code

TIME = "23.11.2026 10:00:00"


def encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def in_xml(entry: Mapping[str, object]) -> str:
    fields = (f"<{name}>{escape(str(value))}</{name}>" for name, value in entry.items())
    return f"<sms>{''.join(fields)}</sms>"


@st.composite
def answers(draw: st.DrawFn) -> bytes:
    """Draw an answer in one of the four forms, intact or damaged, with any text in its fields."""
    entries = [
        {
            "id": draw(st.one_of(st.integers(), texts)),
            "received": draw(st.one_of(st.just(TIME), texts)),
            "phone": draw(texts),
            "message": draw(texts),
            "to_phone": draw(texts),
            "sent": draw(st.one_of(st.just(TIME), texts)),
        }
        for _ in range(draw(st.integers(1, 3)))
    ]
    words = draw(texts)
    body = draw(
        st.sampled_from(
            [
                encoded(json.dumps(entries, ensure_ascii=draw(st.booleans()))),
                encoded(json.dumps({"error": words, "error_code": draw(st.integers(0, 12))})),
                encoded("\n".join(", ".join(f"{k} = {v}" for k, v in e.items()) for e in entries)),
                encoded(f"ERROR = 2 ({words})"),
                encoded("\n".join(",".join(str(v) for v in e.values()) for e in entries)),
                encoded(f"<sms_answers>{''.join(map(in_xml, entries))}</sms_answers>"),
                encoded(
                    f"<result><error>{escape(words)}</error><error_code>2</error_code></result>"
                ),
            ]
        )
    )
    if draw(st.booleans()):
        start = draw(st.integers(0, len(body)))
        end = draw(st.integers(start, min(len(body), start + 30)))
        body = body[:start] + draw(st.binary(max_size=12)) + body[end:]
    return body


@given(st.one_of(answers(), st.binary(max_size=200)))
def test_any_answer_is_read_or_refused_with_text_safe_to_show(
    body: bytes,
) -> None:
    try:
        answer = read_answer(body)
    except SmscError as error:
        brought = [str(error)]
    else:
        brought = list(answer.unreadable)
        for message in answer.messages:
            brought += [message.phone, message.to_phone, message.message]
    for text in brought:
        assert unsafe_characters(sanitize(text)) == []


PRESENTATION = Presentation(
    server_zone=UTC, local_zone=UTC, names={}, clock=lambda: datetime(2026, 11, 23, tzinfo=UTC)
)
EXPORTER = Exporter("jsonl", server_zone=UTC, names={})


@given(texts, st.integers(1, 60))
def test_no_text_can_control_the_terminal_or_shift_a_column(text: str, width: int) -> None:
    shown = sanitize(text)
    assert unsafe_characters(shown) == []
    assert sanitize(shown) == shown
    assert unsafe_characters(sanitize(text, lines=True).replace("\n", "")) == []
    assert cell_len(padded(shown, width)) == width
    pieces = [shown[start:end] for start, end in wrapped(shown, max(2, width))]
    for piece in (*pieces, cut(shown, width), cut_before(shown, width)):
        assert cell_len(piece) <= max(2, width)
        assert sanitize(piece) == piece, "what is cut off shows no less than before"
    assert unsafe_characters(PRESENTATION.who(text)) == []
    assert unsafe_characters(PRESENTATION.number(text)) == []
    code = find_code(text)
    assert code is None or unsafe_characters(spaced_code(code.text)) == []
    for link in find_links(text):
        assert link.url in text
        assert unsafe_characters(link.url + link.host + link.punycode) == []
        assert link.url.lower().startswith(("http://", "https://"))
        assert (link.punycode or link.host).isascii()


@given(texts, texts)
def test_no_text_can_end_or_start_a_notification(title: str, body: str) -> None:
    for environment in ({}, {"TERM": "foot"}):
        notice = notification(title, body, environment)
        inside = notice.removeprefix("\x1b]").removesuffix("\x1b\\\a")
        assert unsafe_characters(inside) == []
    assert (
        unsafe_characters(terminal_title(title).removeprefix("\x1b]2;").removesuffix("\x1b\\"))
        == []
    )


@given(texts)
def test_exported_text_is_preserved_and_never_runs_as_a_formula(text: str) -> None:
    line = EXPORTER.line(Row(1, 1, 1, None, text, text, text, True, False, False, False)).decode()
    assert json.loads(line)["message"] == whole_characters(text)
    for character in line.removesuffix("\n"):
        assert unicodedata.category(character) not in ("Cc", "Cs", "Zl", "Zp")
        assert character not in DIRECTIONS
    cell = csv_cell(text)
    assert cell.replace("'", "") == text.replace("'", "")
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    first, *within = re.split("[;\t\r\n]", cell)
    assert not first.strip().startswith(("=", "+", "-", "@"))
    for beginning in within:  # a quotation mark may be read as the start of a quoted cell
        assert not beginning.strip(' "').startswith(("=", "+", "-", "@"))


DIRECTIONS = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
"""Characters that change the direction of the text around them."""


def whole_characters(text: str) -> str:
    """Return the text with each surrogate pair joined into one character, as JSON has it."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
