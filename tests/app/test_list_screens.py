"""What the list looks like: days, receiving numbers, states and what a search found."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from support.app_harness import HarnessApp, make_app, state_is, week
from support.sizes import Size, pictured_large_too
from textual.pilot import Pilot

from inbox_tui.archive import Archive, Query, Row
from inbox_tui.config import Settings
from inbox_tui.screens.filters import Filters

Snap = Callable[..., bool]
NAMES = {"79110000001": "Orders", "79110000002": "Codes", "79110000003": "Clinic"}


def with_states(folder: Path) -> HarnessApp:
    """A week of three named numbers and two without a name, some of it starred and done."""
    app = make_app(folder, messages=week(), settings=Settings(names=NAMES))
    with Archive.open(app.archive_path) as archive:
        (account,) = archive.accounts()
        items = account.lists.window(account.lists.open(Query()), 0, 12)
        rows = [item for item in items if isinstance(item, Row)]
        account.messages.set_state([rows[1].row, rows[3].row], "starred", value=True)
        account.messages.set_state([rows[3].row, rows[8].row], "done", value=True)
        account.messages.mute(rows[2].phone, muted=True)
    return app


async def live(pilot: Pilot[None]) -> None:
    await state_is(pilot, "Live")


@pictured_large_too
def test_days_numbers_and_states(snap_compare: Snap, tmp_path: Path, size: Size) -> None:
    assert snap_compare(with_states(tmp_path), terminal_size=size, run_before=live)


@pictured_large_too
def test_the_middle_of_a_day(snap_compare: Snap, tmp_path: Path, size: Size) -> None:
    async def further_down(pilot: Pilot[None]) -> None:
        await live(pilot)
        await pilot.press("G", "k", "k", "pageup")
        await pilot.pause()

    assert snap_compare(with_states(tmp_path), terminal_size=size, run_before=further_down)


@pictured_large_too
def test_one_number(snap_compare: Snap, tmp_path: Path, size: Size) -> None:
    app = make_app(tmp_path, messages=[m for m in week() if m.to_phone == "79110000001"])
    assert snap_compare(app, terminal_size=size, run_before=live)


@pictured_large_too
def test_what_a_search_found(snap_compare: Snap, tmp_path: Path, size: Size) -> None:
    app = with_states(tmp_path)

    async def searched(pilot: Pilot[None]) -> None:
        await live(pilot)
        await pilot.press("slash", *"заказ", "enter")
        await pilot.app.workers.wait_for_complete(
            [worker for worker in pilot.app.workers if worker.group == "search"]
        )
        await pilot.press("j", "j")
        await pilot.pause()

    assert snap_compare(app, terminal_size=size, run_before=searched)


@pictured_large_too
def test_an_empty_list(snap_compare: Snap, tmp_path: Path, size: Size) -> None:
    app = make_app(tmp_path, messages=week(), filters=Filters(to_phone="1"))
    assert snap_compare(app, terminal_size=size, run_before=live)
