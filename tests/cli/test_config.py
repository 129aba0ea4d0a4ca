"""`inbox-tui config`: the settings in force, their sources, and editing the file."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

import pytest
from support.command import Files, assert_private, run
from support.russian import in_both_languages

from inbox_tui.config import load_settings, template


def source_of(key: str, output: str) -> str:
    (line,) = [line for line in output.splitlines() if line.startswith(f"{key} =")]
    return line.rpartition("# ")[2]


def test_each_setting_is_shown_with_its_source(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    files.configure(
        '# mine\nrefresh_seconds = 30\nlogin = "boris"\n\n[names]\n"8 911 000-00-01" = "Shop"\n'
    )
    monkeypatch.setenv("INBOX_TUI_LOGIN", "alex")
    ended = run("config", "--server", "smsc.kz")
    assert (ended.status, ended.errors) == (0, "")
    shown = tomllib.loads(ended.output)
    assert shown["login"] == "alex"
    assert shown["server"] == "smsc.kz"
    assert shown["refresh_seconds"] == 30
    assert shown["names"] == {"79110000001": "Shop"}
    assert source_of("login", ended.output) == "INBOX_TUI_LOGIN"
    assert source_of("server", ended.output) == "--server"
    assert source_of("refresh_seconds", ended.output) == "line 2"
    assert source_of("window", ended.output) == "default"
    assert "[names]                                  # line 5\n" in ended.output
    assert str(files.config) in ended.output


def test_an_option_of_the_program_or_the_command_beats_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("INBOX_TUI_LOGIN", "environment")
    for words in (("--login", "option", "config"), ("config", "--login", "option")):
        assert 'login = "option" ' in run(*words).output


def test_the_output_is_a_valid_settings_file(files: Files, tmp_path: Path) -> None:
    files.configure(
        'only_to_phones = ["+7 911 000-00-01"]\ntheme = "nord"\n[names]\n7911 = "\\u001b[2J"'
    )
    ended = run("config")
    assert "\x1b" not in ended.output
    copy = tmp_path / "copy.toml"
    copy.write_text(ended.output.replace('login = ""', "").replace('"7911"', '"7912"'))
    assert load_settings(copy).only_to_phones == ("79110000001",)


@in_both_languages
@pytest.mark.parametrize("command", ["sync", "export", "watch", "login", "logout", "config"])
def test_a_bad_setting_stops_every_command(files: Files, command: str) -> None:
    files.configure("\nrefresh_seconds = 5\n")
    ended = run(command, "--login", "alex")
    assert ended.status == 2
    assert f"{files.config}, line 2" in ended.errors
    assert "whole numbers from 20 to 3600" in ended.errors
    assert not files.archive.exists()


def editor(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, script: str) -> None:
    """Set an editor that runs this script; `path` in it is the file to edit."""
    program = tmp_path / "an editor.py"
    program.write_text(f"import os, sys\npath = sys.argv[-1]\n{script}\n")
    monkeypatch.setenv("VISUAL", f'"{sys.executable}" "{program}" --wait')
    monkeypatch.setenv("EDITOR", "false")


def test_edit_creates_a_file_that_explains_every_setting(
    files: Files, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    editor(monkeypatch, tmp_path, "")
    ended = run("config", "--edit")
    assert ended == (0, "", f"{files.config} is valid.\n")
    assert files.config.read_text() == template()
    assert_private(files.config)


@in_both_languages
@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ('login = " "', "the login is empty"),
        ('server = "http://smscentre.com"', "plain http://"),
        ('theme = "mauve"', "there is no such theme"),
        ("colour = 1", "there is no setting colour"),
    ],
)
def test_edit_reports_settings_that_would_prevent_a_start(
    files: Files, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, setting: str, said: str
) -> None:
    monkeypatch.setenv("INBOX_TUI_LOGIN", "alex")
    monkeypatch.setenv("INBOX_TUI_SERVER", "smsc.kz")
    files.configure("window = 6\n")
    editor(monkeypatch, tmp_path, f"open(path, 'a').write('{setting}')")
    ended = run("config", "--edit")
    assert ended.status == 2
    assert ended.errors.startswith(f"inbox-tui: {files.config}, line 2: {said}")
    assert len(ended.errors.splitlines()) == 2
    assert files.config.read_text() == f"window = 6\n{setting}"


@in_both_languages
@pytest.mark.parametrize("words", [(), ("config",)])
def test_an_unknown_theme_is_reported_with_its_line(files: Files, words: tuple[str, ...]) -> None:
    files.configure('theme = "mauve"\n')
    ended = run(*words)
    assert (ended.status, ended.output) == (2, "")
    assert f"{files.config}, line 1: there is no such theme" in ended.errors
    assert "inbox-light" in ended.errors
    assert not files.archive.exists()


def test_edit_opens_a_link_to_a_missing_file_in_the_editor(
    files: Files, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    files.config.parent.mkdir(parents=True)
    files.config.symlink_to(tmp_path / "elsewhere.toml")
    editor(monkeypatch, tmp_path, "open(path, 'w').write('window = 6')")
    assert run("config", "--edit").status == 0
    assert (tmp_path / "elsewhere.toml").read_text() == "window = 6"


def test_edit_can_fix_a_file_with_an_error(
    files: Files, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    files.configure("window =")
    editor(monkeypatch, tmp_path, "open(path, 'w').write('window = 6')")
    assert run("config", "--edit").status == 0


def test_the_editor_does_not_inherit_the_password(
    files: Files, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("INBOX_TUI_PASSWORD", "correct horse")
    editor(monkeypatch, tmp_path, "assert 'INBOX_TUI_PASSWORD' not in os.environ")
    assert run("config", "--edit").status == 0


@in_both_languages
@pytest.mark.parametrize(
    ("command", "status", "said"),
    [
        ("no-such-editor -w", 1, "can't be started"),
        ("'unfinished", 2, "is not a command"),
        (f'"{sys.executable}" -c exit(1)', 1, "exited with status 1"),
    ],
)
def test_an_editor_that_fails_is_reported(
    monkeypatch: pytest.MonkeyPatch, command: str, status: int, said: str
) -> None:
    monkeypatch.setenv("EDITOR", command)
    ended = run("config", "--edit")
    assert ended.status == status
    assert said in ended.errors


@in_both_languages
def test_a_key_of_another_command_is_refused_with_its_line(files: Files) -> None:
    files.configure('window = 6\n[keys]\nrefresh = "f5"\nsearch = "u"\n')
    for command in ("config", "sync"):
        ended = run(command, "--login", "alex")
        assert ended.status == 2
        assert f'{files.config}, line 4: [keys] search = "u"' in ended.errors
        assert (
            "is already a key of toggle_unread: allowed values: keys that no other" in ended.errors
        )


def test_keys_are_shown_as_a_table(files: Files) -> None:
    files.configure('[keys]\nrefresh = "f5"\nexport = ""\n')
    ended = run("config")
    assert tomllib.loads(ended.output)["keys"] == {"refresh": ["f5"], "export": []}
    assert "[keys]                                   # line 1\n" in ended.output
