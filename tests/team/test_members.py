"""Several colleagues who share one account and its limit of requests."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import Any
from weakref import WeakSet

import pytest
from support.keyrings import LockedBackend, MemoryBackend, keyring
from support.postgres import ADMIN_PASSWORD, Cluster
from support.proxy import Proxy
from support.team import SPEED, Client, Team

from inbox_tui.archive import (
    AccountArchive,
    Archive,
    ArchiveBusy,
    Hold,
    Permit,
)
from inbox_tui.archive.team_copy import TeamCopy
from inbox_tui.archive.team_states import TeamStates
from inbox_tui.cli.watch import StatusReporter
from inbox_tui.config import Settings
from inbox_tui.credentials import Secret, new_digest
from inbox_tui.session import Dependencies, PasswordNotStored, Session, SessionEvent
from inbox_tui.smsc.limit import Limit
from inbox_tui.sync import MessagesArrived, RefreshDeferred, State
from inbox_tui.team.address import parse_hub
from inbox_tui.team.errors import HubAway
from inbox_tui.team.hub import _SESSION_SETTINGS
from inbox_tui.team.request_log import HubRequestLog
from inbox_tui.team.standing import NEW_TO_HUB
from inbox_tui.team.store import announce


async def test_messages_fetched_by_one_member_reach_every_member(team: Team) -> None:
    team.receive("first", "second")
    members = [team.join(name) for name in ("anna", "boris", "vera")]
    await team.until(lambda: all(one.texts == ["first", "second"] for one in members))
    team.receive("third")
    await team.until(lambda: all(one.texts[2:] == ["third"] for one in members))
    await team.until(lambda: all(3 in one.events_of(MessagesArrived)[-1].new for one in members))
    await team.until(lambda: all(one.state is State.LIVE for one in members))
    (asker,) = [one for one in members if one.asking]
    others = {one.member.status.reason for one in members if not one.asking}
    assert others == {f"{asker.name} is fetching messages"}
    for member in members:
        told = member.events_of(MessagesArrived)
        assert [event.live for event in told if 3 in event.new] == [True]
        assert sorted(number for event in told for number in event.new) == [1, 2, 3]


async def test_messages_arrive_while_a_member_deletes_many_old_ones(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = []

    def expire_without_end(self: AccountArchive, before: int) -> Iterator[int]:
        while True:
            steps.append(before)
            yield 1

    monkeypatch.setattr(AccountArchive, "expire", expire_without_end)
    anna, boris = team.join("anna", keep_days=1), team.join("boris")
    await team.until(lambda: len(steps) > 1)
    team.receive("meanwhile")
    await team.until(lambda: anna.texts == boris.texts == ["meanwhile"])
    taken = len(steps)
    await team.until(lambda: len(steps) > taken)


async def test_late_messages_are_counted_by_the_member_who_found_them(team: Team) -> None:
    anna = await team.live("anna")
    team.receive("late", hours_ago=3)
    asked = len(team.asked)
    await team.until(lambda: len(team.asked) > asked + 1)
    assert anna.texts == []
    await anna.stop()
    team.members.remove(anna)
    boris = team.join("boris")
    await team.until(lambda: boris.texts == ["late"])
    await team.until(lambda: boris.account.sync_state.late().messages == 1)
    assert 3 <= boris.account.sync_state.late().longest / 3600 < 4


async def test_nobody_polls_while_the_hub_is_away_and_all_resume_afterwards(team: Team) -> None:
    members = [team.join(name) for name in ("anna", "boris")]
    team.receive("before")
    await team.until(lambda: all(one.texts == ["before"] for one in members))
    async with team.hub_away():
        assert all(one.member.status.next_at is not None for one in members)
        asked = len(team.asked)
        team.receive("meanwhile")
        await asyncio.sleep(0.5)
        assert len(team.asked) <= asked
        assert all(one.texts == ["before"] for one in members), "the list reads on"
    await team.until(lambda: all(one.texts == ["before", "meanwhile"] for one in members))
    assert {one.state for one in members} <= {State.LIVE, State.CHECKING}


async def test_a_member_can_poll_through_a_hub_with_high_latency(
    team: Team, cluster: Cluster
) -> None:
    with Proxy(cluster.port, delay=0.4 / SPEED) as proxy:
        anna = team.join("anna", port=proxy.port)
        team.receive("one")
        await team.until(lambda: anna.texts == ["one"])
        await team.close()


async def test_a_member_too_slow_to_send_requests_makes_way_for_a_colleague(team: Team) -> None:
    anna = await team.live("anna")
    assert anna.member._store is not None
    requests = anna.member._store.requests
    begin = requests.begin

    def begin_long_ago(*arguments: Any) -> Any:
        begun = begin(*arguments)
        if isinstance(begun, Permit):
            begun = begun._replace(at=begun.at._replace(seconds=begun.at.seconds - 6.0))
        return begun

    requests.begin = begin_long_ago  # type: ignore[method-assign, assignment] # takes anything
    boris = team.join("boris")
    team.receive("one")
    await team.until(lambda: anna.texts == boris.texts == ["one"])
    assert boris.asking
    assert anna.member.status[:2] == (State.LIVE, "boris is fetching messages")


async def test_quitting_during_a_request_does_not_delay_the_others(team: Team) -> None:
    anna = await team.live("anna")
    await team.live("boris")
    team.answer_seconds = 1.0
    await team.until(lambda: team.under_way)
    team.members.remove(anna)
    await anna.stop()
    asked, began = len(team.asked), team.clock.seconds()
    await team.until(lambda: len(team.asked) > asked)
    assert team.clock.seconds() - began < Limit().in_flight_seconds / 2


async def test_watch_continues_while_no_colleague_can_poll(
    team: Team, capsys: pytest.CaptureFixture[str]
) -> None:
    vera = team.join("vera", password=None)
    await team.until(lambda: vera.state is State.SIGN_IN)
    reporter = StatusReporter(vera.clock, asyncio.Event())
    for event in vera.events:
        reporter.on_event(event)
    assert reporter.end is None
    said = "inbox-tui: offline: no colleague who can fetch messages is connected.\n"
    assert capsys.readouterr().err == said


@pytest.mark.parametrize("network", ["good", "cut"])
async def test_a_sync_keeps_an_answer_slower_than_the_idle_session_timeout(
    team: Team, cluster: Cluster, monkeypatch: pytest.MonkeyPatch, network: str
) -> None:
    monkeypatch.setitem(_SESSION_SETTINGS, "idle_session_timeout", "300ms")
    team.answer_seconds = 12.0
    team.receive("one")
    with Proxy(cluster.port) as proxy:
        anna = team.join("anna", port=proxy.port, once=True)
        await team.until(lambda: team.under_way)
        if network == "cut":
            proxy.cut()
        await team.until(anna.task.done)
        assert anna.texts == ["one"]
        status = anna.task.result()
        assert status is not None
        assert status.state is State.LIVE
        await team.close()


@pytest.mark.parametrize("step", [(TeamStates, "unsent"), (TeamCopy, "store")])
async def test_a_sync_outwaits_a_busy_archive_but_not_for_ever(
    team: Team, monkeypatch: pytest.MonkeyPatch, step: tuple[type, str]
) -> None:
    real = getattr(*step)
    failures = 5

    def busy(*arguments: Any) -> Any:
        nonlocal failures
        failures -= 1
        if failures >= 0:
            raise ArchiveBusy("in use")
        return real(*arguments)

    monkeypatch.setattr(*step, busy)
    team.receive("one")
    anna = team.join("anna", once=True)
    status = await anna.task
    assert status is not None
    assert status.state is State.LIVE
    assert anna.texts == ["one"]
    assert len(team.asked) == 1
    failures = 10**6
    team.receive("two")
    boris = team.join("boris", once=True)
    with pytest.raises(ArchiveBusy, match="in use"):
        await boris.task


async def test_a_colleague_does_not_need_the_accounts_password(team: Team) -> None:
    team.cluster.add_user("vera", "inbox_tui_reader")
    vera = team.join("vera", password=None, user="vera")
    await team.until(lambda: vera.state is State.OFFLINE)
    assert vera.member.status.reason == "no colleague who can fetch messages is connected"
    anna = team.join("anna")
    team.receive("for all")
    await team.until(lambda: vera.texts == ["for all"])
    assert vera.member.status[:2] == (State.LIVE, "anna is fetching messages")
    assert not vera.asking
    assert anna.asking


async def test_a_member_with_a_refused_password_makes_way_for_a_colleague(team: Team) -> None:
    team.refused = "wrong"
    anna = team.join("anna", password="wrong")
    await team.until(lambda: anna.state is State.SIGN_IN)
    await team.until(lambda: not anna.asking)
    boris = team.join("boris")
    team.receive("for both")
    await team.until(lambda: boris.texts == anna.texts == ["for both"])
    assert [one.password for one in team.asked].count("wrong") == 1


async def test_a_colleagues_refresh_is_made_by_the_polling_member(team: Team) -> None:
    team.refresh_seconds = 120.0
    anna = team.join("anna")
    await team.until(lambda: anna.asking and len(team.asked) == 1 and anna.state is State.LIVE)
    boris = await team.live("boris")
    began = team.clock.seconds()
    boris.member.refresh()
    await team.until(lambda: len(team.asked) == 2)
    assert team.clock.seconds() - began < team.refresh_seconds / 2


async def test_a_refresh_is_sent_though_another_follows_at_once(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the task waits for an answer, so it is collected unless the member holds it."""
    await team.live("anna")
    boris = await team.live("boris")
    hub = boris.member._hub
    run = hub.run
    waiting: WeakSet[asyncio.Future[None]] = WeakSet()
    sent: list[str] = []

    async def run_later(work: Any) -> Any:
        if asyncio.current_task() is not boris.task:
            answer = asyncio.get_running_loop().create_future()
            waiting.add(answer)
            await answer
        return await run(work)

    async def send(connection: Any, account_id: int, payload: str) -> None:
        sent.append(payload)
        await announce(connection, account_id, payload)

    monkeypatch.setattr(hub, "run", run_later)
    monkeypatch.setattr("inbox_tui.team.member.announce", send)
    boris.member.refresh()
    boris.member.refresh()
    await asyncio.sleep(0)
    gc.collect()
    for answer in list(waiting):
        answer.set_result(None)
    await team.until(lambda: sent.count("refresh") == 2)


async def test_a_deferred_refresh_is_reported_only_to_the_member_who_asked(team: Team) -> None:
    anna = await team.live("anna")
    boris = await team.live("boris")
    for presser, other in ((boris, anna), (anna, boris)):
        for one in (boris, anna):
            one.events.clear()
        while not presser.events_of(RefreshDeferred):
            presser.member.refresh()
            await team.clock.sleep(1.0)
        until = presser.events_of(RefreshDeferred)[0].until
        assert until is not None
        assert 0 < until - presser.clock.moment().seconds < Limit().window
        await team.clock.sleep(3.0)
        assert not other.events_of(RefreshDeferred)
    for hostile in ("nan", "1e400", "x", ""):
        (pid,) = team.sql("SELECT pid FROM inbox_tui.members WHERE name = 'boris'")
        team.sql(f"NOTIFY inbox_tui_1, 'deferred {pid} {hostile}'")
    await team.until(lambda: [one.until for one in boris.events_of(RefreshDeferred)] == [None] * 4)


async def test_any_text_reaches_every_member_unchanged(team: Team) -> None:
    hostile = ["\x00\x1b[31m\u202e[b]", "half \ud83d of it", "Заказ 😀\r\n\t", ""]
    team.receive(*hostile)
    members = [team.join(name) for name in ("anna", "boris")]
    await team.until(lambda: all(one.texts == hostile for one in members))


async def test_all_members_see_that_the_account_is_new_to_the_hub(team: Team) -> None:
    team.sql("UPDATE inbox_tui.accounts SET requests_lost = true")
    members = [team.join("anna"), team.join("vera", password=None)]
    await team.until(lambda: all(one.state is State.WAITING for one in members))
    assert {one.member.status.reason for one in members} == {NEW_TO_HUB}


async def test_a_members_copying_progress_reaches_the_hub_within_seconds(team: Team) -> None:
    anna = await team.live("anna")
    for count in range(1, 5):
        team.receive("one more")
        await team.until(lambda: len(anna.texts) == len(team.messages))
        await team.clock.sleep(12.0)
        assert team.sql("SELECT max(seq) FROM inbox_tui.members") == [str(count)]


@asynccontextmanager
async def signed_in(team: Team, folder: Path, backend: MemoryBackend) -> AsyncIterator[Session]:
    """Open a session that signs in with what is in the keyring."""
    url = team.cluster.url(team.database, "admin")
    hub = parse_hub(url)
    backend.kept["inbox-tui", f"{hub.user}@{hub.place}"] = ADMIN_PASSWORD
    with Archive.open(folder / "inbox.db") as archive:
        session = Session(
            "alex",
            "https://smscentre.com/sys/get.php",
            dependencies=Dependencies(
                archive,
                Settings(team=url),
                keyring(backend),
                lambda url, login, secret: Client(team, secret.reveal()),
                team.clock,
                Random(1),
                Limit(),
                20.0,
            ),
        )
        await session.start()
        yield session
        await session.close()


async def test_a_password_typed_while_a_colleague_polls_is_shown_as_unchecked(
    team: Team, tmp_path: Path
) -> None:
    await team.live("anna")
    async with signed_in(team, tmp_path, MemoryBackend()) as session:
        result = await session.sign_in(Secret("mistyped"))
    assert result.status.state is State.LIVE
    assert result.note == "The password could not be checked yet: anna is fetching messages."
    assert {one.password for one in team.asked} == {"correct horse"}


async def test_an_unchecked_password_replaces_one_in_the_keyring_once_accepted(
    team: Team, tmp_path: Path
) -> None:
    anna = await team.live("anna")
    backend = MemoryBackend(**{"alex@smscentre.com": "may work"})
    async with signed_in(team, tmp_path, backend) as session:
        result = await session.sign_in(Secret("correct horse"), remember=True)
        assert "It will replace the one in the keyring once it is accepted." in result.note
        assert backend.kept["inbox-tui", "alex@smscentre.com"] == "may work"
        await anna.stop()
        team.members.remove(anna)
        await team.until(lambda: backend.kept["inbox-tui", "alex@smscentre.com"] == "correct horse")


async def test_an_accepted_password_that_cannot_be_stored_is_reported(
    team: Team, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna = await team.live("anna")
    backend = MemoryBackend(**{"alex@smscentre.com": "may work"})
    async with signed_in(team, tmp_path, backend) as session:
        events: list[SessionEvent] = []
        session.on_event(events.append)
        await session.sign_in(Secret("correct horse"), remember=True)
        monkeypatch.setattr(backend, "set_password", LockedBackend().set_password)
        await anna.stop()
        team.members.remove(anna)
        await team.until(lambda: any(isinstance(one, PasswordNotStored) for one in events))
        (told,) = (one for one in events if isinstance(one, PasswordNotStored))
        assert "it is locked and was not unlocked" in told.reason


@pytest.mark.parametrize("kept", ["", "refused"])
async def test_an_unchecked_password_is_stored_at_once_if_none_that_may_work_is(
    team: Team, tmp_path: Path, kept: str
) -> None:
    async with team.store() as (store, clock):
        digest = new_digest(Secret("refused"))
        hold = Hold("refused", None, 1, "refused before", clock.now(), digest)
        await asyncio.to_thread(store.requests.set_hold, hold, clock.moment())
    await team.live("anna")
    backend = MemoryBackend(**{"alex@smscentre.com": kept} if kept else {})
    async with signed_in(team, tmp_path, backend) as session:
        result = await session.sign_in(Secret("typed"), remember=True)
    assert result.note == "The password could not be checked yet: anna is fetching messages."
    assert backend.kept["inbox-tui", "alex@smscentre.com"] == "typed"


async def test_a_password_refused_before_joining_is_not_sent_again(team: Team) -> None:
    team.refused = "wrong"
    anna = team.join("anna", password="wrong")
    digest = new_digest(Secret("wrong"))
    hold = Hold("refused", None, 1, "refused before", anna.clock.now(), digest)
    anna.account.requests.set_hold(hold, anna.clock.moment())
    await team.until(lambda: anna.state is State.SIGN_IN)
    assert anna.member.status.reason == "refused before"
    team.join("boris")
    await team.until(lambda: len(team.asked) == 2)
    assert {one.password for one in team.asked} == {"correct horse"}


async def test_a_block_from_before_joining_keeps_the_team_from_asking(team: Team) -> None:
    anna = team.join("anna")
    now = anna.clock.moment()
    hold = Hold("blocked", now.seconds + 100.0, 1, "ip is blocked", anna.clock.now(), b"")
    anna.account.requests.set_hold(hold, now)
    await team.until(lambda: anna.state is State.BLOCKED)
    assert anna.member.status.reason == "ip is blocked"
    await team.until(lambda: anna.state is State.LIVE)
    assert team.asked[0].at + 5000.0 >= now.seconds + 100.0


async def test_a_reader_who_may_ask_later_hands_over_what_it_did_before(team: Team) -> None:
    team.refused = "wrong"
    team.cluster.add_user("vera", "inbox_tui_reader")
    vera = team.join("vera", password="wrong", user="vera")
    now = vera.clock.moment()
    digest = new_digest(Secret("wrong"))
    hold = Hold("refused", None, 1, "refused before", vera.clock.now(), digest)
    vera.account.requests.set_hold(hold, now)
    vera.polled_before()
    await team.until(lambda: vera.state is State.OFFLINE)
    team.sql(
        "GRANT inbox_tui_asker TO vera; SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE usename = 'vera'"
    )
    await team.until(lambda: vera.state is State.SIGN_IN)
    assert team.asked == []
    await team.live("boris")
    await team.until(vera.account.sync_state.gaps)


async def test_requests_from_before_joining_count_even_if_the_hub_fails_at_first(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    add = HubRequestLog.add_earlier
    failing = iter([HubAway("it does not answer")])

    def add_earlier(log: HubRequestLog, *before: Any) -> None:
        for error in failing:
            raise error
        add(log, *before)

    monkeypatch.setattr(HubRequestLog, "add_earlier", add_earlier)
    anna = team.join("anna", password=None)
    anna.account.requests.begin("", "asked alone", anna.clock.moment(), Limit())
    await team.until(lambda: anna.state is State.SIGN_IN)
    assert State.HUB_AWAY in anna.states
    assert team.sql("SELECT count(*) FROM inbox_tui.requests") == ["1"]
