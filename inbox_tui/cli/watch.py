"""`inbox-tui watch`: print each new message on a line as it arrives."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from datetime import datetime, tzinfo
from typing import NamedTuple

import click

from inbox_tui.archive import AccountArchive, ArchiveBusy, Row, from_server_seconds
from inbox_tui.cli.account import Config, read_config
from inbox_tui.cli.cli_options import CliOptions
from inbox_tui.cli.connect import find_password, refuse_environment
from inbox_tui.cli.failure import (
    SIGN_IN_REFUSED,
    Failure,
    at_terminal,
    print_message,
    require_output,
)
from inbox_tui.cli.open_archive import open_accounts, open_sound_archive
from inbox_tui.cli.options import all_option, example, for_account, hours
from inbox_tui.cli.run_sync import running_sync, until_words
from inbox_tui.cli.watch_output import Output, first_of, stop_on_signals
from inbox_tui.exports import Exporter, line_for_terminal
from inbox_tui.locale import _
from inbox_tui.smsc.limit import PERIOD_HOURS
from inbox_tui.sync import (
    Clock,
    Event,
    HubCopied,
    MessagesArrived,
    State,
    Status,
    StatusChanged,
    SystemClock,
    ZoneSuspected,
)
from inbox_tui.sync.events import IN_FLIGHT_REASON, LIMIT_REASON, NOBODY_ASKS_REASON
from inbox_tui.text import format_phone, name_finder, sanitize
from inbox_tui.text.dates import in_zone

TICK_SECONDS = 0.5
"""The time between two checks for messages that another program has stored."""
LOOK_BACK_HOURS = PERIOD_HOURS + 1
"""No older message can arrive. The extra hour allows for clocks that differ."""


@click.command(
    "watch",
    epilog=example(
        "inbox-tui watch --format text",
        "inbox-tui watch | jq -r 'select(.code) | .code'",
        "inbox-tui watch --since 24 >>messages.jsonl",
    ),
)
@for_account
@click.option("--from-now", is_flag=True, help="Begin with what arrives from now on; the default.")
@click.option(
    "--since",
    type=hours,
    metavar="HOURS",
    help=f"Begin with the messages of the last HOURS hours, 1 to {PERIOD_HOURS}.",
)
@click.option(
    "--format",
    "export_format",
    type=click.Choice(("jsonl", "text")),
    default="jsonl",
    show_default=True,
    help="One JSON object per line, as in 'export', or readable text.",
)
@all_option
def command(
    cli_options: CliOptions, from_now: bool, since: int | None, export_format: str, every: bool
) -> None:
    """Print each new message as it arrives, one per line, until interrupted.

    It can run alongside an open inbox, and prints what that one receives as well; together they
    keep to the server's request limit. It keeps running while there is no connection. Its notices
    and errors go to standard error.
    """
    if from_now and since is not None:
        raise click.UsageError(_("--from-now and --since can't be combined."))
    config = read_config(cli_options)
    require_output()
    if every:
        refuse_environment(cli_options)
    asyncio.run(_watch(cli_options, config, since, export_format, every=every))


async def _watch(
    cli_options: CliOptions, config: Config, since: int | None, export_format: str, *, every: bool
) -> None:
    stop, arrived = asyncio.Event(), asyncio.Event()
    stop_on_signals(stop)
    clock = SystemClock()
    async with AsyncExitStack() as opened:
        archive, configs = opened.enter_context(open_accounts(config, every=every))
        watched: list[_Watched] = []
        for of_account in configs:
            try:
                password = await find_password(cli_options, of_account)
            except Failure as failure:
                if of_account is configs[-1] and not watched:
                    raise
                print_message(f"inbox-tui: {of_account.account}: {failure.message}")
                continue
            account = archive.account(of_account.login.value, of_account.host)
            second = opened.enter_context(open_sound_archive(config.paths.archive))
            reporter = StatusReporter(clock, arrived, of_account.account if every else "")
            sync = await opened.enter_async_context(
                running_sync(of_account, account.on(second), password, reporter.on_event, clock)
            )
            running = asyncio.create_task(sync.run())
            opened.push_async_callback(_end, running)
            arrivals = Arrivals(account, of_account, clock, since, reporter.hub_copied)
            watched.append(_Watched(arrivals, reporter, running))
        line_of = _line_of(export_format, config, archive.account_names() if every else None)
        await _print_arrivals(watched, Output(sys.stdout.fileno(), stop), stop, arrived, line_of)


class _Watched(NamedTuple):
    """The parts that watch one account."""

    arrivals: Arrivals
    reporter: StatusReporter
    running: asyncio.Task[None]


async def _end(running: asyncio.Task[None]) -> None:
    running.cancel()
    await asyncio.wait([running])


async def _print_arrivals(
    watched: list[_Watched],
    output: Output,
    stop: asyncio.Event,
    arrived: asyncio.Event,
    line_of: Callable[[Row], bytes],
) -> None:
    """Print messages until `stop` is set, nobody reads the output, or the last account fails."""
    while True:
        for one in tuple(watched):
            if rows := await asyncio.to_thread(one.arrivals.take):
                await output.put([line_of(row) for row in rows])
                if stop.is_set():
                    return
            if one.reporter.end is not None:
                watched.remove(one)
                if not watched:
                    raise one.reporter.end
                print_message(f"inbox-tui: {one.reporter.end.message}")
            elif one.running.done():
                one.running.result()
        if output.gone():
            return
        await first_of(stop, arrived, seconds=TICK_SECONDS)
        arrived.clear()
        if stop.is_set():
            return


class Arrivals:
    """The messages of the archive that are still to be printed, whichever program stored them.

    The archive numbers its changes and knows by which one a message came. So a message that is
    stored after a newer one is not missed.
    """

    def __init__(
        self,
        account: AccountArchive,
        config: Config,
        clock: Clock,
        since: int | None,
        hub_copied: Callable[[], bool],
    ) -> None:
        """Begin with this moment, or `since` hours ago.

        `hub_copied` returns, in a team, whether all messages of the hub have been copied.
        """
        self._hub_copied = hub_copied
        self._account = account
        self._config = config
        self._clock = clock
        self._began = clock.now()
        self._since = config.since(since or 0, self._began)
        self._from_now = since is None
        self._caught_up = False
        self._changes = account.archive.changes() if self._from_now else 0

    def take(self) -> list[Row]:
        """Return the messages that are new since the last call, oldest first."""
        since = self._since
        if self._from_now and self._caught_up:
            since = self._config.since(LOOK_BACK_HOURS, self._clock.now())
        try:
            caught_up = self._caught_up or self._passes_are_complete()
            rows, changes = self._account.messages.arrived(since, self._changes)
        except ArchiveBusy:
            return []
        self._caught_up = caught_up
        self._changes = changes
        return rows

    def _passes_are_complete(self) -> bool:
        """Return whether all messages from before the start are stored: later ones are new."""
        if self._config.settings.team:
            return self._hub_copied()
        for scope in self._config.settings.only_to_phones or ("",):
            polled = self._account.sync_state.cursor(scope).polled
            if polled is None or polled.wall < self._began:
                return False
        return True


class StatusReporter:
    """Prints a line on standard error each time the state of the sync changes."""

    def __init__(self, clock: Clock, arrived: asyncio.Event, account: str = "") -> None:
        """Prefix lines with `account`, if given; set `arrived` when there is something to do."""
        self._clock = clock
        self._of_account = f"{account}: " if account else ""
        self._reported = State.LIVE
        self._arrived = arrived
        self.end: Failure | None = None
        """Why the account is no longer watched; None while it is."""
        self._hub_copied = False

    def hub_copied(self) -> bool:
        """Return whether all messages that a team's hub had at the start are in the archive."""
        return self._hub_copied

    def on_event(self, event: Event) -> None:
        """Report an event of the sync."""
        match event:
            case MessagesArrived():
                self._arrived.set()
            case HubCopied():
                self._hub_copied = True
            case ZoneSuspected(zone):
                print_message(
                    _(
                        "inbox-tui: judging by the times of messages, the server is in "
                        'another time zone: server_timezone = "{zone}" in the settings '
                        "would fit."
                    ).format(zone=zone)
                )
            case StatusChanged(status):
                self._report(status)

    def _report(self, status: Status) -> None:
        if status.reason in (IN_FLIGHT_REASON, LIMIT_REASON):
            return
        if status.reason == NOBODY_ASKS_REASON:  # a colleague who can ask may still connect
            status = status._replace(state=State.OFFLINE)
        if status.state is State.SIGN_IN:
            self.end = Failure(
                self._of_account
                + _(
                    "sign-in refused: {reason}. Run 'inbox-tui login' to enter another "
                    "password or API key."
                ).format(reason=_(status.reason)),
                SIGN_IN_REFUSED,
            )
        elif status.state is State.BLOCKED and status.next_at is None:
            self.end = Failure(f"{self._of_account}{_(status.reason)}.")
        if self.end is not None:
            self._arrived.set()
        elif status.state not in (State.CHECKING, self._reported):
            self._reported = status.state
            reason = f": {_(status.reason)}" if status.reason else ""
            when = until_words(status.next_at, self._clock) if reason else ""
            print_message(
                f"inbox-tui: {self._of_account}{_(status.state.value).lower()}{reason}{when}."
            )


def _line_of(
    export_format: str, config: Config, accounts: Mapping[int, str] | None
) -> Callable[[Row], bytes]:
    """Return a function that formats a message as a line, with its account's name if given."""
    names = config.settings.names
    if export_format == "jsonl":
        line_of = Exporter("jsonl", server_zone=config.zone, names=names, accounts=accounts).line
        return (lambda row: line_for_terminal(line_of(row))) if at_terminal(sys.stdout) else line_of

    name_of = name_finder(names)

    def text(row: Row) -> bytes:
        people = (name_of(phone) or format_phone(phone) for phone in (row.phone, row.to_phone))
        of = [] if accounts is None else [accounts.get(row.account_id, "")]
        received = row.stamp or _local(row.received, config.zone)
        line = "  ".join([received, *of, *people, row.message])
        return sanitize(line).encode() + b"\n"

    return text


def _local(server_seconds: int, zone: tzinfo) -> str:
    moment: datetime = from_server_seconds(server_seconds).replace(tzinfo=zone)
    return in_zone(moment).replace(tzinfo=None).isoformat(" ")
