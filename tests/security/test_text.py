"""What a sender, a server or a file wrote never steers the terminal, on any screen."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from support.hostile import ATTACKS, assert_painted_safely, painted, texts
from support.keyrings import MemoryBackend, keyring
from support.stage import StagedApp, message, put, stage, state_is, until
from textual import events
from textual.widgets import Input

from inbox_tui.archive import Archive, Key
from inbox_tui.config import Settings
from inbox_tui.screens.inbox import InboxScreen
from inbox_tui.screens.sign_in import SignInScreen
from inbox_tui.smsc.errors import SignInRefused
from inbox_tui.smsc.message import Answer, IncomingMessage
from inbox_tui.sync import State, Status, StatusChanged
from inbox_tui.widgets.filter_bar import FilterBar
from inbox_tui.widgets.message_list import MessageList

SIZES = [(120, 40), (80, 24), (40, 12)]
EVERYTHING = "before " + "".join(ATTACKS) + " after"


class Theatre:
    """An application in a loop of its own that stays open between the examples of a test."""

    def __init__(self, folder: Path, size: tuple[int, int]) -> None:
        self._runner = asyncio.Runner()
        self._stack = AsyncExitStack()
        self.app = self._runner.run(self._open(folder, size))
        self._number = 100

    async def _open(self, folder: Path, size: tuple[int, int]) -> StagedApp:
        app = stage(folder, messages=[message(1, "Hello")])
        self._pilot = await self._stack.enter_async_context(app.run_test(size=size))
        await state_is(self._pilot, "Live")
        return app

    def show(self, text: str) -> None:
        """Have the text come in every place that is another's to fill."""
        self._runner.run(self._show(text))

    async def _show(self, text: str) -> None:
        self._number += 1
        screen = self.app.screen
        assert isinstance(screen, InboxScreen)
        new = message(self._number, text, phone=text, to_phone=text, minutes_ago=0)
        with Archive.open(self.app.archive_path) as archive:
            put(archive, screen._account, [new])
        screen._changed()
        screen.query_one(MessageList).move_to(new_key(new, screen))
        screen.sync_event(StatusChanged(Status(State.OFFLINE, text, None)))
        screen.query_one(FilterBar).sender = screen._presentation.who(text)
        await self._pilot.pause()
        row = screen.query_one(MessageList).row
        assert row is not None
        assert row.message == text
        assert_painted_safely(self.app)

    def close(self) -> None:
        self._runner.run(self._stack.aclose())
        self._runner.close()


def new_key(new: IncomingMessage, screen: InboxScreen) -> Key:
    row = screen._reader.message(screen._account, new.id)
    assert row is not None
    return row.key


@contextmanager
def theatre(size: tuple[int, int]) -> Iterator[Theatre]:
    with TemporaryDirectory() as folder:
        opened = Theatre(Path(folder), size)
        try:
            yield opened
        finally:
            opened.close()


@pytest.mark.parametrize("size", SIZES, ids=[f"{x}x{y}" for x, y in SIZES])
def test_no_message_sender_or_error_makes_the_inbox_write_a_control_sequence(
    size: tuple[int, int],
) -> None:
    with theatre(size) as opened:

        @settings(
            max_examples=min(settings().max_examples // 8, 1000),
            suppress_health_check=[HealthCheck.too_slow],
        )
        @given(texts)
        def shown(text: str) -> None:
            opened.show(text)

        shown()
        for attack in ATTACKS if size == SIZES[0] else (EVERYTHING,):
            opened.show(attack)


def hostile_messages() -> list[IncomingMessage]:
    link = "https://evil.example/a "
    return [message(1, link + EVERYTHING, phone=EVERYTHING, to_phone=EVERYTHING)]


@pytest.mark.parametrize("size", [SIZES[0], SIZES[2]], ids=["120x40", "40x12"])
@pytest.mark.parametrize(
    "keys", ["enter", "o", "p", "w", "t", "e", "y", "slash", "question_mark", "ctrl+p"]
)
async def test_no_screen_writes_a_control_sequence_of_a_sender_s(
    tmp_path: Path, size: tuple[int, int], keys: str
) -> None:
    names = {"79110000001": "name " + EVERYTHING}
    mine = [*hostile_messages(), message(2, "Hello", minutes_ago=10)]
    app = stage(tmp_path, messages=mine, settings=Settings(names=names))
    async with app.run_test(size=size) as pilot:
        await state_is(pilot, "Live")
        await pilot.press(keys)
        await pilot.pause()
        if keys == "ctrl+p":
            await pilot.press(*"to")
            await until(pilot, lambda: "To " in painted(app))
        await pilot.pause()
        assert_painted_safely(app)


async def test_markup_of_a_sender_is_text_in_the_command_palette(tmp_path: Path) -> None:
    number = "[@click=app.quit][red]7"
    app = stage(tmp_path, messages=[message(1, "Hello", to_phone=number)])
    async with app.run_test(size=(120, 40)) as pilot:
        await state_is(pilot, "Live")
        await pilot.press("ctrl+p", *"to")
        await until(pilot, lambda: f"To {number}" in painted(app))


@pytest.mark.parametrize("size", SIZES, ids=[f"{x}x{y}" for x, y in SIZES])
async def test_the_words_of_a_server_or_keyring_do_not_steer_the_sign_in_screen(
    tmp_path: Path, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def note(self: StagedApp) -> str:
        return EVERYTHING

    monkeypatch.setattr(StagedApp, "_keyring_note", note)
    app = stage(
        tmp_path,
        SignInRefused(2, EVERYTHING),
        login=None,
        password=None,
        keyring=keyring(MemoryBackend()),
    )
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: bool(app.screen.query("#password")))
        app.screen.query_one("#login", Input).value = "alex"
        app.screen.query_one("#password", Input).value = "wrong"
        app.screen.query_one("#password", Input).focus()
        await pilot.press("enter")
        await until(pilot, lambda: bool(app.screen.query_one("#sign-in-reason").display))
        assert isinstance(app.screen, SignInScreen)
        await pilot.pause()
        assert_painted_safely(app)


@pytest.mark.parametrize("key", ["slash", "p", "e", "ctrl+p"])
async def test_what_is_pasted_into_a_field_does_not_steer_the_terminal(
    tmp_path: Path, key: str
) -> None:
    app = stage(tmp_path, messages=[message(1, EVERYTHING)])
    async with app.run_test(size=(120, 40)) as pilot:
        await state_is(pilot, "Live")
        await pilot.press("y", key)
        await until(pilot, lambda: bool(app.screen.query(Input)))
        field = app.screen.query_one(Input)
        field.value = ""
        field.focus()
        await pilot.press("ctrl+v")
        await until(pilot, lambda: field.value.startswith("before"))
        await pilot.pause()
        assert_painted_safely(app)
        field.value = ""
        app.post_message(events.Paste(EVERYTHING))
        await until(pilot, lambda: field.value.startswith("before"))
        await pilot.pause()
        assert_painted_safely(app)


async def test_a_notice_on_screen_and_the_title_hold_no_control_sequence(tmp_path: Path) -> None:
    app = stage(tmp_path, Answer(hostile_messages(), []))
    async with app.run_test(size=(120, 40)) as pilot:
        await state_is(pilot, "Live")
        inbox = app.screen
        assert isinstance(inbox, InboxScreen)
        inbox._say(EVERYTHING)
        await pilot.pause()
        assert_painted_safely(app)
