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
async def test_the_bar_shows_state_next_request_limit_and_keys_as_far_as_they_fit(
    width: int, shown: dict[str, Any], left: str, right: str
) -> None:
    async with mounted(width, **shown) as (bar, _):
        assert text_of(bar) == f"{left}{right:>{width - 2 - len(left)}}".rstrip()


async def test_at_forty_columns_the_state_and_the_next_try_are_still_shown() -> None:
    async with mounted(40, reason=REASON, next_in=900) as (bar, pilot):
        for state in State:
            bar.state = state
            await pilot.pause()
            assert state in text_of(bar)
            assert "in 15 min" in text_of(bar)


async def test_a_reason_too_long_for_the_line_is_shown_below_it() -> None:
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


async def test_a_very_long_reason_is_cut_after_three_lines() -> None:
    async with mounted(40, 12, state=State.OFFLINE, reason="word " * 99) as (bar, _):
        assert len(lines(bar)) == 4
        assert lines(bar)[-1].endswith("…")


async def test_the_height_does_not_change_during_the_countdown() -> None:
    async with mounted(60, 12, state=State.OFFLINE, reason="r" * 38) as (bar, pilot):
        heights = set()
        for seconds in (900, 101, 99, 10, 9, 0):
            bar.next_in = seconds
            await pilot.pause()
            heights.add(len(lines(bar)))
        assert len(heights) == 1


async def test_context_keys_are_shown_first_and_dropped_first() -> None:
    async with mounted(80, here=(Hint("c code", "c"), Hint("t conversation", "t"))) as (bar, pilot):
        assert text_of(bar).endswith("c code  ? help  / search  r refresh")
        await pilot.resize_terminal(120, 3)
        await pilot.pause()
        assert text_of(bar).endswith("c code  t conversation  ? help  / search  r refresh")
        await pilot.resize_terminal(66, 3)
        await pilot.pause()
        assert text_of(bar).endswith("  ? help  / search")


@pytest.mark.parametrize("symbols", [UNICODE, PLAIN])
def test_every_state_has_a_distinct_symbol(symbols: Any) -> None:
    signs = [symbols.live, symbols.checking, symbols.waiting]
    signs += [symbols.offline, symbols.blocked, symbols.sign_in]
    assert len(set(signs)) == len(signs)


@pytest.mark.parametrize("reason", ["the password is not right", "the keyring is " * 4])
async def test_the_sign_in_key_is_always_shown_while_signed_out(reason: str) -> None:
    hints = (Hint("S sign in", "S"), *HINTS)
    async with mounted(state=State.SIGN_IN, reason=reason, next_in=None, hints=hints) as (bar, _):
        assert "S sign in" in text_of(bar).splitlines()[0]
        assert "requests" not in text_of(bar)


async def test_a_notice_is_shown_after_the_state_instead_of_the_next_request() -> None:
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
async def test_a_notice_too_long_for_the_line_keeps_its_action_and_sender(
    width: int, shown: str
) -> None:
    notice = "copied 111222 of +7 999 000-11-22, 22 Nov 10:06 · no browser"
    async with mounted(width, notice=notice) as (bar, _):
        assert text_of(bar).startswith(shown)


@pytest.mark.parametrize("reason", ["", REASON, "日本語" * 20])
async def test_the_status_bar_fits_every_width(reason: str) -> None:
    widths = [2, 3, 5, 12, 25, 33, 57, 81, 200]
    async with mounted(state=State.OFFLINE, reason=reason) as (bar, pilot):
        assert await widths_drawn(pilot, bar, widths) == widths


async def test_reasons_from_the_server_are_sanitized() -> None:
    async with mounted(state=State.BLOCKED, reason="\x1b[2J[b]no\n\u202e") as (bar, _):
        assert not any(character in text_of(bar) for character in "\x1b\n\u202e")
        assert "[b]no" in text_of(bar)


async def test_nothing_is_repainted_while_the_time_shown_stays_the_same(
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
def test_waiting_times_are_shown_in_seconds_or_minutes(seconds: int, told: str) -> None:
    assert span(seconds) == told


@pytest.mark.parametrize(
    ("command", "key", "character"),
    [("search", "slash", "/"), ("back", "escape", None), ("star", "ctrl+k", None)],
)
async def test_a_click_on_a_hint_presses_its_key(
    command: str, key: str, character: str | None
) -> None:
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
        assert {(m.key, m.character) for m in app.posted_of(Key)} == {(key, character)}
