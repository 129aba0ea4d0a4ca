"""Sync cursors as JSON."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime

import pytest

from inbox_tui.archive import Cursor, Polled
from inbox_tui.archive.cursor_json import cursor_from_json, cursor_to_json
from inbox_tui.archive.records import Pass
from inbox_tui.smsc.limit import Moment

BEGAN = Moment("boot", 12.5)
POLLED = Polled(BEGAN, datetime(2026, 11, 25, tzinfo=UTC), datetime(2026, 11, 26, tzinfo=UTC))
TWO_THREADS = """
from threading import Thread

import msgspec._utils

evaluate = msgspec._utils._eval_type
second = None
found = []


def evaluate_slowly(reference, *scopes):
    global second
    if second is None and "Moment" in repr(reference):
        second = Thread(target=read)
        second.start()
        second.join(0.1)
    return evaluate(reference, *scopes)


def read():
    from inbox_tui.archive.cursor_json import cursor_from_json

    found.append(cursor_from_json("[null, null, 7]").confirmed_id)


msgspec._utils._eval_type = evaluate_slowly
read()
second.join()
print(found)
"""
"""A program in which two threads read their first cursor at once, which made msgspec crash."""


@pytest.mark.parametrize(
    "cursor",
    [
        Cursor(),
        Cursor(POLLED, POLLED, 7, newest_first=True, page_size=100),
        Cursor(running=Pass("poll", 24, BEGAN, 7, 2, 9, middle=5, by_time=True, newest=6, back=3)),
    ],
)
def test_a_stored_cursor_is_read_back_unchanged(cursor: Cursor) -> None:
    assert cursor_from_json(cursor_to_json(cursor)) == cursor


IMPOSSIBLE = (
    '[[["boot", 1.0], "2026-11-25T00:00:00", "2026-11-25T00:00:00"]]',
    '[[["boot", 1.0], "0001-01-01T00:00:00Z", "2026-11-25T00:00:00Z"]]',
    '[[["boot", 1e300], "2026-11-25T00:00:00Z", "2026-11-25T00:00:00Z"]]',
    '[null, null, null, null, ["poll", -1, ["boot", 1.0]]]',
    "[null, null, null, null, null, 0]",
)


@pytest.mark.parametrize(
    "text",
    [None, "", "[", "{}", "[5]", '[["boot"]]', "null", *IMPOSSIBLE],
)
def test_an_unreadable_cursor_is_replaced_by_an_empty_one(text: str | None) -> None:
    assert cursor_from_json(text) == Cursor()


def test_two_threads_can_read_their_first_cursor_at_once() -> None:
    done = subprocess.run(
        [sys.executable, "-c", TWO_THREADS], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "[7, 7]\n", "")
