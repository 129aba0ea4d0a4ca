"""The limit, checked against a simulated server that counts arrivals."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from inbox_tui.smsc.limit import (
    Limit,
    LoggedRequest,
    earliest,
    fingerprint,
    in_flight_until,
    may_bring_forward,
    more_room_at,
    room,
    spacing,
)

LIMIT = Limit()
WINDOW = 60.0
"""How far back the server counts, independent of the `Limit` under test."""
ROUNDING = 1e-6


class Asked(NamedTuple):
    """A request that some client wants to send, and its fate."""

    pause: float
    """Seconds since the previous request was sent."""
    fingerprint: str
    takes: float | None
    """Seconds until the answer; None if the client is killed or gives up."""
    arrives: float | None
    """When it arrives, from 0 (sent) to 1 (answered or given up); None if it never does."""
    reboot: bool
    """Whether the machine reboots before the request."""


QUICK = Asked(pause=0, fingerprint="a", takes=0, arrives=0, reboot=False)


class Sent(NamedTuple):
    """A request that was sent; times are in seconds on a clock that no reboot resets."""

    fingerprint: str
    at: float
    answered: float | None
    over: float
    arrived: float | None


class Machine:
    """A machine with one log of requests, each of which is sent as soon as the limit allows."""

    def __init__(self, limit: Limit) -> None:
        self.limit = limit
        self.now = 0.0
        self.booted = 0.0
        self.sent: list[Sent] = []

    def logged(self) -> list[LoggedRequest]:
        """Return the log at this moment, on the clock of this boot."""
        return [
            LoggedRequest(
                one.fingerprint,
                max(one.at, self.booted) - self.booted,
                max(one.answered, self.booted) - self.booted
                if one.answered is not None and one.answered <= self.now
                else None,
            )
            for one in self.sent
        ]

    def ask(self, asked: Asked) -> None:
        self.now += asked.pause
        if asked.reboot:
            self.booted = self.now
        while (
            until := self.booted
            + earliest(self.logged(), asked.fingerprint, self.now - self.booted, self.limit)
        ) > self.now:
            answers = [
                one.answered
                for one in self.sent
                if one.answered is not None and one.answered > self.now
            ]
            self.now = min([until, *answers])
        over = self.now + (LIMIT.in_flight_seconds if asked.takes is None else asked.takes)
        self.sent.append(
            Sent(
                asked.fingerprint,
                self.now,
                None if asked.takes is None else over,
                over,
                None if asked.arrives is None else self.now + asked.arrives * (over - self.now),
            )
        )


def most_in_a_window(sent: list[Sent], seconds: float) -> int:
    """Return the largest number of identical arrivals in any window of this length."""
    arrivals = [(one.fingerprint, one.arrived) for one in sent if one.arrived is not None]
    return max(
        (
            sum(name == mine and end - seconds <= at <= end for name, at in arrivals)
            for mine, end in arrivals
        ),
        default=0,
    )


def run(asking: list[Asked], limit: Limit = LIMIT) -> list[Sent]:
    machine = Machine(limit)
    for asked in asking:
        machine.ask(asked)
    return machine.sent


fractions = st.sampled_from([0.0, 1.0]) | st.floats(0, 1)
asking = st.lists(
    st.builds(
        Asked,
        pause=st.just(0.0) | st.floats(0, 200),
        fingerprint=st.sampled_from(["a", "a", "a", "b"]),
        takes=st.none()
        | st.sampled_from([0.0, LIMIT.request_timeout])
        | st.floats(0, LIMIT.request_timeout),
        arrives=st.none() | fractions,
        reboot=st.integers(0, 9).map(lambda one: one == 9),
    ),
    min_size=4,
    max_size=16,
)
clock_rates = st.sampled_from([0.99, 1.0, 1.01])


@given(asking, clock_rates)
@example([QUICK] * 8, 1.0)
@example([Asked(0, "a", takes, 1, False) for takes in (80, 0, 0, 0, 0, 0)], 1.0)
@example([Asked(0, "a", None, 1, False)] + [QUICK] * 6, 0.99)
@example([QUICK] * 3 + [QUICK._replace(pause=1, reboot=True)] * 3, 1.0)
def test_the_server_never_sees_a_fourth_identical_request_in_any_minute(
    asking: list[Asked], clock_rate: float
) -> None:
    assert most_in_a_window(run(asking), WINDOW / clock_rate) <= 3


@given(asking)
def test_no_two_requests_of_an_account_are_ever_in_flight_at_once(asking: list[Asked]) -> None:
    sent = run(asking)
    for before, after in pairwise(sent):
        assert after.at >= before.over - ROUNDING


@pytest.mark.parametrize(
    "laxer",
    [
        LIMIT._replace(identical=4),
        LIMIT._replace(window=58.0),
        LIMIT._replace(in_flight_seconds=10.0),
    ],
)
def test_the_simulated_server_detects_a_laxer_limit(laxer: Limit) -> None:
    asking = [Asked(0, "a", None, 1, False), *[QUICK] * 8]
    assert most_in_a_window(run(asking, LIMIT), WINDOW) == 3
    assert most_in_a_window(run(asking, laxer), WINDOW) > 3


def test_three_requests_go_at_once_and_the_fourth_a_window_later() -> None:
    assert [one.at for one in run([QUICK] * 7)] == [0, 0, 0, 61, 61, 61, 122]


def test_a_different_request_waits_only_for_the_previous_answer() -> None:
    sent = run([*[QUICK._replace(takes=2)] * 3, QUICK._replace(fingerprint="b")])
    assert sent[-1].at == 6


def test_a_killed_clients_request_makes_others_wait_for_its_lifetime() -> None:
    killed = Asked(0, "a", None, 0, False)
    assert [one.at for one in run([killed, QUICK._replace(fingerprint="b")])] == [0, 90]
    assert [one.at for one in run([killed, *[QUICK] * 3])] == [0, 90, 90, 151]


def test_a_reboot_does_not_shorten_any_wait() -> None:
    killed = Asked(0, "a", None, 0, False)
    assert run([killed, QUICK._replace(pause=5, reboot=True)])[-1].at == 95
    assert run([*[QUICK] * 3, QUICK._replace(pause=5, reboot=True)])[-1].at == 66


entries = st.lists(
    st.builds(
        lambda name, sent, took: LoggedRequest(name, sent, None if took is None else sent + took),
        st.sampled_from("aab"),
        st.floats(-100, 100),
        st.none() | st.floats(0, 100),
    ),
    max_size=6,
)
moments = st.floats(-10, 300)


@given(entries, moments)
def test_a_request_may_go_at_the_computed_time_and_no_sooner(
    entries: list[LoggedRequest], now: float
) -> None:
    instant = earliest(iter(entries), "a", now, LIMIT)
    assert instant >= now
    assert earliest(entries, "a", instant, LIMIT) == instant
    if instant > now:
        sooner = now + (instant - now) * 0.999
        assert earliest(entries, "a", sooner, LIMIT) == instant


@given(entries, moments)
def test_a_request_may_go_if_there_is_room_and_none_is_in_flight(
    entries: list[LoggedRequest], now: float
) -> None:
    left = room(iter(entries), "a", now, LIMIT)
    assert 0 <= left <= 3
    busy = (in_flight_until(entries, LIMIT) or now) > now
    assert (earliest(entries, "a", now, LIMIT) == now) == (left > 0 and not busy)


def test_every_request_takes_up_room_until_a_window_after_its_answer() -> None:
    entries = [LoggedRequest("a", 0, 1), LoggedRequest("a", 10, 11), LoggedRequest("a", 20, None)]
    assert [room(entries, "a", now, LIMIT) for now in (20, 61.9, 62, 72, 170.9, 171)] == [
        *(0, 0, 1, 2, 2, 3)
    ]
    assert room(entries, "b", 20, LIMIT) == 3


@given(entries, moments)
def test_room_grows_at_the_computed_time_and_no_sooner(
    entries: list[LoggedRequest], now: float
) -> None:
    instant = more_room_at(iter(entries), "a", now, LIMIT)
    if instant is None:
        assert room(entries, "a", now, LIMIT) == 3
        return
    assert instant > now
    sooner = now + (instant - now) * 0.999
    counted = [entry for entry in entries if entry.fingerprint == "a"]
    if len(counted) <= 3:
        assert room(entries, "a", sooner, LIMIT) == room(entries, "a", now, LIMIT)
        assert room(entries, "a", instant, LIMIT) > room(entries, "a", now, LIMIT)


def test_in_flight_lasts_until_the_last_unanswered_request_is_given_up() -> None:
    assert in_flight_until([], LIMIT) is None
    assert in_flight_until([LoggedRequest("a", 5, 6)], LIMIT) is None
    assert in_flight_until(
        [LoggedRequest("a", 5, 6), LoggedRequest("b", 0, None), LoggedRequest("a", -50, None)],
        LIMIT,
    ) == (90)


answer_seconds = st.sampled_from([0.0, LIMIT.request_timeout]) | st.floats(0, LIMIT.request_timeout)


@given(answer_seconds, st.lists(st.floats(0, 1), min_size=8, max_size=12))
def test_evenly_spaced_polls_never_wait(longest: float, parts: list[float]) -> None:
    interval = spacing(longest, LIMIT)
    polls: list[LoggedRequest] = []
    for turn, part in enumerate(parts):
        due = turn * interval
        assert earliest(polls, "a", due, LIMIT) <= due + ROUNDING
        polls.append(LoggedRequest("a", due, due + longest * part))


def test_the_poll_spacing_is_the_shortest_possible() -> None:
    interval = spacing(2.0, LIMIT)
    assert interval == 21
    polls = [LoggedRequest("a", due, due + 2.0) for due in (0, 20.9, 41.8)]
    assert earliest(polls, "a", 62.7, LIMIT) == 63
    assert spacing(80.0, LIMIT) == 80


@given(
    answer_seconds,
    st.floats(20, 100),
    st.lists(st.tuples(st.integers(0, 4), st.floats(0, 1)), max_size=8),
)
def test_a_request_brought_forward_never_makes_a_later_poll_late(
    takes: float, refresh_seconds: float, presses: list[tuple[int, float]]
) -> None:
    interval = max(refresh_seconds, spacing(takes, LIMIT))
    polls: list[LoggedRequest] = []
    due = 0.0

    def poll(at: float) -> float:
        polls.append(LoggedRequest("a", at, at + takes))
        return at + interval

    for polls_before, part in presses:
        for _ in range(polls_before):
            assert earliest(polls, "a", due, LIMIT) <= due + ROUNDING
            due = poll(due)
        pressed = due - interval + part * interval
        known = [
            entry
            if entry.answered_at is None or entry.answered_at <= pressed
            else entry._replace(answered_at=None)
            for entry in polls
        ]
        if may_bring_forward(known, "a", pressed, refresh_seconds, takes, LIMIT):
            assert earliest(known, "a", pressed, LIMIT) <= pressed + ROUNDING
            due = poll(pressed)
    for _ in range(5):
        assert earliest(polls, "a", due, LIMIT) <= due + ROUNDING
        due = poll(due)


@pytest.mark.parametrize(
    ("sent", "now", "refresh_seconds", "allowed"),
    [
        ([], 0, 20, True),
        ([0], 1, 20, False),
        ([0], 21, 20, True),
        ([0, 60, 120], 121, 60, True),
        ([0, 30, 60], 61, 30, False),
        ([0, 30, 60], 62, 30, True),
        ([0, 60, 120], 120.1, 60, False),
        ([0, 20.5, 41], 51, 20, False),
        ([0, 20.5, 41], 62, 20, True),
    ],
)
def test_a_request_is_brought_forward_only_if_room_remains_for_the_polls(
    sent: list[float], now: float, refresh_seconds: float, allowed: bool
) -> None:
    polls = [
        LoggedRequest("a", at, at + 0.5 if at + 0.5 <= now else None) for at in sent if at <= now
    ]
    assert may_bring_forward(polls, "a", now, refresh_seconds, 0.5, LIMIT) is allowed


@given(entries, moments, st.sampled_from([0.1, 0.5, 2.0]))
def test_a_scaled_limit_is_the_same_rule_on_a_slower_or_faster_clock(
    entries: list[LoggedRequest], now: float, factor: float
) -> None:
    scaled = LIMIT.scaled(factor)
    quicker = [
        LoggedRequest(
            entry.fingerprint,
            entry.sent_at * factor,
            None if entry.answered_at is None else entry.answered_at * factor,
        )
        for entry in entries
    ]
    assert scaled.identical == 3
    assert earliest(quicker, "a", now * factor, scaled) == pytest.approx(
        earliest(entries, "a", now, LIMIT) * factor
    )
    assert spacing(2.0 * factor, scaled) == pytest.approx(spacing(2.0, LIMIT) * factor)


def test_every_parameter_changes_the_requests_fingerprint() -> None:
    prints = [
        fingerprint("alex", cnt=10),
        fingerprint("vera", cnt=10),
        fingerprint("alex", cnt=11),
        fingerprint("alex", cnt=10, after_id=0),
        fingerprint("alex", cnt=10, after_id=7),
        fingerprint("alex", cnt=10, to_phone="7"),
        fingerprint("alex", cnt=10, after_id=7, to_phone="7"),
        fingerprint("alex&cnt=1", cnt=10),
        fingerprint("\ud800", cnt=10),
    ]
    assert len(set(prints)) == len(prints)
    assert prints[0] == fingerprint("alex", cnt=10)
