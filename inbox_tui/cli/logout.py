"""`inbox-tui logout`: remove a password or API key and, on request, the messages."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path

import click

from inbox_tui.archive import SIGNED_IN, damaged_copies
from inbox_tui.cli.account import Config, read_config
from inbox_tui.cli.cli_options import CliOptions
from inbox_tui.cli.failure import USAGE, Failure, fail, print_message
from inbox_tui.cli.open_archive import open_account, open_archive
from inbox_tui.cli.options import example, for_account
from inbox_tui.credentials import Keyring, KeyringError, Kind
from inbox_tui.locale import _, plural


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
    """Remove the account's password or API key from the system's keyring.

    Without --login, the account that was signed in last is used. --purge also deletes its messages
    and all damaged archives that were kept, whoever's messages they contain; an inbox may stay open
    meanwhile.
    """
    config = read_config(cli_options)
    purged = False
    removed = ""
    if purge and (copies := _remove_damaged_archives(config.paths.archive)):
        removed = plural(
            " {count} file of damaged archives removed.",
            " {count} files of damaged archives removed.",
            copies,
        )
    try:
        if config.paths.archive.exists() or not config.login.value:
            with open_account(config) as (config, archive):
                account = archive.find_account(config.login.value, config.host)
                if account is not None and purge:
                    account.purge()
                    purged = True
                elif account is not None:
                    account.notes.set(SIGNED_IN, None)
    except Failure as failure:
        if removed and failure.status == USAGE:
            print_message(_("No account is known.{removed}").format(removed=removed))
            return
        raise Failure(f"{failure.message}{removed}", failure.status) from None
    kept = (_(" Its messages on this machine are deleted.") if purged else "") + removed
    if purged and config.settings.team:
        kept += _(" The team's hub and its members keep them.")
    try:
        removed_kinds = asyncio.run(_removed(config))
    except KeyringError as error:
        fail(
            _("{error} The password or API key may still be in it.{kept}").format(
                error=error, kept=kept
            )
        )
    if not removed_kinds:
        text = _("There was no password or API key for {account}.").format(account=config.account)
    else:
        text = " ".join(
            _("The {kind} was removed for {account}.").format(kind=_(kind), account=config.account)
            for kind in removed_kinds
        )
    print_message(f"{text}{kept}")


def _remove_damaged_archives(archive: Path) -> int:
    """Remove this archive if it is damaged, and those set aside; return the number of files."""
    if archive.exists():
        # Opening a damaged archive sets it aside; `open_account` meets any other error again.
        with suppress(Failure), open_archive(archive):
            pass
    copies = damaged_copies(archive)
    for copy in copies:
        copy.unlink(missing_ok=True)
    return len(copies)


async def _removed(config: Config) -> list[Kind]:
    """Remove the account's secrets from the keyring, if we use it; return their kinds."""
    keyring = Keyring()
    report = await keyring.describe()
    return await keyring.remove(config.login.value, config.host) if report.usable else []
