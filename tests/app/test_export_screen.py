"""Exporting the listed messages from the inbox."""

from __future__ import annotations

import json
import os
from pathlib import Path
from threading import Event

import pytest
from support.app_harness import HarnessApp, Opener, message, state_is, until
from support.command import assert_private
from support.inbox_screen import exported, five_messages
from textual.pilot import Pilot
from textual.widgets import Input, ProgressBar

from inbox_tui.archive import Row
from inbox_tui.exports import Exporter
from inbox_tui.screens.filters import Filters
from inbox_tui.smsc.message import IncomingMessage

pytestmark = pytest.mark.usefixtures("home")


def codes(count: int = 5) -> list[IncomingMessage]:
    return [message(number, f"Код: {4000 + number}") for number in range(1, count + 1)]


async def open_export(pilot: Pilot[None]) -> Input:
    await state_is(pilot, "Live")
    await pilot.press("e")
    await until(pilot, lambda: len(pilot.app.screen_stack) == 2)
    return pilot.app.screen.query_one("#export-file", Input)


def told(app: HarnessApp) -> str:
    return " ".join(notification.message for notification in app._notifications)


async def test_export_path_completes_folder_names(opened: Opener, home: Path) -> None:
    (home / "Documents").mkdir()
    async with opened(messages=codes(), filters=Filters()) as pilot:
        field = await open_export(pilot)
        field.value = ""
        await pilot.press(*f"~{os.sep}Doc")
        await until(pilot, lambda: field._suggestion == f"~{os.sep}Documents/")
        await pilot.press("right")
        assert field.value == f"~{os.sep}Documents/"
        await pilot.press(*"x.json", "enter")
        await until(pilot, lambda: len(pilot.app.screen_stack) == 1)
    records = json.loads((home / "Documents" / "x.json").read_text(encoding="utf-8"))
    assert [record["code"] for record in records][:2] == ["4001", "4002"]


@pytest.mark.parametrize("form", ["csv", "json", "jsonl"])
async def test_tab_chooses_the_export_format_and_the_message_count_is_shown(
    opened: Opener, home: Path, form: str
) -> None:
    async with opened(messages=codes(), filters=Filters()) as pilot:
        field = await open_export(pilot)
        await pilot.press(*["tab"] * ["csv", "json", "jsonl"].index(form))
        assert field.value == f"~/inbox-2026-11-23.{form}"
        await pilot.press("enter")
        await until(pilot, lambda: len(pilot.app.screen_stack) == 1)
        file = home / f"inbox-2026-11-23.{form}"
        await until(pilot, lambda: told(pilot.app) == f"5 messages written to {file}")
    assert "4005" in file.read_text(encoding="utf-8")


class Halfway:
    """Pauses an export at message number `at` until `go_on` is set."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, at: int) -> None:
        self.go_on = Event()
        record = Exporter.record

        def waiting(exporter: Exporter, row: Row) -> dict[str, object]:
            self._done += 1
            if self._done == at:
                assert self.go_on.wait(20)
            return record(exporter, row)

        self._done = 0
        monkeypatch.setattr(Exporter, "record", waiting)


async def test_large_export_shows_progress_and_accepts_only_escape(
    opened: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    halfway = Halfway(monkeypatch, at=2100)
    async with opened(messages=codes(3000), filters=Filters()) as pilot:
        field = await open_export(pilot)
        await pilot.press("enter")
        bar = pilot.app.screen.query_one(ProgressBar)
        await until(pilot, lambda: bar.progress == 2000)
        assert bar.display
        assert bar.total == 3000
        assert "Esc stops" in str(pilot.app.screen.query_one(".dialog-hint").render())
        await pilot.press("tab", "enter", "x")
        assert field.value == "~/inbox-2026-11-23.csv"
        halfway.go_on.set()
        await until(pilot, lambda: len(pilot.app.screen_stack) == 1)
        await until(pilot, lambda: told(pilot.app).startswith("3\u00a0000 messages written to "))


async def test_cancelled_export_leaves_no_file(
    opened: Opener, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    halfway = Halfway(monkeypatch, at=1500)
    async with opened(messages=codes(3000), filters=Filters()) as pilot:
        await open_export(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: pilot.app.screen.query_one(ProgressBar).progress == 1000)
        await pilot.press("escape")
        await until(pilot, lambda: len(pilot.app.screen_stack) == 1)
        halfway.go_on.set()
        await until(pilot, lambda: {file.stem for file in home.iterdir()} == {"inbox"})
        assert told(pilot.app) == ""


async def test_file_name_can_be_corrected_after_an_export_error(opened: Opener, home: Path) -> None:
    async with opened(messages=codes(), filters=Filters()) as pilot:
        field = await open_export(pilot)
        field.value = "~/missing/x.csv"
        await pilot.press("enter")
        await until(pilot, lambda: pilot.app.screen.query_one("#export-reason").display)
        assert "No such file or directory" in str(
            pilot.app.screen.query_one("#export-reason").render()
        )
        assert field.has_focus
        field.value = ""
        await pilot.press("enter")
        assert "Enter a file name." in str(pilot.app.screen.query_one("#export-reason").render())
        await pilot.press(*"~/x.csv", "enter")
        await until(pilot, lambda: len(pilot.app.screen_stack) == 1)
    assert (home / "x.csv").exists()


async def test_e_exports_the_messages_shown(opened: Opener, home: Path) -> None:
    async with opened(messages=five_messages(), filters=Filters(to_phone="79110000002")) as pilot:
        field = await open_export(pilot)
        field.value = "~/out.jsonl"
        await pilot.press("enter")
        await until(pilot, lambda: len(pilot.app.screen_stack) == 1)
        written = exported(home / "out.jsonl")
        assert [record["id"] for record in written] == [3, 5]
        assert written[1]["code"] == "123456"
        assert_private(home / "out.jsonl")


async def test_export_overwrites_a_file_only_if_confirmed(opened: Opener, home: Path) -> None:
    (home / "out.csv").write_text("mine")
    async with opened(messages=five_messages()) as pilot:
        field = await open_export(pilot)
        field.value = "~/out.csv"
        await pilot.press("enter")
        await until(pilot, lambda: pilot.app.screen.query_one("#export-reason").display)
        assert (home / "out.csv").read_text() == "mine"
        await pilot.press("ctrl+o")
        await until(pilot, lambda: len(pilot.app.screen_stack) == 1)
        assert "123-456" in (home / "out.csv").read_text(encoding="utf-8")
