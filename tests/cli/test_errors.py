"""The errors that no other test of a command covers; each is told entirely in Russian."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Callable
from pathlib import Path
from string import Formatter
from typing import NoReturn

import pytest
from support.command import LOGIN, Files, put, run, with_streams
from support.russian import SAID, RecordingCatalogue, in_russian, sentences_of

from inbox_tui import locale
from inbox_tui.archive import ArchiveDamaged, ArchiveError
from inbox_tui.cli.failure import Failure
from inbox_tui.cli.run_sync import fail_unless_live
from inbox_tui.cli.watch import StatusReporter
from inbox_tui.credentials import KeyringUnavailable
from inbox_tui.demo.server import DemoServer
from inbox_tui.locale import _
from inbox_tui.private_files import PathRefused
from inbox_tui.smsc.endpoint import EndpointRefused
from inbox_tui.smsc.errors import NotReached
from inbox_tui.sync import State, Status, StatusChanged, SystemClock
from inbox_tui.team.errors import HubAway
from inbox_tui.text.phones import NotAPhoneNumber

pytestmark = in_russian
HOST = "smscentre.com"


def facts_of(sentence: str) -> dict[str, object]:
    """Return values with which to fill in a sentence."""
    return {
        name: 7 if spec else "x7"
        for _text, name, spec, _conversion in Formatter().parse(sentence)
        if name
    }


def raises(kind: Callable[[str], Exception], sentence: str) -> Callable[..., NoReturn]:
    """Return a function that raises an error with this sentence, translated when it is called."""

    def fails(*_arguments: object, **_named: object) -> NoReturn:
        raise kind(_(sentence).format(**facts_of(sentence)))

    return fails


def refused(reason: str) -> PathRefused:
    return PathRefused(Path("x7"), reason, reason)


PLACES: dict[tuple[str, ...], tuple[str, Callable[[str], Exception], str]] = {
    ("archive/database", "archive/errors", "archive/opening", "archive/request_log"): (
        *("inbox_tui.archive.Archive.open", ArchiveError),
        "export --login alex",
    ),
    ("archive/schema",): ("inbox_tui.archive.Archive.open", ArchiveDamaged, "export --login alex"),
    ("credentials",): ("inbox_tui.credentials.Keyring.get", KeyringUnavailable, "sync"),
    ("private_files",): ("inbox_tui.config.read_trusted", refused, "sync"),
    ("smsc/endpoint",): ("inbox_tui.cli.account.endpoint", EndpointRefused, "sync --server x7"),
    ("text/phones",): (
        *("inbox_tui.text.phones.parse_phone", NotAPhoneNumber),
        "export --to-phone x7",
    ),
    ("team/address", "team/hub", "team/schema", "team/store"): (
        *("inbox_tui.cli.team._connect", HubAway),
        "team init postgresql://anna@127.0.0.1/x7",
    ),
}
"""By modules: the function made to fail with each of their sentences, the error, the command."""


@pytest.mark.parametrize(
    ("place", "kind", "line", "sentence"),
    [
        pytest.param(*place, sentence, id=sentence[:60])
        for modules, place in PLACES.items()
        for sentence in sentences_of(*modules)
    ],
)
def test_every_error_outside_a_request_is_reported(
    files: Files,
    monkeypatch: pytest.MonkeyPatch,
    place: str,
    kind: Callable[[str], Exception],
    line: str,
    sentence: str,
) -> None:
    put(files.archive, "smscentre.com", login=LOGIN)
    monkeypatch.setattr(place, raises(kind, sentence))
    ended = run(*line.split())
    assert ended.status in (1, 2, 3, 5)
    assert sentence.format(**facts_of(sentence)) in ended.errors


@pytest.mark.parametrize(
    "sentence", sentences_of("smsc/answers", "smsc/backup", "smsc/client", "smsc/errors")
)
def test_every_request_failure_is_reported(
    account: DemoServer, monkeypatch: pytest.MonkeyPatch, sentence: str
) -> None:
    async def fetch(*_arguments: object, **_asked: object) -> NoReturn:
        raise NotReached(sentence, **facts_of(sentence))

    monkeypatch.setattr("inbox_tui.smsc.client.InboxClient.fetch", fetch)
    ended = run("sync")
    told = sentence.format(**facts_of(sentence))
    assert ended == (5, "", f"inbox-tui: no connection: {told}.\n")


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ("windoww = 6", "there is no setting windoww (did you mean window?)"),
        ('password = "x"', "(passwords and API keys are kept in the keyring, never in a file)"),
        ('only_to_phones = ["office"]', "only_to_phones contains"),
        ("names = [7 8", "not TOML: Unclosed array"),
        ("login = 'alex", 'not TOML: Expected "\'" (at end of document)'),
        ('login = "alex\nwindow = 6', "not TOML: Illegal character '\\n'"),
        ("login", "not TOML: Expected '=' after a key in a key/value pair"),
        ("window = " + "[" * 5000, "not TOML: Nested too deeply"),
        ("window = " + "7" * 5000, "not TOML: Invalid value"),
    ],
)
def test_an_invalid_settings_file_is_reported(files: Files, settings: str, told: str) -> None:
    files.configure(settings)
    ended = run("sync")
    assert ended.status == 2
    assert told in ended.errors


def test_a_settings_file_that_is_not_text_is_reported(files: Files) -> None:
    files.configure("")
    files.config.write_bytes(b"\xff")
    assert "is not UTF-8 text" in run("sync").errors


def test_a_settings_folder_that_is_a_file_is_reported(files: Files) -> None:
    files.config.parent.parent.mkdir(parents=True)
    files.config.parent.write_text("")
    assert "can't be read: Not a directory" in run("sync").errors


def test_a_settings_file_that_cannot_be_created_is_reported(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    def is_full(*_given: object, **_named: object) -> NoReturn:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("inbox_tui.cli.config.write_file", is_full)
    told = f"inbox-tui: {files.config} can't be created: No space left on device.\n"
    assert run("config", "--edit") == (1, "", told)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("--login alex accounts", "--login has no effect on this command."),
        ("login --password-stdin --api-key-stdin", "can't be combined"),
        ("team status", "run 'inbox-tui team join URL' to join one"),
        ("export --search zzz:7 --login alex", 'no operator "zzz:"; quote it to search for it'),
        ("export --search -before:20.11 --login alex", '"before:" can\'t be excluded'),
        ("export --search from: --login alex", '"from:" needs a value'),
        ("export --search is:zzz --login alex", 'not a value of "is:"; values are unread, read, '),
        ("export --search before:zz --login alex", '"zz" is not a date; write for example 20.11'),
    ],
)
def test_wrong_usage_is_reported(line: str, told: str) -> None:
    ended = run(*line.split())
    assert ended.status in (1, 2)
    assert told in ended.errors


def test_problems_with_storing_a_hubs_password_are_reported(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Hub:
        may_ask = True

        def call(self, work: object) -> int:
            return 1

        def fetch(self, statement: str, *_values: object) -> list[tuple[object, ...]]:
            return [(2,)] if "count(*)" in statement else [(LOGIN, HOST), ("boris", HOST)]

        def close(self) -> None:
            pass

    monkeypatch.setattr("inbox_tui.cli.team._connect", lambda *_given, **_named: Hub())
    url = "postgresql://anna@127.0.0.1/x7"
    several = run("team", "join", url)
    assert "the hub has 2 accounts: name yours with --login." in several.errors
    missing = run("team", "join", url, "--password-stdin", stdin="")
    assert "there is no password on standard input." in missing.errors
    kept = run("team", "join", url, "--login", LOGIN, "--password-stdin", stdin="x7")
    assert "Keep the database's password in ~/.pgpass instead." in kept.errors


def test_a_shell_without_completion_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("click.shell_completion.get_completion_class", lambda shell: None)
    assert "there is no completion for fish." in run("completion", "fish").errors


def test_a_refused_sign_in_while_watching_is_reported() -> None:
    reporter = StatusReporter(SystemClock(), asyncio.Event())
    reporter.on_event(StatusChanged(Status(State.SIGN_IN, "the API key was refused")))
    assert reporter.end is not None
    assert isinstance(locale._catalogue, RecordingCatalogue)
    assert locale._catalogue.read_back(reporter.end.message) == (
        "sign-in refused: the API key was refused. "
        "Run 'inbox-tui login' to enter another password or API key."
    )


def test_a_hub_that_is_away_is_reported() -> None:
    away = Status(State.HUB_AWAY, "there is no connection to the hub")
    with pytest.raises(Failure) as ended:
        fail_unless_live(away, None, SystemClock(), team=True)
    assert isinstance(locale._catalogue, RecordingCatalogue)
    assert locale._catalogue.read_back(ended.value.message) == (
        "no connection to the team's hub: there is no connection to the hub."
    )


@pytest.mark.parametrize(
    ("line", "streams", "sentence", "told"),
    [
        ("config", ">&-", "standard output is closed.", "стандартный вывод закрыт."),
        (
            "config",
            ">/dev/full",
            "standard output can't be written to: {strerror}.",
            "в стандартный вывод не записать: на диске нет места.",
        ),
        (
            "login --login alex --password-stdin",
            "<&-",
            "standard input is closed.",
            "стандартный ввод закрыт.",
        ),
    ],
)
def test_a_closed_or_full_stream_is_reported(
    monkeypatch: pytest.MonkeyPatch, line: str, streams: str, sentence: str, told: str
) -> None:
    monkeypatch.setenv("LANG", "ru_RU.UTF-8")
    monkeypatch.delenv("LC_ALL", raising=False)
    assert with_streams(streams, *line.split()).errors == f"inbox-tui: {told}\n"
    SAID.add(sentence)
