"""`inbox-tui team`: making, joining, inspecting and leaving a hub."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path
from typing import Any

import pytest
from support.archives import BOOT
from support.command import LOGIN, PASSWORD, Ended, Files, incoming, run
from support.keyrings import MemoryBackend
from support.postgres import ADMIN_PASSWORD, USER_PASSWORD, Cluster
from support.russian import in_both_languages

from inbox_tui import locale
from inbox_tui.archive import Archive, ArchiveBusy
from inbox_tui.archive.team_copy import TeamCopy
from inbox_tui.credentials import Secret
from inbox_tui.demo.server import DemoServer
from inbox_tui.team import member, schema
from inbox_tui.team.address import parse_hub
from inbox_tui.team.hub import _SESSION_SETTINGS, Hub
from inbox_tui.team.standing import LOCK

pytestmark = pytest.mark.usefixtures("password")
ASKER, READER = "inbox_tui_asker", "inbox_tui_reader"
CERTIFICATE = Path(__file__).with_name("hub.example.com.pem")
UNKNOWN = Path(__file__).parents[1] / "smsc" / "localhost.pem"
"""A certificate authority that has not signed the hub's certificate."""


@pytest.fixture
def password(account: DemoServer, ring: MemoryBackend) -> None:
    """Put the account's password into the keyring."""
    ring.kept["inbox-tui", f"{LOGIN}@{account.host}"] = PASSWORD


@pytest.fixture
def hub(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of a hub made by `team init`, with `{}` in place of the user."""
    database = cluster.new_database()
    ended = run("team", "init", cluster.url(database), "--password-stdin", stdin=ADMIN_PASSWORD)
    assert ended.status == 0, ended.errors
    assert "is now a hub" in ended.output
    assert f"IN ROLE {ASKER};" in ended.output
    nobody_to_wait_for = "ALTER TABLE inbox_tui.accounts ALTER requests_lost SET DEFAULT false"
    cluster.sql(nobody_to_wait_for, database)
    return cluster.url(database, "{}")


def join(hub: str, cluster: Cluster, name: str = "anna", role: str = ASKER) -> str:
    """Join from this machine as a new user of the database; return their URL."""
    cluster.add_user(name, role)
    url = hub.format(name)
    ended = run("team", "join", url, "--password-stdin", stdin=f"{USER_PASSWORD}\n")
    assert ended.status == 0, ended.errors
    return url


def joining(url: str, password: str = USER_PASSWORD) -> Ended:
    """Try to join a hub that refuses it; return the result."""
    ended = run("team", "join", url, "--password-stdin", stdin=password)
    assert ended.status == 1
    return ended


def messages(files: Files) -> list[str]:
    lines = run("export", "--format", "csv").output.splitlines()
    return [line.split(",")[5] for line in lines[1:]]


def test_a_member_syncs_through_the_hub_and_keeps_a_copy_on_leaving(
    files: Files, account: DemoServer, ring: MemoryBackend, hub: str, cluster: Cluster
) -> None:
    account.service.add(incoming(1, "for the team"))
    address = join(hub, cluster)
    assert f'team = "{address}"' in files.config.read_text()
    assert USER_PASSWORD not in files.config.read_text()
    place = address.partition("@")[2]
    assert ring.kept["inbox-tui", f"anna@{place}"] == USER_PASSWORD
    assert run("sync") == (0, "1 new message\n", "")
    assert messages(files) == ["for the team"]
    assert "✓ team      the hub answers, " in run("doctor").output
    status = run("team", "status")
    assert f"{LOGIN}@{account.host}: nobody is fetching messages" in status.output
    assert run("team", "leave").errors == "Left the team; its messages stay on this machine.\n"
    assert "team =" not in files.config.read_text().replace("#team =", "")
    assert ("inbox-tui", f"anna@{place}") not in ring.kept
    assert messages(files) == ["for the team"]
    with Archive.open(files.archive) as archive:
        assert archive.account(LOGIN, account.host).requests.state(BOOT).lost


@in_both_languages
def test_a_reader_copies_from_the_hub_and_never_asks_the_service(
    files: Files, account: DemoServer, hub: str, cluster: Cluster
) -> None:
    account.service.add(incoming(1, "for the team"))
    join(hub, cluster)
    run("sync")
    ended = run("logout", "--purge")
    assert "The team's hub and its members keep them" in ended.errors
    assert messages(files) == []
    asked = len(account.service.requests)
    join(hub, cluster, "vera", READER)
    ended = run("sync")
    assert ended.status == 5
    assert "no colleague who can fetch messages is connected" in ended.errors
    assert messages(files) == ["for the team"]
    assert len(account.service.requests) == asked


@in_both_languages
def test_a_busy_archive_ends_the_sync_of_one_account_in_a_team(
    account: DemoServer, hub: str, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: object) -> None:
        raise ArchiveBusy(locale._("the archive is in use by another program"))

    account.service.add(incoming(1))
    join(hub, cluster)
    monkeypatch.setattr(member, "BUSY_TRIES", 0)
    monkeypatch.setattr(TeamCopy, "store", busy)
    ended = run("sync", "--all")
    assert ended.status == 1
    told = f"inbox-tui: {LOGIN}@{account.host}: the archive is in use by another program.\n"
    assert ended.errors == told


@in_both_languages
def test_a_colleague_whose_name_is_unknown_asks_in_the_users_language(
    account: DemoServer, hub: str, cluster: Cluster
) -> None:
    join(hub, cluster)
    asker = Hub(parse_hub(hub.format("admin")), Secret(ADMIN_PASSWORD))
    asyncio.run(asker.connect())
    asker.fetch("SELECT pg_advisory_lock($1, account_id) FROM inbox_tui.accounts", LOCK)
    status = run("team", "status")
    asker.close()
    assert f"{LOGIN}@{account.host}: a colleague is fetching messages" in status.output


def test_commands_report_that_the_hub_is_away_and_send_no_request(
    files: Files, account: DemoServer, hub: str, cluster: Cluster
) -> None:
    join(hub, cluster)
    port = f":{cluster.port}/"
    files.config.write_text(files.config.read_text().replace(port, ":1/"))
    away = (5, "inbox-tui: no connection to the team's hub: connection refused.\n")
    ended = run("sync")
    assert (ended.status, ended.errors) == away
    ended = run("login", "--password-stdin", stdin="another")
    assert (ended.status, ended.errors) == away
    assert account.service.requests == []
    doctor = run("doctor")
    assert "✗ team      the hub can't be used: connection refused" in doctor.output


@in_both_languages
def test_a_team_account_is_not_synced_without_the_team_setting(
    files: Files, account: DemoServer, hub: str, cluster: Cluster
) -> None:
    join(hub, cluster)
    run("sync")
    files.config.unlink()
    asked = len(account.service.requests)
    ended = run("sync")
    assert ended.status == 1
    assert "this account belongs to a team: run 'inbox-tui team leave' to leave it" in ended.errors
    assert len(account.service.requests) == asked
    assert run("team", "leave").status == 0
    assert run("team", "leave").errors == "inbox-tui: this machine is not in a team.\n"


def test_the_hubs_password_may_come_from_pgpass(
    files: Files,
    account: DemoServer,
    ring: MemoryBackend,
    hub: str,
    cluster: Cluster,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cluster.add_user("anna", ASKER)
    pgpass = files.home / ".pgpass"
    pgpass.write_text(f"127.0.0.1:*:*:anna:{USER_PASSWORD}\n")
    pgpass.chmod(0o600)
    monkeypatch.setenv("PGPASSFILE", str(pgpass))
    assert run("team", "join", hub.format("anna")).status == 0
    assert run("sync").status == 0
    assert list(ring.kept) == [("inbox-tui", f"{LOGIN}@{account.host}")]


@in_both_languages
@pytest.mark.parametrize(
    ("change", "why"),
    [
        ("UPDATE inbox_tui.version SET version = 2", "the hub has version 2"),
        ("DROP TABLE inbox_tui.version", "has an inbox_tui schema that is not a hub's"),
        ("DROP SCHEMA inbox_tui CASCADE", "this database is not a hub: 'inbox-tui team init URL'"),
    ],
)
def test_a_database_that_is_not_a_hub_of_this_version_is_refused(
    files: Files, hub: str, cluster: Cluster, change: str, why: str
) -> None:
    cluster.add_user("anna", ASKER)
    cluster.sql(change, hub.rpartition("/")[2])
    assert why in joining(hub.format("anna")).errors
    assert not files.config.exists()


@in_both_languages
def test_a_server_that_is_too_old_is_refused_with_the_version_needed(
    files: Files, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It lacks a setting of our sessions, as a server before 14 does."""
    monkeypatch.setitem(_SESSION_SETTINGS, "setting_of_99", "10s")
    monkeypatch.setattr(schema, "LEAST_SERVER_VERSION", 99)
    url = cluster.url(cluster.new_database())
    for command in ("init", "join"):
        ended = run("team", command, url, "--password-stdin", stdin=ADMIN_PASSWORD)
        assert ended.status == 1
        assert "PostgreSQL 99 or later is needed, this is " in ended.errors
    assert not files.config.exists()


@in_both_languages
def test_a_user_without_a_role_or_with_a_wrong_password_is_refused(
    account: DemoServer, ring: MemoryBackend, hub: str, cluster: Cluster
) -> None:
    cluster.add_user("eve", "pg_monitor")
    url = hub.format("eve")
    assert f"an administrator must GRANT {READER} TO it" in joining(url).errors
    told = joining(url, "a guess").errors
    assert 'password authentication failed for user "eve"' in told
    assert list(ring.kept) == [("inbox-tui", f"{LOGIN}@{account.host}")]


@in_both_languages
@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("postgresql://anna:pw@db/inbox", "the URL must not contain a password"),
        ("https://db/inbox", "the hub is a PostgreSQL database"),
        ("postgresql://db/inbox", "lacks the user or the database"),
        ("postgresql://anna@db/inbox?sslmode=disable", "the URL option sslmode is not supported"),
        ("postgresql://anna@[db/inbox", "the hub is not a URL"),
        ("postgresql://anna@db:0/inbox", "the port of the hub is not a number from 1 to 65535"),
        ("postgresql://anna@db:99999/inbox", "the port of the hub is not a number from 1 to 65535"),
        ("postgresql://anna@db:abc/inbox", "the port of the hub is not a number from 1 to 65535"),
        ("postgresql://anna@/inbox?port=99999", "the port of the hub is not a number from 1 to"),
        (
            "postgresql://anna@/inbox?port=abc",
            "the port of the hub is not a number from 1 to 65535",
        ),
    ],
)
def test_an_invalid_hub_url_is_refused(files: Files, url: str, why: str) -> None:
    ended = run("team", "join", url)
    assert ended.status == 2
    assert why in ended.errors
    files.configure(f'team = "{url}"\n')
    ended = run("config")
    assert ended.status == 2
    assert why in ended.errors


@in_both_languages
def test_a_remote_hub_without_tls_gets_no_password(hub: str, cluster: Cluster) -> None:
    """Only `localhost`, 127.0.0.1, ::1 and Unix sockets count as this machine."""
    url = hub.format("anna").replace("127.0.0.1", "127.0.0.2")
    cluster.stop()
    cluster.start("-c", "listen_addresses=127.0.0.1,127.0.0.2")
    assert "the connection is not secure" in joining(url).errors


@pytest.fixture
def hub_elsewhere(cluster: Cluster, hub: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The same hub with its own certificate; `{}` stands for the user and for the host's name."""
    cluster.serve_tls(CERTIFICATE, "-c", "log_connections=on")
    ask = socket.getaddrinfo

    def getaddrinfo(host: str | bytes, *others: Any, **named: Any) -> Any:
        return ask("127.0.0.1" if str(host).endswith(".example.com") else host, *others, **named)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return hub.replace("127.0.0.1", "{}")


@pytest.mark.parametrize(
    ("name", "authority", "why"),
    [
        ("hub.example.com", "", "its certificate is self-signed"),
        ("other.example.com", CERTIFICATE, "its certificate is for another name"),
        ("hub.example.com", UNKNOWN, "its certificate is self-signed"),
    ],
)
def test_a_remote_hub_with_an_untrusted_certificate_gets_no_password(
    files: Files,
    hub_elsewhere: str,
    cluster: Cluster,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    authority: str | Path,
    why: str,
) -> None:
    cluster.add_user("anna", ASKER)
    for variable in ("PGSSLMODE", "PGSSLROOTCERT"):  # PostgreSQL's variables that could disable TLS
        monkeypatch.setenv(variable, "disable")
    before = len(cluster.log())
    url = hub_elsewhere.format("anna", name) + (f"?sslrootcert={authority}" if authority else "")
    told = joining(url).errors
    assert f"the hub can't be used: the connection is not secure: {why}.\n" in told
    assert not files.config.exists()
    log = cluster.log()[before:]
    assert "connection received" in log
    assert "anna" not in log, "it was told who we are"


def test_a_remote_hub_with_a_trusted_certificate_is_joined_over_tls(
    account: DemoServer, hub_elsewhere: str, cluster: Cluster
) -> None:
    cluster.add_user("anna", ASKER)
    account.service.add(incoming(1, "for the team"))
    before = len(cluster.log())
    url = f"{hub_elsewhere.format('anna', 'hub.example.com')}?sslrootcert={CERTIFICATE}"
    ended = run("team", "join", url, "--password-stdin", stdin=USER_PASSWORD)
    assert ended.status == 0, ended.errors
    assert run("sync") == (0, "1 new message\n", "")
    assert "SSL enabled" in cluster.log()[before:]


def test_init_leaves_an_existing_hub_unchanged_unless_it_was_restored(
    hub: str, cluster: Cluster
) -> None:
    url = hub.format("admin")
    database = url.rpartition("/")[2]
    before = cluster.sql("SELECT hub FROM inbox_tui.version", database)
    ended = run("team", "init", url, "--password-stdin", stdin=ADMIN_PASSWORD)
    assert "was already a hub" in ended.output
    assert cluster.sql("SELECT hub FROM inbox_tui.version", database) == before
    run("team", "init", url, "--password-stdin", "--restored", stdin=ADMIN_PASSWORD)
    assert cluster.sql("SELECT hub FROM inbox_tui.version", database) != before


def test_the_accounts_password_is_never_stored_on_the_hub(
    account: DemoServer, hub: str, cluster: Cluster
) -> None:
    account.service.add(incoming(1, "for the team"))
    join(hub, cluster)
    run("sync")
    database = hub.rpartition("/")[2]
    tables = cluster.sql("SELECT tablename FROM pg_tables WHERE schemaname = 'inbox_tui'", database)
    kept = [cluster.sql(f"SELECT * FROM inbox_tui.{table}", database) for table in tables]
    assert PASSWORD not in str(kept)
    assert len(kept) == len(tables) > 8
