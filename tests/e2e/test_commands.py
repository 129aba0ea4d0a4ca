"""Commands of the installed program: at a desktop, in shells and several at once."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.command import PASSWORD, Ended
from support.desktop import desktop, need
from support.files import files_with
from support.installed_user import User
from support.service import SwitchedService
from support.traffic import incoming

pytestmark = pytest.mark.e2e


@pytest.fixture
def at_desktop(user: User, tmp_path: Path) -> Iterator[User]:
    """A user at a desktop with a working keyring and no password in the environment."""
    del user.environment["PYTHON_KEYRING_BACKEND"], user.environment["INBOX_TUI_PASSWORD"]
    with desktop(tmp_path / "desktop") as variables:
        user.environment |= variables
        yield user


def test_password_stays_in_the_keyring_until_logout(
    at_desktop: User, messages: None, service: SwitchedService
) -> None:
    user = at_desktop
    ended = user.run("login", "--password-stdin", stdin=f"{PASSWORD}\n")
    assert (ended.status, ended.output) == (0, "")
    assert "Signed in as alex@127.0.0.1:" in ended.errors
    del user.environment["INBOX_TUI_LOGIN"], user.environment["INBOX_TUI_SERVER"]
    user.files.configure(f'server = "{service_address(ended)}"\n')
    assert user.run("sync") == (0, "no new messages\n", "")
    assert "has the password" in user.run("doctor").output
    service.accounts["alex"] = "another one"
    assert user.run("login", "--login=alex", "--password-stdin", stdin="wrong\n").status == 3
    assert user.run("logout").status == 0
    assert user.run("sync").status == 2
    assert user.run("sync", "--login", "alex").status == 3
    assert user.run("logout", "--login", "alex", "--purge").status == 0
    assert "there are no messages" in user.run("export", "--login", "alex").errors
    assert service.breaches == []
    assert files_with(PASSWORD, user.files.home) == set()


def service_address(signed_in: Ended) -> str:
    found = re.search(r"@(\S+);", signed_in.errors)
    assert found
    return f"http://{found[1]}"


def test_watch_with_text_output_shows_names(user: User, messages: None) -> None:
    user.files.configure('[names]\n"79110000002" = "Orders"\n')
    ended = user.shell("inbox-tui watch --since 1 --format text | head -1")
    assert ended.status == 0
    assert ended.output.endswith("  +7 999 123-45-67  Orders  Заказ 5512 готов\n")


def test_watch_and_open_inbox_together_keep_the_request_limit(
    user: User, messages: None, service: SwitchedService
) -> None:
    with user.inbox() as inbox:
        inbox.wait_for("next in")
        with user.start("inbox-tui watch | head -1") as watch:
            inbox.read(1)
            for _ in range(20):
                inbox.press("r")
                inbox.read(0.02)
            service.add(incoming(4, "Both of you", minutes_ago=0))
            inbox.wait_for("Both of you", seconds=25)
            output, errors = watch.communicate(timeout=25)
        assert json.loads(output)["message"] == "Both of you"
        assert (watch.returncode, errors) == (0, b"")
        inbox.quit()
    assert len(service.requests) >= 2
    assert service.breaches == []


def test_doctor_report_contains_no_secrets(user: User, messages: None) -> None:
    user.run("sync")
    ended = user.run("doctor", "--online")
    assert (ended.status, ended.errors) == (0, "")
    assert all(line.startswith("✓ ") for line in ended.output.splitlines())
    assert "✓ server    it answers" in ended.output
    ended = user.run("doctor", "--json")
    report = json.loads(ended.output)
    assert (ended.status, report["ok"]) == (0, True)
    found = {check["name"]: check["found"] for check in report["checks"]}
    assert " ".join(found) == (
        "versions terminal keyring settings data log disk archive search limit late clock"
    )
    assert re.match(r"inbox-tui \S+, Python \S+ \(\w+\), SQLite .+textual .+", found["versions"])
    assert "the password comes from" in found["keyring"]
    assert "~/config/inbox-tui/config.toml" in found["settings"]
    assert "(mode 0700)" in found["data"]
    assert found["archive"].startswith("version 1, 1 account, 3 messages, 0 could not be read")
    assert found["search"] == "all indexed"
    assert found["limit"] == "2 requests in the last minute, the next can be sent now"
    assert re.fullmatch(r"(\S+) here, \1 in Europe/Moscow; .+", found["clock"])
    for secret in ("alex", "7999", "7911", "Заказ", "481516", str(user.files.home)):
        assert secret not in ended.output


@pytest.mark.parametrize(
    ("shell", "script"),
    [
        (
            "bash",
            'eval "$(inbox-tui completion bash)"; COMP_WORDS=(inbox-tui wa); COMP_CWORD=1; '
            '_inbox_tui_completion inbox-tui; echo "${COMPREPLY[@]}"',
        ),
        ("fish", "inbox-tui completion fish | source; complete -C 'inbox-tui wa'"),
        (
            "zsh",
            "autoload -U compinit; compinit -u -d $HOME/.zcompdump; "
            'eval "$(inbox-tui completion zsh)"; compadd() { print -l -- "$@" }; '
            '_describe() { eval "print -l -- \\"\\${$3[@]}\\"" }; '
            "words=(inbox-tui wa); CURRENT=2; _inbox_tui_completion",
        ),
    ],
    ids=["bash", "fish", "zsh"],
)
def test_a_shell_completes_a_command(user: User, shell: str, script: str) -> None:
    need(shell)
    user.environment["SCRIPT"] = script
    ended = user.shell(f'{shell} -c "$SCRIPT"')
    assert (ended.status, ended.errors) == (0, "")
    assert re.search(r"\bwatch\b", ended.output)
    assert "export" not in ended.output
