"""Commands run from the command palette."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from support.app_harness import Opener, until
from support.inbox_screen import (
    by_palette,
    choose_in_palette,
    filter_bar,
    five_messages,
    inbox,
    press_at_once,
    shown,
    unread,
)
from support.sizes import at_every_size
from textual.command import CommandPalette
from textual.widgets import Input, OptionList

from inbox_tui.commands import COMMANDS
from inbox_tui.config import load_settings
from inbox_tui.widgets.message_list import MessageList


async def test_palette_can_filter_by_receiving_number(live: Opener) -> None:
    async with live(messages=five_messages()) as pilot:
        await by_palette(pilot, "to +7 911 000-00-02")
        await until(pilot, lambda: shown(pilot) == 2)


NOUNS = {
    "en": """theme: Choose the theme; code: Copy the code; link: Open the link; exit: Quit;
        export: Export what is shown; mark: Mark read or unread;
        listed all: Mark all listed messages read; num: Choose the receiving number""",
    "ru": """тема: Выбрать тему; код: Скопировать код; ссылка: Открыть ссылку; выход: Выйти;
        экспорт: Выгрузить то, что показано; отмена: Отменить последнее; Тёмная: Выбрать тему;
        вход: Войти; помощь: Справка; поиск: Искать текст; имя: Дать имя""",
}


@pytest.mark.parametrize("language", NOUNS, indirect=True)
async def test_typing_a_noun_lists_its_command_first(live: Opener, language: str) -> None:
    async with live(messages=five_messages(), size=(80, 24)) as pilot:
        await pilot.press("ctrl+p")
        await until(pilot, lambda: len(pilot.app.screen.query(OptionList)) > 0)
        listed = pilot.app.screen.query_one(OptionList)
        for line in NOUNS[language].split(";"):
            typed, found = line.strip().split(": ")
            pilot.app.screen.query_one(Input).value = typed

            def is_first(found: str = found) -> bool:
                offered = [str(option.prompt) for option in listed.options]
                return bool(offered) and offered[0][7:].startswith(found)

            await until(pilot, is_first)


@at_every_size
async def test_every_palette_command_can_be_run(live: Opener) -> None:
    async with live(messages=five_messages()) as pilot:
        for command in COMMANDS:
            if not command.in_palette or command.name == "quit":
                continue
            await inbox(pilot).run_from_palette(command.textual_action)
            await pilot.pause()
            await pilot.press("escape", "escape")
            await until(pilot, lambda: len(pilot.app.screen_stack) == 1)


async def test_palette_command_keeps_the_search_being_typed(live: Opener) -> None:
    async with live(messages=five_messages()) as pilot:
        await pilot.press("slash", *"bank", "ctrl+p")
        press_at_once(pilot, *"all listed")
        await until(pilot, lambda: pilot.app.screen.query_one(Input).value == "all listed")
        await until(pilot, lambda: pilot.app.screen.query_one(OptionList).option_count == 1)
        await pilot.pause(0.1)
        await pilot.press("enter")
        await until(pilot, lambda: unread(pilot) == 3)
        assert filter_bar(pilot).search == "bank"
        assert inbox(pilot).query_one(MessageList).has_focus


async def test_theme_chosen_in_the_palette_is_saved(live: Opener, tmp_path: Path) -> None:
    async with live(messages=five_messages()) as pilot:
        messages = inbox(pilot).query_one(MessageList)
        path = tmp_path / "config.toml"
        for theme in ("inbox-light", "nord", "inbox-dark"):
            before = messages.render_line(3)
            await by_palette(pilot, "choose the theme")
            await until(pilot, lambda: isinstance(pilot.app.screen, CommandPalette))
            await choose_in_palette(pilot, theme)
            await until(pilot, partial(lambda theme: pilot.app.theme == theme, theme))
            await until(pilot, lambda: messages.render_line(3) != before)  # noqa: B023
            await until(pilot, partial(lambda theme: load_settings(path).theme == theme, theme))
