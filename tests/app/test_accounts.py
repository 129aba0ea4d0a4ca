"""Which server answers for an account, and several accounts at once."""

from __future__ import annotations

from pathlib import Path

from support.stage import message, stage, state_is, until

from inbox_tui.smsc.message import Answer
from inbox_tui.widgets.status_bar import StatusBar


async def test_the_status_bar_names_the_backup_server_while_it_answers(tmp_path: Path) -> None:
    good = Answer([message(1, "Hello")], [])
    app = stage(tmp_path, good._replace(via="www2.smscentre.com"), good)
    async with app.run_test(size=(120, 40)) as pilot:
        await state_is(pilot, "Live")
        bar = app.screen.query_one(StatusBar)
        assert "via www2.smscentre.com" in str(bar.render())
        app.clock.move(21)
        await until(pilot, lambda: len(app.scripted.asked) == 2)
        await until(pilot, lambda: bar.state == "Live" and not bar.reason)
