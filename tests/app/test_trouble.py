"""Problems with answers and the archive, as the user sees them."""

from __future__ import annotations

import asyncio
from pathlib import Path

from support.app_harness import Opener, message, never, until, week
from support.inbox_screen import five_messages, inbox
from support.sizes import at_every_size
from support.widgets import screen_text

from inbox_tui.session import Session
from inbox_tui.smsc.message import Answer
from inbox_tui.sync import MessagesArrived, RefreshDeferred, State, Status, StatusChanged
from inbox_tui.widgets.status_bar import StatusBar
from inbox_tui.widgets.title_bar import TitleBar


@at_every_size
async def test_title_bar_counts_unreadable_entries(live: Opener) -> None:
    async with live(Answer([message(1, "Good")], ['{"id": "x"}', "[]"])) as pilot:
        await until(pilot, lambda: inbox(pilot).query_one(TitleBar).unreadable == 2)
        assert "2 unreadable" in screen_text(pilot.app)


async def test_damaged_archive_is_set_aside_and_the_user_notified(
    live: Opener, tmp_path: Path
) -> None:
    (tmp_path / "inbox.db").write_bytes(b"This is no database at all. " * 400)
    async with live(Answer([message(1, "Fresh")], []), state="Waiting") as pilot:
        assert pilot.app.scripted.asked == [], "what was asked before is not known any more"
        pilot.app.clock.move(152)
        await until(pilot, lambda: "Fresh" in screen_text(pilot.app))
        assert any("inbox.db.damaged-" in told.message for told in pilot.app._notifications)


async def test_events_during_shutdown_are_ignored(live: Opener) -> None:
    async with live(never, messages=five_messages(), state="Checking") as pilot:
        await inbox(pilot).query_one(StatusBar).remove()
        session = pilot.app._accounts.shown
        assert isinstance(session, Session)
        session._publish(StatusChanged(Status(State.LIVE)))
        session._publish(MessagesArrived([1], live=True))
        session._publish(RefreshDeferred(None))


async def test_timers_do_not_use_up_the_threads(live: Opener) -> None:
    """Timers do not use up the threads, although on Windows each holds one while it runs."""
    async with live(messages=week()) as pilot:
        for _ in range(40):
            pilot.app.set_timer(3600)
        await pilot.pause()
        await asyncio.wait_for(asyncio.to_thread(int), 10)
