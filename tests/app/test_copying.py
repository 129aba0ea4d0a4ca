"""Copying codes, texts and what is selected; opening links."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.app_harness import make_app, message, state_is, until
from support.inbox_screen import five_messages, inbox, notice
from support.sizes import Size, at_every_size

from inbox_tui.widgets.message_view import MessageView


@at_every_size
async def test_c_copies_the_letters_and_digits_of_the_code_only(tmp_path: Path, size: Size) -> None:
    app = make_app(tmp_path, messages=five_messages())
    async with app.run_test(size=size) as pilot:
        await state_is(pilot, "Live")
        await pilot.press("c")
        assert app.clipboard == "123456"
        assert notice(pilot).startswith("copied 123456 of")
        await pilot.press("j", "c")
        assert app.clipboard == "123456"
        assert "no code" in notice(pilot)


@at_every_size
async def test_y_copies_the_text_exactly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: Size
) -> None:
    app = make_app(tmp_path, messages=[message(1, "[b]\x1b[31mline\nпривет 🎉")])
    copied: list[str] = []
    monkeypatch.setattr(app, "copy_to_clipboard", copied.append)
    async with app.run_test(size=size) as pilot:
        await state_is(pilot, "Live")
        await pilot.press("y")
        assert copied == ["[b]\x1b[31mline\nпривет 🎉"]


@at_every_size
async def test_a_text_that_no_terminal_can_take_is_copied_as_near_as_can_be(
    tmp_path: Path, size: Size
) -> None:
    app = make_app(tmp_path, messages=[message(1, "half \ud83d pair")])
    async with app.run_test(size=size) as pilot:
        await state_is(pilot, "Live")
        await pilot.press("y")
        assert app.clipboard == "half ? pair"


@at_every_size
async def test_a_link_opens_only_after_its_host_was_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: Size
) -> None:
    opened: list[str] = []
    monkeypatch.setenv("DISPLAY", ":0")
    app = make_app(tmp_path, messages=five_messages())
    monkeypatch.setattr(app, "open_url", lambda url, **_: opened.append(url))
    async with app.run_test(size=size) as pilot:
        await state_is(pilot, "Live")
        await pilot.press("j", "j", "j", "o")
        await until(pilot, lambda: len(app.screen_stack) == 2)
        assert opened == []
        await pilot.press("enter")
        await pilot.pause()
        assert opened == ["https://shop.example/5512"]
        await pilot.press("o", "escape")
        await pilot.pause()
        assert len(opened) == 1


@at_every_size
async def test_without_a_desktop_the_link_is_copied(tmp_path: Path, size: Size) -> None:
    app = make_app(tmp_path, messages=five_messages())
    async with app.run_test(size=size) as pilot:
        await state_is(pilot, "Live")
        await pilot.press("j", "j", "j", "o")
        await until(pilot, lambda: len(app.screen_stack) == 2)
        await pilot.press("enter")
        await pilot.pause()
        assert app.clipboard == "https://shop.example/5512"
        assert notice(pilot) == (
            "copied the link of +7 916 000-11-22, 10:34 · no browser on this machine"
        )


@at_every_size
async def test_what_is_selected_with_the_mouse_is_copied(
    tmp_path: Path, size: Size, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = make_app(tmp_path, messages=[message(1, "Заказ 5512 готов")])
    here: list[str] = []
    monkeypatch.setattr("inbox_tui.terminal.clipboard.copy_here", here.append)
    async with app.run_test(size=size) as pilot:
        await state_is(pilot, "Live")
        await pilot.press("enter")
        await pilot.pause()
        view = inbox(pilot).query_one(MessageView)
        line = [strip.text.strip() for strip in view.render_lines(view.region.size.region)].index(
            "Заказ 5512 готов"
        )
        await pilot.mouse_down(view, offset=(1, line))
        await pilot.hover(view, offset=(5, line))
        await pilot.mouse_up(view, offset=(5, line))
        await pilot.pause()
        assert notice(pilot) == "Ctrl+C copies the selection"
        await pilot.press("ctrl+c")
        assert app.clipboard == "Заказ"
        assert notice(pilot) == "copied the selection of +7 999 123-45-67, 10:37"
        await pilot.press("y")
        assert app.clipboard == "Заказ 5512 готов"
        await pilot.app.workers.wait_for_complete(
            [worker for worker in app.workers if worker.group == "copy"]
        )
        assert here == ["Заказ", "Заказ 5512 готов"]
