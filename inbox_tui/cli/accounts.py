"""`inbox-tui accounts`: the accounts that are signed in, with their unread counts."""

from __future__ import annotations

import click

from inbox_tui.cli.account import read_config
from inbox_tui.cli.cli_options import CliOptions
from inbox_tui.cli.failure import output
from inbox_tui.cli.open_archive import open_accounts
from inbox_tui.cli.options import example, without_account
from inbox_tui.locale import plural


@click.command("accounts", epilog=example("inbox-tui accounts"))
@without_account
def command(cli_options: CliOptions) -> None:
    """List the signed-in accounts, each with its number of unread messages."""
    from inbox_tui.text import sanitize

    with open_accounts(read_config(cli_options), every=True) as (archive, configs):
        for config in configs:
            account = archive.account(config.login.value, config.host)
            unread = plural("{count} unread", "{count} unread", account.counts.unread())
            output(f"{sanitize(config.account)}\t{unread}")
