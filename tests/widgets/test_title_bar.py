from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from support.widgets import OneWidget, lines, widths_drawn

from inbox_tui.widgets.title_bar import TitleBar


@asynccontextmanager
async def mounted(width: int = 80, **shown: Any) -> AsyncIterator[TitleBar]:
    bar = TitleBar()
    async with OneWidget(bar).run_test(size=(width, 3)) as pilot:
        for name, value in ({"account": "alex@smscentre.com", "unread": 3} | shown).items():
            setattr(bar, name, value)
        await pilot.pause()
        yield bar


async def test_it_shows_whose_inbox_it_is_and_how_much_is_unread() -> None:
    async with mounted() as bar:
        assert lines(bar)[0] == f" inbox  alex@smscentre.com{'3 unread':>53}"


async def test_made_up_messages_are_marked_in_words() -> None:
    async with mounted(demo=True) as bar:
        assert lines(bar)[0].startswith(" inbox   DEMO   alex@smscentre.com")


@pytest.mark.parametrize(
    ("unread", "told"), [(None, "alex@smscentre.com"), (0, "all read"), (1200, "1\u00a0200 unread")]
)
async def test_the_count_is_told_when_it_is_known(unread: int | None, told: str) -> None:
    async with mounted(unread=unread) as bar:
        assert lines(bar)[0].endswith(told)


async def test_at_forty_columns_the_count_stays_and_the_account_is_cut_without_the_title() -> None:
    async with mounted(40, demo=True, account="accounts-department@smscentre.com") as bar:
        assert lines(bar)[0] == "  DEMO   accounts-department…  3 unread"


async def test_no_width_is_too_small() -> None:
    bar = TitleBar()
    bar.account, bar.unread, bar.demo = "alex@smscentre.com", 3, True
    widths = [2, 3, 5, 10, 15, 30]
    async with OneWidget(bar).run_test() as pilot:
        assert await widths_drawn(pilot, bar, widths) == widths


async def test_an_account_cannot_steer_the_terminal() -> None:
    async with mounted(account="\x1b[31m[b]me\u202e@x") as bar:
        assert "\x1b" not in lines(bar)[0]
        assert "[b]me" in lines(bar)[0]
