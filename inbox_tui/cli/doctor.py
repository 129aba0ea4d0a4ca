"""`inbox-tui doctor`: what works, and what to do about what does not."""

from __future__ import annotations

import asyncio
import json
import os
import re
from collections.abc import Iterator

import click

from inbox_tui import API_KEY_VARIABLE, PASSWORD_VARIABLE
from inbox_tui.archive import TEAM, AccountArchive, Archive, ArchiveError
from inbox_tui.archive.schema import VERSION
from inbox_tui.cli.account import (
    DEFAULT,
    Config,
    FromSource,
    check_theme,
    read_config,
    with_known_login,
)
from inbox_tui.cli.cli_options import CliOptions
from inbox_tui.cli.connect import backup_address
from inbox_tui.cli.failure import (
    FAILED,
    LIMITED,
    NO_CONNECTION,
    SIGN_IN_REFUSED,
    Failure,
    output,
)
from inbox_tui.cli.machine_checks import (
    Check,
    CheckName,
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
from inbox_tui.locale import _, mark, plural
from inbox_tui.paths import Paths
from inbox_tui.smsc.errors import Redirected
from inbox_tui.smsc.limit import Limit, earliest
from inbox_tui.sync import SystemClock
from inbox_tui.sync.zone import ZONE_AHEAD
from inbox_tui.text import sanitize

MOST_SECONDS_OFF = 300
"""How far this machine's clock may differ from the server's."""
HOLDS = {
    "refused": (mark("the server refused the sign-in"), mark("run 'inbox-tui login'")),
    "blocked": (
        mark("the server has blocked this address"),
        mark("wait, and find the program that sends too many requests"),
    ),
    "limited": (
        mark("the server received too many requests"),
        mark("check whether another program sends requests as well"),
    ),
    "offline": (
        mark("the last request failed"),
        mark("run 'inbox-tui doctor --online' to see why"),
    ),
    "stopped": (mark("the server found an error in the request"), mark("check only_to_phones")),
}
"""The description and the remedy for each kind of hold."""


@click.command(
    "doctor",
    epilog=example(
        "inbox-tui doctor",
        "inbox-tui doctor --online",
        "inbox-tui doctor --json >report.json     safe to show to others",
    ),
)
@for_account
@click.option("--online", is_flag=True, help="Also make a request, if the limit allows it.")
@click.option("--json", "as_json", is_flag=True, help="Report as JSON.")
def command(cli_options: CliOptions, online: bool, as_json: bool) -> None:
    """Check what works, and say what to do about what does not.

    The report contains no password, login, phone number or text. The exit status is 1 if a check
    fails.
    """
    checks = asyncio.run(_checked(cli_options, online=online))
    if as_json:
        report = {
            "ok": all(check.ok for check in checks),
            "checks": [check.as_json() for check in checks],
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
    return f"{mark} {_(check.name):<9} {sanitize(check.found)}{sanitize(remedy)}"


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
        checks.append(Check("archive", False, hidden(str(error)), _("follow the message")))
    else:
        if archive is None:
            checks.append(Check("archive", True, _("none yet: the first start creates it")))
    keyring, password = await _keyring(config, cli_options.password)
    checks.insert(2, keyring)
    if archive is None:
        checks.append(_clock(config, clock, None))
    else:
        with archive:
            try:
                checks += _archive(archive, config, clock)
            except ArchiveError as error:
                remedy = _("if it is damaged, the next start sets it aside and creates a new one")
                checks.append(Check("archive", False, hidden(str(error)), remedy))
    if config.settings.team:
        checks.append(await _team(config))
    if online:
        checks += await _online(config, password, clock)
    return checks


# -- the keyring and the settings


async def _keyring(config: Config, password: Secret | None) -> tuple[Check, Secret | None]:
    """Check the keyring; also return the secret from the environment or the keyring."""
    keyring, login = Keyring(), config.login.value
    note = ""
    remedy = _("set {environment} or {api_key_environment}, or set up a keyring").format(
        environment=PASSWORD_VARIABLE, api_key_environment=API_KEY_VARIABLE
    )
    if password is not None:
        variable = PASSWORD_VARIABLE if password.kind == "password" else API_KEY_VARIABLE
        note = _("; the {kind} comes from {variable}").format(
            variable=variable, kind=_(password.kind)
        )
        remedy = ""
    try:
        report = await keyring.describe()
        if not report.usable:
            return Check("keyring", bool(note), f"{report.note}{note}", remedy), password
        stored = await keyring.get(login or "nobody", config.host)
    except KeyringError as error:
        return Check("keyring", bool(note), f"{error}{note}", remedy), password
    if password is None and login:
        if stored is None:
            found = report.name + _("; it has no password or API key for this account")
            return Check("keyring", False, found, _("run 'inbox-tui login'")), None
        note = _("; it has the {kind}").format(kind=_(stored.kind))
    found = _("{keyring} answers{note}").format(keyring=report.name, note=note)
    return Check("keyring", True, found), password or stored


def _settings(cli_options: CliOptions) -> tuple[Config, Check]:
    paths = Paths.default()
    try:
        load_settings(paths.config)
        config = read_config(cli_options)
        check_theme(config)
    except SettingsError as error:
        check = _bad_settings(error)
    except Failure as failure:
        found = hidden(failure.message.rstrip("."))
        check = Check("settings", False, found, _("fix the setting named"))
    else:
        there = "" if paths.config.exists() else _(" (not there: the defaults apply)")
        return config, Check("settings", True, f"{hidden(str(paths.config))}{there}")
    nobody, server = FromSource("", DEFAULT), FromSource(Settings().server, DEFAULT)
    return Config(paths=paths, settings=Settings(), login=nobody, server=server), check


def _bad_settings(error: SettingsError) -> Check:
    """Describe an error in the settings file without quoting the file."""
    path = hidden(str(error.path))
    if error.key is None and error.line is None:
        found, _semicolon, remedy = error.problem.partition("; ")
        return Check("settings", False, f"{path}: {found}", remedy or _("fix the setting named"))
    if error.line is not None:
        path = _("{path}, line {line}").format(path=path, line=error.line)
    key = f": {error.key}" if error.key in Settings._fields else ""
    found = _("{path}{key} can't be used").format(path=path, key=key)
    return Check("settings", False, found, _("run 'inbox-tui config --edit'"))


# -- the archive


def _archive(archive: Archive, config: Config, clock: SystemClock) -> Iterator[Check]:
    if archive.set_aside is not None:
        found = _("it was damaged; it is kept as {aside}").format(
            aside=hidden(str(archive.set_aside))
        )
        yield Check(
            "archive", False, found, _("run 'inbox-tui sync' to fetch the last 7 days again")
        )
    accounts = archive.accounts()
    messages = unreadable = conflicts = gaps = 0
    for account in accounts:
        messages += account.counts.total()
        unreadable += account.messages.unreadable_count()
        conflicts += account.messages.conflicts()
        gaps += len(account.sync_state.gaps())
    parts = [
        _("version {version}").format(version=VERSION),
        plural("{count} account", "{count} accounts", len(accounts)),
        plural("{count} message", "{count} messages", messages),
        _("{count} could not be read").format(count=unreadable),
    ]
    if conflicts:
        again = _("{count} received again with a different text (the first is kept)")
        parts.append(again.format(count=conflicts))
    found = ", ".join([*parts, plural("{count} gap", "{count} gaps", gaps)])
    damaged = archive.check()
    if damaged:
        remedy = _("the next start sets it aside and creates a new one")
        yield Check("archive", False, _("{found}; it is damaged").format(found=found), remedy)
    elif archive.read_only:
        yield Check(
            "archive",
            False,
            _("{found}; it can't be written to").format(found=found),
            _("fix its permissions"),
        )
    elif archive.set_aside is None:
        yield Check("archive", True, found)
    if not damaged:
        yield _search(archive)
    chosen_account = None if damaged else archive.find_account(config.login.value, config.host)
    if chosen_account is not None:
        if chosen_account.notes.get(TEAM) is None:  # a team's log of requests is on the hub
            yield _request_log(chosen_account, clock)
        yield _late(chosen_account)
    yield _clock(config, clock, chosen_account)


def _search(archive: Archive) -> Check:
    if not archive.check_search():
        return Check("search", False, _("the index is damaged"), _("the next start rebuilds it"))
    return Check("search", True, _("all indexed"))


def _request_log(account: AccountArchive, clock: SystemClock) -> Check:
    limit, now = Limit(), clock.moment()
    entries = account.requests.entries(now)
    recent = sum(entry.sent_at > now.seconds - limit.window for entry in entries)
    free = max(
        (earliest(entries, mark, now.seconds, limit) for mark in {e.fingerprint for e in entries}),
        default=now.seconds,
    )
    found = plural(
        "{count} request in the last minute", "{count} requests in the last minute", recent
    )
    if free > now.seconds:
        found += _(", the next has to wait{until}").format(until=until_words(free, clock))
    else:
        found += _(", the next can be sent now")
    hold = account.requests.hold(now)
    if hold is None or not hold.in_force_at(now.seconds):
        return Check("limit", True, found)
    words, remedy = HOLDS.get(hold.kind, (hold.kind, ""))
    return Check("limit", False, f"{found}; {_(words)}{until_words(hold.until, clock)}", _(remedy))


def _late(account: AccountArchive) -> Check:
    late = account.sync_state.late()
    found = plural("{count} message came late", "{count} messages came late", late.messages)
    if late.messages:
        hours, minutes = divmod(round(late.longest / 60), 60)
        found += _(", at most {hours} h {minutes} min after the server received them").format(
            hours=hours, minutes=minutes
        )
    numbers = {"messages": late.messages, "longest_seconds": late.longest}
    return Check("late", True, found, numbers=numbers)


def _clock(config: Config, clock: SystemClock, account: AccountArchive | None) -> Check:
    zone, now = config.settings.server_timezone, clock.now()
    found = _("{here} here, {there} in {zone}").format(
        here=f"{now.astimezone():%H:%M}", there=f"{now.astimezone(config.zone):%H:%M}", zone=zone
    )
    ahead = None if account is None else account.sync_state.clock_difference()
    if ahead is not None:
        sentence = _("; {seconds} s behind the server's clock at its last answer")
        if ahead > 0:
            sentence = _("; {seconds} s ahead of the server's clock at its last answer")
        found += sentence.format(seconds=round(abs(ahead)))
        if abs(ahead) > MOST_SECONDS_OFF:
            return Check("clock", False, found, _("set this machine's clock"))
    newest = None if account is None else account.messages.newest()
    if newest is not None and newest.received - config.since(0, now) > ZONE_AHEAD:
        return Check(
            "clock",
            False,
            _("{found}; the newest message is dated later than that").format(found=found),
            _("set this machine's clock, or server_timezone in the settings"),
        )
    return Check("clock", True, found)


# -- the team


async def _team(config: Config) -> Check:
    """Check whether the hub answers and whether a member asks."""
    from inbox_tui.team.errors import HubError
    from inbox_tui.team.hub import Hub
    from inbox_tui.team.sign_in import hub_sign_in
    from inbox_tui.team.survey import survey

    sign_in = await hub_sign_in(config.settings, Keyring())
    hub = Hub(sign_in.address, sign_in.password)
    try:
        await hub.connect()
        accounts = await hub.run(survey)
    except HubError as error:
        remedy = (
            _("run 'inbox-tui team join' to enter the password")
            if error.sign_in
            else _("check the hub")
        )
        return Check(
            "team", False, hidden(_("the hub can't be used: {error}").format(error=error)), remedy
        )
    finally:
        await asyncio.to_thread(hub.close)
    here = sum(member.here for account in accounts for member in account.members)
    members = plural("{count} member", "{count} members", here)
    found = _("the hub answers, {members} connected").format(members=members)
    found += _(", this one can fetch messages") if hub.may_ask else _(", this one can only read")
    if not all(account.asker for account in accounts):
        return Check(
            "team",
            True,
            _("{found}; nobody is fetching messages").format(found=found),
            _("open an inbox, or run 'inbox-tui sync'"),
        )
    return Check("team", True, found)


# -- the server


async def _online(config: Config, password: Secret | None, clock: SystemClock) -> list[Check]:
    """Refresh once from the server, and once from its backup if it has one."""
    remedy = _("run 'inbox-tui login'")
    if not config.login.value:
        return [Check("server", False, _("no account is known"), remedy)]
    if password is None:
        return [Check("server", False, _("not checked: no password or API key"), remedy)]
    backup = backup_address(config.settings, config.url)
    alone = config._replace(settings=config.settings._replace(backup_server="off"))
    checks = [await _asked("server", alone, config.host, password, clock)]
    if backup is not None:
        other = alone._replace(server=FromSource(backup, "backup_server"))
        checks.append(await _asked("backup", other, config.host, password, clock))
    return checks


async def _asked(
    name: CheckName, config: Config, host: str, password: Secret, clock: SystemClock
) -> Check:
    """Refresh once from this server for the account stored under `host`; report the result."""
    try:
        with open_archive(config.paths.archive) as archive:
            account = archive.account(config.login.value, host)
            await sync_once(config, account, password, lambda event: None, clock)
    except Failure as failure:
        remedy = {
            SIGN_IN_REFUSED: _("run 'inbox-tui login'"),
            LIMITED: _("wait until then"),
            NO_CONNECTION: _("check the network, any proxy, and the server in the settings"),
        }.get(failure.status, _("see the other checks"))
        reason = _without_login(_without_quotes(failure.message), config.login.value)
        return Check(name, False, hidden(reason.rstrip(".")), remedy)
    return Check(name, True, _("it answers and accepts the {kind}").format(kind=_(password.kind)))


def _without_quotes(reason: str) -> str:
    """Return the reason why a request failed, without the server's own words.

    These follow ours in brackets, or are the address to which the server redirects.
    """
    elsewhere = str(Redirected())
    before, points, _place = reason.partition(elsewhere.partition(_("another address"))[0])
    if points:
        return before + elsewhere
    return reason.partition(" (")[0]


def _without_login(reason: str, login: str) -> str:
    """Return the reason with an ellipsis in place of the login, wherever it stands as a word."""
    return re.sub(rf"(?<!\w){re.escape(login)}(?!\w)", "…", reason)
