"""`inbox-tui watch`: each message is printed once, whichever program received it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support.command import LOGIN, PASSWORD, PATIENCE, Files, Program, incoming, put, run
from support.hostile import unsafe_characters
from support.russian import in_both_languages
from support.terminal import Terminal

from inbox_tui.archive import Archive
from inbox_tui.cli.account import Config, FromSource
from inbox_tui.cli.watch import Arrivals, StatusReporter
from inbox_tui.cli.watch_output import Output
from inbox_tui.config import Settings
from inbox_tui.demo.server import DemoServer
from inbox_tui.paths import Paths
from inbox_tui.smsc.limit import Moment
from inbox_tui.sync import State, Status, StatusChanged, ZoneSuspected
from inbox_tui.sync.events import LIMIT_REASON
from inbox_tui.sync.outcomes import OTHER_PROGRAM_REASON

SOON = -0.5
"""`minutes_ago` of a message that is received while `watch` runs."""


@pytest.fixture
def environment(files: Files, server: DemoServer) -> dict[str, str]:
    return {
        **files.environment,
        "INBOX_TUI_SERVER": server.url,
        "INBOX_TUI_LOGIN": LOGIN,
        "INBOX_TUI_PASSWORD": PASSWORD,
    }


def test_new_messages_are_printed_as_json_lines(
    environment: dict[str, str], server: DemoServer
) -> None:
    server.service.extend(
        [incoming(1, "from before"), incoming(2, "Your code is 481516", minutes_ago=SOON)]
    )
    with Program("watch", environment=environment) as program:
        message = json.loads(program.line())
        assert (message["id"], message["code"]) == (2, "481516")
        assert program.end() == (0, "", "")


def test_messages_received_by_another_program_are_printed_too(
    environment: dict[str, str], files: Files, server: DemoServer
) -> None:
    with Program("watch", "--since", "1", environment=environment) as program:
        server.service.add(incoming(1))
        assert json.loads(program.line())["id"] == 1
        put(files.archive, server.host, incoming(3))
        assert json.loads(program.line())["id"] == 3
        put(files.archive, server.host, incoming(2, minutes_ago=6))
        assert json.loads(program.line())["id"] == 2
        assert program.end(signal.SIGINT) == (0, "", "")


def test_since_first_prints_the_stored_messages_of_that_period(
    environment: dict[str, str], files: Files, server: DemoServer
) -> None:
    put(
        files.archive,
        server.host,
        incoming(1, minutes_ago=100),
        incoming(2, minutes_ago=50),
        incoming(3, minutes_ago=10),
    )
    with Program("watch", "--since=1", environment=environment) as program:
        assert [json.loads(program.line())["id"] for _ in range(2)] == [2, 3]
        assert program.end() == (0, "", "")


def test_text_format_prints_one_line_without_control_characters(
    environment: dict[str, str], server: DemoServer
) -> None:
    message = incoming(1, "one\ntwo\x1b[2J")
    server.service.add(message)
    with Program("watch", "--since", "1", "--format", "text", environment=environment) as program:
        assert program.line() == (
            f"{message.received}  +7 999 123-45-67  +7 911 000-00-01  one⏎two␛[2J"
        )
        assert program.end().status == 0


def test_dates_at_the_edge_of_the_calendar_are_printed_unchanged(
    environment: dict[str, str], server: DemoServer, files: Files
) -> None:
    wild = (datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59))  # noqa: DTZ001
    environment["TZ"] = "Pacific/Kiritimati"
    with Program("watch", "--format", "text", environment=environment) as program:
        server.service.add(incoming(3, minutes_ago=SOON))
        assert program.line().endswith("Hello")
        for number, moment in enumerate(wild, start=1):
            put(files.archive, server.host, incoming(number)._replace(received=moment))
        assert program.line().startswith("9999-12-31 23:59:59  ")
        assert program.end().status == 0


@pytest.mark.parametrize("export_format", ["jsonl", "text"])
def test_messages_on_a_terminal_contain_no_unsafe_characters(
    environment: dict[str, str], server: DemoServer, export_format: str
) -> None:
    text = "a\x1b[2J\u202eb\u200b\x7f\U000e0041" + "e\u0301" + "\u0301" * 50
    server.service.add(incoming(1, text))
    words = [sys.executable, "-m", "inbox_tui", "watch", "--since", "1", "--format", export_format]
    environment["PATH"] = os.environ["PATH"]
    with Terminal(words, environment=environment) as terminal:
        end = time.monotonic() + 20
        while b"\n" not in terminal.raw and time.monotonic() < end:
            terminal.read()
    shown = terminal.raw.decode().partition("\r\n")[0]
    assert shown
    assert unsafe_characters(shown) == []
    if export_format == "jsonl":
        assert json.loads(shown)["message"] == text


def test_watch_ends_with_its_reader_even_if_no_message_arrives(environment: dict[str, str]) -> None:
    with Program("watch", "--since", "1", environment=environment) as program:
        program.hang_up()
        assert program.wait() == (0, "", "")


def test_watch_can_be_terminated_while_its_reader_is_stalled(
    environment: dict[str, str], server: DemoServer
) -> None:
    server.service.extend(incoming(number, "word " * 100) for number in range(1, 400))
    with Program("watch", "--since", "1", environment=environment) as program:
        assert json.loads(program.line())["id"] == 1
        program.send(signal.SIGTERM)
        assert program.process.wait(PATIENCE) == 0


def test_a_refused_sign_in_ends_watch(environment: dict[str, str]) -> None:
    environment["INBOX_TUI_PASSWORD"] = "wrong"
    with Program("watch", environment=environment) as program:
        ended = program.wait()
    assert (ended.status, ended.output) == (3, "")
    assert "inbox-tui login" in ended.errors


def test_without_a_connection_watch_reports_it_once_and_continues(
    environment: dict[str, str], files: Files
) -> None:
    environment["INBOX_TUI_SERVER"] = "http://127.0.0.1:1"
    with Program("watch", environment=environment) as program:
        line = program.line(errors=True)
        assert line.startswith("inbox-tui: offline: 127.0.0.1:1 refused the connection until ")
        put(files.archive, "127.0.0.1:1", incoming(1, minutes_ago=SOON))
        assert json.loads(program.line())["id"] == 1
        assert program.end() == (0, "", "")


@in_both_languages
def test_watch_does_not_start_without_a_password(files: Files) -> None:
    ended = run("watch", "--login", LOGIN)
    assert ended.status == 3
    assert "INBOX_TUI_PASSWORD" in ended.errors


@in_both_languages
def test_from_now_and_since_exclude_each_other() -> None:
    assert run("watch", "--login", LOGIN, "--from-now", "--since", "5").status == 2
    assert run("watch", "--login", LOGIN, "--since", "169").status == 2


class Clock:
    """A clock whose moment stands still and whose time is a minute slow."""

    def moment(self) -> Moment:
        return Moment("boot", 100.0)

    def now(self) -> datetime:
        return datetime.now(UTC) - timedelta(minutes=1)

    async def sleep(self, seconds: float) -> None:
        raise AssertionError


class Kept:
    """An archive in which other programs store messages, for the arrivals of `watch`."""

    hub_copied = False

    def __init__(self, path: Path) -> None:
        self.path = path
        self.archive = Archive.open(path)
        self.config = Config(
            paths=Paths.under(path.parent),
            settings=Settings(),
            login=FromSource(LOGIN, "--login"),
            server=FromSource("smscentre.com", "default"),
        )

    def arrivals(self, since: int | None = None) -> Arrivals:
        account = self.archive.account(LOGIN, "smscentre.com")
        return Arrivals(account, self.config, Clock(), since, lambda: self.hub_copied)

    def store(self, *numbers: int, minutes_ago: float = 0) -> None:
        put(
            self.path,
            "smscentre.com",
            *(incoming(number, minutes_ago=minutes_ago) for number in numbers),
        )


@pytest.fixture
def kept(files: Files) -> Iterator[Kept]:
    kept = Kept(files.archive)
    yield kept
    kept.archive.close()


def taken(arrivals: Arrivals) -> list[int]:
    return [row.id for row in arrivals.take()]


def test_each_arrival_is_returned_once(kept: Kept) -> None:
    kept.store(1)
    arrivals = kept.arrivals()
    assert taken(arrivals) == []
    kept.store(2, 3)
    assert taken(arrivals) == [2, 3]
    assert taken(arrivals) == []
    kept.store(2, 3, 4)
    assert taken(arrivals) == [4]


def test_an_older_message_that_arrives_late_is_not_missed(kept: Kept) -> None:
    arrivals = kept.arrivals()
    kept.store(5)
    assert taken(arrivals) == [5]
    kept.store(4, minutes_ago=10)
    assert taken(arrivals) == [4]


def test_without_since_older_messages_of_the_first_pass_are_left_out(kept: Kept) -> None:
    arrivals = kept.arrivals()
    kept.store(1, minutes_ago=60)
    assert taken(arrivals) == []
    kept.store(2, minutes_ago=60)
    assert taken(arrivals) == [2]


def test_in_a_team_late_messages_are_returned_after_the_hub_was_copied(kept: Kept) -> None:
    kept.config = kept.config._replace(settings=Settings(team="postgresql://anna@db.example/sms"))
    arrivals = kept.arrivals()
    kept.store(1, minutes_ago=60)
    assert taken(arrivals) == []
    kept.hub_copied = True
    assert taken(arrivals) == []
    kept.store(2, minutes_ago=60)
    assert taken(arrivals) == [2]


def test_since_always_leaves_out_older_messages(kept: Kept) -> None:
    arrivals = kept.arrivals(since=1)
    kept.store(1, minutes_ago=120)
    kept.store(2, minutes_ago=30)
    assert taken(arrivals) == [2]
    kept.store(3, minutes_ago=120)
    assert taken(arrivals) == []


@pytest.mark.parametrize("blocking", [True, False][: 1 if sys.platform == "win32" else 2])
async def test_a_line_larger_than_the_pipe_is_written_as_the_reader_reads_it(
    blocking: bool,
) -> None:
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    os.set_blocking(writing, blocking)
    line = bytes(range(256)) * 1000 + b"\n"
    putting = asyncio.ensure_future(Output(writing, asyncio.Event()).put([line]))
    read = b""
    while len(read) < len(line):
        try:
            read += os.read(reading, 65536)
        except BlockingIOError:
            await asyncio.sleep(0.001)
    await putting
    assert read == line
    os.close(reading)
    os.close(writing)


async def test_watch_can_be_stopped_while_its_reader_is_stalled() -> None:
    reading, writing = os.pipe()
    stop = asyncio.Event()
    put = asyncio.ensure_future(Output(writing, stop).put([b"x" * 1_000_000]))
    await asyncio.sleep(0)
    assert not put.done()
    stop.set()
    await put
    os.close(reading)


async def test_output_ends_with_a_complete_line_when_watch_is_stopped() -> None:
    reading, writing = os.pipe()
    stop = asyncio.Event()
    put = asyncio.ensure_future(Output(writing, stop).put([b"x" * 100 + b"\n"] * 2000))
    assert await asyncio.to_thread(os.read, reading, 101) == b"x" * 100 + b"\n"
    stop.set()
    await put
    assert os.read(reading, 1_000_000).endswith(b"x\n")
    os.close(reading)


async def test_watch_ends_when_the_reader_of_a_pipe_is_gone() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    stop = asyncio.Event()
    await Output(writing, stop).put([b"one\n"])
    assert stop.is_set()
    os.close(writing)


async def test_a_closed_reader_is_noticed_without_writing() -> None:
    reading, writing = os.pipe()
    stop = asyncio.Event()
    output = Output(writing, stop)
    assert not output.gone()
    os.close(reading)
    assert output.gone()
    await output.put([b"line\n"])
    assert stop.is_set()
    os.close(writing)


def said(capsys: pytest.CaptureFixture[str], *statuses: Status) -> list[str]:
    """Return the lines that the status reporter prints for these statuses."""
    reporter = StatusReporter(Clock(), asyncio.Event())
    for status in statuses:
        reporter.on_event(StatusChanged(status))
    return capsys.readouterr().err.splitlines()


def test_going_offline_and_back_live_prints_one_line_each(
    capsys: pytest.CaptureFixture[str],
) -> None:
    offline = Status(State.OFFLINE, "no \x1bnetwork")
    checking, live = Status(State.CHECKING), Status(State.LIVE)
    lines = said(capsys, checking, live, offline, checking, offline, live, checking, live)
    assert lines == ["inbox-tui: offline: no ␛network.", "inbox-tui: live."]


def test_ordinary_waiting_for_the_limit_prints_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    ordinary = Status(State.WAITING, LIMIT_REASON, 120.0)
    assert said(capsys, ordinary, Status(State.LIVE)) == []
    (line,) = said(capsys, Status(State.WAITING, OTHER_PROGRAM_REASON, 120.0))
    assert "too many requests" in line


def test_a_wrong_server_time_zone_is_reported(capsys: pytest.CaptureFixture[str]) -> None:
    StatusReporter(Clock(), asyncio.Event()).on_event(ZoneSuspected("Asia/Omsk"))
    assert 'server_timezone = "Asia/Omsk"' in capsys.readouterr().err
