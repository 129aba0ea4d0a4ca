"""`inbox-tui login`: check a password or API key and store it."""

from __future__ import annotations

import asyncio
import sys

import click

from inbox_tui import API_KEY_VARIABLE, PASSWORD_VARIABLE
from inbox_tui.cli.account import Config, FromSource, check_login, read_config
from inbox_tui.cli.cli_options import CliOptions
from inbox_tui.cli.connect import secret_from_stdin
from inbox_tui.cli.failure import USAGE, at_terminal, fail, print_message
from inbox_tui.cli.open_archive import open_sound_archive
from inbox_tui.cli.options import example, for_account
from inbox_tui.cli.run_sync import sync_once
from inbox_tui.credentials import Keyring, KeyringError, Secret
from inbox_tui.locale import _
from inbox_tui.sync import SystemClock


@click.command(
    "login",
    epilog=example(
        "inbox-tui login                   asks for the login and the password",
        "inbox-tui login --login alex",
        "pass show smsc | inbox-tui login --login alex --password-stdin",
        "pass show key | inbox-tui login --login shop --api-key-stdin",
    ),
)
@for_account
@click.option(
    "--password-stdin",
    is_flag=True,
    help="Read the password from the first line of standard input.",
)
@click.option(
    "--api-key-stdin",
    is_flag=True,
    help="Read an API key from standard input instead; --login is then any name you choose.",
)
def command(cli_options: CliOptions, password_stdin: bool, api_key_stdin: bool) -> None:
    """Check a password or API key with one request and store it in the system's keyring.

    The password is asked for on the terminal, or taken from INBOX_TUI_PASSWORD; an API key is taken
    from INBOX_TUI_API_KEY. There is no option for either: everybody on the machine can see options.
    """
    if password_stdin and api_key_stdin:
        raise click.UsageError(_("--password-stdin and --api-key-stdin can't be combined."))
    config = read_config(cli_options)
    if not config.login.value:
        config = config._replace(login=_asked_login(password_stdin or api_key_stdin))
    if password_stdin or api_key_stdin:
        password = secret_from_stdin("password" if password_stdin else "API key")
    else:
        password = _password_given(cli_options)
    unchecked = asyncio.run(_check(config, password))
    try:
        asyncio.run(Keyring().store(config.login.value, config.host, password))
    except KeyringError as error:
        fail(
            _(
                "the server accepted the {kind}, but it was not stored. {error}\n"
                "Without a keyring, set {environment}."
            ).format(
                kind=_(password.kind),
                error=error,
                environment=PASSWORD_VARIABLE if password.kind == "password" else API_KEY_VARIABLE,
            )
        )
    said = _("Signed in as {account}; the {kind} is in the keyring.").format(
        account=config.account, kind=_(password.kind)
    )
    if unchecked:
        said += _(" It could not be checked yet: {reason}.").format(reason=unchecked)
    print_message(said)


def _asked_login(secret_on_stdin: bool) -> FromSource:
    if secret_on_stdin or not at_terminal(sys.stdin):
        fail(_("name the account with --login or INBOX_TUI_LOGIN."), USAGE)
    login = FromSource(click.prompt(_("Login"), err=True).strip(), "--login")
    check_login(login)
    return login


def _password_given(cli_options: CliOptions) -> Secret:
    if cli_options.password is not None:
        return cli_options.password
    if not at_terminal(sys.stdin):
        fail(_("there is no terminal to ask for the password on: use --password-stdin."), USAGE)
    return Secret(click.prompt(_("Password"), hide_input=True, err=True))


async def _check(config: Config, password: Secret) -> str:
    """Refresh with this password, even if it was refused before.

    Returns the reason why the password was not checked, or "" if it was.
    """
    clock = SystemClock()
    with open_sound_archive(config.paths.archive) as archive:
        account = archive.account(config.login.value, config.host)
        status = await sync_once(config, account, password, lambda event: None, clock, insist=True)
        account.note_sign_in(config.url, clock.now())
    return _(status.reason)
