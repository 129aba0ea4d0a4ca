"""The cost of a key in SQL statements and messages read, in a small and a large archive."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from math import prod
from pathlib import Path

import pytest
from support.app_harness import (
    HarnessApp,
    make_app,
    message,
    server_seconds,
    settled,
    state_is,
    until,
)
from support.archives import mark, query_for, steps
from textual.pilot import Pilot

from inbox_tui.archive import Archive, Query
from inbox_tui.config import Settings
from inbox_tui.screens.filters import Filters
from inbox_tui.screens.inbox import InboxScreen
from inbox_tui.screens.listings import ArchivedMessages
from inbox_tui.widgets.filter_bar import FilterBar

LINES = 40
SMALL, LARGE = 300, 6000
MOVES = ("j", "pagedown", "pagedown", "k", "n", "G", "pageup", "n", "g", "pageup", "end", "home")
MOST_STATEMENTS = 6


class Counted:
    """Counts statements and messages read on the archive connection of the event loop."""

    def __init__(self, archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
        self.statements: list[str] = []
        self.messages = 0
        window = ArchivedMessages.window

        def counted(source: ArchivedMessages, start: int, stop: int) -> object:
            items = window(source, start, stop)
            self.messages += len(items)
            return items

        monkeypatch.setattr(ArchivedMessages, "window", counted)
        archive.database.connection.set_trace_callback(self._asked)

    def _asked(self, statement: str) -> None:
        if statement.startswith(("SELECT", "PRAGMA")):
            self.statements.append(statement)

    def start_again(self) -> None:
        self.statements.clear()
        self.messages = 0


@asynccontextmanager
async def opened(
    folder: Path, size: int, filters: Filters | None = None
) -> AsyncIterator[tuple[HarnessApp, Pilot[None]]]:
    """Run the inbox on an archive of `size` messages, every seventh of them unread."""
    filters = filters or Filters()
    messages = [message(n, f"message {n}", minutes_ago=(size - n) * 11) for n in range(1, size + 1)]
    app = make_app(folder, messages=messages, read_before_minutes=0, filters=filters)
    with Archive.open(app.archive_path) as archive:
        (account,) = archive.accounts()
        mark(account, range(1, size + 1, 7), unread=True)
    async with app.run_test(size=(120, LINES)) as pilot:
        await state_is(pilot, "Live")
        yield app, pilot


async def costs(
    folder: Path,
    size: int,
    keys: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
    filters: Filters | None = None,
) -> list[tuple[str, int, int]]:
    """Return each key with the number of statements and messages that it read."""
    taken = []
    with monkeypatch.context() as patched:
        patched.setattr(InboxScreen, "_tick", lambda _: None)
        # On a slow machine, a message must not be marked read automatically while keys are counted.
        patched.setattr("inbox_tui.screens.state_commands.DWELL_SECONDS", 3600)
        async with opened(folder, size, filters) as (app, pilot):
            await until(pilot, lambda: app.screen.query_one(FilterBar).shown == size)
            counted = Counted(app._dependencies.archive, patched)
            for key in keys:
                counted.start_again()
                await pilot.press(key)
                await pilot.pause()
                taken.append((key, len(counted.statements), counted.messages))
    return taken


@pytest.mark.parametrize("search", ["", "message"])
async def test_move_reads_at_most_a_screenful_from_an_archive_of_any_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, search: str
) -> None:
    filters = Filters(search=search)
    small = await costs(tmp_path / "small", SMALL, MOVES, monkeypatch, filters)
    large = await costs(tmp_path / "large", LARGE, MOVES, monkeypatch, filters)
    for taken in (small, large):
        for _, statements, messages in taken:
            assert statements <= MOST_STATEMENTS, taken
            assert messages <= LINES, taken
    assert [(key, rows) for key, _, rows in large] == [(key, rows) for key, _, rows in small]


async def test_move_within_the_screen_reads_nothing_and_below_it_one_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = ("j", "j", "k", "G", "pageup", "j")
    taken = await costs(tmp_path / "large", LARGE, keys, monkeypatch)
    assert taken[:3] == [("j", 0, 0), ("j", 0, 0), ("k", 0, 0)]
    assert taken[-1] == ("j", 1, 1)


async def test_changing_the_hour_window_reads_at_most_one_screenful(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = await costs(tmp_path / "large", LARGE, ("w", "up", "enter", "x"), monkeypatch)
    assert all(messages <= LINES for _, _, messages in taken), taken
    assert all(statements <= 40 for _, statements, _ in taken), taken


async def test_number_picker_runs_few_statements_even_with_hundreds_of_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(names={f"7999{n:07}": f"Contact {n}" for n in range(500)})
    app = make_app(tmp_path, messages=[message(n) for n in range(9)], settings=settings)
    async with app.run_test(size=(120, LINES)) as pilot:
        await state_is(pilot, "Live")
        counted = Counted(app._dependencies.archive, monkeypatch)
        await pilot.press("p", "c")
        await pilot.pause()
        assert len(counted.statements) <= 20, counted.statements


async def test_searches_do_not_run_on_the_event_loop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(tmp_path / "large", LARGE) as (app, pilot):
        counted = Counted(app._dependencies.archive, monkeypatch)
        await pilot.press("slash", *"mess 5", "enter", "u")
        await settled(pilot, ("search",))
        assert not [sql for sql in counted.statements if "MATCH" in sql]


@pytest.mark.parametrize(
    "wanted", [Query(to_phone="79110000009"), Query(state="unread", to_phone="79110000009")]
)
def test_rare_messages_are_looked_up_only_in_days_that_have_them(
    tmp_path: Path, wanted: Query
) -> None:
    def taken(size: int) -> int:
        days = [message(n, "often", minutes_ago=n * 24 * 60) for n in range(5, size)]
        rare = [
            message(size + n, "rare", minutes_ago=n * 24 * 60, to_phone="79110000009")
            for n in range(5, size, size // 3)
        ]
        app = make_app(tmp_path / str(size), messages=[*days, *rare])
        archive = app._dependencies.archive
        (account,) = archive.accounts()
        mark(account, [message.id for message in rare], unread=True)

        def look() -> None:
            listing = account.lists.open(wanted)
            assert len(account.lists.window(listing, 0, LINES)) == len(rare)
            assert account.lists.next_unread(wanted, None) is not None

        with archive:
            return steps(archive, look)

    assert taken(3000) < taken(300) * 1.5


@pytest.mark.parametrize("to_phone", [None, "79110000001"])
def test_hour_window_is_counted_from_daily_counts_and_part_of_a_day(
    tmp_path: Path, to_phone: str | None
) -> None:
    def taken(size: int) -> int:
        messages = [message(n, minutes_ago=n * 60) for n in range(1, size)]
        app = make_app(tmp_path / str(size), messages=messages)
        archive = app._dependencies.archive
        (account,) = archive.accounts()
        since = server_seconds(-100)
        with archive:
            return steps(archive, lambda: account.counts.since(since, to_phone))

    assert taken(3000) < taken(300) * 1.5


def test_first_screenful_of_a_search_costs_far_less_than_all_matches(tmp_path: Path) -> None:
    messages = [message(n, f"message {n}", minutes_ago=LARGE - n) for n in range(1, LARGE + 1)]
    archive = make_app(tmp_path, messages=messages)._dependencies.archive
    (account,) = archive.accounts()
    query = query_for("message")
    with archive:
        first = steps(archive, lambda: account.lists.open(query, first=50))
        every = steps(archive, lambda: account.lists.open(query))
    assert first * 5 < every


@pytest.fixture
def as_at_the_start() -> Iterator[None]:
    """Disable garbage collection, as the program does when it starts."""
    thresholds = gc.get_threshold()
    gc.disable()
    yield
    gc.enable()
    gc.set_threshold(*thresholds)
    gc.unfreeze()


@pytest.mark.usefixtures("as_at_the_start")
async def test_garbage_collection_is_on_after_start_and_rarely_full(tmp_path: Path) -> None:
    async with make_app(tmp_path).run_test() as pilot:
        await state_is(pilot, "Live")
        assert gc.isenabled()
        assert gc.get_freeze_count() > 0
        assert prod(gc.get_threshold()) >= 500_000
