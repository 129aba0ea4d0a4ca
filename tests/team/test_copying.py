"""Copying from the hub into each member's archive."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support.archives import row_of
from support.postgres import Cluster
from support.proxy import Proxy
from support.team import Team

from inbox_tui.archive import Archive
from inbox_tui.archive.team_copy import CopiedPage, TeamCopy
from inbox_tui.archive.team_states import TeamState
from inbox_tui.smsc.message import IncomingMessage
from inbox_tui.sync import HubCopied, MessagesArrived, State
from inbox_tui.team import hub


async def test_pages_too_large_for_a_slow_network_are_copied_in_smaller_ones(
    team: Team, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [f"{number} {'a long text' * 20}" for number in range(400)]
    team.receive(*texts)
    anna = team.join("anna")
    await team.until(lambda: anna.texts == texts)
    monkeypatch.setattr(hub, "COMMAND_SECONDS", 0.4)
    with Proxy(cluster.port, rate=100_000) as proxy:
        vera = team.join("vera", password=None, port=proxy.port)
        await team.until(lambda: vera.texts == texts)


async def test_pages_too_large_for_a_slow_network_are_uploaded_in_parts(
    team: Team, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [f"{number} {'a long text' * 20}" for number in range(800)]
    team.receive(*texts)
    vera = team.join("vera", password=None)
    await team.until(lambda: vera.state is State.SIGN_IN)
    monkeypatch.setattr(hub, "COMMAND_SECONDS", 0.6)
    with Proxy(cluster.port, rate=200_000) as proxy:
        team.join("anna", port=proxy.port)
        await team.until(lambda: vera.texts == texts)
        await team.close()


@pytest.mark.parametrize("said_so", [True, False])
async def test_all_messages_return_after_the_hub_is_restored_from_a_backup(
    team: Team, said_so: bool
) -> None:
    team.receive("one", "two", "three")
    members = [team.join(name) for name in ("anna", "boris")]
    await team.until(lambda: all(one.texts == ["one", "two", "three"] for one in members))
    await team.close()
    team.sql(
        "DELETE FROM inbox_tui.messages WHERE id > 1; DELETE FROM inbox_tui.cursors;"
        "UPDATE inbox_tui.accounts SET last_seq = 1"
    )
    if said_so:  # `team init --restored`
        team.sql("UPDATE inbox_tui.version SET hub = DEFAULT")
    team.receive("four")
    members = [team.join(name) for name in ("anna", "boris", "vera")]
    everything = ["one", "two", "three", "four"]
    await team.until(lambda: all(one.texts == everything for one in members))
    assert team.sql("SELECT count(*) FROM inbox_tui.messages") == ["4"]


async def test_a_member_asks_for_a_restart_when_its_hub_is_replaced(team: Team) -> None:
    anna = await team.live("anna")
    team.sql(
        "UPDATE inbox_tui.version SET hub = DEFAULT; SELECT pg_terminate_backend(pid) FROM"
        " pg_stat_activity WHERE application_name = 'inbox-tui'"
    )
    await team.until(
        lambda: anna.state is State.HUB_AWAY and "restart inbox-tui" in anna.member.status.reason
    )


def test_a_stale_copy_does_not_overwrite_a_newer_one(tmp_path: Path) -> None:
    now = datetime(2026, 11, 23, 9, tzinfo=UTC)
    message = IncomingMessage(1, now.replace(tzinfo=None), "79991234567", "7911", "one", None)
    starred, not_starred = (
        CopiedPage("hub", last, [message], [], [], [TeamState("starred", 1, value, "x", 1.0)], now)
        for last, value in ((10, True), (11, False))
    )
    with Archive.open(tmp_path / "inbox.db") as one, Archive.open(tmp_path / "inbox.db") as other:
        account, same = (archive.account("alex", "smscentre.com") for archive in (one, other))
        TeamCopy(account).store(not_starred)
        TeamCopy(same).store(starred)  # read from the hub earlier
        assert not row_of(account, 1).starred
        assert TeamCopy(account).position("hub") == 11


async def test_a_hub_counts_as_copied_after_the_first_requests_messages(team: Team) -> None:
    team.receive("one")
    anna = team.join("anna")
    await team.until(lambda: anna.events_of(HubCopied))
    kinds = [type(event) for event in anna.events]
    assert kinds.index(MessagesArrived) < kinds.index(HubCopied)
    vera = team.join("vera", password=None)
    await team.until(lambda: vera.events_of(HubCopied))
    assert vera.texts == ["one"]


async def test_all_members_see_a_gap_from_before_the_account_joined_the_hub(team: Team) -> None:
    anna = team.join("anna")
    anna.polled_before()
    team.receive("one")
    boris = team.join("boris", password=None)
    await team.until(lambda: anna.account.sync_state.gaps() and boris.account.sync_state.gaps())
    (gap,) = boris.account.sync_state.gaps()
    assert gap.end - gap.start == pytest.approx(3 * 86400 + 300, abs=100)


async def test_a_member_who_leaves_continues_from_the_teams_last_poll(team: Team) -> None:
    anna, boris = team.join("anna"), team.join("boris", password=None)
    at = boris.polled_before()
    await team.until(lambda: boris.account.sync_state.polled()[""].service > at)
    boris.account.leave_team()
    left = boris.account.sync_state.polled()[""].service
    assert timedelta() <= boris.clock.now() - left < timedelta(minutes=5)
    assert anna.asking
