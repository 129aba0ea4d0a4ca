"""The options that commands have in common, checked before anything opens."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

import click

from inbox_tui.locale import _
from inbox_tui.smsc.limit import PERIOD_HOURS

if TYPE_CHECKING:
    from inbox_tui.cli.cli_options import CliOptions

F = TypeVar("F", bound=Callable[..., Any])


def hours(context: click.Context, parameter: click.Parameter, written: str | None) -> int | None:
    """Read a number of hours, whole, from 1 to 168; anything else is a wrong usage."""
    if written is None:
        return None
    if re.fullmatch("[0-9]{1,9}", written, re.ASCII) and 1 <= int(written) <= PERIOD_HOURS:
        return int(written)
    raise click.BadParameter(
        _("{written!r}: allowed are whole hours from 1 to {most_hours}.").format(
            written=written, most_hours=PERIOD_HOURS
        )
    )


def phone(context: click.Context, parameter: click.Parameter, written: str | None) -> str | None:
    """Read a phone number as people write it; what can't be one is a wrong usage."""
    from inbox_tui.text.phones import NotAPhoneNumber, parse_phone

    if written is None:
        return None
    try:
        return parse_phone(written)
    except NotAPhoneNumber as error:
        raise click.BadParameter(
            _("{written!r}: {error}; allowed are numbers such as '+7 911 000-00-01'.").format(
                written=written, error=error
            )
        ) from None


def account_options(command: F) -> F:
    """`--login` and `--server`."""
    for option in (
        click.option(
            "--server",
            metavar="HOST-OR-URL",
            help="The service's host, or its full address (INBOX_TUI_SERVER).  "
            "[default: smscentre.com]",
        ),
        click.option(
            "--login",
            metavar="LOGIN",
            help="Your SMS Centre login; with an API key a name of your own (INBOX_TUI_LOGIN).",
        ),
    ):
        command = option(command)
    return command


def filter_options(command: F) -> F:
    """`--to-phone` and `--hours`."""
    for option in (
        click.option(
            "--hours",
            callback=hours,
            metavar="HOURS",
            help=f"Only messages of the last HOURS hours, 1 to {PERIOD_HOURS}.",
        ),
        click.option(
            "--to-phone",
            callback=phone,
            metavar="NUMBER",
            help="Only messages to this number of yours.",
        ),
    ):
        command = option(command)
    return command


def for_account(command: Callable[..., None]) -> Callable[..., None]:
    """Hand a command what `--login` and `--server` say, as `CliOptions`."""

    @account_options
    @wraps(command)
    def with_account(login: str | None, server: str | None, **options: Any) -> None:
        cli_options: CliOptions = click.get_current_context().obj
        for name, value in (("--hours", cli_options.hours), ("--to-phone", cli_options.to_phone)):
            if value is not None:
                raise click.UsageError(_("{name} says nothing to this command.").format(name=name))
        command(cli_options.with_options(login=login, server=server), **options)

    return with_account


def for_messages(command: Callable[..., None]) -> Callable[..., None]:
    """Hand a command what the account's and the filters' options say, as `CliOptions`."""

    @account_options
    @filter_options
    @wraps(command)
    def with_messages(
        login: str | None,
        server: str | None,
        to_phone: str | None,
        hours: int | None,
        **options: Any,
    ) -> None:
        cli_options: CliOptions = click.get_current_context().obj
        over = cli_options.with_options(login=login, server=server, to_phone=to_phone, hours=hours)
        command(over, **options)

    return with_messages


def all_option(command: F) -> F:
    """`--all`, which goes with no account that is named."""

    @click.option("--all", "every", is_flag=True, help="For every account that is signed in.")
    @wraps(command)
    def with_all(cli_options: CliOptions, *, every: bool, **options: Any) -> None:
        if every and (cli_options.login is not None or cli_options.server is not None):
            raise click.UsageError(_("--all is for every account: leave --login and --server out."))
        command(cli_options, every=every, **options)

    return with_all  # type: ignore[return-value] # click calls it as it calls the command


def for_all(command: Callable[..., None]) -> Callable[..., None]:
    """Hand a command that is for every account the `CliOptions`."""

    @wraps(command)
    def without_account(**options: Any) -> None:
        cli_options: CliOptions = click.get_current_context().obj
        if cli_options.login is not None or cli_options.server is not None:
            raise click.UsageError(_("--login and --server say nothing to this command."))
        command(cli_options, **options)

    return without_account


def example(*lines: str) -> str:
    """Examples for the end of a help page."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)
