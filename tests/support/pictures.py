"""Screenshots of the application, for the README and for snapshot tests."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from support.app_harness import HarnessApp, Reply, make_app, settled, state_is, until, week
from support.sizes import Size
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
    """The keys to press before a screenshot is taken, and the settings of the application."""

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
    """Take a screenshot by name, and return it as SVG."""
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
            await (state_is(pilot, "Live") if picture.signed_in else sign_in_shown(pilot))
            await pilot.press(*picture.keys)
            await settled(pilot)
            return app.export_screenshot(title="inbox-tui")


def set_states(account: AccountArchive) -> None:
    """Star messages, mark them done and mute a sender, as in the demo."""
    states = message_states(week())
    rows = {m.id: row.row for m in week() if (row := account.messages.get(m.id)) is not None}
    account.messages.set_state([rows[number] for number in states.starred], "starred", value=True)
    account.messages.set_state([rows[number] for number in states.done], "done", value=True)
    account.messages.mute(MUTED, muted=True)


async def sign_in_shown(pilot: Pilot[None]) -> None:
    """Wait until the sign-in screen has checked the keyring."""
    await until(pilot, lambda: bool(pilot.app.screen.query("#keyring-note")))
    await settled(pilot)


class Snapshot:
    """Compares screenshots of the application with the stored ones."""

    def __init__(self, compare: Callable[..., bool], folder: Path, size: Size) -> None:
        self._compare = compare
        self._folder = folder
        self._size = size

    def __call__(
        self,
        *keys: str,
        replies: Sequence[Reply] = (),
        app: HarnessApp | None = None,
        state: str | None = "Live",
        then: Callable[[Pilot[None]], Awaitable[None]] | None = None,
        **options: Any,
    ) -> bool:
        """Return whether `app` looks like its stored screenshot.

        The screenshot is taken when the app has reached `state` and handled `keys` and `then`. If
        `app` is None, `make_app` makes it with a week's messages, the replies and the options.
        """
        app = app or make_app(self._folder, *replies, **{"messages": week()} | options)

        async def prepare(pilot: Pilot[None]) -> None:
            if state is not None:
                await state_is(pilot, state)
            await pilot.press(*keys)
            await settled(pilot)
            if then is not None:
                await then(pilot)

        return self._compare(app, terminal_size=self._size, run_before=prepare)


def main() -> None:
    """Take all screenshots again, and delete others."""
    state_commands.DWELL_SECONDS = 3600  # no message is marked read automatically, however slow
    FOLDER.mkdir(exist_ok=True)
    for name in PICTURES:
        (FOLDER / f"{name}.svg").write_text(asyncio.run(take(name)), encoding="utf-8")
    for file in FOLDER.glob("*.svg"):
        if file.stem not in PICTURES:
            file.unlink()


if __name__ == "__main__":
    main()
