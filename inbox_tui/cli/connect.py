"""What a command needs to ask the service: the client, and the password or API key."""

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
    """What makes the client of the service, imported when it is first needed.

    `backup_of` gives the address of a server's backup, where it is to have one.
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
    """What the user's own sessions need."""
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
    """The address of the backup of the server at `url`; None where there is to be none.

    `backup_server` is that of `server` in the settings: no other account's password goes there.
    """
    if settings.backup_server == "off":
        return None
    if settings.backup_server and account_host(url) == account_host(endpoint(settings.server)):
        return endpoint(settings.backup_server)
    return documented_backup(url)


def refuse_environment(cli_options: CliOptions) -> None:
    """End the program where the environment has a password, which can't be every account's."""
    if cli_options.password is not None:
        fail(_("--all takes passwords from the keyring, not from the environment."), USAGE)


async def find_password(cli_options: CliOptions, config: Config) -> Secret | None:
    """The password or API key of the environment or else the keyring; without one it ends.

    In a team there may be none: colleagues ask then.
    """
    if cli_options.password is not None:
        return cli_options.password
    try:
        password = await Keyring().get(config.login.value, config.host)
    except KeyringError as error:
        if config.settings.team:
            return None
        fail(
            _("{error} {environment} or {api_key_environment} works without one.").format(
                error=error, environment=PASSWORD_VARIABLE, api_key_environment=API_KEY_VARIABLE
            ),
            SIGN_IN_REFUSED,
        )
    if password is None and not config.settings.team:
        fail(
            _(
                "there is no password or API key for {account}: 'inbox-tui login' "
                "stores one in the keyring, {environment} or {api_key_environment} "
                "gives it for one run."
            ).format(
                account=config.account,
                environment=PASSWORD_VARIABLE,
                api_key_environment=API_KEY_VARIABLE,
            ),
            SIGN_IN_REFUSED,
        )
    return password


def secret_from_stdin(kind: Kind) -> Secret:
    """The first line of standard input; without one the program ends."""
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
