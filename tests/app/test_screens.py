"""What every screen looks like in each of its states, at three sizes of terminal."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from support.app_harness import (
    HarnessApp,
    make_app,
    message,
    never,
    put_gap,
    server_seconds,
    state_is,
    until,
    week,
)
from support.pictures import settled
from support.sizes import Size, pictured, pictured_large_too
from textual.pilot import Pilot
from textual.widgets import OptionList

from inbox_tui.archive import Gap
from inbox_tui.commands import COMMANDS
from inbox_tui.config import Settings
from inbox_tui.screens.filters import Filters
from inbox_tui.screens.inbox import InboxScreen
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
from inbox_tui.widgets.symbols import symbols

Snap = Callable[..., bool]
CYRILLIC = {*map(chr, range(ord("А"), ord("я") + 1)), *"Ёё«»—–"}
Prepare = Callable[[Pilot[None]], Awaitable[None]]


def live_then(*keys: str) -> Prepare:
    """Wait until the inbox is live, then press keys."""

    async def prepare(pilot: Pilot[None]) -> None:
        await state_is(pilot, "Live")
        await pilot.press(*keys)
        await settled(pilot)

    return prepare


def hits(pilot: Pilot[None]) -> int:
    lists = pilot.app.screen.query("CommandList")
    return lists.first(OptionList).option_count if lists else 0


def keyring_looked_at(pilot: Pilot[None]) -> bool:
    notes = pilot.app.screen.query("#keyring-note")
    return bool(notes) and notes.first().display


@pictured_large_too
def test_the_inbox(snap_compare: Snap, tmp_path: Path, size: Size) -> None:
    app = make_app(tmp_path, messages=week())
    assert snap_compare(app, terminal_size=size, run_before=live_then())


@pictured
def test_a_message_further_down_is_shown(snap_compare: Snap, tmp_path: Path, size: Size) -> None:
    app = make_app(tmp_path, messages=week())
    assert snap_compare(app, terminal_size=size, run_before=live_then("j", "j", "j", "enter"))


@pictured
def test_the_end_of_the_list(snap_compare: Snap, tmp_path: Path, size: Size) -> None:
    app = make_app(tmp_path, messages=week())
    assert snap_compare(app, terminal_size=size, run_before=live_then("G"))


@pictured
def test_unread_only(snap_compare: Snap, tmp_path: Path, size: Size) -> None:
    app = make_app(tmp_path, messages=week())
    assert snap_compare(app, terminal_size=size, run_before=live_then("u"))


@pictured_large_too
def test_searching(snap_compare: Snap, tmp_path: Path, size: Size) -> None:
    app = make_app(tmp_path, messages=week(), filters=Filters())
    assert snap_compare(app, terminal_size=size, run_before=live_then("slash", *"КОД"))


@pictured_large_too
def test_an_empty_search_field_gives_examples(
    snap_compare: Snap, tmp_path: Path, size: Size
) -> None:
    app = make_app(tmp_path, messages=week(), filters=Filters())
    assert snap_compare(app, terminal_size=size, run_before=live_then("slash"))


@pictured_large_too
def test_a_search_that_cannot_be_read_says_why(
    snap_compare: Snap, tmp_path: Path, size: Size
) -> None:
    app = make_app(tmp_path, messages=week(), filters=Filters())
    assert snap_compare(app, terminal_size=size, run_before=live_then("slash", *"form:bank"))


@pictured_large_too
def test_a_search_tells_what_the_window_leaves_out(
    snap_compare: Snap, tmp_path: Path, size: Size
) -> None:
    app = make_app(tmp_path, messages=week(), filters=Filters(hours=24))
    assert snap_compare(app, terminal_size=size, run_before=live_then("slash", *"код", "enter"))


@pictured_large_too
def test_a_date_to_jump_to(snap_compare: Snap, tmp_path: Path, size: Size) -> None:
    app = make_app(tmp_path, messages=week(), filters=Filters())
    assert snap_compare(app, terminal_size=size, run_before=live_then("J", *"20.11"))


@pictured_large_too
def test_a_search_that_finds_nothing_says_how_to_go_on(
    snap_compare: Snap, tmp_path: Path, size: Size
) -> None:
    app = make_app(tmp_path, messages=week(), filters=Filters(hours=6, state="unread"))
    keys = live_then("slash", *"nowhere", "enter")
    assert snap_compare(app, terminal_size=size, run_before=keys)


@pictured_large_too
def test_the_numbers_to_choose_from(snap_compare: Snap, tmp_path: Path, size: Size) -> None:
    names = {"79110000001": "Orders"}
    app = make_app(tmp_path, messages=week(), settings=Settings(names=names))
    assert snap_compare(app, terminal_size=size, run_before=live_then("p"))


@pictured_large_too
def test_the_windows_to_choose_from(snap_compare: Snap, tmp_path: Path, size: Size) -> None:
    app = make_app(tmp_path, messages=week())
    assert snap_compare(app, terminal_size=size, run_before=live_then("w"))


@pictured_large_too
def test_the_states_to_choose_from(snap_compare: Snap, tmp_path: Path, size: Size) -> None:
    app = make_app(tmp_path, messages=week(), filters=Filters(state="unread"))
    keys = live_then("s", "j", "d", "j", "z", "f")

    async def counted(pilot: Pilot[None]) -> None:
        await keys(pilot)
        picker: Any = app.screen
        await until(pilot, lambda: picker._choices[0].count is not None)
        await pilot.pause()

    assert snap_compare(app, terminal_size=size, run_before=counted)


@pictured
def test_a_window_that_cannot_be_says_what_can(
    snap_compare: Snap, tmp_path: Path, size: Size
) -> None:
    app = make_app(tmp_path, messages=week())
    assert snap_compare(app, terminal_size=size, run_before=live_then("w", *"169"))


@pictured
def test_a_typed_window_is_counted(snap_compare: Snap, tmp_path: Path, size: Size) -> None:
    app = make_app(tmp_path, messages=week())
    assert snap_compare(app, terminal_size=size, run_before=live_then("w", "9", "6"))


@pictured_large_too
def test_help(snap_compare: Snap, tmp_path: Path, size: Size) -> None:
    app = make_app(tmp_path, messages=week())
    assert snap_compare(app, terminal_size=size, run_before=live_then("question_mark"))


@pictured_large_too
def test_a_conversation(snap_compare: Snap, tmp_path: Path, size: Size) -> None:
    app = make_app(tmp_path, messages=week())
    assert snap_compare(app, terminal_size=size, run_before=live_then("t"))


@pictured
def test_exporting(snap_compare: Snap, tmp_path: Path, size: Size) -> None:
    app = make_app(tmp_path, messages=week())
    assert snap_compare(app, terminal_size=size, run_before=live_then("e"))


@pictured
def test_a_link_is_looked_at_before_it_opens(
    snap_compare: Snap, tmp_path: Path, size: Size
) -> None:
    text = "Счёт https://pay.example.com/i/8812 или https://аррӏе.com/login до пятницы"
    app = make_app(tmp_path, messages=[message(1, text)])
    assert snap_compare(app, terminal_size=size, run_before=live_then("o"))


@pictured
def test_the_first_sync_shows_its_progress(snap_compare: Snap, tmp_path: Path, size: Size) -> None:
    app = make_app(tmp_path, never)
    assert snap_compare(app, terminal_size=size, run_before=lambda p: state_is(p, "Checking"))


@pictured
def test_the_first_sync_tells_how_far_it_is(snap_compare: Snap, tmp_path: Path, size: Size) -> None:
    async def prepare(pilot: Pilot[None]) -> None:
        await state_is(pilot, "Checking")
        assert isinstance(pilot.app, HarnessApp)
        session = pilot.app._accounts.shown
        assert isinstance(session, Session)
        session._publish(Progress(12_480, 2))
        await pilot.pause()

    app = make_app(tmp_path, never)
    assert snap_compare(app, terminal_size=size, run_before=prepare)


@pictured
def test_an_empty_inbox_says_what_will_happen(
    snap_compare: Snap, tmp_path: Path, size: Size
) -> None:
    app = make_app(tmp_path)
    assert snap_compare(app, terminal_size=size, run_before=live_then())


@pictured
def test_signing_in(snap_compare: Snap, tmp_path: Path, size: Size) -> None:
    app = make_app(tmp_path, login=None, password=None)

    async def shown(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: keyring_looked_at(pilot))
        await pilot.pause()

    assert snap_compare(app, terminal_size=size, run_before=shown)


@pictured
def test_a_refused_password_is_asked_for_again(
    snap_compare: Snap, tmp_path: Path, size: Size
) -> None:
    app = make_app(tmp_path, SignInRefused(2, "authorise error"), messages=week())

    async def shown(pilot: Pilot[None]) -> None:
        await state_is(pilot, "Sign in")
        await pilot.press("S")
        await until(pilot, lambda: keyring_looked_at(pilot))
        await pilot.pause()

    assert snap_compare(app, terminal_size=size, run_before=shown)


STATES = {
    "offline": (NotReached("{met} refused the connection", met="smscentre.com"), "Offline"),
    "waiting": (TooManyRequests(9, "duplicate request, wait a minute"), "Waiting"),
    "blocked": (AddressBlocked(4, "ip is blocked"), "Blocked"),
    "refused": (SignInRefused(2, "authorise error"), "Sign in"),
    "stopped": (ParameterError(1, "parameters error"), "Blocked"),
}


@pictured
@pytest.mark.parametrize("state", STATES)
def test_the_status_bar_names_the_cause(
    snap_compare: Snap, tmp_path: Path, state: str, size: Size
) -> None:
    error, shown = STATES[state]
    app = make_app(tmp_path, error, messages=week())
    assert snap_compare(app, terminal_size=size, run_before=lambda p: state_is(p, shown))


@pictured
def test_a_new_message_does_not_move_what_is_read(
    snap_compare: Snap, tmp_path: Path, size: Size
) -> None:
    arrived = [message(9001, "Новое сообщение", minutes_ago=0), message(9002, "Another one")]
    app = make_app(tmp_path, Answer([], []), Answer(arrived, []), messages=week())

    async def prepare(pilot: Pilot[None]) -> None:
        await state_is(pilot, "Live")
        await pilot.press("pagedown", "pagedown", "j")
        app.clock.move(21)
        await until(pilot, lambda: len(app.scripted.asked) == 2)
        await state_is(pilot, "Live")
        await settled(pilot)

    assert snap_compare(app, terminal_size=size, run_before=prepare)


@pictured
def test_a_gap_is_shown_where_it_lies(snap_compare: Snap, tmp_path: Path, size: Size) -> None:
    messages = week()
    app = make_app(tmp_path, messages=messages[-3:])
    put_gap(app, Gap(server_seconds(-200), server_seconds(-30)))
    assert snap_compare(app, terminal_size=size, run_before=live_then("x"))


@pictured
def test_hostile_text_is_shown_and_moves_nothing(
    snap_compare: Snap, tmp_path: Path, size: Size
) -> None:
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
    app = make_app(tmp_path, messages=listed)
    assert snap_compare(app, terminal_size=size, run_before=live_then("j"))


@pictured_large_too
def test_the_light_theme(snap_compare: Snap, tmp_path: Path, size: Size) -> None:
    app = make_app(tmp_path, messages=week(), settings=Settings(theme="inbox-light"))
    assert snap_compare(app, terminal_size=size, run_before=live_then())


@pictured_large_too
def test_without_colour(
    snap_compare: Snap, tmp_path: Path, size: Size, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = make_app(tmp_path, messages=week())
    assert snap_compare(app, terminal_size=size, run_before=live_then("j", "j"))


@pictured
@pytest.mark.parametrize("key", ["j", "p", "w", "e", "question_mark", "ctrl+p"])
def test_without_unicode(
    snap_compare: Snap,
    tmp_path: Path,
    size: Size,
    key: str,
    monkeypatch: pytest.MonkeyPatch,
    language: str,
) -> None:
    monkeypatch.setenv("TERM", "linux")
    symbols.cache_clear()
    messages = [message(number, f"Message {number}") for number in range(60)]

    async def prepare(pilot: Pilot[None]) -> None:
        await live_then(key)(pilot)
        if key == "ctrl+p":
            commands = sum(command.in_palette for command in COMMANDS)
            inbox = pilot.app.screen_stack[0]
            assert isinstance(inbox, InboxScreen)
            everything = commands + len(inbox.filtering.receiving_numbers("", 100))
            await until(pilot, lambda: hits(pilot) == everything)
            await pilot.pause(0.1)
        drawn = "".join(strip.text for strip in pilot.app.screen._compositor.render_strips())
        drawable = set("·\xa0") | (CYRILLIC if language == "ru" else set())
        assert {character for character in drawn if not character.isascii()} <= drawable

    try:
        app = make_app(tmp_path, messages=messages)
        assert snap_compare(app, terminal_size=size, run_before=prepare)
    finally:
        symbols.cache_clear()


@pictured_large_too
def test_the_command_palette(snap_compare: Snap, tmp_path: Path, size: Size, language: str) -> None:
    app = make_app(tmp_path, messages=week())

    async def prepare(pilot: Pilot[None]) -> None:
        await live_then("ctrl+p")(pilot)
        await pilot.press(*("непрочит" if language == "ru" else "unread"))
        await until(pilot, lambda: hits(pilot) == (5 if language == "en" else 4))
        await pilot.pause(0.1)

    assert snap_compare(app, terminal_size=size, run_before=prepare)
