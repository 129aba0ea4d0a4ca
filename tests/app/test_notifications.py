"""Notifying the user of new messages."""

from __future__ import annotations

import pytest
from support.app_harness import HarnessApp, Opener, message, next_answer
from textual import events

from inbox_tui.config import Settings
from inbox_tui.smsc.message import Answer
from inbox_tui.terminal.notifications import LONGEST_NOTICE, notification

FIRST = Answer([message(1, "Kept")], [])
LATER = Answer([message(2, "Secret 481516"), message(3, "Another")], [])


SHOP = {"79991234567": "Shop"}
TWO = "\x1b]9;2 new messages\x1b\\\a"
TWO_OF_SHOP = "\x1b]9;2 new messages: Shop: Another\x1b\\\a"


@pytest.mark.parametrize(
    ("settings", "focus", "rung", "notices"),
    [
        (Settings(notify="bell"), None, 1, []),
        (Settings(notify="terminal"), None, 0, [TWO]),
        (Settings(notify="terminal", notify_text=True, names=SHOP), None, 0, [TWO_OF_SHOP]),
        (Settings(notify="off"), None, 0, []),
        (Settings(notify="bell"), events.AppFocus(), 0, []),
        (Settings(notify="bell"), events.AppBlur(), 1, []),
    ],
    ids=["bell", "terminal", "with the text", "off", "in focus", "not in focus"],
)
async def test_new_messages_after_the_first_sync_are_announced_as_configured(
    live: Opener,
    monkeypatch: pytest.MonkeyPatch,
    bells: list[HarnessApp],
    settings: Settings,
    focus: events.Event | None,
    rung: int,
    notices: list[str],
) -> None:
    written: list[str] = []
    monkeypatch.delenv("VTE_VERSION", raising=False)
    monkeypatch.setattr(HarnessApp, "_write_to_terminal", lambda app, text: written.append(text))
    async with live(FIRST, LATER, settings=settings) as pilot:
        if focus is not None:
            pilot.app.post_message(focus)
            await pilot.pause()
        await next_answer(pilot)
        await pilot.pause()
    assert len(bells) == rung
    assert [text for text in written if text.endswith("\a")] == notices


@pytest.mark.parametrize(
    "environment",
    [{"TERM": "foot"}, {"TERM": "rxvt-unicode-256color"}, {"VTE_VERSION": "7600"}],
)
def test_terminals_that_support_osc_777_are_notified_with_it(environment: dict[str, str]) -> None:
    assert notification("1 new; message", "a;b", environment) == (
        "\x1b]777;notify;1 new, message;a,b\x1b\\\a"
    )


def test_notification_in_tmux_is_passed_through_and_rings_the_bell() -> None:
    assert notification("1 new message", "", {"TMUX": "/tmp/tmux"}) == (
        "\x1bPtmux;\x1b\x1b]9;1 new message\x1b\x1b\\\x1b\\\a"
    )


def test_truncated_emoji_ends_in_replacement_characters() -> None:
    england = "\N{WAVING BLACK FLAG}" + "".join(chr(0xE0000 + ord(letter)) for letter in "gbeng")
    told = notification("1 new message", "x" * (LONGEST_NOTICE - 3) + england + "\U000e007f", {})
    assert told.endswith("x\N{WAVING BLACK FLAG}��\x1b\\\a")
