"""The archive's files are private to the user from the moment they are created."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.archives import incoming, opened
from support.modes import mode, umask

from inbox_tui.archive import Archive, ArchiveError


@pytest.fixture(params=[0o000, 0o022, 0o777])
def any_umask(request: pytest.FixtureRequest) -> Iterator[None]:
    with umask(request.param):
        yield


@pytest.mark.usefixtures("any_umask")
def test_the_archive_and_its_files_are_accessible_only_to_their_owner(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    archive, _ = opened(folder, incoming(1))
    assert {path.name: mode(path) for path in folder.iterdir()} == {
        "inbox.db": 0o600,
        "inbox.db-wal": 0o600,
        "inbox.db-shm": 0o600,
    }
    assert mode(folder) == mode(folder.parent) == 0o700
    archive.close()


def test_a_damaged_archive_is_private_once_set_aside(tmp_path: Path) -> None:
    (tmp_path / "inbox.db").write_bytes(b"this is no database" * 100)
    (tmp_path / "inbox.db").chmod(0o644)
    archive, _ = opened(tmp_path)
    assert archive.set_aside is not None
    assert mode(archive.set_aside) == mode(archive.path) == 0o600


def test_the_archives_folder_may_have_any_name(tmp_path: Path) -> None:
    folder = tmp_path / "a?mode=ro#b%41 ж\udcff"
    Archive.open(folder / "inbox.db").close()
    assert (folder / "inbox.db").stat().st_size > 0


def test_a_symbolic_link_in_place_of_the_archive_is_refused(tmp_path: Path) -> None:
    target = tmp_path / "elsewhere"
    (tmp_path / "data").mkdir(0o700)
    for there in (False, True):
        (tmp_path / "data" / "inbox.db").unlink(missing_ok=True)
        (tmp_path / "data" / "inbox.db").symlink_to(target)
        with pytest.raises(ArchiveError, match="is a symbolic link"):
            Archive.open(tmp_path / "data" / "inbox.db")
        assert target.exists() == there
        target.touch()
    assert target.read_bytes() == b""
