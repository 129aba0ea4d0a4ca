"""Text from a sender, a server or a file never controls the terminal, on any screen."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from support.app_harness import Opener, make_app, message, until
from support.hostile import ATTACKS, assert_screen_is_safe
from support.inbox_screen import fill_in, inbox
from support.keyrings import MemoryBackend, keyring
from support.sizes import SIZES, Size, at_every_size
from support.widgets import screen_text
from textual import events
from textual.widgets import Input

from inbox_tui.config import Settings
from inbox_tui.screens.sign_in import SignInScreen
from inbox_tui.smsc.answers import read_answer
from inbox_tui.smsc.errors import SignInRefused
from inbox_tui.smsc.message import Answer, IncomingMessage

EVERYTHING = "before " + "".join(ATTACKS) + " after"


async def test_messages_of_the_years_1_and_9999_do_not_crash_the_inbox(live: Opener) -> None:
    dates = map(datetime.fromisoformat, ("0001-01-01", "9999-12-31T23:59:59"))
    mine = [message(place, "Hello")._replace(received=at) for place, at in enumerate(dates, 1)]
    settings = Settings(server_timezone="America/Los_Angeles")
    async with live(messages=mine, settings=settings) as pilot:
        await pilot.press("g", "enter")
        await until(pilot, lambda: "31 Dec 9999 23:59:59" in screen_text(pilot.app))
        await pilot.press("escape", "G", "enter")
        await until(pilot, lambda: "Jan 0001" in screen_text(pilot.app))


async def test_nonexistent_date_is_shown_as_received(live: Opener) -> None:
    answer = read_answer(
        b'[{"id": 1, "received": "31.02.2026 10:20:30", "phone": "79991234567", "message": "Hi"}]'
    )
    async with live(messages=[*answer.messages, message(2)]) as pilot:
        await pilot.press("g", "enter")
        await until(pilot, lambda: "31.02.2026 10:20:30" in screen_text(pilot.app))
        await pilot.press("y")
        await until(pilot, lambda: "copied the text" in screen_text(pilot.app))
        await pilot.press("t")
        await until(pilot, lambda: "10:20" in screen_text(pilot.app))


def hostile_messages() -> list[IncomingMessage]:
    link = "https://evil.example/a "
    return [message(1, link + EVERYTHING, phone=EVERYTHING, to_phone=EVERYTHING)]


@pytest.mark.parametrize("size", [SIZES[0], SIZES[2]], ids=["120x40", "40x12"])
@pytest.mark.parametrize(
    "keys", ["enter", "o", "p", "w", "t", "e", "y", "slash", "question_mark", "ctrl+p"]
)
async def test_no_screen_writes_control_sequences_from_messages_or_names(
    live: Opener, size: Size, keys: str
) -> None:
    names = {"79110000001": "name " + EVERYTHING}
    mine = [*hostile_messages(), message(2, "Hello", minutes_ago=10)]
    async with live(messages=mine, settings=Settings(names=names)) as pilot:
        await pilot.press(keys)
        await pilot.pause()
        if keys == "ctrl+p":
            await pilot.press(*("to" if size == SIZES[0] else "to name"))
            await until(pilot, lambda: "To " in screen_text(pilot.app))
        await pilot.pause()
        assert_screen_is_safe(pilot.app)


async def test_markup_in_a_number_is_plain_text_in_the_palette(live: Opener) -> None:
    number = "[@click=app.quit][red]7"
    async with live(messages=[message(1, "Hello", to_phone=number)]) as pilot:
        await pilot.press("ctrl+p", *"to")
        await until(pilot, lambda: f"To {number}" in screen_text(pilot.app))


@at_every_size
async def test_server_and_keyring_text_cannot_control_the_sign_in_screen(
    tmp_path: Path, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def note(keyring: object) -> str:
        return EVERYTHING

    monkeypatch.setattr("inbox_tui.screens.accounts.keyring_note", note)
    app = make_app(
        tmp_path,
        SignInRefused(2, EVERYTHING),
        login=None,
        password=None,
        keyring=keyring(MemoryBackend()),
    )
    async with app.run_test(size=size) as pilot:
        await fill_in(pilot, login="alex", password="wrong")
        await until(pilot, lambda: bool(app.screen.query_one("#sign-in-reason").display))
        assert isinstance(app.screen, SignInScreen)
        await pilot.pause()
        assert_screen_is_safe(app)


@pytest.mark.parametrize("key", ["slash", "p", "e", "ctrl+p"])
async def test_pasted_text_cannot_control_the_terminal(live: Opener, key: str) -> None:
    async with live(messages=[message(1, EVERYTHING)]) as pilot:
        app = pilot.app
        await pilot.press("y", key)
        await until(pilot, lambda: bool(app.screen.query(Input)))
        field = app.screen.query_one(Input)
        field.value = ""
        field.focus()
        await pilot.press("ctrl+v")
        await until(pilot, lambda: field.value.startswith("before"))
        await pilot.pause()
        assert_screen_is_safe(app)
        field.value = ""
        app.post_message(events.Paste(EVERYTHING))
        await until(pilot, lambda: field.value.startswith("before"))
        await pilot.pause()
        assert_screen_is_safe(app)


async def test_notice_and_title_contain_no_control_sequences(live: Opener) -> None:
    async with live(Answer(hostile_messages(), [])) as pilot:
        inbox(pilot)._status.show_notice(EVERYTHING)
        await pilot.pause()
        assert_screen_is_safe(pilot.app)
