"""Waiting and recovering when the service, the network or the archive fails."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from support.asking import BOOTED, PASSWORD, Environment

from inbox_tui.archive import ArchiveBusy, ArchiveError, Hold
from inbox_tui.archive.errors import ArchiveFull, ArchiveReadOnly
from inbox_tui.credentials import Secret, new_digest
from inbox_tui.smsc.answers import read_answer
from inbox_tui.smsc.errors import (
    AddressBlocked,
    HttpStatus,
    NotReached,
    ParameterError,
    SignInRefused,
    TooManyRequests,
    UnknownServiceError,
)
from inbox_tui.smsc.message import Answer
from inbox_tui.sync import ClocksDisagree, MessagesArrived, RefreshDeferred, State
from inbox_tui.sync.events import LIMIT_REASON
from inbox_tui.sync.outcomes import OTHER_PROGRAM_REASON

REFUSED = SignInRefused(2, "authorise error")


def failing_times(error: Exception, name: str, times: int) -> Callable[[str], None]:
    left = [times]

    def trouble(used: str) -> None:
        if used == name and left[0]:
            left[0] -= 1
            raise error

    return trouble


async def test_error_9_waits_a_full_window_and_suggests_another_program_is_polling(
    env: Environment,
) -> None:
    env.replies = [TooManyRequests(9, "duplicate request")]
    terminal = env.start()
    await asyncio.sleep(1)
    assert terminal.status[:2] == (State.WAITING, OTHER_PROGRAM_REASON)
    assert terminal.status.next_at == pytest.approx(BOOTED + 61, abs=0.02)
    terminal.sync.refresh()
    await asyncio.sleep(62)
    assert env.times == pytest.approx([0, 61], abs=0.02)
    assert terminal.events_of(RefreshDeferred) == [RefreshDeferred(BOOTED + 61)]


async def test_an_answer_that_is_too_large_is_requested_in_smaller_pages(
    env: Environment,
) -> None:
    env.most_in_answer = 7
    env.receive_hourly(range(1, 41), until=50)
    terminal = env.start(page_size=40)
    await asyncio.sleep(1)
    assert terminal.status.state is State.OFFLINE
    assert "too large" in terminal.status.reason
    await asyncio.sleep(600)
    assert terminal.ids == list(range(1, 41))
    assert [asked.cnt for asked in env.asked[:6]] == [40, 20, 10, 5, 10, 5]
    assert terminal.status.state is State.LIVE
    assert env.asked[-1].cnt == 40, "as many as ever, once that is no more in the way"


async def test_an_oversized_entry_does_not_block_other_messages(env: Environment) -> None:
    stamp = {"received": "23.11.2026 11:59:00", "phone": "79991234567"}
    entries = [
        {"id": 1, **stamp},
        {"id": 2, **stamp, "message": "x" * 1_200_000},
        {"id": 3, **stamp},
    ]
    env.replies = [read_answer(json.dumps(entries).encode())] * 3
    terminal = env.start()
    await asyncio.sleep(50)
    assert terminal.ids == [1, 3]
    assert terminal.status.state is State.LIVE
    assert terminal.account.messages.unreadable_count() == 1


async def test_error_4_waits_15_minutes_and_then_twice_as_long_each_time(env: Environment) -> None:
    env.replies = [AddressBlocked(4, "ip is blocked")] * 3
    terminal = env.start()
    await asyncio.sleep(1)
    assert terminal.status.state is State.BLOCKED
    assert "ip is blocked" in terminal.status.reason
    for _ in range(10):
        terminal.sync.refresh()
        await asyncio.sleep(1)
    await asyncio.sleep(2 * 3600)
    assert env.times[:4] == pytest.approx([0, 900, 2700, 6300], abs=0.1)
    assert terminal.status.state is State.LIVE


@pytest.mark.parametrize("boot", ["boot", "another container"])
async def test_a_block_survives_a_restart(env: Environment, boot: str) -> None:
    env.replies = [AddressBlocked(4)]
    blocked = env.start()
    await asyncio.sleep(10)
    blocked.kill()
    env.boot = boot
    again = env.start()
    await asyncio.sleep(880)
    assert again.status.state is State.BLOCKED
    assert len(env.asked) == 1
    await asyncio.sleep(15)
    assert len(env.asked) == 2


@pytest.mark.parametrize("reply", [None, HttpStatus(500)])
async def test_a_result_recorded_late_does_not_lift_a_newer_block(
    env: Environment, reply: HttpStatus | None
) -> None:
    env.replies = [reply, AddressBlocked(4, "ip is blocked")]
    late = env.start()
    late.trouble = failing_times(ArchiveFull("the disk is full"), "requests.end", 10**6)
    if reply is None:
        late.trouble = failing_times(ArchiveFull("the disk is full"), "store_page", 10**6)
    await asyncio.sleep(50)
    env.start()
    await asyncio.sleep(50)
    assert len(env.asked) == 2
    late.trouble = lambda name: None
    await asyncio.sleep(860)
    assert env.times == pytest.approx([0, 90], abs=0.02)


async def test_a_refused_password_is_never_sent_again_but_another_one_is(env: Environment) -> None:
    env.replies = [REFUSED]
    terminal = env.start("wrong")
    await asyncio.sleep(600)
    terminal.sync.refresh()
    await asyncio.sleep(600)
    assert terminal.status.state is State.SIGN_IN
    assert "authorise error" in terminal.status.reason
    terminal.kill()
    again = env.start("wrong")
    await asyncio.sleep(600)
    assert again.status.state is State.SIGN_IN
    assert len(env.asked) == 1
    again.sync.sign_in(Secret(PASSWORD))
    await asyncio.sleep(1)
    assert [asked.password for asked in env.asked] == ["wrong", PASSWORD]
    assert again.status.state is State.LIVE


@pytest.mark.parametrize("just_before", ["state", "begin"])
async def test_a_password_just_refused_in_another_terminal_is_not_sent(
    env: Environment, just_before: str
) -> None:
    terminal = env.start()
    digest = new_digest(Secret(PASSWORD))

    def refuse_to_another(used: str) -> None:
        if used == f"requests.{just_before}":
            terminal.trouble = lambda used: None
            hold = Hold("refused", None, 1, "authorise error", env.now(), digest)
            terminal.account.requests.set_hold(hold, env.moment())

    terminal.trouble = refuse_to_another
    await asyncio.sleep(600)
    assert env.asked == []
    assert terminal.status.state is State.SIGN_IN
    terminal.sync.sign_in(Secret("another"))
    await asyncio.sleep(1)
    assert [asked.password for asked in env.asked] == ["another"]


async def test_terminals_with_an_old_refused_password_send_it_only_once(env: Environment) -> None:
    old, new = env.start("old"), env.start("old")
    await asyncio.sleep(100)
    env.asked.clear()
    env.refused = "old"
    await asyncio.sleep(100)
    assert {terminal.status.state for terminal in (old, new)} == {State.SIGN_IN}
    new.sync.sign_in(Secret("new"))
    await asyncio.sleep(1000)
    assert sum(asked.password == "old" for asked in env.asked) == 1
    assert sum(asked.password == "new" for asked in env.asked) > 40
    assert old.status.state is State.SIGN_IN


async def test_a_password_typed_while_the_old_one_is_being_refused_is_tried(
    env: Environment,
) -> None:
    env.delay = 5.0
    env.replies = [REFUSED]
    terminal = env.start("wrong")
    await asyncio.sleep(1)
    terminal.sync.sign_in(Secret(PASSWORD))
    await asyncio.sleep(20)
    assert [asked.password for asked in env.asked] == ["wrong", PASSWORD]
    assert terminal.status.state is State.LIVE


async def test_a_refused_password_is_not_sent_again_after_another_one_succeeds(
    env: Environment,
) -> None:
    env.refused = "old"
    inbox = env.start("new")
    await asyncio.sleep(62)
    for _ in range(3):
        status = await env.start("old", run=False).sync.once()
        assert status.state is State.SIGN_IN
        assert "authorise error" in status.reason
        await asyncio.sleep(300)
    assert [asked.password for asked in env.asked].count("old") == 1
    assert inbox.status.state is State.LIVE
    inbox.account.requests.allow_again()
    await env.start("old", run=False).sync.once()
    assert [asked.password for asked in env.asked].count("old") == 2


async def test_two_wrong_passwords_are_each_sent_only_once(env: Environment) -> None:
    env.replies = [REFUSED] * 9
    for password in ("first", "second", "first", "second"):
        status = await env.start(password, run=False).sync.once()
        assert "authorise error" in status.reason
    assert [asked.password for asked in env.asked] == ["first", "second"]


async def test_a_typed_password_does_not_show_as_live_before_it_is_sent(
    env: Environment,
) -> None:
    terminal = env.start()
    await asyncio.sleep(62)
    terminal.events.clear()
    env.replies = [REFUSED]
    terminal.sync.sign_in(Secret("typo"))
    await asyncio.sleep(61)
    assert terminal.statuses[0][:2] == (State.WAITING, LIMIT_REASON)
    assert State.LIVE not in {status.state for status in terminal.statuses}
    assert terminal.status.state is State.SIGN_IN


async def test_once_checks_its_password_even_if_another_terminal_just_polled(
    env: Environment,
) -> None:
    env.start()
    await asyncio.sleep(62)
    env.refused = "typo"
    status = await env.start("typo", run=False).sync.once()
    assert status.state is State.SIGN_IN


@pytest.mark.parametrize("busy", ["requests.set_hold", "requests.end"])
async def test_a_refused_password_is_not_sent_again_after_the_archive_was_busy(
    env: Environment, busy: str
) -> None:
    env.replies = [REFUSED]
    terminal = env.start("wrong")
    terminal.trouble = failing_times(ArchiveBusy("busy"), busy, 3)
    await asyncio.sleep(600)
    assert len(env.asked) == 1
    assert terminal.status.state is State.SIGN_IN
    assert len(terminal.account.requests.refusals()) == 1


async def test_error_1_stops_polling_and_is_shown_until_the_user_retries(env: Environment) -> None:
    env.replies = [ParameterError(1, "parameters error")]
    terminal = env.start()
    await asyncio.sleep(7200)
    assert len(env.asked) == 1
    assert terminal.status.state is State.BLOCKED
    assert "parameters error" in terminal.status.reason
    assert terminal.status.next_at is None
    terminal.sync.refresh()
    await asyncio.sleep(1)
    assert terminal.status.state is State.LIVE


async def test_an_undocumented_error_is_shown_and_retried(env: Environment) -> None:
    env.replies = [UnknownServiceError(17, "maintenance")] * 4
    terminal = env.start()
    await asyncio.sleep(0.5)
    assert terminal.status.state is State.OFFLINE
    assert "17" in terminal.status.reason
    await asyncio.sleep(200)
    assert terminal.status.state is State.LIVE


async def test_without_a_network_retries_slow_to_five_minutes_and_then_catch_up(
    env: Environment,
) -> None:
    env.replies = [NotReached("no route")] * 30
    terminal = env.start()
    await asyncio.sleep(3600)
    assert max(env.apart) <= 300.1
    assert min(env.apart[8:]) >= 150
    assert len({round(seconds) for seconds in env.apart[8:]}) > 1
    assert terminal.status.state is State.OFFLINE
    env.replies = []
    env.receive(1, ago=1800.0)
    await asyncio.sleep(301)
    assert terminal.ids == [1]


async def test_r_retries_a_failed_network_at_once(env: Environment) -> None:
    env.replies = [NotReached("no route")] * 12
    terminal = env.start()
    await asyncio.sleep(1500)
    before = len(env.asked)
    terminal.sync.refresh()
    await asyncio.sleep(1)
    assert len(env.asked) == before + 1


async def test_r_tries_no_other_number_after_the_network_fails_for_one(
    env: Environment,
) -> None:
    terminal = env.start(refresh_seconds=300, scopes=("1", "2", "3"))
    await asyncio.sleep(100)
    before = len(env.asked)
    env.replies = [NotReached("no route")]
    terminal.sync.refresh()
    await asyncio.sleep(1)
    assert len(env.asked) == before + 1


@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_polling_is_live_again_within_40_seconds_of_two_server_errors(
    env: Environment, status: int
) -> None:
    env.replies = [HttpStatus(status), HttpStatus(status)]
    terminal = env.start()
    await asyncio.sleep(1)
    assert terminal.status.state is State.OFFLINE
    await asyncio.sleep(39)
    assert terminal.status.state is State.LIVE
    assert len(env.asked) >= 3


@pytest.mark.parametrize(
    ("refresh_seconds", "back_within"),
    [(20, 41.5), (22.5, 40), (25, 40), (30, 40), (60, 40), (600, 40)],
)
async def test_two_gateway_errors_are_retried_as_soon_as_the_limit_allows(
    env: Environment, refresh_seconds: float, back_within: float
) -> None:
    """At three polls a minute, the limit allows the second retry only after two poll intervals.

    The two polls before and the first bad gateway fill the window of the limit. The next request
    goes when the first of them has left it, one interval later, and the one after when the second
    has. That is 2 x 61.5 / 3 = 41 s here; a request sooner would be a fourth in the window.
    """
    env.delay = 0.5
    env.start(refresh_seconds=refresh_seconds)
    await asyncio.sleep(1000)
    env.replies = [HttpStatus(502), HttpStatus(504)]
    before = len(env.asked)
    await asyncio.sleep(800)
    first, _, good = (asked.at for asked in env.asked[before : before + 3])
    assert good + env.delay - first <= back_within
    assert min(env.three_apart) > 60


@pytest.mark.parametrize("trouble", [ArchiveBusy, ArchiveFull, ArchiveReadOnly])
async def test_an_archive_that_cannot_be_written_is_reported_and_nothing_is_lost(
    env: Environment, trouble: type[ArchiveError]
) -> None:
    env.receive(*range(1, 8), ago=3600.0)
    terminal = env.start(page_size=3)
    terminal.trouble = failing_times(trouble("no room"), "store_page", 4)
    await asyncio.sleep(0.5)
    assert terminal.status[:2] == (State.OFFLINE, "no room")
    assert terminal.ids == []
    await asyncio.sleep(400)
    assert terminal.ids == [1, 2, 3, 4, 5, 6, 7]
    assert terminal.status.state is State.LIVE
    assert [asked.after_id for asked in env.asked[:3]] == [None, 3, 6], "no page is asked twice"


async def test_late_messages_are_announced_although_they_could_not_be_counted(
    env: Environment,
) -> None:
    terminal = env.start()
    await asyncio.sleep(1000)
    env.receive(1, ago=20 * 3600.0)
    terminal.trouble = failing_times(ArchiveBusy("in use"), "sync_state.add_late", 1)
    await asyncio.sleep(3000)
    assert terminal.ids == [1]
    assert terminal.events_of(MessagesArrived) == [MessagesArrived([1], live=True)]


async def test_once_waits_for_a_busy_archive_but_not_forever(env: Environment) -> None:
    terminal = env.start(run=False)
    terminal.trouble = failing_times(ArchiveBusy("in use"), "requests.begin", 5)
    assert (await terminal.sync.once()).state is State.LIVE
    terminal.trouble = failing_times(ArchiveBusy("in use"), "requests.begin", 10**6)
    status = await terminal.sync.once()
    assert status[:2] == (State.OFFLINE, "in use")
    assert len(env.asked) == 1


async def test_a_kill_while_the_disk_is_full_loses_nothing(env: Environment) -> None:
    env.receive(1, ago=3600.0)
    terminal = env.start()
    terminal.trouble = failing_times(ArchiveFull("the disk is full"), "store_page", 10**6)
    await asyncio.sleep(100)
    terminal.kill()
    again = env.start()
    await asyncio.sleep(100)
    assert again.ids == [1]


async def test_messages_older_than_keep_days_are_deleted_once_a_day(env: Environment) -> None:
    expired: list[float] = []

    def trouble(used: str) -> None:
        if used == "expire":
            expired.append(env.time())

    env.receive(1, ago=3 * 86400.0)
    env.receive(2)
    terminal = env.start(keep_days=2, refresh_seconds=3600)
    terminal.trouble = trouble
    await asyncio.sleep(100)
    assert terminal.ids == [2]
    for _ in range(8):
        env.fall_asleep(6 * 3600)
        await asyncio.sleep(100)
    assert len(expired) == 3


async def test_deleted_messages_that_the_service_sends_again_are_not_announced(
    env: Environment,
) -> None:
    env.receive(1, ago=1.9 * 86400.0)
    friday = env.start(keep_days=2)
    await asyncio.sleep(100)
    assert friday.ids == [1]
    friday.kill()
    env.fall_asleep(86400.0)
    env.boot, env.booted = "another boot", 100.0 - env.time()
    monday = env.start(keep_days=2)
    await asyncio.sleep(100)
    assert monday.ids == []
    assert monday.events_of(MessagesArrived) == []
    env.receive(2)
    await asyncio.sleep(100)
    assert monday.ids == [2]
    assert monday.events_of(MessagesArrived) == [MessagesArrived([2], live=True)]


async def test_nothing_is_deleted_until_an_answer_confirms_the_clock(env: Environment) -> None:
    env.receive(1, ago=3600.0)
    earlier = env.start(keep_days=30)
    await asyncio.sleep(1)
    earlier.kill()
    env.wall += timedelta(days=4000).total_seconds()
    env.replies = [NotReached("no route")] * 1000
    later = env.start(keep_days=30)
    await asyncio.sleep(600)
    assert later.ids == [1]


async def test_a_clock_31_days_ahead_deletes_nothing_and_is_reported(env: Environment) -> None:
    env.receive(1, ago=3600.0)
    env.wall = 31 * 86400.0
    terminal = env.start(keep_days=30)
    terminal.trouble = failing_times(ArchiveBusy("in use"), "store_page", 1)
    await asyncio.sleep(100)
    assert terminal.ids == [1]
    assert terminal.events_of(ClocksDisagree) == [ClocksDisagree(31 * 86400.0)]
    assert terminal.account.sync_state.clock_difference() == 31 * 86400.0
    assert terminal.account.sync_state.gaps() == []
    env.wall = 0.0
    env.fall_asleep(3600)
    env.receive(2)
    await asyncio.sleep(100)
    assert terminal.ids == [1, 2]
    assert terminal.account.sync_state.gaps() == []


async def test_nothing_is_deleted_if_answers_have_no_date(env: Environment) -> None:
    env.dates = lambda: None
    env.receive(1, ago=3 * 86400.0)
    terminal = env.start(keep_days=2)
    await asyncio.sleep(100)
    assert terminal.ids == [1]


async def test_deleted_messages_do_not_return_with_answers_without_a_date(env: Environment) -> None:
    env.receive(1, ago=1.9 * 86400.0)
    terminal = env.start(keep_days=2)
    await asyncio.sleep(100)
    env.fall_asleep(86400.0)
    await asyncio.sleep(100)
    assert terminal.ids == []
    env.dates = lambda: None
    await asyncio.sleep(2 * 3600)  # the whole period is asked for once an hour
    another = env.start(keep_days=2)
    await asyncio.sleep(100)
    assert terminal.ids == []
    assert len(terminal.events_of(MessagesArrived)) == 1
    assert another.events_of(MessagesArrived) == []


async def test_messages_with_extreme_dates_are_stored_and_stop_nothing(env: Environment) -> None:
    terminal = env.start()
    await asyncio.sleep(1)
    wild = [datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59)]  # noqa: DTZ001
    for number, received in enumerate(wild * 3):
        message = env.message(number)._replace(received=received)
        env.replies = [Answer([message], [])]
        await asyncio.sleep(25)
    assert sorted(terminal.ids) == [0, 1, 2, 3, 4, 5]
    assert terminal.status.state is State.LIVE
