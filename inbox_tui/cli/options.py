"""The options that several commands share, checked before anything is opened."""

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


def hours(written: str) -> int:
    """Parse a whole number of hours from 1 to 168. Raises `click.BadParameter`."""
    if re.fullmatch("[0-9]{1,9}", written) and 1 <= int(written) <= PERIOD_HOURS:
        return int(written)
    raise click.BadParameter(
        _("{written!r} is not a whole number of hours from 1 to {most_hours}.").format(
            written=written, most_hours=PERIOD_HOURS
        )
    )


def phone(written: str) -> str:
    """Parse a phone number as people write it. Raises `click.BadParameter`."""
    from inbox_tui.text.phones import NotAPhoneNumber, parse_phone

    try:
        return parse_phone(written)
    except NotAPhoneNumber as error:
        raise click.BadParameter(
            _("{written!r}: {error}; write a number such as '+7 911 000-00-01'.").format(
                written=written, error=error
            )
        ) from None


def _keep(context: click.Context, option: click.Parameter, value: object) -> None:
    """Store an option's value in the `CliOptions`, where it overrides the program's option."""
    if value is not None:
        context.obj = context.obj._replace(**{str(option.name): value})


def account_options(command: F) -> F:
    """Add `--login` and `--server`, whose values go into the `CliOptions`."""
    server = click.option(
        "--server",
        callback=_keep,
        expose_value=False,
        metavar="HOST-OR-URL",
        help="The server's host or URL (INBOX_TUI_SERVER).  [default: smscentre.com]",
    )
    login = click.option(
        "--login",
        callback=_keep,
        expose_value=False,
        metavar="LOGIN",
        help="Your SMS Centre login; with an API key, any name you choose (INBOX_TUI_LOGIN).",
    )
    return login(server(command))


def filter_options(command: F) -> F:
    """Add `--to-phone` and `--hours`, whose values go into the `CliOptions`."""
    last_hours = click.option(
        "--hours",
        type=hours,
        callback=_keep,
        expose_value=False,
        metavar="HOURS",
        help=f"Only messages of the last HOURS hours, 1 to {PERIOD_HOURS}.",
    )
    to_phone = click.option(
        "--to-phone",
        type=phone,
        callback=_keep,
        expose_value=False,
        metavar="NUMBER",
        help="Only messages to this receiving number.",
    )
    return to_phone(last_hours(command))


def for_account(command: Callable[..., None]) -> Callable[..., None]:
    """Add `--login` and `--server` to a command that takes the `CliOptions`.

    `--hours` or `--to-phone` before the command's name are refused.
    """
    return account_options(_refusing(command, "hours", "to_phone"))


def without_account(command: Callable[..., None]) -> Callable[..., None]:
    """Pass the `CliOptions` to a command for which no account can be named.

    The account's options, `--hours` and `--to-phone` before the command's name are refused.
    """
    return _refusing(command, "login", "server", "hours", "to_phone")


def _refusing(command: Callable[..., None], *names: str) -> Callable[..., None]:
    """Pass the `CliOptions` to a command, and refuse the ones with these names."""

    @click.pass_obj
    @wraps(command)
    def checked(cli_options: CliOptions, /, **options: Any) -> None:
        for option in names:
            if getattr(cli_options, option) is not None:
                name = f"--{option.replace('_', '-')}"
                raise click.UsageError(_("{name} has no effect on this command.").format(name=name))
        command(cli_options, **options)

    return checked


def all_option(command: F) -> F:
    """Add `--all`, which can't be combined with `--login` or `--server`."""

    @click.option("--all", "every", is_flag=True, help="For every account that is signed in.")
    @wraps(command)
    def with_all(cli_options: CliOptions, *, every: bool, **options: Any) -> None:
        if every and (cli_options.login is not None or cli_options.server is not None):
            raise click.UsageError(_("--all is for every account: leave out --login and --server."))
        command(cli_options, every=every, **options)

    return with_all  # type: ignore[return-value] # click calls it as it calls the command


def example(*lines: str) -> str:
    """Return the section of examples at the end of a help page."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)
