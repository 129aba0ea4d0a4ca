"""The installed program with two accounts: one with an API key, one at a backup server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support import keyrings
from support.installed_user import User
from support.loopback import free_port
from support.service import SwitchedService
from support.traffic import incoming, server_now

from inbox_tui.demo.server import DemoServer

pytestmark = pytest.mark.e2e


@pytest.fixture
def other() -> Iterator[DemoServer]:
    """The server of an account that signs in with an API key."""
    service = SwitchedService({"boris": "?"}, clock=server_now, api_keys={"7f3a": "boris"})
    with DemoServer(service) as server:
        yield server


@pytest.fixture
def user(user: User, server: DemoServer, tmp_path: Path) -> User:
    """A user whose main server refuses connections and has `server` as its backup."""
    main = f"http://127.0.0.1:{free_port()}"
    user.files.configure(f'server = "{main}"\nbackup_server = "{server.url}"\n')
    for name in ("LOGIN", "SERVER", "PASSWORD"):
        del user.environment[f"INBOX_TUI_{name}"]
    user.environment |= {
        "PYTHONPATH": str(Path(keyrings.__file__).parents[1]),
        "PYTHON_KEYRING_BACKEND": "support.keyrings.FileBackend",
        "TEST_KEYRING": str(tmp_path / "ring"),
    }
    return user


def test_two_accounts_on_different_servers_are_live_at_once(
    user: User, server: DemoServer, other: DemoServer
) -> None:
    def run(*words: str, stdin: str = "") -> str:
        ended = user.run(*words, stdin=stdin)
        assert ended.status == 0, ended.errors
        return ended.output

    server.service.add(incoming(1, "To Alex", minutes_ago=9))
    other.service.add(incoming(1, "To Boris", minutes_ago=5))
    key = ("--server", other.url, "--api-key-stdin")
    run("login", "--login", "shop", *key, stdin="7f3a\n")
    run("login", "--login", "alex", "--password-stdin", stdin="correct horse\n")
    assert run("accounts").count("1 unread") == 2
    assert len(run("export", "--all", "--format", "jsonl").splitlines()) == 2
    with user.inbox() as terminal:
        terminal.wait_for("To Alex")
        terminal.wait_for(f"via {server.host}", seconds=40)
        terminal.press("a")
        terminal.wait_for("All accounts")
        terminal.press("All", "enter")
        terminal.wait_for("To Boris")
        terminal.wait_for("shop")
        other.service.add(incoming(2, "Another to Boris", minutes_ago=0))
        terminal.press("r")
        terminal.wait_for("Another to Boris", seconds=40)
        terminal.quit()
    for service in (server.service, other.service):
        assert service.breaches == []
        assert not any(request.error for request in service.requests)
    assert not any({"login", "psw"} & {*one.parameters} for one in other.service.requests)
