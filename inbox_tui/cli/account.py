"""The account of a command, from its options, else the environment, else the settings file."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from os import environ
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from inbox_tui.archive import SIGNED_IN, Archive, server_seconds
from inbox_tui.cli.failure import USAGE, fail
from inbox_tui.commands import CommandKeys, KeyRefused
from inbox_tui.config import Settings, SettingsError, key_line, load_settings
from inbox_tui.locale import _, mark
from inbox_tui.paths import Paths
from inbox_tui.smsc.endpoint import EndpointRefused, account_host, endpoint

if TYPE_CHECKING:
    from inbox_tui.cli.cli_options import CliOptions

DEFAULT = mark("default")
"""The source of a value that nobody has set."""
LOGIN_VARIABLE, SERVER_VARIABLE = "INBOX_TUI_LOGIN", "INBOX_TUI_SERVER"


class FromSource(NamedTuple):
    """A value and its source, such as an option, a variable, a place in the file or `DEFAULT`."""

    value: str
    source: str


class Config(NamedTuple):
    """The configuration in force: options override the environment, which overrides the file."""

    paths: Paths
    settings: Settings
    login: FromSource
    """The account's login; empty if none is known."""
    server: FromSource

    @property
    def url(self) -> str:
        """The full address of the server."""
        return endpoint(self.server.value)

    @property
    def host(self) -> str:
        """The host under which the account is stored."""
        return account_host(self.url)

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of the server's clock."""
        return ZoneInfo(self.settings.server_timezone)

    @property
    def account(self) -> str:
        """The account's name in messages, `LOGIN@HOST`."""
        return f"{self.login.value}@{self.host}"

    def since(self, hours: int, now: datetime) -> int:
        """Return the moment `hours` before `now` in server seconds."""
        return server_seconds(now - timedelta(hours=hours), self.zone)


def read_config(cli_options: CliOptions, environment: Mapping[str, str] = environ) -> Config:
    """Read the settings and override them with the environment and the options.

    Ends the program if a value from any of them can't be used.
    """
    paths = Paths.default()
    try:
        settings = load_settings(paths.config)
    except SettingsError as error:
        fail(f"{error}.", USAGE)

    def first(key: str, option: str | None, variable: str) -> FromSource:
        if option is not None:
            return FromSource(option, f"--{key}")
        if value := environment.get(variable):
            return FromSource(value, variable)
        return in_file(key)

    def in_file(key: str) -> FromSource:
        return FromSource(getattr(settings, key), place_in_file(paths.config, key) or DEFAULT)

    login = first("login", cli_options.login, LOGIN_VARIABLE)
    server = first("server", cli_options.server, SERVER_VARIABLE)
    check_login(login)
    _check_server(server)
    if settings.backup_server not in ("", "off"):
        _check_server(in_file("backup_server"))
    if settings.team:
        _check_team(in_file("team"))
    try:
        CommandKeys(settings.keys)
    except KeyRefused as refused:
        place = place_in_file(paths.config, "keys", refused.name) or paths.config
        fail(f"{place}: {refused}.", USAGE)
    # A pasted login sometimes has a space at its end.
    return Config(paths, settings, login._replace(value=login.value.strip()), server)


def place_in_file(path: Path, *key: str) -> str | None:
    """Return the place at which the settings file sets a key, or its table; None if it does not."""
    try:
        source = path.read_text("utf-8-sig")
    except (OSError, UnicodeError):
        return None
    line = key_line(source, *key) or key_line(source, *key[:1])
    return None if line is None else _("{path}, line {line}").format(path=path, line=line)


def check_login(login: FromSource) -> None:
    """End the program if this can't be a login; it may be empty, unless it is an option."""
    if (login.value or login.source == "--login") and not login.value.strip():
        fail(_("{source}: the login is empty.").format(source=login.source), USAGE)
    if not login.value.strip().isprintable():
        fail(
            _("{source}: the login contains a control character.").format(source=login.source),
            USAGE,
        )


def _check_server(server: FromSource) -> None:
    try:
        endpoint(server.value)
    except EndpointRefused as refused:
        fail(f"{server.source}: {refused}.", USAGE)


def _check_team(team: FromSource) -> None:
    from inbox_tui.team.address import ALLOWED, parse_hub

    try:
        parse_hub(team.value)
    except ValueError as error:
        fail(
            _("{place}: {error}: allowed values: {allowed}.").format(
                place=team.source, error=error, allowed=_(ALLOWED)
            ),
            USAGE,
        )


def check_theme(config: Config) -> None:
    """End the program if the theme does not exist; an empty one stands for our own."""
    theme = config.settings.theme
    if not theme:
        return
    # Importing Textual takes longer than most commands take to run.
    from textual.theme import BUILTIN_THEMES

    from inbox_tui.themes import OWN

    known = (*(own.name for own in OWN), *BUILTIN_THEMES)
    if theme not in known:
        fail(
            _("{source}: there is no such theme: allowed values: {there_are}.").format(
                source=place_in_file(config.paths.config, "theme") or DEFAULT,
                there_are=", ".join(known),
            ),
            USAGE,
        )


def with_known_login(config: Config, archive: Archive) -> Config:
    """Return the config with the account that was signed in last, if it names no login.

    If it names a server, only that server's accounts count.
    """
    if config.login.value:
        return config
    any_host = config.server.source == DEFAULT
    known = [
        (signed_in, account.login, account.address)
        for account in archive.accounts()
        if (any_host or account.host == config.host) and (signed_in := account.notes.get(SIGNED_IN))
    ]
    if not known:
        return config
    _, login, address = max(known)
    server = FromSource(address, SIGNED_IN) if any_host else config.server
    return config._replace(login=FromSource(login, SIGNED_IN), server=server)


def signed_in_accounts(config: Config, archive: Archive) -> list[Config]:
    """Return the config of every account that is signed in, in order of creation.

    The account that `config` names is included if the archive has it: it may not be signed in, but
    have its password in the environment.
    """
    configs: list[Config] = []
    for account in archive.accounts():
        if (account.login, account.host) == (config.login.value, config.host):
            configs.append(config)
        elif account.notes.get(SIGNED_IN):
            login = FromSource(account.login, SIGNED_IN)
            server = FromSource(account.address, SIGNED_IN)
            configs.append(config._replace(login=login, server=server))
    return configs
