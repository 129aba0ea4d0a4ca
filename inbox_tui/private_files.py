"""Files and folders that only their owner can use."""

from __future__ import annotations

import errno
import functools
import operator
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Literal, TypeVar

from inbox_tui.locale import _, system_words

T = TypeVar("T")


class PathRefused(OSError):  # noqa: N818
    """A file or folder is not private enough. `str(error)` says why and what to do.

    `path`: the file or folder. `reason`: what is wrong with it. `remedy`: what the user can do.
    """

    def __init__(self, path: Path, reason: str, remedy: str) -> None:
        super().__init__(errno.EPERM, f"{reason}; {remedy}", str(path))
        self.path = path
        self.reason = reason
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.path} {self.reason}; {self.remedy}"


_POSIX = os.name == "posix"


def private_folder(path: Path) -> Path:
    """Create a folder that only the user can enter (0700), or check and tighten an existing one.

    Missing parents are created with the same mode; existing parents are left as they are. Raises
    PathRefused if `path` itself is a symbolic link, is not a folder, belongs to another user, is
    writable by others, or can't be created or opened. On Windows it only creates folders.
    """
    if not _POSIX:
        path.mkdir(parents=True, exist_ok=True)
        return path
    try:
        _make(path)
    except OSError as error:
        raise PathRefused(
            path,
            _("can't be created: {strerror}").format(strerror=system_words(error)),
            _("create it yourself, or choose another place"),
        ) from None
    if path.is_symlink():
        raise PathRefused(path, _("is a symbolic link"), _("put a folder of your own in its place"))
    try:
        folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except NotADirectoryError:
        raise PathRefused(path, _("is not a folder"), _("move it away")) from None
    except OSError as error:
        raise PathRefused(
            path,
            _("can't be opened: {strerror}").format(strerror=system_words(error)),
            _("give yourself access to it"),
        ) from None
    try:
        status = os.fstat(folder)
        _refuse_others(path, status, (os.geteuid(),), _("run as that user"))
        yours = _("make sure that everything in it is yours, then run chmod 700 on it")
        _refuse_writable(path, status, yours)
        if stat.S_IMODE(status.st_mode) != 0o700:
            os.fchmod(folder, 0o700)
    finally:
        os.close(folder)
    return path


def _make(path: Path) -> None:
    if os.path.lexists(path):
        return
    if path.parent != path:
        _make(path.parent)
    try:
        path.mkdir(0o700)
    except FileExistsError:
        return
    if stat.S_IMODE(path.lstat().st_mode) != 0o700:  # the umask removed rights of the owner
        path.chmod(0o700)


def write_file(path: Path, write: Callable[[BinaryIO], T], *, replace: bool) -> T:
    """Write a file that only the user can read (0600) and return the result of `write`.

    A failure leaves nothing behind, and an older file stays until the new one is complete. Raises
    FileExistsError if `path` exists and `replace` is False, PathRefused if it is to be replaced and
    is not an ordinary file of the user, and OSError.
    """
    place = path
    if replace:
        if os.path.lexists(path):
            _ordinary(path, path.lstat())
        path = path.with_name(f".{path.name}.{os.urandom(4).hex()}.part")
    file = open_private(path, "new")
    try:
        with file:
            written = write(file)
        path.replace(place)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return written


def open_private(path: Path, how: Literal["new", "append"]) -> BinaryIO:
    """Open a file for writing that only the user can read (0600), from its creation on.

    `new` raises FileExistsError if anything exists at `path`. `append` creates the file or writes
    at its end; it raises PathRefused for a symbolic link, another user's file, and anything that
    is not an ordinary file. A symbolic link is never followed. Other failures raise OSError.
    """
    if how == "append" and os.path.lexists(path):
        _ordinary(path, path.lstat())
    flags = os.O_WRONLY | os.O_CREAT | (os.O_APPEND if how == "append" else os.O_EXCL)
    flags |= _flags("O_NOFOLLOW", "O_CLOEXEC", "O_NONBLOCK", "O_BINARY")
    file = os.open(path, flags, 0o600)
    try:
        if _POSIX:
            status = os.fstat(file)
            _ordinary(path, status)
            if stat.S_IMODE(status.st_mode) != 0o600:
                os.fchmod(file, 0o600)
        return os.fdopen(file, "ab" if how == "append" else "wb")
    except BaseException:
        os.close(file)
        raise


def private_file(path: Path) -> Path:
    """Create an empty file that only the user can read (0600), or tighten an existing one.

    For files that a library such as SQLite opens by name. An existing file is not opened, because
    closing it would drop the locks that this process holds on it. Raises the same errors as
    `open_private` with `append`.
    """
    try:
        open_private(path, "new").close()
    except FileExistsError:
        status = path.lstat()
        _ordinary(path, status)
        if _POSIX and stat.S_IMODE(status.st_mode) != 0o600:
            path.chmod(0o600)
    return path


def read_trusted(path: Path, most: int) -> bytes:
    """Read a file of at most `most` bytes that only the user or root could have written.

    Raises PathRefused if the file or its folder belongs to another user or is writable by others,
    if the folder is a symbolic link, if the file is not an ordinary one, or if it has more than
    `most` bytes. Other failures raise OSError. Never blocks, not even on a pipe.
    """
    flags = os.O_RDONLY | _flags("O_CLOEXEC", "O_NONBLOCK", "O_BINARY")
    with os.fdopen(os.open(path, flags), "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise PathRefused(path, _("is not an ordinary file"), _("put a text file in its place"))
        if _POSIX:
            folder = os.lstat(path.parent)
            if stat.S_ISLNK(folder.st_mode):
                reason, remedy = _("is a symbolic link"), _("put a folder of your own in its place")
                raise PathRefused(path.parent, reason, remedy)
            _trusted(path.parent, folder, _("make sure that everything in it is yours"))
            _trusted(path, status, _("make sure that it is as you want it"))
        content = file.read(most + 1)
    if len(content) > most:
        raise PathRefused(
            path,
            _("is larger than {value} KiB").format(value=most // 1024),
            _("remove what is not a setting"),
        )
    return content


def _trusted(path: Path, status: os.stat_result, remedy: str) -> None:
    replace = _("run as that user, or put one of your own in its place")
    _refuse_others(path, status, (os.geteuid(), 0), replace)
    _refuse_writable(path, status, _("{remedy}, then run chmod go-w on it").format(remedy=remedy))


def _flags(*names: str) -> int:
    """Return the combined `os.open` flags of these names, without those the system lacks."""
    return functools.reduce(operator.or_, (getattr(os, name, 0) for name in names))


def _ordinary(path: Path, status: os.stat_result) -> None:
    """Raise PathRefused if a path must not be written to: a link, a device, another user's file."""
    if stat.S_ISLNK(status.st_mode):
        raise PathRefused(path, _("is a symbolic link"), _("name the file that it points to"))
    if not stat.S_ISREG(status.st_mode):
        raise PathRefused(path, _("is not an ordinary file"), _("choose another name"))
    if _POSIX:
        other = _("choose another name, or run as that user")
        _refuse_others(path, status, (os.geteuid(),), other)


def _refuse_others(
    path: Path, status: os.stat_result, owners: tuple[int, ...], remedy: str
) -> None:
    """Raise PathRefused if a path belongs to none of these users."""
    if status.st_uid not in owners:
        reason = _("belongs to another user ({uid})").format(uid=_owner(status.st_uid))
        raise PathRefused(path, reason, remedy)


def _refuse_writable(path: Path, status: os.stat_result, remedy: str) -> None:
    """Raise PathRefused if users other than the owner can write to a path."""
    mode = stat.S_IMODE(status.st_mode)
    if mode & (stat.S_IWGRP | stat.S_IWOTH):
        reason = _("can be written to by others (mode {mode:04o})").format(mode=mode)
        raise PathRefused(path, reason, remedy)


def _owner(uid: int) -> str:
    import pwd

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"
