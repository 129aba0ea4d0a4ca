"""The pictures of the real application that the README shows."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import NamedTuple

from support.app_harness import make_app, state_is, until, week
from support.systems import temporary_folder
from textual.pilot import Pilot

from inbox_tui.archive import AccountArchive, Archive
from inbox_tui.config import Settings
from inbox_tui.demo.states import MUTED, NAMES, message_states
from inbox_tui.locale import set_language
from inbox_tui.screens import state_commands
from inbox_tui.screens.filters import Filters

FOLDER = Path(__file__).parents[2] / "screenshots"


class Picture(NamedTuple):
    """What to do for a picture, and the size of its terminal."""

    keys: tuple[str, ...] = ()
    size: tuple[int, int] = (120, 32)
    theme: str = "inbox-dark"
    signed_in: bool = True
    language: str = "en"


PICTURES = {
    "inbox": Picture(("j", "j")),
    "light": Picture(("j", "j"), theme="inbox-light"),
    "search": Picture(("slash", *"код")),
    "conversation": Picture(("t",)),
    "numbers": Picture(("p",)),
    "window": Picture(("w",)),
    "help": Picture(("question_mark",)),
    "stacked": Picture(("j", "j"), size=(80, 24)),
    "narrow": Picture(size=(40, 12)),
    "sign-in": Picture(signed_in=False),
    "inbox-ru": Picture(("j", "j"), language="ru"),
    "conversation-ru": Picture(("t",), language="ru"),
}


async def take(name: str) -> str:
    """The SVG of a picture."""
    picture = PICTURES[name]
    set_language(picture.language)
    try:
        return await _take(picture)
    finally:
        set_language("en")


async def _take(picture: Picture) -> str:
    with temporary_folder() as folder:
        app = make_app(
            folder,
            messages=week(),
            login="alex" if picture.signed_in else None,
            password="correct horse" if picture.signed_in else None,
            settings=Settings(theme=picture.theme, names=NAMES),
            filters=Filters(hours=24),
        )
        if picture.signed_in:
            with Archive.open(app.archive_path) as archive:
                set_states(*archive.accounts())
        async with app.run_test(size=picture.size) as pilot:
            await (shown(pilot) if picture.signed_in else sign_in_shown(pilot))
            await pilot.press(*picture.keys)
            await settled(pilot)
            return app.export_screenshot(title="inbox-tui")


def set_states(account: AccountArchive) -> None:
    """Star, mute, and mark done what the demo's user did."""
    states = message_states(week())
    rows = {m.id: row.row for m in week() if (row := account.messages.get(m.id)) is not None}
    account.messages.set_state([rows[number] for number in states.starred], "starred", value=True)
    account.messages.set_state([rows[number] for number in states.done], "done", value=True)
    account.messages.mute(MUTED, muted=True)


async def shown(pilot: Pilot[None]) -> None:
    """Wait for the inbox to be live."""
    await state_is(pilot, "Live")


async def sign_in_shown(pilot: Pilot[None]) -> None:
    """Wait for the sign-in to have looked at the keyring."""
    await until(pilot, lambda: bool(pilot.app.screen.query("#keyring-note")))
    await settled(pilot)


async def settled(pilot: Pilot[None]) -> None:
    """Wait for what the keys began."""
    waited_for = [w for w in pilot.app.workers if w.group in ("search", "writes", "default")]
    await pilot.app.workers.wait_for_complete(waited_for)
    await pilot.pause()
    await pilot.pause()


def main() -> None:
    """Take every picture anew."""
    state_commands.DWELL_SECONDS = 3600  # nothing is read by looking, however slow the machine
    FOLDER.mkdir(exist_ok=True)
    for name in PICTURES:
        (FOLDER / f"{name}.svg").write_text(asyncio.run(take(name)), encoding="utf-8")
    for file in FOLDER.glob("*.svg"):
        if file.stem not in PICTURES:
            file.unlink()


if __name__ == "__main__":
    main()
