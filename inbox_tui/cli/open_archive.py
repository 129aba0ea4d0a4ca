"""Opening the archive for a command; what goes wrong with it ends the program in words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from inbox_tui.archive import AccountArchive, Archive, ArchiveDamaged, ArchiveError
from inbox_tui.cli.account import Config, signed_in_accounts, with_known_login
from inbox_tui.cli.failure import USAGE, fail
from inbox_tui.locale import _


@contextmanager
def open_archive(path: Path) -> Iterator[Archive]:
    """The archive; what goes wrong with it ends the program in words."""
    try:
        with Archive.open(path) as archive:
            yield archive
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
        _fail_without_login()
    with open_sound_archive(config.paths.archive) as archive:
        config = with_known_login(config, archive)
        if not config.login.value:
            _fail_without_login()
        yield config, archive


@contextmanager
def open_accounts(
    config: Config, *, every: bool
) -> Iterator[tuple[Archive, list[tuple[Config, AccountArchive]]]]:
    """The archive, with the account, or `every` one that is signed in; without one it ends."""
    if not every:
        with open_account(config) as (config, archive):
            yield archive, [(config, archive.account(config.login.value, config.host))]
        return
    if not config.paths.archive.exists():
        _fail_without_login()
    with open_sound_archive(config.paths.archive) as archive:
        accounts = signed_in_accounts(config, archive)
        if not accounts:
            _fail_without_login()
        yield archive, accounts


def _fail_without_login() -> NoReturn:
    fail(
        _(
            "no account is known: 'inbox-tui login' signs one in, --login or "
            "INBOX_TUI_LOGIN names one."
        ),
        USAGE,
    )


def set_aside_notice(path: Path) -> str:
    """What became of a damaged archive."""
    return _(
        "the archive was damaged: it is kept as {path}, and a fresh one was "
        "begun. The server still has the messages of the last 7 days."
    ).format(path=path)
