"""`inbox-tui sync`: one refresh, for cron."""

from __future__ import annotations

import asyncio

import click

from inbox_tui.cli.account import read_config
from inbox_tui.cli.cli_options import CliOptions
from inbox_tui.cli.connect import find_password
from inbox_tui.cli.failure import output
from inbox_tui.cli.open_archive import open_account
from inbox_tui.cli.options import example, for_account
from inbox_tui.cli.run_sync import sync_once
from inbox_tui.locale import _, plural
from inbox_tui.sync import Event, MessagesArrived, SystemClock


@click.command(
    "sync",
    epilog=example(
        "inbox-tui sync",
        "*/5 * * * *  inbox-tui sync >/dev/null       in a crontab",
    ),
)
@for_account
def command(cli_options: CliOptions) -> None:
    """Fetch what is new once, say how many messages that were, and exit.

    It shares the archive and the server's limit of requests with an open inbox, and waits for the
    limit where it must.

    Exit status: 0 done, 1 failed, 2 wrong usage or settings, 3 sign-in refused or no password,
    4 limited or blocked by the server, 5 no connection.
    """
    output(asyncio.run(_refreshed(cli_options)))


async def _refreshed(cli_options: CliOptions) -> str:
    new: list[int] = []

    def on_event(event: Event) -> None:
        if isinstance(event, MessagesArrived):
            new.append(len(event.new))

    clock = SystemClock()
    with open_account(read_config(cli_options)) as (config, archive):
        password = await find_password(cli_options, config)
        account = archive.account(config.login.value, config.host)
        await sync_once(config, account, password, on_event, clock)
    if not new:
        return _("no new messages")
    return plural("{count} new message", "{count} new messages", sum(new))
