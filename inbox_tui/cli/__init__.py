"""The command line: builds the parts and hands them to the application.

A command's module is imported when the command is called: the inbox opens without them.
"""

from __future__ import annotations

import errno
import gc
import sys
from collections.abc import Sequence
from importlib import import_module
from os import environ
from typing import TYPE_CHECKING, Any

import click

from inbox_tui import __version__
from inbox_tui.cli.failure import (
    DONE,
    FAILED,
    USAGE,
    Failure,
    at_terminal,
    fail,
    let_go_of_output,
    tell,
)
from inbox_tui.cli.options import Given, account_options, example, filter_options

if TYPE_CHECKING:
    from inbox_tui.app import InboxApp
    from inbox_tui.credentials import Secret
    from inbox_tui.screens.filters import Filters

COMMANDS = {
    "login": "Check a password and keep it in the keyring.",
    "logout": "Remove the password from the keyring.",
    "sync": "Fetch what is new once and exit: for cron.",
    "watch": "Print each new message as it arrives.",
    "export": "Write messages as CSV, JSON or JSON Lines.",
    "doctor": "Check what works, and say what to do where it does not.",
    "config": "Show the settings in force, or edit them.",
    "completion": "Print the completion script for a shell.",
}
"""What each command is for; its module has the same name."""


class Program(click.Group):
    """The commands, each imported when it is called, and how the program ends."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order of the help page."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name."""
        if cmd_name not in COMMANDS:
            return None
        command = import_module(f"inbox_tui.cli.{cmd_name}").command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; what nobody foresaw ends it in words, too."""
        debug = bool(ctx.params["debug"])
        try:
            return super().invoke(ctx)
        except (click.exceptions.Exit, click.Abort, click.UsageError):
            raise
        except Failure as failure:
            if debug:
                _log(failure, ctx)
            raise
        except Exception as error:
            if isinstance(error, OSError) and error.errno == errno.EPIPE:
                raise
            from inbox_tui.cli.log import unforeseen

            raise unforeseen(error, ctx.invoked_subcommand, debug=debug) from None

    def main(  # type: ignore[override]
        self, args: Sequence[str] | None = None, prog_name: str | None = None, **extra: Any
    ) -> Any:
        """Run the program and exit with its status."""
        if hasattr(sys.stdout, "reconfigure"):
            sys.stdout.reconfigure(errors="backslashreplace")
        status: object = FAILED
        extra |= {"standalone_mode": False, "obj": _password()}
        try:
            status = super().main(args, prog_name or "inbox-tui", **extra)
        except click.UsageError as error:
            status = error.exit_code
            page = f"'{error.ctx.command_path} --help'" if error.ctx else "--help"
            tell(f"inbox-tui: {error.format_message()}\n{page} says what is allowed.")
        except click.ClickException as error:
            status = error.exit_code
            tell(f"inbox-tui: {error.format_message()}")
        except Failure as failure:
            status = failure.status
            tell(f"inbox-tui: {failure.message}")
        except click.Abort:
            tell("inbox-tui: interrupted.")
        except BrokenPipeError:
            let_go_of_output()
        sys.exit(status if isinstance(status, int) else DONE)


def _password() -> Secret | None:
    """Take the password out of the environment before any other program is started.

    Even completion starts one, and it does not wait for the rest that a password needs.
    """
    if "INBOX_TUI_PASSWORD" not in environ:
        return None
    from inbox_tui.credentials import password_from_environment

    return password_from_environment()


def _log(failure: Failure, context: click.Context) -> None:
    from inbox_tui.cli.log import log

    log(failure, context.invoked_subcommand)


@click.group(
    cls=Program,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=example(
        "inbox-tui --demo                  try it, without an account",
        "inbox-tui --hours 6               open the inbox on the last six hours",
        "inbox-tui sync && inbox-tui export --hours 24 -o today.csv",
    ),
)
@account_options
@filter_options
@click.option("--demo", is_flag=True, help="Try it on a demo server: no account, nothing kept.")
@click.option("--debug", is_flag=True, help="Write down in the log where an error arose.")
@click.version_option(__version__, prog_name="inbox-tui")
@click.pass_context
def main(
    context: click.Context,
    login: str | None,
    server: str | None,
    to_phone: str | None,
    hours: int | None,
    demo: bool,
    debug: bool,
) -> None:
    """A live terminal inbox for the SMS that your numbers receive through SMS Centre.

    Without a command it opens the inbox.
    """
    given = Given(login=login, server=server, to_phone=to_phone, hours=hours, password=context.obj)
    context.obj = given
    if demo:
        for name, value in (("--login", login), ("--server", server)):
            if value is not None:
                raise click.UsageError(f"--demo has an account of its own: leave {name} out.")
        if context.invoked_subcommand is not None:
            raise click.UsageError("--demo opens the inbox and goes with no command.")
        run_demo(given)
    elif context.invoked_subcommand is None:
        run_inbox(given)


def _require_terminal() -> None:
    if not (at_terminal(sys.stdin) and at_terminal(sys.stdout)):
        fail("the inbox needs a terminal; for scripts there are the commands in --help.", USAGE)


def _before_textual() -> None:
    """Have it write down nothing, and its screen wait for nothing but its own work."""
    # They write down what is typed or shown.
    for name in ("TEXTUAL", "TEXTUAL_DEBUG", "TEXTUAL_LOG", "TEXTUAL_SCREENSHOT"):
        environ.pop(name, None)
    environ.setdefault("TEXTUAL_FPS", "1000")  # a frame waits for the next of so many a second
    sys.setswitchinterval(0.0005)  # what other threads do does not hold up the event loop
    gc.disable()  # what is made before the first frame stays; the application turns it on again


def run_inbox(given: Given) -> None:
    """Open the inbox on the user's own archive."""
    _before_textual()
    from random import SystemRandom

    from textual.app import InvalidThemeError
    from textual.theme import BUILTIN_THEMES

    from inbox_tui.app import DARK, LIGHT, InboxApp, Parts
    from inbox_tui.cli.account import (
        choose,
        connecting,
        kept_aside,
        local_zone,
        opened,
        place_in_file,
        with_known_login,
    )
    from inbox_tui.credentials import Keyring
    from inbox_tui.smsc.limit import Limit
    from inbox_tui.sync import SystemClock

    chosen = choose(given)
    _require_terminal()
    with opened(chosen.paths.archive) as archive:
        chosen = with_known_login(chosen, archive)
        settings = chosen.settings
        clock, limit = SystemClock(), Limit()
        parts = Parts(
            archive_path=chosen.paths.archive,
            settings=settings,
            server=chosen.server.value,
            login=chosen.login.value or None,
            password=given.password,
            keyring=Keyring(),
            connect=connecting(clock, limit),
            clock=clock,
            random=SystemRandom(),
            local_zone=local_zone(),
            filters=_filters(given, settings.window or None),
            limit=limit,
            refresh_seconds=settings.refresh_seconds,
        )
        try:
            app = InboxApp(parts, archive)
        except InvalidThemeError:
            place = place_in_file(chosen.paths.config, "theme")
            themes = ", ".join((DARK.name, LIGHT.name, *BUILTIN_THEMES))
            fail(f"{place}: there is no such theme: allowed are {themes}.", USAGE)
        _run(app)
        if archive.set_aside is not None:
            tell(f"inbox-tui: {kept_aside(archive.set_aside)}")
    raise SystemExit(app.return_code or DONE)


def _run(app: InboxApp) -> None:
    """Open it, and raise what it stopped by."""
    app.run()
    if app.fault is not None:
        raise app.fault


def run_demo(given: Given) -> None:
    """Open the inbox on a demo server of its own; all it writes is gone afterwards."""
    _before_textual()
    from pathlib import Path
    from random import SystemRandom
    from tempfile import TemporaryDirectory

    from inbox_tui.app import InboxApp, Parts
    from inbox_tui.cli.account import connecting, local_zone, opened
    from inbox_tui.config import Paths, Settings
    from inbox_tui.credentials import Secret
    from inbox_tui.demo.server import DEMO_WINDOW, start_demo
    from inbox_tui.smsc.limit import Limit
    from inbox_tui.sync import SystemClock

    _require_terminal()
    limit = Limit()
    limit = limit.scaled(DEMO_WINDOW / limit.window)
    random = SystemRandom()
    with (
        TemporaryDirectory(prefix="inbox-tui-demo-") as folder,
        start_demo(random) as server,
        opened(Paths.under(Path(folder)).archive) as archive,
    ):
        clock = SystemClock()
        parts = Parts(
            archive_path=archive.path,
            settings=Settings(),
            server=server.url,
            login=server.login,
            password=Secret(server.password),
            keyring=None,
            connect=connecting(clock, limit),
            clock=clock,
            random=random,
            local_zone=local_zone(),
            filters=_filters(given.over(hours=given.hours or 168), None),
            limit=limit,
            refresh_seconds=limit.window / limit.identical,
            demo=True,
        )
        app = InboxApp(parts, archive)
        _run(app)
    raise SystemExit(app.return_code or DONE)


def _filters(given: Given, hours: int | None) -> Filters | None:
    """What the options leave to be shown; None where they say nothing."""
    from inbox_tui.screens.filters import Filters

    if given.to_phone is None and given.hours is None:
        return None
    return Filters(to_phone=given.to_phone, hours=given.hours or hours)
