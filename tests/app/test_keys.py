"""Keys pressed in quick succession, keys without effect, and the keys named as hints."""

from __future__ import annotations

import pytest
from support.app_harness import Opener, message, never, state_is, stored, until
from support.archives import row_of
from support.inbox_screen import (
    click_at_once,
    filter_bar,
    five_messages,
    in_words,
    inbox,
    notice,
    press_at_once,
    selected,
    shown,
    unread,
)
from support.sizes import Size, at_every_size
from textual.widgets import Input

from inbox_tui.smsc.limit import Limit
from inbox_tui.widgets.message_view import MessageView
from inbox_tui.widgets.status_bar import StatusBar


async def test_r_refreshes_at_once_or_shows_when_the_next_refresh_is_allowed(live: Opener) -> None:
    async with live(messages=five_messages()) as pilot:
        for _ in range(30):
            await pilot.press("r")
        await until(pilot, lambda: "next in" in notice(pilot))
        assert len(pilot.app.scripted.asked) <= 3


@pytest.mark.parametrize("window", [60, 6])
async def test_refresh_notice_shows_the_request_limit_in_force(live: Opener, window: int) -> None:
    async with live(
        messages=five_messages(), limit=Limit().scaled(window / 60), size=(40, 12)
    ) as pilot:
        for _ in range(3):
            await pilot.press("r")
            await state_is(pilot, "Live")
        await until(pilot, lambda: "next in" in notice(pilot))
        assert notice(pilot).endswith(f" s, the limit is three requests in {window} s")
        assert "next in" in str(pilot.app.screen.query_one(StatusBar).render())


async def test_fast_typing_after_slash_goes_into_the_search(
    live: Opener,
) -> None:
    async with live(messages=five_messages()) as pilot:
        press_at_once(pilot, "/", *"Mxe")
        await until(pilot, lambda: shown(pilot) == 0)
        assert filter_bar(pilot).search == "Mxe"
        assert unread(pilot) == 5, "nothing was marked"
        assert len(pilot.app.screen_stack) == 1
        await pilot.press("escape")
        await until(pilot, lambda: shown(pilot) == 5)


async def test_fast_typing_after_a_picker_key_narrows_the_picker(
    live: Opener,
) -> None:
    async with live(messages=five_messages()) as pilot:
        press_at_once(pilot, "p", *"0002")
        await until(pilot, lambda: len(pilot.app.screen_stack) == 2)
        await until(pilot, lambda: pilot.app.screen.query_one(Input).value == "0002")
        await pilot.press("enter")
        await until(pilot, lambda: shown(pilot) == 2)


async def test_keys_sent_together_are_handled_in_order(live: Opener) -> None:
    async with live(messages=five_messages()) as pilot:
        press_at_once(pilot, "j", "j", "j", "j", "c", "k", "m", "u")
        await until(pilot, lambda: unread(pilot) == 4)
        assert pilot.app.clipboard == "481516"
        with stored(pilot.app) as account:
            assert not row_of(account, 2).unread


@at_every_size
@pytest.mark.parametrize(
    "keys",
    [
        ("/", *"BANK", "\r", "j", "c"),
        ("/", *"BANK", "\x1b", "j", "j", "j", "j", "c"),
        ("t", "k", "c"),
        ("p", *"0001", "\r", "G", "c"),
        ("\r", "j", "j", "j", "j", "c"),
    ],
    ids=["search", "search given up", "conversation", "picker", "message"],
)
async def test_typed_ahead_command_acts_on_what_the_keys_before_it_selected(
    live: Opener, keys: tuple[str, ...]
) -> None:
    async with live(messages=five_messages()) as pilot:
        press_at_once(pilot, *keys)
        await until(pilot, lambda: bool(pilot.app.clipboard or "no code" in notice(pilot)))
        assert pilot.app.clipboard == "481516", notice(pilot)
        assert not filter_bar(pilot).searching


@at_every_size
async def test_enter_and_esc_sent_together_open_and_close_the_message(live: Opener) -> None:
    async with live(messages=five_messages()) as pilot:
        await pilot.press("slash", *"BANK", "enter")
        press_at_once(pilot, "\r", "\x1b", "j")
        await until(pilot, lambda: selected(pilot).id == 1)
        assert filter_bar(pilot).search == "BANK"
        assert not inbox(pilot).has_class("-reading")


@at_every_size
async def test_move_key_right_after_enter_scrolls_a_long_message(live: Opener) -> None:
    long_message = message(6, "слово " * 400, minutes_ago=1)
    async with live(messages=[*five_messages(), long_message]) as pilot:
        press_at_once(pilot, "\r", "j")
        view = inbox(pilot).query_one(MessageView)
        await until(pilot, lambda: view.scroll_offset.y == 1)
        assert selected(pilot).id == 6


@at_every_size
async def test_move_keys_before_and_after_enter_reach_the_list_and_then_the_message(
    live: Opener,
) -> None:
    long_messages = [message(n, "слово " * 400, minutes_ago=9 - n) for n in (6, 7)]
    async with live(messages=[*five_messages(), *long_messages]) as pilot:
        press_at_once(pilot, "j", "\r", "j", "j")
        view = inbox(pilot).query_one(MessageView)
        await until(pilot, lambda: view.scroll_offset.y == 2)
        assert view.row == selected(pilot)
        assert selected(pilot).id == 6


@at_every_size
async def test_command_right_after_a_click_acts_on_the_clicked_message(live: Opener) -> None:
    async with live(messages=five_messages()) as pilot:
        await pilot.press("j")
        click_at_once(pilot, line=5)
        press_at_once(pilot, "c")
        await until(pilot, lambda: pilot.app.clipboard == "481516")


@at_every_size
async def test_click_right_after_typing_leaves_what_was_typed_in_the_search(live: Opener) -> None:
    async with live(messages=five_messages()) as pilot:
        press_at_once(pilot, "/", *"BANK")
        click_at_once(pilot, line=2)
        await until(pilot, lambda: filter_bar(pilot).search == "BANK")
        assert unread(pilot) == 5, "nothing was marked"


@at_every_size
async def test_move_keys_select_another_message_if_the_open_one_fits_on_screen(
    live: Opener,
) -> None:
    async with live(messages=five_messages()) as pilot:
        await pilot.press("enter", "j")
        assert selected(pilot).id == 4
        await until(pilot, lambda: inbox(pilot).query_one(MessageView).row == selected(pilot))
        await pilot.press("G")
        assert selected(pilot).id == 1
        await pilot.press("k")
        assert selected(pilot).id == 2
        assert inbox(pilot).query_one(MessageView).has_focus


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        (("x", "x"), "no filters are set"),
        (("ctrl+z",), "nothing to undo"),
        (("M", "M"), "all read already"),
        (("M", "n"), "nothing unread here"),
        (
            ("j", "j", "c"),
            "no code from +7 916 000-11-22, 10:35 · y copies its text",
        ),
        (("o",), "no link from BANK, 10:37"),
        (("slash", *"zzz", "enter", "e"), "no messages to export"),
        (("slash", *"zzz", "enter", "t"), "no message selected"),
        (("slash", *"zzz", "enter", "m"), "no message selected"),
        (("slash", *"zzz", "enter", "y"), "no message selected"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_key_without_effect_shows_the_reason(
    live: Opener, keys: tuple[str, ...], told: str
) -> None:
    async with live(messages=five_messages()) as pilot:
        for key in keys:
            await pilot.press(key)
        await until(pilot, lambda: notice(pilot) == told)
        assert len(pilot.app.screen_stack) == 1


async def test_r_during_a_request_shows_that_one_is_running(live: Opener) -> None:
    async with live(never, messages=five_messages(), state="Checking") as pilot:
        await until(pilot, lambda: bool(pilot.app.scripted.asked))
        await pilot.press("r")
        assert notice(pilot) == "already checking"


@at_every_size
async def test_status_bar_shows_the_keys_useful_in_the_current_context(
    live: Opener, size: Size
) -> None:
    async with live(messages=five_messages()) as pilot:
        bar = inbox(pilot).query_one(StatusBar)
        others = "m mark  y text  e export  s star  d done  u unread only  p number  w window"
        await until(
            pilot, lambda: in_words(bar.here) == f"c code  n next unread  t conversation  {others}"
        )
        await pilot.press("j", "j", "j")
        await until(
            pilot, lambda: in_words(bar.here) == f"o link  n next unread  t conversation  {others}"
        )
        await pilot.press("u", "M")
        await until(pilot, lambda: "n next unread" not in in_words(bar.here))
        assert "x clear" in in_words(bar.here)
        await pilot.press("slash")
        assert in_words(bar.hints) == "Enter keeps  Esc clears"
        assert bar.here == ()
        await pilot.press("escape")
        await until(pilot, lambda: in_words(bar.hints) == "? help  / search  r refresh")
        await pilot.press("x", "enter")
        assert in_words(bar.hints).startswith("Esc back") == (size == (40, 12))
