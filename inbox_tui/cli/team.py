"""`inbox-tui team`: sharing an account among several people on several machines."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING

import click

from inbox_tui.archive import TEAM
from inbox_tui.cli.account import DEFAULT, Config, FromSource, read_config
from inbox_tui.cli.cli_options import CliOptions
from inbox_tui.cli.connect import secret_from_stdin
from inbox_tui.cli.failure import (
    NO_CONNECTION,
    USAGE,
    at_terminal,
    fail,
    output,
    print_message,
)
from inbox_tui.cli.open_archive import open_archive
from inbox_tui.cli.options import example, for_account, without_account
from inbox_tui.config import Settings, SettingsError
from inbox_tui.credentials import Keyring, KeyringError, Secret
from inbox_tui.locale import _, plural
from inbox_tui.settings_file import write_team
from inbox_tui.sync import SystemClock
from inbox_tui.team.address import ALLOWED, HubAddress, parse_hub
from inbox_tui.team.errors import HubError, HubRefused
from inbox_tui.team.hub import Hub
from inbox_tui.team.schema import ASKER, READER, create
from inbox_tui.team.sign_in import hub_sign_in
from inbox_tui.team.store import find_account
from inbox_tui.team.survey import Survey, survey
from inbox_tui.text import sanitize

if TYPE_CHECKING:
    from asyncpg import Connection


@click.group(
    "team",
    no_args_is_help=False,
    epilog=example(
        "inbox-tui team init postgresql://admin@db.example/sms",
        "inbox-tui team join postgresql://anna@db.example/sms",
    ),
)
def command() -> None:
    """Share one account among several machines, through your own PostgreSQL database.

    One member at a time fetches messages from the service; all members get every message, and see
    who read, starred or closed it. Whoever can read that database can read your messages.
    """


def _hub_url(url: str) -> HubAddress:
    try:
        return parse_hub(url)
    except ValueError as error:
        raise click.BadParameter(
            _("{error}; allowed values: {allowed}.").format(error=error, allowed=_(ALLOWED))
        ) from None


hub_argument = click.argument("address", metavar="URL", type=_hub_url)
password_option = click.option(
    "--password-stdin",
    is_flag=True,
    help="Read the database's password from the first line of standard input.",
)


@command.command(
    "init",
    epilog=example("inbox-tui team init postgresql://postgres@db.example.com/inbox"),
)
@without_account
@hub_argument
@password_option
@click.option(
    "--restored",
    is_flag=True,
    help="The database was restored from a backup: members copy everything again.",
)
def init(
    cli_options: CliOptions, address: HubAddress, password_stdin: bool, restored: bool
) -> None:
    """Make a PostgreSQL database the hub of a team, with tables and two roles that may use them."""
    with _connected(address, password_stdin, checked=False) as (hub, _kept):
        made = hub.call(create)
        if restored and not made:
            hub.call(_note_restored)
    user = f"CREATE ROLE anna LOGIN PASSWORD '…' IN ROLE {ASKER};"
    what = _("{place} is now a hub.") if made else _("{place} was already a hub.")
    colleague = address._replace(user="anna").url()
    output(
        what.format(place=address.place)
        + " "
        + _(
            "Each colleague needs a user of the database:\n"
            "  {user}\n"
            "(with {reader} instead, they can only read), and runs on their machine:\n"
            "  inbox-tui team join {url} --login LOGIN"
        ).format(user=user, reader=READER, url=colleague)
    )


async def _note_restored(connection: Connection) -> None:
    await connection.execute("UPDATE inbox_tui.version SET hub = DEFAULT")
    await connection.execute("UPDATE inbox_tui.accounts SET requests_lost = true")


@command.command(
    "join",
    epilog=example("inbox-tui team join postgresql://anna@db.example.com/inbox --login alex"),
)
@for_account
@hub_argument
@password_option
def join(cli_options: CliOptions, address: HubAddress, password_stdin: bool) -> None:
    """Share an account with your colleagues on this machine.

    The database's password is asked for if it is needed, and kept in the keyring; PostgreSQL's own
    means, such as ~/.pgpass, work too. The account's own password is not needed to read. Without
    --login, the hub's only account is used.
    """
    config = read_config(cli_options)
    with _connected(address, password_stdin) as (hub, password):
        config = _with_hubs_login(config, hub)
        login, host = config.login.value, config.host
        account_id = hub.call(
            lambda connection: find_account(connection, login, host, make=hub.may_ask)
        )
        ((messages,),) = hub.fetch(
            "SELECT count(*) FROM inbox_tui.messages WHERE account_id = $1", account_id
        )
        may_ask = hub.may_ask
    if password is not None:
        _store(address, password)
    try:
        write_team(config.paths.config, address.url())
    except SettingsError as error:
        fail(f"{error}.")
    with open_archive(config.paths.archive) as archive:
        archive.account(login, host).note_sign_in(config.url, SystemClock().now())
    to_copy = plural("{count} message", "{count} messages", messages)
    print_message(
        _("Joined the team of {account}: {to_copy} to copy. ").format(
            account=config.account, to_copy=to_copy
        )
        + (
            _("Run 'inbox-tui login' to let this machine fetch new ones in its turn, too.")
            if may_ask
            else _("Colleagues fetch new ones: your database user can only read.")
        )
        + _(" Restart any inbox that is open.")
    )


def _with_hubs_login(config: Config, hub: Hub) -> Config:
    if config.login.value:
        return config
    found = hub.fetch("SELECT login, host FROM inbox_tui.accounts")
    if len(found) != 1:
        accounts = plural("{count} account", "{count} accounts", len(found))
        fail(_("the hub has {accounts}: name yours with --login.").format(accounts=accounts), USAGE)
    login, host = found[0]
    server = config.server
    if server.source == DEFAULT:
        server = FromSource(host, TEAM)
    return config._replace(login=FromSource(login, TEAM), server=server)


@command.command("leave", epilog=example("inbox-tui team leave"))
@without_account
def leave(cli_options: CliOptions) -> None:
    """Leave the team: everything that was copied stays on this machine.

    This machine fetches messages itself again, with its own password: its requests and the team's
    then count against the same limit.
    """
    config = read_config(cli_options)
    left = False
    if config.paths.archive.exists():
        with open_archive(config.paths.archive) as archive:
            for account in archive.accounts():
                if account.notes.get(TEAM) is not None:
                    account.leave_team()
                    left = True
    if config.settings.team:
        address = parse_hub(config.settings.team)
        try:
            write_team(config.paths.config, "")
        except SettingsError as error:
            fail(f"{error}.")
        with suppress(KeyringError):  # then the password was never stored there
            asyncio.run(Keyring().remove(address.user, address.place))
    elif not left:
        fail(_("this machine is not in a team."))
    print_message(_("Left the team; its messages stay on this machine."))


@command.command("status", epilog=example("inbox-tui team status"))
@without_account
def status(cli_options: CliOptions) -> None:
    """Show who is in the team, who is fetching messages, and how far everybody has copied."""
    config = read_config(cli_options)
    if not config.settings.team:
        fail(_("this machine is not in a team: run 'inbox-tui team join URL' to join one."))
    with _connected(parse_hub(config.settings.team), False) as (hub, _kept):
        found = hub.call(survey)
        output(
            sanitize(_("{place}, as {user}").format(place=hub.address.place, user=hub.address.user))
        )
    for account in found:
        for line in _account_lines(account):
            output(sanitize(line))


def _account_lines(account: Survey) -> list[str]:
    asker = (
        _("{name} is fetching messages").format(name=account.asker)
        if account.asker
        else _("nobody is fetching messages")
    )
    lines = [f"{account.login}@{account.host}: {asker}"]
    for member in account.members:
        seen = _("here")
        if not member.here:
            seen = _("seen {time} ago").format(time=_ago(member.seen_ago))
        behind = account.last - member.seq
        lines.append(
            f"  {member.name:<20} {seen}"
            + (_(", {behind} behind").format(behind=behind) if behind and member.here else "")
        )
    return lines


def _ago(seconds: float) -> str:
    for unit, length in ((_("d"), 86400), (_("h"), 3600), (_("min"), 60)):
        if seconds >= length:
            return f"{seconds // length:.0f} {unit}"
    return f"{seconds:.0f} " + _("s")


# -- the connection


@contextmanager
def _connected(
    address: HubAddress, password_stdin: bool, *, checked: bool = True
) -> Iterator[tuple[Hub, Secret | None]]:
    """Connect for a block; yield the hub, and the password if the user has just entered it.

    A HubError, also one raised in the block, ends the program.
    """
    try:
        hub, given = _sign_in(address, password_stdin, checked=checked)
        with closing(hub):
            yield hub, given
    except HubRefused as error:
        fail(_("the hub can't be used: {error}.").format(error=error))
    except HubError as error:
        fail(_("the hub can't be reached: {error}.").format(error=error), NO_CONNECTION)


def _sign_in(
    address: HubAddress, password_stdin: bool, *, checked: bool
) -> tuple[Hub, Secret | None]:
    """Connect to the hub; if the stored password is missing or wrong, ask for it at a terminal."""
    if password_stdin:
        given = secret_from_stdin("password")
        return _connect(address, given, checked=checked), given
    kept = asyncio.run(hub_sign_in(Settings(team=address.url()), Keyring())).password
    try:
        return _connect(address, kept, checked=checked), None
    except HubRefused as refused:
        if not refused.sign_in or not at_terminal(sys.stdin):
            raise
    prompt = _("Password for {user} at {place}").format(user=address.user, place=address.place)
    asked = Secret(click.prompt(prompt, hide_input=True, err=True))
    return _connect(address, asked, checked=checked), asked


def _connect(address: HubAddress, password: Secret | None, *, checked: bool) -> Hub:
    hub = Hub(address, password)
    try:
        asyncio.run(hub.connect(checked=checked))
    except HubError:
        hub.close()
        raise
    return hub


def _store(address: HubAddress, password: Secret) -> None:
    try:
        asyncio.run(Keyring().store(address.user, address.place, password))
    except KeyringError as error:
        fail(_("{error} Keep the database's password in ~/.pgpass instead.").format(error=error))
