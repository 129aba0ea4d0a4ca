"""`inbox-tui logout`: remove a password, and the messages where asked to."""

from __future__ import annotations

import asyncio

import click

from inbox_tui.archive import SIGNED_IN, damaged_copies
from inbox_tui.cli.account import Config, known_account, read_config
from inbox_tui.cli.cli_options import CliOptions
from inbox_tui.cli.failure import fail, tell
from inbox_tui.cli.open_archive import open_account
from inbox_tui.cli.options import example, for_account
from inbox_tui.credentials import Keyring, KeyringError


@click.command(
    "logout",
    epilog=example(
        "inbox-tui logout                       the messages stay",
        "inbox-tui logout --login alex --purge",
    ),
)
@for_account
@click.option("--purge", is_flag=True, help="Delete the account's messages on this machine too.")
def command(cli_options: CliOptions, purge: bool) -> None:
    """Remove the account's password from the keyring of the system.

    Without --login it is the account that was signed in last. With --purge its messages go too, and
    what was kept of damaged archives; an inbox may be open meanwhile.
    """
    config = read_config(cli_options)
    purged = False
    if config.paths.archive.exists() or not config.login.value:
        with open_account(config) as (config, archive):
            account = known_account(config, archive)
            if account is not None and purge:
                account.purge()
                purged = True
                for copy in damaged_copies(archive.path):
                    copy.unlink(missing_ok=True)
            elif account is not None:
                account.notes.set(SIGNED_IN, None)
    kept = " Its messages on this machine are deleted." if purged else ""
    try:
        removed = asyncio.run(_removed(config))
    except KeyringError as error:
        fail(f"{error} The password may still be in there.{kept}")
    what = "The password was removed" if removed else "There was no password"
    tell(f"{what} for {config.account}.{kept}")


async def _removed(config: Config) -> bool:
    """Whether there was a password to remove; none of ours is in a keyring that we do not use."""
    keyring = Keyring()
    report = await keyring.describe()
    return report.usable and await keyring.remove(config.login.value, config.host)
