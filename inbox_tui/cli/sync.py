"""`inbox-tui sync`: one refresh, for cron."""

from __future__ import annotations

import asyncio

import click

from inbox_tui.cli.account import (
    asked_once,
    choose,
    opened_for_account,
    password_of,
)
from inbox_tui.cli.failure import counted, output
from inbox_tui.cli.given import Given
from inbox_tui.cli.options import example, for_account


@click.command(
    "sync",
    epilog=example(
        "inbox-tui sync",
        "*/5 * * * *  inbox-tui sync >/dev/null       in a crontab",
    ),
)
@for_account
def command(given: Given) -> None:
    """Fetch what is new once, say how many messages that were, and exit.

    It shares the archive and the server's limit of requests with an open inbox, and waits for the
    limit where it must.

    Exit status: 0 done, 1 failed, 2 wrong usage or settings, 3 sign-in refused or no password,
    4 limited or blocked by the server, 5 no connection.
    """
    output(asyncio.run(_refreshed(given)))


async def _refreshed(given: Given) -> str:
    from inbox_tui.sync import INDEX_CHUNK, Event, MessagesArrived, SystemClock

    new: list[int] = []

    def heard(event: Event) -> None:
        if isinstance(event, MessagesArrived):
            new.append(len(event.new))

    clock = SystemClock()
    with opened_for_account(choose(given)) as (chosen, archive):
        password = await password_of(given, chosen)
        account = archive.account(chosen.login.value, chosen.host)
        await asked_once(chosen, account, password, heard, clock)
        if chosen.settings.keep_days:
            oldest = chosen.since(24 * chosen.settings.keep_days, clock.now())
            account.expire(oldest)
        while archive.index(INDEX_CHUNK):
            pass
    return counted(sum(new), "new message") if new else "no new messages"
