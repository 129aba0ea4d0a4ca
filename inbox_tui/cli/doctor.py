"""`inbox-tui doctor`: what works, and what to do where it does not."""

from __future__ import annotations

import asyncio
import json
import os
import platform
import shutil
import sqlite3
import stat
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import click

from inbox_tui import ENVIRONMENT, __version__
from inbox_tui.archive import AccountArchive, Archive, ArchiveError, Hold
from inbox_tui.archive.schema import VERSION
from inbox_tui.cli.account import (
    DEFAULT,
    Config,
    FromSource,
    check_theme,
    in_file,
    known_account,
    read_config,
    with_known_login,
)
from inbox_tui.cli.cli_options import CliOptions
from inbox_tui.cli.failure import (
    FAILED,
    LIMITED,
    NO_CONNECTION,
    SIGN_IN_REFUSED,
    Failure,
    counted,
    output,
)
from inbox_tui.cli.open_archive import open_archive
from inbox_tui.cli.options import example, for_account
from inbox_tui.cli.run_sync import sync_once, until_words
from inbox_tui.config import Settings, SettingsError, load_settings
from inbox_tui.credentials import (
    Keyring,
    KeyringError,
    Secret,
)
from inbox_tui.paths import Paths
from inbox_tui.smsc.limit import Limit, earliest
from inbox_tui.sync import ZONE_AHEAD, SystemClock
from inbox_tui.text import sanitize

LEAST_COLUMNS, LEAST_LINES = 40, 12
LEAST_FREE_BYTES = 100_000_000
HOLDS = {
    "refused": ("the server refused the sign-in", "run 'inbox-tui login'"),
    "blocked": ("the server has blocked this address", "wait, and look for what asks too often"),
    "limited": ("the server counted too many requests", "see if another program asks, too"),
    "offline": ("the last request failed", "'inbox-tui doctor --online' says why"),
    "stopped": ("the server found an error in the request", "check only_to_phones"),
}
"""What is told of a hold, and what to do."""


class Check(NamedTuple):
    """One thing looked at. It holds no secret, phone number, login or text of a message."""

    name: str
    ok: bool
    found: str
    remedy: str = ""


@click.command(
    "doctor",
    epilog=example(
        "inbox-tui doctor",
        "inbox-tui doctor --online",
        "inbox-tui doctor --json >report.json     fit to be shown to others",
    ),
)
@for_account
@click.option("--online", is_flag=True, help="Make a request, too, as far as the limit allows.")
@click.option("--json", "as_json", is_flag=True, help="Report as JSON.")
def command(cli_options: CliOptions, online: bool, as_json: bool) -> None:
    """Check what works, and say what to do where it does not.

    The report holds no password, login, phone number or text. The exit status is 1 where a check
    fails.
    """
    checks = asyncio.run(_checked(cli_options, online=online))
    if as_json:
        report = {
            "ok": all(check.ok for check in checks),
            "checks": [check._asdict() for check in checks],
        }
        output(json.dumps(report, indent=2))
    else:
        for check in checks:
            output(_line(check))
    if not all(check.ok for check in checks):
        raise SystemExit(FAILED)


def _line(check: Check) -> str:
    mark = click.style("✓", fg="green") if check.ok else click.style("✗", fg="red")
    if os.environ.get("NO_COLOR"):
        mark = click.unstyle(mark)
    remedy = f": {check.remedy}" if check.remedy else ""
    return f"{mark} {check.name:<9} {sanitize(check.found)}{sanitize(remedy)}"


async def _checked(cli_options: CliOptions, *, online: bool) -> list[Check]:
    config, settings = _settings(cli_options)
    clock = SystemClock()
    checks = [_python(), _terminal(), settings, *_folders(config.paths)]
    archive = None
    try:
        if config.paths.archive.exists():
            archive = Archive.open(config.paths.archive)
            config = with_known_login(config, archive)
    except ArchiveError as error:
        checks.append(Check("archive", False, hidden(str(error)), "see the message"))
    else:
        if archive is None:
            checks.append(Check("archive", True, "none yet: the first start begins it"))
    keyring, password = await _keyring(config, cli_options.password)
    checks.insert(2, keyring)
    if archive is None:
        checks.append(_clock(config, clock, None))
    else:
        with archive:
            try:
                checks += _archive(archive, config, clock)
            except ArchiveError as error:
                remedy = "if it is damaged, the next start sets it aside and begins a fresh one"
                checks.append(Check("archive", False, hidden(str(error)), remedy))
    if online:
        checks.append(await _online(config, password, clock))
    return checks


def hidden(text: str) -> str:
    """A text with the home folder, which has the user's name in it, as `~`."""
    home = str(Path.home())
    return text if home == "/" else text.replace(home, "~")


# -- the machine


def _python() -> Check:
    packages = ", ".join(
        f"{name} {version(name)}" for name in ("textual", "httpx", "keyring", "click")
    )
    found = (
        f"inbox-tui {__version__}, Python {platform.python_version()} on {platform.system()}, "
        f"SQLite {sqlite3.sqlite_version}, {packages}"
    )
    return Check("versions", True, found)


def _terminal() -> Check:
    encoding = (getattr(sys.stdout, "encoding", None) or "").lower().replace("_", "-")
    if encoding not in ("utf-8", "utf8"):
        return Check("terminal", False, f"writes {encoding}", "set LANG to one with UTF-8")
    size = _terminal_size()
    if size is None:
        return Check("terminal", True, "none here")
    term, colours = os.environ.get("TERM", ""), _colours()
    found = f"{size.columns}×{size.lines}, {colours}, TERM={term}"
    if term in ("", "dumb"):
        return Check("terminal", False, found, "set TERM to what the terminal is")
    if size.columns < LEAST_COLUMNS or size.lines < LEAST_LINES:
        return Check("terminal", False, found, f"make it {LEAST_COLUMNS}×{LEAST_LINES} or more")
    return Check("terminal", True, found)


def _terminal_size() -> os.terminal_size | None:
    for stream in (sys.stdout, sys.stderr, sys.stdin):
        try:
            return os.get_terminal_size(stream.fileno())
        except (OSError, ValueError, AttributeError):
            continue
    return None


def _colours() -> str:
    if os.environ.get("NO_COLOR"):
        return "no colours (NO_COLOR)"
    if os.environ.get("COLORTERM") in ("truecolor", "24bit"):
        return "16 million colours"
    return "256 colours" if "256color" in os.environ.get("TERM", "") else "16 colours"


async def _keyring(config: Config, password: Secret | None) -> tuple[Check, Secret | None]:
    """Whether the keyring answers, and the password that the environment or the keyring gives."""
    note = f"; {ENVIRONMENT} gives the password" if password is not None else ""
    keyring = Keyring()
    login = config.login.value
    remedy = "" if note else f"give the password in {ENVIRONMENT}, or set a keyring up"
    try:
        report = await keyring.describe()
        if not report.usable:
            return Check("keyring", bool(note), f"{report.note}{note}", remedy), password
        stored = await keyring.get(login or "nobody", config.host)
    except KeyringError as error:
        return Check("keyring", bool(note), f"{error}{note}", remedy), password
    if not note and login:
        note = "; it has the password" if stored else "; it has no password for this account"
    if password is None and stored is None and login:
        return Check("keyring", False, f"{report.name}{note}", "run 'inbox-tui login'"), None
    return Check("keyring", True, f"{report.name} answers{note}"), password or stored


# -- settings and files


def _settings(cli_options: CliOptions) -> tuple[Config, Check]:
    paths = Paths.default()
    try:
        load_settings(paths.config)
        config = read_config(cli_options)
        check_theme(in_file("theme", config.settings.theme, paths))
    except SettingsError as error:
        check = _bad_settings(error)
    except Failure as failure:
        found = hidden(failure.message.rstrip("."))
        check = Check("settings", False, found, "mend what is named")
    else:
        there = "" if paths.config.exists() else " (not there: the defaults)"
        return config, Check("settings", True, f"{hidden(str(paths.config))}{there}")
    nobody, server = FromSource("", DEFAULT), FromSource(Settings().server, DEFAULT)
    return Config(paths=paths, settings=Settings(), login=nobody, server=server), check


def _bad_settings(error: SettingsError) -> Check:
    """What is wrong with the file, without anything that stands in it."""
    path = hidden(str(error.path))
    if error.key is None and error.line is None:
        found, _, remedy = error.problem.partition("; ")
        return Check("settings", False, f"{path}: {found}", remedy or "mend what is named")
    line = "" if error.line is None else f", line {error.line}"
    key = f": {error.key}" if error.key in Settings._fields else ""
    found = f"{path}{line}{key} can't be used"
    return Check("settings", False, found, "run 'inbox-tui config --edit'")


def _folders(paths: Paths) -> Iterator[Check]:
    """That what is kept is kept from others."""
    for name, path, files in (
        ("data", paths.archive.parent, (paths.archive.name, *_beside(paths.archive))),
        ("log", paths.log.parent, (paths.log.name,)),
    ):
        yield _private(name, path, files)
    there = next(folder for folder in paths.archive.parents if folder.exists())
    free = shutil.disk_usage(there).free
    found = f"{free // 1_000_000} MB free at {hidden(str(there))}"
    yield Check(
        "disk", free > LEAST_FREE_BYTES, found, "" if free > LEAST_FREE_BYTES else "make room"
    )


def _beside(archive: Path) -> tuple[str, ...]:
    return tuple(f"{archive.name}{suffix}" for suffix in ("-wal", "-shm"))


def _private(name: str, folder: Path, files: tuple[str, ...]) -> Check:
    shown = hidden(str(folder))
    if not os.path.lexists(folder):
        there = next(parent for parent in folder.parents if os.path.lexists(parent))
        if there.is_dir() and os.access(there, os.W_OK | os.X_OK):
            return Check(name, True, f"{shown} (not there yet)")
        found = f"{shown} can't be made in {hidden(str(there))}"
        return Check(name, False, found, "make it yourself, or choose another place")
    for path in (folder, *(folder / file for file in files)):
        try:
            status = path.lstat()
        except FileNotFoundError:
            continue
        except OSError as error:
            return Check(name, False, f"{hidden(str(path))}: {error.strerror}", "mend its mode")
        mode = stat.S_IMODE(status.st_mode)
        proper = stat.S_ISDIR if path == folder else stat.S_ISREG
        if not proper(status.st_mode) or status.st_uid != os.geteuid():
            found = f"{hidden(str(path))} is no {'folder' if path == folder else 'file'} of yours"
            return Check(name, False, found, "move it away")
        if mode & 0o077:
            found = f"{hidden(str(path))} is open to others (mode {mode:04o})"
            return Check(name, False, found, f"chmod {'700' if path == folder else '600'} on it")
    mode = stat.S_IMODE(folder.stat().st_mode)
    return Check(name, True, f"{shown} (mode {mode:04o}), for you alone")


# -- the archive


def _archive(archive: Archive, config: Config, clock: SystemClock) -> Iterator[Check]:
    if archive.set_aside is not None:
        found = f"it was damaged; it is kept as {hidden(str(archive.set_aside))}"
        yield Check("archive", False, found, "'inbox-tui sync' fetches the last 7 days again")
    accounts = archive.accounts()
    messages = unreadable = gaps = 0
    for account in accounts:
        messages += account.counts.total()
        unreadable += account.messages.unreadable_count()
        gaps += len(account.sync_state.gaps())
    found = (
        f"version {VERSION}, {counted(len(accounts), 'account')}, "
        f"{counted(messages, 'message')}, {unreadable} that could not be read, "
        f"{counted(gaps, 'gap')}"
    )
    damaged = archive.check()
    if damaged:
        remedy = "the next start keeps it aside, and begins a fresh one"
        yield Check("archive", False, f"{found}; it is damaged", remedy)
    elif archive.read_only:
        yield Check("archive", False, f"{found}; it can't be written to", "mend its mode")
    elif archive.set_aside is None:
        yield Check("archive", True, found)
    if not damaged:
        yield _search(archive)
    chosen_account = None if damaged else known_account(config, archive)
    if chosen_account is not None:
        yield _request_log(chosen_account, clock)
    yield _clock(
        config, clock, None if chosen_account is None else chosen_account.messages.newest()
    )


def _search(archive: Archive) -> Check:
    if not archive.check_search():
        return Check("search", False, "the index is damaged", "the next start makes it anew")
    return Check("search", True, "all indexed")


def _request_log(account: AccountArchive, clock: SystemClock) -> Check:
    limit, now = Limit(), clock.moment()
    entries = account.requests.entries(now)
    recent = sum(entry.sent_at > now.seconds - limit.window for entry in entries)
    free = max(
        (earliest(entries, mark, now.seconds, limit) for mark in {e.fingerprint for e in entries}),
        default=now.seconds,
    )
    found = f"{counted(recent, 'request')} in the last minute"
    found += ", the next may "
    found += f"not go{until_words(free, clock)}" if free > now.seconds else "go now"
    hold = account.requests.hold(now)
    if hold is None or not _stands(hold, now.seconds):
        return Check("limit", True, found)
    words, remedy = HOLDS.get(hold.kind, (hold.kind, ""))
    return Check("limit", False, f"{found}; {words}{until_words(hold.until, clock)}", remedy)


def _stands(hold: Hold, now: float) -> bool:
    return hold.until is None or hold.until > now


def _clock(config: Config, clock: SystemClock, newest: object) -> Check:
    from inbox_tui.archive import Row

    zone, now = config.settings.server_timezone, clock.now()
    found = f"{now.astimezone():%H:%M} here, {now.astimezone(config.zone):%H:%M} in {zone}"
    if isinstance(newest, Row) and newest.received - config.since(0, now) > ZONE_AHEAD:
        return Check(
            "clock",
            False,
            f"{found}; the newest message is dated later than that",
            "set this machine's clock, or server_timezone in the settings",
        )
    return Check("clock", True, found)


# -- the server


async def _online(config: Config, password: Secret | None, clock: SystemClock) -> Check:
    """One refresh, and what came of it."""
    if not config.login.value:
        return Check("server", False, "no account is known", "run 'inbox-tui login'")
    if password is None:
        return Check("server", False, "not asked: there is no password", "run 'inbox-tui login'")
    try:
        with open_archive(config.paths.archive) as archive:
            account = archive.account(config.login.value, config.host)
            await sync_once(config, account, password, lambda event: None, clock)
    except Failure as failure:
        remedy = {
            SIGN_IN_REFUSED: "run 'inbox-tui login'",
            LIMITED: "wait until then",
            NO_CONNECTION: "check the network, a proxy and the server in the settings",
        }.get(failure.status, "see the other checks")
        reason = failure.message.replace(config.login.value, "…").rstrip(".")
        return Check("server", False, hidden(reason), remedy)
    return Check("server", True, "it answers and takes the password")
