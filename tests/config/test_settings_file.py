"""Writing names and the theme to the settings file, as the inbox does."""

from __future__ import annotations

import tomllib
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.modes import mode

from inbox_tui.config import Settings, SettingsError, load_settings, template
from inbox_tui.settings_file import name_key, write_name, write_theme
from inbox_tui.text.phones import NotAPhoneNumber, phone_key

ORDERS, ANNA = "79110000001", "79991234567"
WRITTEN = """\
# My settings, which I care for.
login = "alex"   # mine

[names]
"8 911 000-00-01" = "Orders"  # the shop
# and so on

[keys]
refresh = "f5"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "settings" / "config.toml"
    path.parent.mkdir(0o700)
    path.write_text(WRITTEN, encoding="utf-8")
    path.chmod(0o600)
    return path


def test_a_new_name_is_added_and_everything_else_is_unchanged(file: Path) -> None:
    write_name(file, ANNA, "Анна")
    assert load_settings(file).names == {ORDERS: "Orders", ANNA: "Анна"}
    added = '"+7 999 123-45-67" = "Анна"\n'
    assert file.read_text(encoding="utf-8").replace(added, "") == WRITTEN


def test_a_name_is_changed_in_place_however_its_number_is_written(file: Path) -> None:
    write_name(file, ORDERS, "Shop")
    assert file.read_text(encoding="utf-8") == WRITTEN.replace('"Orders"', '"Shop"')


def test_an_empty_name_removes_the_line(file: Path) -> None:
    write_name(file, ORDERS, "")
    assert load_settings(file).names == {}
    assert "the shop" not in file.read_text(encoding="utf-8")
    write_name(file, ANNA, "")
    assert load_settings(file).login == "alex"


def test_the_theme_is_written_before_the_tables(file: Path) -> None:
    write_theme(file, "nord")
    write_theme(file, "inbox-light")
    assert load_settings(file).theme == "inbox-light"
    kept = file.read_text(encoding="utf-8").replace('theme = "inbox-light"\n', "")
    assert kept.split() == WRITTEN.split()


def test_a_missing_file_is_created_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "new" / "config.toml"
    write_name(path, "OZON.ru", "Ozon")
    write_theme(path, "nord")
    assert load_settings(path) == Settings(theme="nord", names={"OZON.ru": "Ozon"})
    assert (mode(path), mode(path.parent)) == (0o600, 0o700)


def test_the_template_can_be_written_to(file: Path) -> None:
    file.write_text(template(), encoding="utf-8")
    write_name(file, ANNA, "Anna")
    write_theme(file, "nord")
    assert load_settings(file) == Settings(theme="nord", names={ANNA: "Anna"})
    assert set(template().split("\n")) <= set(file.read_text(encoding="utf-8").split("\n"))


@pytest.mark.parametrize(
    "source",
    [
        'names = {"8 911 000-00-01" = "Orders"}\r\nlogin = \'alex\'\r\n',
        'names."8 911 000-00-01" = "Orders"\nlogin = "alex"\n[keys]\n',
        '\ufefflogin = "alex"\n[names]\n79110000001 = "Orders"',
        "login = \"alex\"\n['names']\n'79110000001' = '''Orders'''\n\n\n[keys]\n",
    ],
)
def test_names_can_be_changed_however_the_file_is_written(file: Path, source: str) -> None:
    file.write_bytes(source.encode())
    write_name(file, ANNA, "Anna")
    write_name(file, ORDERS, "Shop")
    write_theme(file, "nord")
    settings = load_settings(file)
    assert (settings.login, settings.theme) == ("alex", "nord")
    assert settings.names == {ORDERS: "Shop", ANNA: "Anna"}


@pytest.mark.parametrize("source", ["[names", 'password = "x"\n', "window = 1000\n", "\xff"])
def test_an_invalid_file_is_reported_and_left_unchanged(file: Path, source: str) -> None:
    before = source.encode("latin-1")
    file.write_bytes(before)
    for write in (partial(write_theme, file, "nord"), partial(write_name, file, ANNA, "Anna")):
        with pytest.raises(SettingsError, match=r"config\.toml"):
            write()
    assert file.read_bytes() == before
    assert list(file.parent.iterdir()) == [file]


def test_a_failed_write_is_reported_and_leaves_the_file_unchanged(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(fd: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(SettingsError, match=r"config\.toml: can't be written: No space left"):
        write_name(file, ANNA, "Anna")
    assert file.read_text(encoding="utf-8") == WRITTEN
    assert list(file.parent.iterdir()) == [file]


def test_a_link_to_a_file_stays_a_link(file: Path, tmp_path: Path) -> None:
    link = tmp_path / "config.toml"
    link.symlink_to(file)
    write_theme(link, "nord")
    assert link.is_symlink()
    assert load_settings(file).theme == "nord"


@pytest.mark.parametrize("sender", ["", "@", "1", "<script>", "9" * 40, "a\nb"])
def test_an_invalid_sender_is_refused_with_a_reason(file: Path, sender: str) -> None:
    with pytest.raises(NotAPhoneNumber, match=r"\w"):
        write_name(file, sender, "Somebody")
    assert file.read_text(encoding="utf-8") == WRITTEN


@given(st.text(min_size=1, max_size=40), st.text(min_size=1).filter(str.strip))
def test_any_name_can_be_written_and_read_back(
    tmp_path_factory: pytest.TempPathFactory, phone: str, name: str
) -> None:
    path = tmp_path_factory.getbasetemp() / "any" / "config.toml"
    try:
        name_key(phone)
    except NotAPhoneNumber:
        return
    name = name.strip().encode("utf-8", "ignore").decode().strip()
    write_name(path, phone, name)
    written = {phone_key(known): given for known, given in load_settings(path).names.items()}
    assert written.get(phone_key(phone), "") == name
    assert tomllib.loads(path.read_text(encoding="utf-8"))
