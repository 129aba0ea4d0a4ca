from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from support.widgets import OneWidget, lines, widths_drawn
from textual.events import Key
from textual.pilot import Pilot

from inbox_tui.commands import CommandKeys, Hint
from inbox_tui.sync import State
from inbox_tui.widgets.status_bar import StatusBar, span
from inbox_tui.widgets.symbols import PLAIN, UNICODE

HINTS = (Hint("? help", "?"), Hint("/ search", "/"), Hint("r refresh", "r"))
REASON = "smscentre.com does not answer: connection refused"
OFFLINE = {"state": State.OFFLINE, "reason": REASON}


@asynccontextmanager
async def mounted(
    width: int = 80, height: int = 3, **shown: Any
) -> AsyncIterator[tuple[StatusBar, Pilot[None]]]:
    bar = StatusBar()
    async with OneWidget(bar).run_test(size=(width, height)) as pilot:
        usual = {"state": State.LIVE, "next_in": 12, "left": 2, "hints": HINTS}
        for name, value in (usual | shown).items():
            setattr(bar, name, value)
        await pilot.pause()
        yield bar, pilot


def text_of(bar: StatusBar) -> str:
    return lines(bar)[0].strip()


@pytest.mark.parametrize(
    ("width", "shown", "left", "right"),
    [
        (80, {}, "● Live   next in 12 s   requests ●●○", "? help  / search  r refresh"),
        (60, {}, "● Live   next in 12 s   requests ●●○", "? help  / search"),
        (40, {}, "● Live   next in 12 s", "? help"),
        (40, {"hints": ()}, "● Live   next in 12 s   requests ●●○", ""),
        (80, {"left": 0}, "● Live   next in 12 s   requests ○○○", "? help  / search  r refresh"),
        (80, {"left": -1}, "● Live   next in 12 s   requests ○○○", "? help  / search  r refresh"),
        (80, {"left": 9}, "● Live   next in 12 s   requests ●●●", "? help  / search  r refresh"),
        (80, {"allowed": 0}, "● Live   next in 12 s", "? help  / search  r refresh"),
        (91, OFFLINE, f"○ Offline   {REASON}   next try in 12 s", "? help"),
        (80, OFFLINE, f"○ Offline   {REASON}   in 12 s", ""),
        (
            80,
            {"state": State.BLOCKED, "reason": "parameters error", "next_in": None},
            "■ Blocked   parameters error   requests ●●○",
            "? help  / search  r refresh",
        ),
    ],
)
async def test_it_shows_the_state_the_next_request_the_limit_and_the_keys(
    width: int, shown: dict[str, Any], left: str, right: str
) -> None:
    async with mounted(width, **shown) as (bar, _):
        assert text_of(bar) == f"{left}{right:>{width - 2 - len(left)}}".rstrip()


async def test_at_forty_columns_the_state_and_the_next_try_survive() -> None:
    async with mounted(40, reason=REASON, next_in=900) as (bar, pilot):
        for state in State:
            bar.state = state
            await pilot.pause()
            assert state in text_of(bar)
            assert "in 15 min" in text_of(bar)


async def test_a_reason_that_does_not_fit_into_the_line_stands_below_it() -> None:
    async with mounted(40, 12, state=State.OFFLINE, reason=REASON) as (bar, pilot):
        assert [line.strip() for line in lines(bar)] == [
            "○ Offline   next try in 12 s    ? help",
            "smscentre.com does not answer:",
            "connection refused",
        ]
        bar.notice = "text copied"
        await pilot.pause()
        assert len(lines(bar)) == 3, "nothing moves for a word that is soon gone"
        bar.state, bar.reason, bar.notice = State.LIVE, "", ""
        await pilot.pause()
        assert len(lines(bar)) == 1


async def test_a_reason_of_many_lines_is_cut_and_leaves_room_for_the_rest() -> None:
    async with mounted(40, 12, state=State.OFFLINE, reason="word " * 99) as (bar, _):
        assert len(lines(bar)) == 4
        assert lines(bar)[-1].endswith("…")


async def test_no_line_comes_and_goes_as_the_seconds_are_counted() -> None:
    async with mounted(60, 12, state=State.OFFLINE, reason="r" * 38) as (bar, pilot):
        heights = set()
        for seconds in (900, 101, 99, 10, 9, 0):
            bar.next_in = seconds
            await pilot.pause()
            heights.add(len(lines(bar)))
        assert len(heights) == 1


async def test_keys_of_the_place_stand_before_the_others_and_give_way_first() -> None:
    async with mounted(80, here=(Hint("c code", "c"), Hint("t conversation", "t"))) as (bar, pilot):
        assert text_of(bar).endswith("c code  ? help  / search  r refresh")
        await pilot.resize_terminal(120, 3)
        await pilot.pause()
        assert text_of(bar).endswith("c code  t conversation  ? help  / search  r refresh")
        await pilot.resize_terminal(66, 3)
        await pilot.pause()
        assert text_of(bar).endswith("  ? help  / search")


@pytest.mark.parametrize("symbols", [UNICODE, PLAIN])
def test_every_state_has_a_sign_of_its_own_shape(symbols: Any) -> None:
    signs = [symbols.live, symbols.checking, symbols.waiting]
    signs += [symbols.offline, symbols.blocked, symbols.sign_in]
    assert len(set(signs)) == len(signs)


@pytest.mark.parametrize("reason", ["the password is not right", "the keyring is " * 4])
async def test_signed_out_the_key_that_helps_is_always_named(reason: str) -> None:
    hints = (Hint("S sign in", "S"), *HINTS)
    async with mounted(state=State.SIGN_IN, reason=reason, next_in=None, hints=hints) as (bar, _):
        assert "S sign in" in text_of(bar).splitlines()[0]
        assert "requests" not in text_of(bar)


async def test_a_notice_takes_the_place_of_all_but_the_state() -> None:
    async with mounted(notice="copied: 481516") as (bar, pilot):
        assert text_of(bar).startswith("● Live   copied: 481516  ")
        assert "next in" not in text_of(bar)
        bar.notice = ""
        await pilot.pause()
        assert "next in 12 s" in text_of(bar)


@pytest.mark.parametrize(
    ("width", "shown"),
    [
        (100, "● Live   copied 111222 of +7 999 000-11-22, 22 Nov 10:06 · no browser   "),
        (66, "● copied 111222 of +7 999 000-11-22, 22 Nov 10:06 · no browser"),
        (60, "● copied 111222 of +7 999 000-11-22, 22 Nov 10:06   ? help"),
        (40, "● copied 111222 of +7 999 000-11-22"),
        (30, "● copied 111222 of +7 999 0…"),
    ],
)
async def test_a_notice_without_room_keeps_what_was_done_and_whose_it_was(
    width: int, shown: str
) -> None:
    notice = "copied 111222 of +7 999 000-11-22, 22 Nov 10:06 · no browser"
    async with mounted(width, notice=notice) as (bar, _):
        assert text_of(bar).startswith(shown)


@pytest.mark.parametrize("reason", ["", REASON, "日本語" * 20])
async def test_no_width_is_too_small(reason: str) -> None:
    widths = [2, 3, 5, 12, 25, 33, 57, 81, 200]
    async with mounted(state=State.OFFLINE, reason=reason) as (bar, pilot):
        assert await widths_drawn(pilot, bar, widths) == widths


async def test_what_a_server_wrote_cannot_steer_the_terminal() -> None:
    async with mounted(state=State.BLOCKED, reason="\x1b[2J[b]no\n\u202e") as (bar, _):
        assert not any(character in text_of(bar) for character in "\x1b\n\u202e")
        assert "[b]no" in text_of(bar)


async def test_a_second_that_changes_nothing_to_be_read_paints_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with mounted(state=State.OFFLINE, next_in=290) as (bar, pilot):
        painted: list[int] = []
        monkeypatch.setattr(bar, "refresh", lambda *_, **__: painted.append(1))
        bar.next_in = 289
        await pilot.pause()
        assert painted == []
        bar.next_in = 240
        assert painted == [1]


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0, "0 s"), (1, "1 s"), (99, "99 s"), (100, "2 min"), (120, "2 min"), (121, "3 min")],
)
def test_a_time_to_come_is_told_in_a_word_or_two(seconds: int, told: str) -> None:
    assert span(seconds) == told


@pytest.mark.parametrize(
    ("command", "key", "character"),
    [("search", "slash", "/"), ("back", "escape", None), ("star", "ctrl+k", None)],
)
async def test_a_click_on_a_hint_is_its_key(command: str, key: str, character: str | None) -> None:
    bar = StatusBar()
    app = OneWidget(bar, Key)
    async with app.run_test(size=(80, 3)) as pilot:
        bar.hints = CommandKeys({"star": ("ctrl+k",)}).hints(["help", command, "refresh"])
        await pilot.pause()
        hint = bar.hints[1].text
        x = lines(bar)[0].index(hint)
        await pilot.click(bar, offset=(x + len(hint) - 1, 0))
        await pilot.click(bar, offset=(x - 1, 0))
        await pilot.pause()
        pressed = {(m.key, m.character) for m in app.posted if isinstance(m, Key)}
        assert pressed == {(key, character)}
