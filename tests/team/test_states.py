"""A team shares the states read, starred, done, muted and taken."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
from support.postgres import Cluster
from support.proxy import Proxy
from support.team import Colleague, Team

from inbox_tui.archive import Query
from inbox_tui.archive.records import ChangedState
from inbox_tui.archive.team_states import MINE, NOT_TAKEN, TAKEN
from inbox_tui.sync import State, TakenByColleague
from inbox_tui.team import member
from inbox_tui.team.states import send_states
from inbox_tui.text.search_query import parse_query


def set_state(who: Colleague, state: ChangedState, *numbers: int, value: bool = True) -> None:
    messages = who.account.messages
    rows = [row.row for number in numbers if (row := messages.get(number))]
    messages.set_state(rows, state, value=value)
    who.member.states_changed()


def mute(who: Colleague, phone: str, *, muted: bool) -> None:
    who.account.messages.mute(phone, muted=muted)
    who.member.states_changed()


def found(who: Colleague, words: str) -> list[int]:
    query = Query(search=parse_query(words, who.clock.now(), {}))
    return [row.id for row in who.account.lists.export(query)]


def states(who: Colleague) -> list[tuple[object, ...]]:
    return [
        (row.id, row.unread, row.starred, row.done, row.muted, bool(row.taken)) for row in who.rows
    ]


async def two_with_messages(team: Team, *texts: str) -> tuple[Colleague, Colleague]:
    team.receive(*texts)
    anna, boris = team.join("anna"), team.join("boris")
    await team.until(lambda: anna.texts == boris.texts == list(texts))
    return anna, boris


async def test_read_starred_and_done_states_are_shared_with_all_members(team: Team) -> None:
    anna, boris = await two_with_messages(team, "one", "two", "three")
    set_state(anna, "unread", 1, 2, value=False)
    set_state(anna, "starred", 2)
    set_state(boris, "done", 3)
    await team.until(lambda: states(anna) == states(boris) == [
        (1, False, False, False, False, False),
        (2, False, True, False, False, False),
        (3, True, False, True, False, False),
    ])  # fmt: skip
    assert boris.account.counts.unread() == 1
    (told,) = boris.account.team.of_message(boris.rows[2])
    assert told[:4] == ("done", 3, True, "boris")
    assert [one.who for one in boris.account.team.of_message(boris.rows[1])] == ["anna", "anna"]


async def test_a_muted_sender_is_muted_for_all_members_and_future_messages(team: Team) -> None:
    anna, boris = await two_with_messages(team, "one")
    mute(anna, "79991234567", muted=True)
    await team.until(lambda: boris.account.messages.muted_senders() == {"79991234567"})
    team.receive("two")
    await team.until(lambda: [row.muted for row in boris.rows] == [True, True])
    mute(boris, "79991234567", muted=False)
    await team.until(lambda: [row.muted for row in anna.rows] == [False, False])


async def test_a_taken_message_is_mine_to_its_taker_and_taken_to_others(team: Team) -> None:
    anna, boris = await two_with_messages(team, "one", "two")
    set_state(anna, "taken", 2)
    await team.until(lambda: [row.taken for row in boris.rows] == [NOT_TAKEN, TAKEN])
    assert [row.taken for row in anna.rows] == [NOT_TAKEN, MINE]
    assert found(anna, "is:mine") == found(anna, "is:taken") == found(boris, "is:taken") == [2]
    assert found(boris, "is:mine") == []
    set_state(anna, "taken", 2, value=False)
    await team.until(lambda: found(boris, "is:taken") == [])
    set_state(boris, "taken", 2)
    await team.until(lambda: [row.taken for row in anna.rows] == [NOT_TAKEN, TAKEN])


async def test_taking_a_message_a_colleague_just_took_names_that_colleague(team: Team) -> None:
    anna, boris = await two_with_messages(team, "one")
    async with team.hub_away():
        set_state(anna, "taken", 1)
        await asyncio.sleep(0.02)
        set_state(boris, "taken", 1)
        assert [row.taken for row in boris.rows] == [MINE]
    await team.until(lambda: anna.events_of(TakenByColleague) or boris.events_of(TakenByColleague))
    await team.until(lambda: {anna.rows[0].taken, boris.rows[0].taken} == {MINE, TAKEN})
    holder, other = (anna, boris) if anna.rows[0].taken == MINE else (boris, anna)
    assert other.events_of(TakenByColleague) == [TakenByColleague(other.rows[0].row, holder.name)]


async def test_a_member_cannot_give_back_a_message_taken_by_a_colleague(
    team: Team, cluster: Cluster
) -> None:
    team.receive("one")
    anna = team.join("anna")
    with Proxy(cluster.port) as proxy:
        boris = team.join("boris", password=None, port=proxy.port)
        await team.until(lambda: anna.texts == boris.texts == ["one"])
        proxy.frozen = True
        await asyncio.sleep(0.1)  # let data in transit arrive
        set_state(anna, "taken", 1)
        await team.until(lambda: anna.member._copier.position == 2)
        set_state(boris, "taken", 1)
        set_state(boris, "taken", 1, value=False)
        proxy.frozen = False
        await team.until(lambda: boris.rows[0].taken == TAKEN)
        await team.until(lambda: anna.member._copier.position == 3)
        assert anna.rows[0].taken == MINE


async def test_states_set_without_the_hub_are_sent_later_and_the_last_change_wins(
    team: Team,
) -> None:
    anna, boris = await two_with_messages(team, "one", "two")
    async with team.hub_away():
        set_state(anna, "starred", 1, 2)
        await asyncio.sleep(0.4)  # eight seconds of the fast clock
        set_state(boris, "starred", 1)
        set_state(boris, "starred", 1, value=False)
        set_state(boris, "done", 1)
    await team.until(lambda: states(anna) == states(boris) == [
        (1, True, False, True, False, False), (2, True, True, False, False, False)
    ])  # fmt: skip
    assert anna.account.team.unsent(10) == boris.account.team.unsent(10) == []


async def test_states_set_before_a_message_reached_the_hub_apply_to_all_members(team: Team) -> None:
    team.receive("one")
    anna, vera = (team.join(name, password=None) for name in ("anna", "vera"))
    with anna.archive.database.transaction():  # she received it before there was a team
        anna.account.messages.add(team.messages)
    await team.until(lambda: anna.state is vera.state is State.SIGN_IN)
    set_state(anna, "done", 1)
    set_state(anna, "unread", 1, value=False)
    await team.until(lambda: vera.member._copier.position == 2)
    boris = team.join("boris")
    await team.until(lambda: boris.texts == vera.texts == ["one"])
    assert states(anna) == states(boris) == states(vera) == [(1, False, False, True, False, False)]


async def test_states_set_before_the_hub_was_first_reached_are_sent_later(team: Team) -> None:
    team.receive("one")
    async with team.hub_away():
        anna = team.join("anna")
        with anna.archive.database.transaction():
            anna.account.messages.add(team.messages)
        await team.until(lambda: anna.state is State.HUB_AWAY)
        set_state(anna, "done", 1)
    boris = team.join("boris")
    await team.until(lambda: boris.texts == ["one"] and boris.rows[0].done)


async def test_the_second_of_two_quick_changes_wins_on_a_slow_network(
    team: Team, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = threading.Event()

    async def send(connection: Any, **states: Any) -> list[tuple[int, str]]:
        begun.set()
        return await send_states(connection, **states)

    monkeypatch.setattr(member, "send_states", send)
    team.receive("one")
    boris = team.join("boris")
    with Proxy(cluster.port, delay=0.02) as proxy:
        anna = team.join("anna", password=None, port=proxy.port)
        await team.until(lambda: anna.texts == ["one"])
        set_state(anna, "starred", 1)
        await team.until(begun.is_set)
        set_state(anna, "starred", 1, value=False)
        await team.until(lambda: anna.account.team.unsent(1) == [])
        await team.until(lambda: anna.member._copier.position == boris.member._copier.position == 3)
        assert not anna.rows[0].starred
        assert not boris.rows[0].starred


async def test_a_change_made_after_the_hubs_clock_is_set_back_wins(team: Team) -> None:
    anna, boris = await two_with_messages(team, "one")
    set_state(anna, "done", 1)
    await team.until(lambda: boris.rows[0].done)
    team.set_hub_clock(-3600.0)
    set_state(boris, "done", 1, value=False)
    await team.until(lambda: anna.member._copier.position == boris.member._copier.position == 3)
    assert not anna.rows[0].done
    assert not boris.rows[0].done


async def test_invalid_rows_in_the_hub_do_not_break_any_member(team: Team) -> None:
    anna, boris = await two_with_messages(team, "one")
    team.sql(
        "INSERT INTO inbox_tui.states VALUES"
        " (1, 1000, 'done', '1'::bytea, true, E'\\x1b[31m', 0),"
        " (1, 1001, 'rubbish', '1'::bytea, true, 'x', 0),"
        " (1, 1002, 'done', '\\xff'::bytea, true, 'x', 3e9),"
        " (1, 1007, 'starred', convert_to(repeat('9', 5000), 'UTF8'), true, 'x', 0),"
        " (1, 1003, 'starred', '99999999999999999999'::bytea, true, 'x', 0);"
        "INSERT INTO inbox_tui.messages VALUES"
        " (1, 1004, -5, 0, 0, true, '', '', ''),"
        " (1, 1005, 7, 9223372036854775807, 0, true, '', '', ''),"
        " (1, 1006, 8, 1800000000, 0, true, '\\xff', '', '\\xff00');"
        "INSERT INTO inbox_tui.gaps VALUES (1, 1008, '', -62135596800, 253402300799);"
        "INSERT INTO inbox_tui.holds VALUES ('alex', 'x', -3e9, 2147483647, '', 'x', '', 0);"
        "UPDATE inbox_tui.cursors SET cursor ="
        ' \'[[["hub", 0], "2026-11-23T00:00:00", "2026-11-23T00:00:00"]]\';'
        "UPDATE inbox_tui.accounts SET last_seq = 1008"
    )
    asked = len(team.asked)
    await team.until(lambda: all([row.id for row in one.rows] == [1, 8] for one in (anna, boris)))
    assert all(one.rows[0].done for one in (anna, boris))
    assert anna.account.messages.unreadable_count() == 2
    await team.until(lambda: len(team.asked) > asked + 1)


async def test_a_hub_refuses_nan_infinite_and_absurdly_large_times(team: Team) -> None:
    for statement in (
        "INSERT INTO inbox_tui.states VALUES (1, 1, 'done', '1', true, 'x', '{}')",
        "INSERT INTO inbox_tui.holds VALUES ('alex', 'blocked', '{}', 1, '', '', '', 0)",
        "INSERT INTO inbox_tui.requests (login_key, scope, fingerprint, sent_at)"
        " VALUES ('alex', '', '', '{}')",
        "UPDATE inbox_tui.accounts SET clock_difference = '{}'",
    ):
        for seconds in ("NaN", "Infinity", "1e300"):
            with pytest.raises(AssertionError, match="violates check constraint"):
                team.sql(statement.format(seconds))
