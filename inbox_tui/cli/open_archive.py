"""Opening the archive for a command; errors of the archive end the program with a message."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from inbox_tui.archive import Archive, ArchiveDamaged, ArchiveError
from inbox_tui.cli.account import Config, signed_in_accounts, with_known_login
from inbox_tui.cli.failure import USAGE, fail
from inbox_tui.locale import _


@contextmanager
def open_archive(path: Path) -> Iterator[Archive]:
    """Open the archive; an ArchiveError, also one in the block, ends the program."""
    try:
        with Archive.open(path) as archive:
            yield archive
    except ArchiveDamaged as error:
        fail(
            _("{error}. Start again: it is then checked, and set aside if it is damaged.").format(
                error=error
            )
        )
    except ArchiveError as error:
        fail(f"{error}.")


@contextmanager
def open_sound_archive(path: Path) -> Iterator[Archive]:
    """Open the archive; end the program if it was damaged and a fresh one had to be begun."""
    with open_archive(path) as archive:
        if archive.set_aside is not None:
            fail(
                _("{aside} Run the command again to continue.").format(
                    aside=set_aside_notice(archive.set_aside)
                )
            )
        yield archive


@contextmanager
def open_account(config: Config) -> Iterator[tuple[Config, Archive]]:
    """Open the archive; yield the config with a known account filled in, and the archive.

    Ends the program if no account is known, without creating an archive.
    """
    if not config.login.value and not config.paths.archive.exists():
        _fail_without_login()
    with open_sound_archive(config.paths.archive) as archive:
        config = with_known_login(config, archive)
        if not config.login.value:
            _fail_without_login()
        yield config, archive


@contextmanager
def open_accounts(config: Config, *, every: bool) -> Iterator[tuple[Archive, list[Config]]]:
    """Open the archive; yield the config of its account, or of `every` account that is signed in.

    The account that the config names need not be in the archive yet. Ends the program if there is
    no account.
    """
    if not every:
        with open_account(config) as (config, archive):
            yield archive, [config]
        return
    if not config.paths.archive.exists():
        _fail_without_login()
    with open_sound_archive(config.paths.archive) as archive:
        configs = signed_in_accounts(config, archive)
        if not configs:
            _fail_without_login()
        yield archive, configs


def _fail_without_login() -> NoReturn:
    fail(
        _(
            "no account is known: run 'inbox-tui login', or name one with --login or "
            "INBOX_TUI_LOGIN."
        ),
        USAGE,
    )


def set_aside_notice(path: Path) -> str:
    """Return the notice that a damaged archive is kept at `path`."""
    return _(
        "the archive was damaged: it is kept as {path}, and a new one was created. The "
        "server still has the messages of the last 7 days."
    ).format(path=path)
