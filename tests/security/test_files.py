"""Files on disk: only their owner can use them, and deleted messages leave no traces."""

from __future__ import annotations

import os
import re
import tomllib
from datetime import timedelta
from pathlib import Path

import pytest
from support.app_harness import NOW, Opener, message, until
from support.archives import incoming, opened, page
from support.command import Files, put, run
from support.command import incoming as received
from support.documents import ROOT
from support.files import files_with
from support.modes import mode, umask
from support.widgets import screen_text

from inbox_tui.archive import AccountArchive, Archive, ArchiveError, Query, to_server_seconds
from inbox_tui.config import SettingsError, load_settings

OLD = "ꙮꙭꙬ Your code is 913042 ѪѬѨ"
TRACES = ["913042", "ꙮꙭꙬ", "ѪѬѨ", "79995550001", "79115550001"]
"""Parts of the old message to look for; the search index keeps sequences of three letters."""


def traces(folder: Path) -> set[str]:
    """Return the parts of the old message that are in any file of the folder."""
    return {trace for trace in TRACES if files_with(trace, folder)}


def hold(folder: Path) -> tuple[Archive, AccountArchive]:
    """Return an archive with an old message, indexed, and a new one, and its account."""
    received = to_server_seconds((NOW - timedelta(days=40)).replace(tzinfo=None))
    old = incoming(1, OLD, received=received, phone="79995550001", to_phone="79115550001")
    archive, account = opened(folder, old, incoming(2, "Kept"))
    sum(archive.maintenance.wipe())
    return archive, account


def expire(archive: Archive, account: AccountArchive) -> None:
    sum(account.expire(to_server_seconds((NOW - timedelta(days=30)).replace(tzinfo=None))))
    sum(archive.maintenance.wipe())


def test_expired_messages_are_wiped_from_disk_while_the_inbox_is_open(
    tmp_path: Path,
) -> None:
    archive, account = hold(tmp_path)
    with archive, Archive.open(archive.path) as other:
        assert {"913042"} <= traces(tmp_path)
        assert account.on(other).counts.total() == 2
        expire(archive, account)
        assert traces(tmp_path) <= {"79115550001"}, "the own number may stay"
        assert account.on(other).counts.total() == 1
    assert traces(tmp_path) <= {"79115550001"}


def test_expired_messages_are_wiped_once_another_terminal_has_read_them(tmp_path: Path) -> None:
    archive, account = hold(tmp_path)
    with archive, Archive.open(archive.path, busy_seconds=0.05) as other:
        rows = iter(account.on(other).lists.export(Query()))
        next(rows)
        expire(archive, account)
        assert len(list(rows)) == 1
        sum(archive.maintenance.wipe())
        assert traces(tmp_path) <= {"79115550001"}


def test_purge_removes_everything_for_good_despite_a_second_terminal(
    files: Files,
) -> None:
    put(files.archive, "smscentre.com", received(1, OLD, phone="79995550001"))
    with Archive.open(files.archive) as second:
        (account,) = second.accounts()
        sum(second.maintenance.wipe())
        assert account.on(second).counts.total() == 1
        ended = run("logout", "--purge", "--login", "alex")
        assert ended.status == 0, ended
        assert traces(files.home) == set()
        assert account.on(second).counts.total() == 0
        with pytest.raises(ArchiveError, match="no longer"):
            account.on(second).store_page(page(incoming(1, OLD)))
        with pytest.raises(ArchiveError, match="no longer"):
            account.on(second).notes.set("signed_in", "yes")
    assert traces(files.home) == set()


def test_files_are_private_to_their_owner_whatever_the_umask(files: Files) -> None:
    with umask(0):
        put(files.archive, "smscentre.com", received(1, "Hello"))
        assert run("export", "--login", "alex", "-o", files.home / "out.csv").status == 0
        assert run("--debug", "sync", "--login", "alex", "--server", "127.0.0.1:9").status > 0
        with Archive.open(files.archive):
            modes = {path.relative_to(files.home): mode(path) for path in files.home.rglob("*")}
    assert Path("data/inbox-tui/inbox.db-wal") in modes
    assert Path("state/inbox-tui/inbox-tui.log") in modes
    assert Path("out.csv") in modes
    for path, found in modes.items():
        assert found == (0o700 if (files.home / path).is_dir() else 0o600), path


def test_symlinked_or_world_writable_data_folder_is_refused_with_exit_1(
    files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = files.archive.parent
    folder.parent.mkdir(mode=0o700)
    (tmp_path / "elsewhere").mkdir()
    folder.symlink_to(tmp_path / "elsewhere")
    for told in ("symbolic link", "chmod 700"):
        monkeypatch.setenv("INBOX_TUI_PASSWORD", "correct horse")
        ended = run("sync", "--login", "alex", "--server", "127.0.0.1:9")
        assert ended.status == 1
        assert told in ended.errors
        if folder.is_symlink():
            assert list(folder.iterdir()) == []
            folder.unlink()
            folder.mkdir()
            folder.chmod(0o777)


async def test_palette_does_not_offer_screenshots(live: Opener) -> None:
    async with live(messages=[message(1, "Hello")]) as pilot:
        await pilot.press("ctrl+p", *"screenshot")
        await until(pilot, lambda: "nothing found" in screen_text(pilot.app))


# -- settings, which name the server that gets the password


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "inbox-tui" / "config.toml"
    path.parent.mkdir(mode=0o755)
    path.write_text('server = "smscentre.com"\n')
    path.chmod(0o644)
    return path


@pytest.mark.parametrize("mode", [0o646, 0o664, 0o620])
def test_settings_writable_by_others_are_refused(config: Path, mode: int) -> None:
    assert load_settings(config).server == "smscentre.com"
    config.chmod(mode)
    with pytest.raises(SettingsError, match=rf"written to by others \(mode {mode:04o}\).*chmod"):
        load_settings(config)


@pytest.mark.parametrize("mode", [0o775, 0o757, 0o1777])
def test_settings_in_a_folder_writable_by_others_are_refused(config: Path, mode: int) -> None:
    config.parent.chmod(mode)
    with pytest.raises(SettingsError, match="written to by others") as caught:
        load_settings(config)
    assert caught.value.path == config.parent


def test_settings_in_a_symlinked_folder_are_refused(config: Path, tmp_path: Path) -> None:
    (tmp_path / "linked").symlink_to(config.parent)
    with pytest.raises(SettingsError, match="linked: is a symbolic link"):
        load_settings(tmp_path / "linked" / config.name)


def change_owners(monkeypatch: pytest.MonkeyPatch, config: Path, *, file: int, folder: int) -> None:
    """Let the settings file and its folder appear to belong to these user ids."""
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    for how, uid, path in (("fstat", file, config), ("lstat", folder, config.parent)):
        status = path.stat()
        owned = os.stat_result([*status[:4], uid, *status[5:]])
        monkeypatch.setattr(os, how, lambda *_, owned=owned: owned)


@pytest.mark.parametrize(("file", "folder"), [(4711, 12345), (12345, 4711)])
def test_settings_owned_by_another_user_are_refused(
    config: Path, monkeypatch: pytest.MonkeyPatch, file: int, folder: int
) -> None:
    change_owners(monkeypatch, config, file=file, folder=folder)
    with pytest.raises(SettingsError, match=r"belongs to another user \(uid 4711\)"):
        load_settings(config)


def test_settings_owned_by_root_are_trusted(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    change_owners(monkeypatch, config, file=0, folder=0)
    assert load_settings(config).server == "smscentre.com"


def test_settings_swapped_while_being_read_are_still_refused(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs, mine = tmp_path / "theirs", tmp_path / "mine"
    theirs.write_text('server = "evil.example"\n')
    theirs.chmod(0o666)
    mine.write_text('server = "smscentre.com"\n')
    theirs.rename(config)
    os_open = os.open

    def open_and_swap(path: Path, *how: int) -> int:
        file = os_open(path, *how)
        mine.rename(config)
        return file

    monkeypatch.setattr(os, "open", open_and_swap)
    with pytest.raises(SettingsError, match="written to by others"):
        load_settings(config)


def test_settings_that_are_a_pipe_are_refused_without_waiting(config: Path) -> None:
    config.unlink()
    os.mkfifo(config, 0o600)
    with pytest.raises(SettingsError, match="is not an ordinary file"):
        load_settings(config)


def test_oversized_settings_are_refused(config: Path) -> None:
    with config.open("wb") as file:
        file.truncate(10**9)
    with pytest.raises(SettingsError, match="is larger than 256 KiB"):
        load_settings(config)


# -- dependencies


def test_every_dependency_has_a_lower_and_an_upper_bound() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = project["dependencies"]
    assert len(needed) <= 12
    for dependency in needed:
        assert ">=" in dependency, dependency
        name = re.split("[<>=]", dependency)[0]
        assert "<" in dependency or name == "tzdata", f"{name} is numbered by years"
