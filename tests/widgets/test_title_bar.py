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


@pytest.mark.parametrize(
    ("shown", "left", "right"),
    [
        ({}, " inbox  alex@smscentre.com", "3 unread"),
        ({"demo": True}, " inbox   DEMO   alex@smscentre.com", "3 unread"),
        ({"unread": None}, " inbox  alex@smscentre.com", ""),
        ({"unread": 0}, " inbox  alex@smscentre.com", "all read"),
        ({"unread": 1200}, " inbox  alex@smscentre.com", "1\u00a0200 unread"),
        (
            {"width": 40, "demo": True, "account": "accounts-department@smscentre.com"},
            "  DEMO   accounts-department…",
            "3 unread",
        ),
    ],
)
async def test_the_title_bar_shows_the_account_and_the_unread_count(
    shown: dict[str, Any], left: str, right: str
) -> None:
    async with mounted(**shown) as bar:
        room = shown.get("width", 80) - len(left) - 1
        assert lines(bar)[0] == f"{left}{right:>{room}}".rstrip()


async def test_the_title_bar_fits_every_width() -> None:
    bar = TitleBar()
    bar.account, bar.unread, bar.demo = "alex@smscentre.com", 3, True
    widths = [2, 3, 5, 10, 15, 30]
    async with OneWidget(bar).run_test() as pilot:
        assert await widths_drawn(pilot, bar, widths) == widths


async def test_the_account_name_is_sanitized() -> None:
    async with mounted(account="\x1b[31m[b]me\u202e@x") as bar:
        assert "\x1b" not in lines(bar)[0]
        assert "[b]me" in lines(bar)[0]
