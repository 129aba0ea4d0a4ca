"""The parameters of a request, and who may send it (api.md, Request)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from support.peer import ServerClock, ids, incoming, parameters
from support.service import SwitchedService

from inbox_tui.smsc.errors import ParameterError, SignInRefused


def test_cnt_limits_the_answer_to_the_first_messages(service: SwitchedService) -> None:
    service.extend(incoming(number, hours=1) for number in (5, 3, 9))
    assert ids(service, hour=24, cnt=2) == [3, 5]
    assert ids(service, hour=24, cnt=3) == [3, 5, 9]
    assert ids(service, hour=24) == [3, 5, 9]


@pytest.mark.parametrize("asked", [{"cnt": 1}, {"cnt": 10_000}, {"hour": 1}, {"hour": 168}])
def test_the_bounds_of_parameters_are_allowed(
    service: SwitchedService, asked: dict[str, int]
) -> None:
    assert ids(service, **asked) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"cnt": 0},
        {"cnt": 10_001},
        {"cnt": "ten"},
        {"cnt": "1e3"},
        {"cnt": "٣"},
        {"hour": 0},
        {"hour": 169},
        {"hour": "1.5"},
        {"hour": -1},
        {"after_id": -1},
        {"after_id": "x"},
        {"after_id": 2**63},
        {"fmt": 4},
        {"charset": "koi8-u"},
        {"get_answers": None},
        {"get_answers": 0},
    ],
    ids=str,
)
def test_an_invalid_parameter_is_error_1(
    service: SwitchedService, wrong: dict[str, object]
) -> None:
    with pytest.raises(ParameterError):
        ids(service, **wrong)


def test_hour_limits_the_answer_to_that_many_hours(service: SwitchedService) -> None:
    service.add(incoming(1, hours=2, seconds=1))
    service.add(incoming(2, hours=2))
    service.add(incoming(3, minutes=1))
    assert ids(service, hour=2) == [2, 3]
    assert ids(service, hour=3) == [1, 2, 3]


def test_hour_reaches_back_across_midnight(service: SwitchedService, clock: ServerClock) -> None:
    service.add(incoming(1))
    clock.now = datetime(2026, 11, 24, 0, 0, 1)  # noqa: DTZ001
    assert ids(service, hour=13) == [1]


def test_without_hour_the_period_is_the_current_day(service: SwitchedService) -> None:
    service.add(incoming(1, hours=12, seconds=1))
    service.add(incoming(2, hours=12))
    service.add(incoming(3))
    assert ids(service, cnt=10) == [2, 3]


def test_after_id_excludes_the_id_itself(service: SwitchedService) -> None:
    service.extend(incoming(number) for number in (7, 8, 9))
    assert ids(service, hour=1, after_id=7) == [8, 9]
    assert ids(service, hour=1, after_id=7, cnt=1) == [8]
    assert ids(service, hour=1, after_id=0) == [7, 8, 9]
    assert ids(service, hour=1, after_id=9) == []


def test_after_id_and_hour_both_apply(service: SwitchedService) -> None:
    service.extend([incoming(1), incoming(2, hours=30), incoming(3)])
    assert ids(service, hour=24, after_id=1) == [3]
    assert ids(service, hour=48, after_id=1) == [2, 3]


def test_to_phone_selects_the_receiving_number(service: SwitchedService) -> None:
    service.add(incoming(1, to_phone="79110000001"))
    service.add(incoming(2, to_phone="79110000002"))
    assert ids(service, to_phone="79110000002") == [2]
    assert ids(service, to_phone="79110000002", cnt=1) == [2]
    assert ids(service, to_phone="79110000003") == []
    assert ids(service) == [1, 2]


@pytest.mark.parametrize(
    "wrong",
    [{"psw": "wrong"}, {"psw": None}, {"login": "anna"}, {"login": None}, {"apikey": "no"}],
    ids=str,
)
def test_a_wrong_login_or_password_is_error_2(
    service: SwitchedService, wrong: dict[str, object]
) -> None:
    with pytest.raises(SignInRefused):
        ids(service, **wrong)


def test_an_api_key_replaces_login_and_password(clock: ServerClock) -> None:
    service = SwitchedService({"alex": "x", "anna": "y"}, clock=clock, api_keys={"k-1": "anna"})
    service.add(incoming(1))
    service.add(incoming(2), login="anna")
    assert ids(service, login=None, psw=None, apikey="k-1") == [2]


def test_accounts_have_their_own_messages(clock: ServerClock) -> None:
    service = SwitchedService({"alex": "x", "anna": "y"}, clock=clock)
    service.add(incoming(1))
    service.add(incoming(1), login="anna")
    service.add(incoming(2), login="anna")
    assert ids(service, psw="x") == [1]
    assert ids(service, login="anna", psw="y") == [1, 2]


def test_the_log_records_each_request_without_its_password(
    service: SwitchedService, clock: ServerClock
) -> None:
    service.answer(parameters(cnt=10), in_address=True)
    clock.move(seconds=30)
    with pytest.raises(SignInRefused):
        ids(service, psw="secret", apikey="key-77", hour=5)
    first, second = service.requests
    assert (first.in_address, first.error, first.parameters["cnt"]) == (True, None, "10")
    assert (second.in_address, second.error) == (False, 2)
    assert second.at - first.at == timedelta(seconds=30)
    assert first.parameters["login"] == "alex"
    assert not {"psw", "apikey"} & (first.parameters.keys() | second.parameters.keys())
