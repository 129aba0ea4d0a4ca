"""The table of commands: where its rows are offered, and that they can be done."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from support.stage import message, stage, state_is, until
from textual.widgets import OptionList, Static

from inbox_tui.commands import COMMANDS, GROUPS, key_label
from inbox_tui.screens.inbox import InboxScreen
from inbox_tui.widgets.message_list import MessageList
from inbox_tui.widgets.message_view import MessageView

README = Path(__file__).parents[2] / "README.md"


def test_no_two_commands_share_a_name_a_key_or_a_description() -> None:
    for shared in (
        Counter(command.name for command in COMMANDS),
        Counter(command.description for command in COMMANDS),
        Counter(key for command in COMMANDS for key in command.keys),
    ):
        assert [what for what, times in shared.items() if times > 1] == []


def test_every_command_of_the_inbox_screen_has_its_action() -> None:
    for command in COMMANDS:
        action = command.action.partition("(")[0] or command.name
        if command.place == "screen" and not action.startswith("app."):
            assert hasattr(InboxScreen, f"action_{action}"), command.name


def test_every_move_is_bound_in_the_list_and_all_but_open_in_the_message() -> None:
    moves = {command for command in COMMANDS if command.place == "widgets"}
    assert moves, "there are moves"
    for move in moves:
        for key in move.keys:
            for widget in (MessageList, MessageView) if move.name != "open" else (MessageList,):
                assert key in {binding.key for binding in widget.BINDINGS}


def test_the_readme_lists_every_key_and_what_it_does() -> None:
    rows = [
        f"| {' '.join(f'`{key_label(key)}`' for key in command.keys)} | {command.description} |"
        for command in COMMANDS
        if command.keys
    ]
    table = "\n".join(("| key | does |", "| --- | --- |", *rows))
    assert f"\n\n{table}\n\n" in README.read_text(encoding="utf-8")


async def test_the_help_says_what_every_key_does(tmp_path: Path) -> None:
    app = stage(tmp_path, messages=[message(1)])
    async with app.run_test(size=(120, 60)) as pilot:
        await state_is(pilot, "Live")
        await pilot.press("question_mark")
        await until(pilot, lambda: bool(app.screen.query("#help-title")))
        told = "\n".join(
            "".join(segment.text for segment in line)
            for static in app.screen.query(Static)
            for line in app.console.render_lines(static.content)
        )
    for group in GROUPS:
        assert group in told
    for command in COMMANDS:
        if command.keys:
            assert " ".join(map(key_label, command.keys)) in told
            assert command.description in told


async def test_the_palette_offers_every_command_with_its_key(tmp_path: Path) -> None:
    app = stage(tmp_path, messages=[message(1)])
    async with app.run_test(size=(120, 60)) as pilot:
        await state_is(pilot, "Live")
        await pilot.press("ctrl+p")
        await until(pilot, lambda: app.screen.query_one(OptionList).option_count > 1)
        offered = [str(option.prompt) for option in app.screen.query_one(OptionList).options]
    for command in COMMANDS:
        if command.in_palette:
            words = command.description[0].upper() + command.description[1:]
            key = "".join(map(key_label, command.keys[:1]))
            assert any(line.strip() == f"{key.ljust(7)}{words}".strip() for line in offered), words
