"""Commands with two accounts at two servers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.command import PASSWORD, Files, Program, incoming, run, server_now
from support.keyrings import MemoryBackend
from support.russian import in_both_languages

from inbox_tui.archive import Archive
from inbox_tui.demo.server import DemoServer
from inbox_tui.demo.service import DemoService


@pytest.fixture
def other() -> Iterator[DemoServer]:
    """The server of a second account."""
    service = DemoService({"boris": "of boris"}, clock=server_now)
    with DemoServer(service) as server:
        yield server


@pytest.fixture
def both(
    server: DemoServer, other: DemoServer, ring: MemoryBackend
) -> tuple[DemoServer, DemoServer]:
    """Both accounts, signed in; each has a message with the same id."""
    server.service.add(incoming(1, "To Alex, code 4417", minutes_ago=9))
    other.service.add(incoming(1, "To Boris", minutes_ago=5))
    for of, login, password in ((server, "alex", PASSWORD), (other, "boris", "of boris")):
        words = ("login", "--login", login, "--server", of.url, "--password-stdin")
        assert run(*words, stdin=password).status == 0
    return server, other


def test_accounts_are_listed_with_their_unread_counts(
    both: tuple[DemoServer, DemoServer],
) -> None:
    server, other = both
    expected = f"alex@{server.host}\t1 unread\nboris@{other.host}\t1 unread\n"
    assert run("accounts") == (0, expected, "")


def test_an_account_named_in_the_environment_is_listed(
    both: tuple[DemoServer, DemoServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    server, other = both
    server.service.accounts["clara"] = "of clara"
    server.service.add(incoming(2, "To Clara", minutes_ago=2), login="clara")
    for name, value in (("LOGIN", "clara"), ("SERVER", server.url), ("PASSWORD", "of clara")):
        monkeypatch.setenv(f"INBOX_TUI_{name}", value)
    assert run("sync").status == 0
    listed = run("accounts").output.splitlines()
    assert listed == [
        f"alex@{server.host}\t1 unread",
        f"boris@{other.host}\t1 unread",
        f"clara@{server.host}\t1 unread",
    ]


@in_both_languages
@pytest.mark.parametrize("command", ["sync", "watch"])
def test_a_login_without_a_password_makes_no_account(
    files: Files, ring: MemoryBackend, command: str
) -> None:
    ended = run(command, "--login", "typo")
    assert ended.status == 3
    assert "there is no password or API key for typo@smscentre.com" in ended.errors
    with Archive.open(files.archive) as archive:
        assert archive.accounts() == []


def test_sync_all_refreshes_every_account(both: tuple[DemoServer, DemoServer]) -> None:
    server, other = both
    other.service.add(incoming(2))
    ended = run("sync", "--all")
    assert ended.status == 0
    assert (
        ended.output == f"alex@{server.host}: no new messages\nboris@{other.host}: 1 new message\n"
    )
    assert len(server.service.requests) == len(other.service.requests) == 2


@in_both_languages
def test_a_refused_account_does_not_stop_the_refresh_of_others(
    both: tuple[DemoServer, DemoServer],
) -> None:
    server, other = both
    server.service.accounts["alex"] = "changed"
    other.service.add(incoming(2))
    ended = run("sync", "--all")
    assert ended.status == 3
    assert ended.output == f"boris@{other.host}: 1 new message\n"
    assert f"inbox-tui: alex@{server.host}: sign-in refused" in ended.errors


@pytest.mark.parametrize("export_format", ["csv", "json", "jsonl"])
def test_an_export_of_all_names_the_account_of_each_message(
    both: tuple[DemoServer, DemoServer], export_format: str
) -> None:
    server, other = both
    ended = run("export", "--all", "--format", export_format)
    assert ended.errors == "2 messages.\n"
    if export_format == "csv":
        head, *lines = ended.output.splitlines()
        assert head.split(",")[-1] == "account"
        accounts = [line.split(",")[-1] for line in lines]
    else:
        written = ended.output
        if export_format == "jsonl":
            written = f"[{','.join(written.splitlines())}]"
        accounts = [message["account"] for message in json.loads(written)]
    assert accounts == [f"alex@{server.host}", f"boris@{other.host}"]
    alone = run("export", "--login", "alex", "--server", server.url, "--format", "jsonl").output
    assert "account" not in json.loads(alone)


def test_logout_of_one_leaves_the_other_signed_in(
    both: tuple[DemoServer, DemoServer], ring: MemoryBackend
) -> None:
    server, other = both
    assert run("logout", "--login", "alex", "--server", server.url).status == 0
    assert run("accounts").output == f"boris@{other.host}\t1 unread\n"
    assert list(ring.kept) == [("inbox-tui", f"boris@{other.host}")]


@in_both_languages
def test_all_cannot_be_combined_with_a_named_account(
    both: tuple[DemoServer, DemoServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    for command in ("sync", "watch", "export"):
        assert run(command, "--all", "--login", "alex").status == 2
    monkeypatch.setenv("INBOX_TUI_PASSWORD", PASSWORD)
    assert run("sync", "--all").status == 2


def test_watch_prints_messages_of_every_account(
    both: tuple[DemoServer, DemoServer], files: Files, ring: MemoryBackend, tmp_path: Path
) -> None:
    server, other = both
    (tmp_path / "ring").write_text(
        json.dumps({user: password for (_, user), password in ring.kept.items()})
    )
    environment = files.at_terminal | {
        "PYTHON_KEYRING_BACKEND": "support.keyrings.FileBackend",
        "TEST_KEYRING": str(tmp_path / "ring"),
    }
    with Program("watch", "--all", "--since", "1", environment=environment) as program:
        lines = [json.loads(program.line()) for _ in range(2)]
        assert sorted((line["account"], line["code"]) for line in lines) == sorted(
            [(f"alex@{server.host}", "4417"), (f"boris@{other.host}", None)]
        )
        assert program.end().status == 0
