"""The limits on identical and on simultaneous requests (api.md, Failure)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.peer import ServerClock, ids, parameters
from support.service import SwitchedService

from inbox_tui.demo.service import MOST_KEPT
from inbox_tui.smsc.errors import SignInRefused, TooManyRequests

START = datetime(2026, 11, 23)  # noqa: DTZ001 - what the service's clock shows


def test_the_fourth_identical_request_within_a_minute_is_error_9(
    service: SwitchedService, clock: ServerClock
) -> None:
    for _ in range(3):
        assert ids(service) == []
        clock.move(seconds=20)
    with pytest.raises(TooManyRequests):
        ids(service)
    assert service.breaches == [service.requests[3]]


def test_a_service_that_runs_for_long_keeps_the_last_requests_only(
    service: SwitchedService,
) -> None:
    for hour in range(MOST_KEPT + 10):
        service.answer({"hour": str(hour)})
    assert len(service.requests) == MOST_KEPT
    assert service.requests[0].parameters == {"hour": "10"}


def test_the_window_slides(service: SwitchedService, clock: ServerClock) -> None:
    ids(service)
    clock.move(seconds=30)
    ids(service)
    clock.move(seconds=20)
    ids(service)
    clock.move(seconds=10.001)
    assert ids(service) == []
    with pytest.raises(TooManyRequests):
        ids(service)
    clock.move(seconds=25)
    with pytest.raises(TooManyRequests):
        ids(service)


def test_a_refused_request_counts_towards_the_limit_too(
    service: SwitchedService, clock: ServerClock
) -> None:
    for _ in range(3):
        ids(service)
    for _ in range(5):
        clock.move(seconds=15)
        with pytest.raises(TooManyRequests):
            ids(service)
    clock.move(seconds=61)
    assert ids(service) == []


@given(st.lists(st.integers(0, 40_000), min_size=4, max_size=30))
def test_every_window_is_counted_exactly(pauses: list[int]) -> None:
    arrivals = list(accumulate(pauses))
    now = iter(arrivals)
    service = SwitchedService({}, clock=lambda: START + timedelta(milliseconds=next(now)))
    for _ in arrivals:
        service.answer({"login": "alex", "cnt": "1"})
    over = [
        index
        for index, at in enumerate(arrivals)
        if sum(at - before <= 60_000 for before in arrivals[: index + 1]) > 3
    ]
    assert service.breaches == [service.requests[index] for index in over]


@pytest.mark.parametrize(
    "other",
    [{"cnt": 11}, {"hour": 2}, {"after_id": 5}, {"to_phone": "79110000002"}],
    ids=str,
)
def test_different_parameters_have_a_separate_window(
    service: SwitchedService, other: dict[str, object]
) -> None:
    for _ in range(3):
        ids(service, cnt=10, hour=1)
        ids(service, **{"cnt": 10, "hour": 1, **other})
    assert service.breaches == []
    with pytest.raises(TooManyRequests):
        ids(service, cnt=10, hour=1)


def test_format_charset_and_unknown_parameters_share_one_window(service: SwitchedService) -> None:
    service.answer(parameters(fmt=0))
    service.answer(parameters(charset=None))
    service.answer(parameters(fmt=2), in_address=True)
    assert service.breaches == []
    assert service.answer(parameters(nonce=1)).body.endswith(b'"error_code": 9}')


def test_every_login_has_its_own_window(clock: ServerClock) -> None:
    service = SwitchedService({"alex": "x", "anna": "y"}, clock=clock)
    for _ in range(3):
        ids(service, psw="x")
        ids(service, login="anna", psw="y")
    assert service.breaches == []


def test_requests_with_a_wrong_password_count_towards_the_limit(service: SwitchedService) -> None:
    for _ in range(3):
        with pytest.raises(SignInRefused):
            ids(service, psw="wrong")
    with pytest.raises(TooManyRequests):
        ids(service)


def test_the_fifteenth_simultaneous_request_is_error_9(service: SwitchedService) -> None:
    at_work = [service.begin(parameters(after_id=number)) for number in range(14)]
    assert not any(exchange.request.error for exchange in at_work)
    with pytest.raises(TooManyRequests):
        ids(service, after_id=14)
    service.finish(at_work[0])
    assert ids(service, after_id=15) == []


def test_a_second_simultaneous_request_is_served_but_counts_as_a_breach(
    service: SwitchedService,
) -> None:
    first = service.begin(parameters(after_id=1))
    second = service.begin(parameters(after_id=2))
    service.finish(first)
    third = service.begin(parameters(after_id=3))
    service.finish(second)
    service.finish(third)
    service.answer(parameters(after_id=4))
    assert service.breaches == [second.request, third.request]
    assert not any(request.error for request in service.requests)


def test_simultaneous_requests_of_two_logins_are_not_a_breach(clock: ServerClock) -> None:
    service = SwitchedService({"alex": "x", "anna": "y"}, clock=clock)
    service.begin(parameters(psw="x"))
    service.begin(parameters(login="anna", psw="y"))
    assert service.breaches == []


def test_requests_from_several_threads_are_all_counted(service: SwitchedService) -> None:
    def ask(number: int) -> None:
        service.answer(parameters(after_id=number % 4))

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(ask, range(80)))
    assert len(service.requests) == 80
    refused = [request for request in service.requests if request.error]
    assert len(refused) == 80 - 4 * 3
