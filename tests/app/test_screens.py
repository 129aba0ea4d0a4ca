"""Pictures of every screen in each of its states, at three sizes of terminal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.app_harness import (
    HarnessApp,
    make_app,
    message,
    never,
    next_answer,
    put,
    server_seconds,
    settled,
    stored,
    until,
    week,
)
from support.inbox_screen import inbox
from support.pictures import Snapshot
from support.sizes import pictured, pictured_large_too
from support.widgets import screen_text
from textual.pilot import Pilot
from textual.widgets import OptionList

from inbox_tui.archive import Gap
from inbox_tui.commands import COMMANDS
from inbox_tui.config import Settings
from inbox_tui.screens.filters import Filters
from inbox_tui.session import Session
from inbox_tui.smsc.errors import (
    AddressBlocked,
    NotReached,
    ParameterError,
    SignInRefused,
    TooManyRequests,
)
from inbox_tui.smsc.message import Answer
from inbox_tui.sync import Progress

CYRILLIC = {*map(chr, range(ord("А"), ord("я") + 1)), *"Ёё«»—–"}


def hits(pilot: Pilot[None]) -> int:
    lists = pilot.app.screen.query("CommandList")
    return lists.first(OptionList).option_count if lists else 0


async def keyring_looked_at(pilot: Pilot[None]) -> None:
    def told() -> bool:
        notes = pilot.app.screen.query("#keyring-note")
        return bool(notes) and notes.first().display

    await until(pilot, told)
    await pilot.pause()


@pictured_large_too
def test_the_inbox(snapshot: Snapshot) -> None:
    assert snapshot()


@pictured
def test_a_message_further_down_is_shown(snapshot: Snapshot) -> None:
    assert snapshot("j", "j", "j", "enter")


@pictured
def test_the_end_of_the_list(snapshot: Snapshot) -> None:
    assert snapshot("G")


@pictured
def test_unread_only(snapshot: Snapshot) -> None:
    assert snapshot("u")


@pictured_large_too
def test_searching(snapshot: Snapshot) -> None:
    assert snapshot("slash", *"КОД", filters=Filters())


@pictured_large_too
def test_an_empty_search_field_gives_examples(snapshot: Snapshot) -> None:
    assert snapshot("slash", filters=Filters())


@pictured_large_too
def test_invalid_search_shows_what_is_wrong(snapshot: Snapshot) -> None:
    assert snapshot("slash", *"form:bank", filters=Filters())


@pictured_large_too
def test_search_counts_matches_outside_the_hour_window(snapshot: Snapshot) -> None:
    assert snapshot("slash", *"код", "enter", filters=Filters(hours=24))


@pictured_large_too
def test_date_dialog(snapshot: Snapshot) -> None:
    assert snapshot("J", *"20.11", filters=Filters())


@pictured_large_too
def test_search_without_matches_shows_what_to_try_next(snapshot: Snapshot) -> None:
    filters = Filters(hours=6, state="unread")
    assert snapshot("slash", *"nowhere", "enter", filters=filters)


@pictured_large_too
def test_number_picker(snapshot: Snapshot) -> None:
    assert snapshot("p", settings=Settings(names={"79110000001": "Orders"}))


@pictured_large_too
def test_window_picker(snapshot: Snapshot) -> None:
    assert snapshot("w")


@pictured_large_too
def test_state_picker(snapshot: Snapshot) -> None:
    async def counted(pilot: Pilot[None]) -> None:
        picker: Any = pilot.app.screen
        await until(pilot, lambda: picker._choices[0].count is not None)
        await pilot.pause()

    keys = ("s", "j", "d", "j", "z", "f")
    assert snapshot(*keys, filters=Filters(state="unread"), then=counted)


@pictured
def test_invalid_hour_window_shows_what_is_allowed(snapshot: Snapshot) -> None:
    assert snapshot("w", *"169")


@pictured
def test_typed_hour_window_shows_its_message_count(snapshot: Snapshot) -> None:
    assert snapshot("w", "9", "6")


@pictured_large_too
def test_help(snapshot: Snapshot) -> None:
    assert snapshot("question_mark")


@pictured_large_too
def test_a_conversation(snapshot: Snapshot) -> None:
    assert snapshot("t")


@pictured
def test_exporting(snapshot: Snapshot) -> None:
    assert snapshot("e")


@pictured
def test_link_dialog_shows_the_links_before_opening_one(snapshot: Snapshot) -> None:
    text = "Счёт https://pay.example.com/i/8812 или https://аррӏе.com/login до пятницы"
    assert snapshot("o", messages=[message(1, text)])


@pictured
def test_first_sync_says_what_it_asks_for(snapshot: Snapshot) -> None:
    assert snapshot(replies=[never], messages=(), state="Checking")


@pictured
def test_first_sync_shows_how_many_messages_have_arrived(snapshot: Snapshot) -> None:
    async def progress(pilot: Pilot[None]) -> None:
        assert isinstance(pilot.app, HarnessApp)
        session = pilot.app._accounts.shown
        assert isinstance(session, Session)
        session._publish(Progress(12_480, 2))
        await pilot.pause()

    assert snapshot(replies=[never], messages=(), state="Checking", then=progress)


@pictured
def test_empty_inbox_says_when_messages_will_appear(snapshot: Snapshot) -> None:
    assert snapshot(messages=())


@pictured
def test_signing_in(snapshot: Snapshot) -> None:
    assert snapshot(login=None, state=None, then=keyring_looked_at)


@pictured
def test_sign_in_asks_again_after_a_refused_password(snapshot: Snapshot) -> None:
    refused = SignInRefused(2, "authorise error")
    assert snapshot("S", replies=[refused], state="Sign in", then=keyring_looked_at)


STATES = {
    "offline": (NotReached("{met} refused the connection", met="smscentre.com"), "Offline"),
    "waiting": (TooManyRequests(9, "duplicate request, wait a minute"), "Waiting"),
    "blocked": (AddressBlocked(4, "ip is blocked"), "Blocked"),
    "refused": (SignInRefused(2, "authorise error"), "Sign in"),
    "stopped": (ParameterError(1, "parameters error"), "Blocked"),
}


@pictured
@pytest.mark.parametrize("state", STATES)
def test_status_bar_shows_the_cause_of_an_error(snapshot: Snapshot, state: str) -> None:
    error, shown = STATES[state]
    assert snapshot(replies=[error], state=shown)


@pictured
def test_new_messages_do_not_move_the_visible_list(snapshot: Snapshot) -> None:
    arrived = [message(9001, "Новое сообщение", minutes_ago=0), message(9002, "Another one")]

    async def arrive(pilot: Pilot[None]) -> None:
        await next_answer(pilot)
        await settled(pilot)

    keys = ("pagedown", "pagedown", "j")
    assert snapshot(*keys, replies=[Answer([], []), Answer(arrived, [])], then=arrive)


@pictured
def test_gap_is_shown_at_its_place_in_the_list(snapshot: Snapshot, tmp_path: Path) -> None:
    app = make_app(tmp_path, messages=week()[-3:])
    with stored(app) as account:
        put(account, [], Gap(server_seconds(-200), server_seconds(-30)))
    assert snapshot("x", app=app)


@pictured
def test_hostile_text_is_shown_without_breaking_the_layout(snapshot: Snapshot) -> None:
    texts = [
        "[bold]not bold[/bold]\nsecond line",
        "\x1b]0;title\x07\x1b[31mred\x9b2J",
        "to\u202eesrever\u2066isolate\u2028separated",
        "zero\u200bwidth\ufeff and \U000e0041\U000e0042 tags",
        "e" + "\u0301" * 400 + " marks",
        "👨‍👩‍👧‍👦 🏳️‍🌈 🇷🇺 👍🏽 1️⃣ family and flags",
        "مرحبا بالعالم and שלום",
        "漢字かな交じり文、幅広い文字",
        "x" * 20_000,
        "half \ud83d of a pair",
    ]
    listed = [
        message(number, text, minutes_ago=number, phone="\x1bEVIL\u202e" if number == 2 else "BANK")
        for number, text in enumerate(texts, start=1)
    ]
    assert snapshot("j", messages=listed)


@pictured_large_too
def test_the_light_theme(snapshot: Snapshot) -> None:
    assert snapshot(settings=Settings(theme="inbox-light"))


@pictured_large_too
def test_without_colour(snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert snapshot("j", "j")


@pictured
@pytest.mark.parametrize("key", ["j", "p", "w", "e", "question_mark", "ctrl+p"])
@pytest.mark.usefixtures("without_unicode")
def test_without_unicode(snapshot: Snapshot, key: str, language: str) -> None:
    async def drawable(pilot: Pilot[None]) -> None:
        if key == "ctrl+p":
            commands = sum(command.in_palette for command in COMMANDS)
            everything = commands + len(inbox(pilot).filtering.receiving_numbers("", 100))
            await until(pilot, lambda: hits(pilot) == everything)
            await pilot.pause(0.1)
        letters = {"·"} | (CYRILLIC if language == "ru" else set())
        assert {letter for letter in screen_text(pilot.app) if not letter.isascii()} <= letters

    messages = [message(number, f"Message {number}") for number in range(60)]
    assert snapshot(key, messages=messages, then=drawable)


@pictured_large_too
def test_the_command_palette(snapshot: Snapshot, language: str) -> None:
    typed, found = ("непрочит", 4) if language == "ru" else ("unread", 5)

    async def offered(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: hits(pilot) == found)
        await pilot.pause(0.1)

    assert snapshot("ctrl+p", *typed, then=offered)
