"""`inbox-tui doctor`: what works, and what to do where it does not."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator

import click

from inbox_tui import API_KEY_ENVIRONMENT, ENVIRONMENT
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
from inbox_tui.cli.machine_checks import (
    Check,
    check_folders,
    check_python,
    check_terminal,
    hidden,
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

MOST_SECONDS_OFF = 300
"""How far this machine's clock may be off the server's."""
HOLDS = {
    "refused": ("the server refused the sign-in", "run 'inbox-tui login'"),
    "blocked": ("the server has blocked this address", "wait, and look for what asks too often"),
    "limited": ("the server counted too many requests", "see if another program asks, too"),
    "offline": ("the last request failed", "'inbox-tui doctor --online' says why"),
    "stopped": ("the server found an error in the request", "check only_to_phones"),
}
"""What is told of a hold, and what to do."""


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
    checks = [check_python(), check_terminal(), settings, *check_folders(config.paths)]
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


# -- the keyring and the settings


async def _keyring(config: Config, password: Secret | None) -> tuple[Check, Secret | None]:
    """Whether the keyring answers, and the secret that the environment or the keyring gives."""
    note = ""
    if password is not None:
        variable = ENVIRONMENT if password.kind == "password" else API_KEY_ENVIRONMENT
        note = f"; {variable} gives the {password.kind}"
    keyring = Keyring()
    login = config.login.value
    remedy = "" if note else f"give {ENVIRONMENT} or {API_KEY_ENVIRONMENT}, or set a keyring up"
    try:
        report = await keyring.describe()
        if not report.usable:
            return Check("keyring", bool(note), f"{report.note}{note}", remedy), password
        stored = await keyring.get(login or "nobody", config.host)
    except KeyringError as error:
        return Check("keyring", bool(note), f"{error}{note}", remedy), password
    if not note and login:
        missing = "no password or API key for this account"
        note = f"; it has {f'the {stored.kind}' if stored else missing}"
    if password is None and stored is None and login:
        return Check("keyring", False, f"{report.name}{note}", "run 'inbox-tui login'"), None
    return Check("keyring", True, f"{report.name} answers{note}"), password or stored


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


# -- the archive


def _archive(archive: Archive, config: Config, clock: SystemClock) -> Iterator[Check]:
    if archive.set_aside is not None:
        found = f"it was damaged; it is kept as {hidden(str(archive.set_aside))}"
        yield Check("archive", False, found, "'inbox-tui sync' fetches the last 7 days again")
    accounts = archive.accounts()
    messages = unreadable = conflicts = gaps = 0
    for account in accounts:
        messages += account.counts.total()
        unreadable += account.messages.unreadable_count()
        conflicts += account.messages.conflicts()
        gaps += len(account.sync_state.gaps())
    shown_again = ""
    if conflicts:
        shown_again = f"{conflicts} that came again with another text (the first is kept), "
    found = (
        f"version {VERSION}, {counted(len(accounts), 'account')}, "
        f"{counted(messages, 'message')}, {unreadable} that could not be read, "
        f"{shown_again}"
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
        yield _late(chosen_account)
    yield _clock(config, clock, chosen_account)


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


def _late(account: AccountArchive) -> Check:
    late = account.sync_state.late()
    found = f"{counted(late.messages, 'message')} came late"
    if late.messages:
        hours, minutes = divmod(round(late.longest / 60), 60)
        found += f", at most {hours} h {minutes} min after the server received them"
    return Check("late", True, found)


def _clock(config: Config, clock: SystemClock, account: AccountArchive | None) -> Check:
    zone, now = config.settings.server_timezone, clock.now()
    found = f"{now.astimezone():%H:%M} here, {now.astimezone(config.zone):%H:%M} in {zone}"
    ahead = None if account is None else account.sync_state.clock_difference()
    if ahead is not None:
        side = "ahead of" if ahead > 0 else "behind"
        found += f"; {abs(ahead):.0f} s {side} the server's clock at its last answer"
        if abs(ahead) > MOST_SECONDS_OFF:
            return Check("clock", False, found, "set this machine's clock")
    newest = None if account is None else account.messages.newest()
    if newest is not None and newest.received - config.since(0, now) > ZONE_AHEAD:
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
        return Check("server", False, "not asked: no password or API key", "run 'inbox-tui login'")
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
        reason = _without_quotes(failure.message).replace(config.login.value, "…").rstrip(".")
        return Check("server", False, hidden(reason), remedy)
    return Check("server", True, f"it answers and takes the {password.kind}")


def _without_quotes(reason: str) -> str:
    """Return why a request failed without what the server wrote.

    That stands in brackets after our own words, or is where it points to.
    """
    before, points, _ = reason.partition(" points to ")
    if points:
        return f"{before} points to another place"
    return reason.partition(" (")[0]
