"""`inbox-tui sync`: one refresh, for cron."""

from __future__ import annotations

import asyncio

import click

from inbox_tui.archive import Archive
from inbox_tui.cli.account import Config, read_config
from inbox_tui.cli.cli_options import CliOptions
from inbox_tui.cli.connect import find_password, refuse_environment
from inbox_tui.cli.failure import Failure, output, print_message
from inbox_tui.cli.open_archive import open_accounts
from inbox_tui.cli.options import all_option, example, for_account
from inbox_tui.cli.run_sync import sync_once
from inbox_tui.locale import _, plural
from inbox_tui.sync import Event, MessagesArrived, SystemClock


@click.command(
    "sync",
    epilog=example(
        "inbox-tui sync",
        "inbox-tui sync --all",
        "*/5 * * * *  inbox-tui sync >/dev/null       in a crontab",
    ),
)
@for_account
@all_option
def command(cli_options: CliOptions, every: bool) -> None:
    """Fetch new messages once, print their number, and exit.

    It shares the archive and the server's request limit with an open inbox, and waits for the limit
    if it has to.

    Exit status: 0 done, 1 failed, 2 wrong usage or settings, 3 sign-in refused or no password,
    4 limited or blocked by the server, 5 no connection.
    """
    if every:
        refuse_environment(cli_options)
    asyncio.run(_refresh(cli_options, every=every))


async def _refresh(cli_options: CliOptions, *, every: bool) -> None:
    """Refresh the accounts one after another; with `every`, go on after a failure."""
    failures: list[Failure] = []
    with open_accounts(read_config(cli_options), every=every) as (archive, configs):
        for config in configs:
            try:
                new = await _refreshed(cli_options, config, archive)
            except Failure as failure:
                if not every:
                    raise
                failures.append(failure)
                print_message(f"inbox-tui: {config.account}: {failure.message}")
            else:
                output(f"{config.account}: {new}" if every else new)
    if failures:
        raise SystemExit(failures[0].status)


async def _refreshed(cli_options: CliOptions, config: Config, archive: Archive) -> str:
    new: list[int] = []

    def on_event(event: Event) -> None:
        if isinstance(event, MessagesArrived):
            new.append(len(event.new))

    password = await find_password(cli_options, config)
    account = archive.account(config.login.value, config.host)
    await sync_once(config, account, password, on_event, SystemClock())
    if not new:
        return _("no new messages")
    return plural("{count} new message", "{count} new messages", sum(new))
