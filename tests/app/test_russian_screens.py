"""Every screen in Russian, at three sizes of terminal."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from support.app_harness import make_app, message, state_is, until, week
from support.sizes import at_every_size as every_size
from textual.pilot import Pilot
from textual.widgets import OptionList

from inbox_tui.config import Settings
from inbox_tui.screens.filters import Filters
from inbox_tui.smsc.errors import ConnectionRefused

Snap = Callable[..., bool]

pytestmark = pytest.mark.usefixtures("russian")
SETTINGS = Settings(names={"79110000001": "Заказы"})


async def settled(pilot: Pilot[None]) -> None:
    """Wait for what the keys began."""
    await pilot.app.workers.wait_for_complete(
        [worker for worker in pilot.app.workers if worker.group in ("search", "marks", "counts")]
    )
    await pilot.pause()
    await pilot.pause()


async def keyring_looked_at(pilot: Pilot[None]) -> None:
    """Wait until the sign-in says what is wrong with the keyring."""

    def is_said() -> bool:
        notes = pilot.app.screen.query("#keyring-note")
        return bool(notes) and notes.first().display

    await until(pilot, is_said)
    await pilot.pause()


@every_size
@pytest.mark.parametrize(
    "keys",
    [
        pytest.param((), id="inbox"),
        pytest.param(("j", "enter"), id="message"),
        pytest.param(("t",), id="conversation"),
        pytest.param(("question_mark",), id="help"),
        pytest.param(("p",), id="number"),
        pytest.param(("w",), id="window"),
        pytest.param(("J",), id="date"),
        pytest.param(("e",), id="export"),
        pytest.param(("slash",), id="search"),
        pytest.param(("slash", *"форма:банк"), id="wrong-search"),
        pytest.param(("slash", *"нетничего", "enter"), id="nothing-found"),
        pytest.param(("j", "s", "d", "z"), id="states"),
    ],
)
def test_a_screen_in_russian(
    snap_compare: Snap, tmp_path: Path, size: tuple[int, int], keys: tuple[str, ...]
) -> None:
    async def prepare(pilot: Pilot[None]) -> None:
        await state_is(pilot, "Live")
        await pilot.press(*keys)
        await settled(pilot)

    app = make_app(tmp_path, messages=week(), settings=SETTINGS, filters=Filters(hours=48))
    assert snap_compare(app, terminal_size=size, run_before=prepare)


@every_size
def test_the_palette_in_russian(snap_compare: Snap, tmp_path: Path, size: tuple[int, int]) -> None:
    async def prepare(pilot: Pilot[None]) -> None:
        await state_is(pilot, "Live")
        await pilot.press("ctrl+p")
        await until(
            pilot,
            lambda: bool(
                (lists := pilot.app.screen.query("CommandList"))
                and lists.first(OptionList).option_count > 30
            ),
        )

    app = make_app(tmp_path, messages=[message(1)], settings=SETTINGS)
    assert snap_compare(app, terminal_size=size, run_before=prepare)


@every_size
def test_the_sign_in_in_russian(snap_compare: Snap, tmp_path: Path, size: tuple[int, int]) -> None:
    app = make_app(tmp_path, login=None, password=None)
    assert snap_compare(app, terminal_size=size, run_before=keyring_looked_at)


@every_size
def test_what_is_wrong_in_russian(
    snap_compare: Snap, tmp_path: Path, size: tuple[int, int]
) -> None:
    async def prepare(pilot: Pilot[None]) -> None:
        await state_is(pilot, "Offline")
        await settled(pilot)

    app = make_app(tmp_path, ConnectionRefused(), messages=week())
    assert snap_compare(app, terminal_size=size, run_before=prepare)
