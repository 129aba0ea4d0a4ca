"""Copying codes, texts and the mouse selection; opening links."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.app_harness import Opener, make_app, message, settled, until
from support.inbox_screen import five_messages, inbox, notice
from support.sizes import at_every_size
from support.widgets import drag, lines

from inbox_tui.widgets.message_view import MessageView


async def test_c_copies_the_code_without_separators(live: Opener) -> None:
    async with live(messages=five_messages()) as pilot:
        await pilot.press("c")
        assert pilot.app.clipboard == "123456"
        assert notice(pilot).startswith("copied 123456 of")
        await pilot.press("j", "c")
        assert pilot.app.clipboard == "123456"
        assert "no code" in notice(pilot)


async def test_y_copies_the_text_exactly(
    live: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = make_app(tmp_path, messages=[message(1, "[b]\x1b[31mline\nпривет 🎉")])
    copied: list[str] = []
    monkeypatch.setattr(app, "copy_to_clipboard", copied.append)
    async with live(app=app) as pilot:
        await pilot.press("y")
        assert copied == ["[b]\x1b[31mline\nпривет 🎉"]


async def test_lone_surrogates_are_copied_as_question_marks(live: Opener) -> None:
    async with live(messages=[message(1, "half \ud83d pair")]) as pilot:
        await pilot.press("y")
        assert pilot.app.clipboard == "half ? pair"


async def test_link_opens_only_after_it_is_confirmed(
    live: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setenv("DISPLAY", ":0")
    app = make_app(tmp_path, messages=five_messages())
    monkeypatch.setattr(app, "open_url", lambda url, **_: opened.append(url))
    async with live(app=app) as pilot:
        await pilot.press("j", "j", "j", "o")
        await until(pilot, lambda: len(app.screen_stack) == 2)
        assert opened == []
        await pilot.press("enter")
        assert opened == ["https://shop.example/5512"]
        await pilot.press("o", "escape")
        assert len(opened) == 1


async def test_without_a_desktop_the_link_is_copied(live: Opener) -> None:
    async with live(messages=five_messages()) as pilot:
        await pilot.press("j", "j", "j", "o")
        await until(pilot, lambda: len(pilot.app.screen_stack) == 2)
        await pilot.press("enter")
        assert pilot.app.clipboard == "https://shop.example/5512"
        assert notice(pilot) == (
            "copied the link of +7 916 000-11-22, 10:34 · no browser on this machine"
        )


@at_every_size
async def test_ctrl_c_copies_text_selected_with_the_mouse(
    live: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    here: list[str] = []
    monkeypatch.setattr("inbox_tui.terminal.clipboard.copy_here", here.append)
    async with live(messages=[message(1, "Заказ 5512 готов")]) as pilot:
        await pilot.press("enter")
        view = inbox(pilot).query_one(MessageView)
        y = lines(view).index(" Заказ 5512 готов")
        await drag(pilot, view, (1, y), (5, y))
        assert notice(pilot) == "Ctrl+C copies the selection"
        await pilot.press("ctrl+c")
        assert pilot.app.clipboard == "Заказ"
        assert notice(pilot) == "copied the selection of +7 999 123-45-67, 10:37"
        await pilot.press("y")
        assert pilot.app.clipboard == "Заказ 5512 готов"
        await settled(pilot, ("copy",))
        assert here == ["Заказ", "Заказ 5512 готов"]


@at_every_size
async def test_a_triple_click_selects_the_message_and_nothing_around_it(live: Opener) -> None:
    async with live(messages=five_messages()) as pilot:
        await pilot.press("enter")
        await pilot.click(MessageView, offset=(5, 1), times=3)
        await pilot.press("ctrl+c")
        assert pilot.app.clipboard.startswith("From")
        assert pilot.app.clipboard.endswith("123-456 is your code")
