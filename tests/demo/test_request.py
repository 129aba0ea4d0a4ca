"""What a request may ask for (api.md, Request)."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from typing import Literal

import pytest
from support.peer import ServerClock, ids, incoming, parameters
from support.service import Order, SwitchedService

from inbox_tui.smsc.errors import AddressBlocked, ParameterError, SignInRefused


def test_cnt_is_how_many_of_the_first_messages_come(service: SwitchedService) -> None:
    service.extend(incoming(number, hours=1) for number in (5, 3, 9))
    assert ids(service, hour=24, cnt=2) == [3, 5]
    assert ids(service, hour=24, cnt=3) == [3, 5, 9]
    assert ids(service, hour=24) == [3, 5, 9]


@pytest.mark.parametrize("cnt", [1, 10_000])
def test_cnt_may_be_from_1_to_10000(service: SwitchedService, cnt: int) -> None:
    assert ids(service, cnt=cnt) == []


@pytest.mark.parametrize("hour", [1, 168])
def test_hour_may_be_from_1_to_168(service: SwitchedService, hour: int) -> None:
    assert ids(service, hour=hour) == []


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
def test_a_parameter_that_is_not_allowed_is_error_1(
    service: SwitchedService, wrong: dict[str, object]
) -> None:
    with pytest.raises(ParameterError):
        ids(service, **wrong)


def test_hour_looks_so_many_hours_back(service: SwitchedService) -> None:
    service.add(incoming(1, hours=2, seconds=1))
    service.add(incoming(2, hours=2))
    service.add(incoming(3, minutes=1))
    assert ids(service, hour=2) == [2, 3]
    assert ids(service, hour=3) == [1, 2, 3]


def test_hour_reaches_over_midnight(service: SwitchedService, clock: ServerClock) -> None:
    service.add(incoming(1))
    clock.now = datetime(2026, 11, 24, 0, 0, 1)  # noqa: DTZ001
    assert ids(service, hour=13) == [1]


def test_without_hour_the_period_is_the_current_day(service: SwitchedService) -> None:
    service.add(incoming(1, hours=12, seconds=1))
    service.add(incoming(2, hours=12))
    service.add(incoming(3))
    assert ids(service, cnt=10) == [2, 3]


def test_at_midnight_the_current_day_is_empty_again(
    service: SwitchedService, clock: ServerClock
) -> None:
    service.add(incoming(1))
    clock.now = datetime(2026, 11, 23, 23, 59, 59)  # noqa: DTZ001
    assert ids(service) == [1]
    clock.move(seconds=1)
    assert ids(service) == []


def test_after_id_excludes_the_id_itself(service: SwitchedService) -> None:
    service.extend(incoming(number) for number in (7, 8, 9))
    assert ids(service, hour=1, after_id=7) == [8, 9]
    assert ids(service, hour=1, after_id=7, cnt=1) == [8]
    assert ids(service, hour=1, after_id=0) == [7, 8, 9]
    assert ids(service, hour=1, after_id=9) == []


def test_after_id_and_hour_both_count(service: SwitchedService) -> None:
    service.extend([incoming(1), incoming(2, hours=30), incoming(3)])
    assert ids(service, hour=24, after_id=1) == [3]
    assert ids(service, hour=48, after_id=1) == [2, 3]


@pytest.mark.parametrize(("bounded", "expected"), [(False, [2, 3]), (True, [3])])
def test_after_id_alone_may_be_bounded_by_the_day_or_not(
    clock: ServerClock, bounded: bool, expected: list[int]
) -> None:
    service = SwitchedService(
        {"alex": "correct horse"}, clock=clock, after_id_bounded_by_day=bounded
    )
    service.extend([incoming(1), incoming(2, days=2), incoming(3)])
    assert ids(service, after_id=1) == expected


def test_to_phone_is_the_number_at_which_messages_arrived(service: SwitchedService) -> None:
    service.add(incoming(1, to_phone="79110000001"))
    service.add(incoming(2, to_phone="79110000002"))
    assert ids(service, to_phone="79110000002") == [2]
    assert ids(service, to_phone="79110000003") == []
    assert ids(service) == [1, 2]


def test_cnt_counts_only_what_arrived_at_the_number(service: SwitchedService) -> None:
    service.add(incoming(1, to_phone="79110000001"))
    service.add(incoming(2, to_phone="79110000002"))
    assert ids(service, to_phone="79110000002", cnt=1) == [2]


@pytest.mark.parametrize(
    ("order", "expected"), [("oldest", [1, 2, 3, 4]), ("newest", [4, 3, 2, 1])]
)
def test_an_answer_is_in_either_order(
    clock: ServerClock, order: Order, expected: list[int]
) -> None:
    service = SwitchedService({"alex": "correct horse"}, clock=clock, order=order)
    service.extend(incoming(number) for number in (3, 1, 2, 4))
    assert ids(service) == expected


def test_a_shuffled_answer_holds_the_first_messages_in_no_order(clock: ServerClock) -> None:
    service = SwitchedService(
        {"alex": "correct horse"}, clock=clock, order="shuffled", random=Random(3)
    )
    service.extend(incoming(number) for number in range(100))
    shuffled = ids(service, cnt=50)
    assert sorted(shuffled) == list(range(50))
    assert shuffled != sorted(shuffled)


@pytest.mark.parametrize(("first", "expected"), [("oldest", [1, 2]), ("newest", [3, 4])])
def test_the_first_messages_are_the_oldest_or_the_newest(
    clock: ServerClock, first: Literal["oldest", "newest"], expected: list[int]
) -> None:
    service = SwitchedService({"alex": "correct horse"}, clock=clock, first=first)
    service.extend(incoming(number) for number in range(1, 5))
    assert ids(service, cnt=2) == expected


def test_a_message_comes_no_sooner_than_it_becomes_visible(
    service: SwitchedService, clock: ServerClock
) -> None:
    service.add(incoming(1), visible_at=clock.now + timedelta(seconds=90))
    service.add(incoming(2))
    assert ids(service, hour=1) == [2]
    clock.move(seconds=89)
    assert ids(service, hour=1) == [2]
    clock.move(seconds=1)
    assert ids(service, hour=1) == [1, 2]


def test_an_id_is_given_once(service: SwitchedService) -> None:
    service.add(incoming(1, "first"))
    with pytest.raises(ValueError, match="1"):
        service.add(incoming(1, "second"))
    assert ids(service) == [1]


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


def test_the_password_can_be_changed(service: SwitchedService) -> None:
    service.accounts["alex"] = "another"
    with pytest.raises(SignInRefused):
        ids(service)
    assert ids(service, psw="another") == []


def test_a_key_stands_for_login_and_password(clock: ServerClock) -> None:
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


def test_a_blocked_address_is_error_4_until_it_is_unblocked(service: SwitchedService) -> None:
    service.block()
    with pytest.raises(AddressBlocked):
        ids(service)
    with pytest.raises(AddressBlocked):
        ids(service, psw="wrong")
    service.unblock()
    assert ids(service) == []


def test_a_block_may_end_by_itself(service: SwitchedService, clock: ServerClock) -> None:
    service.block(clock.now + timedelta(minutes=10))
    clock.move(minutes=9, seconds=59)
    with pytest.raises(AddressBlocked):
        ids(service)
    clock.move(seconds=1)
    assert ids(service) == []


def test_the_log_tells_what_arrived_when_and_how_but_no_password(
    service: SwitchedService, clock: ServerClock
) -> None:
    service.answer(parameters(cnt=10, apikey=None), "GET")
    clock.move(seconds=30)
    with pytest.raises(SignInRefused):
        ids(service, psw="secret", apikey="key-77", hour=5)
    first, second = service.requests
    assert (first.method, first.refused, first.parameters["cnt"]) == ("GET", False, "10")
    assert (second.method, second.refused, second.error) == ("POST", True, 2)
    assert second.at - first.at == timedelta(seconds=30)
    assert first.parameters["login"] == "alex"
    assert not {"psw", "apikey"} & (first.parameters.keys() | second.parameters.keys())
    assert "correct horse" not in repr(service.requests)
