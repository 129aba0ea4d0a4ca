"""Pictures of the list: days, receiving numbers, states and the results of a search."""

from __future__ import annotations

from pathlib import Path

from support.app_harness import HarnessApp, make_app, stored, week
from support.pictures import Snapshot
from support.sizes import pictured_large_too
from textual.pilot import Pilot

from inbox_tui.archive import Query, Row
from inbox_tui.config import Settings
from inbox_tui.screens.filters import Filters

NAMES = {"79110000001": "Orders", "79110000002": "Codes", "79110000003": "Clinic"}


def with_states(folder: Path) -> HarnessApp:
    """Return the application with a week of messages, some starred, done or muted.

    Three of the receiving numbers have names, two have none.
    """
    app = make_app(folder, messages=week(), settings=Settings(names=NAMES))
    with stored(app) as account:
        items = account.lists.window(account.lists.open(Query()), 0, 12)
        rows = [item for item in items if isinstance(item, Row)]
        account.messages.set_state([rows[1].row, rows[3].row], "starred", value=True)
        account.messages.set_state([rows[3].row, rows[8].row], "done", value=True)
        account.messages.mute(rows[2].phone, muted=True)
    return app


@pictured_large_too
def test_days_numbers_and_states(snapshot: Snapshot, tmp_path: Path) -> None:
    assert snapshot(app=with_states(tmp_path))


@pictured_large_too
def test_the_middle_of_a_day(snapshot: Snapshot, tmp_path: Path) -> None:
    assert snapshot("G", "k", "k", "pageup", app=with_states(tmp_path))


@pictured_large_too
def test_list_with_a_single_receiving_number(snapshot: Snapshot) -> None:
    assert snapshot(messages=[m for m in week() if m.to_phone == "79110000001"])


@pictured_large_too
def test_search_results(snapshot: Snapshot, tmp_path: Path) -> None:
    async def further_down(pilot: Pilot[None]) -> None:
        await pilot.press("j", "j")
        await pilot.pause()

    assert snapshot("slash", *"заказ", "enter", app=with_states(tmp_path), then=further_down)


@pictured_large_too
def test_an_empty_list(snapshot: Snapshot) -> None:
    assert snapshot(filters=Filters(to_phone="1"))
