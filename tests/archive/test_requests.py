"""The request log, holds and refused passwords, which all programs share."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from tempfile import mkdtemp

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.archives import NOW, at, incoming, opened, page
from support.programs import SPAWN, ask, spawned

from inbox_tui.archive import AccountArchive, Archive, Hold, Permit
from inbox_tui.smsc.limit import Limit, LoggedRequest, Moment, earliest

LIMIT = Limit()


def begun(account: AccountArchive, now: Moment, fingerprint: str = "a", scope: str = "") -> int:
    permit = account.requests.begin(scope, fingerprint, now, LIMIT)
    assert isinstance(permit, Permit), permit
    return permit.entry


def answered(account: AccountArchive, seconds: float, fingerprint: str = "a") -> None:
    """Log a request that is answered after half a second."""
    entry = begun(account, at(seconds), fingerprint)
    account.requests.end(entry, at(seconds + 0.5), delivered=True, finished=True)


def may_go(account: AccountArchive, now: Moment, fingerprint: str = "a") -> float:
    """Check that the limit refuses a request now, and return when it would allow one."""
    assert account.requests.begin("", fingerprint, now, LIMIT) is None
    return earliest(account.requests.entries(now), fingerprint, now.seconds, LIMIT)


def test_a_request_is_logged_when_it_begins_and_when_it_is_answered(tmp_path: Path) -> None:
    _archive, account = opened(tmp_path)
    entry = begun(account, at(1000))
    assert account.requests.entries(at(1001)) == [LoggedRequest("a", 1000, None)]
    account.requests.end(entry, at(1002.5), delivered=True, finished=True)
    assert account.requests.entries(at(1003)) == [LoggedRequest("a", 1000, 1002.5)]


def test_storing_a_page_ends_its_request(tmp_path: Path) -> None:
    _archive, account = opened(tmp_path)
    entry = begun(account, at(1000))
    account.store_page(page(incoming(1), entry=entry, at=at(1003)))
    assert account.requests.entries(at(1003)) == [LoggedRequest("a", 1000, 1003)]


def test_an_undelivered_request_is_removed_from_the_log(tmp_path: Path) -> None:
    _archive, account = opened(tmp_path)
    entry = begun(account, at(1000))
    account.requests.end(entry, at(1001), delivered=False, finished=True)
    assert account.requests.entries(at(1001)) == []
    begun(account, at(1001))


def test_a_request_given_up_stays_in_flight_for_its_lifetime(tmp_path: Path) -> None:
    _archive, account = opened(tmp_path)
    entry = begun(account, at(1000))
    account.requests.end(entry, at(1080), delivered=True, finished=False)
    assert may_go(account, at(1080), "other") == 1090
    assert begun(account, at(1090), "other") != entry


def test_only_one_request_of_an_account_is_in_flight(tmp_path: Path) -> None:
    archive, account = opened(tmp_path)
    begun(account, at(1000), scope="7")
    assert may_go(account, at(1001), "b") == 1090
    other = archive.account("other", "smscentre.com")
    begun(other, at(1001))


@pytest.mark.parametrize(
    ("login", "host"),
    [("alex", "smsc.kz"), ("ALEX", "smscentre.com"), (" alex ", "smsc.ru:8443"), ("Alex", "x")],
)
def test_all_spellings_and_hosts_of_a_login_share_requests_holds_and_refusals(
    tmp_path: Path, login: str, host: str
) -> None:
    archive, account = opened(tmp_path)
    same, other = archive.account(login, host), archive.account("alexa", "smscentre.com")
    for seconds in (1000, 1001, 1002):
        answered(account, seconds)
    assert same.requests.begin("", "a", at(1003), LIMIT) is None
    hold = HOLD._replace(kind="limited")
    account.requests.set_hold(hold, at(1003))
    assert same.requests.hold(at(1004)) == hold
    account.requests.set_hold(HOLD._replace(kind="refused", until=None, digest=b"m"), at(1005))
    assert same.requests.refusals() == [(b"m", HOLD.reason)]
    assert (other.requests.hold(at(1006)), other.requests.refusals()) == (None, [])
    same.requests.allow_again()
    assert (account.requests.hold(at(1006)), account.requests.refusals()) == (None, [])


def test_three_identical_requests_go_and_the_fourth_waits(tmp_path: Path) -> None:
    _archive, account = opened(tmp_path)
    for seconds in (1000, 1001, 1002):
        answered(account, seconds)
    assert may_go(account, at(1003)) == 1061.5
    answered(account, 1003, "b")
    assert account.requests.begin("", "a", at(1061.4), LIMIT) is None
    answered(account, 1061.5)


def test_a_request_that_may_not_begin_leaves_the_log_unchanged(tmp_path: Path) -> None:
    archive, account = opened(tmp_path)
    begun(account, at(1000))
    before = archive.database.data_version()
    for _ in range(3):
        assert account.requests.begin("", "a", at(1001), LIMIT) is None
    assert archive.database.data_version() == before
    assert len(account.requests.entries(at(1001))) == 1


def test_the_log_has_the_last_request_of_each_scope(tmp_path: Path) -> None:
    _archive, account = opened(tmp_path)
    assert account.requests.state(at(1000)).last.get("7") is None
    entry = begun(account, at(1000), "x\ud800", scope="7")
    account.requests.end(entry, at(1001), delivered=True, finished=True)
    answered(account, 1002)
    assert account.requests.state(at(1003)).last.get("7") == LoggedRequest("x\ud800", 1000, 1001)
    assert account.requests.state(at(1003)).last.get("") == LoggedRequest("a", 1002, 1002.5)


# -- other boots


UPTIMES = pytest.mark.parametrize("up", [20.0, 5003.0, 500_000.0])
"""The boot clock when the next boot first sees the log: a machine that was restarted, a container
that was, and a container that had been off for days."""


@UPTIMES
def test_requests_of_an_earlier_boot_count_as_sent_when_first_seen(
    tmp_path: Path, up: float
) -> None:
    _archive, account = opened(tmp_path)
    for seconds in (5000, 5001, 5002):
        entry = begun(account, at(seconds, "earlier"))
        account.requests.end(entry, at(seconds + 1, "earlier"), delivered=True, finished=True)
    assert account.requests.entries(at(up)) == [LoggedRequest("a", up, up)] * 3
    assert account.requests.entries(at(up + 30)) == [LoggedRequest("a", up, up)] * 3
    assert may_go(account, at(up + 40)) == up + 61
    begun(account, at(up + 61))


@UPTIMES
def test_an_unanswered_request_of_an_earlier_boot_counts_as_in_flight(
    tmp_path: Path, up: float
) -> None:
    _archive, account = opened(tmp_path)
    begun(account, at(5000, "earlier"))
    assert account.requests.entries(at(up)) == [LoggedRequest("a", up, None)]
    assert may_go(account, at(up + 1), "b") == up + 90
    assert account.requests.state(at(up + 1)).last.get("") == LoggedRequest("a", up, None)
    begun(account, at(up + 90))


def test_a_reboot_that_keeps_the_boot_id_is_recognised(tmp_path: Path) -> None:
    _archive, account = opened(tmp_path)
    begun(account, at(500_000))
    assert may_go(account, at(20)) == 110
    answered(account, 110)


def test_two_containers_at_once_do_not_keep_each_other_waiting(tmp_path: Path) -> None:
    _archive, account = opened(tmp_path)
    entry = begun(account, at(1000, "one"))
    assert account.requests.entries(at(7001, "two")) == [LoggedRequest("a", 7001, None)]
    account.requests.end(entry, at(1005, "one"), delivered=True, finished=True)
    for seconds in range(10, 60, 10):
        assert account.requests.entries(at(7000 + seconds, "two")) == [
            LoggedRequest("a", 7001, 7010)
        ]
        assert account.requests.entries(at(1000 + seconds, "one")) == [
            LoggedRequest("a", 1000, 1005)
        ]


def test_a_read_only_archive_has_the_requests_of_an_earlier_boot_too(tmp_path: Path) -> None:
    archive, account = opened(tmp_path)
    begun(account, at(5000, "earlier"))
    archive.database.read_only = True
    assert account.requests.entries(at(9000)) == [LoggedRequest("a", 9000, None)]


# -- pruning


def test_old_requests_are_deleted_except_the_last_of_each_scope(tmp_path: Path) -> None:
    archive, account = opened(tmp_path)
    other = archive.account("other", "smscentre.com")
    begun(other, at(1))
    for turn in range(50):
        entry = begun(account, at(turn * 100), scope=str(turn % 2))
        account.requests.end(entry, at(turn * 100 + 1), delivered=True, finished=True)
    answered(account, 10_000)
    answered(account, 10_001)
    assert [entry.sent_at for entry in account.requests.entries(at(10_001))] == [
        4800,
        4900,
        10_000,
        10_001,
    ]
    assert len(other.requests.entries(at(10_001))) == 1


steps = st.lists(
    st.tuples(
        st.sampled_from(["a", "a", "a", "b"]),
        st.sampled_from(["", "7"]),
        st.floats(0, 70).map(lambda seconds: round(seconds, 2)),
        st.sampled_from(["answered", "answered", "given up", "never left", "killed", "reboot"]),
        st.floats(0, 80).map(lambda seconds: round(seconds, 2)),
    ),
    max_size=40,
)


@given(steps, st.booleans(), st.booleans())
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_fourth_request_within_a_minute_whatever_happens_to_the_others(
    tmp_path: Path,
    steps: list[tuple[str, str, float, str, float]],
    long_up: bool,
    container: bool,
) -> None:
    """Compares with a list of all requests ever sent, so that pruning too much is noticed."""
    with Archive.open(Path(mkdtemp(dir=tmp_path)) / "inbox.db") as archive:
        account = archive.account("alex", "smscentre.com")
        real = 100_000.0
        booted = real - (90_000 if long_up else 0)
        boot = 0
        gone: list[tuple[str, float, float | None]] = []  # fingerprint, sent, answered
        for fingerprint, scope, pause, end, takes in steps:
            real += pause
            now = at(real - booted, str(boot))
            begin = account.requests.begin(scope, fingerprint, now, LIMIT)
            entries = [LoggedRequest(*entry) for entry in gone]
            allowed = earliest(entries, fingerprint, real, LIMIT)
            if allowed > real:
                assert begin is None
            if begin is None:
                until = earliest(account.requests.entries(now), fingerprint, now.seconds, LIMIT)
                assert now.seconds < until <= now.seconds + 151 + 1e-6
                continue
            real += takes
            now = at(real - booted, str(boot))
            if end == "never left":
                account.requests.end(begin.entry, now, delivered=False, finished=True)
                continue
            done = end == "answered"
            gone.append((fingerprint, real - takes, real if done else None))
            if end in ("answered", "given up"):
                account.requests.end(begin.entry, now, delivered=True, finished=done)
            elif end == "reboot":
                boot, booted = boot + 1, booted if container else real


# -- several programs


def test_eight_programs_that_share_the_log_keep_the_limit_together(tmp_path: Path) -> None:
    limit = Limit(window=0.4, identical=3, margin=0.02, request_timeout=0.2, in_flight_seconds=0.3)
    together, told = SPAWN.Barrier(8), SPAWN.Queue()
    programs = [(tmp_path / "inbox.db", number, limit, together, told) for number in range(8)]
    with spawned(ask, programs):
        went = sorted(request for _ in programs for request in told.get(timeout=60))
    assert len(went) >= 8
    for (_, done, _), (sent, _, _) in pairwise(went):
        assert done <= sent, "two were in flight at once"
    for fingerprint in (0, 1):
        same = [request for request in went if request[2] == fingerprint]
        for first, fourth in zip(same, same[3:], strict=False):
            assert fourth[0] - first[1] >= limit.window


def test_a_purged_account_keeps_its_limit_hold_and_refused_passwords(tmp_path: Path) -> None:
    archive, account = opened(tmp_path)
    refused = HOLD._replace(kind="refused", until=None, digest=b"m")
    account.requests.set_hold(refused, at(999))
    limited = HOLD._replace(kind="limited")
    for seconds in (1000, 1001, 1002):
        answered(account, seconds)
    account.requests.set_hold(limited, at(1003))
    account.purge()
    again = archive.account("alex", "smscentre.com")
    assert again != account
    assert may_go(again, at(1004)) == 1061.5
    assert again.requests.hold(at(1004)) == limited
    assert again.requests.refusals() == [(b"m", refused.reason)]


# -- holds

HOLD = Hold("offline", 1900.0, 2, "no connection", NOW, b"")


def with_wall(folder: Path, wall: Callable[[], datetime]) -> tuple[Archive, AccountArchive]:
    archive = Archive.open(folder / "inbox.db", wall=wall)
    return archive, archive.account("alex", "smscentre.com")


def test_a_hold_applies_to_every_program_until_it_is_cleared(tmp_path: Path) -> None:
    archive, account = opened(tmp_path)
    other = archive.account("other", "smscentre.com")
    assert account.requests.hold(at(1000)) is None
    account.requests.set_hold(HOLD, at(1000))
    with Archive.open(archive.path) as again:
        assert account.on(again).requests.hold(at(1500)) == HOLD
        assert account.on(again).requests.hold(at(5000)) == HOLD
        assert other.on(again).requests.hold(at(1500)) is None
        refused = HOLD._replace(kind="refused", until=None, reason="\ud800", digest=b"\0mark\xff")
        account.on(again).requests.set_hold(refused, at(1600))
    assert account.requests.hold(at(1700)) == refused
    account.requests.clear_hold(at(1700))
    assert account.requests.hold(at(1700)) is None


def test_refused_password_digests_are_kept_until_the_user_allows_a_retry(
    tmp_path: Path,
) -> None:
    archive, account = opened(tmp_path)
    other = archive.account("other", "smscentre.com")
    assert account.requests.refusals() == []
    for turn in range(1003):
        refused = HOLD._replace(kind="refused", reason=f"no\n{turn}", digest=b"m%d" % turn)
        account.requests.set_hold(refused, at(1000 + turn / 100))
    account.requests.set_hold(HOLD._replace(reason="\ud800"), at(1100))
    account.requests.clear_hold(at(1100))
    last_thousand = [(b"m%d" % turn, f"no {turn}") for turn in range(1002, 2, -1)]
    with Archive.open(archive.path) as again:
        assert account.on(again).requests.refusals() == last_thousand
        assert other.on(again).requests.refusals() == []
        account.on(again).requests.set_hold(refused, at(1200))
        account.on(again).requests.allow_again()
        assert account.on(again).requests.hold(at(1200)) is None
        account.on(again).requests.set_hold(HOLD, at(1300))
        account.on(again).requests.allow_again()
    assert account.requests.refusals() == []
    assert account.requests.hold(at(1300)) == HOLD


def test_an_older_change_does_not_replace_or_clear_a_newer_hold(tmp_path: Path) -> None:
    _archive, account = opened(tmp_path)
    account.requests.set_hold(HOLD, at(1000))
    account.requests.set_hold(HOLD._replace(kind="limited"), at(999))
    account.requests.clear_hold(at(999))
    assert account.requests.hold(at(1000)) == HOLD
    for now in (at(7, "another"), at(1e6, "yet another")):
        account.requests.clear_hold(now)
        assert account.requests.hold(now) is None
        account.requests.set_hold(HOLD, now)
    account.requests.set_hold(HOLD._replace(kind="limited"), at(7, "yet another"))
    hold = account.requests.hold(at(7, "yet another"))
    assert hold is not None
    assert hold.kind == "limited"


def test_a_hold_without_an_end_survives_a_reboot(tmp_path: Path) -> None:
    _archive, account = opened(tmp_path)
    refused = HOLD._replace(kind="refused", until=None, digest=b"mark")
    account.requests.set_hold(refused, at(1000, "earlier"))
    assert account.requests.hold(at(7)) == refused


@pytest.mark.parametrize(
    ("since", "up", "left"),
    [
        (timedelta(seconds=400), 20, 500),  # the hold was set for 900 s
        (timedelta(seconds=0), 20, 900),
        (timedelta(seconds=900), 20, 0),
        (timedelta(days=400), 20, 0),
        (timedelta(days=-400), 20, 900),  # a wall clock that was set back
        (timedelta(seconds=10), 500_000, 890),  # a new container on the same host
    ],
)
def test_after_a_reboot_a_hold_lasts_for_its_remaining_time(
    tmp_path: Path, since: timedelta, up: float, left: float
) -> None:
    wall = NOW + since
    _archive, account = with_wall(tmp_path, lambda: wall)
    account.requests.set_hold(HOLD, at(1000, "earlier"))
    hold = account.requests.hold(at(up))
    assert hold is not None
    wall = NOW - timedelta(days=1)  # no effect: the end was fixed when the hold was first seen
    assert account.requests.hold(at(up + 100)) == hold
    assert hold.until == pytest.approx(up + left)
    assert hold._replace(until=HOLD.until) == HOLD


# -- a block of the IP address

BLOCK = HOLD._replace(kind="blocked", reason="the server has blocked this address")


def test_an_address_block_holds_every_account_on_the_machine(tmp_path: Path) -> None:
    archive, account = opened(tmp_path)
    other = archive.account("other", "smsc.kz")
    other.requests.set_hold(HOLD._replace(kind="limited"), at(990))
    account.requests.set_hold(BLOCK, at(1000))
    assert other.requests.hold(at(1001)) == account.requests.hold(at(1001)) == BLOCK
    assert archive.account("new", "smscentre.com").requests.hold(at(1001)) == BLOCK


def test_an_answer_to_another_account_does_not_end_an_address_block(tmp_path: Path) -> None:
    archive, account = opened(tmp_path)
    other = archive.account("other", "smsc.kz")
    account.requests.set_hold(BLOCK, at(1000))
    other.requests.clear_hold(at(1005))
    assert other.requests.hold(at(1005)) == account.requests.hold(at(1005)) == BLOCK
    other.requests.clear_hold(at(1900))
    assert other.requests.hold(at(1900)) is account.requests.hold(at(1900)) is None


def test_an_accounts_own_hold_applies_after_the_address_block_ends(tmp_path: Path) -> None:
    _archive, account = opened(tmp_path)
    account.requests.set_hold(BLOCK, at(1000))
    later = HOLD._replace(kind="limited", until=2500.0)
    account.requests.set_hold(later, at(1001))
    assert account.requests.hold(at(1899)) == BLOCK
    assert account.requests.hold(at(1900)) == later
