"""The client of the service for a command, and the password or API key."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from random import SystemRandom
from typing import TYPE_CHECKING

from inbox_tui import API_KEY_VARIABLE, PASSWORD_VARIABLE
from inbox_tui.cli.failure import SIGN_IN_REFUSED, USAGE, fail
from inbox_tui.credentials import Keyring, KeyringError, Kind, Secret
from inbox_tui.locale import _
from inbox_tui.session import Dependencies
from inbox_tui.smsc.endpoint import account_host, documented_backup, endpoint
from inbox_tui.smsc.limit import Limit

if TYPE_CHECKING:
    from inbox_tui.archive import Archive
    from inbox_tui.cli.account import Config
    from inbox_tui.cli.cli_options import CliOptions
    from inbox_tui.config import Settings
    from inbox_tui.sync import Clock
    from inbox_tui.sync.inbox_sync import Inbox


def connector(
    clock: Clock, limit: Limit, backup_of: Callable[[str], str | None]
) -> Callable[[str, str, Secret], Inbox]:
    """Return a function that creates the client of the service, which is imported only then.

    `backup_of` returns the address of a server's backup, or None.
    """

    def seconds() -> float:
        return clock.moment().seconds

    def connect(url: str, login: str, password: Secret) -> Inbox:
        from inbox_tui.smsc.backup import BackupClient
        from inbox_tui.smsc.client import InboxClient

        main = InboxClient(url, login, password, limit=limit, seconds=seconds)
        backup = backup_of(url)
        if backup is None:
            return main
        return BackupClient(
            main,
            InboxClient(backup, login, password, limit=limit, seconds=seconds),
            seconds=seconds,
        )

    return connect


def dependencies(archive: Archive, settings: Settings, clock: Clock) -> Dependencies:
    """Return the dependencies of sessions with the user's own archive and keyring."""
    limit = Limit()
    return Dependencies(
        archive=archive,
        settings=settings,
        keyring=Keyring(),
        connect=connector(clock, limit, partial(backup_address, settings)),
        clock=clock,
        random=SystemRandom(),
        limit=limit,
        refresh_seconds=settings.refresh_seconds,
    )


def backup_address(settings: Settings, url: str) -> str | None:
    """Return the address of the backup of the server at `url`, or None if it has none.

    The setting `backup_server` only applies to the setting `server`: the password of an account at
    another server is never sent there.
    """
    if settings.backup_server == "off":
        return None
    if settings.backup_server and account_host(url) == account_host(endpoint(settings.server)):
        return endpoint(settings.backup_server)
    return documented_backup(url)


def refuse_environment(cli_options: CliOptions) -> None:
    """End the program if the environment has a password, which can't be every account's."""
    if cli_options.password is not None:
        fail(_("--all takes passwords from the keyring, not from the environment."), USAGE)


async def find_password(cli_options: CliOptions, config: Config) -> Secret | None:
    """Return the password or API key from the environment, or else from the keyring.

    If there is none, ends the program; in a team, where colleagues can ask, returns None.
    """
    if cli_options.password is not None:
        return cli_options.password
    try:
        password = await Keyring().get(config.login.value, config.host)
    except KeyringError as error:
        if config.settings.team:
            return None
        fail(
            _("{error} Without a keyring, set {environment} or {api_key_environment}.").format(
                error=error, environment=PASSWORD_VARIABLE, api_key_environment=API_KEY_VARIABLE
            ),
            SIGN_IN_REFUSED,
        )
    if password is None and not config.settings.team:
        fail(
            _(
                "there is no password or API key for {account}: run 'inbox-tui login' to "
                "store one in the keyring, or set {environment} or {api_key_environment} "
                "for one run."
            ).format(
                account=config.account,
                environment=PASSWORD_VARIABLE,
                api_key_environment=API_KEY_VARIABLE,
            ),
            SIGN_IN_REFUSED,
        )
    return password


def secret_from_stdin(kind: Kind) -> Secret:
    """Return the first line of standard input; end the program if there is none."""
    if sys.stdin is None:
        fail(_("standard input is closed."), USAGE)
    try:
        text = sys.stdin.buffer.readline().rstrip(b"\r\n").decode()
    except UnicodeDecodeError:
        text = None
    if text is None:
        fail(_("the {kind} on standard input is not UTF-8 text.").format(kind=_(kind)), USAGE)
    if not text:
        fail(_("there is no {kind} on standard input.").format(kind=_(kind)), USAGE)
    return Secret(text, kind)
