"""The command line is in Russian if the system is, or if the settings say so."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from support.command import Files

RUSSIAN = {"LANG": "ru_RU.UTF-8"}
LETTERS = re.compile(r"[а-яё]")


def run(
    folder: Path, line: str, code: str = "", **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a command, or Python code, with this environment and the user's files in `folder`."""
    return subprocess.run(
        [sys.executable, *(["-c", code] if code else ["-m", "inbox_tui", *line.split()])],
        env=Files(folder).at_terminal | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


@pytest.mark.parametrize(
    ("line", "status", "told"),
    [
        ("exporr", 2, "Нет команды 'exporr'."),
        ("sync", 2, "аккаунт не указан"),
        ("login --login alex", 2, "нет терминала, чтобы спросить пароль"),
        ("team init mysql://a@b/c", 2, "общая база — это база PostgreSQL"),
        ("", 2, "программе нужен терминал"),
    ],
)
def test_errors_are_shown_in_russian(tmp_path: Path, line: str, status: int, told: str) -> None:
    ended = run(tmp_path, line, **RUSSIAN)
    assert told in ended.stderr
    assert ended.returncode == status


def test_help_pages_are_entirely_in_russian(tmp_path: Path) -> None:
    pages = """
from contextlib import suppress

import inbox_tui.cli.language
from inbox_tui.cli.program import COMMANDS, main

inbox_tui.cli.language.choose_language()
for line in ["", *COMMANDS, "team init", "team join", "team leave", "team status"]:
    with suppress(SystemExit):
        main([*line.split(), "--help"])
"""
    told = run(tmp_path, "", pages, **RUSSIAN).stdout
    for words in ("Вызов:", "Опции:", "Показать эту справку и выйти.", "Примеры:", "от старых"):
        assert words in told
    ours = [line for line in told.splitlines() if "inbox-tui" not in line]
    assert [line for line in ours if re.search(r"\b[a-z]{2,} [a-z]{2,}\b", line)] == []


def test_an_invalid_setting_is_reported_in_russian(tmp_path: Path) -> None:
    Files(tmp_path).configure("refresh_seconds = 5")
    ended = run(tmp_path, "sync", **RUSSIAN)
    assert (
        "строка 1: refresh_seconds = 5: допустимые значения: целые числа от 20 до 3600."
        in ended.stderr
    )


@pytest.mark.parametrize(
    ("settings", "lines"),
    [
        ('language = "en"', ("--help", "export --help", "exporr", "doctor", "config", "sync")),
        ('refresh_seconds = 5\nlanguage = "en"', ("sync", "doctor")),
        ('language = "en"\nwindow =', ("sync",)),
    ],
)
def test_the_language_setting_overrides_the_system_language(
    tmp_path: Path, settings: str, lines: tuple[str, ...]
) -> None:
    Files(tmp_path).configure(settings)
    for line in lines:
        ended = run(tmp_path, line, **RUSSIAN)
        assert not LETTERS.search(ended.stdout + ended.stderr)


def test_the_language_setting_can_choose_russian_on_any_system(tmp_path: Path) -> None:
    Files(tmp_path).configure('language = "ru"')
    assert "Показать эту справку и выйти." in run(tmp_path, "--help", LANG="C.UTF-8").stdout


def test_the_explanations_in_a_new_settings_file_are_in_russian(tmp_path: Path) -> None:
    run(tmp_path, "config --edit", EDITOR="true", VISUAL="true", **RUSSIAN)
    written = Files(tmp_path).config.read_text(encoding="utf-8")
    explained = [line for line in written.splitlines() if line.startswith("# ")]
    assert sum(1 for line in explained if not LETTERS.search(line)) < len(explained) / 10


@pytest.mark.parametrize(("language", "read"), [("en_US.UTF-8", 0), ("ru_RU.UTF-8", 1)])
def test_the_catalogue_is_read_only_if_the_language_is_russian(
    tmp_path: Path, language: str, read: int
) -> None:
    start = """
import sys

sys.addaudithook(lambda event, of: event == "open" and str(of[0])[-3:] == ".mo" and print(of[0]))
sys.argv = ["inbox-tui", "--version"]
from inbox_tui.__main__ import main

main()
"""
    ended = run(tmp_path, "", start, LANG=language)
    assert len(set(ended.stdout.splitlines()[:-1])) == read
