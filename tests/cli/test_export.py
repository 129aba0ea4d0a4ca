"""`inbox-tui export`: the stored messages for other programs, without asking the server."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest
from support.command import LOGIN, Ended, Files, incoming, put, run
from support.modes import mode
from support.russian import in_both_languages
from support.terminal import Terminal

HOST = "smscentre.com"


@pytest.fixture(autouse=True)
def login(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INBOX_TUI_LOGIN", LOGIN)


@pytest.fixture
def kept(files: Files) -> Files:
    """Four stored messages: an old one, two recent ones to the same number, one to another."""
    put(
        files.archive,
        HOST,
        incoming(1, "Old", minutes_ago=60 * 30),
        incoming(2, "Your code is 481516", minutes_ago=20),
        incoming(4, "Заказ 5512 готов", minutes_ago=10, to_phone="79110000002"),
        incoming(3, "=1+1\nsecond line", minutes_ago=15),
    )
    return files


def ids(ended: Ended) -> list[int]:
    return [json.loads(line)["id"] for line in ended.output.splitlines()]


def test_messages_go_to_stdout_oldest_first_and_their_count_to_stderr(
    kept: Files,
) -> None:
    ended = run("export", "--format", "jsonl")
    assert ended.status == 0
    assert ids(ended) == [1, 2, 3, 4]
    assert ended.errors == "4 messages.\n"


def test_an_exported_message_has_the_documented_fields(kept: Files) -> None:
    ended = run("export", "--format", "json", "--search", "481516")
    (message,) = json.loads(ended.output)
    received = datetime.fromisoformat(message["received"])
    assert received.utcoffset() is not None
    assert message == {
        "id": 2,
        "received": message["received"],
        "sent": message["sent"],
        "phone": "79991234567",
        "to_phone": "79110000001",
        "message": "Your code is 481516",
        "read": False,
        "starred": False,
        "done": False,
        "code": "481516",
    }


def test_csv_is_the_default_and_the_count_of_guarded_cells_is_reported(kept: Files) -> None:
    ended = run("export")
    rows = list(csv.DictReader(io.StringIO(ended.output, newline="")))
    assert [row["id"] for row in rows] == ["1", "2", "3", "4"]
    assert rows[2]["message"] == "'=1+1\nsecond line"
    assert rows[1]["code"] == "481516"
    assert rows[0]["code"] == ""
    assert ended.errors == "4 messages; 1 cell that looks like a formula got an apostrophe.\n"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("--hours", "24"), [2, 3, 4]),
        (("--to-phone", "+7 911 000-00-02"), [4]),
        (("--to-phone", "89110000002"), [4]),
        (("--search", "заказ"), [4]),
        (("--hours", "24", "--to-phone", "79110000001", "--search", "line"), [3]),
        (("--search", "nowhere"), []),
    ],
)
def test_filters_combine(kept: Files, options: tuple[str, ...], expected: list[int]) -> None:
    assert ids(run("export", "--format", "jsonl", *options)) == expected


def test_filters_may_come_before_the_command_and_the_later_one_wins(kept: Files) -> None:
    ended = run("--hours", "1", "--to-phone", "79110000002", "export", "--format", "jsonl")
    assert ids(ended) == [4]
    assert ids(run("--hours", "1", "export", "--hours", "168", "--format", "jsonl")) == [1, 2, 3, 4]


def test_an_exported_file_is_private_to_its_owner(kept: Files, tmp_path: Path) -> None:
    file = tmp_path / "messages.csv"
    ended = run("export", "-o", file)
    assert ended.output == ""
    assert f"4 messages in {file}" in ended.errors
    assert mode(file) == 0o600


@pytest.mark.parametrize(
    ("name", "options", "form"),
    [
        *((f"messages.{form}", (), form) for form in ("csv", "json", "jsonl")),
        ("messages.csv", ("--format", "json"), "json"),
        ("messages.json", ("--format", "jsonl"), "jsonl"),
    ],
)
def test_the_file_extension_chooses_the_format_unless_one_is_given(
    kept: Files, tmp_path: Path, name: str, options: tuple[str, ...], form: str
) -> None:
    run("export", "-o", tmp_path / name, *options)
    assert (tmp_path / name).read_bytes().decode() == run("export", "--format", form).output


@in_both_languages
def test_an_existing_file_is_overwritten_only_with_force(kept: Files, tmp_path: Path) -> None:
    file = tmp_path / "messages.csv"
    file.write_text("mine")
    ended = run("export", "-o", file)
    assert ended.status == 1
    assert "--force" in ended.errors
    assert file.read_text() == "mine"
    assert run("export", "-o", file, "--force").status == 0
    assert file.read_text().startswith("id,received")
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["messages.csv"]


@in_both_languages
def test_a_dash_means_standard_output_and_an_empty_name_is_wrong_usage(
    kept: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("export", "-o", "-").output == run("export").output
    ended = run("export", "-o", "")
    assert ended.status == 2
    assert "-o ''" in ended.errors
    assert [path.name for path in tmp_path.iterdir()] == ["home"]


@in_both_languages
def test_a_path_that_is_not_a_regular_file_is_refused_without_a_force_hint(
    kept: Files, tmp_path: Path
) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "link.csv").symlink_to("nowhere")
    for file in (tmp_path, tmp_path / "pipe.csv", tmp_path / "link.csv", Path("/dev/null")):
        ended = run("export", "-o", file)
        assert ended.status == 1
        assert ended.errors == (
            f"inbox-tui: {file} already exists and is not an ordinary file: choose another name.\n"
        )


@in_both_languages
def test_force_follows_no_link_and_replaces_no_pipe_or_folder(kept: Files, tmp_path: Path) -> None:
    mine = tmp_path / "mine.txt"
    mine.write_text("mine")
    link = tmp_path / "link.csv"
    link.symlink_to(mine)
    pipe = tmp_path / "pipe.csv"
    os.mkfifo(pipe)
    for file in (link, pipe, tmp_path):
        ended = run("export", "-o", file, "--force")
        assert ended.status == 1, file
        assert str(file) in ended.errors
    assert mine.read_text() == "mine"


@in_both_languages
def test_a_missing_folder_is_reported(kept: Files, tmp_path: Path) -> None:
    ended = run("export", "-o", tmp_path / "nowhere" / "messages.csv")
    assert ended.status == 1
    assert "No such file or directory" in ended.errors


@in_both_languages
def test_force_without_a_file_is_wrong_usage(kept: Files) -> None:
    assert run("export", "--force").status == 2
    assert run("export", "--force", "-o", "-").status == 2


def test_names_from_the_settings_are_exported_too(kept: Files) -> None:
    kept.configure('[names]\n"+7 911 000-00-02" = "Orders"\n')
    ended = run("export", "--format", "jsonl", "--to-phone", "79110000002")
    (message,) = map(json.loads, ended.output.splitlines())
    assert message["to_phone_name"] == "Orders"
    assert message["phone_name"] is None


@in_both_languages
def test_exporting_an_unknown_account_suggests_a_sync(kept: Files) -> None:
    ended = run("export", "--login", "nobody")
    assert (ended.status, ended.output) == (1, "")
    assert "inbox-tui sync" in ended.errors
    put(kept.archive, HOST, login="another", signed_in=False)
    assert run("export", "--login", "nobody").status == 1


@in_both_languages
def test_exporting_before_the_first_sync_creates_no_archive(files: Files) -> None:
    assert run("export").status == 1
    assert not files.archive.parent.exists()


def test_exported_texts_cannot_send_control_sequences_to_a_terminal(files: Files) -> None:
    put(files.archive, HOST, incoming(1, "\x1b[2J\x9b31m\u202egone"))
    for form, shown in (("csv", "␛[2J"), ("jsonl", "\\u001b[2J\\u009b31m\\u202egone")):
        command = [sys.executable, "-m", "inbox_tui", "export", "--login", LOGIN, "--format", form]
        with Terminal(command, environment=os.environ | {"TERM": "xterm"}) as terminal:
            assert terminal.wait() == 0
        written = terminal.raw.decode()
        assert shown in written
        assert not {"\x1b", "\x9b", "\u202e"} & set(written)


def test_a_closed_pipe_ends_the_export_quietly(kept: Files) -> None:
    put(kept.archive, HOST, *(incoming(number, "word " * 50) for number in range(10, 2000)))
    with subprocess.Popen(
        [sys.executable, "-m", "inbox_tui", "export"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(10)
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(20) == 1


@in_both_languages
@pytest.mark.parametrize("name", ["messages.xlsx", "messages.txt"])
def test_an_unknown_file_extension_is_refused_without_a_format(
    kept: Files, tmp_path: Path, name: str
) -> None:
    ended = run("export", "-o", tmp_path / name)
    assert ended.status == 2
    assert ".csv, .json, .jsonl" in ended.errors
    assert not (tmp_path / name).exists()
    assert run("export", "-o", tmp_path / name, "--format", "csv").status == 0


@in_both_languages
@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("fromm:ozon", 'did you mean "from:"?\n'),
        ("before:never", "never"),
        ("is:lost", "lost"),
        ("from:", '"from:"'),
    ],
)
def test_an_invalid_search_is_refused(kept: Files, query: str, named: str) -> None:
    ended = run("export", "--search", query)
    assert (ended.status, ended.output) == (2, "")
    assert "--search" in ended.errors
    assert named in ended.errors


def test_an_impossible_date_is_exported_as_received(files: Files) -> None:
    put(files.archive, HOST, incoming(1, "text")._replace(stamp="31.02.2026 10:20:30"))
    ended = run("export", "--format", "jsonl")
    assert json.loads(ended.output)["received"] == "31.02.2026 10:20:30"


WILD_TIMES = (datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59))  # noqa: DTZ001


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_dates_at_the_edge_of_the_calendar_break_no_command(files: Files, zone: str) -> None:
    put(
        files.archive,
        HOST,
        *(
            incoming(number, f"wild {number}")._replace(received=time, sent=time)
            for number, time in enumerate(WILD_TIMES, start=1)
        ),
    )
    files.configure(f'server_timezone = "{zone}"\n')
    for words in (["export", "--format", "jsonl"], ["export"], ["doctor", "--json"], ["doctor"]):
        ended = subprocess.run(
            [sys.executable, "-m", "inbox_tui", *words],
            env={**files.environment, "INBOX_TUI_LOGIN": LOGIN, "TZ": "Pacific/Kiritimati"},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert "Traceback" not in ended.stderr
        assert "unexpected" not in ended.stderr
        assert ended.stdout
        if words[0] == "export":
            assert ended.returncode == 0
            assert "0001-01-01T00:00:00" in ended.stdout
            assert "9999-12-31T23:59:59" in ended.stdout
