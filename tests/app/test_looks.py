"""Dark, light, 16 colours or none, as the terminal is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from rich.style import Style
from support.app_harness import HarnessApp, make_app, state_is, until, week
from support.pictures import settled
from support.sizes import Size, pictured_large_too
from support.widgets import lines
from textual.pilot import Pilot

from inbox_tui.config import Settings
from inbox_tui.demo.states import NAMES
from inbox_tui.terminal.input import BackgroundReported
from inbox_tui.widgets.conversation import Conversation
from inbox_tui.widgets.status_bar import StatusBar

Snap = Callable[..., bool]
KEYS = ["j", "p", "w", "e", "question_mark", "ctrl+p", "t", "S", "tab"]


def styles(app: HarnessApp) -> list[Style]:
    """Every style on the screen, as it goes to the terminal."""
    drawn = app.screen._compositor.render_strips()
    return [segment.style for strip in drawn for segment in strip if segment.style is not None]


async def report(pilot: Pilot[None], *, dark: bool) -> None:
    pilot.app.post_message(BackgroundReported(dark=dark))
    await pilot.pause()


async def test_a_light_terminal_gets_the_light_theme_and_a_dark_one_the_dark(
    tmp_path: Path,
) -> None:
    app = make_app(tmp_path, messages=week())
    async with app.run_test() as pilot:
        assert app.theme == "inbox-dark"
        await report(pilot, dark=False)
        assert app.theme == "inbox-light"
        await report(pilot, dark=True)
        assert app.theme == "inbox-dark"


async def test_a_theme_of_the_settings_stays_whatever_the_terminal_is(tmp_path: Path) -> None:
    app = make_app(tmp_path, settings=Settings(theme="inbox-dark"))
    async with app.run_test() as pilot:
        await report(pilot, dark=False)
        assert app.theme == "inbox-dark"


@pytest.mark.parametrize("key", KEYS)
async def test_without_colour_there_is_none_and_no_grey(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = make_app(tmp_path, messages=week(), settings=Settings(theme="inbox-light"))
    async with app.run_test(size=(120, 40)) as pilot:
        await state_is(pilot, "Live")
        await pilot.press(key)
        await settled(pilot)
        for style in styles(app):
            assert all(c is None or c.is_default for c in (style.color, style.bgcolor)), style


async def test_an_empty_no_color_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "")
    app = make_app(tmp_path, messages=week())
    async with app.run_test() as pilot:
        await state_is(pilot, "Live")
        colors = {style.color.triplet for style in styles(app) if style.color is not None}
        assert any(color and color.red != color.blue for color in colors)


async def test_a_terminal_of_16_colours_gets_those_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    app = make_app(tmp_path, messages=week())
    async with app.run_test(size=(120, 40)) as pilot:
        await state_is(pilot, "Live")
        for key in ("j", "tab", "question_mark"):
            await pilot.press(key)
            await settled(pilot)
            for style in styles(app):
                for color in (style.color, style.bgcolor):
                    assert color is None or color.is_default or color.is_system_defined, style


@pictured_large_too
@pytest.mark.parametrize("look", ["dark", "light", "16 colours", "no colour"])
def test_a_conversation_in_every_look(
    snap_compare: Snap,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    look: str,
    size: Size,
) -> None:
    if look == "no colour":
        monkeypatch.setenv("NO_COLOR", "1")
    elif look == "16 colours":
        monkeypatch.setenv("TERM", "xterm")
    settings = Settings(theme="inbox-light" if look == "light" else "", names=NAMES)
    app = make_app(tmp_path, messages=week(), settings=settings)

    async def prepare(pilot: Pilot[None]) -> None:
        await state_is(pilot, "Live")
        await pilot.press("t")
        await until(pilot, lambda: bool(app.screen.query_one(Conversation).row))
        await settled(pilot)
        await pilot.press("k", "k")
        await settled(pilot)

    assert snap_compare(app, terminal_size=size, run_before=prepare)


async def test_a_click_on_a_hint_does_what_its_key_does(tmp_path: Path) -> None:
    app = make_app(tmp_path, messages=week(), settings=Settings(keys={"help": ("f1",)}))
    async with app.run_test(size=(120, 40)) as pilot:
        await state_is(pilot, "Live")
        bar = app.screen.query_one(StatusBar)
        await pilot.click(bar, offset=(lines(bar)[0].index("f1 help"), 0))
        await pilot.pause()
        assert type(app.screen).__name__ == "HelpScreen"
