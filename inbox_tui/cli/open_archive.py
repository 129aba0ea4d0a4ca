"""Opening the archive for a command; what goes wrong with it ends the program in words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from inbox_tui.archive import AccountArchive, Archive, ArchiveDamaged, ArchiveError
from inbox_tui.cli.account import (
    Config,
    fail_without_login,
    signed_in_accounts,
    with_known_login,
)
from inbox_tui.cli.failure import fail
from inbox_tui.locale import _


@contextmanager
def open_archive(path: Path) -> Iterator[Archive]:
    """The archive; what goes wrong with it ends the program in words."""
    try:
        archive = Archive.open(path)
        try:
            yield archive
        finally:
            archive.close()
    except ArchiveDamaged as error:
        fail(
            _("{error}. Start again: it is looked through, and set aside for a fresh one.").format(
                error=error
            )
        )
    except ArchiveError as error:
        fail(f"{error}.")


@contextmanager
def open_sound_archive(path: Path) -> Iterator[Archive]:
    """The archive, for a command that ends where it had to begin a fresh one."""
    with open_archive(path) as archive:
        if archive.set_aside is not None:
            fail(
                _("{aside} Run the command once more to go on.").format(
                    aside=set_aside_notice(archive.set_aside)
                )
            )
        yield archive


@contextmanager
def open_account(config: Config) -> Iterator[tuple[Config, Archive]]:
    """The archive, with the choices made whole by the account that it knows.

    The program ends where no account is known; then no archive is begun.
    """
    if not config.login.value and not config.paths.archive.exists():
        fail_without_login()
    with open_sound_archive(config.paths.archive) as archive:
        config = with_known_login(config, archive)
        if not config.login.value:
            fail_without_login()
        yield config, archive


@contextmanager
def open_every_account(
    config: Config,
) -> Iterator[tuple[Archive, list[tuple[Config, AccountArchive]]]]:
    """The archive, with every account that is signed in; without one the program ends."""
    if not config.paths.archive.exists():
        fail_without_login()
    with open_sound_archive(config.paths.archive) as archive:
        accounts = signed_in_accounts(config, archive)
        if not accounts:
            fail_without_login()
        yield archive, accounts


def set_aside_notice(path: Path) -> str:
    """What became of a damaged archive."""
    return _(
        "the archive was damaged: it is kept as {path}, and a fresh one was "
        "begun. The server still has the messages of the last 7 days."
    ).format(path=path)
