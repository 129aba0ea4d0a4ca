"""The bytes written to the terminal through its driver hold no control sequence of others.

The sequences written for a hostile message are compared with those for a harmless one.
"""

from __future__ import annotations

import base64
import re
import sys
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from support.app_harness import HarnessApp, make_app, message, next_answer, state_is, until
from support.captured_output import colours, places, terminal, told
from support.hostile import ATTACKS, texts, unsafe_characters
from support.inbox_screen import fill_in
from support.open_app import open_app
from support.sizes import SIZES, at_every_size
from textual.pilot import Pilot

from inbox_tui.config import Settings
from inbox_tui.smsc.errors import SignInRefused
from inbox_tui.smsc.message import Answer

Play = Callable[[Pilot[None]], Awaitable[None]]

AFTER = " Your code is 481516. https://evil.example/a https://аpple.com/b"
HARMLESS = "Words, and more of them." + AFTER
HOSTILE = "".join(ATTACKS) + AFTER
TITLE = re.compile(r"\x1b\]2;\([0-9]+\) inbox\x1b\\")
NOTICE = re.compile(r"\x1b\](?:9|777);([^\x1b]*)\x1b\\")
COPIED = re.compile("\x1b]52;c;([A-Za-z0-9+/=]*)\x07")
COLOUR = re.compile("\x1b\\[(?:0|(?:[1-47];)*(?:[34]8;(?:5|2;[0-9]+;[0-9]+);[0-9]+;?)+)m")
"""The sequences with which the application sets colours in a terminal of 256 or more.

They use none of the sixteen named colours. Both 256 and true colours are allowed, as Rich keeps the
sequence of a style from the first time it was rendered in this process.
"""


@pytest.fixture(autouse=True)
def _terminal_of_256_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLORTERM", raising=False)


def assert_painted_within(written: str, size: tuple[int, int]) -> None:
    """Check that all output is within the screen and in the application's colours."""
    assert [colour for colour in colours(written) if not COLOUR.fullmatch(colour)] == []
    for line, column in places(written):
        assert 1 <= line <= size[1]
        assert 1 <= column <= size[0]


def sequences(written: str) -> list[str]:
    """Return the sequences sent to the terminal, with copied and notified text replaced.

    Notifications are checked for unsafe characters first.
    """
    listed = []
    for sequence in told(written):
        if notice := NOTICE.fullmatch(sequence):
            assert unsafe_characters(notice[1]) == []
            sequence = sequence.replace(notice[1], "WORDS")
        listed.append(COPIED.sub("COPIED", sequence))
    return listed


async def written_by(app: HarnessApp, size: tuple[int, int], play: Play) -> str:
    """Return everything that the application writes until it has ended."""
    with terminal(size) as screen:
        screen.attach(app)
        async with app.run_test(size=size, headless=False) as pilot:
            await play(pilot)
            await pilot.pause()
        return screen.take_all()


@pytest.mark.parametrize(
    "keys",
    [
        ["enter"],
        ["j", "enter"],
        ["j", "j", "enter"],
        ["j", "j", "j", "enter"],
        ["o", "down"],
        ["p"],
        ["w"],
        ["t", "escape"],
        ["e", "tab"],
        ["y"],
        ["slash", "b", "e", "f"],
        ["question_mark"],
        ["ctrl+p", "t", "o"],
    ],
    ids=" ".join,
)
async def test_hostile_message_writes_the_same_sequences_as_a_harmless_one(
    tmp_path: Path, keys: list[str]
) -> None:
    def inbox_with(text: str, folder: str) -> HarnessApp:
        return make_app(
            tmp_path / folder,
            Answer([], []),
            Answer([message(7, text)], []),
            messages=[
                message(1, text),
                message(2, "Hello", minutes_ago=6, phone=text),
                message(3, "Hello", minutes_ago=7, to_phone=text),
                message(4, "Hello", minutes_ago=8, phone="79110000002"),
            ],
            settings=Settings(names={"79110000002": text}, notify="terminal", notify_text=True),
        )

    async def play(pilot: Pilot[None]) -> None:
        await state_is(pilot, "Live")
        for key in keys:
            await pilot.press(key)
            await pilot.pause()
        await next_answer(pilot)

    harmless = await written_by(inbox_with(HARMLESS, "harmless"), SIZES[0], play)
    hostile = await written_by(inbox_with(HOSTILE, "hostile"), SIZES[0], play)
    assert "WORDS" in "".join(sequences(hostile))
    assert sequences(hostile) == sequences(harmless)
    assert_painted_within(hostile, SIZES[0])
    if "y" in keys:
        copied = [base64.b64decode(found).decode() for found in COPIED.findall(hostile)]
        assert copied == [HOSTILE.encode("utf-8", "replace").decode()]


async def test_hostile_server_error_adds_no_sequences_to_the_sign_in_screen(
    tmp_path: Path,
) -> None:
    async def play(pilot: Pilot[None]) -> None:
        await fill_in(pilot, login="alex", password="alex")
        await until(pilot, lambda: bool(pilot.app.screen.query_one("#sign-in-reason").display))

    written = []
    for folder, words in (("harmless", HARMLESS), ("hostile", HOSTILE)):
        refused = SignInRefused(2, words)
        app = make_app(tmp_path / folder, refused, login=None, password=None)
        written.append(await written_by(app, SIZES[0], play))
    assert sequences(written[1]) == sequences(written[0])
    assert_painted_within(written[1], SIZES[0])


@at_every_size
def test_no_message_sender_or_error_writes_a_control_sequence(size: tuple[int, int]) -> None:
    with ExitStack() as stack:
        screen = None if sys.platform == "win32" else stack.enter_context(terminal(size))
        opened = stack.enter_context(open_app(size, screen))

        @settings(
            max_examples=min(settings().max_examples // 4, 2000),
            suppress_health_check=[HealthCheck.too_slow],
        )
        @given(texts)
        def shown(text: str) -> None:
            opened.show(text)
            if screen is not None:
                written = screen.take(opened.app)
                assert [one for one in told(written) if not TITLE.fullmatch(one)] == []
                assert_painted_within(written, size)

        if screen is not None:
            screen.take(opened.app)
        for attack in ATTACKS if size == SIZES[0] else ("".join(ATTACKS),):
            opened.show(attack)
        shown()
