"""The table of commands: where each command is offered, and that it can be run."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from support.app_harness import Opener, make_app, message, until
from support.documents import README
from support.inbox_screen import in_words
from support.widgets import screen_text
from textual.widgets import OptionList

from inbox_tui.commands import COMMANDS, GROUPS, CommandKeys, KeyRefused, key_label
from inbox_tui.config import Settings
from inbox_tui.locale import _
from inbox_tui.screens.inbox import InboxScreen
from inbox_tui.widgets.filter_bar import FilterBar
from inbox_tui.widgets.message_list import MessageList
from inbox_tui.widgets.message_pane import MessagePane
from inbox_tui.widgets.message_view import MessageView
from inbox_tui.widgets.status_bar import StatusBar


def test_no_two_commands_share_a_name_a_key_or_a_description() -> None:
    for shared in (
        Counter(command.name for command in COMMANDS),
        Counter(command.description for command in COMMANDS),
        Counter(key for command in COMMANDS for key in command.keys),
    ):
        assert [what for what, times in shared.items() if times > 1] == []


async def test_inbox_screen_implements_every_command(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    async with app.run_test():
        assert isinstance(app.screen, InboxScreen)
        of_screen = [command for command in COMMANDS if command.place == "screen"]
        assert set(app.screen.handlers) == {one.name for one in of_screen if not one.action}
        for action in {one.action.partition("(")[0] for one in of_screen} - {""}:
            assert action.startswith("app.") or hasattr(app.screen, f"action_{action}"), action


def test_every_move_is_bound_in_the_list_and_all_but_open_in_the_message() -> None:
    moves = {command for command in COMMANDS if command.place == "widgets"}
    assert moves, "there are moves"
    for move in moves:
        for key in move.keys:
            for widget in (MessageList, MessageView) if move.name != "open" else (MessageList,):
                bound = (*MessagePane.BINDINGS, *widget.BINDINGS)
                assert key in {getattr(binding, "key", "") for binding in bound}


def test_the_readme_lists_every_key_and_what_it_does() -> None:
    rows = []
    for command in COMMANDS:
        keys = [f"`{key_label(key)}`" for key in command.keys]
        written = f"{keys[0]} to {keys[-1]}" if len(keys) > 4 else " ".join(keys)
        rows.append(f"| {written} | {command.description} | `{command.name}` |")
    table = "\n".join(("| key | does | name |", "| --- | --- | --- |", *rows))
    assert f"\n\n{table}\n\n" in README


@pytest.mark.parametrize("language", ["en", "ru"], indirect=True)
async def test_the_help_says_what_every_key_does(live: Opener, language: str) -> None:
    async with live(messages=[message(1)], size=(120, 70)) as pilot:
        await pilot.press("question_mark")
        await until(pilot, lambda: bool(pilot.app.screen.query("#help-title")))
        told = screen_text(pilot.app)
    for group in GROUPS:
        assert _(group) in told
    for command in COMMANDS:
        if command.keys:
            assert f"{CommandKeys().labels(command.name):15}{_(command.description)[:30]}" in told
    assert "1–9   " in told


async def test_the_palette_offers_every_command_with_its_key(live: Opener) -> None:
    async with live(messages=[message(1)], size=(120, 60)) as pilot:
        await pilot.press("ctrl+p")
        await until(pilot, lambda: pilot.app.screen.query_one(OptionList).option_count > 1)
        offered = [str(option.prompt) for option in pilot.app.screen.query_one(OptionList).options]
    for command in COMMANDS:
        if command.in_palette:
            words = command.description[0].upper() + command.description[1:]
            key = "".join(map(key_label, command.keys[:1]))
            assert any(line.strip() == f"{key.ljust(7)}{words}".strip() for line in offered), words


# -- keys changed by [keys] in the settings


MESSAGES = [message(1, "Ваш код: 481 516", minutes_ago=9), message(2, "Заказ")]


def rebound(**keys: tuple[str, ...]) -> Settings:
    return Settings(keys=keys)


async def test_configured_keys_replace_the_default_keys(live: Opener) -> None:
    async with live(
        messages=MESSAGES, settings=rebound(toggle_unread=("b", "f5"), search=("u",))
    ) as pilot:
        bar = pilot.app.screen.query_one(FilterBar)
        for key, unread in (("b", True), ("f5", False), ("и", True), ("slash", True), (".", True)):
            await pilot.press(key)
            assert (bool(bar.state), bar.searching) == (unread, False), key
        await pilot.press("г")
        await until(pilot, lambda: bar.searching)


async def test_configured_keys_do_not_act_in_text_fields(live: Opener) -> None:
    async with live(
        messages=MESSAGES, settings=rebound(toggle_unread=("b",), refresh=("ctrl+u",), export=())
    ) as pilot:
        await pilot.press("slash", *"seu", "ctrl+u", *"rs")
        bar = pilot.app.screen.query_one(FilterBar)
        await until(pilot, lambda: bar.search == "rs")
        assert not bar.state
        await pilot.press("enter", "e")
        assert len(pilot.app.screen_stack) == 1, "export has no key"


async def test_moves_use_the_configured_keys_and_the_arrow_keys(live: Opener) -> None:
    async with live(
        messages=MESSAGES, settings=rebound(down=("i",), open=("l",), theme=("ctrl+t",))
    ) as pilot:
        messages = pilot.app.screen.query_one(MessageList)
        for key, cursor in (("j", 1), ("i", 2), ("up", 1), ("down", 2)):
            await pilot.press(key)
            assert messages.cursor == cursor, key
        await pilot.press("l")
        await until(pilot, lambda: pilot.app.screen.query_one(MessageView).has_focus)
        await pilot.press("ctrl+t")
        await until(pilot, lambda: len(pilot.app.screen_stack) == 2)


async def test_hints_help_and_palette_show_the_configured_keys(live: Opener) -> None:
    async with live(
        messages=MESSAGES,
        settings=rebound(search=("b",), copy_code=("ctrl+k",), refresh=()),
        size=(120, 60),
    ) as pilot:
        assert in_words(pilot.app.screen.query_one(StatusBar).hints) == "? help  b search"
        await pilot.press("j")
        await until(pilot, lambda: "Ctrl+K copies" in screen_text(pilot.app))
        await pilot.press("question_mark")
        await until(pilot, lambda: bool(pilot.app.screen.query("#help-title")))
        assert f"{'b':15}search text" in screen_text(pilot.app)
        assert "refresh, as" not in screen_text(pilot.app)
        await pilot.press("escape", "ctrl+p")
        await until(pilot, lambda: "Ctrl+K Copy the code" in screen_text(pilot.app))


def test_two_commands_can_swap_their_keys() -> None:
    keys = CommandKeys({"search": ("u",), "toggle_unread": ("/",)})
    assert (keys.usual("u"), keys.usual("/")) == ("/", "u")
    assert (keys.label("search"), keys.label("toggle_unread")) == ("u", "/")


def test_configured_keys_are_normalised_including_russian_letters() -> None:
    assert CommandKeys({"search": ("Л",)}).of("search") == ("K",)
    assert CommandKeys({"search": ("Ctrl+K", " F5 ")}).of("search") == ("ctrl+k", "f5")


@pytest.mark.parametrize(
    ("chosen", "problem"),
    [
        ({"serch": ("b",)}, "there is no command serch (did you mean search?)"),
        ({"search": ("u",)}, '[keys] search = "u" is already a key of toggle_unread'),
        ({"search": ("г",)}, '[keys] search = "u" is already a key of toggle_unread'),
        ({"search": ("b",), "undo": ("b",)}, '[keys] undo = "b" is already a key of search'),
        ({"first": ("G",)}, '[keys] first = "G" is already a key of last'),
        *(
            ({"search": (key,)}, f'[keys] search = "{key}"')
            for key in (
                *("", " ", ".", ",", "ab", "\t", "ctrl+h", "ctrl+i", "ctrl+j", "ctrl+m", "ctrl+q"),
                *("ctrl+c", "ctrl+1", "ctrl+shift+a", "shift+a", "alt+x", "cmd+k", "f13", "f0"),
                *("up", "enter", "escape", "tab", "\x1b[2J"),
            )
        ),
    ],
)
def test_invalid_configured_key_is_refused(
    chosen: dict[str, tuple[str, ...]], problem: str
) -> None:
    with pytest.raises(KeyRefused) as refused:
        CommandKeys(chosen)
    assert str(refused.value).isprintable()
    if "\x1b" not in problem and "\t" not in problem:
        assert str(refused.value).startswith(f"{problem}: allowed values: ")
    assert not str(refused.value).endswith("allowed values: ")
