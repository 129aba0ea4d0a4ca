"""Three colleagues, each a separate process, share a hub while all kinds of faults occur.

`INBOX_TUI_TEAM_SECONDS=600 pytest tests/e2e/test_team.py` causes faults for ten minutes.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pytest
from support.command import PASSWORD, Files
from support.postgres import ADMIN_PASSWORD, USER_PASSWORD, Cluster
from support.proxy import Proxy
from support.traffic import incoming

from inbox_tui.archive import AccountArchive, Archive, Query
from inbox_tui.archive.records import ChangedState
from inbox_tui.demo.server import DemoServer
from inbox_tui.demo.service import DemoService

pytestmark = pytest.mark.e2e

SECONDS = float(os.environ.get("INBOX_TUI_TEAM_SECONDS") or 45)
NAMES = ("anna", "boris", "vera")
HOLDS_THE_LOCK = "l.locktype = 'advisory' AND l.granted AND l.objsubid = 2"
ASKER = f"""
SELECT m.name FROM pg_locks l JOIN inbox_tui.members m USING (pid)
WHERE {HOLDS_THE_LOCK} ORDER BY m.seen_at DESC LIMIT 1
"""
ASKER_STATE = f"""
SELECT a.state FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE {HOLDS_THE_LOCK}
"""


def until(condition: Callable[[], Any], seconds: float) -> float:
    """Wait at most `seconds` for a condition, and return the seconds it took."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < seconds, "in vain"
        time.sleep(0.1)
    return time.monotonic() - began


class Colleague:
    """`inbox-tui watch` as on a separate machine, connected to the hub through a proxy."""

    def __init__(
        self, installed: Path, home: Path, name: str, proxy: Proxy, server: DemoServer, base: str
    ) -> None:
        self.name = name
        self.proxy = proxy
        self.server = server
        self.stopped_until = 0.0
        self._files = Files(home)
        self._installed = installed
        self._log = (home.parent / f"{name}.log").open("ab")
        self._environment = {
            **self._files.environment,
            "PATH": os.environ["PATH"],
            "INBOX_TUI_LOGIN": "alex",
            "INBOX_TUI_SERVER": server.url,
            "INBOX_TUI_PASSWORD": PASSWORD,
            "PGPASSWORD": USER_PASSWORD,
        }
        home.mkdir(mode=0o700)
        url = f"postgresql://{name}@127.0.0.1:{proxy.port}/{base}"
        join = [str(installed), "team", "join", url]
        subprocess.run(join, env=self._environment, check=True, capture_output=True)
        settings = self._files.config.read_text()
        self._files.configure(f'{settings}\nteam_name = "{name}"\n')
        self.start()

    def start(self) -> None:
        self.program = subprocess.Popen(
            [self._installed, "watch"], env=self._environment, stdout=self._log, stderr=self._log
        )

    def go_on(self) -> None:
        """Start the program again if it has ended."""
        if self.program.poll() is not None:
            self.start()

    def signal(self, what: signal.Signals) -> None:
        if self.program.poll() is None:
            self.program.send_signal(what)

    def end(self) -> None:
        self.signal(signal.SIGCONT)
        self.signal(signal.SIGKILL)
        self.program.wait()
        self._log.close()

    @contextmanager
    def account(self) -> Iterator[AccountArchive]:
        """Open the account in this colleague's archive."""
        with Archive.open(self._files.archive) as archive:
            yield archive.account("alex", self.server.host)

    def kept(self) -> dict[int, tuple[bool, ...]]:
        """Return the states of the messages in the archive by id: unread, starred, done, taken."""
        with self.account() as account:
            return {
                row.id: (row.unread, row.starred, row.done, bool(row.taken))
                for row in account.lists.export(Query())
            }

    def set_state(self, state: ChangedState, number: int, value: bool) -> None:
        with self.account() as account:
            if (row := account.messages.get(number)) is not None:
                account.messages.set_state([row.row], state, value=value)

    def unsent(self) -> int:
        with self.account() as account:
            return len(account.team.unsent(1))


class Team:
    """The hub and the colleagues who use it."""

    def __init__(self, cluster: Cluster, base: str, members: list[Colleague]) -> None:
        self.cluster = cluster
        self.base = base
        self.members = members

    def asker(self) -> Colleague | None:
        found = self.cluster.sql(ASKER, self.base)
        return next((one for one in self.members if [one.name] == found), None)


@pytest.fixture
def team(installed: Path, tmp_path: Path, cluster: Cluster, server: DemoServer) -> Iterator[Team]:
    base = cluster.new_database()
    subprocess.run(
        [installed, "team", "init", cluster.url(base)],
        env={**Files(tmp_path).environment, "PGPASSWORD": ADMIN_PASSWORD},
        check=True,
        capture_output=True,
    )
    cluster.sql("ALTER TABLE inbox_tui.accounts ALTER requests_lost SET DEFAULT false", base)
    with ExitStack() as stack:
        members = []
        for name in NAMES:
            cluster.add_user(name, "inbox_tui_asker")
            proxy = stack.enter_context(Proxy(cluster.port))
            member = Colleague(installed, tmp_path / name, name, proxy, server, base)
            stack.callback(member.end)
            members.append(member)
        yield Team(cluster, base, members)


def another_asks(team: Team, than: Colleague) -> bool:
    return team.asker() not in (None, than)


def make_silent(team: Team, asker: Colleague, how: str) -> None:
    """Stop the asker or cut it off while its session is idle.

    While it prepares a statement, servers before 17 have no timeout for a network that still
    acknowledges data, as the proxy's does.
    """
    while True:
        if how == "stopped":
            asker.signal(signal.SIGSTOP)
        else:
            asker.proxy.frozen = True
        time.sleep(0.1)
        if team.cluster.sql(ASKER_STATE, team.base) != ["active"]:
            return
        make_responsive(asker)
        time.sleep(0.1)


def make_responsive(asker: Colleague) -> None:
    asker.signal(signal.SIGCONT)
    asker.proxy.frozen = False


def test_colleague_takes_over_from_a_killed_stopped_or_cut_off_asker(team: Team) -> None:
    until(team.asker, 30)
    took = {}
    for how in ("killed", "stopped", "cut off"):
        asker = team.asker()
        assert asker is not None
        if how == "killed":
            asker.signal(signal.SIGKILL)
        else:
            make_silent(team, asker, how)
        took[how] = until(partial(another_asks, team, asker), 25)
        make_responsive(asker)
        if how == "killed":
            asker.program.wait()
            asker.start()
        time.sleep(4)
    assert took["killed"] < 5.0 + 1.0, took
    assert took["stopped"] < 15.0 + 1.0, took
    assert took["cut off"] < 15.0 + 1.0, took


def test_team_keeps_the_limit_and_all_messages_through_random_failures(
    team: Team, service: DemoService, cluster: Cluster
) -> None:
    random = Random(7)
    number, end = 0, time.monotonic() + SECONDS
    members = team.members
    until(team.asker, 30)
    while time.monotonic() < end:
        for _ in range(random.randint(0, 3)):
            number += 1
            service.add(incoming(number, f"Message {number}", minutes_ago=0))
        member = random.choice(members)
        match random.choice(
            ("kill", "kill asker", "stop", "freeze", "cut", "hub", "state", "state")
        ):
            case "kill":
                member.signal(signal.SIGKILL)
            case "kill asker":
                if (asker := team.asker()) is not None:
                    asker.signal(signal.SIGKILL)
            case "stop":
                member.signal(signal.SIGSTOP)
                member.stopped_until = time.monotonic() + random.uniform(1, 14)
            case "freeze":
                member.proxy.frozen = True
            case "cut":
                member.proxy.cut()
            case "hub":
                cluster.stop()
                time.sleep(random.uniform(0, 3))
                cluster.start()
            case "state":
                state: ChangedState = random.choice(("unread", "starred", "done", "taken"))
                member.set_state(state, random.randint(1, number + 1), random.random() < 0.5)
        time.sleep(random.uniform(0.2, 3))
        for one in members:
            if one.stopped_until and one.stopped_until < time.monotonic():
                one.stopped_until = 0.0
                one.signal(signal.SIGCONT)
            if one.proxy.frozen and random.random() < 0.3:
                one.proxy.frozen = False
            if random.random() < 0.7:
                one.go_on()
    for one in members:
        make_responsive(one)
        one.go_on()

    def agreed() -> bool:
        kept = [one.kept() for one in members]
        return (
            set(kept[0]) == set(range(1, number + 1))
            and kept[0] == kept[1] == kept[2]
            and not any(one.unsent() for one in members)
        )

    until(agreed, 240)
    assert service.breaches == []
