"""The settings file: how it is read, and how errors in it are reported."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.documents import README

from inbox_tui.config import (
    SETTINGS,
    Setting,
    Settings,
    SettingsError,
    key_line,
    load_settings,
    template,
    toml,
)

FIELDS = list(Settings._fields)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


def refusal(file: Path, source: str) -> SettingsError:
    file.write_text(source, encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        load_settings(file)
    return caught.value


def test_a_missing_or_empty_file_gives_the_defaults(file: Path) -> None:
    assert load_settings(file) == Settings()
    file.touch()
    assert load_settings(file) == Settings()


def test_every_setting_is_read(file: Path) -> None:
    file.write_text(
        """
        login = "alex"
        server = "http://127.0.0.1:8000/"
        refresh_seconds = 3600
        server_timezone = "Asia/Almaty"
        only_to_phones = ["+7 911 000-00-01", "7 (911) 000 00 02", "89110000001", "911 0000003"]
        window = 0
        keep_days = 30
        notify = "terminal"
        notify_text = true
        remember_filters = true
        theme = "nord"
        [names]
        "8 999 123-45-67" = " Warehouse "
        900 = "Банк"
        "OZON.ru" = "Shop"
        [views]
        Codes = "has:code"
        [keys]
        refresh = ["r", "f5"]
        search = "s"
        mark_all_read = ""
        """,
        encoding="utf-8",
    )
    assert load_settings(file) == Settings(
        login="alex",
        server="http://127.0.0.1:8000/",
        refresh_seconds=3600,
        server_timezone="Asia/Almaty",
        only_to_phones=("79110000001", "79110000002", "79110000003"),
        window=0,
        keep_days=30,
        notify="terminal",
        notify_text=True,
        remember_filters=True,
        theme="nord",
        views={"Codes": "has:code"},
        keys={"refresh": ("r", "f5"), "search": ("s",), "mark_all_read": ()},
        names={"79991234567": "Warehouse", "900": "Банк", "OZON.ru": "Shop"},
    )


def test_a_file_from_a_windows_editor_is_read(file: Path) -> None:
    file.write_bytes(b'\xef\xbb\xbflogin = "alex"\r\nwindow = 6\r\n')
    assert load_settings(file) == Settings(login="alex", window=6)


def test_a_bad_value_is_reported_with_file_line_key_and_what_is_allowed(file: Path) -> None:
    error = refusal(file, 'login = "alex"\n\n# slow\nrefresh_seconds = 5\n')
    assert str(error) == (
        f"{file}, line 4: refresh_seconds = 5: allowed values: whole numbers from 20 to 3600"
    )
    assert (error.path, error.line, error.key) == (file, 4, "refresh_seconds")


@pytest.mark.parametrize(
    "line",
    [
        "login = 7",
        'server = ""',
        "server = 1",
        "refresh_seconds = 19",
        "refresh_seconds = 3601",
        "refresh_seconds = 20.0",
        "refresh_seconds = true",
        'refresh_seconds = "20"',
        "refresh_seconds = 100000000000000000000000000000",
        'server_timezone = "Moscow"',
        'server_timezone = "Europe"',
        'server_timezone = ""',
        'server_timezone = "../../etc/passwd"',
        'server_timezone = "\\u0000"',
        "server_timezone = 3",
        "only_to_phones = 79110000001",
        "only_to_phones = [79110000001]",
        'only_to_phones = "79110000001"',
        'only_to_phones = ["79110000001", "office"]',
        'only_to_phones = ["++79110000001"]',
        'only_to_phones = [""]',
        'only_to_phones = ["226-44-58"]',
        'only_to_phones = ["٧٩١١"]',
        "window = -1",
        "window = 169",
        'window = "all"',
        "keep_days = -1",
        "keep_days = 36501",
        'notify = "loud"',
        "notify = false",
        "notify_text = 1",
        'remember_filters = "yes"',
        "theme = 1",
        'names = "Orders"',
        "names = { 79110000001 = 1 }",
        'names = { 79110000001 = "" }',
        'names = { 79110000001 = " " }',
        'names = { "226-44-58" = "Office" }',
        'names = { 79110000001 = "a", "+7 911 000-00-01" = "b" }',
        'keys = "r"',
        "keys = { refresh = 5 }",
        "keys = { refresh = [5] }",
        "window = 1979-05-27",
        "[[window]]",
    ],
)
def test_an_invalid_value_is_reported_with_its_line_and_what_is_allowed(
    file: Path, line: str
) -> None:
    error = refusal(file, f"# settings\n{line}\n")
    key = line.strip("[").split()[0].rstrip("]")
    allowed = next(setting.allowed for setting in SETTINGS if setting.name == key)
    assert (error.line, error.key, error.allowed) == (2, key, allowed)
    assert str(error).startswith(f"{file}, line 2: ")
    assert str(error).endswith(f": allowed values: {allowed}")
    assert "\n" not in str(error)


@pytest.mark.parametrize(
    ("source", "line", "told"),
    [
        ('[names]\n79110000001 = "a"\n"+7 911 x" = "b"\n', 3, '[names] "+7 911 x" = "b"'),
        ('[names]\n79110000001 = "a"\nwindow = 6\n', 3, '[names] "window" = 6'),
        ('window = 1\nnames = { "+" = "Other" }\n', 2, '[names] "+" = "Other"'),
        ("window = 6\n[colours]\nred = 1\n", 2, "there is no setting colours"),
    ],
    ids=["a bad name", "a setting below names", "an inline table", "an unknown table"],
)
def test_an_error_in_a_table_is_reported_with_its_line(
    file: Path, source: str, line: int, told: str
) -> None:
    error = refusal(file, source)
    assert error.line == line
    assert told in str(error)


def test_an_unknown_setting_is_reported_with_the_closest_known_one(file: Path) -> None:
    error = refusal(file, "window = 6\n\nrefresh_second = 30\n")
    assert str(error).startswith(
        f"{file}, line 3: there is no setting refresh_second (did you mean refresh_seconds?)"
    )
    assert "server_timezone" in error.allowed


def test_a_password_in_the_file_is_refused_and_not_shown(file: Path) -> None:
    error = refusal(file, 'password = "hunter2"\n')
    assert "keyring" in str(error)
    assert "hunter2" not in f"{error} {error!r} {error.args}"


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ('login = "a"\nwindow 6\n', 2),
        ("window = 1\nwindow = 2\n\n", 2),
        ('login = "a\n', 1),
        ("login = \x1b\n", 1),
        (f"\nwindow = {'9' * 5000}", None),  # more digits than Python converts
        (f"\nwindow = {'[' * 5000}", None),
    ],
    ids=["no equals sign", "twice", "no end", "a control character", "too long", "too deep"],
)
def test_broken_toml_is_reported_with_its_line(file: Path, source: str, line: int | None) -> None:
    error = refusal(file, source)
    assert (error.line, error.key) == (line, None)
    assert "not TOML" in str(error)
    assert "\x1b" not in str(error)


def test_a_file_that_is_not_utf_8_is_reported_with_its_line(file: Path) -> None:
    file.write_bytes('login = "a"\n# Заказы\n'.encode("windows-1251"))
    with pytest.raises(SettingsError, match="line 2: is not UTF-8 text"):
        load_settings(file)


def test_a_folder_instead_of_the_file_is_reported(file: Path) -> None:
    file.mkdir()
    with pytest.raises(SettingsError, match="can't be read: "):
        load_settings(file)


def test_a_file_that_cannot_be_read_is_reported(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(path: Path, *how: int) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(os, "open", forbidden)
    with pytest.raises(SettingsError, match="can't be read: Permission denied"):
        load_settings(file)


def test_control_characters_in_the_file_do_not_reach_the_terminal(file: Path) -> None:
    for source in ('notify = "\\u001b[2J\\u202e\\n"', '"\\u001b[2J\\u202e" = 1'):
        text = str(refusal(file, source))
        assert all(character.isprintable() for character in text)


def test_a_long_value_is_shortened_in_the_error(file: Path) -> None:
    assert len(refusal(file, f'notify = "{"a" * 10_000}"').problem) < 100


def test_the_template_has_every_setting_with_its_default(file: Path) -> None:
    uncommented = "\n".join(
        line[1:] if line.startswith("#") and line[1:2] not in {" ", ""} else line
        for line in template().splitlines()
    )
    assert list(tomllib.loads(uncommented)) == FIELDS
    for source in (template(), uncommented):
        file.write_text(source, encoding="utf-8")
        assert load_settings(file) == Settings()


@pytest.mark.parametrize("table", [setting for setting in SETTINGS if setting.example])
def test_the_example_tables_in_the_template_can_be_loaded(file: Path, table: Setting) -> None:
    assert f"# {table.example}\n#[{table.name}]\n" in template()
    file.write_text(f"[{table.name}]\n{table.example}\n", encoding="utf-8")
    assert getattr(load_settings(file), table.name) != table.default


def test_the_readme_lists_every_setting_with_its_default() -> None:
    rows = [
        f"| `[{setting.name}]` | none | {setting.description} |"
        if isinstance(setting.default, Mapping)
        else f"| `{setting.name}` | `{toml(setting.default)}` | {setting.description} |"
        for setting in SETTINGS
    ]
    head = ("| setting | default | what for |", "| --- | --- | --- |")
    assert "\n".join(("", "", *head, *rows, "", "")) in README


@given(st.text(max_size=200))
def test_any_text_as_a_file_loads_or_gives_a_printable_error(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    file = tmp_path_factory.getbasetemp() / "any.toml"
    file.write_bytes(text.encode("utf-8", "surrogatepass"))
    reported = ""
    try:
        load_settings(file)
    except SettingsError as error:
        reported = str(error)
    assert reported.isprintable()


@given(
    st.dictionaries(
        st.one_of(st.sampled_from(FIELDS), st.text(max_size=5)),
        st.one_of(st.integers(), st.text(max_size=5), st.booleans(), st.lists(st.text(max_size=3))),
    )
)
def test_the_line_of_every_key_outside_tables_is_found(values: dict[str, object]) -> None:
    quoted = {key: '"' + "".join(f"\\U{ord(c):08x}" for c in key) + '"' for key in values}
    source = "".join(f"\n{quoted[key]} = 0\n" for key in values)
    for number, key in enumerate(values):
        assert key_line(source, key) == 2 * number + 2


def test_the_line_of_a_key_is_found_in_the_right_table() -> None:
    source = (
        'window = 1\n[other]\nlogin = 2\n[ names ]\n\'79\' . x = 1\n"8\\u0030" = "="\n'
        'names.y = 1\nlist = [\n  "a=1",\n]\n'
    )
    assert key_line(source, "login") is None
    assert key_line(source, "names") == 4
    assert key_line(source, "names", "79") == 5
    assert key_line(source, "names", "80") == 6
    assert key_line('names."79" = "a"\n', "names", "79") == 1
