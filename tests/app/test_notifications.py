"""Telling the user that something came."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.app_harness import HarnessApp, make_app, message, state_is, until
from textual import events

from inbox_tui.config import Settings
from inbox_tui.smsc.message import Answer
from inbox_tui.terminal.notifications import LONGEST_NOTICE, notification, terminal_title

FIRST = Answer([message(1, "Kept")], [])
LATER = Answer([message(2, "Secret 481516"), message(3, "Another")], [])


class Told:
    """What an application told the terminal."""

    def __init__(self, app: HarnessApp, monkeypatch: pytest.MonkeyPatch) -> None:
        self.written: list[str] = []
        self.bells = 0
        monkeypatch.setattr(app, "_write_to_terminal", self.written.append)
        monkeypatch.setattr(app, "bell", self.ring)

    def ring(self) -> None:
        self.bells += 1

    @property
    def notices(self) -> list[str]:
        return [text for text in self.written if text.endswith("\a")]


async def arrive(app: HarnessApp, *, focus: bool | None = None) -> None:
    async with app.run_test() as pilot:
        await state_is(pilot, "Live")
        if focus is not None:
            app.post_message(events.AppFocus() if focus else events.AppBlur())
            await pilot.pause()
        app.clock.move(21)
        await until(pilot, lambda: len(app.scripted.asked) == 2)
        await state_is(pilot, "Live")
        await pilot.pause()


def told_by(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> tuple[HarnessApp, Told]:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("VTE_VERSION", raising=False)
    app = make_app(tmp_path, FIRST, LATER, settings=settings)
    return app, Told(app, monkeypatch)


async def test_the_bell_rings_once_for_several_messages_and_not_for_the_first_sync(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, told = told_by(tmp_path, monkeypatch, Settings(notify="bell"))
    await arrive(app)
    assert told.bells == 1


async def test_the_terminal_is_asked_to_notify_without_any_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, told = told_by(tmp_path, monkeypatch, Settings(notify="terminal"))
    await arrive(app)
    assert told.notices == ["\x1b]9;2 new messages\x1b\\\a"]


async def test_the_text_is_told_only_where_the_settings_say_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(notify="terminal", notify_text=True, names={"79991234567": "Shop"})
    app, told = told_by(tmp_path, monkeypatch, settings)
    await arrive(app)
    assert told.notices == ["\x1b]9;2 new messages: Shop: Another\x1b\\\a"]


async def test_nothing_is_told_where_it_is_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, told = told_by(tmp_path, monkeypatch, Settings(notify="off"))
    await arrive(app)
    assert (told.bells, told.notices) == (0, [])


@pytest.mark.parametrize(("focus", "bells"), [(True, 0), (False, 1)])
async def test_nothing_is_told_while_the_terminal_says_it_has_the_focus(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, focus: bool, bells: int
) -> None:
    app, told = told_by(tmp_path, monkeypatch, Settings(notify="bell"))
    await arrive(app, focus=focus)
    assert told.bells == bells


@pytest.mark.parametrize(
    "environment",
    [{"TERM": "foot"}, {"TERM": "rxvt-unicode-256color"}, {"VTE_VERSION": "7600"}],
)
def test_a_terminal_that_knows_osc_777_gets_it(environment: dict[str, str]) -> None:
    assert notification("1 new; message", "a;b", environment) == (
        "\x1b]777;notify;1 new, message;a,b\x1b\\\a"
    )


def test_tmux_passes_it_on_and_hears_the_bell() -> None:
    assert notification("1 new message", "", {"TMUX": "/tmp/tmux"}) == (
        "\x1bPtmux;\x1b\x1b]9;1 new message\x1b\x1b\\\x1b\\\a"
    )


def test_an_emoji_cut_short_is_told_as_what_cannot_be_shown() -> None:
    england = "\N{WAVING BLACK FLAG}" + "".join(chr(0xE0000 + ord(letter)) for letter in "gbeng")
    told = notification("1 new message", "x" * (LONGEST_NOTICE - 3) + england + "\U000e007f", {})
    assert told.endswith("x\N{WAVING BLACK FLAG}��\x1b\\\a")


@given(st.text(), st.text())
def test_no_words_can_end_or_begin_a_control_sequence(title: str, body: str) -> None:
    for environment in ({}, {"TERM": "foot"}):
        sequence = notification(title, body, environment)
        inside = sequence.removeprefix("\x1b]").removesuffix("\x1b\\\a")
        assert not any(character < " " or "\x7f" <= character < "\xa0" for character in inside)
    inside = terminal_title(title).removeprefix("\x1b]2;").removesuffix("\x1b\\")
    assert not any(character < " " or "\x7f" <= character < "\xa0" for character in inside)
