"""What the commands share: the settings in force, the account they are for, and its archive."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, tzinfo
from functools import partial
from os import environ
from pathlib import Path
from random import SystemRandom
from typing import TYPE_CHECKING, NamedTuple, NoReturn
from zoneinfo import ZoneInfo

from inbox_tui import ENVIRONMENT
from inbox_tui.cli.failure import (
    FAILED,
    LIMITED,
    NO_CONNECTION,
    SIGN_IN_REFUSED,
    USAGE,
    at_terminal,
    counted,
    fail,
)
from inbox_tui.commands import CommandKeys, KeyRefused
from inbox_tui.config import Settings, SettingsError, key_line, load_settings
from inbox_tui.credentials import (
    Keyring,
    KeyringError,
    Secret,
)
from inbox_tui.paths import Paths
from inbox_tui.smsc.endpoint import EndpointRefused, endpoint, host_of
from inbox_tui.smsc.limit import Limit
from inbox_tui.text import sanitize

if TYPE_CHECKING:
    from inbox_tui.archive import AccountArchive, Archive, Hold
    from inbox_tui.cli.cli_options import CliOptions
    from inbox_tui.sync import Clock, Event, Inbox, InboxSync, Status

DEFAULT = "default"
"""Where a value comes from that nobody has set."""
LOGIN_VARIABLE, SERVER_VARIABLE = "INBOX_TUI_LOGIN", "INBOX_TUI_SERVER"


class FromSource(NamedTuple):
    """A value, and where it comes from: an option, a variable, a place in the file, `DEFAULT`."""

    value: str
    source: str


class Config(NamedTuple):
    """What the options, the environment and the settings file come to, in that order."""

    paths: Paths
    settings: Settings
    login: FromSource
    """The account's login, empty where none is known."""
    server: FromSource

    @property
    def url(self) -> str:
        """The full address that is asked."""
        return endpoint(self.server.value)

    @property
    def host(self) -> str:
        """The host that the account is kept under."""
        return host_of(self.url)

    @property
    def zone(self) -> ZoneInfo:
        """The zone of the server's clock."""
        return ZoneInfo(self.settings.server_timezone)

    @property
    def account(self) -> str:
        """The account, to speak of it."""
        return f"{self.login.value}@{self.host}"

    def since(self, hours: int, now: datetime) -> int:
        """Server seconds of the moment so many hours before now."""
        from inbox_tui.archive import to_server_seconds

        moment = (now - timedelta(hours=hours)).astimezone(self.zone)
        return to_server_seconds(moment.replace(tzinfo=None))


def read_config(cli_options: CliOptions) -> Config:
    """Read the settings, and put the environment and the options over them.

    What can't be used ends the program, whichever of them it comes from.
    """
    paths = Paths.default()
    try:
        settings = load_settings(paths.config)
    except SettingsError as error:
        fail(f"{error}.", USAGE)
    config = Config(
        paths=paths,
        settings=settings,
        login=_first("login", settings.login, paths, cli_options.login, LOGIN_VARIABLE),
        server=_first("server", settings.server, paths, cli_options.server, SERVER_VARIABLE),
    )
    check_login(config.login)
    check_server(config.server)
    check_keys(settings, paths)
    return config


def _first(key: str, setting: str, paths: Paths, option: str | None, variable: str) -> FromSource:
    if option is not None:
        return FromSource(option, f"--{key}")
    if value := environ.get(variable):
        return FromSource(value, variable)
    return in_file(key, setting, paths)


def in_file(key: str, setting: str, paths: Paths) -> FromSource:
    """A setting, with its place in the file where that one sets it."""
    return FromSource(setting, place_in_file(paths.config, key) or DEFAULT)


def place_in_file(path: Path, *key: str) -> str | None:
    """Where the settings file sets this; None where it does not."""
    try:
        source = path.read_text("utf-8-sig")
    except (OSError, UnicodeError):
        return None
    line = key_line(source, *key) or key_line(source, *key[:1])
    return None if line is None else f"{path}, line {line}"


def check_login(login: FromSource) -> None:
    """End the program where this can't be a login; only an option may not be left empty."""
    if (login.value or login.source == "--login") and not login.value.strip():
        fail(f"{login.source}: the login is empty.", USAGE)
    if not login.value.isprintable():
        fail(f"{login.source}: the login holds a control character.", USAGE)


def check_server(server: FromSource) -> None:
    """End the program where this must not be asked."""
    try:
        endpoint(server.value)
    except EndpointRefused as refused:
        fail(f"{server.source}: {refused}.", USAGE)


def check_keys(settings: Settings, paths: Paths) -> None:
    """End the program where the settings give a command a key that it can't have."""
    try:
        CommandKeys(settings.keys)
    except KeyRefused as refused:
        place = place_in_file(paths.config, "keys", refused.name) or paths.config
        fail(f"{place}: {refused}.", USAGE)


def check_theme(theme: FromSource) -> None:
    """End the program where there is no such theme; empty stands for our own."""
    if not theme.value:
        return
    from textual.theme import BUILTIN_THEMES

    from inbox_tui.themes import DARK, LIGHT

    known = (DARK.name, LIGHT.name, *BUILTIN_THEMES)
    if theme.value not in known:
        there_are = ", ".join(known)
        fail(f"{theme.source}: there is no such theme: allowed are {there_are}.", USAGE)


# -- the archive


@contextmanager
def opened(path: Path) -> Iterator[Archive]:
    """The archive; what goes wrong with it ends the program in words."""
    from inbox_tui.archive import Archive, ArchiveDamaged, ArchiveError

    try:
        archive = Archive.open(path)
        try:
            yield archive
        finally:
            archive.close()
    except ArchiveDamaged as error:
        fail(f"{error}. Start again: it is looked through, and set aside for a fresh one.")
    except ArchiveError as error:
        fail(f"{error}.")


@contextmanager
def opened_whole(path: Path) -> Iterator[Archive]:
    """The archive, for a command that ends where it had to begin a fresh one."""
    with opened(path) as archive:
        if archive.set_aside is not None:
            fail(f"{kept_aside(archive.set_aside)} Run the command once more to go on.")
        yield archive


@contextmanager
def opened_for_account(config: Config) -> Iterator[tuple[Config, Archive]]:
    """The archive, with the choices made whole by the account that it knows.

    The program ends where no account is known; then no archive is begun.
    """
    if not config.login.value and not config.paths.archive.exists():
        _no_login()
    with opened_whole(config.paths.archive) as archive:
        config = with_known_login(config, archive)
        if not config.login.value:
            _no_login()
        yield config, archive


def kept_aside(path: Path) -> str:
    """What became of a damaged archive."""
    return (
        f"the archive was damaged: it is kept as {path}, and a fresh one was begun. The server "
        "still has the messages of the last 7 days."
    )


def with_known_login(config: Config, archive: Archive) -> Config:
    """Where no login is named, the account that was signed in last."""
    from inbox_tui.archive import ADDRESS, SIGNED_IN

    if config.login.value:
        return config
    any_host = config.server.source == DEFAULT
    known = [
        (signed_in, account.login, account.notes.get(ADDRESS) or account.host)
        for account in archive.accounts()
        if (any_host or account.host == config.host) and (signed_in := account.notes.get(SIGNED_IN))
    ]
    if not known:
        return config
    _, login, address = max(known)
    server = FromSource(address, SIGNED_IN) if any_host else config.server
    return config._replace(login=FromSource(login, SIGNED_IN), server=server)


def known_account(config: Config, archive: Archive) -> AccountArchive | None:
    """The account's part of the archive; None where it is not in there, and it stays so."""
    return archive.find_account(config.login.value, config.host)


def _no_login() -> NoReturn:
    """End the program because nobody said whose messages."""
    fail(
        "no account is known: 'inbox-tui login' signs one in, --login or INBOX_TUI_LOGIN "
        "names one.",
        USAGE,
    )


# -- asking


def connecting(clock: Clock, limit: Limit) -> Callable[[str, str, Secret], Inbox]:
    """What makes the client of the service, imported when it is first needed."""

    def connect(url: str, login: str, password: Secret) -> Inbox:
        from inbox_tui.smsc.client import InboxClient

        return InboxClient(
            url, login, password, limit=limit, seconds=lambda: clock.moment().seconds
        )

    return connect


async def password_of(cli_options: CliOptions, config: Config) -> Secret:
    """The password from the environment or else the keyring; without one the program ends."""
    if cli_options.password is not None:
        return cli_options.password
    try:
        password = await Keyring().get(config.login.value, config.host)
    except KeyringError as error:
        fail(f"{error} {ENVIRONMENT} gives a password where there is none.", SIGN_IN_REFUSED)
    if password is None:
        fail(
            f"there is no password for {config.account}: 'inbox-tui login' stores it in the "
            f"keyring, {ENVIRONMENT} gives it for one run.",
            SIGN_IN_REFUSED,
        )
    return password


@contextmanager
def asking(
    config: Config,
    account: AccountArchive,
    password: Secret,
    publish: Callable[[Event], None],
    clock: Clock,
) -> Iterator[InboxSync]:
    """What keeps the account's archive up to date.

    At the end of the block no thread is at work on the archive any more: it may be closed.
    """
    from concurrent.futures import ThreadPoolExecutor

    from inbox_tui.sync import InboxSync

    settings, login = config.settings, config.login.value
    with ThreadPoolExecutor(1) as thread:
        yield InboxSync(
            account,
            login=login,
            connect=partial(connecting(clock, Limit()), config.url, login),
            publish=publish,
            clock=clock,
            random=SystemRandom(),
            server_zone=config.zone,
            password=password,
            scopes=settings.only_to_phones or ("",),
            refresh_seconds=settings.refresh_seconds,
            keep_days=settings.keep_days,
            in_thread=lambda function, *arguments: asyncio.get_running_loop().run_in_executor(
                thread, function, *arguments
            ),
        )


class Progress:
    """One line on the terminal that tells how far the asking is; nothing where there is none."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._shown = at_terminal(sys.stderr)
        self._width = 0

    def heard(self, event: Event) -> None:
        """Show what the sync publishes."""
        from inbox_tui import sync

        match event:
            case sync.Progress(messages):
                self.show(f"{counted(messages, 'message')} received so far…")
            case sync.StatusChanged(sync.Status(state=sync.State.CHECKING)):
                self.show("Asking the server…")
            case sync.StatusChanged(status) if status.next_at is not None:
                reason = status.reason or sync.LIMIT_REASON
                self.show(f"Waiting {reason}{until(status.next_at, self._clock)}…")
            case _:
                pass

    def show(self, words: str) -> None:
        """Write over the line."""
        if self._shown:
            words = sanitize(words)
            sys.stderr.write(f"\r{words:{self._width}}")
            sys.stderr.flush()
            self._width = len(words)

    def clear(self) -> None:
        """Leave no trace of the line."""
        if self._width:
            self.show("")
            sys.stderr.write("\r")
            self._width = 0


def until(moment: float | None, clock: Clock) -> str:
    """A moment of the clock's in the user's time, in words that follow others; may be empty."""
    if moment is None:
        return ""
    at = clock.now() + timedelta(seconds=max(0.0, moment - clock.moment().seconds))
    now, at = clock.now().astimezone(), at.astimezone()
    return f" until {at:%H:%M:%S}" if at.date() == now.date() else f" until {at:%Y-%m-%d %H:%M}"


def refuse_unless_live(status: Status, hold: Hold | None, clock: Clock) -> None:
    """End the program with the exit status that fits what stands in the way.

    `hold` is what the archive holds against asking; it tells the network's troubles from the
    archive's own, which have no hold.
    """
    from inbox_tui.sync import State

    if status.state is State.LIVE:
        return
    kind = hold.kind if hold is not None and hold.reason == status.reason else ""
    if status.state is State.SIGN_IN:
        fail(
            f"sign-in refused: {status.reason}. The same password is not sent again: "
            "'inbox-tui login' takes another one.",
            SIGN_IN_REFUSED,
        )
    if kind in ("limited", "blocked"):
        fail(f"{kind}: {status.reason}. Nothing is asked{until(status.next_at, clock)}.", LIMITED)
    if kind == "offline":
        fail(f"no connection: {status.reason}.", NO_CONNECTION)
    fail(f"{status.reason}.", FAILED)


async def asked_once(
    config: Config,
    account: AccountArchive,
    password: Secret,
    publish: Callable[[Event], None],
    clock: Clock,
) -> None:
    """One refresh; ends the program where it did not come to its end."""
    from inbox_tui.sync import StatusChanged

    progress = Progress(clock)

    def heard(event: Event) -> None:
        progress.heard(event)
        publish(event)

    with asking(config, account, password, heard, clock) as sync:
        progress.heard(StatusChanged(sync.status))
        try:
            status = await sync.once()
        finally:
            progress.clear()
    refuse_unless_live(status, account.requests.hold(clock.moment()), clock)


def local_zone() -> tzinfo:
    """Return the user's zone, as `TZ` or else the system names it; with its rules if it can be."""
    zone = datetime.now().astimezone().tzinfo
    assert zone is not None
    try:
        named = environ.get("TZ")
        if named is None:
            named = Path("/etc/localtime").resolve(strict=True).as_posix()
        name = named.removeprefix(":").rpartition("zoneinfo/")[2]
        return ZoneInfo(name) if name else zone
    except (OSError, ValueError, KeyError):
        return zone
