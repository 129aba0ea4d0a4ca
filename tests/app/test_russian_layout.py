"""With the Russian layout on, every command's key works, and fields take text as typed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.app_harness import HarnessApp, Opener, message, until
from textual import events
from textual.pilot import Pilot
from textual.widgets import Input

from inbox_tui.commands import COMMANDS, SAME_PLACE, latin_key
from inbox_tui.screens.inbox import InboxScreen
from inbox_tui.widgets.filter_bar import FilterBar
from inbox_tui.widgets.message_list import MessageList
from inbox_tui.widgets.message_view import MessageView

RUSSIAN = {latin: russian for russian, latin in SAME_PLACE.items()}
TEXT = "Ваш код: 481 516 https://shop.example/5512"


async def type_characters(pilot: Pilot[None], typed: str) -> None:
    """Send each character as a key, as a terminal does."""
    for character in typed:
        await pilot.press(character)


def record_actions(app: HarnessApp, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Record the actions of keys, with the class of their namespace, instead of running them."""
    actions: list[tuple[str, str]] = []

    async def note(action: Any, namespace: Any = None, namespaces: Any = None) -> bool:
        actions.append((str(action), type(namespace).__name__))
        return True

    monkeypatch.setattr(app, "run_action", note)
    return actions


def on_russian(key: str) -> str:
    """Return what the key sends with the Russian layout on, or the key itself if unchanged."""
    modifiers, plus, last = key.rpartition("+")
    return modifiers + plus + RUSSIAN.get(last, last)


@pytest.mark.parametrize("widget", [MessageList, MessageView])
async def test_every_command_does_the_same_with_the_russian_layout(
    live: Opener, monkeypatch: pytest.MonkeyPatch, widget: type[MessageList | MessageView]
) -> None:
    async with live(messages=[message(1, TEXT)]) as pilot:
        pilot.app.screen.query_one(widget).focus()
        await pilot.pause()
        actions = record_actions(pilot.app, monkeypatch)
        for command in COMMANDS:
            for key in command.keys:
                if on_russian(key) == key:
                    continue
                done = []
                for layout in (key, on_russian(key)):
                    await pilot.press(layout)
                    done.append(actions[:])
                    actions.clear()
                latin, russian = done
                assert len(latin) == 1, key
                assert russian == latin, key


def test_every_command_key_exists_on_the_russian_layout() -> None:
    keys = [key.rpartition("+")[2] for command in COMMANDS for key in command.keys]
    assert [key for key in keys if len(key) == 1 and key not in RUSSIAN and key > "9"] == []


def test_command_keys_are_not_translated_from_the_russian_layout() -> None:
    for command in COMMANDS:
        for key in command.keys:
            assert latin_key(key) == key, "a full stop or a comma cannot be told by its layout"


@pytest.mark.parametrize(
    ("russian", "latin"),
    [
        *zip("йцукенгшщзхъ", "qwertyuiop[]", strict=True),
        *zip("фывапролджэ", "asdfghjkl;'", strict=True),
        *zip("ячсмитьбю.ё", "zxcvbnm,./`", strict=True),
        *zip("ЙФЯБЮЖЭХЪЁ,", 'QAZ<>:"{}~?', strict=True),
        ("№", "#"),
        ("ctrl+я", "ctrl+z"),
        ("ctrl+З", "ctrl+P"),
        ("q", "q"),
        ("é", "é"),
        ("escape", "escape"),
        ("+", "+"),
    ],
)
def test_russian_key_maps_to_the_latin_key_in_the_same_place(russian: str, latin: str) -> None:
    assert latin_key(russian) == latin


async def test_search_opened_with_the_russian_layout_accepts_russian_text(live: Opener) -> None:
    async with live(messages=[message(1, TEXT), message(2, "Заказ")]) as pilot:
        await type_characters(pilot, ".код.,")
        bar = pilot.app.screen.query_one(FilterBar)
        await until(pilot, lambda: bar.search == "код.,")
        await pilot.press("enter")
        await type_characters(pilot, "ч")
        await until(pilot, lambda: bar.search == "")


async def test_picker_opened_with_the_russian_layout_accepts_russian_text(
    live: Opener,
) -> None:
    async with live(messages=[message(1, TEXT)]) as pilot:
        await type_characters(pilot, "зцй")
        await until(pilot, lambda: pilot.app.screen.query_one(Input).value == "цй")


async def test_palette_opened_with_the_russian_layout_accepts_russian_text(live: Opener) -> None:
    async with live(messages=[message(1, TEXT)]) as pilot:
        await pilot.press("ctrl+з")
        await until(pilot, lambda: bool(pilot.app.screen.query(Input)))
        await type_characters(pilot, "щк.")
        await until(pilot, lambda: pilot.app.screen.query_one(Input).value == "щк.")


async def test_dialogue_keys_work_with_the_russian_layout(live: Opener) -> None:
    async with live(messages=[message(1, TEXT)]) as pilot:
        for opens, closes in ((",", "й"), (",", ","), ("щ", "н")):
            await type_characters(pilot, opens)
            await until(pilot, lambda: len(pilot.app.screen_stack) == 2)
            await type_characters(pilot, closes)
            await until(pilot, lambda: len(pilot.app.screen_stack) == 1)
        assert pilot.app.clipboard == "https://shop.example/5512"


async def test_ctrl_shortcuts_work_in_fields_with_the_russian_layout(
    live: Opener, tmp_path: Path
) -> None:
    (tmp_path / "out.csv").write_text("old")
    async with live(messages=[message(1, TEXT)]) as pilot:
        await type_characters(pilot, "у")
        await until(pilot, lambda: len(pilot.app.screen_stack) == 2)
        pilot.app.screen.query_one(Input).value = str(tmp_path / "out.csv")
        await pilot.press("ctrl+щ")
        await until(pilot, lambda: len(pilot.app.screen_stack) == 1)
    assert "481 516" in (tmp_path / "out.csv").read_text(encoding="utf-8")


async def test_keys_of_the_russian_layout_are_not_translated_twice(live: Opener) -> None:
    async with live(messages=[message(1, TEXT)]) as pilot:
        await type_characters(pilot, "бю")
        assert isinstance(pilot.app.screen, InboxScreen), "б is a comma, which is no command's key"
        assert not pilot.app.screen.query_one(FilterBar).searching, "ю is a full stop, no slash"


async def test_text_sent_together_with_the_search_key_is_not_translated(live: Opener) -> None:
    async with live(messages=[message(1, TEXT)]) as pilot:
        for name, character in (("full_stop", "."), ("ь", "ь"), ("comma", ","), ("Ь", "Ь")):
            pilot.app.post_message(events.Key(name, character))
        bar = pilot.app.screen.query_one(FilterBar)
        await until(pilot, lambda: bar.search == "ь,Ь")
