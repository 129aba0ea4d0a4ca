"""The program's files and folders: their paths, and that only their owner can use them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Literal

import pytest
from support.modes import mode, umask

from inbox_tui import private_files
from inbox_tui.paths import Paths
from inbox_tui.private_files import (
    PathRefused,
    open_private,
    private_file,
    private_folder,
    write_file,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Change = Callable[[Path], object]

Way = Literal["new", "append"]
WAYS: list[Way] = ["new", "append"]


@pytest.fixture(params=[0o000, 0o022, 0o077, 0o777], ids=oct)
def any_umask(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[None]:
    with umask(request.param):
        yield


@pytest.fixture
def somebody_else(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """A function after whose call all existing files belong to another user."""

    def become() -> None:
        me = os.geteuid()
        monkeypatch.setattr(os, "geteuid", lambda: me + 1)

    return become


def test_default_paths_follow_the_xdg_variables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "c"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "d"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "s"))
    assert Paths.default() == Paths(
        config=tmp_path / "c" / "inbox-tui" / "config.toml",
        archive=tmp_path / "d" / "inbox-tui" / "inbox.db",
        log=tmp_path / "s" / "inbox-tui" / "inbox-tui.log",
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("any_umask")
def test_new_folders_and_their_parents_are_private(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b" / "c"
    assert private_folder(folder) == folder
    assert [mode(made) for made in (folder, folder.parent, folder.parent.parent)] == [0o700] * 3


def test_a_folder_is_private_from_the_moment_it_is_created(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for tighten in ("chmod", "fchmod"):
        monkeypatch.setattr(os, tighten, lambda *_, **__: pytest.fail("it was open until now"))
    with umask(0):
        private_folder(tmp_path / "a" / "b")
    assert mode(tmp_path / "a") == mode(tmp_path / "a" / "b") == 0o700


@pytest.mark.parametrize("loose", [0o755, 0o750, 0o711, 0o500, 0o700, 0o2700])
def test_an_existing_folder_is_made_private(tmp_path: Path, loose: int) -> None:
    folder = tmp_path / "a"
    folder.mkdir()
    folder.chmod(loose)
    private_folder(folder)
    assert mode(folder) == 0o700


def test_the_mode_of_an_existing_parent_folder_is_unchanged(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    private_folder(tmp_path / "a")
    assert mode(tmp_path) == 0o755


@pytest.mark.parametrize("loose", [0o775, 0o777, 0o1777, 0o720, 0o702])
def test_a_folder_that_others_can_write_to_is_refused(tmp_path: Path, loose: int) -> None:
    folder = tmp_path / "a"
    folder.mkdir()
    folder.chmod(loose)
    with pytest.raises(PathRefused, match=f"written to by others .mode {loose:04o}.*chmod 700"):
        private_folder(folder)
    assert mode(folder) == loose


@pytest.mark.parametrize("target", ["there", "missing"])
def test_a_symbolic_link_instead_of_a_folder_is_refused(tmp_path: Path, target: str) -> None:
    (tmp_path / "there").mkdir(0o755)
    (tmp_path / "a").symlink_to(tmp_path / target)
    with pytest.raises(PathRefused, match="a is a symbolic link; put a folder"):
        private_folder(tmp_path / "a")
    assert not (tmp_path / "missing").exists()


def test_a_parent_folder_may_be_a_symbolic_link(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "there")
    private_folder(tmp_path / "link" / "a")
    assert mode(tmp_path / "there" / "a") == 0o700


def test_a_folder_of_another_user_is_refused(
    tmp_path: Path, somebody_else: Callable[[], None]
) -> None:
    (tmp_path / "a").mkdir(0o755)
    somebody_else()
    with pytest.raises(PathRefused, match="belongs to another user"):
        private_folder(tmp_path / "a")
    assert mode(tmp_path / "a") == 0o755


def test_a_file_instead_of_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    with pytest.raises(PathRefused) as caught:
        private_folder(tmp_path / "a")
    assert str(caught.value) == f"{tmp_path / 'a'} is not a folder; move it away"
    with pytest.raises(PathRefused, match="can't be created: Not a directory"):
        private_folder(tmp_path / "a" / "b")


@pytest.mark.usefixtures("any_umask")
@pytest.mark.parametrize("way", WAYS)
def test_a_new_file_is_private(tmp_path: Path, way: Way) -> None:
    with open_private(tmp_path / "f", way) as file:
        assert mode(tmp_path / "f") == 0o600
        file.write("Код".encode())
    assert (tmp_path / "f").read_text(encoding="utf-8") == "Код"


@pytest.mark.parametrize("way", WAYS)
def test_a_file_is_private_from_the_moment_it_is_created(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: Way
) -> None:
    monkeypatch.setattr(os, "fstat", lambda *_: pytest.fail("stopped right after it is made"))
    with umask(0), pytest.raises(pytest.fail.Exception):
        open_private(tmp_path / "f", way)
    assert mode(tmp_path / "f") == 0o600


def test_an_existing_file_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("old")
    with pytest.raises(FileExistsError):
        open_private(tmp_path / "f", "new")
    assert (tmp_path / "f").read_text() == "old"


def test_a_file_is_replaced_by_a_new_one_instead_of_being_modified(tmp_path: Path) -> None:
    old, elsewhere = tmp_path / "old.csv", tmp_path / "elsewhere.csv"
    old.write_text("old")
    old.chmod(0o644)
    elsewhere.hardlink_to(old)
    write_file(old, lambda file: file.write(b"new"), replace=True)
    assert (old.read_text(), mode(old)) == ("new", 0o600)
    assert (elsewhere.read_text(), mode(elsewhere)) == ("old", 0o644)


def test_a_failed_write_leaves_no_partial_file_and_keeps_the_old_one(tmp_path: Path) -> None:
    def fails(file: object) -> None:
        raise OSError("no room")

    (tmp_path / "old.csv").write_text("mine")
    for name in ("old.csv", "new.csv"):
        with pytest.raises(OSError, match="no room"):
            write_file(tmp_path / name, fails, replace=True)
    assert [path.name for path in tmp_path.iterdir()] == ["old.csv"]
    assert (tmp_path / "old.csv").read_text() == "mine"


def test_a_log_is_appended_to_and_made_private(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_text("old ")
    path.chmod(0o644)
    with open_private(path, "append") as file:
        file.write(b"new")
    assert path.read_text() == "old new"
    assert mode(path) == 0o600


def append(path: Path) -> None:
    open_private(path, "append")


def replace(path: Path) -> None:
    write_file(path, lambda file: file.write(b"new"), replace=True)


CHANGES = pytest.mark.parametrize("change", [append, replace, private_file])
"""The functions that write to, or tighten, an existing file."""


@CHANGES
def test_a_symbolic_link_instead_of_a_file_is_refused(tmp_path: Path, change: Change) -> None:
    (tmp_path / "target").write_text("precious")
    for name, target in (("f", "target"), ("nowhere", "missing")):
        (tmp_path / name).symlink_to(tmp_path / target)
        with pytest.raises(PathRefused, match="is a symbolic link"):
            change(tmp_path / name)
        with pytest.raises(FileExistsError):
            open_private(tmp_path / name, "new")
        assert (tmp_path / name).is_symlink()
    assert (tmp_path / "target").read_text() == "precious"
    assert not (tmp_path / "missing").exists()


def test_a_link_created_at_the_last_moment_is_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "target").write_text("precious")
    (tmp_path / "f").symlink_to(tmp_path / "target")
    monkeypatch.setattr(os.path, "lexists", lambda _: False)
    for way in WAYS:
        with pytest.raises(OSError, match=r"File exists|symbolic links"):
            open_private(tmp_path / "f", way)
    assert (tmp_path / "target").read_text() == "precious"


@CHANGES
def test_pipes_and_folders_instead_of_files_are_refused_without_waiting(
    tmp_path: Path, change: Change
) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    for name in ("pipe", "folder"):
        with pytest.raises(PathRefused, match="is not an ordinary file"):
            change(tmp_path / name)


@CHANGES
def test_a_file_of_another_user_is_refused(
    tmp_path: Path, somebody_else: Callable[[], None], change: Change
) -> None:
    (tmp_path / "f").write_text("theirs")
    somebody_else()
    with pytest.raises(PathRefused, match="belongs to another user"):
        change(tmp_path / "f")
    assert (tmp_path / "f").read_text() == "theirs"


@pytest.mark.usefixtures("any_umask")
def test_a_file_for_sqlite_is_created_or_made_private_and_keeps_its_content(
    tmp_path: Path,
) -> None:
    path = tmp_path / "f"
    assert private_file(path) == path
    assert mode(path) == 0o600
    path.write_text("kept")
    path.chmod(0o644)
    private_file(path)
    assert (path.read_text(), mode(path)) == ("kept", 0o600)


def test_files_can_be_created_on_systems_without_owners_and_modes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(private_files, "_POSIX", False)
    for name in ("geteuid", "fchmod", "O_NOFOLLOW", "O_CLOEXEC", "O_NONBLOCK"):
        monkeypatch.delattr(os, name)
    with open_private(private_folder(tmp_path / "a") / "f", "append") as file:
        file.write(b"text")
    assert private_file(tmp_path / "a" / "f").read_text() == "text"
