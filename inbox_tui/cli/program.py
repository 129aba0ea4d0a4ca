"""The command `inbox-tui`, its options and its list of commands.

A command's module is only imported when the command is called.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from inspect import cleandoc
from typing import Any

import click

from inbox_tui import __version__
from inbox_tui.cli.cli_options import CliOptions
from inbox_tui.cli.failure import Failure, exit_after, fail, fail_to_write, print_message
from inbox_tui.cli.options import account_options, example, filter_options
from inbox_tui.locale import _, system_words

COMMANDS = {
    "login": "Check a password or API key and store it in the keyring.",
    "logout": "Remove the password or API key from the keyring.",
    "accounts": "List the signed-in accounts with their unread counts.",
    "sync": "Fetch new messages once and exit: for cron.",
    "watch": "Print each new message as it arrives.",
    "export": "Write messages as CSV, JSON or JSON Lines.",
    "team": "Share one account among several machines through a PostgreSQL hub.",
    "doctor": "Check what works, and say what to do about what does not.",
    "config": "Show the settings in force, or edit them.",
    "completion": "Print the completion script for a shell.",
}
"""The description of each command; its module has the same name."""


class Program(click.Group):
    """A group of commands that are only imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands, in the order of the help page."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of this name, or None if there is none."""
        if cmd_name not in COMMANDS:
            return None
        command = import_module(f"inbox_tui.cli.{cmd_name}").command
        assert isinstance(command, click.Command)
        _translate(command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section(_("Commands")):
            formatter.write_dl([(name, _(words)) for name, words in COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; raise an unexpected error as a Failure."""
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
            if isinstance(error, BrokenPipeError) or _of_click(error):
                raise
            from inbox_tui.cli.error_log import unexpected_failure

            raise unexpected_failure(error, ctx.invoked_subcommand, debug=debug) from None

    def main(  # type: ignore[override]
        self, args: Sequence[str] | None = None, prog_name: str | None = None, **extra: Any
    ) -> Any:
        """Run the program and exit with its status."""
        extra["standalone_mode"] = False
        _translate(self)

        def run() -> object:
            try:
                # Comes first, as click may start a shell, which must not inherit the password.
                extra["obj"] = CliOptions.of_environment()
                return super(Program, self).main(args, prog_name or "inbox-tui", **extra)
            except click.UsageError as error:
                page = f"'{error.ctx.command_path} --help'" if error.ctx else "--help"
                what = " ".join(error.format_message().split())
                print_message(_("inbox-tui: {what}\nSee {page}.").format(what=what, page=page))
                return error.exit_code
            except click.ClickException as error:
                fail(error.format_message(), error.exit_code)
            except click.Abort:
                raise KeyboardInterrupt from None
            except OSError as error:
                if not isinstance(error, BrokenPipeError) and _of_click(error):
                    fail_to_write(error)
                raise

        exit_after(run)


def _translate(command: click.Command) -> None:
    """Translate the help page of a command into the language of the interface."""
    if command.help is not None:
        command.help = _(cleandoc(command.help))
    if command.epilog is not None:
        command.epilog = _(command.epilog)
    for option in command.params:
        if isinstance(option, click.Option):
            option.help = option.help and _(option.help)
            option.metavar = option.metavar and _(option.metavar)
    command.options_metavar = command.options_metavar and _(command.options_metavar)
    if isinstance(command, click.Group):
        command.subcommand_metavar = _(command.subcommand_metavar)
        for each in command.commands.values():
            _translate(each)


def _of_click(error: Exception) -> bool:
    """Return whether an error was raised while click wrote output, such as a help page."""
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    where = None if place is None else place.tb_frame.f_globals["__name__"]
    return isinstance(error, OSError) and where == "click.utils"


def _log(failure: Failure, context: click.Context) -> None:
    from inbox_tui.cli.error_log import log

    try:
        log(failure, context.invoked_subcommand)
    except OSError as error:
        trouble = f"{error.filename}: {system_words(error)}"
        print_message(_("inbox-tui: the log can't be written: {trouble}.").format(trouble=trouble))


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
@click.option("--debug", is_flag=True, help="Log where an error was raised.")
@click.version_option(__version__, prog_name="inbox-tui")
@click.pass_context
def main(
    context: click.Context,
    demo: bool,
    debug: bool,
) -> None:
    """A live terminal inbox for the SMS that your numbers receive through SMS Centre.

    Without a command it opens the inbox.
    """
    from inbox_tui.cli.inbox import run_demo, run_inbox

    cli_options: CliOptions = context.obj
    if demo:
        for name, value in (("--login", cli_options.login), ("--server", cli_options.server)):
            if value is not None:
                raise click.UsageError(
                    _("--demo has its own account: leave out {name}.").format(name=name)
                )
        if context.invoked_subcommand is not None:
            raise click.UsageError(
                _("--demo opens the inbox and can't be combined with a command.")
            )
        run_demo(cli_options)
    elif context.invoked_subcommand is None:
        run_inbox(cli_options)
