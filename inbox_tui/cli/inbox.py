"""`inbox-tui` without a command: opens the inbox, or the demo."""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence
from datetime import datetime, tzinfo
from os import environ
from pathlib import Path
from random import SystemRandom
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NoReturn
from zoneinfo import ZoneInfo

from inbox_tui.cli.account import check_theme, read_config, with_known_login
from inbox_tui.cli.cli_options import CliOptions
from inbox_tui.cli.connect import connector, dependencies
from inbox_tui.cli.failure import DONE, USAGE, at_terminal, exit_after, fail, print_message
from inbox_tui.cli.open_archive import open_archive, set_aside_notice
from inbox_tui.config import Settings
from inbox_tui.credentials import Secret
from inbox_tui.locale import _
from inbox_tui.paths import Paths
from inbox_tui.screens.filters import Filters
from inbox_tui.session import Dependencies
from inbox_tui.smsc.endpoint import account_host
from inbox_tui.smsc.limit import Limit
from inbox_tui.sync import SystemClock

if TYPE_CHECKING:
    from inbox_tui.app import InboxApp
    from inbox_tui.archive import AccountArchive
    from inbox_tui.smsc.message import IncomingMessage


def main() -> NoReturn:
    """Open the inbox without any command-line options."""
    exit_after(lambda: run_inbox(CliOptions.of_environment()))


def _require_terminal() -> None:
    if not (at_terminal(sys.stdin) and at_terminal(sys.stdout)):
        fail(_("the inbox needs a terminal; for scripts, see the commands in --help."), USAGE)


def _before_textual() -> None:
    """Prepare the process, before Textual is imported."""
    # These make Textual write down what is typed or shown.
    for name in ("TEXTUAL", "TEXTUAL_DEBUG", "TEXTUAL_LOG", "TEXTUAL_SCREENSHOT"):
        environ.pop(name, None)
    # At the default of 60 frames a second, a message is shown after 19 ms (median).
    environ.setdefault("TEXTUAL_FPS", "1000")
    # By default the writer thread waits 5 ms for its turn: 8 ms of each key press (median).
    sys.setswitchinterval(0.0001)
    # Objects made before the first frame stay alive: this saves 20 % of the start. The application
    # enables it again.
    gc.disable()


def run_inbox(cli_options: CliOptions) -> None:
    """Open the inbox on the user's own archive."""
    _before_textual()

    from inbox_tui.app import InboxApp

    config = read_config(cli_options)
    check_theme(config)
    _require_terminal()
    with open_archive(config.paths.archive) as archive:
        config = with_known_login(config, archive)
        app = InboxApp(
            dependencies(archive, config.settings, SystemClock()),
            server=config.server.value,
            login=config.login.value or None,
            password=cli_options.password,
            local_zone=local_zone(),
            settings_path=config.paths.config,
            filters=_filters(cli_options, config.settings.window or None),
        )
        _run(app)
        if archive.set_aside is not None:
            print_message(f"inbox-tui: {set_aside_notice(archive.set_aside)}")
    raise SystemExit(app.return_code or DONE)


def _run(app: InboxApp) -> None:
    """Run the application, and raise the error that stopped it, if any."""
    app.run()
    if app.fault is not None:
        raise app.fault


def run_demo(cli_options: CliOptions) -> None:
    """Open the inbox on a new demo server; all files it writes are deleted afterwards."""
    _before_textual()

    from inbox_tui.app import InboxApp
    from inbox_tui.demo.server import DEMO_WINDOW, start_demo
    from inbox_tui.demo.states import NAMES

    _require_terminal()
    limit = Limit()
    limit = limit.scaled(DEMO_WINDOW / limit.window)
    random = SystemRandom()
    with (
        TemporaryDirectory(prefix="inbox-tui-demo-") as folder,
        start_demo(random) as server,
        open_archive(Paths.under(Path(folder)).archive) as archive,
    ):
        clock = SystemClock()
        _remember_week(archive.account(server.login, account_host(server.url)), server.week)
        app = InboxApp(
            Dependencies(
                archive=archive,
                settings=Settings(names=NAMES),
                keyring=None,
                connect=connector(clock, limit, lambda url: None),
                clock=clock,
                random=random,
                limit=limit,
                refresh_seconds=limit.window / limit.identical,
            ),
            server=server.url,
            login=server.login,
            password=Secret(server.password),
            others=[(server.branch, server.url, Secret(server.password))],
            local_zone=local_zone(),
            settings_path=Paths.under(Path(folder)).config,
            filters=_filters(cli_options, None),
            demo=True,
        )
        _run(app)
    raise SystemExit(app.return_code or DONE)


def _remember_week(account: AccountArchive, week: Sequence[IncomingMessage]) -> None:
    """Store the messages that the demo's user has already seen, with their states."""
    from inbox_tui.demo.states import MUTED, message_states

    states = message_states(week)
    messages = account.messages
    with account.archive.database.transaction(account.id):
        messages.add(states.known)
    rows = {m.id: row.row for m in states.known if (row := messages.get(m.id)) is not None}
    messages.set_state(rows.values(), "unread", value=False)
    messages.set_state([rows[number] for number in states.starred], "starred", value=True)
    messages.set_state([rows[number] for number in states.done], "done", value=True)
    messages.mute(MUTED, muted=True)


def _filters(cli_options: CliOptions, hours: int | None) -> Filters | None:
    """Return the filters that the options set, or None if they set none.

    `hours` is the window if `--hours` is left out.
    """
    if cli_options.to_phone is None and cli_options.hours is None:
        return None
    return Filters(to_phone=cli_options.to_phone, hours=cli_options.hours or hours)


def local_zone() -> tzinfo:
    """Return the user's time zone, from `TZ` or else the system.

    It has the zone's rules if its name is known, and otherwise the current offset only.
    """
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
